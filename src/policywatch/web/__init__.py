"""The pages, published feeds and health check of a running policywatch."""

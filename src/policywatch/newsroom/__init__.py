"""A simulated web on this machine: sites with addresses of their own, for the demonstration and the tests."""

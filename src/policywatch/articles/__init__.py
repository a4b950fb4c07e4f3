"""What one article is: brought into one shape, read from its page, compared with what is known."""

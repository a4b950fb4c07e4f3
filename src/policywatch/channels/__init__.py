"""Ways out for messages: one file a channel in `kinds/`."""

"""What is remembered: one database, one writer thread, whole statements."""

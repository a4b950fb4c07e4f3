"""Limited child processes: where hostile bytes are read, and what a child may cost."""

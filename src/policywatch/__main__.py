"""`python -m policywatch` is the command `policywatch`."""

import os
import signal
import sys

if os.getpid() == 1:
    # In a container: the kernel drops a signal that process 1 has no handler for, so a stop in the first seconds would
    # wait until it is killed. The service sets a handler of its own.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))

from policywatch.cli import main  # importing takes those seconds

if __name__ == "__main__":
    main()

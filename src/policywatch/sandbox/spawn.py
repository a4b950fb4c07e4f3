"""How a limited child is started: the same for those that an event loop waits for and those that a thread does."""

from __future__ import annotations

import os
import sys

COMMAND = (sys.executable, "-X", "utf8", "-c", "from policywatch.sandbox.child import main; main()")
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ", "PYTHONPATH", "TMPDIR")


def environment() -> dict[str, str]:
    """What a child may know of the environment: no secret stands there."""
    return {name: os.environ[name] for name in _PASSED_ON if name in os.environ}

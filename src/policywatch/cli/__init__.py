"""The commands: parse arguments, call, print, exit. `--help` shows them in the order of this list."""

from policywatch.cli import setup, service, steps, look, outbox, pipes  # noqa: F401, I001  # each adds its commands to the program
from policywatch.cli.base import app, main

__all__ = ["app", "main"]

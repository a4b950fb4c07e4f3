"""The commands: parse arguments, call, print, exit. `--help` shows them in the order of these lines."""
# ruff: noqa: F401, I001  # each adds its commands to the program

from policywatch.cli.base import app, main
from policywatch.cli import setup
from policywatch.cli import service
from policywatch.cli import steps
from policywatch.cli import sources
from policywatch.cli import discover
from policywatch.cli import drafts
from policywatch.cli import outbox
from policywatch.cli import look
from policywatch.cli import rules
from policywatch.cli import archive
from policywatch.cli import pipes
from policywatch.cli import reprints
from policywatch.cli import storage
from policywatch.cli import access

__all__ = ["app", "main"]

"""Large configurations are read by a process of their own, which takes with it what reading left lying about.

Measured with ten thousand sources: their text, its nodes and where each stood take 130 MB for some ten seconds, in the
middle of which the 8 MB are made that are kept. Read in the service's own process they lay so scattered that it stayed
60 MB larger for good, and polls waited for their turn while a change was read.
"""

from __future__ import annotations

import contextlib
import pickle
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from policywatch import errors, yamlfile

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from policywatch.config.options import Config

LARGE = 256 << 10
"""Bytes of all files from which on they are read apart: a second's work, which is what the process costs itself."""
_COMMAND = (sys.executable, "-X", "utf8", "-c", "from policywatch.config.apart import main; main()")


@dataclass(frozen=True, slots=True)
class Read:
    """What reading came to, and what it depends on."""

    config: Config | None
    faults: tuple[errors.Fault, ...]
    """Without any there is a configuration."""
    language: str | None
    """That of the configuration, where it could be read: in which faults are told."""
    files: frozenset[Path]
    patterns: tuple[str, ...]
    """Of files that `include` names."""
    templates: Path | None


def are_large(paths: Iterable[Path]) -> bool:
    """Whether these files are to be read apart. What is not there, and what is too large to be read, takes nothing."""
    sizes = []
    for path in paths:
        with contextlib.suppress(OSError):
            sizes.append(path.stat().st_size)
    return sum(size for size in sizes if size <= yamlfile.MAX_BYTES) >= LARGE


def read(path: Path, environ: Mapping[str, str]) -> Read:
    """What a Loader of the same arguments reads. Raises ConfigError when the process does not live to say it."""
    asked = pickle.dumps((path, dict(environ)))
    done = subprocess.run(_COMMAND, input=asked, stdout=subprocess.PIPE, check=False)  # noqa: S603  # our own program
    if done.returncode:
        what = (
            f"the process that reads it ended with {done.returncode} (out of memory?); "
            "divide it into fewer sources, or give this machine more"
        )
        raise errors.ConfigError([errors.Fault(str(path), 0, 0, "file", what)])
    found: Read = pickle.loads(done.stdout)  # noqa: S301  # our own process at the other end
    return found


def main() -> None:
    """The other side: reads what standard input names, writes a Read to standard output."""
    from policywatch.config.loader import Loader  # noqa: PLC0415  # which has this module

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the other side, which kills this one
    path, environ = pickle.load(sys.stdin.buffer)  # noqa: S301  # our own process at the other end
    answers, sys.stdout = sys.stdout.buffer, sys.stderr
    answers.write(pickle.dumps(Loader(path, environ, is_apart=True).read(), protocol=pickle.HIGHEST_PROTOCOL))
    answers.flush()

"""The outbox on a disk that fills up, at each kind of write."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]


def mountable(folder: Path) -> bool:
    tried = subprocess.run(
        ["unshare", "--mount", "mount", "-t", "tmpfs", "none", str(folder)], capture_output=True, check=False
    )
    return tried.returncode == 0


def test_097_and_119_on_a_full_disk_no_mail_leaves_unrecorded_and_none_is_lost(tmp_path):
    if not mountable(tmp_path):
        pytest.skip("may not mount a file system of its own here (needs root)")
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run(
        [
            "unshare", "--mount", "sh", "-c", 'mount -t tmpfs -o size=3m none "$1" && exec "$2" "$3" "$1"', "sh",
            str(tmp_path), sys.executable, str(TESTS / "disk_full.py"),
        ],
        env=environ, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr

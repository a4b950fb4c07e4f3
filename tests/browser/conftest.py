"""A browser for the tests of this folder, which are skipped where there is none."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

CHROMIUM = next(
    (path for path in ("/usr/bin/chromium", shutil.which("google-chrome") or "") if path and Path(path).exists()), ""
)


@pytest.fixture(scope="module")
def browser():
    """Chromium, for a file of tests: while it is there, nothing else in this thread can run an event loop."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM:
        pytest.skip("Chromium is not installed; `make test-deps` installs it")
    with playwright.sync_playwright() as started:
        made = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield made
        made.close()

"""Draws the pictures of the docs: the demonstration's digest in Chromium, in two languages, on a phone and in the dark.

    make pictures

Needs Chromium and Chinese fonts (`make test-deps`).
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
PICTURES = {
    # name: (whose digest, width of the mail, height, dark)
    "digest-zh": ("li", 760, 1500, False),
    "digest-en": ("smith", 760, 1500, False),
    "digest-zh-phone": ("li", 390, 1500, False),
    "digest-en-phone-dark": ("smith", 390, 1500, True),
}
ROOM = 500
"""The narrowest window that Chromium opens; a phone's width stands in a frame inside it."""


def main() -> int:
    """Writes each picture beside this file."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        print("Chromium is not installed; `make test-deps` installs it", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder)
        subprocess.run([sys.executable, "-m", "policywatch", "demo", "--state", folder, "--once"], check=True)
        for name, (reader, width, height, is_dark) in PICTURES.items():
            page = state / f"{name}.html"
            page.write_text(_framed(state / "digest" / f"{reader}.html", width, height, is_dark), encoding="utf-8")
            subprocess.run(
                [
                    chromium, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                    "--allow-file-access-from-files", f"--window-size={max(width, ROOM)},{height}",
                    *(["--force-dark-mode"] if is_dark else []),
                    f"--screenshot={HERE / name}.png", page.as_uri(),
                ],
                check=True, capture_output=True, timeout=120,
            )  # fmt: skip
            print(f"{name}.png")
    return 0


def _framed(mail: Path, width: int, height: int, is_dark: bool) -> str:
    ground = "#101413" if is_dark else "#dfe3e0"
    return (
        f'<!doctype html><body style="margin:0;background:{ground};text-align:center">'
        f'<iframe src="{mail.as_uri()}" style="border:0;width:{width}px;height:{height}px"></iframe></body>'
    )


if __name__ == "__main__":
    sys.exit(main())

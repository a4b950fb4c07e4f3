"""Draws the pictures of the docs: a digest and an alert in Chromium, in two languages, on a desk, a phone and by night.

    make pictures

The news in them is that of the tests (`tests/digests_samples.py`), invented so that all that a mail can show is in it.
Needs Chromium and Chinese fonts (`make test-deps`).
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "tests")]

import digests_samples as samples  # noqa: E402  # found by the line above
from smaller import smaller  # noqa: E402

MAILS = {"digest": samples.morning, "alert": samples.alert}
PICTURES = {
    # name: (mail, language, width of the mail, height, dark)
    "digest-zh": ("digest", "zh-CN", 760, 1770, False),
    "digest-en": ("digest", "en", 760, 1780, False),
    "digest-zh-dark": ("digest", "zh-CN", 760, 1770, True),
    "digest-zh-phone": ("digest", "zh-CN", 390, 1990, False),
    "digest-en-phone-dark": ("digest", "en", 390, 2010, True),
    "alert-zh": ("alert", "zh-CN", 760, 520, False),
    "alert-en-phone-dark": ("alert", "en", 390, 570, True),
}
ROOM = 500
"""The narrowest window that Chromium opens; a phone's width stands in a frame inside it."""


def main() -> int:
    """Writes each picture, or those that are named, beside this file or into another folder."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("name", nargs="*", help=f"of {', '.join(PICTURES)}; all by default")
    parser.add_argument("--into", type=Path, default=HERE, help="the folder that they are written to")
    asked = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        print("Chromium is not installed; `make test-deps` installs it", file=sys.stderr)
        return 1
    renderer = samples.renderer()
    with tempfile.TemporaryDirectory() as folder:
        for name in asked.name or PICTURES:
            mail, language, width, height, is_dark = PICTURES[name]
            letter = Path(folder) / f"{name}.mail.html"
            letter.write_text(renderer.render(MAILS[mail](), language).html, encoding="utf-8")
            page = Path(folder) / f"{name}.html"
            page.write_text(_framed(letter, width, height, is_dark), encoding="utf-8")
            subprocess.run(
                [
                    chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-lcd-text", "--hide-scrollbars",
                    "--allow-file-access-from-files", f"--user-data-dir={folder}/profile",
                    f"--window-size={max(width, ROOM)},{height}",
                    *(["--blink-settings=preferredColorScheme=0"] if is_dark else []),
                    f"--screenshot={asked.into / name}.png", page.as_uri(),
                ],
                check=True, capture_output=True, timeout=120,
            )  # fmt: skip
            smaller(asked.into / f"{name}.png")
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

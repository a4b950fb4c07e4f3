"""Shows that repair leaves undamaged text alone: on at least five million characters of Debian's Chinese manuals.

    python tests/quality/undamaged.py [FOLDER]

The manuals are fetched with apt-get into FOLDER, or into one that is removed afterwards; nothing is installed. Without
apt-get or network it says so and ends with 0, as nothing was shown to be wrong.
"""

from __future__ import annotations

import gzip
import re
import subprocess
import sys
import tempfile
from html import unescape
from pathlib import Path

from policywatch.text import slip
from policywatch.text.han import HAN
from policywatch.text.repair import repair

PACKAGES = (
    "manpages-zh", "debian-reference-zh-cn", "debian-handbook", "debian-faq-zh-cn", "maint-guide-zh-cn",
    "libreoffice-help-zh-cn", "libreoffice-help-zh-tw", "installation-guide-amd64", "developers-reference",
)  # fmt: skip
LEAST = 5_000_000
_MARKUP = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)
_HAN = re.compile(f"[{HAN}]")


def fetched(folder: Path) -> bool:
    """Downloads and unpacks what can be had."""
    for package in PACKAGES:
        if not list(folder.glob(f"{package}_*.deb")):
            try:
                command = ["apt-get", "download", "-qq", package]
                subprocess.run(command, cwd=folder, capture_output=True, timeout=300, check=False)
            except (OSError, subprocess.TimeoutExpired):
                return False
    for file in folder.glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", file, folder / "unpacked"], check=True, capture_output=True)
    return (folder / "unpacked").is_dir()


def texts(folder: Path):
    """The text of each file that is mostly Chinese, with its name."""
    for path in sorted((folder / "unpacked").rglob("*")):
        if not path.is_file() or path.is_symlink():
            continue
        data = path.read_bytes()
        if path.suffix == ".gz":
            data = gzip.decompress(data)
        if b"\0" in data[:4096]:
            continue
        text = data.decode("utf-8", "replace")
        if "\ufffd" in text:
            continue
        if re.search(r"<(?:html|body|p|div)\b", text, re.IGNORECASE):
            text = unescape(_MARKUP.sub(" ", text))
        lines = [line for line in text.splitlines() if _HAN.search(line)]
        if lines:
            yield path.name, "\n".join(lines)


def main(folder: Path) -> int:
    """Exit code 1 when a text was changed, or when too few were there."""
    if not fetched(folder):
        print("undamaged: no apt-get or no network here; nothing was checked")
        return 0
    read = changed = torn = 0
    for name, text in texts(folder):
        read += len(text)
        edits = slip.mended(text)
        torn += len(edits)
        for start, end, written in edits:
            print(f"{name}: {text[max(0, start - 8) : end + 8]!r} would be read as {written!r} beside a bracket")
        if repair(text).text != text:
            changed += 1
            print(f"{name}: changed")
    print(f"undamaged: {read:,} characters read, {changed} texts changed, {torn} stretches taken for torn ones")
    return int(changed > 0 or torn > 0 or read < LEAST)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.exit(main(Path(sys.argv[1])))
    with tempfile.TemporaryDirectory() as room:
        sys.exit(main(Path(room)))

"""Asks pip-audit what is known against the packages of a lock, and tells a service that is away from a clean answer.

    python tools/audit.py requirements.lock [options of pip-audit]

Exit code 0: nothing is known. 1: something is, and stands above. 3: the service did not answer, so nothing was learnt.
"""

from __future__ import annotations

import json
import subprocess
import sys

AWAY = 3
_OPTIONS = ("--disable-pip", "--require-hashes", "--progress-spinner", "off", "--format", "json")


def main() -> int:
    """See above."""
    lock, *more = sys.argv[1:]
    command = [sys.executable, "-m", "pip_audit", *_OPTIONS, "-r", lock, *more]
    asked = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # our own words
    try:
        packages = json.loads(asked.stdout)["dependencies"]
    except (ValueError, KeyError):
        last = (asked.stderr.strip().splitlines() or ["it said nothing"])[-1]
        sys.stderr.write(f"the service of vulnerabilities could not be asked; nothing is known of {lock}: {last}\n")
        return AWAY
    known = [(one, fault) for one in packages for fault in one.get("vulns", ())]
    passed_over = [f"{one['name']}: {one['skip_reason']}" for one in packages if "skip_reason" in one]
    for one, fault in known:
        fixed = ", ".join(fault["fix_versions"]) or "none yet"
        sys.stdout.write(f"{one['name']} {one['version']}: {fault['id']}; mended in: {fixed}\n")
    for line in passed_over:
        sys.stdout.write(f"not looked at: {line}\n")
    sys.stdout.write(f"{len(packages)} packages, {len(known)} known vulnerabilities\n")
    return 1 if known else 0


if __name__ == "__main__":
    sys.exit(main())

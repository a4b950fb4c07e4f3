"""Writes what an installed policywatch is made of: a bill of materials, CycloneDX 1.6 in JSON, to standard output.

    python tools/sbom.py requirements.lock

Names, versions and hashes are those of the lock; licences are what the installed packages say of themselves, so it is
run by the Python of the environment that the lock fills. A package that is not installed there (it is for another
system) stands in the bill without a licence. The same lock and packages give the same bytes.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
import uuid
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any

TOP = Path(__file__).parents[1]
_PIN = re.compile(
    r"(?P<name>[A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==(?P<version>[^\s;\\]+)\s*(?:;\s*(?P<marker>[^\\]+?))?\s*\\?$"
)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_LICENCE = "License :: "
_MOST = 64
"""Characters of a licence field that is a name; some packages put the whole text there."""
_NAMESPACE = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")
"""That of URLs (RFC 9562, 6.6)."""


@dataclass(frozen=True, slots=True)
class Pin:
    """A package of the lock."""

    name: str
    version: str
    marker: str
    """On which systems it is installed; empty for all."""
    hashes: tuple[str, ...]
    """SHA-256 of each file that may be installed."""
    needed_by: tuple[str, ...] = ()
    """The packages that ask for it; policywatch among them."""


def pins(lock: str) -> list[Pin]:
    """The packages of a lock as pip reads it with --require-hashes. Raises ValueError for one without a hash."""
    found: list[Pin] = []
    for number, line in enumerate(lock.splitlines(), 1):
        pinned = _PIN.match(line)
        hashed = _HASH.search(line)
        if pinned:
            found.append(Pin(_normal(pinned["name"]), pinned["version"], pinned["marker"] or "", ()))
        elif hashed and found:
            found[-1] = replace(found[-1], hashes=(*found[-1].hashes, hashed[1]))
        elif line.lstrip().startswith("#"):
            # "# via a", or "# via" and a line for each.
            words = line.strip(" #").removeprefix("via").split()
            if found and words:
                found[-1] = replace(found[-1], needed_by=(*found[-1].needed_by, _normal(words[0])))
        elif line.strip():
            raise ValueError(f"line {number} is no package of a version, and no hash: {line.strip()!r}")
    for pin in found:
        if not pin.hashes:
            raise ValueError(f"{pin.name} has no hash")
    return found


def _normal(name: str) -> str:
    """As the simple repository API names it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def licences(name: str) -> list[dict[str, Any]]:
    """What an installed package says of its licence (core metadata 2.4 and before); empty when it says nothing."""
    try:
        told = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return []
    expression = told.get("License-Expression")
    if expression:
        return [{"expression": expression}]
    classified = [one.rpartition(" :: ")[2] for one in told.get_all("Classifier") or [] if one.startswith(_LICENCE)]
    named = [one for one in classified if one != "OSI Approved"]
    said = (told.get("License") or "").strip()
    if not named and said and len(said) <= _MOST and "\n" not in said:
        named = [said]
    return [{"license": {"name": one}} for one in dict.fromkeys(named)]


def _ref(pin: Pin) -> str:
    return f"pkg:pypi/{pin.name}@{pin.version}"


def _needs(name: str, locked: list[Pin]) -> list[str]:
    """A lock may hold a package in several versions, each for other systems."""
    return [_ref(pin) for pin in locked if name in pin.needed_by]


def component(pin: Pin) -> dict[str, Any]:
    """A package in the bill; each file that may be installed is a distribution with its hash."""
    purl = _ref(pin)
    found: dict[str, Any] = {
        "type": "library",
        "bom-ref": purl,
        "name": pin.name,
        "version": pin.version,
        "purl": purl,
        "scope": "optional" if pin.marker else "required",
    }
    told = licences(pin.name)
    if told:
        found["licenses"] = told
    found["externalReferences"] = [
        {
            "type": "distribution",
            "url": purl,
            "hashes": [{"alg": "SHA-256", "content": one} for one in pin.hashes],
        }
    ]
    if pin.marker:
        found["properties"] = [{"name": "python:marker", "value": pin.marker}]
    return found


def bill(lock: str, version: str) -> dict[str, Any]:
    """The bill of materials of a lock."""
    locked = pins(lock)
    components = [component(pin) for pin in locked]
    own = {
        "type": "application",
        "bom-ref": "policywatch",
        "name": "policywatch",
        "version": version,
        "licenses": licences("policywatch"),
    }
    told = json.dumps([own, components], sort_keys=True)
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(_NAMESPACE, told)}",
        "version": 1,
        "metadata": {"component": own},
        "components": components,
        "dependencies": [
            {"ref": "policywatch", "dependsOn": _needs("policywatch", locked)},
            *({"ref": _ref(pin), "dependsOn": _needs(pin.name, locked)} for pin in locked),
        ],
    }


def main() -> int:
    """Exit code 2 for a lock that cannot be read."""
    (lock,) = sys.argv[1:]
    version = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    try:
        found = bill(Path(lock).read_text(encoding="utf-8"), version)
    except ValueError as error:
        sys.stderr.write(f"{lock}: {error}\n")
        return 2
    sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What policywatch is made of (catalogue 114): the bill of materials, and the question what is known against it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).parent.parent
LOCK = (TOP / "requirements.lock").read_text(encoding="utf-8")


def run(tool: str, *words: object, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, TOP / "tools" / tool, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **environ})


@pytest.fixture(scope="module")
def bill():
    told = run("sbom.py", TOP / "requirements.lock")
    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout)


def test_114_the_bill_has_every_package_of_the_lock_with_each_of_its_hashes(bill):
    pinned = re.findall(r"^([\w.-]+)==(\S+)", LOCK, re.MULTILINE)
    assert [(one["name"], one["version"]) for one in bill["components"]] == pinned
    assert len(dict(pinned)) < len(pinned), "a package may stand there in two versions, for two Pythons"
    hashes = [one["content"] for part in bill["components"] for one in part["externalReferences"][0]["hashes"]]
    assert sorted(hashes) == sorted(re.findall(r"sha256:([0-9a-f]+)", LOCK))
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")


def test_114_every_package_that_is_installed_says_its_licence(bill):
    silent = [one for one in bill["components"] if "licenses" not in one]
    # What is for another system is not here to be asked.
    assert all("python:marker" in json.dumps(one) for one in silent), silent
    assert {"name": "aiohttp", "licenses": [{"expression": "Apache-2.0 AND MIT"}]}.items() <= next(
        one for one in bill["components"] if one["name"] == "aiohttp"
    ).items()


def test_114_the_bill_says_what_needs_what_and_is_the_same_each_time(bill):
    refs = {one["bom-ref"] for one in bill["components"]} | {"policywatch"}
    needs = {one["ref"]: one["dependsOn"] for one in bill["dependencies"]}
    assert set(needs) == refs
    reached, waiting = set(), ["policywatch"]
    while waiting:
        ref = waiting.pop()
        if ref not in reached:
            reached.add(ref)
            waiting += needs[ref]
    # Tools that build the wheel are asked for by a group, which policywatch itself does not need.
    assert {ref for ref in refs - reached if "hatchling" not in ref} == set()
    assert json.loads(run("sbom.py", TOP / "requirements.lock").stdout) == bill


@pytest.mark.parametrize(
    ("lock", "fault"), [("a==1\n", "a has no hash"), ("a>=1 \\\n    --hash=sha256:0\n", "line 1 is no package")]
)
def test_114_a_lock_that_proves_nothing_is_refused(tmp_path, lock, fault):
    (tmp_path / "lock").write_text(lock)
    told = run("sbom.py", tmp_path / "lock")
    assert told.returncode == 2
    assert fault in told.stderr


PACKAGES = [
    {"name": "a", "version": "1", "vulns": []},
    {"name": "b", "version": "2", "vulns": [{"id": "CVE-2026-1", "fix_versions": ["2.1"], "aliases": []}]},
    {"name": "c", "skip_reason": "not to be found"},
]


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        (json.dumps({"dependencies": PACKAGES[:1], "fixes": []}), 0, "1 packages, 0 known vulnerabilities"),
        (
            json.dumps({"dependencies": PACKAGES}),
            1,
            "b 2: CVE-2026-1; mended in: 2.1\nnot looked at: c: not to be found",
        ),
        ("", 3, "the service of vulnerabilities could not be asked; nothing is known of requirements.lock: no route"),
    ],
)
def test_114_a_service_that_is_away_is_no_clean_answer(tmp_path, answer, code, words):
    """pip-audit stands in an environment of its own and asks the Internet: here is one that gives its answers."""
    script = f"import sys\nprint({answer!r})\nsys.stderr.write('Traceback\\nno route\\n')\nsys.exit(1)\n"
    (tmp_path / "pip_audit.py").write_text(script)
    told = run("audit.py", "requirements.lock", PYTHONPATH=str(tmp_path))
    assert told.returncode == code
    assert words in told.stdout + told.stderr

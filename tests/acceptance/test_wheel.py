"""The wheel: it holds templates and configuration, and works where no checkout is."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-build-isolation", "--no-deps", "--no-index"]
    done = subprocess.run([*command, "--wheel-dir", str(folder), str(TOP)], capture_output=True, text=True, check=False)
    if done.returncode and "No module named 'hatchling'" in done.stdout + done.stderr:
        pytest.skip("hatchling, which makes the wheel, is not installed")
    assert done.returncode == 0, done.stderr
    (made,) = folder.glob("*.whl")
    return made


def test_the_wheel_carries_every_template_and_configuration_as_it_is(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        for folder in ("templates", "config"):
            for path in (TOP / folder).rglob("*"):
                if path.is_file():
                    name = f"policywatch/_shipped/{path.relative_to(TOP)}"
                    assert archive.read(name) == path.read_bytes(), name
    tops = {name.split("/")[0] for name in names}
    assert tops == {"policywatch", next(top for top in tops if top.endswith(".dist-info"))}


def test_an_installed_policywatch_works_away_from_the_checkout(wheel, tmp_path):
    """Without HOME, from the root folder: it makes a configuration, checks it and shows the demonstration."""
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONDONTWRITEBYTECODE") if name in os.environ}
    env = {**kept, "PYTHONPATH": str(site), "PYTHONSAFEPATH": "1"}

    def policywatch(*arguments: str) -> subprocess.CompletedProcess:
        command = [sys.executable, "-m", "policywatch", *arguments]
        return subprocess.run(command, cwd="/", env=env, capture_output=True, text=True, timeout=90, check=False)

    where = "import policywatch.bootstrap as b; print(b.__file__, b.shipped('templates'), b.shipped('config'))"
    told = subprocess.run([sys.executable, "-c", where], cwd="/", env=env, capture_output=True, text=True, check=True)
    assert [path.startswith(str(site)) for path in told.stdout.split()] == [True] * 3

    made = policywatch("init", str(tmp_path / "watch"))
    assert made.returncode == 0, made.stderr
    assert not (tmp_path / "watch" / "demo.yaml").exists()
    checked = policywatch("check", "--config", str(tmp_path / "watch" / "policywatch.yaml"))
    assert checked.returncode == 0, checked.stderr
    assert checked.stdout.startswith("ok: ")
    shown = policywatch("demo", "--once", "--state", str(tmp_path / "demo"))
    assert shown.returncode == 0, shown.stderr
    assert "2 mails written" in shown.stdout


def test_init_says_where_it_may_not_write(tmp_path):
    """In a sentence with the folder and the user, not as a traceback."""
    (tmp_path / "file").write_text("")
    done = subprocess.run(
        [sys.executable, "-m", "policywatch", "init", str(tmp_path / "file" / "watch")],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr

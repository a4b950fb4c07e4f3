"""The image, built from the Dockerfile and run with the least rights: by Linux namespaces, as no engine is needed then.

tests/cell.py says what this stands in for, and what of a real engine it lacks.
"""

from __future__ import annotations

import contextlib
import json
import re
import shlex
import shutil
import sqlite3
import subprocess

import pytest

import cell
import dockerfile
from world import Running

pytestmark = [pytest.mark.xdist_group("container"), pytest.mark.timeout(400)]

STOP_SECONDS = 10
"""What an engine waits by default before it kills."""


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    folder = tmp_path_factory.mktemp("image")
    try:
        yield cell.Image.build(dockerfile.read(dockerfile.TOP / "Dockerfile"), folder)
    except cell.CannotBuildError as error:
        pytest.skip(str(error))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def config(image, tmp_path_factory):
    """A folder that `policywatch init /config` filled, mounted so that it could."""
    folder = image.folder(tmp_path_factory.mktemp("mounts") / "config")
    done = ended(image.start("init", "/config", data=folder, config=folder, is_config_writable=True))
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def data(image, tmp_path):
    return image.folder(tmp_path / "data")


@pytest.fixture
def running(image, config, data):
    """The image's own command, started."""
    container = image.start(data=data, config=config)
    yield container, Running(container.process)
    container.end()


def ended(container: cell.Container) -> subprocess.CompletedProcess:
    """What a container said that ends by itself."""
    try:
        said, complained = container.process.communicate(timeout=60)
    finally:
        container.end()
    return subprocess.CompletedProcess([], container.process.returncode, said, complained)


def test_105_it_runs_read_only_without_rights_and_stops_in_order(image, running, data):
    """From a folder that `init` filled: JSON logs, healthy, no capability, nothing but /data and /tmp to write to."""
    container, log = running
    started = json.loads(log.wait_for_line('"event": "started"'))
    assert started["web"] == "http://0.0.0.0:8090/"
    log.wait_for_line('"action": "poll"')

    for probe in (["python", "-I", "-m", "policywatch.probe"], ["policywatch", "health"]):
        health = container.exec(*probe)
        assert (health.returncode, health.stdout) == (0, "ok\n"), health.stderr

    status = dict(
        line.split(":\t", 1) for line in container.exec("cat", "/proc/1/status").stdout.splitlines() if ":\t" in line
    )
    assert status["Uid"].split() == [str(image.user[0])] * 4
    assert status["Gid"].split() == [str(image.user[1])] * 4
    assert status["NoNewPrivs"] == "1"
    assert {status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    for place, is_writable in {"/": 0, "/config": 0, "/opt/policywatch": 0, "/tmp": 1, "/data": 1}.items():
        assert (container.exec("touch", f"{place}/touched").returncode == 0) == is_writable, place
    assert (data / "policywatch.sqlite").stat().st_uid == image.user[0]

    container.kill()
    assert container.process.wait(STOP_SECONDS) == 0
    log.wait_for_line('"event": "stopped"')
    assert not any("Traceback" in line for line in log.lines)
    assert all(line.startswith("{") for line in log.lines), "every line is a JSON object"


def test_105_the_whole_chain_runs_in_it(image, config, data):
    """The demonstration: four sites polled and read in limited children, matched, rendered and mailed to a folder."""
    done = ended(image.start("demo", "--once", "--state", "/data/demo", data=data, config=config))
    assert done.returncode == 0, done.stderr
    assert re.search(r"new articles: 17; matched: 1\d", done.stdout)
    assert len([path for path in (data / "demo" / "mail").rglob("*") if path.is_file()]) == 2
    assert (data / "demo" / "policywatch.sqlite").exists()


def test_the_pages_can_be_published(running):
    """They answer at an address that is not the container's own loopback, as they must when an engine forwards to it."""
    container, log = running
    log.wait_for_line('"event": "started"')
    ask = (
        "import http.client; c = http.client.HTTPConnection('127.0.0.2', 8090, timeout=9);"
        "c.request('GET', '/', headers={'Host': '127.0.0.1:8090'}); r = c.getresponse(); print(r.status, r.read(15))"
    )
    assert container.exec("python", "-c", ask).stdout == "200 b'<!doctype html>'\n"


@pytest.mark.parametrize("published", [{}, {"POLICYWATCH_CONTAINER_PUBLISHED": "0.0.0.0"}], ids=["unsaid", "to all"])
def test_107_pages_that_others_could_reach_do_not_start_without_a_log_in(image, config, data, published):
    for command in ([], ["check"]):
        done = ended(image.start(*command, data=data, config=config, variables=published))
        assert done.returncode == 78
        assert "the pages would be open to others, and nobody would ask who they are" in done.stderr
        assert "-p 127.0.0.1:8090:8090" in done.stderr


def test_checking_tells_what_the_image_decides(image, config, data):
    done = ended(image.start("check", data=data, config=config))
    assert done.returncode == 0, done.stderr
    assert "data lies in /data\n" in done.stdout
    assert "pages listen on 0.0.0.0:8090\n" in done.stdout


def test_what_the_docs_say_of_a_running_one_is_so(image, running, config, data, tmp_path):
    """The fields of /healthz; looking at a digest beside the service; a backup that is whole, and works in its place."""
    container, log = running
    log.wait_for_line('"action": "poll"')
    docs = (dockerfile.TOP / "docs" / "operations.md").read_text(encoding="utf-8")

    ask = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8090/healthz', timeout=9).read().decode())"
    table = docs[docs.index("| field | meaning |") :].partition("\n\n")[0]
    assert re.findall(r"^\| `(\w+)`", table, re.MULTILINE) == list(
        json.loads(container.exec("python", "-c", ask).stdout)
    )

    (beside,) = re.findall(r"^docker compose exec policywatch (policywatch preview \w+)$", docs, re.MULTILINE)
    assert container.exec(*beside.split()).returncode == 0

    (back_up,) = re.findall(r"^docker compose exec policywatch (policywatch backup .*)$", docs, re.MULTILINE)
    done = container.exec(*shlex.split(back_up))
    assert done.returncode == 0, done.stderr
    restored = image.folder(tmp_path / "restored")
    (data / "backup.sqlite").rename(restored / "policywatch.sqlite")
    with contextlib.closing(sqlite3.connect(restored / "policywatch.sqlite")) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        # No network reaches out of here, so no source is blamed; but each is known.
        assert db.execute("SELECT count(*) FROM source WHERE is_active = 1").fetchone()[0] >= 12
    done = ended(image.start(*beside.split()[1:], data=restored, config=config))
    assert done.returncode == 0, done.stderr


def test_a_first_start_without_a_configuration_says_what_to_do(image, data, tmp_path):
    """Exit code 78 and the command to type; that command, with the folder mounted read-only, says what is wrong."""
    empty = image.folder(tmp_path / "config")
    done = ended(image.start(data=data, config=empty))
    assert done.returncode == 78
    assert "mount your folder at /config; `policywatch init /config` fills an empty one" in done.stderr
    done = ended(image.start("init", "/config", data=data, config=empty))
    assert done.returncode == 1
    assert "cannot be written (Read-only file system)" in done.stderr
    assert "Traceback" not in done.stderr


def test_094_a_second_container_on_the_same_volume_is_refused(image, running, config, data):
    running[1].wait_for_line('"event": "started"')
    done = ended(image.start(data=data, config=config))
    assert done.returncode == 75
    assert "in use by another policywatch" in done.stderr


def test_a_stop_while_it_starts_is_obeyed(image, config, data):
    """The kernel keeps from process 1 every signal it has no handler for: there is one before the long imports."""
    container = image.start(data=data, config=config)
    try:
        while container.process.poll() is None:
            if container.pid:
                container.kill()
            try:
                container.process.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
        complained = container.process.stderr.read()
    finally:
        container.end()
    assert container.process.returncode == 143
    assert "started" not in complained


def test_process_1_leaves_no_zombies(image, config, data):
    """A reading process that dies is reaped, by process 1 itself: there is no init before it."""
    program = """
import asyncio, os, pathlib
from policywatch import errors
from policywatch.sandbox.pool import Sandbox

async def main():
    # An object of the standard library with a method that ends the process.
    sandbox = Sandbox("ctypes:CDLL", lambda: (None,))
    try:
        await sandbox.call("a page", "abort")
    except errors.ParseError as error:
        print(error.code)
    await sandbox.close()
    told = [path.read_text() for path in pathlib.Path("/proc").glob("[0-9]*/stat")]
    print(os.getpid(), len(told), sum(") Z " in line for line in told))

asyncio.run(main())
"""
    done = ended(image.execute(["python", "-c", program], data=data, config=config))
    assert done.stdout.splitlines() == ["crashed", "1 1 0"], done.stderr


def test_the_image_holds_what_runs_and_nothing_else(image, config, data):
    """No build tools, no pip, no file of a checkout; its own time zones; templates and configuration in the package."""
    program = """
import importlib.util, pathlib, zoneinfo
import policywatch
from policywatch import bootstrap

print([name for name in ("pip", "hatchling", "editables", "pytest") if importlib.util.find_spec(name)])
zoneinfo.reset_tzpath(())
print(zoneinfo.ZoneInfo("Asia/Shanghai"))
inside = pathlib.Path(policywatch.__file__).parent
print(inside.is_relative_to("/opt/policywatch"), bootstrap.shipped("templates").is_relative_to(inside))
print(sorted(path.name for path in inside.parent.glob("*.pth")))
print(len([path for path in inside.rglob("*.pyc")]) > 50)
"""
    done = ended(image.execute(["python", "-c", program], data=data, config=config))
    assert done.stdout.splitlines() == ["[]", "Asia/Shanghai", "True True", "[]", "True"], done.stderr


def test_the_check_fails_where_no_service_runs(image, config, data):
    done = ended(image.execute(["python", "-I", "-m", "policywatch.probe"], data=data, config=config))
    assert done.returncode == 1
    assert "no answer from http://127.0.0.1:8090/healthz" in done.stdout

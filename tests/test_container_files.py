"""The files of the container: what they must hold, and what they must never. No engine is needed for this."""

from __future__ import annotations

import fnmatch
import re
from pathlib import Path

import pytest
import typer
from ruamel.yaml import YAML

import dockerfile
from policywatch import cli, container

TOP = Path(__file__).parent.parent
SECRET_WORDS = re.compile(r"passw|secret|token|credential|(^|_)key(_|$)|auth", re.IGNORECASE)


@pytest.fixture(scope="module")
def image():
    return dockerfile.read(TOP / "Dockerfile")


@pytest.fixture(scope="module")
def service():
    composed = YAML(typ="safe", pure=True).load((TOP / "compose.yaml").read_text(encoding="utf-8"))
    return composed["services"]["policywatch"]


@pytest.fixture(scope="module")
def composed():
    return YAML(typ="safe", pure=True).load((TOP / "compose.yaml").read_text(encoding="utf-8"))


def test_every_stage_has_the_same_base_with_a_version_and_a_distribution(image):
    """A tag that can be replaced by name@digest: never `latest`, never alpine (no wheels for musl), never bare."""
    bases = {stage.base for stage in image.stages}
    assert len(bases) == 1
    assert re.fullmatch(r"python:3\.\d+-slim-[a-z]+", bases.pop())
    assert len(image.stages) == 2


def test_the_base_is_a_python_that_the_project_takes(image):
    minor = int(re.search(r"3\.(\d+)", image.final.base)[1])
    least = re.search(r'requires-python = ">=3\.(\d+)"', (TOP / "pyproject.toml").read_text())[1]
    assert minor >= int(least)


def test_the_image_ends_as_a_numbered_user_that_is_not_root(image):
    """By number, so that an orchestrator can see that it is not root; nothing after it changes the user again."""
    uid, gid = image.final.last("USER").rest.split(":")
    assert int(uid) >= 1000
    assert int(gid) >= 1000
    assert f"--uid {uid}" in image.final.last("RUN").rest
    assert f"--gid {gid}" in image.final.last("RUN").rest


def test_nothing_is_added_from_an_address_and_no_package_lists_stay(image):
    for stage in image.stages:
        assert stage.all("ADD") == []
        for run in stage.all("RUN"):
            assert not re.search(r"https?://|curl|wget", run.rest)
            if "apt-get" in run.rest:
                assert "rm -rf /var/lib/apt/lists" in run.rest


def test_no_file_of_the_container_names_a_download_address():
    for name in ("Dockerfile", "compose.yaml", ".dockerignore"):
        text = (TOP / name).read_text(encoding="utf-8")
        assert set(re.findall(r"https?://([^\s:/]+)", text)) <= {"127.0.0.1"}, name


def test_no_secret_is_baked_in(image):
    """Build arguments and environment stay readable in an image for ever."""
    for stage in image.stages:
        names = [*stage.env, *(one.rest.partition("=")[0] for one in stage.all("ARG"))]
        assert [name for name in names if SECRET_WORDS.search(name)] == []
        assert all("=" not in one.rest for one in stage.all("ARG")), "no default for what a builder names"


def test_the_final_stage_holds_the_environment_and_no_file_of_the_checkout(image):
    copies = image.final.all("COPY")
    assert [copy.rest for copy in copies] == ["--from=build /opt/policywatch /opt/policywatch"]


def ignored(path: str) -> bool:
    """By .dockerignore: the last line that matches a path or a folder above it decides."""
    verdict = False
    parts = path.split("/")
    prefixes = ["/".join(parts[: count + 1]) for count in range(len(parts))]
    for line in (TOP / ".dockerignore").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        pattern = line.removeprefix("!")
        names = parts if pattern.startswith("**/") else prefixes
        if any(fnmatch.fnmatch(name, pattern.removeprefix("**/")) for name in names):
            verdict = not line.startswith("!")
    return verdict


def test_every_source_of_a_copy_is_there_and_let_in(image):
    for copy in image.stages[0].all("COPY"):
        *sources, _target = copy.words
        for source in sources:
            assert (TOP / source).exists(), source
            assert not ignored(source), source
    for path in ("src/policywatch/cli/base.py", "config/sources/media.yaml", "templates/_parts/story.html.j2"):
        assert not ignored(path), path


@pytest.mark.parametrize(
    "path",
    [".git", ".git/config", "policywatch.env", "smtp-password", "var/policywatch.sqlite", ".venv/bin/python", "tests",
     "src/policywatch/__pycache__/cli.cpython-313.pyc"],
)  # fmt: skip
def test_private_files_never_reach_the_builder(path):
    assert ignored(path)


def test_all_that_the_wheel_is_made_of_is_copied(image):
    """What pyproject.toml forces into the wheel, its readme and its licence."""
    copied = {source for copy in image.stages[0].all("COPY") for source in copy.words[:-1]}
    text = (TOP / "pyproject.toml").read_text(encoding="utf-8")
    forced = re.findall(r'^"(\w+)" = "policywatch/_shipped/', text, re.MULTILINE)
    assert {"src", "pyproject.toml", "README.md", "LICENSE", *forced} <= copied
    assert len(forced) == 2


def test_packages_are_installed_by_hash_and_build_tools_do_not_travel_on(image):
    runs = " ".join(run.rest for run in image.stages[0].all("RUN"))
    assert "--require-hashes" in runs
    assert "--no-build-isolation" in runs
    removed = set(re.search(r"pip uninstall --yes ([a-z -]+?) &&", runs)[1].split())
    text = (TOP / "requirements.lock").read_text(encoding="utf-8")
    only_for_building = {
        name
        for name, why in re.findall(r"^([a-z0-9-]+)==.*?\n((?: +.*\n?)+)", text, re.MULTILINE)
        if re.search(r"# +via (hatchling|policywatch \(pyproject\.toml:build\))$", why, re.MULTILINE)
    }
    assert only_for_building == removed


def test_commands_are_in_exec_form(image):
    """A shell in between would keep SIGTERM from the service."""
    for word in ("ENTRYPOINT", "CMD"):
        assert image.final.last(word).is_exec
    health = image.final.last("HEALTHCHECK").rest
    assert re.search(r'CMD \["python", "-I", "-m", "policywatch\.probe"\]$', health)
    assert image.final.last("ENTRYPOINT").words == ["policywatch"]
    assert image.final.last("CMD").words == ["run"]
    assert image.final.last("STOPSIGNAL").rest == "SIGTERM"


def test_the_environment_suits_a_container(image):
    env = image.final.env
    assert env["LANG"] == "C.UTF-8"
    assert env["PYTHONUNBUFFERED"] == "1"
    assert env["PATH"].startswith("/opt/policywatch/bin:")
    assert env[container.DATA] in image.final.last("VOLUME").words
    port = image.final.last("EXPOSE").rest
    assert env[container.LISTEN] == f"0.0.0.0:{port}"


def test_compose_runs_it_with_the_least_rights(service):
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert [mount.partition(":")[0] for mount in service["tmpfs"]] == ["/tmp"]
    assert service["mem_limit"]
    assert service["pids_limit"]
    assert not {"privileged", "cap_add", "network_mode", "pid", "user", "devices"} & set(service)


def test_compose_has_one_process_or_a_cluster_and_never_both(composed):
    """Profile single: one container. Profile cluster: PostgreSQL, a scheduler, two pollers, a sender, the pages."""
    by_profile = {}
    for name, one in composed["services"].items():
        (profile,) = one["profiles"]
        by_profile.setdefault(profile, {})[name] = one
    assert set(by_profile["single"]) == {"policywatch"}
    cluster = by_profile["cluster"]
    assert set(cluster) == {"db", "scheduler", "poller", "sender", "web"}
    for name in set(cluster) - {"db"}:
        assert cluster[name]["command"] == ["run", "--role", name]
        assert cluster[name]["environment"]["POLICYWATCH_ENGINE"] == "procrastinate"
        assert cluster[name]["environment"]["POLICYWATCH_STORE"].startswith("postgresql://")
        assert cluster[name]["read_only"] is True
        assert cluster[name]["cap_drop"] == ["ALL"]
    assert cluster["poller"]["scale"] == 2
    assert [name for name, one in cluster.items() if one.get("ports")] == ["web"]
    assert not cluster["db"].get("ports")


def test_compose_publishes_the_pages_to_this_machine_only(image, service):
    """The service listens on every address inside, so this line is what keeps others out."""
    port = image.final.last("EXPOSE").rest
    assert service["ports"] == [f"127.0.0.1:8090:{port}"]


def test_107_compose_says_where_the_pages_are_published_where_it_publishes_them(image, composed):
    """Beside the line that publishes, never in the image: without it the pages do not start without a log-in."""
    assert container.PUBLISHED not in image.final.env
    for name, one in composed["services"].items():
        said = one.get("environment", {}).get(container.PUBLISHED)
        assert said == (one["ports"][0].partition(":")[0] if one.get("ports") else None), name


def test_compose_mounts_what_the_image_declares(image, service, composed):
    """Each volume of the image and no other; the configuration read-only; the data on a volume that compose keeps."""
    targets = {}
    for volume in service["volumes"]:
        source, target, *mode = re.fullmatch(r"(\$\{.*?\}|[^:]+):([^:]+)(?::(\w+))?", volume).groups()
        targets[target] = (source, mode[0])
    assert set(targets) == set(image.final.last("VOLUME").words)
    assert targets["/config"] == ("${CONFIG_FOLDER:-./config}", "ro")
    assert targets["/data"][0] in composed["volumes"]


def test_compose_restarts_stops_and_checks_as_the_image_does(image, service):
    assert service["restart"] == "unless-stopped"
    assert int(service["stop_grace_period"].removesuffix("s")) > 10
    told = image.final.last("HEALTHCHECK").rest
    for key in ("interval", "timeout", "retries"):
        assert f"--{key}={service['healthcheck'][key]}" in told
    assert f"--start-period={service['healthcheck']['start_period']}" in told
    assert service["healthcheck"]["test"] == ["CMD", *dockerfile.Instruction("", told[told.index("[") :]).words]


def test_compose_builds_and_never_pulls(service):
    """A name without a registry would be asked for at the public one, and somebody else's image might answer."""
    assert service["build"] == {"context": ".", "args": ["PIP_INDEX_URL"]}
    assert "image" not in service


def test_compose_takes_secrets_from_a_file_that_need_not_be_there(service):
    assert service["env_file"] == [{"path": "policywatch.env", "required": False}]
    ignored_by_git = (TOP / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert "policywatch.env" in ignored_by_git
    assert "smtp-password" in ignored_by_git


def test_the_secrets_part_that_is_commented_out_is_right_when_taken_in(service):
    """Taking the # away at both places gives a file that loads, and a secret where the text beside it says."""
    text = (TOP / "compose.yaml").read_text(encoding="utf-8")
    whole = text.replace("# secrets: [", "secrets: [").replace("# secrets:\n#   ", "secrets:\n  ")
    assert whole != text
    loaded = YAML(typ="safe", pure=True).load(whole)
    (name,) = loaded["services"]["policywatch"]["secrets"]
    assert name in loaded["secrets"]
    assert f"${{file:/run/secrets/{name}}}" in text


def test_commands_shown_for_the_container_exist():
    """What docs and compose.yaml run by `docker compose run` or `exec` is a command of policywatch, or of the image."""
    commands = set(typer.main.get_command(cli.app).commands)
    shown = []
    for name in ("docs/operations.md", "compose.yaml"):
        text = (TOP / name).read_text(encoding="utf-8")
        shown += re.findall(r"docker compose run --rm (?:-.* )?policywatch (\w+)", text)
        shown += re.findall(r"docker compose exec policywatch policywatch (\w+)", text)
    assert len(shown) >= 4
    assert set(shown) <= commands

"""The docs say what is so: every kind and command is in them, every YAML block loads, every command shown exists."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from ruamel.yaml import YAML

from policywatch import cli, config, errors, kinds, schema
from policywatch.channels.base import takes_documents

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
TEXTS = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in DOCUMENTS}
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?!https?://|mailto:)([^)#\s]+)(#[^)\s]*)?\)")
_NAMED = re.compile(r"\$\{(env|file):([^}:]+)")


def blocks(language: str):
    return [
        pytest.param(name, body, id=f"{name}:{text[: found.start()].count(chr(10)) + 1}")
        for name, text in TEXTS.items()
        for found in _BLOCK.finditer(text)
        if found[1] == language
        for body in [found[2]]
    ]


def commands(command, path: tuple[str, ...] = ()):
    """Every command that does something by itself, with its path."""
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, (*path, name))
    if not hasattr(command, "commands"):
        yield path, command


COMMANDS = dict(commands(typer.main.get_command(cli.app)))


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_is_in_the_readme_and_explains_itself(path):
    assert f"`policywatch {' '.join(path)}" in TEXTS["README.md"]
    assert len(COMMANDS[path].help or "") > 30
    for parameter in COMMANDS[path].params:
        assert getattr(parameter, "help", None), parameter.name


@pytest.mark.parametrize(
    ("package", "kind"),
    [
        (package, kind)
        for package in ("policywatch.sources.kinds", "policywatch.channels.kinds", "policywatch.matching.rules")
        for kind in kinds.names(package)
    ],
)
def test_every_kind_is_in_the_reference(package, kind):
    room = package.split(".")[1]
    section = "channels" if room == "channels" and takes_documents(kind) else "mail"
    shown = {"sources": f"### options of kind {kind}\n", "channels": f"### {section}: {{kind: {kind}}}\n"}
    assert shown.get(room, f"| `{kind}` |") in TEXTS["docs/configuration.md"]


def test_every_word_of_the_configuration_is_in_the_reference():
    words: set[str] = set()

    def gather(value):
        if isinstance(value, dict):
            words.update(value.get("properties", {}))
            for one in value.values():
                gather(one)
        elif isinstance(value, list):
            for one in value:
                gather(one)

    gather(schema.of("policywatch"))
    headings = {"mail", *schema.SECTIONS, *config.LISTS}
    assert len(words) > 60
    assert [word for word in sorted(words - headings) if f"| `{word}` |" not in TEXTS["docs/configuration.md"]] == []
    assert all(f"\n## {word}\n" in TEXTS["docs/configuration.md"] for word in headings)


@pytest.mark.parametrize(("name", "body"), blocks("yaml"))
def test_every_yaml_block_loads(tmp_path, name, body):
    """Completed by the shipped watch-lists where it has none of its own."""
    given = YAML(typ="safe", pure=True).load(body)
    assert isinstance(given, dict), f"{name}: a block begins with a word of the configuration"
    for folder in ("watchlists", "sources"):
        (tmp_path / folder).mkdir()
    if "watchlists" not in given:
        shutil.copytree(ROOT / "config" / "watchlists", tmp_path / "watchlists", dirs_exist_ok=True)
        if "include" not in given:
            body += "\ninclude: [watchlists/*.yaml]\n"
    environ = {}
    for kind, what in _NAMED.findall(body):
        if kind == "env":
            environ[what] = "x" * 30
        else:
            place = tmp_path / what.lstrip("/")
            body = body.replace(f"${{file:{what}}}", f"${{file:{place}}}")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text("x" * 30, encoding="utf-8")
    (tmp_path / "policywatch.yaml").write_text(body, encoding="utf-8")
    try:
        config.load(tmp_path / "policywatch.yaml", environ)
    except errors.ConfigError as error:
        pytest.fail(f"{name}: {error}")


RUNS = {("init",), ("check",), ("schema",), ("digest",), ("deliver",), ("preview",)}
"""Need no network and end by themselves."""


def shown_commands():
    for name, text in TEXTS.items():
        for found in _BLOCK.finditer(text):
            if found[1] in {"sh", "bash", "console"}:
                for line in found[2].replace("\\\n", " ").splitlines():
                    plain = line.removeprefix("$ ").split("#")[0].strip()
                    if re.match(r"(?:[A-Z_]+=\S+ )*policywatch ", plain):
                        yield name, re.sub(r"^(?:[A-Z_]+=\S+ )*", "", plain)


@pytest.mark.parametrize(("name", "line"), sorted(set(shown_commands())))
def test_every_command_shown_exists_with_its_options(name, line):
    words = shlex.split(line.split("|")[0].split(">")[0].split("<")[0])[1:]
    if words == ["--version"]:
        return
    path = next((path for path in COMMANDS if tuple(words[: len(path)]) == path), None)
    assert path is not None, f"{name} shows {line!r}"
    known = {option for parameter in COMMANDS[path].params for option in (*parameter.opts, *parameter.secondary_opts)}
    used = {word.split("=")[0] for word in words[len(path) :] if word.startswith("-") and word != "-"}
    assert used <= known | {"--help"}, f"{name} shows {line!r}"


@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", sorted({name for name, _ in shown_commands()}))
def test_the_commands_that_a_document_shows_run_one_after_the_other(tmp_path, name):
    lines = [line for shown, line in shown_commands() if shown == name]
    environ = {**os.environ, "SMTP_PASSWORD": "x"}
    shutil.copytree(ROOT / "config", tmp_path / "config")
    for line in dict.fromkeys(lines):
        words = shlex.split(line)[1:]
        if "/config" in line or not any(tuple(words[: len(path)]) == path for path in RUNS):
            continue
        done = subprocess.run(
            [sys.executable, "-m", "policywatch", *words],
            cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize("name", TEXTS)
def test_links_between_documents_lead_somewhere(name):
    for target, _anchor in _LINK.findall(TEXTS[name]):
        assert ((ROOT / name).parent / target).exists(), f"{name} links {target}"

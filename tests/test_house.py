"""The house rules: who may import whom, what pure rooms may not touch, and that every one-file kind loads."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from policywatch import kinds

SOURCE = Path(__file__).parent.parent / "src" / "policywatch"
GROUND = {"model", "urls", "dates", "errors", "logs", "kinds", "container", "standins", "__init__"}
PURE = {"sources", "matching", "articles", "digests"}
EDGES = {"fetch", "store", "channels", "sandbox"}
ENTRANCES = {
    "cli",
    "commands",
    "engine",
    "probe",
    "reference",
    "schema",
    "service",
    "serving",
    "web",
    "demo",
    "__main__",
}
GROUND_EXTRA = {"logs": {"structlog"}, "kinds": {"policywatch.errors"}, "__init__": set()}
IMPURE = {"asyncio", "socket", "subprocess", "threading", "time", "os", "pathlib", "tempfile", "shutil", "random"}
"""A pure room has no clock, environment, file or socket."""


def modules():
    return sorted(path.relative_to(SOURCE) for path in SOURCE.rglob("*.py"))


def room(path: Path) -> str:
    return path.parts[0] if len(path.parts) > 1 else path.stem


def imports(path: Path, *, runtime_only: bool = False):
    """Dotted names that a file imports. With runtime_only, what stands under TYPE_CHECKING is left out."""
    tree = ast.parse((SOURCE / path).read_text(encoding="utf-8"))
    skipped = set()
    if runtime_only:
        for node in ast.walk(tree):
            if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
                skipped |= {id(child) for child in ast.walk(node)}
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} uses a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def ours(name: str) -> str | None:
    """The room (or ground-floor file) that an import of our own points to."""
    parts = name.split(".")
    if parts[0] != "policywatch":
        return None
    return parts[1] if len(parts) > 1 and not parts[1].startswith("__ver") else "__init__"


def faults(path: Path):
    here = room(path)
    for name in imports(path):
        there = ours(name)
        top = name.split(".")[0]
        if here in GROUND:
            is_std = top in sys.stdlib_module_names
            extra = GROUND_EXTRA.get(here, set())
            if not is_std and not any(name == ok or name.startswith(f"{ok}.") for ok in extra | {"__future__"}):
                yield f"{path} imports {name} (rule 1: the ground floor is the standard library only)"
        if there is None:
            continue
        if here in PURE and there not in GROUND | {"text", here}:
            yield f"{path} imports {name} (rule 2: a pure room knows the ground floor and text)"
        if here in EDGES and there not in GROUND | {"text", here}:
            yield f"{path} imports {name} (rule 3: an edge knows the ground floor and text)"
        if here == "text" and there not in GROUND | {"text"}:
            yield f"{path} imports {name} (rule 5: arrows run down)"
        if here == "pipeline" and there in ENTRANCES | {"bootstrap", "config"}:
            yield f"{path} imports {name} (rule 4: nothing imports an entrance)"
        if here not in ENTRANCES | {"bootstrap"} and there in ENTRANCES:
            yield f"{path} imports {name} (rule 4: nothing imports an entrance)"
        if here not in ENTRANCES | {"bootstrap", "config"} and there in {"config", "bootstrap"}:
            yield f"{path} imports {name} (rule 4: only bootstrap sees the configuration)"


def impurities(path: Path):
    if room(path) not in PURE:
        return
    tree = ast.parse((SOURCE / path).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.AsyncFunctionDef | ast.Await):
            yield f"{path}:{node.lineno} is async (rule 2)"
        if isinstance(node, ast.Call):
            text = ast.unparse(node.func)
            if text in {"open", "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "print", "input"}:
                yield f"{path}:{node.lineno} calls {text} (rule 2)"
    for name in imports(path, runtime_only=True):
        if name.split(".")[0] in IMPURE:
            yield f"{path} imports {name} (rule 2)"


@pytest.mark.parametrize("path", modules(), ids=str)
def test_every_file_keeps_the_import_rules(path):
    assert list(faults(path)) == []


@pytest.mark.parametrize("path", modules(), ids=str)
def test_pure_rooms_have_no_clock_file_socket_or_environment(path):
    assert list(impurities(path)) == []


def test_the_walk_sees_a_forbidden_import(tmp_path, monkeypatch):
    """The rules are not vacuous: a file that breaks one is found and named."""
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "dedupe.py").write_text("import time\nfrom policywatch.store import db\n")
    monkeypatch.setitem(globals(), "SOURCE", tmp_path)
    assert "rule 2" in next(faults(Path("articles/dedupe.py")))
    assert list(impurities(Path("articles/dedupe.py")))


SEAMS = [
    ("policywatch.sources.kinds", "Source", {"requests", "read", "detail", "hints"}),
    ("policywatch.matching.rules", "Rule", set()),
    ("policywatch.channels.kinds", "Channel", {"deliver", "close"}),
]


@pytest.mark.parametrize(
    ("package", "class_name", "kind", "methods"),
    [(package, name, kind, methods) for package, name, methods in SEAMS for kind in kinds.names(package)],
)
def test_every_kind_loads(package, class_name, kind, methods):
    """The word in the YAML is the file's name, and the class in it has the seam's name and shape."""
    found = kinds.load(package, kind, class_name)
    assert found.__module__ == f"{package}.{kind}"
    assert methods <= set(dir(found))


def test_seams_are_not_empty():
    assert {"feed", "listpage"} <= set(kinds.names("policywatch.sources.kinds"))
    assert {"smtp", "maildir"} <= set(kinds.names("policywatch.channels.kinds"))
    assert "term" in kinds.names("policywatch.matching.rules")


def test_an_unknown_kind_names_the_known_ones():
    with pytest.raises(kinds.UnknownKindError, match="known are .*listpage"):
        kinds.load("policywatch.sources.kinds", "listpges", "Source")


def test_050_only_the_fetch_room_speaks_http():
    """Every fetch goes through the one guarded client.

    The newsroom answers; the probe asks this machine's own service, and its tests hold it to that.
    """
    allowed = {"fetch", "newsroom", "probe"}
    for path in modules():
        for name in imports(path):
            if name.split(".")[0] in {"aiohttp", "httpx", "urllib3", "requests", "http"} and room(path) not in allowed:
                pytest.fail(f"{path} imports {name}")
            if name.startswith("urllib.request"):
                pytest.fail(f"{path} imports {name}")

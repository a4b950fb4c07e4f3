"""Large configurations: read by a process of their own, to the same end, and nothing of the files stays behind."""

from __future__ import annotations

import gc
import os
import pickle
from typing import TYPE_CHECKING

import pytest

from policywatch import config, errors, yamlfile
from policywatch.config import apart
from policywatch.config.loader import Loader
from policywatch.config.shared import Shared
from policywatch.sources.base import SourceSpec

if TYPE_CHECKING:
    from pathlib import Path

MANY = 3000


def written(folder: Path, *more: str) -> Path:
    """A main file and an included one that together are large."""
    sources = "\n".join(
        f"  - {{id: s{number}, kind: feed, every: 2h, url: 'https://s{number}.example.org/feed.xml', "
        "options: {full_text: never}}"
        for number in range(MANY)
    )
    (folder / "many.yaml").write_text("\n".join(["sources:", sources, *more]) + "\n", encoding="utf-8")
    (folder / "more").mkdir()
    path = folder / "policywatch.yaml"
    path.write_text(
        "include: [many.yaml, 'more/*.yaml']\nmail: {kind: smtp, host: mail.example.org, user: u, from: a@example.org, "
        'password: "${env:SECRET}"}\n',
        encoding="utf-8",
    )
    return path


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A large configuration: its loader, and what it loaded."""
    path = written(tmp_path_factory.mktemp("large"))
    assert apart.are_large([path.with_name("many.yaml")])
    loader = Loader(path, {**os.environ, "SECRET": "not to be told"})
    return loader, loader.load()


def test_it_is_what_reading_it_here_gives(large):
    loader, loaded = large
    here = Loader(loaded.path, {"SECRET": "not to be told"}, is_apart=True)
    assert here.load() == loaded
    assert here.files() == loader.files()
    assert (len(loaded.sources), loaded.secrets) == (MANY, {"not to be told"})


def test_files_that_come_later_are_watched_for(large):
    loader, loaded = large
    later = loaded.path.parent / "more" / "later.yaml"
    later.write_text("sources: []\n", encoding="utf-8")
    assert later in loader.files()


def test_faults_have_their_places_and_show_no_secret(tmp_path):
    path = written(tmp_path, "  - {id: s1, kind: feed, url: 'https://example.org/', every: not to be told}")
    with pytest.raises(errors.ConfigError) as caught:
        config.load(path, {**os.environ, "SECRET": "not to be told"})
    told = [(fault.line, fault.where) for fault in caught.value.faults]
    assert told == [(MANY + 2, "sources[s1].id"), (MANY + 2, "sources[s1].every")]
    assert "not to be told" not in str(caught.value)


def test_a_reading_process_that_dies_is_a_fault_of_the_configuration(tmp_path, monkeypatch):
    path = written(tmp_path)
    monkeypatch.setenv("PYTHONHOME", str(tmp_path))  # with which no Python starts
    with pytest.raises(errors.ConfigError, match="ended with 1"):
        config.load(path, {"SECRET": "s"})


def test_what_is_large_is_what_would_be_read(tmp_path):
    some, other = tmp_path / "some.yaml", tmp_path / "other.yaml"
    some.write_bytes(b" " * (apart.LARGE // 2))
    other.write_bytes(b" " * (apart.LARGE // 2 - 1))
    assert not apart.are_large([some, other, tmp_path / "missing.yaml"])
    other.write_bytes(b" " * (apart.LARGE // 2))
    assert apart.are_large([some, other])
    # Refused at once, without a process.
    other.write_bytes(b" " * (yamlfile.MAX_BYTES + 1))
    assert not apart.are_large([some, other])


def test_a_loader_that_is_done_holds_nothing_of_the_files(tmp_path):
    path = tmp_path / "policywatch.yaml"
    path.write_text("sources: [{id: a, kind: feed, url: 'https://example.org/'}]\n", encoding="utf-8")
    loader = Loader(path, {})
    loader.load()
    gc.collect()
    assert not [one for one in gc.get_objects() if isinstance(one, yamlfile.Mark)]
    assert path in loader.files()


def spec(name: str, **more) -> SourceSpec:
    return SourceSpec(**{"id": name, "kind": "feed", "url": "https://example.org/", "every": "2h", **more})


def test_equal_values_of_sources_stand_once_also_on_the_other_side(large):
    _, loaded = large
    one, other = loaded.sources[1], loaded.sources[2]
    assert one.options is other.options
    assert one.every is other.every
    assert one.model_fields_set is other.model_fields_set
    # What a source costs beside its own id and address.
    assert len(pickle.dumps(loaded.sources)) / MANY < 250


@pytest.mark.parametrize("options", [{"pages": 1}, {"pages": True}, {"pages": 1.0}, {"pages": "1"}, {}, {"pages": [1]}])
def test_a_shared_source_equals_the_one_that_it_was_made_of(options):
    shared = Shared()
    shared.entry(spec("first", options={"pages": 1}))
    one = spec("second", options=options, note="名", verified="2026-11-01")
    made = shared.entry(one)
    assert made == one
    assert type(made.options.get("pages")) is type(options.get("pages"))
    assert (made.own_interval, made.note) == (one.own_interval, "名")

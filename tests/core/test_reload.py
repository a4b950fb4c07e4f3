"""Changed files take effect whole; broken ones change nothing; what is in use is not closed."""

from __future__ import annotations

import asyncio
import os
from itertools import count

import pytest

from policywatch import config, errors
from policywatch.reload import Generations, Reloader

GOOD = """\
include: [lists/*.yaml]
mail: {kind: maildir, from: "a@example.org"}
subscriptions:
  - {id: morning, to: [b@example.org], watchlists: [量子科技], digest: {at: "30 8 * * *"}}
"""
LIST = "watchlists:\n  - {name: 量子科技, any: [量子科技]}\n"
_times = count(1_800_000_000)


class Folder:
    """A configuration in files, and what a Reloader made of it."""

    def __init__(self, path):
        self.main = path / "policywatch.yaml"
        self.list = path / "lists" / "one.yaml"
        self.list.parent.mkdir()
        self.write(self.main, GOOD)
        self.write(self.list, LIST)
        self.environ = {}
        self.loader = config.Loader(self.main, self.environ)
        self.applied = [self.loader.load()]
        self.told = []
        self.reloader = Reloader(watched=self._watched, load=self._load, apply=self._apply, broken=self._broken)

    @staticmethod
    def write(path, text):
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        # A file system's clock may be coarse; no change shall hide behind it.
        at = next(_times)
        os.utime(path, (at, at))

    def _watched(self):
        return self.loader.files()

    def _load(self):
        self.loader = config.Loader(self.main, self.environ)
        return self.loader.load()

    async def _apply(self, loaded):
        self.applied.append(loaded)

    async def _broken(self, error):
        self.told.append(str(error))

    def look(self, times=2):
        """Looks as often as a file must look the same to be read."""

        async def look():
            return [await self.reloader.check() for _ in range(times)]

        return asyncio.run(look())


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


def terms(loaded):
    return [[term for rule in spec.any for term, _ in rule.terms()] for spec in loaded.watchlists]


def test_unchanged_files_are_not_read_again(folder):
    assert folder.look(3) == [False, False, False]
    assert len(folder.applied) == 1


def test_a_change_takes_effect_once_it_has_come_to_rest(folder):
    folder.write(folder.list, LIST.replace("[量子科技]", "[量子科技, 量子计算]"))
    assert folder.look(3) == [False, True, False]
    assert terms(folder.applied[-1]) == [["量子科技", "量子计算"]]
    assert folder.reloader.fault is None


def test_a_new_file_that_include_matches_is_seen(folder):
    folder.write(folder.list.parent / "two.yaml", LIST.replace("量子科技", "氢能"))
    assert folder.look() == [False, True]
    assert [spec.name for spec in folder.applied[-1].watchlists] == ["量子科技", "氢能"]


def test_a_file_that_is_gone_is_seen(folder):
    folder.list.unlink()
    folder.look()
    assert "no watch-list is called '量子科技'" in folder.told[0]


@pytest.mark.parametrize(
    ("main", "lists", "fault"),
    [
        ("language: [", None, ":1:"),
        (GOOD + "langage: en\n", None, "did you mean `language`"),
        (GOOD.replace("from:", "form:"), None, ":2:"),
        (GOOD + "state: ${env:NO_SUCH}\n", None, "NO_SUCH is not set"),
        (GOOD[:70], None, "policywatch.yaml:"),
        (None, "watchlists:\n  - {name: 量子科技, any: [''", "one.yaml:"),
        (None, "watchlists:\n  - {name: 量子科技, any: ['']}\n", "empty term"),
        (None, b"\xff\xfe\x00", "UTF-8"),
    ],
)
def test_123_a_broken_configuration_leaves_the_old_one_working_and_is_told_once_with_its_place(
    folder, main, lists, fault
):
    if main is not None:
        folder.write(folder.main, main)
    if lists is not None:
        folder.write(folder.list, lists)
    assert folder.look(5) == [False] * 5
    assert len(folder.applied) == 1
    assert len(folder.told) == 1
    assert fault in folder.told[0]
    assert isinstance(folder.reloader.fault, errors.ConfigError)
    folder.write(folder.main, GOOD)
    folder.write(folder.list, LIST.replace("[量子科技]", "[量子通信]"))
    assert folder.look() == [False, True]
    assert folder.reloader.fault is None
    assert terms(folder.applied[-1]) == [["量子通信"]]


def test_a_fault_in_a_file_that_only_the_broken_configuration_names_is_seen_mended(folder, tmp_path):
    """The old configuration never read that file, yet its change must be noticed."""
    (tmp_path / "more").mkdir()
    folder.write(tmp_path / "more" / "a.yaml", "watchlists: [")
    folder.write(folder.main, GOOD.replace("[lists/*.yaml]", "[lists/*.yaml, more/*.yaml]"))
    folder.look()
    assert "a.yaml" in folder.told[0]
    folder.write(tmp_path / "more" / "a.yaml", LIST.replace("量子科技", "氢能"))
    assert folder.look() == [False, True]


def test_a_secret_in_a_file_is_read_again(folder, tmp_path):
    folder.write(tmp_path / "token", "one")
    folder.write(folder.main, GOOD.replace('"a@example.org"', '"${file:token}@example.org"'))
    folder.look()
    folder.write(tmp_path / "token", "two")
    assert folder.look() == [False, True]
    assert folder.applied[-1].mail.sender == "two@example.org"


def test_a_file_that_changes_while_it_is_read_is_read_again(folder):
    original = folder._load

    def load_and_change():
        loaded = original()
        folder.write(folder.list, LIST.replace("[量子科技]", "[量子测量]"))
        return loaded

    folder.reloader._load = load_and_change
    folder.write(folder.list, LIST.replace("[量子科技]", "[量子计算]"))
    folder.look()
    folder.reloader._load = original
    folder.look()
    assert terms(folder.applied[-1]) == [["量子测量"]]


class Thing:
    def __init__(self, name):
        self.name = name
        self.closed = 0


def test_what_is_in_use_is_closed_by_its_last_user_and_never_twice():
    async def go():
        async def close(thing):
            thing.closed += 1

        first, second = Thing("first"), Thing("second")
        generations = Generations(first, close)
        async with generations.using() as one:
            async with generations.using() as other:
                await generations.swap(second)
                assert one is other is first
                assert generations.current is second
                async with generations.using() as new:
                    assert new is second
            assert first.closed == 0
        assert first.closed == 1
        await generations.swap(Thing("third"))
        assert second.closed == 1
        await generations.close()
        assert (first.closed, second.closed, generations.current.closed) == (1, 1, 1)

    asyncio.run(go())

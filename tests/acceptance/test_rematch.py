"""An edited watch-list and the archive of a real service: noticed while it runs and at a start, whole after kill -9."""

from __future__ import annotations

import sqlite3

import pytest

from world import World, article


@pytest.fixture
def world(tmp_path):
    with World(tmp_path, at="0 0 1 1 *") as made:
        for number in range(3):
            made.sites.list_site.add(
                article(f"r{number}", f"示例专项 {number}", text=f"第{number}项：研制光量子芯片，为期三年。")
            )
        yield made


def edit(world) -> None:
    text = world.path.read_text(encoding="utf-8")
    world.path.write_text(text.replace("any: [量子科技, 量子计算]", "any: [量子科技, 光量子]"), encoding="utf-8")


def asked(world, statement: str):
    with sqlite3.connect(world.folder / "state" / "policywatch.sqlite") as db:
        return db.execute(statement).fetchall()


def first_start(world):
    """The service knows the list as it was before the edit."""
    assert world.command("poll", "list").returncode == 0
    running = world.start()
    running.wait_for_line('"event": "applied to the archive"', '"gained": 0')
    return running


@pytest.mark.timeout(180)
def test_an_edit_is_applied_while_the_service_runs_and_nothing_is_mailed(world):
    running = first_start(world)
    edit(world)
    running.wait_for_line('"event": "applied to the archive"', '"gained": 3')
    assert running.stop()[0] == 0
    assert asked(world, "SELECT count(*) FROM hit") == [(3,)]
    assert asked(world, "SELECT gained, lost FROM watchlist_state") == [(3, 0)]
    assert asked(world, "SELECT count(*) FROM due") == [(0,)]


@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    ("point", "is_done"),
    [
        ("after:policywatch.store.rematch:notice", False),
        ("after:policywatch.store.rematch:advance", False),
        ("before:policywatch.store.rematch:finish", False),
        ("after:policywatch.pipeline.rematch:Rematcher.notice", False),
        ("after:policywatch.pipeline.rematch:Rematcher._part", True),
    ],
)
def test_a_service_that_was_killed_in_the_middle_has_applied_an_edit_once_after_the_next_start(world, point, is_done):
    assert first_start(world).stop()[0] == 0
    edit(world)
    world.start(killer=point).wait_killed()
    if not is_done:
        running = world.start()
        running.wait_for_line('"event": "applied to the archive"', '"gained": 3')
        assert running.stop()[0] == 0
    assert asked(world, "SELECT count(*) FROM hit") == [(3,)]
    assert asked(world, "SELECT gained, lost, looked FROM watchlist_state WHERE position IS NULL") == [(3, 0, 3)]

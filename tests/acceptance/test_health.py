"""A source that breaks, from its page to the operator's mail, in processes of their own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from policywatch import bootstrap, serving
from policywatch.sources.base import SourceSpec
from policywatch.store import sources
from policywatch.store.db import Database
from world import World, article


@pytest.fixture
def world(tmp_path):
    with World(tmp_path) as made:
        made.sites.list_site.articles.append(article("a"))
        yield made


def test_042_a_selector_that_no_longer_matches_reaches_the_operator_once_by_mail(world):
    text = world.path.read_text(encoding="utf-8") + "operator: op@example.org\n"
    world.path.write_text(text, encoding="utf-8")
    assert world.command("poll", "list").returncode == 0
    world.sites.list_site.articles.clear()  # the page stays, its list is gone
    for _ in range(3):
        done = world.command("poll", "list")
        assert done.returncode == 1
        assert "nothing on the page matches" in done.stderr
    assert world.command("deliver").returncode == 0
    world.inbox.wait_for(1)
    (mail,) = [one for one in world.inbox.parsed() if one["To"] == "op@example.org"]
    assert "有来源需要留意" in mail["Subject"]
    assert "示例部" in mail.get_body(("plain",)).get_content()


def specs(count: int, **more: object) -> tuple[SourceSpec, ...]:
    return tuple(
        SourceSpec(id=f"s{number:04}", kind="feed", url=f"https://{number}.example/", **more) for number in range(count)
    )


def first_polls(db, plan, monkeypatch, now):
    monkeypatch.setattr(bootstrap, "now", lambda: now)
    db.write_now(serving._known, plan)
    return sorted(one.next_poll_at for one in db.read_now(sources.statuses))


def test_017_the_service_spreads_the_first_polls_of_a_thousand_feeds_and_a_restart_moves_none(
    tmp_path, monkeypatch, world
):
    now = datetime(2026, 11, 23, tzinfo=UTC)
    plan = bootstrap.plan_of(bootstrap.load(world.path))
    db = Database.open(tmp_path / "many.sqlite")
    try:
        many = first_polls(db, serving.replace(plan, sources=specs(1_000)), monkeypatch, now)
        assert len(set(many)) == 1_000
        assert now <= many[0] <= many[-1] < now + timedelta(hours=1)
        later = now + timedelta(minutes=20)
        again = first_polls(db, serving.replace(plan, sources=specs(1_000)), monkeypatch, later)
        due = sum(at <= later for at in many)
        assert set(many[due:]) <= set(again)
        # What was due when it stopped is due within an hour of the restart.
        assert again[-1] < later + timedelta(hours=1)
    finally:
        db.close()
    db = Database.open(tmp_path / "lively.sqlite")
    try:
        lively = first_polls(db, serving.replace(plan, sources=specs(200, every="2m")), monkeypatch, now)
        assert len(set(lively)) == 200
        assert lively[-1] < now + timedelta(minutes=2)
    finally:
        db.close()
    db = Database.open(tmp_path / "few.sqlite")
    try:
        assert set(first_polls(db, serving.replace(plan, sources=specs(60)), monkeypatch, now)) == {now}
    finally:
        db.close()

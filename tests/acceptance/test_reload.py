"""Editing the configuration of a running service."""

from __future__ import annotations

import re
import sqlite3

import pytest

from world import World, article, get


@pytest.fixture
def world(tmp_path):
    with World(tmp_path) as made:
        yield made


@pytest.mark.timeout(180)
def test_123_an_edit_takes_effect_and_a_broken_one_is_told_and_changes_nothing(world):
    """New list and subscription work at once; a fault is in the log, on the page and in one mail; history stays."""
    good = world.path.read_text() + "operator: boss@example.org\nlanguage: en\n"
    world.path.write_text(good)
    world.sites.list_site.add(article("r1", "量子科技专项启动 r1"))
    running = world.start()
    base = running.web()
    running.wait_for_line('"action": "poll"', '"source": "feed"')

    # Broken: the old one goes on.
    world.path.write_text(good.replace("watchlists: [量子科技]", "watchlists: [量子]"))
    fault = running.wait_for_line('"action": "reload"', "not taken over")
    place = re.search(r"policywatch\.yaml:\d+:\d+: subscriptions\[all\]", fault)
    assert place, fault
    world.inbox.wait_for(1, 30)
    page = get(f"{base}/?lang=en")[2].decode()
    assert "A change of the configuration did not take effect" in page
    assert place[0] in page
    assert get(f"{base}/healthz")[0] == 200

    # Broken in another way on the same day: in the log, but no second mail.
    world.path.write_text(good + "lnguage: en\n")
    running.wait_for_line("not taken over", "lnguage")

    # Mended, with a new list, a new subscription, and without the feed.
    lines = [line for line in good.splitlines() if "id: feed" not in line]
    mended = (
        "\n".join(lines).replace("watchlists:\n", "watchlists:\n  - {name: 专项, any: [专项办公室]}\n", 1)
        + '\n  - {id: more, to: [more@example.org], watchlists: [专项], digest: {at: "0 0 1 1 *"}, alert: {min_score: 1}}\n'
        + "searches:\n  - {id: found, query: 别的新闻}\n"
    )
    mended = mended.replace("operator: boss@example.org\nlanguage: en", "")
    world.path.write_text("operator: boss@example.org\nlanguage: en\n" + mended)
    running.wait_for_line('"event": "taken over"')
    page = get(f"{base}/?lang=en")[2].decode()
    assert "did not take effect" not in page
    assert "示例产业网" not in page
    assert get(f"{base}/feeds/watchlist/%E4%B8%93%E9%A1%B9.atom")[0] == 200
    assert get(f"{base}/feeds/search/found.atom")[0] == 200
    world.sites.list_site.add(article("r2", "别的新闻 r2"))
    running.wait_for_line('"action": "digest"', '"subscription": "more"', '"stories": 1', seconds=90)
    assert running.stop()[0] == 0

    notices = [mail for mail in world.inbox.parsed() if mail["To"] == "boss@example.org"]
    assert len(notices) == 1
    assert notices[0]["Subject"] == "policywatch: A change of the configuration did not take effect"
    assert place[0] in notices[0].get_body(("plain",)).get_content()
    assert place[0] in notices[0].get_body(("html",)).get_content()
    with sqlite3.connect(world.folder / "state" / "policywatch.sqlite") as db:
        assert db.execute(
            "SELECT count(*) FROM source WHERE id = 'feed' AND last_success_at IS NOT NULL"
        ).fetchone() == (1,)

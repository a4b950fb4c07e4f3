"""Sources that break, fall silent or repeat themselves: told once, and once when they are well again."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

import webs
from pipeline.polling import START, Polling, Web, column, feed, listing, page, rss, status
from policywatch.digests.status import StatusView
from policywatch.store import runs, sources

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OPERATOR = "op@example.org"


def run(coroutine):
    return asyncio.run(coroutine)


def at(polling, spec, answer, times: int = 1, step: timedelta = HOUR) -> list[str]:
    """Polls with this answer, as often; gives the notices that it made."""
    polling.web.answers[spec.url] = answer
    for _ in range(times):
        run(polling.poll(spec.id))
        polling.tell()
        polling.now += step
    return polling.mails()


def test_042_a_selector_that_matched_and_no_longer_does_is_told_once_and_nothing_is_gone(tmp_path):
    spec = column()
    with Polling(tmp_path, Web(), spec, operator=OPERATOR) as polling:
        assert at(polling, spec, listing("一号文件", "二号文件")) == []
        (mail,) = at(polling, spec, "<div class=new><a href=/x>new layout</a></div>", 5)
        assert "Sources need your attention" in mail
        assert "column: it answers, but the articles are no longer found on it" in mail
        assert "ul.l li" in mail
        assert "https://column.example/list/" in mail
        assert polling.source("column").articles == 2
        (well,) = at(polling, spec, listing("一号文件", "二号文件"), 3)
        assert "column: it is read again" in well
        assert "well again" in well


def test_a_selector_that_never_matched_is_an_error_and_no_alarm(tmp_path):
    spec = column()
    with Polling(tmp_path, Web(), spec, operator=OPERATOR) as polling:
        assert at(polling, spec, "<p>nothing</p>", 5) == []


def test_041_a_challenge_page_now_and_then_alarms_nobody_and_one_that_stays_does(tmp_path):
    spec = feed()
    challenge = "<html><title>Just a moment</title></html>"
    with Polling(tmp_path, Web(), spec, operator=OPERATOR) as polling:
        at(polling, spec, rss("一"))
        assert at(polling, spec, challenge, 2) == []
        assert at(polling, spec, rss("一", "二")) == []
        assert len(at(polling, spec, challenge, 6)) == 1
        assert polling.source().articles == 2


def lively(polling, spec, days: int) -> None:
    for number in range(days):
        assert at(polling, spec, rss(*(f"n{one}" for one in range(number + 1))), step=DAY) == []


def test_a_source_that_falls_silent_is_told_once_and_stands_in_footer_and_status(tmp_path):
    spec = feed()
    with Polling(tmp_path, Web(), spec, operator=OPERATOR) as polling:
        lively(polling, spec, 12)
        last = polling.source()
        assert (last.gap, last.items_seen, last.items_dated) == (DAY, 12, 0)
        same = polling.web.answers[spec.url]
        assert at(polling, spec, same, 10, DAY) == []
        (mail,) = at(polling, spec, same, 20, DAY)
        assert "feed: nothing new since 4 Dec" in mail
        coverage = polling.db.read_now(runs.coverage, START)
        assert [(one.name, f"{one.since:%Y-%m-%d}") for one in coverage.sources_silent] == [("feed", "2026-12-04")]
        assert coverage.sources_failed == ()
        view = StatusView(polling.now, polling.plan.zone, polling.db.read_now(sources.statuses))
        shown = webs.today(view, "en")
        assert "1 source answers and brings nothing new" in shown
        assert "silent" in shown
        (well,) = at(polling, spec, rss("something new"), 2)
        assert "it is read again" in well
        assert polling.db.read_now(runs.coverage, START).sources_silent == ()


def test_a_source_that_repeats_one_article_for_ever_is_told_once(tmp_path):
    spec = feed()
    with Polling(tmp_path, Web(), spec, operator=OPERATOR) as polling:
        at(polling, spec, rss("一"))
        mails = []
        for number in range(12):
            repeated = rss("同一篇").replace("同一篇</guid>", f"{number}</guid>")
            mails += at(polling, spec, repeated)
        (mail,) = mails
        assert "again and again" in mail
        assert polling.db.read_now(runs.coverage, START).sources_silent[0].name == "feed"


def test_many_changes_of_one_round_are_one_mail(tmp_path):
    specs = [column(f"c{rank}") for rank in range(8)]
    with Polling(tmp_path, Web(), *specs, operator=OPERATOR) as polling:
        for spec in specs:
            polling.web.answers[spec.url] = listing(f"{spec.id}号文件")
        run(polling.poll())
        for spec in specs:
            polling.web.answers[spec.url] = "<p>moved</p>"
        polling.now += HOUR
        run(polling.poll())
        assert polling.tell() == 8
        (mail,) = polling.mails()
        assert all(f"{spec.id}: it answers" in mail for spec in specs)


def test_a_source_that_is_in_and_out_of_trouble_is_told_of_once_a_day(tmp_path):
    spec = column()
    with Polling(tmp_path, Web(), spec, operator=OPERATOR) as polling:
        at(polling, spec, listing("一号文件"))
        mails = []
        for _ in range(12):
            mails += at(polling, spec, "<p>broken</p>")
            mails += at(polling, spec, listing("一号文件"))
        assert len(mails) == 2
        assert [polling.source("column").trouble, polling.tell()] == ["", 0]


def test_a_change_of_the_configuration_is_well_only_when_it_was_read(tmp_path):
    spec = column()
    with Polling(tmp_path, Web(), spec, operator=OPERATOR) as polling:
        at(polling, spec, listing("一号文件"))
        assert len(at(polling, spec, "<p class=n><a href=/1.html>一号文件的新标题</a></p>")) == 1
        mended = column(options={"item": "p.n"})
        polling.configure(mended)
        assert (polling.tell(), polling.source("column").trouble) == (0, "")
        (well,) = at(polling, mended, polling.web.answers[spec.url])
        assert "read again" in well


def test_without_an_operator_nobody_is_told_and_the_trouble_waits_for_one(tmp_path):
    spec = column()
    with Polling(tmp_path, Web(), spec) as polling:
        assert at(polling, spec, listing("一号文件")) == at(polling, spec, "<p>broken</p>") == []
        assert polling.source("column").trouble == "broken"
    with Polling(tmp_path, Web(), spec, operator=OPERATOR) as polling:
        polling.now += DAY
        assert (polling.tell(), len(polling.mails())) == (1, 1)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_trouble_has_words_in_both_languages(tmp_path, language):
    spec = feed(every="1h")
    with Polling(tmp_path, Web(), spec, operator=OPERATOR) as polling:
        words = polling.renderer.catalogue(language)
        for trouble in ("broken", "silent", "stuck", "gone", "blocked", "unreachable"):
            assert words.text(f"trouble.{trouble}", since="x", error="y")
            assert words.text(f"status.trouble.{trouble}")
        at(polling, spec, rss("一"))
        (mail,) = at(polling, spec, status(403), 3)
        assert "refuses to be read" in mail


def test_the_page_of_sources_shows_where_a_moved_source_is_asked(tmp_path):
    spec = feed(every="12h")
    new = "https://new.example/feed"
    with Polling(tmp_path, Web(), spec) as polling:
        polling.web.answers |= {spec.url: page(spec.url, rss("一"), moved_to=new), new: rss("一")}
        run(polling.run(5 * DAY, HOUR))
        view = StatusView(polling.now, polling.plan.zone, polling.db.read_now(sources.statuses))
        assert f"asked at its new address {new}" in webs.sources(view, "en")
        assert "All is well" in webs.today(view, "en")

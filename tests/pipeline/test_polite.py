"""How often and with what sources are asked, over simulated hours and days."""

from __future__ import annotations

import asyncio
import itertools
import statistics
from collections import Counter
from datetime import timedelta

import pytest

from edges.fetch_origin import Origin, answer, options, serving
from pipeline.polling import START, Polling, Web, column, down, feed, listing, page, rss, status
from policywatch.fetch.client import Client
from policywatch.model import Page, Trouble, Validators
from policywatch.store import articles

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def run(coroutine):
    return asyncio.run(coroutine)


class Server:
    """Answers as its attributes say; notes the conditions of each request."""

    def __init__(self) -> None:
        self.body = rss("一").encode()
        self.headers = 'ETag: "a"\nLast-Modified: Mon, 23 Nov 2026 08:00:00 GMT'
        self.status = 200

    async def __call__(self, origin: Origin, _writer: asyncio.StreamWriter) -> bytes:
        conditional = origin.header("if-none-match") or origin.header("if-modified-since")
        if conditional and self.status == 304:
            head = "".join(f"{line}\r\n" for line in self.headers.splitlines())
            return f"HTTP/1.1 304 Not Modified\r\n{head}\r\n".encode()
        return answer(200, self.body, self.headers)


def served(tmp_path, scenario, **more):
    """Runs a scenario with a feed on a real server: (server, origin, polling)."""

    async def work() -> None:
        server = Server()
        async with serving(server) as origin, Client(options(origin)) as client:
            with Polling(tmp_path, client, feed(url=f"{origin.base}/feed", **more)) as polling:
                await scenario(server, origin, polling)

    run(work())


def test_001_a_feed_is_asked_once_without_conditions_and_then_only_with_them(tmp_path):
    async def scenario(server: Server, origin: Origin, polling: Polling) -> None:
        await polling.poll()
        server.status = 304
        await polling.run(DAY)
        conditions = [bool(origin.header("if-none-match", number)) for number in range(len(origin.requests))]
        assert conditions == [False, *[True] * (len(conditions) - 1)]
        assert len(conditions) >= 20

    served(tmp_path, scenario)


def test_003_a_new_etag_with_the_same_date_is_the_one_that_is_sent(tmp_path):
    async def scenario(server: Server, origin: Origin, polling: Polling) -> None:
        await polling.poll()
        server.body, server.headers = rss("一", "二").encode(), server.headers.replace('"a"', '"b"')
        await polling.poll("feed")
        await polling.poll("feed")
        assert origin.header("if-none-match") == [b'"b"']

    served(tmp_path, scenario)


@pytest.mark.parametrize("body", [rss("一"), rss()], ids=["the same items", "none"])
def test_004_new_validators_are_kept_also_when_the_body_is_the_same_or_holds_nothing_new(tmp_path, body):
    async def scenario(server: Server, origin: Origin, polling: Polling) -> None:
        await polling.poll()
        server.body, server.headers = body.encode(), 'ETag: "c"\nLast-Modified: Mon, 23 Nov 2026 09:00:00 GMT'
        polled = await polling.poll("feed")
        assert polled["feed"].new == 0
        await polling.poll("feed")
        assert origin.header("if-none-match") == [b'"c"']
        assert origin.header("if-modified-since") == [b"Mon, 23 Nov 2026 09:00:00 GMT"]

    served(tmp_path, scenario)


def test_005_a_304_may_bring_new_validators_and_what_it_does_not_name_stays(tmp_path):
    async def scenario(server: Server, origin: Origin, polling: Polling) -> None:
        await polling.poll()
        server.status, server.headers = 304, 'ETag: "d"'
        await polling.poll("feed")
        await polling.poll("feed")
        assert origin.header("if-none-match") == [b'"d"']
        assert origin.header("if-modified-since") == [b"Mon, 23 Nov 2026 08:00:00 GMT"]

    served(tmp_path, scenario)


def test_006_a_304_reads_nothing_and_counts_as_a_success(tmp_path):
    async def scenario(server: Server, _origin: Origin, polling: Polling) -> None:
        await polling.poll()
        server.status = 304
        polling.now += HOUR
        polled = await polling.poll()
        assert (polled["feed"].status, polling.sandbox.calls) == ("unchanged", 1)
        seen = polling.source()
        assert (seen.last_success_at, seen.failures, seen.articles) == (polling.now, 0, 1)
        assert seen.next_poll_at == polling.now + HOUR

    served(tmp_path, scenario)


def test_006_a_success_without_news_resets_the_failures(tmp_path):
    web = Web()
    spec = feed()
    with Polling(tmp_path, web, spec) as polling:
        web.answers[spec.url] = rss("一")
        run(polling.poll())
        web.answers[spec.url] = status(500)
        run(polling.poll("feed"))
        assert polling.source().failures == 1
        web.answers[spec.url] = Page(spec.url, 304, {}, b"", START)
        run(polling.poll("feed"))
        assert (polling.source().failures, polling.source().last_error) == (0, "")


def test_007_a_body_that_could_not_be_read_leaves_the_old_validators(tmp_path):
    async def scenario(server: Server, origin: Origin, polling: Polling) -> None:
        await polling.poll()
        server.body, server.headers = b"<html><title>log in</title></html>", 'ETag: "broken"'
        polled = await polling.poll("feed")
        assert polled["feed"].status == "error"
        await polling.poll("feed")
        assert origin.header("if-none-match") == [b'"a"']

    served(tmp_path, scenario)


@pytest.mark.parametrize("change", ["url", "user agent", "log-in", "nothing"])
def test_008_a_source_that_is_asked_otherwise_forgets_its_validators_once(tmp_path, change):
    async def scenario(_server: Server, origin: Origin, polling: Polling) -> None:
        await polling.poll()
        urls = {"url": f"{origin.base}/other", "log-in": origin.base.replace("//", "//user:pass@") + "/feed"}
        spec = feed(url=urls.get(change, f"{origin.base}/feed"))
        asked_as = "somebody" if change == "user agent" else ""
        polling.configure(spec, asked_as=asked_as)
        assert bool(await polling.poll()) == (change != "nothing"), "what changed is due at once"
        polling.now += 2 * HOUR
        polling.configure(spec, asked_as=asked_as)
        await polling.poll()
        conditions = [bool(origin.header("if-none-match", number)) for number in range(len(origin.requests))]
        assert conditions == ([False, True] if change == "nothing" else [False, False, True])

    served(tmp_path, scenario)


def gaps(moments):
    return [after - before for before, after in itertools.pairwise(moments)]


def test_009_a_feed_is_asked_as_rarely_as_its_answers_suggest_and_as_often_as_the_configuration_says(tmp_path):
    web = Web()
    slow, set_ = feed("slow"), feed("set", every="30m")
    for spec in (slow, set_):
        web.answers[spec.url] = page(spec.url, rss("一", head="<ttl>360</ttl>"), cache_control="max-age=7200")
    with Polling(tmp_path, web, slow, set_) as polling:
        run(polling.run(DAY))
    assert set(gaps(web.times(slow.url))) == {6 * HOUR}
    assert set(gaps(web.times(set_.url))) == {HOUR / 2}


@pytest.mark.parametrize("every", [None, "10m"])
def test_010_no_request_falls_into_the_hours_and_days_that_a_feed_skips(tmp_path, every):
    skipped = "<skipHours>" + "".join(f"<hour>{hour}</hour>" for hour in range(9, 20)) + "</skipHours>"
    web, spec = Web(), feed(**({"every": every} if every else {}))
    web.answers[spec.url] = rss("一", head=skipped + "<skipDays><day>Wednesday</day></skipDays>")
    with Polling(tmp_path, web, spec) as polling:
        run(polling.run(4 * DAY))
        polling.configure(spec)
    moments = web.times(spec.url)
    assert [at for at in moments if 9 <= at.hour < 20 or at.weekday() == 2] == []
    assert {at.hour for at in moments} == set(range(9)) | set(range(20, 24))


def test_010_a_failing_feed_is_left_alone_in_those_hours_too(tmp_path):
    web, spec = Web(), feed(every="10m")
    web.answers[spec.url] = rss("一", head="<skipHours><hour>1</hour><hour>2</hour></skipHours>")
    with Polling(tmp_path, web, spec) as polling:
        run(polling.poll())
        web.answers[spec.url] = status(500)
        run(polling.run(DAY))
    assert [at for at in web.times(spec.url) if at.hour in {1, 2}] == []


def test_010_a_feed_that_skips_every_hour_is_asked_once_a_day(tmp_path):
    every_hour = "<skipHours>" + "".join(f"<hour>{hour}</hour>" for hour in range(24)) + "</skipHours>"
    web, spec = Web(), feed(every="10m")
    web.answers[spec.url] = rss("一", head=every_hour)
    with Polling(tmp_path, web, spec) as polling:
        run(polling.run(5 * DAY, HOUR))
    assert set(gaps(web.times(spec.url))) == {DAY}


def test_011_a_restart_every_ten_minutes_asks_nobody_more_often(tmp_path):
    web = Web()
    specs = (feed("a", every="1h"), feed("b"), column())
    for spec in specs[:2]:
        web.answers[spec.url] = rss("一")
    web.answers[specs[2].url] = listing("一")
    for hours in range(24 * 6):
        with Polling(tmp_path, web, *specs) as polling:
            polling.now = START + hours * timedelta(minutes=10)
            run(polling.poll())
    for spec in specs:
        assert len(web.times(spec.url)) >= 16
        assert min(gaps(web.times(spec.url))) >= HOUR
    assert len(web.times("https://column.example/robots.txt")) == 0, "it is not there, and that is remembered"


@pytest.mark.parametrize("number", [429, 503])
def test_012_no_request_goes_out_before_the_moment_that_the_server_named(tmp_path, number):
    web, spec = Web(), feed(every="5m")
    until = START + 9 * HOUR
    web.answers[spec.url] = lambda at: status(number, until) if at < until else rss("一")
    with Polling(tmp_path, web, spec) as polling:
        run(polling.run(12 * HOUR, timedelta(minutes=1)))
    assert web.times(spec.url)[:2] == [START, until]


def test_013_a_429_holds_for_all_twenty_feeds_of_its_host_and_a_503_for_one(tmp_path):
    for number, asked in ((429, 1), (503, 20)):
        web = Web()
        specs = [feed(f"f{rank:02}", url=f"https://one.example/{rank}", every="10m") for rank in range(20)]
        other = feed("other", every="10m")
        for spec in (*specs, other):
            web.answers[spec.url] = rss("一")
        folder = tmp_path / str(number)
        folder.mkdir()
        with Polling(folder, web, *specs, other) as polling:
            run(polling.poll())
            web.answers[specs[0].url] = status(number, START + 5 * HOUR)
            run(polling.poll("f00"))
            web.asked.clear()
            polling.configure(*specs, other)  # the host's wish outlives a restart
            polling.now += HOUR
            run(polling.poll())
            assert len({url for _, url in web.asked if "one.example" in url}) == asked - 1
            assert web.times(other.url)
            polling.now = START + 5 * HOUR
            run(polling.poll())
            assert web.times(specs[0].url)


def test_013_a_source_that_waits_for_its_host_is_not_blamed(tmp_path):
    async def scenario(_server: Server, origin: Origin, polling: Polling) -> None:
        polling.web._politeness.block("127.0.0.1", START + 1000 * DAY)
        polled = await polling.poll()
        assert polled["feed"].status == "postponed"
        assert (polling.source().failures, polling.source().trouble) == (0, "")
        assert polling.source().next_poll_at == START + 1000 * DAY
        assert origin.requests == []

    served(tmp_path, scenario)


@pytest.mark.parametrize("every", ["5m", "1h", "2h"])
def test_014_a_week_of_failures_is_twenty_requests_and_one_success_ends_it(tmp_path, every):
    web, spec = Web(), feed(every=every)
    web.answers[spec.url] = status(500)
    with Polling(tmp_path, web, spec) as polling:
        run(polling.run(7 * DAY))
        assert 7 <= len(web.asked) <= 20
        assert max(gaps(web.times(spec.url))) <= DAY + timedelta(minutes=5)
        web.answers[spec.url] = rss("一")
        run(polling.run(DAY))
        assert polling.source().failures == 0
        assert polling.source().next_poll_at - polling.source().last_poll_at == spec.every


NEW = "https://new.example/feed"


def moved_polling(tmp_path, web, spec):
    web.answers[spec.url] = page(spec.url, rss("一"), moved_to=NEW)
    web.answers[NEW] = rss("一", "二")
    return Polling(tmp_path, web, spec)


def test_015_a_permanent_redirect_is_remembered_after_days_and_shown_and_the_source_goes_on(tmp_path):
    web, spec = Web(), feed(every="12h")
    with moved_polling(tmp_path, web, spec) as polling:
        run(polling.run(3 * DAY - HOUR))
        assert (polling.source().moved_to, web.times(NEW)) == ("", [])
        run(polling.run(DAY))
        assert polling.source().moved_to == NEW
        assert web.times(NEW)
        asked = len(web.times(spec.url))
        run(polling.run(DAY))
        assert len(web.times(spec.url)) == asked
        polling.configure(spec)
        run(polling.run(DAY))
        assert (polling.source().moved_to, len(web.times(spec.url))) == (NEW, asked)
        polling.configure(feed(url="https://third.example/feed"))
        assert polling.source().moved_to == "", "another address in the configuration is what counts"


def test_015_a_new_address_that_fails_is_left_for_the_old_one(tmp_path):
    web, spec = Web(), feed(every="12h")
    with moved_polling(tmp_path, web, spec) as polling:
        run(polling.run(4 * DAY))
        web.answers[NEW] = status(404)
        web.answers[spec.url] = rss("一", "三")
        run(polling.run(10 * DAY, HOUR))
        assert (polling.source().moved_to, polling.source().failures) == ("", 0)


@pytest.mark.parametrize("body", ["<html><title>Welcome</title><a href=/>log in</a></html>", listing("一", "二")])
def test_015_a_portal_that_redirects_everything_to_one_page_changes_nothing(tmp_path, body):
    web = Web()
    specs = [feed(f"f{rank}", every="6h") for rank in range(5)] + [column(f"c{rank}", every="6h") for rank in range(5)]
    portal = "https://portal.example/"
    for spec in specs:
        web.answers[spec.url] = page(spec.url, body, moved_to=portal)
    with Polling(tmp_path, web, *specs) as polling:
        run(polling.run(9 * DAY, HOUR))
        assert [polling.source(spec.id).moved_to for spec in specs] == [""] * 10
        assert web.times(portal) == []


def test_015_a_redirect_with_a_secret_in_it_is_followed_and_not_remembered(tmp_path):
    web, spec = Web(), feed(url="https://a.example/feed?token=s3cret", every="12h")
    web.answers[spec.url] = page(spec.url, rss("一"), moved_to="https://b.example/feed?token=s3cret")
    with Polling(tmp_path, web, spec) as polling:
        run(polling.run(6 * DAY))
        assert polling.source().moved_to == ""
    assert b"s3cret" not in b"".join(path.read_bytes() for path in tmp_path.glob("policywatch.sqlite*"))


def test_016_a_second_410_after_a_day_ends_polling_and_the_operator_is_told_once(tmp_path):
    web, spec = Web(), feed(every="1h")
    with Polling(tmp_path, web, spec, operator="op@example.org") as polling:
        web.answers[spec.url] = rss("一")
        run(polling.poll())
        web.answers[spec.url] = status(410)
        polling.now += HOUR
        told = []
        run(polling.run(10 * DAY, HOUR, each=lambda: told.append(polling.tell())))
        assert gaps(web.times(spec.url)) == [HOUR, DAY]
        assert sum(told) == 1
        (mail,) = polling.mails()
        assert "gone for good" in mail
        assert (polling.source().trouble, polling.source().next_poll_at) == (Trouble.GONE, None)
        # By hand, or with another address, it is asked again.
        web.answers[spec.url] = rss("一", "二")
        run(polling.poll("feed"))
        assert (polling.source().trouble, polling.tell()) == ("", 1)


@pytest.mark.parametrize("number", [403, 404])
def test_016_other_refusals_only_slow_polling_down(tmp_path, number):
    web, spec = Web(), feed(every="1h")
    web.answers[spec.url] = status(number)
    with Polling(tmp_path, web, spec) as polling:
        run(polling.run(10 * DAY, HOUR))
    assert len(web.asked) >= 10


def test_016_a_410_between_answers_ends_nothing(tmp_path):
    web, spec = Web(), feed(every="12h")
    answers = iter([rss("一"), status(410), rss("一", "二"), status(410)] * 20)
    web.answers[spec.url] = lambda _at: next(answers)
    with Polling(tmp_path, web, spec) as polling:
        run(polling.run(10 * DAY, HOUR))
        assert polling.source().trouble == ""


def test_117_an_outage_of_the_network_punishes_nobody_and_is_told_once(tmp_path):
    web = Web()
    specs = [feed(f"f{rank:02}", every="20m") for rank in range(30)]
    broken = [feed(f"b{rank}", every="20m") for rank in range(5)]
    begin, end = START + 3 * HOUR, START + 3.5 * HOUR

    def answered(at):
        return down("connection" if at.minute % 2 else "timeout") if begin <= at < end else rss("一")

    for spec in specs:
        web.answers[spec.url] = answered
    for spec in broken:
        web.answers[spec.url] = down("timeout")
    with Polling(tmp_path, web, *specs, *broken, operator="op@example.org") as polling:
        run(polling.run(3 * HOUR, timedelta(minutes=1), each=polling.tell))
        polling.mails()
        seen = []
        run(
            polling.run(
                HOUR / 2,
                timedelta(minutes=1),
                each=lambda: (polling.tell(), seen.append(polling.poller.network.is_down)),
            )
        )
        assert seen.count(True) >= 20
        assert {polling.source(spec.id).failures for spec in specs} == {0}
        assert {polling.source(spec.id).trouble for spec in specs} == {""}
        (mail,) = polling.mails()
        assert "network seems to be down" in mail
        run(polling.run(2 * HOUR / 3, timedelta(minutes=1), each=polling.tell))
        assert not polling.poller.network.is_down
        assert all(polling.source(spec.id).last_success_at >= end for spec in specs), "normal within two intervals"
        assert polling.mails() == []


def test_117_the_articles_of_an_outage_are_read_when_it_is_over(tmp_path):
    web = Web()
    specs = [feed(f"f{rank}", every="20m", options={"full_text": "always"}) for rank in range(5)]
    for spec in specs:
        web.answers[spec.url] = rss("一")
    long = "<title>一</title><h1>一</h1><div id=zoom><p>" + "量子科技专项启动，支持量子计算的研究。" * 20 + "</p></div>"
    with Polling(tmp_path, web, *specs) as polling:
        run(polling.poll())
        web.answers = {spec.url: down() for spec in specs} | {"https://a.example/一": down()}
        web.answers["https://a.example/robots.txt"] = ""
        polling.now += HOUR / 2
        read = 0
        for _ in range(36):
            run(polling.poll())
            read += run(polling.texts.read_due()).read
            polling.now += timedelta(minutes=5)
        assert polling.poller.network.is_down
        assert read == 0
        web.answers = {spec.url: rss("一") for spec in specs} | {"https://a.example/一": long}
        assert run(polling.texts.read_due()).read == 5


def test_117_sources_that_fail_one_by_one_are_no_outage(tmp_path):
    web = Web()
    specs = [feed(f"f{rank:02}", every="20m") for rank in range(20)]
    for rank, spec in enumerate(specs):
        web.answers[spec.url] = down() if rank % 2 else rss("一")
    with Polling(tmp_path, web, *specs) as polling:
        run(polling.run(3 * HOUR, each=lambda: polling.poller.network.is_down and pytest.fail("no outage")))
        assert Counter(polling.source(spec.id).failures > 0 for spec in specs) == {True: 10, False: 10}


def test_polls_without_news_share_their_statements(tmp_path):
    web = Web()
    specs = [feed(f"f{rank:03}") for rank in range(300)]
    for spec in specs:
        web.answers[spec.url] = page(spec.url, rss("一"), etag='"1"')
    with Polling(tmp_path, web, *specs) as polling:
        run(polling.poll())
        polling.now += HOUR
        before = polling.db.commits
        polled = run(polling.poll())
        assert Counter(one.status for one in polled.values()) == {"unchanged": 300}
        assert polling.db.commits - before <= 10
        assert web.requests[-1][1] == Validators('"1"', None)


def test_polls_with_news_share_their_statements_and_only_the_one_at_fault_fails(tmp_path, monkeypatch):
    web = Web()
    specs = [feed(f"f{rank:03}") for rank in range(100)]
    for spec in specs:
        web.answers[spec.url] = rss(f"{spec.id}-一", f"{spec.id}-二")
    add = articles.add

    def refusing(tx, entries):
        if any(entry.article.source == "f042" for entry in entries):
            raise RuntimeError("it cannot be kept")
        return add(tx, entries)

    with Polling(tmp_path, web, *specs) as polling:
        names = [spec.id for spec in specs]
        before = polling.db.commits
        polled = {one.source: one for one in run(polling.poller.poll_due(names))}
        assert Counter(one.new for one in polled.values()) == {2: 100}
        assert polling.db.commits - before <= 5
        monkeypatch.setattr(articles, "add", refusing)
        for spec in specs:
            web.answers[spec.url] = rss(f"{spec.id}-三")
        polling.now += HOUR
        polled = {one.source: one for one in run(polling.poller.poll_due(names))}
        assert {name for name, one in polled.items() if one.status != "ok"} == {"f042"}
        assert sum(one.new for one in polled.values()) == 99
        assert "cannot be kept" in polling.source("f042").last_error


@pytest.mark.parametrize("is_claimed", [False, True])
def test_091_a_source_keeps_its_beat_although_every_poll_comes_some_seconds_late(tmp_path, is_claimed):
    """Looks every 5 s that are never in time, and answers that take 100 ms: still once a minute."""
    web = Web()
    spec = feed(every="1m")
    web.answers[spec.url] = rss("一")

    async def work() -> None:
        while polling.now < START + HOUR:
            polling.now += timedelta(seconds=4.9)
            await (polling.poller.poll_claimed([spec.id]) if is_claimed else polling.poll())
            polling.now += timedelta(seconds=0.1)

    with Polling(tmp_path, web, spec) as polling:
        run(work())
    assert len(web.times(spec.url)) == 60
    assert statistics.fmean(gap.total_seconds() for gap in gaps(web.times(spec.url))) == pytest.approx(60, rel=0.01)

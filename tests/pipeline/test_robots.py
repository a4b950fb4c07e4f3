"""robots.txt is asked for and obeyed, for pages (test 18 of the catalogue)."""

from __future__ import annotations

import asyncio
import itertools
from datetime import timedelta

import pytest

from edges.fetch_origin import Origin, answer, options, serving
from pipeline.polling import START, Polling, Web, column, down, feed, listing, page, rss, status
from policywatch import errors
from policywatch.fetch.client import Client
from policywatch.model import Manner, Request
from policywatch.pipeline.robots import Robots

HOUR = timedelta(hours=1)
ROBOTS = "https://column.example/robots.txt"
LIST = "https://column.example/list/"


def run(coroutine):
    return asyncio.run(coroutine)


@pytest.fixture
def web():
    made = Web()
    made.answers[LIST] = listing("甲文章的标题")
    return made


def polled(tmp_path, web, spec):
    with Polling(tmp_path, web, spec) as polling:
        return run(polling.poll())[spec.id]


@pytest.mark.parametrize(
    ("rules", "is_allowed"),
    [
        ("User-agent: *\nDisallow: /", False),
        ("User-agent: *\nDisallow: /list", False),
        ("User-agent: *\nDisallow: /list/*", False),
        ("User-agent: *\nDisallow: /\nAllow: /list/", True),
        ("User-agent: *\nDisallow: /other/", True),
        ("User-agent: policywatch\nDisallow: /\n\nUser-agent: *\nDisallow:", False),
        ("User-agent: PolicyWatch\nDisallow: /", False),
        ("User-agent: otherbot\nDisallow: /", True),
        ("User-agent: *\nDisallow: /\n\nUser-agent: policywatch\nDisallow:", True),
        ("\ufeffUser-agent: *\r\nDisallow: /list/\r\n", False),
        ("", True),
        ("<html><body>404</body></html>", True),
        ("Disallow: /", True),
    ],
)
def test_018_a_list_page_is_read_only_where_robots_txt_allows_it(tmp_path, web, rules, is_allowed):
    web.answers[ROBOTS] = rules
    one = polled(tmp_path, web, column())
    assert bool(web.times(LIST)) == is_allowed
    assert (one.status == "ok") == is_allowed
    if not is_allowed:
        assert "robots.txt of column.example" in one.error
        assert "robots: ignore" in one.error


@pytest.mark.parametrize("number", [400, 401, 403, 404, 410, 451])
def test_018_without_a_robots_txt_everything_is_allowed(tmp_path, web, number):
    web.answers[ROBOTS] = status(number)
    assert polled(tmp_path, web, column()).status == "ok"


@pytest.mark.parametrize("number", [500, 502, 503, 521])
def test_018_while_the_server_cannot_say_nothing_is_allowed(tmp_path, web, number):
    web.answers[ROBOTS] = status(number)
    with Polling(tmp_path, web, column(every="1h")) as polling:
        one = run(polling.poll())["column"]
        assert (one.status, web.times(LIST)) == ("error", [])
        assert "could not say" in one.error
        web.answers[ROBOTS] = ""
        run(polling.run(2 * HOUR))
        assert web.times(ROBOTS)[1] - START >= HOUR
        assert web.times(LIST)


def test_018_without_any_answer_the_page_is_not_asked_for_either_and_nothing_is_remembered(tmp_path, web):
    web.answers[ROBOTS] = down("timeout")
    with Polling(tmp_path, web, column()) as polling:
        assert run(polling.poll())["column"].status == "error"
        web.answers[ROBOTS] = ""
        assert run(polling.poll("column"))["column"].status == "ok"


def test_018_robots_txt_is_asked_for_once_a_day_also_across_restarts(tmp_path, web):
    web.answers[ROBOTS] = "User-agent: *\nDisallow: /x"
    spec = column(every="1h")
    with Polling(tmp_path, web, spec, column("second", every="1h").model_copy(update={"url": LIST + "?2"})) as polling:
        web.answers[LIST + "?2"] = listing("乙文章的标题")
        for _ in range(3):
            run(polling.run(8 * HOUR))
            polling.configure(*polling.plan.sources)
        assert len(web.times(ROBOTS)) == 1
        run(polling.run(HOUR))
        assert web.times(ROBOTS) == [START, START + 24 * HOUR]


def test_018_a_changed_robots_txt_holds_after_a_day(tmp_path, web):
    web.answers[ROBOTS] = ""
    with Polling(tmp_path, web, column(every="1h")) as polling:
        run(polling.run(2 * HOUR))
        web.answers[ROBOTS] = "User-agent: *\nDisallow: /"
        run(polling.run(24 * HOUR))
        asked = len(web.times(LIST))
        run(polling.run(12 * HOUR))
        assert len(web.times(LIST)) == asked
        assert polling.source("column").trouble == "blocked"


def test_018_robots_txt_is_not_applied_to_a_feed_and_is_to_the_articles_it_names(tmp_path):
    web = Web()
    spec = feed(options={"full_text": "always"})
    web.answers |= {
        spec.url: rss("甲"),
        "https://feed.example/robots.txt": "User-agent: *\nDisallow: /",
        "https://a.example/robots.txt": "User-agent: *\nDisallow: /",
        "https://a.example/甲": "<title>甲</title><p>text</p>",
    }
    with Polling(tmp_path, web, spec) as polling:
        assert run(polling.poll())["feed"].status == "ok"
        assert run(polling.texts.read_due()).failed == 1
        assert web.times("https://a.example/甲") == []
        assert run(polling.texts.read_due()).failed == 0, "it was given up at once: matched on its title"


def test_018_robots_may_be_ignored_for_one_source(tmp_path, web):
    web.answers[ROBOTS] = "User-agent: *\nDisallow: /"
    assert polled(tmp_path, web, column(robots="ignore")).status == "ok"
    assert web.times(ROBOTS) == []


def test_018_the_crawl_delay_is_the_pause_between_requests_and_stretches_the_interval(tmp_path, web):
    web.answers[ROBOTS] = "User-agent: *\nCrawl-delay: 1800"
    with Polling(tmp_path, web, column(every="10m")) as polling:
        run(polling.run(3 * HOUR))
        moments = web.times(LIST)
        assert {after - before for before, after in itertools.pairwise(moments)} == {HOUR / 2}
        (asked,) = {request.manner for request, _ in web.requests if request.url == LIST}
        assert asked.pause == HOUR / 2


@pytest.mark.parametrize("delay", ["-5", "0", "soon", "nan"])
def test_018_a_crawl_delay_that_is_none_is_passed_over(web, delay):
    web.answers[ROBOTS] = f"User-agent: *\nCrawl-delay: {delay}"
    robots = Robots(None, web, lambda: START)
    assert run(robots.permitted(Request(LIST))).manner.pause is None


def test_018_robots_txt_goes_through_the_guarded_client_and_its_log_in_is_not_shown():
    async def scenario() -> None:
        async def reply(origin: Origin, _writer: asyncio.StreamWriter) -> bytes:
            return answer(200, b"User-agent: *\nDisallow: /no\nCrawl-delay: 0.05")

        async with serving(reply) as origin, Client(options(origin)) as client:
            robots = Robots(None, client, lambda: START)
            url = origin.base.replace("//", "//user:s3cret@")
            allowed = await asyncio.gather(*(robots.permitted(Request(f"{url}/{n}")) for n in range(20)))
            assert len(origin.requests) == 1
            assert origin.line() == b"GET /robots.txt HTTP/1.1"
            assert {one.manner for one in allowed} == {Manner(pause=timedelta(seconds=0.05))}
            with pytest.raises(errors.FetchError) as caught:
                await robots.permitted(Request(f"{url}/no"))
            assert caught.value.code == "robots"
            assert "s3cret" not in caught.value.what
        async with serving(reply) as inside, Client(options(inside, allow_private=[])) as client:
            with pytest.raises(errors.FetchError) as caught:
                await Robots(None, client, lambda: START).permitted(Request(inside.base))
            assert (caught.value.code, inside.connections) == ("refused_address", 0)

    run(scenario())


def test_018_a_preset_may_name_its_list_page_as_referer_and_nobody_else_does(tmp_path):
    web = Web()
    jpaas = column().model_copy(update={"kind": "jpaas", "options": {}})
    part = "https://column.example/api/read"
    web.answers |= {
        LIST: page(LIST, f"<div url='{part}' querydata=\"{{'webId':'1'}}\"></div>"),
        f"{part}?webId=1": '{"data": {"html": "<ul><li><a href=/a.html>某某文章的标题</a></li></ul>"}}',
    }
    with Polling(tmp_path, web, jpaas) as polling:
        run(polling.poll())
    headers = {request.url: dict(request.headers) for request, _ in web.requests}
    assert headers[LIST] == {}
    assert [own for url, own in headers.items() if url.startswith(part)] in ([{"Referer": LIST}], [])

"""What the client sends, follows and refuses."""

from __future__ import annotations

import asyncio
import pickle
import traceback
from datetime import UTC, datetime, timedelta

import pytest

from edges.fetch_origin import LOOPBACK, Origin, always, answer, failed, failure, fetch, options, serving
from policywatch import __version__, errors
from policywatch.fetch import client as client_module
from policywatch.fetch.client import Client
from policywatch.fetch.politeness import Politeness
from policywatch.fetch.resolver import Resolver
from policywatch.model import Request, Validators

VALIDATORS = [
    ('"plain"', "Mon, 23 Nov 2026 08:00:00 GMT"),
    ('W/"weak"', "Mon, 23 Nov 2026 08:00:00 +0000"),
    ("unquoted-5f3a", "2026-11-23T08:00:00Z"),
    ('"a,b", "c"', "Monday, 23-Nov-26 08:00:00 GMT"),
    ('"with space  twice"', "Mon Nov 23 08:00:00 2026"),
    ('w/"lower"', "Tue, 23 Nov 2041 08:00:00 GMT"),
    ('"' + "x" * 4094 + '"', "Thu, 01 Jan 1970 00:00:00 GMT"),
    ('"5f3a-gzip"', "Mon, 23 Nov 2026 16:00:00 CST"),
    ("'single'", "2026年11月23日"),
    ('"政策"', "0"),
    ('"tab\tinside"', "garbage"),
    ("*", "Mon, 23 Nov 2026 08:00:00"),
]


def run(coroutine):
    return asyncio.run(coroutine)


@pytest.mark.parametrize(("etag", "modified"), VALIDATORS)
def test_002_validators_go_back_byte_for_byte_and_a_304_is_an_unchanged_page(etag, modified):
    async def scenario() -> None:
        async def reply(origin: Origin, _writer: asyncio.StreamWriter) -> bytes:
            if origin.header("if-none-match"):
                return b"HTTP/1.1 304 Not Modified\r\n\r\n"
            return answer(200, b"news", f"ETag: {etag}\nLast-Modified: {modified}")

        async with serving(reply) as origin, Client(options(origin)) as client:
            first = await client.fetch(Request(origin.base))
            assert origin.header("if-none-match") == origin.header("if-modified-since") == []
            second = await client.fetch(Request(origin.base), first.validators)
            assert origin.header("if-none-match") == [etag.encode()]
            assert origin.header("if-modified-since") == [modified.encode()]
            assert (first.status, first.body, first.is_unchanged) == (200, b"news", False)
            assert (second.status, second.body, second.is_unchanged) == (304, b"", True)

    run(scenario())


def test_002_a_validator_that_cannot_be_sent_back_as_it_came_is_not_offered():
    async def scenario() -> None:
        data = b'HTTP/1.1 200 OK\r\nETag: "\xd5\xfe"\r\nX-Name: \xd5\xfe\r\nContent-Length: 0\r\n\r\n'
        async with serving(always(data)) as origin:
            page = await fetch(origin)
            assert page.validators == Validators(None, None)
            page.headers["x-name"].encode("utf-8")

    run(scenario())


def test_a_304_that_nobody_asked_for_is_a_bad_response():
    async def scenario() -> None:
        async with serving(always(b"HTTP/1.1 304 Not Modified\r\n\r\n")) as origin:
            error = await failed(origin)
            assert (error.code, error.status) == ("bad_response", 304)

    run(scenario())


def test_018_the_request_names_policywatch_and_asks_for_feeds_in_bounded_codings_without_cookies():
    async def scenario() -> None:
        data = answer(200, b"", "Set-Cookie: a=b\nSet-Cookie: c=d")
        async with serving(always(data)) as origin, Client(options(origin, contact="https://me.example")) as client:
            for _ in range(2):
                page = await client.fetch(Request(origin.base + "/feed?x=1"))
            assert page.headers["set-cookie"] == "a=b"
            assert origin.line() == b"GET /feed?x=1 HTTP/1.1"
            assert origin.header("user-agent") == [f"policywatch/{__version__} (+https://me.example)".encode()]
            assert origin.header("accept-encoding") == [b"gzip, deflate"]
            assert b"application/atom+xml" in origin.header("accept")[0]
            assert b"text/html" in origin.header("accept")[0]
            assert origin.header("cookie") == origin.header("referer") == []

    run(scenario())


def test_a_request_may_bring_its_own_headers_and_body():
    async def scenario() -> None:
        async with serving(always(answer(204))) as origin, Client(options(origin, user_agent="Mozilla/5.0")) as client:
            headers = (("accept", "application/json"), ("Referer", "http://a.example/"), ("Content-Type", "text/x"))
            page = await client.fetch(Request(origin.base, "POST", headers, b"period=1"))
            assert (page.status, page.body) == (204, b"")
            assert origin.requests[0].endswith(b"\r\n\r\nperiod=1")
            assert origin.header("accept") == [b"application/json"]
            assert origin.header("referer") == [b"http://a.example/"]
            assert origin.header("content-type") == [b"text/x"]
            assert origin.header("user-agent") == [b"Mozilla/5.0"]

    run(scenario())


@pytest.mark.parametrize(
    ("name", "value"),
    [("X", "a\r\nHost: b"), ("X\r\nY", "a"), ("Accept-Encoding", "br"), ("Host", "b"), ("X", "\x00"), ("", "a")],
)
def test_a_header_that_would_break_the_request_is_refused(name, value):
    async def scenario() -> None:
        async with serving(always(answer())) as origin, Client(options(origin)) as client:
            error = await failure(client, Request(origin.base, headers=((name, value),)))
            assert (error.code, error.permanent, origin.requests) == ("bad_url", True, [])

    run(scenario())


def test_the_credentials_of_a_url_are_sent_and_shown_nowhere():
    async def scenario() -> None:
        async with serving(always(answer(404))) as origin, Client(options(origin)) as client:
            error = await failure(client, f"http://user:s3cret@127.0.0.1:{origin.port}/x")
            assert origin.header("authorization") == [b"Basic dXNlcjpzM2NyZXQ="]
            assert error.url == f"http://***@127.0.0.1:{origin.port}/x"
            shown = repr(error) + str(error) + error.url + "".join(traceback.format_exception(error))
            assert "s3cret" not in shown

    run(scenario())


def test_024_redirects_are_followed_to_the_page_that_answers():
    async def scenario() -> None:
        async def reply(origin: Origin, _writer: asyncio.StreamWriter) -> bytes:
            hops = {b"/": "/b?x=1", b"/b?x=1": "c/d", b"/c/d": f"{origin.base}/%D5%FE#part", b"/%D5%FE": "//end"}
            path = origin.line().split()[1]
            if path == b"/%D5%FE":
                return answer(200, b"here")
            return answer(302, b"moved", f"Location: {hops[path]}\nSet-Cookie: a=b")

        async with serving(reply) as origin:
            page = await fetch(origin)
            assert page.url == origin.base + "/%D5%FE"
            assert page.body == b"here"
            assert origin.header("cookie") == []

    run(scenario())


def test_a_location_in_raw_bytes_is_followed_as_browsers_do():
    async def scenario() -> None:
        async def reply(origin: Origin, _writer: asyncio.StreamWriter) -> bytes:
            if origin.line().split()[1] == b"/":
                return b"HTTP/1.1 301 M\r\nLocation: /\xd5\xfe?k=\xe6\x94\xbf\r\nContent-Length: 0\r\n\r\n"
            return answer(200, b"here")

        async with serving(reply) as origin:
            assert (await fetch(origin)).body == b"here"
            assert origin.line() == b"GET /%D5%FE?k=%E6%94%BF HTTP/1.1"

    run(scenario())


@pytest.mark.parametrize(("location", "requests"), [("/", 1), ("/{n}", 6)])
def test_024_a_loop_ends_at_once_and_an_endless_chain_after_five_redirects(location, requests):
    async def scenario() -> None:
        async def reply(origin: Origin, _writer: asyncio.StreamWriter) -> bytes:
            target = location.format(n=len(origin.requests))
            return answer(302, b"", f"Location: {target}\nSet-Cookie: seen=1")

        async with serving(reply) as origin:
            error = await failed(origin)
            assert error.code == "too_many_redirects"
            assert len(origin.requests) == requests

    run(scenario())


@pytest.mark.parametrize(
    ("status", "method", "then"),
    [(301, "POST", "GET"), (302, "POST", "GET"), (303, "POST", "GET"), (307, "POST", "POST"), (308, "POST", "POST")],
)
def test_a_post_becomes_a_get_as_in_browsers(status, method, then):
    async def scenario() -> None:
        async def reply(origin: Origin, _writer: asyncio.StreamWriter) -> bytes:
            return answer(200) if origin.line().split()[1] == b"/end" else answer(status, b"", "Location: /end")

        async with serving(reply) as origin, Client(options(origin)) as client:
            await client.fetch(Request(origin.base, method, (("Content-Type", "text/x"),), b"body"))
            assert origin.line().split()[0] == then.encode()
            assert origin.requests[1].endswith(b"body") == (then == "POST")
            assert origin.header("content-type") == ([b"text/x"] if then == "POST" else [])

    run(scenario())


def test_a_redirect_to_another_site_does_not_see_what_was_meant_for_the_first():
    async def scenario() -> None:
        async with serving(always(answer(200)), host="127.0.0.3") as other:
            moved = always(answer(307, b"", f"Location: {other.base}/"))
            async with serving(moved, host="127.0.0.2") as first, Client(options(first, other)) as client:
                secret = (("Authorization", "Bearer x"), ("Cookie", "a=b"), ("X-Key", "k"), ("Accept", "text/x"))
                await client.fetch(Request(first.base, headers=secret))
                assert first.header("x-key") == [b"k"]
                assert other.header("accept") == [b"text/x"]
                for name in ("authorization", "cookie", "x-key"):
                    assert first.header(name)
                    assert other.header(name) == []

    run(scenario())


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://[::1]:{port}/",
        "http://0:{port}/",
        "http://2130706433:{port}/",
        "http://0x7f.1:{port}/",
        "http://127.1:{port}/",
        "http://localhost:{port}/",
        "http://localhost.:{port}/",
        "http://127.0.0.1.:{port}/",
        "http://user@127.0.0.1:{port}/",
        "//127.0.0.1:{port}/",
        "http://169.254.169.254/latest/",
        "http://10.0.0.1:{port}/",
        "http://127.0.0.2:22/",
    ],
)
def test_048_a_redirect_leads_to_no_private_address_and_no_other_port(status, target):
    async def scenario() -> None:
        async with serving(always(answer(200, b"inside"))) as internal:
            location = target.format(port=internal.port)
            moved = always(answer(status, b"", f"Location: {location}"))
            async with serving(moved, host="127.0.0.2") as origin:
                allowed = options(origin, internal, allow_private=["127.0.0.2"])
                async with Client(allowed) as client:
                    error = await failure(client, origin.base)
                assert error.code in {"refused_address", "bad_url"}
                assert not error.permanent
                assert internal.connections == 0
                assert len(origin.requests) == 1

    run(scenario())


def test_048_neither_meta_refresh_nor_a_refresh_header_is_followed():
    async def scenario() -> None:
        body = b'<meta http-equiv="refresh" content="0; url=/internal">'
        async with serving(always(answer(200, body, "Refresh: 0; url=/internal"))) as origin:
            assert (await fetch(origin)).body == body
            assert len(origin.requests) == 1

    run(scenario())


@pytest.mark.parametrize(
    "location",
    ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "data:text/html,x", "javascript:x", "http://[x/"],
)
def test_049_a_redirect_to_another_scheme_is_refused(location):
    async def scenario() -> None:
        async with serving(always(answer(302, b"", f"Location: {location}"))) as origin:
            error = await failed(origin)
            assert (error.code, error.permanent) == ("bad_url", False)
            assert "redirects" in error.what

    run(scenario())


def test_047_a_name_that_turns_private_between_two_fetches_is_not_followed_inside():
    async def scenario() -> None:
        answers = [["127.0.0.2"], ["127.0.0.1"], ["127.0.0.1", "127.0.0.2"]]

        async def lookup(_host: str) -> list[str]:
            return answers.pop(0)

        async with serving(always(answer(200, b"inside"))) as internal:
            # Nothing listens at 127.0.0.2, so that every try resolves anew and any leak would reach the server.
            for code in ("connection", "refused_address", "connection"):
                allowed = options(internal, allow_private=["127.0.0.2"])
                if code == "refused_address":
                    assert answers[0] == ["127.0.0.1"]
                async with Client(allowed, lookup=lookup) as client:
                    error = await failure(client, f"http://rebind.example:{internal.port}/")
                assert error.code == code
            assert answers == []
            assert internal.connections == 0

    run(scenario())


def test_047_of_a_mixed_answer_the_permitted_address_serves():
    async def scenario() -> None:
        async def lookup(_host: str) -> list[str]:
            return ["127.0.0.1", "10.0.0.1", "127.0.0.2"]

        async with serving(always(answer(200, b"public")), host="127.0.0.2", name="news.example") as origin:
            async with Client(options(origin, allow_private=["127.0.0.2"]), lookup=lookup) as client:
                page = await client.fetch(Request(origin.base))
            assert page.body == b"public"
            assert origin.header("host") == [f"news.example:{origin.port}".encode()]

    run(scenario())


def test_047_the_check_holds_at_the_connection_even_when_the_resolver_lets_everything_through(monkeypatch):
    class Careless(Resolver):
        async def resolve(self, host, port=0, family=0):
            return [{"hostname": host, "host": "127.0.0.1", "port": port, "family": 2, "proto": 0, "flags": 0}]

    monkeypatch.setattr(client_module, "Resolver", Careless)

    async def scenario() -> None:
        async with serving(always(answer(200, b"inside"))) as internal:
            async with Client(options(internal, allow_private=[])) as client:
                error = await failure(client, f"http://news.example:{internal.port}/")
            assert error.code == "refused_address"
            assert internal.connections == 0

    run(scenario())


@pytest.mark.parametrize(
    ("url", "code", "words"),
    [
        ("http://127.0.0.1:{port}/", "refused_address", "fetch.allow_private"),
        ("http://127.0.0.2:{port}/", "refused_address", "fetch.allow_private"),
        ("http://169.254.169.254:{port}/", "refused_address", "metadata"),
        ("http://8.8.8.8:22/", "refused_address", "fetch.allow_ports"),
        ("file:///etc/passwd", "bad_url", "only http"),
        ("http://user:s3cret@127.1/", "bad_url", "127.1"),
    ],
)
def test_045_051_a_refused_url_is_a_permanent_error_without_any_connection(url, code, words):
    async def scenario() -> None:
        async with serving(always(answer())) as origin:
            async with Client(options(origin, allow_private=[])) as client:
                error = await failure(client, url.format(port=origin.port))
            assert (error.code, error.permanent) == (code, True)
            assert words in error.what
            assert "s3cret" not in error.url + error.what
            assert origin.connections == 0

    run(scenario())


def test_053_proxies_of_the_environment_are_ignored(monkeypatch):
    async def scenario() -> None:
        async with serving(always(answer(200, b"proxied"))) as proxy, serving(always(answer(200, b"direct"))) as origin:
            for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
                monkeypatch.setenv(name, proxy.base)
            assert (await fetch(origin)).body == b"direct"
            assert proxy.connections == 0

    run(scenario())


def test_053_a_configured_proxy_gets_every_request_and_literal_private_addresses_stay_refused():
    async def scenario() -> None:
        async def reply(origin: Origin, _writer: asyncio.StreamWriter) -> bytes:
            return answer(407) if origin.line().startswith(b"CONNECT") else answer(200, b"proxied")

        async with serving(reply) as proxy:
            through = f"http://user:s3cret@127.0.0.1:{proxy.port}"
            async with Client(options(proxy=through, allow_private=[], allow_ports=[80, 443])) as client:
                page = await client.fetch(Request("http://news.example/feed"))
                assert page.body == b"proxied"
                assert proxy.line() == b"GET http://news.example/feed HTTP/1.1"
                assert proxy.header("proxy-authorization") == [b"Basic dXNlcjpzM2NyZXQ="]
                error = await failure(client, "http://10.1.2.3/")
                assert error.code == "refused_address"
                assert len(proxy.requests) == 1
                encrypted = await failure(client, "https://news.example/")
                assert proxy.line() == b"CONNECT news.example:443 HTTP/1.1"
                assert proxy.header("proxy-authorization") == [b"Basic dXNlcjpzM2NyZXQ="]
                assert proxy.header("user-agent")[0].startswith(b"policywatch/")
                assert (encrypted.code, encrypted.what) == ("connection", "the proxy answered 407")

    run(scenario())


@pytest.mark.parametrize(
    "data",
    [
        answer(500, b"SECRET", "X-Secret: SECRET"),
        b"HTTP/1.1 404 SECRET\r\nContent-Length: 0\r\n\r\n",
        b"SECRET banner of another protocol\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: SECRET\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nSECRET\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: SECRET\r\nContent-Length: 6\r\n\r\nSECRET",
        b"HTTP/1.1 302 OK\r\nLocation: file://SECRET\r\nContent-Length: 0\r\n\r\n",
        answer(200, b"SECRET and more", "", length=3),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nSECRET\r\n",
        answer(429, b"SECRET", "Retry-After: SECRET"),
    ],
)
def test_054_no_error_repeats_what_the_server_sent(data):
    async def scenario() -> None:
        async with serving(always(data)) as origin:
            error = await failed(origin)
            shown = "".join([str(error), repr(error), error.url, *traceback.format_exception(error)])
            assert "SECRET" not in shown
            again = pickle.loads(pickle.dumps(error))
            assert (again.code, again.status, again.what) == (error.code, error.status, error.what)

    run(scenario())


@pytest.mark.parametrize(
    ("status", "permanent"), [(400, False), (403, False), (404, False), (410, True), (500, False), (521, False)]
)
def test_an_error_status_is_told_in_words_and_only_410_is_permanent(status, permanent):
    async def scenario() -> None:
        async with serving(always(answer(status, b"x" * 100, "Retry-After: 60"))) as origin:
            error = await failed(origin)
            assert (error.code, error.status, error.permanent) == ("http_status", status, permanent)
            assert error.retry_after is None
            assert str(status) in error.what

    run(scenario())


@pytest.mark.parametrize("status", [300, 304, 305, 306, 399])
def test_a_redirect_that_cannot_be_followed_is_an_error(status):
    async def scenario() -> None:
        async with serving(always(answer(status, b"", "Location: /x"))) as origin:
            assert (await failed(origin)).status == status
            assert len(origin.requests) == 1

    run(scenario())


def test_012_013_after_a_429_the_host_is_left_alone_and_after_a_503_it_is_not():
    async def scenario() -> None:
        now = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)

        async def reply(origin: Origin, _writer: asyncio.StreamWriter) -> bytes:
            return answer(429 if b"/many" in origin.line() else 503, b"", "Retry-After: 7200")

        async with serving(reply) as origin:
            polite = Politeness(timedelta(0), now=lambda: now)
            async with Client(options(origin), politeness=polite, now=lambda: now) as client:
                for _ in range(2):
                    error = await failure(client, origin.base + "/down")
                    assert (error.status, error.code) == (503, "http_status")
                    assert error.retry_after == now + timedelta(hours=2)
                asked = await failure(client, origin.base + "/many")
                assert (asked.status, asked.code) == (429, "http_status")
                for path in ("/many", "/other"):
                    error = await failure(client, origin.base + path)
                    assert (error.code, error.retry_after) == ("host_blocked", now + timedelta(hours=2))
                assert len(origin.requests) == 3

    run(scenario())


def test_017_redirects_and_fetches_at_one_host_keep_their_distance():
    async def scenario() -> None:
        pauses: list[float] = []
        seconds = 0.0

        async def sleep(duration: float) -> None:
            nonlocal seconds
            pauses.append(duration)
            seconds += duration

        async def reply(origin: Origin, _writer: asyncio.StreamWriter) -> bytes:
            return answer(200) if b"/end" in origin.line() else answer(301, b"", "Location: /end")

        async with serving(reply) as origin:
            polite = Politeness(timedelta(seconds=1), clock=lambda: seconds, sleep=sleep)
            async with Client(options(origin), politeness=polite) as client:
                await asyncio.gather(*(client.fetch(Request(f"{origin.base}/{number}")) for number in range(3)))
        assert len(origin.requests) == 6
        assert pauses == [1.0] * 5

    run(scenario())


def test_waiting_for_a_turn_does_not_count_against_the_deadline():
    async def scenario() -> None:
        async with serving(always(answer(200))) as origin:
            async with Client(options(origin, spacing=timedelta(seconds=1.5), timeout=timedelta(seconds=1))) as client:
                pages = await asyncio.gather(*(client.fetch(Request(origin.base)) for _ in range(2)))
            assert [page.status for page in pages] == [200, 200]

    run(scenario())


def test_no_more_requests_than_allowed_are_in_flight_over_all_hosts():
    async def scenario() -> None:
        in_flight, peak = 0, 0

        async def reply(_origin: Origin, _writer: asyncio.StreamWriter) -> bytes:
            nonlocal in_flight, peak
            in_flight += 1
            peak = max(peak, in_flight)
            for _ in range(50):
                await asyncio.sleep(0)
            in_flight -= 1
            return answer(200)

        async with serving(reply, host="0.0.0.0") as origin, Client(options(origin, concurrency=3)) as client:
            hosts = [f"http://127.0.0.{number}:{origin.port}/" for number in range(1, 13)]
            await asyncio.gather(*(client.fetch(Request(url)) for url in hosts))
        assert peak == 3

    run(scenario())


@pytest.mark.parametrize(
    ("url", "words"),
    [("http://127.0.0.1:1/", "refuses connections"), ("http://nowhere.example:1/", "is not known")],
)
def test_a_server_that_is_not_there_is_told_in_words(url, words):
    async def lookup(_host: str) -> list[str]:
        return []

    async def scenario() -> None:
        async with Client(options(allow_ports=[1]), lookup=lookup) as client:
            error = await failure(client, url)
        assert error.code == "connection"
        assert words in error.what

    run(scenario())


def test_a_closed_client_refuses_and_closing_twice_does_no_harm():
    async def scenario() -> None:
        client = Client(options())
        await client.close()
        await client.close()
        assert isinstance(await failure(client, "http://a.example/"), errors.FetchError)

    run(scenario())


def test_an_unknown_method_is_refused():
    async def scenario() -> None:
        async with Client(options()) as client:
            assert (await failure(client, Request("http://127.0.0.1/", "DELETE"))).permanent

    run(scenario())


def test_the_loopback_of_these_tests_is_not_open_by_itself():
    assert LOOPBACK not in map(str, options(allow_private=[]).allow_private)

"""Who may reach what: every route of the router, by whoever asks; log-ins, forms, proxies and what answers carry."""

from __future__ import annotations

import ast
import re
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from zoneinfo import ZoneInfo

import jinja2
import pytest
import structlog
from pydantic import SecretStr
from starlette.responses import HTMLResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient

from policywatch import passwords
from policywatch.digests.render import Renderer
from policywatch.digests.subscription import SubscriptionSpec
from policywatch.matching.base import WatchlistSpec
from policywatch.pipeline.plan import Plan
from policywatch.pipeline.saved import SearchSpec
from policywatch.store import sessions, tokens
from policywatch.store.db import Database
from policywatch.web import access as fences
from policywatch.web import app as web
from policywatch.web import door, unchanged
from policywatch.web.access import DECLARED, Who
from policywatch.web.attempts import MOST, MOST_EACH, REMEMBERED, SPAN, Attempts
from policywatch.web.door import Access
from policywatch.web.pages import feeds as feeds_page
from readers import CLOSED, FORM, PASSWORD, csrf, log_in
from webs import TEMPLATES, site_of

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
LIST = "量子科技"
FEED = "/feeds/watchlist/量子科技.atom"
CONFIGURED = "configured-token-0123456789abc"
SOURCE = Path(web.__file__).parents[1]


class World:
    """A policywatch with its pages, whose clock stands."""

    def __init__(self, where, access: Access = CLOSED, **changes) -> None:
        self.db = Database.open(where)
        self.now = NOW
        self.plan = Plan(
            sources=(),
            watchlists=(WatchlistSpec(name=LIST),),
            subscriptions=(
                SubscriptionSpec(id="m", to=["a@example.org"], watchlists="all", digest={"at": "30 8 * * *"}),
            ),
            zone=ZoneInfo("Asia/Shanghai"),
            language="en",
            sender="a@example.org",
            channel="maildir",
            searches=(SearchSpec(id="found", query="量子"),),
            **changes,
        )
        self.attempts = Attempts()
        self.open_with(access)

    def open_with(self, access: Access) -> None:
        """As after the configuration was changed: another application, on the same store."""
        renderer = Renderer(jinja2.FileSystemLoader(TEMPLATES))
        self.site = site_of(self.plan, self.db, renderer, lambda: self.now, access=access, attempts=self.attempts)
        self.app = web.build(self.site)

    def client(self, base: str = "http://127.0.0.1:8090", **options) -> TestClient:
        return TestClient(self.app, base_url=base, follow_redirects=False, **options)

    def routes(self) -> list:
        return web.routes(self.site, web.door_of(self.site))

    def token(self, scope: str, *feeds: str, expires: datetime | None = None, name: str = "t") -> str:
        """As the command makes one."""
        drawn = door.drawn()
        row = tokens.TokenRow(door.digest(drawn), name, scope, feeds, self.now, expires)
        self.db.write_now(tokens.add, row, until=self.now + timedelta(days=7))
        return drawn


@pytest.fixture
def worlds(place):
    made = []

    def make(access: Access = CLOSED, **changes) -> World:
        made.append(World(place, access, **changes))
        return made[-1]

    yield make
    for one in made:
        one.db.close()


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path / "policywatch.sqlite", Access(CLOSED.users, shows_metrics=True))
    yield made
    made.db.close()


# --- the table --------------------------------------------------------------------------------------------------------

FILLED = {"kind": "watchlist", "name": LIST, "ending": "atom", "token": "x" * 43}


def address(route) -> str:
    """An address that leads to the route; what it does not know of stands as 1."""
    return re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: FILLED.get(found[1], "1"), route.path)


def test_107_only_what_is_declared_is_open(world):
    """A route that is to be open must be written down here, too."""
    assert {path: who for path, who in DECLARED.items() if who is not Who.METRICS} == {
        "/healthz": Who.PROGRAMS,
        "/style.css": Who.PROGRAMS,
        "/favicon.ico": Who.PROGRAMS,
        "/icon.svg": Who.PROGRAMS,
        "/login": Who.ANYBODY,
        "/feeds/{kind}/{name:path}.{ending}": Who.BY_ITS_OWN_TOKEN,
        "/u/{token}": Who.BY_ITS_OWN_TOKEN,
        "/n/{token}": Who.BY_ITS_OWN_TOKEN,
    }
    assert len(world.routes()) >= 7


def test_107_every_route_of_the_router_by_whoever_asks(world):
    """Anonymous, wrong token, right token, logged in, and without the form's token: made from the router itself."""
    reader = world.client()
    assert log_in(reader).status_code == 303
    form = csrf(reader, "/feeds")
    right, wrong = world.token("json"), door.drawn()
    seen = set()
    for route in world.routes():
        path, who = address(route), fences.who_may(route)
        for method in sorted(route.methods or {"GET"}):
            seen.add((route.path, method))
            stranger = world.client()

            def ask(client, method=method, path=path, **headers):
                return client.request(method, path, headers=headers)

            anonymous, by_wrong = ask(stranger), ask(stranger, authorization=f"Bearer {wrong}")
            by_right = ask(stranger, authorization=f"Bearer {right}")
            if who in {Who.READERS, Who.METRICS}:
                is_safe = method in {"GET", "HEAD"}
                assert anonymous.status_code == (303 if is_safe else 401), (method, path)
                assert LIST not in anonymous.text
                assert by_wrong.status_code == 401, (method, path)
                wanted = 401 if who is Who.METRICS else None if is_safe else 403
                assert by_right.status_code not in {303, 401, 403} if wanted is None else by_right.status_code == wanted
                if is_safe:
                    assert ask(reader).status_code not in {303, 401, 403}, (method, path)
                else:
                    assert ask(reader).status_code == 403, (method, path)
                    if path != "/logout":
                        passed = ask(reader, **{"x-csrf-token": form})
                        assert passed.status_code not in {401, 403}, (method, path)
            elif route.path.startswith("/feeds/"):
                assert (anonymous.status_code, by_wrong.status_code, by_right.status_code) == (404, 404, 200)
                assert ask(reader).status_code == 200
            elif who is Who.BY_ITS_OWN_TOKEN:
                assert {anonymous.status_code, by_wrong.status_code, by_right.status_code} == {404}
            elif who is Who.ANYBODY:
                assert anonymous.status_code == (200 if method != "POST" else 403)
            else:
                assert anonymous.status_code == 200
                assert "set-cookie" not in anonymous.headers
    assert {("/login", "POST"), ("/logout", "POST"), ("/", "GET"), ("/metrics", "GET")} <= seen


def test_107_a_new_page_is_closed_without_saying_so(world, monkeypatch):
    async def answer(_request):
        return HTMLResponse("secret")

    monkeypatch.setattr(feeds_page, "routes", lambda _site: [Route("/new", answer, methods=["GET", "POST"])])
    world.open_with(CLOSED)
    stranger = world.client()
    assert stranger.get("/new").headers["location"] == "/login?next=/new"
    assert stranger.post("/new").status_code == 401
    log_in(stranger)
    assert stranger.get("/new").text == "secret"
    assert stranger.post("/new").status_code == 403


def test_107_a_route_that_cannot_be_fenced_is_refused(world, monkeypatch):
    monkeypatch.setattr(feeds_page, "routes", lambda _site: [WebSocketRoute("/live", lambda _socket: None)])
    with pytest.raises(TypeError, match="cannot be fenced"):
        web.build(world.site)


# --- log-in -----------------------------------------------------------------------------------------------------------


def test_107_a_reader_logs_in_goes_on_where_he_was_and_out(worlds):
    world = worlds()
    client = world.client()
    refused = client.get("/feeds?lang=en", headers={"accept": "text/html"})
    assert (refused.status_code, refused.headers["location"]) == (303, "/login?next=/feeds%3Flang%3Den")
    page = client.get(refused.headers["location"])
    assert 'lang="en"' in page.text
    assert 'value="/feeds?lang=en"' in page.text
    entered = log_in(client, next_="/feeds?lang=en")
    assert (entered.status_code, entered.headers["location"]) == (303, "/feeds?lang=en")
    cookie = entered.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    assert LIST in client.get("/feeds").text
    assert client.get("/login").headers["location"] == "/"
    kept = client.cookies[door.SESSION]
    left = client.post("/logout", data={"csrf": csrf(client, "/feeds")})
    assert (left.status_code, left.headers["location"]) == (303, "/login")
    again = world.client(cookies={door.SESSION: kept})
    assert again.get("/feeds").status_code == 303, "a copy of the cookie opens nothing any more"


def test_107_a_wrong_password_opens_nothing_and_is_not_shown_again(world):
    client = world.client()
    answer = log_in(client, "canary-typed")
    assert answer.status_code == 401
    assert "canary-typed" not in answer.text
    assert "Try again" in answer.text
    assert client.get("/feeds").status_code == 303


def test_107_names_have_passwords_of_their_own(worlds):
    world = worlds(
        Access((("李", SecretStr("password-of-li")), ("wang", SecretStr(passwords.hashed("password-of-w")))))
    )
    for name, password, status in [
        ("李", "password-of-li", 303), ("wang", "password-of-w", 303), ("wang", "password-of-li", 401),
        ("李", "", 401), ("nobody", "password-of-li", 401), ("", "password-of-li", 401),
    ]:  # fmt: skip
        assert log_in(world.client(), password, name=name).status_code == status, name


@pytest.mark.parametrize("changed", ["another password", passwords.hashed(PASSWORD)], ids=["another", "its hash"])
def test_107_a_changed_password_ends_every_session(worlds, changed):
    world = worlds()
    client = world.client()
    log_in(client)
    world.open_with(CLOSED)
    kept = world.client(cookies=dict(client.cookies))
    assert kept.get("/feeds").status_code == 200, "a reload with the same password ends none"
    world.open_with(Access(users=(("", SecretStr(changed)),)))
    kept = world.client(cookies=dict(client.cookies))
    assert kept.get("/feeds").status_code == 303


@pytest.mark.parametrize(
    ("steps", "status"),
    [([6], 200), ([8], 303), ([6, 6, 6, 6, 5], 200), ([6, 6, 6, 6, 6.1], 303)],
    ids=["used", "idle for a week", "used for 29 days", "older than 30 days"],
)
def test_107_a_session_ends_when_idle_and_after_a_month(worlds, steps, status):
    world = worlds()
    client = world.client()
    log_in(client)
    for days in steps:
        world.now += timedelta(days=days)
        answer = client.get("/feeds")
    assert answer.status_code == status


def test_107_what_is_kept_of_a_session_opens_nothing(world):
    client = world.client()
    log_in(client)
    cookie = client.cookies[door.SESSION]
    found = world.db.read_now(sessions.find, door.digest(cookie))
    assert found is not None
    assert cookie not in repr(found)
    assert PASSWORD not in repr(found)
    for stolen in (found.id, found.proof):
        assert world.client(cookies={door.SESSION: stolen}).get("/feeds").status_code == 303


@pytest.mark.parametrize(
    "wanted",
    ["//evil.example", "https://evil.example/", "/\\evil.example", "\\\\evil", "javascript:alert(1)", "/a\r\nX: y",
     "/ \t//evil", "", "evil.example", "/%0d%0a\x00"],
)  # fmt: skip
def test_107_after_the_log_in_nobody_is_sent_elsewhere(world, wanted):
    client = world.client()
    place = log_in(client, next_=wanted).headers["location"]
    assert place == "/" or (place.startswith("/%") and "\n" not in place)
    assert client.get("/login", params={"next": wanted}).headers["location"] == place, "who is logged in already"


def test_107_ten_wrong_passwords_make_an_address_wait(world):
    client = world.client()
    for _ in range(MOST_EACH):
        assert log_in(client, "wrong password").status_code == 401
    refused = log_in(client)
    assert refused.status_code == 429, "the right one is not even looked at"
    assert int(refused.headers["retry-after"]) == SPAN.total_seconds()
    assert "Wait 15 minutes" in refused.text
    other = TestClient(world.app, base_url="http://127.0.0.1", client=("192.0.2.7", 1), follow_redirects=False)
    assert log_in(other).status_code == 303, "another address is not held up"
    world.now += SPAN
    assert log_in(client).status_code == 303


def test_107_many_addresses_together_wait_too_and_who_was_there_before_does_not():
    attempts = Attempts()
    attempts.begin("192.0.2.1", NOW)
    attempts.succeeded("192.0.2.1")
    for number in range(MOST):
        assert not attempts.wait(f"2001:db8:{number:x}::1", NOW)
        attempts.begin(f"2001:db8:{number:x}::1", NOW)
    assert attempts.wait("2001:db8:ffff::1", NOW) == SPAN
    assert not attempts.wait("192.0.2.1", NOW)
    assert not attempts.wait("2001:db8:ffff::1", NOW + SPAN)


def test_107_the_addresses_of_one_network_count_as_one_and_memory_is_bounded():
    attempts = Attempts()
    for number in range(MOST_EACH):
        attempts.begin(f"2001:db8::{number:x}", NOW)
    assert attempts.wait("2001:db8::ffff", NOW) == SPAN
    for number in range(3 * REMEMBERED):
        attempts.begin(f"2001:db8:{number:x}::1", NOW)
        attempts.succeeded(f"2001:db8:{number + 7:x}::1")
    assert len(attempts._failed) <= REMEMBERED
    assert len(attempts._known) <= REMEMBERED


def test_107_encrypted_connections_get_cookies_that_stay_on_them(worlds):
    """Also where a web server before the pages ends the encryption and is known by the public address only."""
    world = worlds(CLOSED, public_url="https://watch.example.org")
    for base in ("https://127.0.0.1", "http://watch.example.org"):
        shown = world.client(base).get("/login")
        visit = shown.headers["set-cookie"]
        assert visit.startswith(f"__Host-{door.VISIT}=")
        assert visit.endswith("; Secure")
        assert shown.headers["strict-transport-security"] == "max-age=31536000"
        form = {"csrf": FORM.search(shown.text)[1], "password": PASSWORD}
        cookie = {"cookie": visit.partition(";")[0]}
        held = world.client(base).post("/login", data=form, headers=cookie).headers["set-cookie"]
        assert held.startswith(f"__Host-{door.SESSION}=")
        assert held.endswith("; Secure")
        cookie = {"cookie": held.partition(";")[0]}
        assert world.client(base).get("/feeds", headers=cookie).status_code == 200
        assert world.client().get("/feeds", headers=cookie).status_code == 303, "the other name opens nothing"
    assert "strict-transport-security" not in world.client().get("/login").headers


# --- forms ------------------------------------------------------------------------------------------------------------


def form_page(monkeypatch):
    """A page with a form, as any page may have."""
    done = []

    async def answer(request):
        if request.method == "POST":
            done.append(fences.forms.posted(request))
            assert (await request.body()).count(b"csrf=") <= 1, "a page can read the body itself, too"
        return HTMLResponse("ok")

    monkeypatch.setattr(feeds_page, "routes", lambda _site: [Route("/form", answer, methods=["GET", "POST"])])
    return done


@pytest.mark.parametrize("access", [CLOSED, Access()], ids=["closed", "open"])
def test_107_a_form_of_another_site_changes_nothing(world, monkeypatch, access):
    """Also on pages without a log-in, which any page in the operator's browser could send forms to."""
    done = form_page(monkeypatch)
    world.open_with(access)
    client, stranger = world.client(), world.client()
    if access.users:
        log_in(client)
        log_in(stranger)
    visited = client.get("/form")
    stranger.get("/form")
    assert visited.status_code == 200
    cookie = client.cookies[door.SESSION if access.users else door.VISIT]
    others = stranger.cookies[door.SESSION if access.users else door.VISIT]
    right, wrong = (door.Visitor(None, one).csrf for one in (cookie, others))
    assert right != wrong
    for form, headers in [
        ({}, {}), ({"csrf": ""}, {}), ({"csrf": wrong}, {}), ({"csrf": right[:-1]}, {}), ({"csrf": "é"}, {}),
        ({"csrf": right}, {"origin": "https://evil.example"}), ({"csrf": right}, {"sec-fetch-site": "cross-site"}),
        ({"csrf": right}, {"origin": "http://127.0.0.1:9999"}), ({"csrf": right}, {"sec-fetch-site": "same-site"}),
        ({"csrf": right}, {"content-type": "text/plain"}),
    ]:  # fmt: skip
        refused = client.post("/form", data=form, headers=headers)
        assert refused.status_code == 403, (form, headers)
        assert "Nothing was changed" in refused.text
    assert world.client().post("/form", data={"csrf": right}).status_code == (401 if access.users else 403)
    assert done == []
    for form, headers in [
        ({"csrf": right, "x": "é 1"}, {"origin": "http://127.0.0.1:8090", "sec-fetch-site": "same-origin"}),
        ({"csrf": right, "x": "é 1"}, {"origin": "null"}),
    ]:
        assert client.post("/form", data=form, headers=headers).status_code == 200
    assert client.post("/form", json={}, headers={"x-csrf-token": right}).status_code == 200
    assert [form.get("x") for form in done] == [["é 1"], ["é 1"], None]


def test_a_body_longer_than_a_form_is_refused_before_it_is_read_whole(world, monkeypatch):
    done = form_page(monkeypatch)
    world.open_with(Access())
    client = world.client()
    client.get("/form")
    read = []

    def endless():
        for _ in range(64):
            read.append(1)
            yield b"x" * 65536

    refused = client.post("/form", content=endless(), headers={"x-csrf-token": "x"})
    assert refused.status_code == 413
    assert done == []


# --- a proxy that logs in ---------------------------------------------------------------------------------------------

PROXIED = Access(header="x-forwarded-user", proxies=(ip_network("10.0.0.0/8"), ip_network("2001:db8::/64")))


def by_proxy(world, peer: str, **headers) -> int:
    client = TestClient(world.app, base_url="http://127.0.0.1", client=(peer, 9), follow_redirects=False)
    return client.get(
        "/feeds", headers=list({name.replace("_", "-"): value for name, value in headers.items()}.items())
    ).status_code


def test_107_the_header_of_a_trusted_proxy_says_who_it_is(world):
    world.open_with(PROXIED)
    assert by_proxy(world, "10.1.2.3", x_forwarded_user="li") == 200
    assert by_proxy(world, "2001:db8::7", x_forwarded_user="li") == 200
    assert by_proxy(world, "::ffff:10.1.2.3", x_forwarded_user="li") == 200
    assert by_proxy(world, "10.1.2.3") == 401
    assert by_proxy(world, "10.1.2.3", x_forwarded_user="  ") == 401
    for stranger in ("192.0.2.1", "127.0.0.1", "2001:db8:0:1::7", "testclient"):
        assert by_proxy(world, stranger, x_forwarded_user="li") == 401
        assert by_proxy(world, stranger, x_forwarded_user="li", x_forwarded_for="10.1.2.3") == 401
    client = TestClient(world.app, base_url="http://127.0.0.1", client=("10.1.2.3", 9))
    twice = [("x-forwarded-user", "li"), ("x-forwarded-user", "root")]
    assert client.get("/feeds", headers=twice).status_code == 401, "who could have added the second?"
    assert client.get("/login").status_code == 404


def test_107_tries_count_for_the_address_that_the_proxy_saw(world):
    world.open_with(Access(CLOSED.users, proxies=(ip_network("10.0.0.0/8"),)))
    client = TestClient(world.app, base_url="http://127.0.0.1", client=("10.1.2.3", 9), follow_redirects=False)
    token = csrf(client)
    for number in range(MOST_EACH + 1):
        # What a stranger writes there himself stands further left.
        seen = {"x-forwarded-for": f"198.51.100.{number}, 192.0.2.9, 10.9.9.9"}
        answer = client.post("/login", data={"csrf": token, "password": "wrong one"}, headers=seen)
    assert answer.status_code == 429
    other = {"x-forwarded-for": "192.0.2.10"}
    assert client.post("/login", data={"csrf": token, "password": PASSWORD}, headers=other).status_code == 303
    https = client.get("/login", headers={"x-forwarded-proto": "https"})
    assert "strict-transport-security" in https.headers


# --- tokens -----------------------------------------------------------------------------------------------------------


def test_107_a_token_opens_the_pages_as_json_and_for_reading_only(worlds):
    world = worlds(CLOSED)
    client = world.client(headers={"authorization": f"Bearer {world.token('json')}"})
    told = client.get("/feeds")
    assert told.headers["content-type"] == "application/json"
    assert told.json()["feeds"][0]["name"] == LIST
    assert client.post("/logout").status_code == 403
    for scope in ("feeds", "metrics"):
        wrong = world.client(headers={"authorization": f"Bearer {world.token(scope)}"})
        assert wrong.get("/feeds").status_code == 401
    assert world.client().get(f"/feeds?token={world.token('json')}").status_code == 303, "in addresses it would be seen"


def test_108_tokens_of_the_command_open_their_feeds_and_no_other(worlds):
    world = worlds(CLOSED, feed_token=SecretStr(CONFIGURED))
    client = world.client()
    every, one = world.token("feeds"), world.token("feeds", "digest/m", name="one")
    for token, path, status in [
        (every, FEED, 200), (every, "/feeds/digest/m.rss", 200), (one, FEED, 404), (one, "/feeds/digest/m.rss", 200),
        (every, "/feeds/search/found.json", 200), (one, "/feeds/search/found.json", 404),
        (world.token("feeds", "search/found", name="s"), "/feeds/search/found.json", 200),
        (CONFIGURED, FEED, 200), ("", FEED, 404), (door.drawn(), FEED, 404), (every[:-1], FEED, 404),
        (door.digest(every), FEED, 404), (world.token("metrics"), FEED, 404),
    ]:  # fmt: skip
        answer = client.get(f"{path}?token={token}")
        assert answer.status_code == status, (token, path)
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert client.get(path, headers={"authorization": f"Bearer {token}"}).status_code == status
    assert len(every) >= 43


def test_108_a_token_is_replaced_with_an_overlap_and_revoked_at_once(worlds):
    world = worlds()
    client = world.client()
    old = world.token("feeds", name="reader")
    new = world.token("feeds", name="reader")
    for days, opened in [(0, [200, 200]), (6, [200, 200]), (7, [404, 200]), (400, [404, 200])]:
        world.now = NOW + timedelta(days=days)
        assert [client.get(f"{FEED}?token={token}").status_code for token in (old, new)] == opened
    assert world.db.write_now(tokens.revoke, "reader") == 2
    world.now += door.TOKENS_AGE
    assert client.get(f"{FEED}?token={new}").status_code == 404


def test_108_what_is_kept_of_a_token_opens_nothing(worlds):
    world = worlds()
    token = world.token("json")
    (row,) = world.db.read_now(tokens.valid, NOW)
    assert token not in repr(row)
    assert row.id == door.digest(token)


def test_108_secrets_are_compared_in_constant_time():
    """In what judges passwords, cookies, proofs and tokens, no `==` has a secret at its side."""
    secret = re.compile(r"token|secret|password|cookie|proof|csrf|digest|given|hash", re.IGNORECASE)
    judged = ["passwords.py", "web/door.py", "web/feeds.py", "web/access.py", "web/login.py"]
    compared = 0
    for name in judged:
        tree = ast.parse((SOURCE / name).read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "hmac.compare_digest":
                compared += 1
            if not isinstance(node, ast.Compare) or not {type(op) for op in node.ops} & {ast.Eq, ast.NotEq}:
                continue
            sides = [node.left, *node.comparators]
            is_secret = any(secret.search(ast.unparse(side)) for side in sides)
            is_against_fixed = any(isinstance(side, ast.Constant | ast.Set) for side in sides)
            assert is_against_fixed or not is_secret, f"{name}: {ast.unparse(node)}"
    assert compared >= 6


def test_108_nothing_secret_is_logged(world):
    client, names = world.client(), (PASSWORD, "wrong password")
    token = world.token("json")
    with structlog.testing.capture_logs() as lines:
        log_in(client, "wrong password")
        log_in(client)
        client.get("/feeds", headers={"authorization": f"Bearer {token}"})
        client.get(f"{FEED}?token={token}")
    text = repr(lines)
    assert "logged in" in text
    assert not any(secret in text for secret in (*names, token, *client.cookies.values()))


# --- what answers carry -----------------------------------------------------------------------------------------------


PAGE = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; frame-src 'self'; style-src 'self'; img-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


@pytest.mark.parametrize("access", [CLOSED, Access()], ids=["closed", "open"])
def test_109_every_answer_carries_the_headers(world, monkeypatch, access):
    """Pages, feeds, refusals, redirects, 304, 4xx of each kind, and the 500 of a fault in the program."""

    async def broken(_request):
        raise ZeroDivisionError

    monkeypatch.setattr(feeds_page, "routes", lambda _site: [Route("/feeds", broken, methods=["GET"])])
    world.open_with(access)
    client = world.client(raise_server_exceptions=False)
    if access.users:
        log_in(client)
    tag = client.get(FEED).headers["etag"]
    answers = [
        (200, client.get("/")), (200, client.get(FEED)), (304, client.get(FEED, headers={"if-none-match": tag})),
        (404, client.get("/nowhere")), (404, client.get("/feeds/watchlist/x.atom")), (405, client.put("/style.css")),
        (500, client.get("/feeds")), (400, client.get("/", headers={"host": "evil.example"})),
        (403, client.post("/logout")), (200, client.get("/healthz")), (200, client.get("/style.css")),
        (401, client.get("/", headers={"authorization": "Bearer x"})), (200, client.head("/")),
        (413, client.post("/logout", content=b"x" * (2 << 20))),
        (303 if access.users else 200, world.client().get("/")),
    ]  # fmt: skip
    for status, answer in answers:
        assert answer.status_code == status
        assert answer.headers.get_list("content-security-policy") == [PAGE]
        assert answer.headers.get_list("x-content-type-options") == ["nosniff"]
        assert answer.headers.get_list("referrer-policy") == ["no-referrer"]
        assert answer.headers.get_list("cross-origin-opener-policy") == ["same-origin"]
        assert "geolocation=()" in answer.headers["permissions-policy"]
        assert "server" not in answer.headers


def test_109_a_past_digest_may_do_nothing_but_have_styles(world, monkeypatch):
    async def mail(_request):
        return HTMLResponse("<p style='color:red'>mail")

    monkeypatch.setattr(
        feeds_page, "routes", lambda _site: [Route("/issue/{number}", mail), Route("/preview/{id}", mail)]
    )
    world.open_with(CLOSED)
    client = world.client()
    log_in(client)
    for path in ("/issue/1", "/preview/m", "/issue/1/nowhere"):
        assert client.get(path).headers.get_list("content-security-policy") == [
            "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"
        ]


# --- passwords --------------------------------------------------------------------------------------------------------


def test_a_hash_opens_to_its_password_only_and_is_another_each_time():
    one, other = passwords.hashed(PASSWORD), passwords.hashed(PASSWORD)
    assert one != other
    assert PASSWORD not in one
    assert passwords.checked(one) == one
    assert passwords.opens(PASSWORD, one)
    assert not passwords.opens(PASSWORD + " ", one)
    assert not passwords.opens(one, one), "who reads the hash is not in"
    assert passwords.opens("密码密码密码密码", passwords.hashed("密码密码密码密码"))
    assert not passwords.opens("x" * 5000, "x" * 5000)


@pytest.mark.parametrize(
    "bad", ["short", "", "scrypt:", "scrypt:99:8:1:" + "A" * 22 + ":" + "B" * 43, "scrypt:20:99:1:" + "A" * 22 + ":" + "B" * 43,
            "scrypt:15:0:1:" + "A" * 22 + ":" + "B" * 43, "scrypt:15:8:3:AA:BB"],
)  # fmt: skip
def test_a_password_that_is_none_is_refused_without_its_value(bad):
    with pytest.raises(ValueError, match=r"8 characters|no hash") as caught:
        passwords.checked(bad)
    assert not bad or bad not in str(caught.value).replace("scrypt", "")


# --- answered before --------------------------------------------------------------------------------------------------


def asked_inside(world) -> list[str]:
    """What reaches the application behind what answers by itself; patched in place."""
    seen, inner = [], world.app._app

    async def noting(scope, receive, send):
        seen.append(scope["path"])
        await inner(scope, receive, send)

    world.app._app = noting
    return seen


def test_108_a_304_is_given_again_only_while_nothing_changed_and_the_token_opens(worlds):
    world = worlds()
    client, token = world.client(), world.token("feeds")
    path = f"{FEED}?token={token}"
    tag = {"if-none-match": client.get(path).headers["etag"]}
    seen = asked_inside(world)
    first, second = client.get(path, headers=tag), client.get(path, headers=tag)
    assert [first.status_code, second.status_code] == [304, 304]
    assert {**second.headers} == {**first.headers}
    assert len(seen) == 1, "the second was answered at once"
    for other in ({"if-none-match": '"x"'}, {**tag, "accept": "x"}, {**tag, "host": "evil.example"}):
        client.get(path, headers=other)
    assert client.get(f"{FEED}?token={token[:-1]}", headers=tag).status_code == 404
    assert len(seen) == 5, "each is another question"
    world.db.write_now(tokens.revoke, "t")
    world.now += door.TOKENS_AGE
    assert client.get(path, headers=tag).status_code == 404


def test_a_304_to_who_is_logged_in_is_judged_each_time(world):
    client = world.client()
    log_in(client)
    tag = {"if-none-match": client.get(FEED).headers["etag"]}
    assert client.get(FEED, headers=tag).status_code == 304
    client.post("/logout", data={"csrf": csrf(client, "/feeds")})
    assert client.get(FEED, headers=tag).status_code == 404


def test_questions_are_remembered_up_to_a_number_and_a_length(world):
    world.open_with(Access())
    client = world.client()
    tag = {"if-none-match": client.get(FEED).headers["etag"]}
    assert client.get(FEED, headers={**tag, "user-agent": "x" * unchanged.LONGEST}).status_code == 304
    assert world.app._known == {}
    for number in range(unchanged.MOST + 5):
        assert client.get(f"{FEED}?{number}", headers=tag).status_code == 304
    assert 0 < len(world.app._known) <= unchanged.MOST

"""The pages in a browser: nothing acts, nothing is fetched from elsewhere, all fits a phone, all can be used by all."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from browser import filled
from policywatch.store import drafts, outbox

PAGES = (
    "/",
    "/sources",
    "/sources/agency",
    "/subscriptions",
    "/subscriptions/morning",
    "/drafts",
    "/outbox",
    "/feeds",
    "/archive",
    "/archive?q=%E9%87%8F%E5%AD%90",
    "/story/1",
    "/watchlists",
    "/watchlists/%E9%87%8F%E5%AD%90%E7%A7%91%E6%8A%80",
    "/workshop",
)
XSS = (
    "<script>window.hacked = 1</script>",
    "\"><img src=x onerror='window.hacked = 1'>",
    "'><svg onload=window.hacked=1>",
    "</title><script>window.hacked = 1</script>",
    "<iframe srcdoc='<script>parent.hacked = 1</script>'></iframe>",
    "<a href='javascript:window.hacked=1' autofocus onfocus='window.hacked=1'>x</a>",
    "{{ 7 * 7 }}${7*7}<style>*{display:none}</style>",
)
AXE = importlib.util.find_spec("axe_core_python")


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with filled.opened(tmp_path_factory.mktemp("house")) as house, filled.served(house.app) as there:
        yield there


class Seen:
    """What a page did that it should not."""

    def __init__(self, page, address: str) -> None:
        self.faults: list[str] = []
        host = urlsplit(address).netloc
        page.on("console", lambda said: self.faults.append(said.text) if said.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("request", lambda asked: self.faults.append(asked.url) if urlsplit(asked.url).netloc != host else None)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (390, "dark"), (1280, "light"), (1280, "dark")])
def test_every_page_fits_and_asks_nobody_else(browser, address, width, scheme, language):
    with browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme) as context:
        page = context.new_page()
        seen = Seen(page, address)
        page.goto(f"{address}/?lang={language}")
        for path in PAGES:
            page.goto(address + path, wait_until="networkidle")
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, f"{path} is {wide} px too wide"
            assert page.locator("h1").count() == 1
        assert seen.faults == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(browser, address, scheme):
    """Contrast of 4.5 at least (WCAG 2.2, 1.4.3), of every text that is shown on a ground of one colour."""
    with browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme=scheme) as context:
        page = context.new_page()
        for path in PAGES:
            page.goto(address + path)
            weak = page.evaluate(Path(__file__).with_name("contrast.js").read_text(encoding="utf-8"))
            assert weak == [], path


@pytest.mark.skipif(AXE is None, reason="axe-core-python is not installed")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(browser, address, scheme):
    from axe_core_python.sync_playwright import Axe  # skipped where it is missing

    # The policy of the pages lets nobody put a script in, the tester as little as anybody.
    with browser.new_context(bypass_csp=True, color_scheme=scheme, viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        for path in PAGES:
            page.goto(f"{address}{path}")
            found = [one for one in Axe().run(page)["violations"] if one["impact"] in {"serious", "critical"}]
            assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == [], path


def test_038_nothing_from_outside_acts_in_a_browser(browser, tmp_path):
    with (
        filled.opened(tmp_path, hostile="".join(XSS), days=3) as house,
        filled.served(house.app) as address,
        browser.new_context() as context,
    ):
        page = context.new_page()
        seen = Seen(page, address)
        page.on("dialog", lambda dialog: seen.faults.append(dialog.message))
        for path in (*PAGES, "/issue/1/zh-CN", "/subscriptions/morning/preview/zh-CN"):
            page.goto(address + path, wait_until="networkidle")
            assert page.evaluate("window.hacked") is None, path
            assert page.locator("script, [onerror], [onload], [onfocus]").count() == 0
        assert seen.faults == []


def test_a_person_reads_a_draft_and_lets_it_go_with_the_keyboard(browser, tmp_path):
    with (
        filled.opened(tmp_path) as house,
        filled.served(house.app) as address,
        browser.new_context(locale="en") as context,
    ):
        page = context.new_page()
        page.goto(f"{address}/?lang=en")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.get_by_role("link", name="Read drafts").click()
        frame = page.frame_locator("iframe").first
        assert "量子" in frame.locator("body").inner_text()
        page.get_by_role("button", name="Let it go").focus()
        page.keyboard.press("Enter")
        page.get_by_role("status").wait_for()
        assert "released" in page.get_by_role("status").inner_text()
        assert house.db.read_now(drafts.waiting) == []


def test_a_person_finds_what_failed_and_sends_it_again(browser, tmp_path):
    with filled.opened(tmp_path) as house, filled.served(house.app) as address, browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{address}/?lang=en")
        page.get_by_role("link", name="failed", exact=True).click()
        page.get_by_role("button", name="Send again").click()
        assert "sent again" in page.get_by_role("status").inner_text()
        assert house.db.read_now(outbox.counts)["pending"] == 1


def test_a_person_polls_a_source_now(browser, address):
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{address}/sources?lang=en")
        page.get_by_role("link", name="示例部").click()
        page.get_by_role("button", name="Poll now").click()
        assert "within seconds" in page.get_by_role("status").inner_text()


def test_a_person_takes_a_feed_that_the_page_offers(browser, address):
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{address}/feeds?lang=en")
        feed = page.get_by_role("link", name="Atom").first.get_attribute("href")
        answer = context.request.get(address + feed)
        assert answer.ok
        assert "atom+xml" in answer.headers["content-type"]
        assert "量子" in answer.text()

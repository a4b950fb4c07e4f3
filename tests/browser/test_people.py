"""The pages used as a person would: a log-in, a search, the workshop, a link in a mail."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from browser import filled
from policywatch.digests import links
from policywatch.pipeline import index
from policywatch.store import recipients
from readers import CLOSED, PASSWORD, log_in_by_browser


@pytest.fixture
def house(tmp_path):
    with filled.opened(tmp_path, public_url="http://127.0.0.1") as made:
        # Playwright keeps a loop in this thread.
        ThreadPoolExecutor(1).submit(asyncio.run, index.catch_up(made.db)).result(60)
        yield made


def test_a_person_logs_in_comes_back_to_the_page_and_logs_out(browser, house):
    house.more["access"] = CLOSED
    with filled.served(house.app) as address, browser.new_context(locale="en") as context:
        page = context.new_page()
        page.goto(f"{address}/sources?lang=en")
        assert page.url.startswith(f"{address}/login")
        page.fill("#password", "not the one")
        page.press("#password", "Enter")
        assert page.locator("#password").get_attribute("aria-invalid") == "true"
        log_in_by_browser(page, address, PASSWORD, path="/sources")
        assert page.locator("h1").count() == 1
        page.locator("form[action='/logout'] button").click()
        page.goto(f"{address}/sources")
        assert page.url.startswith(f"{address}/login")


def test_a_person_searches_in_other_letters_and_reads_why(browser, house):
    with filled.served(house.app) as address, browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{address}/archive?lang=en")
        page.fill("input[name=q]", "量子計算")
        page.press("input[name=q]", "Enter")
        page.wait_for_url("**/archive?**q=*")
        page.get_by_role("link", name="量子计算重大项目启动").first.click()
        page.wait_for_url("**/story/*")
        assert "量子科技" in page.locator("main").inner_text()
        page.goto(f"{address}/archive?q=不存在的词语")
        assert page.locator("a[href^='/story/']").count() == 0


def test_a_person_tries_a_rule_sees_its_fault_and_then_what_it_finds(browser, house):
    with filled.served(house.app) as address, browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{address}/workshop?lang=en")
        page.fill("#rule", "(量子 NEAR/ 计算")
        page.locator("main form button").click()
        assert page.locator("#faults").inner_text().strip()
        page.fill("#rule", "量子计算")
        page.locator("main form button").click()
        assert "量子计算重大项目启动" in page.locator("main").inner_text()
        assert page.locator("#faults").count() == 0


def test_a_person_leaves_by_the_link_of_a_mail_and_comes_back(browser, house):
    key = house.db.write_now(recipients.signing_key)
    maker = links.Links("http://127.0.0.1", key)
    subscription = house.plan.subscriptions[0]
    to = subscription.recipients("zh-CN")[0].address
    token = maker.token(subscription.id, to)
    house.db.write_now(recipients.know, subscription.id, [(to, token)], house.now)
    with filled.served(house.app) as address, browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{address}/u/{token}")
        page.locator("button[value=stop]").click()
        assert page.locator("button[value=resume]").count() == 1
        page.locator("button[value=resume]").click()
        assert page.locator("button[value=stop]").count() == 1

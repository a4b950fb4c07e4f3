"""The simulated web: what it serves is what such sites serve."""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request

import pytest

from policywatch import errors
from policywatch.newsroom.article import from_page_text
from policywatch.newsroom.server import Newsroom, bundled
from policywatch.newsroom.site import DedeCms
from world import own_host

TEXT = """Network
當(dāng)前位置:主頁 > 新聞中心 >
- 政策解讀
示例:聚焦腦機(jī)接口
來源:示例院 example 日期:2024-07-05 點(diǎn)擊:次
第一段,深??仗扉_發(fā)。
第二段。
相關(guān)文章推薦:"""


def get(url, headers=None):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers or {}), timeout=5) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


def visiting(sites, visit):
    async def run():
        async with Newsroom(sites, port=0) as newsroom:
            return await asyncio.to_thread(visit, newsroom)

    return asyncio.run(run())


@pytest.mark.parametrize("one", bundled(), ids=lambda one: one.name)
def test_every_site_serves_its_front_and_every_article(one):
    one.host = own_host()

    def visit(newsroom):
        status, headers, body = get(newsroom.url(one.host))
        assert status == 200
        assert get(newsroom.url(one.host), {"If-None-Match": headers["ETag"]})[0] == 304
        assert get(newsroom.url(one.host, "/none"))[0] == 404
        for article in one.articles:
            assert get(newsroom.url(one.host, one.path_of(article)))[0] == 200
        return body

    body = visiting([one], visit)
    if isinstance(one, DedeCms):
        assert b"charset=gb2312" in body
        assert "機(jī)" in body.decode("gbk")
    assert len(one.requests) == 3 + len(one.articles)


def test_a_fault_is_served_as_told():
    one = bundled()[1]
    one.host = own_host()
    one.fault.status = 503
    one.fault.headers = {"Retry-After": "60"}
    status, headers, _ = visiting([one], lambda newsroom: get(newsroom.url(one.host)))
    assert (status, headers["Retry-After"]) == (503, "60")


def test_a_copied_page_becomes_the_same_article_each_time():
    first, second = from_page_text(TEXT), from_page_text(TEXT)
    assert first == second
    assert first.title == "示例:聚焦腦機(jī)接口"
    assert first.publisher == "示例院 example"
    assert f"{first.published:%Y-%m-%d}" == "2024-07-05"
    assert first.paragraphs == ("第一段,深??仗扉_發(fā)。", "第二段。")
    assert "政策解讀" in first.menu
    with pytest.raises(ValueError, match="empty"):
        from_page_text(" \n")


def test_an_address_that_is_taken_is_named():
    one = bundled()[0]
    one.host = own_host()

    async def twice():
        async with Newsroom([one], port=0) as newsroom, Newsroom([one], port=newsroom.port):
            pass

    with pytest.raises(errors.PolicywatchError, match="cannot listen"):
        asyncio.run(twice())

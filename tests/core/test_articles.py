"""Articles: read from their pages, brought into one shape, compared."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policywatch import errors
from policywatch.articles.dedupe import Known, judge
from policywatch.articles.extract import extract
from policywatch.articles.normalise import normalise
from policywatch.model import ArticleHints, Extracted, Page, RawItem, TextState, Verdict
from policywatch.newsroom import article as newsroom_article
from policywatch.newsroom.server import bundled

PAGES = Path(__file__).parent.parent / "data" / "articles"
NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
LONG = "示例部今天公布了关于量子科技的若干措施，支持企业、高校和研究机构共同建设公共平台。" * 4


def page(html: str | bytes, content_type: str = "text/html; charset=utf-8") -> Page:
    body = html if isinstance(html, bytes) else html.encode()
    return Page("https://example.org/a.html", 200, {"content-type": content_type}, body, NOW)


def made(**changes):
    raw = RawItem(key="k", url="https://example.org/a", title="标题", body=LONG)
    return replace(normalise(raw, source="s", now=NOW, text_state=TextState.COMPLETE), **changes)


@pytest.mark.parametrize("site", bundled(), ids=lambda site: site.name)
def test_pages_of_every_kind_of_site_are_read(site):
    """Title, day, publisher and every paragraph come out; menu, share line and related links do not."""
    for one in site.articles:
        answer = site.page(one)
        found = extract(page(answer.body, answer.content_type), ArticleHints(), NOW)
        shown = site._shown(one, one.title) if hasattr(site, "_shown") else one.title
        assert found.title == shown
        china = newsroom_article.CHINA
        if site.name != "Example Future Wire":
            assert found.published.astimezone(china).date() == one.published.date()
        assert one.publisher in found.publisher
        paragraphs = [site._shown(one, part) if hasattr(site, "_shown") else part for part in one.paragraphs]
        assert found.body == "\n".join(paragraphs)


@pytest.mark.parametrize("folder", sorted(PAGES.iterdir()), ids=lambda folder: folder.name)
def test_an_articles_page_is_read_as_its_case_says(folder):
    """A case is a folder with a page, and what must and must not be found on it."""
    want = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    saved = replace(page((folder / "page.html").read_bytes(), "text/html"), url=want["url"])
    found = extract(saved, ArticleHints(), NOW)
    assert (found.title, found.publisher) == (want["title"], want["publisher"])
    assert found.published == datetime.fromisoformat(want["published"])
    assert [text for text in want["holds"] if text not in found.body] == []
    assert [text for text in want["leaves_out"] if text in found.body] == []
    assert [[one.name, one.url, one.type] for one in found.attachments] == want["attachments"]
    raw = RawItem(key="k", url=want["url"], title="")
    article = normalise(raw, source="s", now=NOW, text_state=TextState.COMPLETE, extracted=found)
    assert article.attachments == found.attachments


def test_meta_tags_of_government_sites_go_first():
    html = (
        '<title>某网</title><meta name="ArticleTitle" content="关于量子科技的通知">'
        '<meta name="PubDate" content="2026-11-20 08:30"><meta name="ContentSource" content="示例部">'
        f"<h1>栏目</h1><div class=TRS_Editor><p>{LONG}</p></div>"
    )
    found = extract(page(html), ArticleHints(), NOW)
    said = {"articletitle": "关于量子科技的通知", "pubdate": "2026-11-20 08:30", "contentsource": "示例部"}
    day = datetime(2026, 11, 20, 0, 30, tzinfo=UTC)
    assert found == Extracted("关于量子科技的通知", LONG, day, "示例部", metas=said)


def test_a_sources_own_selectors_go_before_all():
    html = f"<h1>别的</h1><div id=t>真标题</div><div id=b><p>{LONG}</p></div><i id=d>2026年11月19日</i><b id=p>来源：甲局</b>"
    found = extract(page(html), ArticleHints("#t", "#b", "#d", "#p"), NOW)
    assert (found.title, found.body, found.publisher) == ("真标题", LONG, "甲局")
    assert found.published == datetime(2026, 11, 18, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ("<p>请先登录后查看</p><input type=password>", "log-in"),
        ("<title>Just a moment...</title><p>Checking your browser</p>", "challenge"),
        ("<p>您访问的页面不存在</p>", "error page"),
        ("<p>该信息已被删除，或尚未发布</p>", "removed"),
        ("<meta charset=utf-8 r=m><script>$_ts=window['$_ts'];if(!$_ts)$_ts={};</script>", "challenge"),
        ("<script>location.href='/new/index.html'</script>", "sends on"),
        ("<html><body></body></html>", "empty"),
    ],
)
def test_a_stand_in_is_not_taken_for_the_article(html, said):
    with pytest.raises(errors.ParseError, match=said):
        extract(page(html), ArticleHints(), NOW)


def test_a_pdf_is_said_to_be_one():
    with pytest.raises(errors.ParseError, match="no HTML"):
        extract(page(b"%PDF-1.7", "application/pdf"), ArticleHints(), NOW)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300))
def test_any_page_is_an_article_or_a_named_error(text):
    try:
        extract(page(text.encode("utf-8", "replace")), ArticleHints(), NOW)
    except errors.ParseError as error:
        assert error.what


@settings(max_examples=100, deadline=None)
@given(st.builds(RawItem, key=st.text(min_size=1), url=st.text(), title=st.text(), summary=st.text(), body=st.text()))
def test_any_item_can_be_brought_into_shape(raw):
    article = normalise(raw, source="s", now=NOW, text_state=TextState.COMPLETE)
    assert len(article.key) == len(article.signature) == 16
    assert "\x00" not in article.title + article.body


def test_the_repaired_text_stands_beside_the_original():
    raw = RawItem(key="k", url="", title="腦機(jī)接口", body="產(chǎn)業(yè)")
    article = normalise(raw, source="s", now=NOW, text_state=TextState.COMPLETE)
    assert (article.title, article.original_title) == ("腦機接口", "腦機(jī)接口")
    assert (article.body, article.original_body) == ("產業", "產(chǎn)業(yè)")


def test_033_a_date_far_ahead_means_now():
    raw = RawItem(key="k", url="", title="t", published=NOW + timedelta(days=400))
    assert normalise(raw, source="s", now=NOW, text_state=TextState.COMPLETE).published == NOW


def test_the_page_gives_the_time_of_the_lists_day_but_not_another_day():
    day = datetime(2026, 11, 19, 16, tzinfo=UTC)
    raw = RawItem(key="k", url="", title="t", published=day)
    refined = Extracted(published=day + timedelta(hours=10))
    assert normalise(
        raw, source="s", now=NOW, text_state=TextState.COMPLETE, extracted=refined
    ).published == day + timedelta(hours=10)
    other = Extracted(published=day - timedelta(days=400))
    assert normalise(raw, source="s", now=NOW, text_state=TextState.COMPLETE, extracted=other).published == day


def known(article, **changes) -> Known:
    row = Known(1, 11, article.source, article.key, article.canonical_url, article.signature, article.title)
    return replace(row, **changes)


def verdicts(articles, rows=()):
    return [judgement.verdict for judgement in judge(articles, rows)]


def test_034_the_same_key_or_address_is_the_same_article():
    one = made()
    assert verdicts([one], [known(one)]) == [Verdict.SAME]
    assert verdicts([one], [known(one, title="改过的标题")]) == [Verdict.CHANGED]
    assert verdicts([one], [known(one, key="f" * 16, signature="0" * 16)]) == [Verdict.SAME]
    assert verdicts([one], [known(one, key="f" * 16, canonical_url="https://x/y", signature="0" * 16)]) == [Verdict.NEW]


def test_an_address_or_a_long_text_at_another_source_is_a_reprint():
    one = made()
    assert verdicts([one], [known(one, source="other", signature="0" * 16)]) == [Verdict.REPRINT]
    assert verdicts([one], [known(one, source="other", canonical_url="")]) == [Verdict.REPRINT]
    short = made(body="短讯")
    assert verdicts([short], [known(short, source="other", canonical_url="")]) == [Verdict.NEW]


def test_articles_of_one_batch_are_compared_with_those_before_them():
    one, two = made(), made(source="other", key="b" * 16, canonical_url="")
    first, second = judge([one, two], [])
    assert (first.verdict, second.verdict, second.of) == (Verdict.NEW, Verdict.REPRINT, 0)

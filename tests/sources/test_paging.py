"""Where a list goes on: the link, the script or the numbers that say so."""

from __future__ import annotations

from urllib.parse import urljoin

import pytest
from selectolax.lexbor import LexborHTMLParser

from policywatch.sources import paging

HERE = "https://www.example.gov.cn/tz/"


def older(html: str) -> str | None:
    asked = paging.older(html, LexborHTMLParser(f"<body>{html}</body>"), HERE)
    return asked.url if asked else None


@pytest.mark.parametrize(
    ("html", "place"),
    [
        ("<a href=index_1.html>下一页</a>", "index_1.html"),
        ("<a href=index_1.html>[下一页]</a>", "index_1.html"),
        ("<a href=index_1.html>【下页】</a>", "index_1.html"),
        ("<a href=p2.html>下一頁 &gt;</a>", "p2.html"),
        ("<a href=/page/2/>← Older posts</a>", "/page/2/"),
        ("<a href=/page/2/>Next →</a>", "/page/2/"),
        ("<a href='?page=2' title=下一页><i></i></a>", "?page=2"),
        ("<a href='?page=2' aria-label='Next page'><svg></svg></a>", "?page=2"),
        ("<a rel=next href='?page=2'>mehr</a>", "?page=2"),
        ("<link rel=next href='?page=2'>", "?page=2"),
        ("<a href=javascript:; onclick=\"location.href='index_2.html'\">下一页</a>", "index_2.html"),
        ("<script>createPageHTML(34, 0, 'index', 'html');</script>", "index_1.html"),
        ("<script>var all = 12; var at = 3;createPageHTML(all, at, 'index', 'htm');</script>", "index_4.htm"),
        ("<b>1</b><a href=list_2.html>2</a><a href=list_3.html>3</a>", "list_2.html"),
        ("<ul><li><a href=./>1</a><li><a href=l_2.html>2</a><li><a href=l_3.html>3</a></ul>", "l_2.html"),
    ],
)
def test_the_next_page_is_found(html, place):
    assert older(html) == urljoin(HERE, place)


@pytest.mark.parametrize(
    "html",
    [
        "<a href=/n/2.html>下一篇</a>",
        "<a href='javascript:toPage(2)'>下一页</a>",
        "<a href=./>下一页</a>",
        "<script>createPageHTML(3, 2, 'index', 'html');</script>",
        "<script>createPageHTML(all, at, 'index', 'html');</script>",
        "<b>2</b><a href=list_1.html>1</a>",
        "<table>" + "".join(f"<tr><td><a href=/a/{at}.html>{at}</a></td></tr>" for at in range(1, 9)) + "</table>",
        "".join(f"<a href=/day/{at}>{at}</a>" for at in range(1, 31)),
    ],
)
def test_what_only_looks_like_the_next_page_is_not_asked_for(html):
    """The next article, what only a script knows, this page, the last page, numbers of rows and the days of a month."""
    assert older(html) is None

"""Reads an article's own page: title, text, date, 来源, attachments and meta tags.

Order of belief: the source's own selectors, the meta tags of Chinese government sites and of Open Graph, the line that
says 来源 and 日期, then structure.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from selectolax.lexbor import LexborHTMLParser

from policywatch import dates, errors, standins
from policywatch.articles import attachments, published
from policywatch.articles import body as text_of_page
from policywatch.model import ArticleHints, Extracted, Page
from policywatch.text import decode, html

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, tzinfo


_META_TITLE = ("articletitle", "og:title", "twitter:title")
_META_SITE = ("sitename", "og:site_name", "application-name")
_TITLE = 6
"""Characters from which a heading inside a page's title is taken for the article's."""
_COLUMN = 12
"""Characters up to which a title that ends like a site's name is one."""
_HEADLINE = 100
_ACCOUNT = "#js_name"
"""Where articles on WeChat name the account that published them."""
_MOST_METAS = 100
_LONGEST_META = 1000
_SILENT = ["script", "style", "noscript", "template", "iframe", "object", "embed", "svg"]
_PART = re.compile(r"\s+[-|–—]\s+|\s*[_|｜]\s*|\s*-{2,}\s*|(?<=[^\dA-Za-z\s])-(?=[^\dA-Za-z\s])")
_SITE = re.compile(
    r"(?:网|網|网站|门户|政府|委员会|[厅局部委办院会]|新闻|频道|公告|通知|动态|要闻|中心|com|cn|\.org)$", re.IGNORECASE
)
"""What the name of a site or column ends in."""


def extract(page: Page, hints: ArticleHints, now: datetime, zone: tzinfo = dates.CHINA) -> Extracted:
    """What the page says. Raises ParseError when it is no article: a log-in, a challenge, an error, not HTML, empty."""
    kind = page.headers.get("content-type", "").split(";")[0].strip().lower()
    if page.body[:5] == b"%PDF-" or (kind and not _may_be_markup(kind)):
        raise errors.ParseError(page.url, f"the page is no HTML but {kind or 'PDF'}", code="not_an_article")
    text = decode.decode(page.body, page.headers.get("content-type"))
    tree = LexborHTMLParser(text)
    metas = _metas(tree)
    files = attachments.found(tree, page.url)
    tree.strip_tags(_SILENT)
    title = _title(tree, metas, hints)
    time_tag = tree.css_first("time[datetime]")
    marked = (time_tag.attributes.get("datetime") or "") if time_tag is not None else ""
    given_date = _first(tree, hints.date)
    given_publisher = _first(tree, hints.publisher) or _first(tree, _ACCOUNT)
    asks_password = tree.css_first("input[type=password]") is not None
    shown = html.shown(tree.body) if tree.body is not None else ""
    lines = shown.split("\n")
    title = _better(title, published.line_above(lines))
    # The last to look at the tree, which it takes to pieces.
    body = text_of_page.found(tree, text, hints, title)
    _refuse_stand_in(page, title, shown, text, body=body, has_files=bool(files), asks_password=asks_password)
    return Extracted(
        title=title,
        body=body,
        published=published.moment(
            given_date, metas, lines, marked=marked, source=text, title=title, url=page.url, now=now, zone=zone
        ),
        publisher=published.publisher(given_publisher, metas, lines, title=title, source=text),
        attachments=files,
        metas=metas,
    )


def _may_be_markup(kind: str) -> bool:
    return kind.startswith("text/") or "html" in kind or "xml" in kind or kind == "application/octet-stream"


def _metas(tree: LexborHTMLParser) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in tree.css("meta[content]"):
        attributes = node.attributes
        name = attributes.get("name") or attributes.get("property") or attributes.get("itemprop") or ""
        content = html.inline((attributes.get("content") or "")[:_LONGEST_META])
        if name and content:
            found.setdefault(name.strip().lower()[:80], content)
        if len(found) >= _MOST_METAS:
            break
    return found


def _first(tree: LexborHTMLParser, selector: str | None) -> str:
    node = tree.css_first(selector) if selector else None
    return html.inline(node.html or "") if node is not None else ""


def _title(tree: LexborHTMLParser, metas: Mapping[str, str], hints: ArticleHints) -> str:
    hinted = _first(tree, hints.title)
    if hinted:
        return hinted
    title_node = tree.css_first("title")
    whole = " ".join(title_node.text(deep=True).split()) if title_node is not None else ""
    named = next((metas[name] for name in _META_TITLE if metas.get(name)), "")
    # The heading that the page's own title begins with is the article's; a site's name may stand in another.
    headings = [html.inline(node.html or "") for node in tree.css("h1, h2, .title, #title")[:40]]
    if named:
        # Open Graph often carries the site's name behind the title.
        own = next((one for one in headings if _TITLE <= len(one) < len(named) and _goes_on(named, one)), named)
        return _without_own_site(own, metas)
    opening = next((one for one in headings if one and whole.startswith(one)), "")
    within = max((one for one in headings if len(one) >= _TITLE and one in whole), key=len, default="")
    if opening or within:
        return opening or within
    return _first(tree, "h1") or _without_site(whole, metas)


def _better(title: str, above: str) -> str:
    """The line above 来源 and date, where the page's own title is only a column's or a site's name."""
    says_little = len(title) < _TITLE or (len(title) <= _COLUMN and _SITE.search(title) is not None)
    return above if says_little and max(_TITLE, len(title)) < len(above) <= _HEADLINE else title


def _goes_on(whole: str, title: str) -> bool:
    """Whether what follows the title in the whole is the name of a site."""
    return whole.startswith(title) and _PART.match(whole, len(title)) is not None


def _without_own_site(title: str, metas: Mapping[str, str]) -> str:
    """A title without the name of the site behind it, where the page says that it is called so."""
    *_, last = [None, *_PART.finditer(title)]
    sites = {metas[name] for name in _META_SITE if metas.get(name)}
    return title[: last.start()].strip() if last is not None and title[last.end() :].strip() in sites else title


def _without_site(whole: str, metas: Mapping[str, str]) -> str:
    """A page's title without the names of site and column that follow the article's."""
    sites = {metas[name] for name in _META_SITE if metas.get(name)}
    first = _PART.search(whole)
    if first is not None:
        # Some sites say their own name first.
        before = whole[: first.start()].strip()
        behind = whole[first.end() :].strip()
        is_site = before in sites or (len(before) <= _COLUMN and _SITE.search(before) is not None)
        if is_site and len(behind) > len(before):
            whole = behind
    parts = list(_PART.finditer(whole))
    kept = whole
    for part in reversed(parts):
        last = kept[part.end() :].strip()
        if last in sites or len(last) <= 6 or (len(last) <= 20 and _SITE.search(last)):
            kept = kept[: part.start()].strip()
        elif part is parts[-1] and len(last) < len(kept) / 2:
            return kept[: part.start()].strip()
        else:
            break
    return kept or whole


def _refuse_stand_in(
    page: Page, title: str, shown: str, source: str, *, body: str, has_files: bool, asks_password: bool
) -> None:
    came = standins.named(title, shown, source) if not has_files else ""
    if not came and asks_password and len(body) < text_of_page.ENOUGH:
        came = standins.LOG_IN
    if came:
        raise errors.ParseError(page.url, f"instead of the article came {came}", code="not_an_article")
    if not shown and not body and not has_files:
        raise errors.ParseError(page.url, "the article's page is empty", code="not_an_article")

"""Reads an article's own page: title, text, date and 来源.

Order of belief: the source's own selectors, the meta tags of Chinese government sites and of Open Graph, the line that
says 来源 and 日期, then structure. The body of an unknown page is trafilatura's to find; its dates are not used (it
reads 2026年11月23日 as 2026-01-01).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import trafilatura
from selectolax.lexbor import LexborHTMLParser

from policywatch import dates, errors
from policywatch.model import ArticleHints, Extracted, Page
from policywatch.text import decode, html
from policywatch.text.fold import folded
from policywatch.text.repair import repair

if TYPE_CHECKING:
    from datetime import datetime, tzinfo


# 《政府网站发展指引》 (国办发〔2017〕47号), annex, names the first of each row; the others are common.
_META_TITLE = ("articletitle", "og:title", "twitter:title")
_META_DATE = (
    "pubdate",
    "firstpublishedtime",
    "article:published_time",
    "publishdate",
    "publish_date",
    "og:release_date",
    "datepublished",
    "dateupdate",
    "date",
)
_META_PUBLISHER = ("contentsource", "source", "author", "og:article:author", "sitename", "og:site_name")
_INFO_LINE = re.compile(
    r"(?:(?:信息|文章|稿件|内容)?[来來]源|发布时间|發[布佈]時間|发文日期|发布日期|[时時][间間]|日期)\s*[:：]|Source:|Published:",
    re.IGNORECASE,
)
_BREADCRUMB = re.compile(r"(?:您?(?:的)?当前(?:的)?位置|您?(?:现在)?(?:所在)?的?位置|首页)\s*[:：>»]")
_INFO_PART = re.compile(r"(?:来源|发布时间|时间|日期|作者|点击|浏览|编辑|字号|source|published|date)\s*[:：]")
_WHOLE_DATE = re.compile(r"(?:19|20)\d{2}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}")
_CLOCK_LINE = re.compile(r"今天是|今日|星期|版权|©|copyright|截止|截至", re.IGNORECASE)
_PUBLISHER = re.compile(
    r"(?:(?:信息|文章|稿件|内容)?[来來]源|Source)\s*[:：]\s*(?P<name>[^\n|｜]{1,60}?)"
    r"(?=\s*(?:$|[|｜\n]|(?:发布|發[布佈])?(?:时间|時間|日期)|作者|[点點](?:击|擊)|浏览|字[号號体]|编辑|責任|责任|20\d\d[-年/.]|Published))",
    re.IGNORECASE,
)
_BODY_PLACES = (
    "#UCAP-CONTENT", "#zoom", "#Zoom", ".TRS_UEDITOR", ".TRS_Editor", ".trs_editor_view", "#con_con", ".article_con",
    "#detailContent", "ucapcontent", "#rwb_zw", ".rm_txt_con", "#ozoom", "#artibody", "#js_content",
    "[itemprop=articleBody]",
)  # fmt: skip
"""Where the common platforms put the text of an article."""
_TAIL = re.compile(
    r"^(?:(?:相[关關]|推[荐薦]|延伸|更多|[热熱][门門])(?:文章|[阅閱][读讀]|[新资資][闻聞讯訊]|[链鏈]接|[内內]容)?(?:推[荐薦])?|上一篇|下一篇|"
    r"(?:责任)?[编編][辑輯]|分享到|【?(?:打印|[关關][闭閉])|Related (?:articles|posts|stories))\s*(?:[:：】（(]|$)",
    re.IGNORECASE,
)
# A page that stands in for an article. Only short ones count: an article may well speak of captchas.
_STAND_INS = (
    (
        "a challenge (captcha)",
        "captcha|验证码|驗證碼|安全验证|人机验证|checking your browser|just a moment|cf-challenge|滑动验证|访问验证",
    ),
    ("a log-in page", "请(?:先)?登录|用户登录|登录后(?:查看|阅读)|please (?:log|sign) ?in|log ?in to continue"),
    (
        "an error page",
        "页面不存在|页面未找到|找不到(?:该|您)|内容已被?删除|文章不存在|访问被拒绝|(?:404|page) not found|forbidden",
    ),
)
_SHORT_PAGE = 400
_MENU_LINE = 20
"""Characters: the mean length of lines that are links and labels, not sentences."""
_NAMED = 16
"""Characters of a title by which its line is known."""
_UNDER = 12
"""Lines under the title among which its date stands."""
_ENOUGH = 60
"""Characters of body below which another way of finding it is tried."""


def extract(page: Page, hints: ArticleHints, now: datetime, zone: tzinfo = dates.CHINA) -> Extracted:
    """What the page says. Raises ParseError when it is no article: a log-in, a challenge, an error, not HTML, empty."""
    kind = page.headers.get("content-type", "").split(";")[0].strip().lower()
    if page.body[:5] == b"%PDF-" or (kind and not _may_be_markup(kind)):
        raise errors.ParseError(page.url, f"the page is no HTML but {kind or 'PDF'}", code="not_an_article")
    text = decode.decode(page.body, page.headers.get("content-type"))
    tree = LexborHTMLParser(text)
    tree.strip_tags(["script", "style", "noscript", "template", "iframe"])
    metas = _metas(tree)
    title = _title(tree, metas, hints)
    body = _body(tree, text, hints, title)
    _refuse_stand_in(page, tree, title, body)
    info = _info_line(tree)
    return Extracted(
        title=title,
        body=body,
        published=_date(tree, metas, info, hints, title=title, url=page.url, now=now, zone=zone),
        publisher=_publisher(tree, metas, info, hints),
    )


def _may_be_markup(kind: str) -> bool:
    return kind.startswith("text/") or "html" in kind or "xml" in kind or kind == "application/octet-stream"


def _metas(tree: LexborHTMLParser) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in tree.css("meta[content]"):
        name = node.attributes.get("name") or node.attributes.get("property") or node.attributes.get("itemprop") or ""
        content = html.inline(node.attributes.get("content") or "")
        if name and content:
            found.setdefault(name.strip().lower(), content)
    return found


def _first(tree: LexborHTMLParser, selector: str | None) -> str:
    node = tree.css_first(selector) if selector else None
    return html.inline(node.html or "") if node is not None else ""


def _title(tree: LexborHTMLParser, metas: dict[str, str], hints: ArticleHints) -> str:
    hinted = _first(tree, hints.title)
    if hinted:
        return hinted
    for name in _META_TITLE:
        if metas.get(name):
            return metas[name]
    title_node = tree.css_first("title")
    whole = " ".join(title_node.text(deep=True).split()) if title_node is not None else ""
    # The heading that the page's own title begins with is the article's; a site's name may stand in another.
    for node in tree.css("h1, h2, .title, #title"):
        heading = html.inline(node.html or "")
        if heading and whole.startswith(heading):
            return heading
    return _first(tree, "h1") or re.split(r"\s*[-_|–—]\s*(?=[^-_|–—]*$)", whole)[0]


def _body(tree: LexborHTMLParser, text: str, hints: ArticleHints, title: str) -> str:
    for selector in (hints.body, *_BODY_PLACES):
        node = tree.css_first(selector) if selector else None
        if node is not None:
            found = _without_tail(html.plain(node.html or ""))
            if len(found) >= _ENOUGH or (found and selector == hints.body):
                return found
    general: str | None = trafilatura.extract(
        text, output_format="txt", include_comments=False, include_tables=True, favor_recall=True, deduplicate=False
    )
    # Its text is clean; what it joins with spaces stays as the page wrote it.
    found = _without_tail(_without_head(general or "", title))
    dense = _without_tail(_without_head(_densest(tree), title))
    if _is_whole_page(found, dense):
        return dense
    return found if len(found) >= _ENOUGH else max(found, dense, key=len)


def _is_whole_page(found: str, dense: str) -> bool:
    """On short pages trafilatura falls back to all there is, in one line or with the menu; the block is cleaner."""
    if len(dense) < _ENOUGH:
        return False
    if "\n" not in found:
        return "\n" in dense and len(found) * 0.5 <= len(dense) <= len(found) * 1.3
    lines = found.split("\n")
    inside = {"".join(line.split()) for line in dense.split("\n")}
    extra = [line for line in lines if "".join(line.split()) not in inside]
    is_covered = len(lines) - len(extra) >= len(inside)
    return is_covered and bool(extra) and sum(map(len, extra)) / len(extra) <= _MENU_LINE


def _densest(tree: LexborHTMLParser) -> str:
    """The block with the most text in its own paragraphs: for pages too short for the extractor's statistics."""
    best, most = "", 0
    for node in tree.css("article, main, div, td, section"):
        own = [child for child in node.iter() if child.tag in {"p", "-text", "br", "span", "font"}]
        length = sum(len(child.text(deep=True).strip()) for child in own)
        links = sum(len(link.text(deep=True).strip()) for link in node.css("a"))
        if length - 2 * links > most:
            best, most = html.plain(node.html or ""), length - 2 * links
    return best


def _without_head(body: str, title: str) -> str:
    """Without breadcrumbs, info lines, and a first line that only repeats the title."""
    lines = [line for line in body.split("\n") if not _is_furniture(line)]
    while lines and (
        folded(lines[0]) == folded(title) or (len(lines[0]) < 100 and _INFO_LINE.search(lines[0])) or not lines[0]
    ):
        lines.pop(0)
    return "\n".join(lines)


def _is_furniture(line: str) -> bool:
    """A breadcrumb or info line; an extractor that wants to miss nothing moves them behind the text."""
    if len(line) > 120:
        return False
    text = folded(repair(line).text)
    return bool(_BREADCRUMB.match(text)) or len(_INFO_PART.findall(text)) >= 2


def _without_tail(body: str) -> str:
    """Without what follows an article: related links, share buttons, the editor's name."""
    lines = body.split("\n")
    for at, line in enumerate(lines):
        # Only in the last two thirds: an article may open with 相关 and go on.
        if len(line) < 40 and at * 3 >= len(lines) - 1 and _TAIL.match(line.strip("- *")):
            return "\n".join(lines[:at]).rstrip()
    return body.strip()


def _refuse_stand_in(page: Page, tree: LexborHTMLParser, title: str, body: str) -> None:
    whole = html.plain(tree.body.html or "") if tree.body is not None else ""
    if not whole and not body:
        raise errors.ParseError(page.url, "the article's page is empty", code="not_an_article")
    if len(whole) <= _SHORT_PAGE:
        for what, pattern in _STAND_INS:
            if re.search(pattern, f"{title}\n{whole}", re.IGNORECASE):
                raise errors.ParseError(page.url, f"instead of the article came {what}", code="not_an_article")
    if tree.css_first("input[type=password]") is not None and len(body) < _ENOUGH:
        raise errors.ParseError(page.url, "instead of the article came a log-in page", code="not_an_article")


def _info_line(tree: LexborHTMLParser) -> str:
    """The short line that names 来源 and date."""
    if tree.body is None:
        return ""
    lines = html.plain(tree.body.html or "").split("\n")
    for at, line in enumerate(lines[:200]):
        if _INFO_LINE.search(line) and len(line) < 300:
            # Some sites put each part on a line of its own.
            return "\n".join(lines[max(0, at - 1) : at + 3]) if len(line) < 40 else line
    return ""


def _date(
    tree: LexborHTMLParser,
    metas: dict[str, str],
    info: str,
    hints: ArticleHints,
    *,
    title: str,
    url: str,
    now: datetime,
    zone: tzinfo,
) -> datetime | None:
    hinted = _first(tree, hints.date)
    time_tag = tree.css_first("time[datetime]")
    candidates = [
        hinted,
        *(metas.get(name, "") for name in _META_DATE),
        info,
        (time_tag.attributes.get("datetime") or "") if time_tag is not None else "",
    ]
    for candidate in [*candidates, *_dated_lines(tree, title)]:
        found = dates.as_written(candidate[:400], now=now, zone=zone) if candidate else None
        if found is not None:
            return found
    return dates.in_address(url, now=now, zone=zone)


def _dated_lines(tree: LexborHTMLParser, title: str) -> list[str]:
    """Short lines that hold a whole date: under the title, else near the top; not the clock of the page's head."""
    if tree.body is None:
        return []
    lines = html.plain(tree.body.html or "").split("\n")
    named = title[:_NAMED]
    under = [at for at, line in enumerate(lines) if named and named in line]
    places = [*(lines[at : at + _UNDER] for at in under), lines[:150]]
    return [
        line
        for place in places
        for line in place
        if len(line) <= 80 and _WHOLE_DATE.search(line.replace(title, "")) and not _CLOCK_LINE.search(line)
    ][:3]


def _publisher(tree: LexborHTMLParser, metas: dict[str, str], info: str, hints: ArticleHints) -> str:
    hinted = _first(tree, hints.publisher)
    if hinted:
        return re.sub(r"^(?:信息|文章|稿件)?[来來]源\s*[:：]\s*", "", hinted)
    if metas.get("contentsource"):
        return metas["contentsource"]
    named = _PUBLISHER.search(info)
    if named and named["name"].strip():
        return named["name"].strip()
    return next((metas[name] for name in _META_PUBLISHER if metas.get(name)), "")

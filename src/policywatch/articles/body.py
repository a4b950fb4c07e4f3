"""The text of an article's page: from the place that is known, else from the block that its sentences show.

Chinese pages are read by `block`, which on them kept more of the texts and less of what surrounds them than any
library that was measured, at ten times the speed; pages in other languages are trafilatura's (docs/decisions.md).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from policywatch.articles import block
from policywatch.text import html
from policywatch.text.fold import folded
from policywatch.text.repair import repair

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser

    from policywatch.model import ArticleHints

INFO_LINE = re.compile(
    r"(?:(?:信息|文章|稿件|内容)?[来來]源|发布时间|發[布佈]時間|发文日期|发布日期|[时時][间間]|日期)\s*[:：]|Source:|Published:",
    re.IGNORECASE,
)
ENOUGH = 60
"""Characters of body below which another way of finding it is tried."""
_PLACES = (
    "#UCAP-CONTENT, #zoom, #Zoom, .TRS_UEDITOR, .TRS_Editor, .trs_editor_view, #con_con, .article_con, #detailContent, "
    "ucapcontent, #ivs_content, #rwb_zw, .rm_txt_con, #ozoom, #artibody, #js_content, [itemprop=articleBody]"
)
"""Where the common platforms put the text of an article. Asked for in one selector: each by itself walks the tree."""
_MOST_PLACES = 5
_BREADCRUMB = re.compile(r"(?:您?(?:的)?当前(?:的)?位置|您?(?:现在)?(?:所在)?的?位置|首页)\s*[:：>»]")
_INFO_PART = re.compile(
    r"(?:来源|发布时间|时间|日期|作者|(?:点击|浏览|阅读|访问)(?:次数|量|数)?|编辑|字号|source|published|date)\s*[:：]"
)
_TAIL = re.compile(
    r"^[(（]?(?:(?:相[关關]|推[荐薦]|延伸|更多|[热熱][门門]|猜你喜欢|为您推荐|今日)(?:文章|稿件|[阅閱][读讀]|[新资資][闻聞讯訊]|[链鏈]接|[内內]容)?(?:推[荐薦])?|"
    r"【?上一[篇条]】?|【?下一[篇条]】?|(?:责任|責任)?[编編][辑輯]|责编|分享(?:到|至)?|扫一扫.{0,20}|【?(?:打印|[关關][闭閉]).{0,12}|"
    r"Related (?:articles|posts|stories))\s*(?:[:：】（(]|$)",
    re.IGNORECASE,
)
_FOOT = re.compile(
    r"ICP\s*[备備证證]|公网安备|网站标识码|版[权權]所有|©|Copyright|All Rights Reserved|Produced By|"
    r"^(?:网站地图|网站声明|关于我们|联系我们)(?:$|\s*[|｜·\s])|[|｜]\s*(?:网站地图|联系我们|网站声明|隐私)|"
    r"(?:主办|承办)(?:单位)?\s*[:：]|技术支持\s*[:：]|建议使用.{0,20}浏览器",
    re.IGNORECASE,
)
_FOOT_LINE = 160
_TOP = 12
_BOTTOM = 6
"""Lines of a text among which its breadcrumb and info line stand."""
_MENU_LINE = 20
"""Characters: the mean length of lines that are links and labels, not sentences."""


def found(tree: LexborHTMLParser, text: str, hints: ArticleHints, title: str) -> str:
    """The text, one paragraph a line. `text` is the page's source; the tree is taken to pieces."""
    chosen = tree.css_first(hints.body) if hints.body else None
    if chosen is not None and (said := _bare(html.shown(chosen), title)):
        return said
    for node in tree.css(_PLACES)[:_MOST_PLACES]:
        if len(said := _bare(block.inside(node), title)) >= ENOUGH:
            return said
    own = _bare(block.found(tree), title)
    if block.is_chinese(own) and len(own) >= ENOUGH:
        return own
    other = _bare(_general(text), title)
    # Of short pages trafilatura gives all there is, in one line or with the menu; the block is cleaner.
    if block.is_chinese(own) or _is_whole_page(other, own):
        return own if len(own) >= ENOUGH or len(own) * 2 >= len(other) else other
    return other if len(other) >= ENOUGH else max(other, own, key=len)


def _general(text: str) -> str:
    # Loaded when the first page wants it: 20 MB and 0.15 s that a process of Chinese sites does without.
    import trafilatura  # noqa: PLC0415

    general: str | None = trafilatura.extract(
        text, output_format="txt", include_comments=False, include_tables=True, favor_recall=True, deduplicate=False
    )
    return general or ""


def _bare(text: str, title: str) -> str:
    return _without_foot(_without_tail(_without_head(text, title)))


def _is_whole_page(other: str, own: str) -> bool:
    if len(own) < ENOUGH:
        return False
    if "\n" not in other:
        return "\n" in own and len(other) * 0.5 <= len(own) <= len(other) * 1.3
    lines = other.split("\n")
    inside = {"".join(line.split()) for line in own.split("\n")}
    extra = [line for line in lines if "".join(line.split()) not in inside]
    is_covered = len(lines) - len(extra) >= len(inside)
    return is_covered and bool(extra) and sum(map(len, extra)) / len(extra) <= _MENU_LINE


def _without_head(body: str, title: str) -> str:
    """Without breadcrumbs, info lines, and a first line that only repeats the title."""
    lines = body.split("\n")
    lines = [line for at, line in enumerate(lines) if _TOP <= at < len(lines) - _BOTTOM or not _is_furniture(line)]
    called = folded(title)
    while lines and (
        not lines[0]
        or (len(lines[0]) <= 2 * len(title) + 20 and folded(lines[0]) == called)
        or (len(lines[0]) < 100 and INFO_LINE.search(lines[0]))
        or _SIZES.fullmatch(lines[0])
    ):
        lines.pop(0)
    return "\n".join(lines)


_SIZES = re.compile(r"(?:[【\[]?\s*(?:字[号號体體大]|[大中小]|打印|[分共]享|收藏|关闭|T|A[+-]?)\s*[】\]]?[:：\s|]*)+")


def _is_furniture(line: str) -> bool:
    """A breadcrumb or info line; an extractor that wants to miss nothing moves them behind the text."""
    if len(line) > 120 or not _FURNITURE.search(line):
        return False
    text = folded(repair(line).text)
    return bool(_BREADCRUMB.match(text)) or len(_INFO_PART.findall(text)) >= 2


_FURNITURE = re.compile(r"[:：>»]")


def _without_tail(body: str) -> str:
    """Without what follows an article: related links, share buttons, the editor's name."""
    lines = body.split("\n")
    for at, line in enumerate(lines):
        # Only in the last two thirds: an article may open with 相关 and go on.
        if len(line) < 40 and at * 3 >= len(lines) - 1 and _TAIL.match(line.strip("- *")):
            return "\n".join(lines[:at]).rstrip()
    return body.strip()


def _without_foot(body: str) -> str:
    """Without the lines at the end that say who runs the site."""
    lines = body.split("\n")
    for at in range(max(0, len(lines) - 8), len(lines)):
        if len(lines[at]) <= _FOOT_LINE and _FOOT.search(lines[at]):
            return "\n".join(lines[:at]).rstrip()
    return body

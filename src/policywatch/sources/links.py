"""The links of a page that may be entries of a list: without its navigation and its foot."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from policywatch import urls
from policywatch.sources import entry
from policywatch.text.han import HAN

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

MAX_LINKS = 3000
"""Of a page; what is beyond is not looked at."""
_OFTEN = 4
"""Links to one address with the same words that make it a category's, and no article's."""
_FOUR_HAN = re.compile(f"(?:[^{HAN}]*[{HAN}]){{4}}")
_WORD = re.compile(r"[A-Za-z]{2,}")
_NAVIGATION = re.compile(
    r"^(?:首\s*页|上一页|下一页|尾页|末页|上页|下页|更多|more|查看|详情|详细|阅读全文|全文|下载|返回|登录|注册|搜索|无障碍|"
    r"网站地图|联系我们|关于我们|版权|隐私|收藏|打印|关闭|繁體|简体|English|手机版|RSS|»|«|<|>|\d+)[》>»\s]*$",
    re.IGNORECASE,
)
_NAVIGATION_FIRST = frozenset("首上下尾末更查详阅全返登注搜无网联关版隐收打手繁简mMeErR»«<>")
"""What these begin with, but for figures."""
# With what makes them a foot's: 关于开展App备案工作的通知 is an article.
_FOOT = re.compile(
    r"ICP\s*[备備证證]?案?[-号字\s]{0,3}\d|公网安备\s*\d|备案(?:编|序)?号\s*[:：]|网站标识码|版权所有\s*(?:$|[:：©])|^版权所有"
    r"|(?:主办|承办)单位\s*[:：]",
    re.IGNORECASE,
)
_ANY_SIGN = re.compile("[备案权码位Pp]")
"""One of which stands in it: a search for single characters is the faster one."""
_FOOT_HOSTS = re.compile(r"//(?:[\w-]+\.)?(?:beian|conac)\.")
"""Where the signs of registration in a page's foot lead."""
_SCHEMES = ("http://", "https://")


@dataclass(frozen=True, slots=True)
class Link:
    """A link with words, in the order of the page."""

    url: str
    title: str
    anchor: LexborNode
    order: int
    is_title: bool
    """It reads like a title; what does not, such as 任免, is an entry only among others that do."""


def found(tree: LexborHTMLParser, base_url: str) -> list[Link]:
    """The page's links that may be entries, in its order; also what only a script makes a link."""
    said = []
    for order, anchor in enumerate(tree.css("a[href], [onclick]:not([href])")[:MAX_LINKS]):
        href = entry.address_of(anchor)
        if not href or href.startswith(("#", "mailto:", "tel:")):
            continue
        url = urls.absolute(base_url, href)
        if not url[:8].lower().startswith(_SCHEMES):
            continue
        # What a click on a whole entry opens, its link opens too.
        if anchor.tag != "a" and any(entry.address_of(inner) for inner in anchor.css("a[href]")):
            continue
        title = entry.title_of(anchor)
        if title and not _leads_elsewhere(title, url):
            said.append((url, title, anchor, order))
    often = {url for url, times in Counter([one[0] for one in said]).items() if times >= _OFTEN}
    # An article's entry may link it often, but with other words each time.
    times = Counter(one[:2] for one in said if one[0] in often)
    return [
        Link(url, title, anchor, order, times.get((url, title), 0) < _OFTEN and _reads_like_a_title(title))
        for url, title, anchor, order in said
    ]


def _leads_elsewhere(title: str, url: str) -> bool:
    first = title[0]
    if (first in _NAVIGATION_FIRST or first.isdecimal()) and _NAVIGATION.match(title):
        return True
    if ("beian" in url or "conac" in url) and _FOOT_HOSTS.search(url):
        return True
    return _ANY_SIGN.search(title) is not None and _FOOT.search(title) is not None


def _reads_like_a_title(title: str) -> bool:
    return _FOUR_HAN.match(title) is not None or len(_WORD.findall(title)) >= 3

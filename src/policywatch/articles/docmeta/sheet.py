"""A document as it is looked at: character for character plain, without what its site wrote around it.

Simplified characters, half-width digits and brackets, small letters; every place in it is the same place in the text
as given, so that words can be shown as they stand there.
"""

# ruff: noqa: E501  # tables and grammars of Chinese words, which count double

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from policywatch.text.table import CODE, looked_up, text_of

MAX_TITLE = 500
MAX_BODY = 20_000
"""Characters that are looked at; number, bodies and dates stand in the first pages or, of longer texts, in the last."""
_TAIL = 3_000

# What sites write around a text. Only whole lines go.
_AROUND = re.compile(
    r"""\s*(?:
        (?:您?当前(?:所在)?(?:的)?位置|您的?位置|您?现在的位置|所在位置|当前栏目)\s*[:>].*
        | (?:网站)?首页\s*(?:>|»|/|›).*
        | (?:【?\s*)?字[体号]\s*[:：].* | 【?打印.{0,6}】?.* | 分享到?\s*:.* | .*(?:【关闭窗口】|【打印】|打印本页|扫一扫).*
        | 责任编辑\s*[:：].* | 编辑\s*[:：].{0,30} | (?:上|下)一篇\s*[:：].* | 相关(?:链接|阅读|文章|附件下载|新闻|文档)\s*[:：]?.*
        | 附件下载\s*[:：].* | (?:版权所有|主办(?:单位)?\s*[:：]|承办(?:单位)?\s*[:：]|网站标识码).* | .*icp备.*
        | (?:浏览|点击|阅读)(?:次数|量|数)\s*[:：]?\s*\d*.*
    )""",
    re.VERBOSE,
)


def plain(text: str) -> str:
    """The text, each character by itself in its plain form: as long as before."""
    return text_of((looked_up(text) & CODE).astype(np.uint32)) if text else ""


@dataclass(frozen=True)
class Line:
    """One line of the body, trimmed, and where it begins there."""

    start: int
    text: str


@dataclass(frozen=True)
class Sheet:
    """Title and body, as given."""

    given_title: str
    given_body: str

    @cached_property
    def title(self) -> str:
        """The title in plain characters, on one line."""
        return " ".join(plain(self.given_title[:MAX_TITLE]).split())

    @cached_property
    def body(self) -> str:
        """The body in plain characters; what its site wrote around it, and what lies beyond the limit, is blank."""
        whole = plain(self.given_body)
        if len(whole) > MAX_BODY + _TAIL:
            whole = whole[:MAX_BODY] + " " * (len(whole) - MAX_BODY - _TAIL) + whole[-_TAIL:]
        return "\n".join(
            " " * len(line) if len(line) < 300 and _AROUND.fullmatch(line) else line for line in whole.split("\n")
        )

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """Its lines that hold something."""
        found, at = [], 0
        for line in self.body.split("\n"):
            text = line.strip()
            if text:
                found.append(Line(at + len(line) - len(line.lstrip()), text))
            at += len(line) + 1
        return tuple(found)

    def words(self, start: int, end: int) -> str:
        """A range of the body as it was given, on one line."""
        return " ".join(self.given_body[start:end].split())

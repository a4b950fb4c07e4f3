"""What a source changed in an article that matters: words of the title; figures, dates and names of the text.

Punctuation, a site's name behind the title, counters of views and lines that the site puts around a text do not.
"""

from __future__ import annotations

import re
from itertools import zip_longest

from policywatch.articles import profile, titles
from policywatch.text.fold import folded

MOST = 3
"""Changes that are named; how many more there are is said in figures."""
_SHOWN = 60
_ARROW = " → "
_SENTENCE = re.compile(r"[^。！？!?；;\n]+")
_FACT = re.compile(
    r"《[^《》]{2,40}》|\d{4}年(?:\d{1,2}月(?:\d{1,2}日)?)?|\d{1,2}月\d{1,2}日|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}"
    r"|第?[\d.,]*\d(?:%|[万亿千百]*[元吨辆家个项件人名户台套年月日天点时分批期次届]*)"
)
_LABEL = re.compile(r"[\u4e00-\u9fffa-zA-Z]+")
_JOINTS = re.compile(r"(?:时间|日期)?(?:调整|延长|变更|更改|推迟|改)?(?:为|是|至|到|在|于|自|从|达|共|约|计|由)+$")
_COUNTER = re.compile(r"(?:点击|浏览|阅读|访问|播放|评论|点赞)\S{0,3}[\s:：(（]*\d+")


def of_title(before: str, after: str) -> str:
    """What changed in a title, as `before → after`; empty when nothing that matters."""
    old, new = titles.parsed(before), titles.parsed(after)
    if old.core == new.core or not new.core:
        return ""
    # A list that cuts titles short says nothing new.
    if len(new.core) >= titles.PIECE and old.core.startswith(new.core):
        return ""
    return f"{_cut(before)}{_ARROW}{_cut(after)}"


def of_text(before: str, after: str) -> str:
    """What changed in a text: `截止日期 11月30日 → 12月15日`; empty when nothing that matters.

    Of two texts of which one only goes on where the other was cut short, nothing.
    """
    old, new = _sentences(before), _sentences(after)
    gone = [sentence for key, sentence in old.items() if key not in new]
    come = [sentence for key, sentence in new.items() if key not in old]
    if not gone or not come:
        return ""
    by_template = {_template(sentence): sentence for sentence in come}
    found = []
    for sentence in gone:
        other = by_template.get(_template(sentence))
        if other is not None:
            found += _facts(sentence, other)
    if not found:
        found = _unmatched(gone, come)
    more = f" (+{len(found) - MOST})" if len(found) > MOST else ""
    return "；".join(found[:MOST]) + more


def _sentences(text: str) -> dict[str, str]:
    """The sentences of a text by their folded letters."""
    bare = profile.without_furniture(text)
    found = {}
    for sentence in _SENTENCE.findall(_COUNTER.sub("", bare)):
        letters = titles.letters(folded(sentence))
        if len(letters) >= profile.SENTENCE:
            found[letters] = sentence.strip()
    return found


def _template(sentence: str) -> str:
    return titles.letters(folded(_FACT.sub("", sentence)))


def _facts(before: str, after: str) -> list[str]:
    """Where two sentences of one template differ, each with the words before it."""
    found = []
    for old, new in zip_longest(_FACT.finditer(before), _FACT.finditer(after)):
        one, other = (old[0] if old else ""), (new[0] if new else "")
        if folded(one) == folded(other):
            continue
        at, text = (old.start(), before) if old else (new.start(), after)
        labels = _LABEL.findall(text[:at])
        label = (_JOINTS.sub("", labels[-1]) or labels[-1])[-8:] if labels else ""
        found.append(f"{label} {one or '-'}{_ARROW}{other or '-'}".strip())
    return found


def _unmatched(gone: list[str], come: list[str]) -> list[str]:
    """The facts of sentences that were written anew, when they are others."""
    old = {fact for sentence in gone for fact in _FACT.findall(sentence)}
    new = {fact for sentence in come for fact in _FACT.findall(sentence)}
    lost, won = sorted(old - new), sorted(new - old)
    if not lost or not won:
        return []
    return [f"{'、'.join(lost[:MOST])}{_ARROW}{'、'.join(won[:MOST])}"]


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"

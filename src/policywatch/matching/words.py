"""Explanations in the words of a language."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policywatch.matching.explain import Explanation, Matched, Quote, Reason
    from policywatch.matching.termreport import TermReport

LANGUAGES = ("zh-CN", "en")
TEXTS: dict[str, dict[str, str]] = {
    "zh-CN": {
        "hit": "“{list}”：收录，得分 {score}。",
        "excluded": "“{list}”：未收录，已被排除。",
        "nearly": "“{list}”：未收录，但接近。",
        "nothing": "没有任何清单的词出现在这篇文字中。",
        "no_text": "只有标题：正文没有读到，或已不再保存。",
        "others": "其余 {n} 个清单没有任何词出现。",
        "joint": "；",
        "stop": "。",
        "comma": "、",
        "field.title": "标题",
        "field.body": "正文",
        "field.source": "来源",
        "matched": "{field}有“{rule}”：{quote}",
        "matched.many": "{field}有“{rule}”，共 {n} 处，首处为 {quote}",
        "not_counted": "不计：",
        "quote": "「{before}【{text}】{after}」",
        "field": "“{rule}”出现在{field}，不在要求的位置：{quote}",
        "longer": "“{rule}”在更长的词或数字之内：{quote}",
        "number": "“{rule}”是一个小数的一部分：{quote}",
        "address": "“{rule}”在网址或编号之内：{quote}",
        "case": "“{rule}”的大小写不同：{quote}",
        "exception": "“{rule}”在例外词组“{other}”之内：{quote}",
        "forbidden": "none 中的“{rule}”出现：{quote}",
        "missing": "有“{other}”，缺“{rule}”",
        "far": "“{rule}”的各词相距太远：{quote}",
        "far.number": "“{rule}”的各词相距 {n} 个字，太远：{quote}",
        "order": "“{rule}”的各词次序不同：{quote}",
        "sentence": "“{rule}”的各词不在同一句：{quote}",
        "min_score": "得分 {score} 低于 min_score {n}",
        "term": "词条“{term}”，比对时写作“{folded}”。",
        "term.joint": "空格也可写作：{forms}。",
        "term.regional": "各地用词：{forms}。",
        "term.damaged": "转换程序损坏后的样子：{forms}。",
        "term.alone": "没有其他写法。",
        "term.edges": "两端的字母或数字须是词的边界：在更长的词或数字（如“x{folded}”“{folded}9”）之内不算。",
        "term.no_edges": "在任何汉字之间都算，中文没有词界。",
        "term.lists": "属于清单：{lists}。",
        "term.no_lists": "没有清单写有它。",
        "term.exceptions": "与它有关的例外：{phrases}。",
        "term.exception": "“{phrase}”（{list}）",
        "term.no_exceptions": "没有与它有关的例外。",
    },
    "en": {
        "hit": "{list}: matched, score {score}. ",
        "excluded": "{list}: not matched, excluded. ",
        "nearly": "{list}: not matched, but nearly. ",
        "nothing": "No word of any watch-list stands in this text.",
        "no_text": "There is only a title: the text was not read, or is no longer kept.",
        "others": "No word of the other {n} watch-lists stands in it.",
        "joint": "; ",
        "stop": ".",
        "comma": ", ",
        "field.title": "the title",
        "field.body": "the text",
        "field.source": "the source's name",
        "matched": "“{rule}” stands in {field}: {quote}",
        "matched.many": "“{rule}” stands in {field} {n} times, first in {quote}",
        "not_counted": "Does not count: ",
        "quote": "“{before}[{text}]{after}”",
        "field": "“{rule}” stands in {field}, where the rule does not look: {quote}",
        "longer": "“{rule}” stands inside a longer word or number: {quote}",
        "number": "“{rule}” is part of a decimal number: {quote}",
        "address": "“{rule}” stands inside an address or code: {quote}",
        "case": "“{rule}” has other capitals: {quote}",
        "exception": "“{rule}” stands inside the exception “{other}”: {quote}",
        "forbidden": "“{rule}” of `none` stands there: {quote}",
        "missing": "“{other}” is there, “{rule}” is missing",
        "far": "The words of “{rule}” are too far apart: {quote}",
        "far.number": "The words of “{rule}” are {n} characters apart, too far: {quote}",
        "order": "The words of “{rule}” stand in another order: {quote}",
        "sentence": "The words of “{rule}” do not stand in one sentence: {quote}",
        "min_score": "The score {score} is below the min_score {n}",
        "term": "“{term}” is looked for as “{folded}”. ",
        "term.joint": "White space may also be written: {forms}. ",
        "term.regional": "Words of other regions: {forms}. ",
        "term.damaged": "As a converter damages it: {forms}. ",
        "term.alone": "It has no other spelling. ",
        "term.edges": "Letters and digits at its ends must be the edge of a word: inside a longer word or number, such "
        "as “x{folded}” or “{folded}9”, it does not count. ",
        "term.no_edges": "It counts between any Han characters, as Chinese has no borders between words. ",
        "term.lists": "Watch-lists that have it: {lists}. ",
        "term.no_lists": "No watch-list has it. ",
        "term.exceptions": "Exceptions that touch it: {phrases}.",
        "term.exception": "“{phrase}” ({list})",
        "term.no_exceptions": "No exception touches it.",
    },
}


def lines(told: Sequence[Explanation], language: str, lists: int, *, has_text: bool = True) -> list[str]:
    """A line for each list that has something to say, and one for all others; `lists` is how many there are."""
    words = TEXTS[language]
    said = [sentence(one, language) for one in told]
    others = lists - len(told)
    if not told:
        said.append(words["nothing"])
    elif others:
        said.append(words["others"].format(n=others))
    return said if has_text else [*said, words["no_text"]]


def sentence(one: Explanation, language: str) -> str:
    """What there is to say of one list."""
    words = TEXTS[language]
    said = words[one.state].format(list=one.watchlist, score=_number(one.score))
    if one.matched:
        said += words["joint"].join(_matched(matched, words) for matched in one.matched) + words["stop"]
    if one.reasons:
        told = words["joint"].join(_reason(reason, one.score, words) for reason in one.reasons)
        counted = (" " if language == "en" else "") + words["not_counted"] if one.matched else ""
        said += counted + told + words["stop"]
    return said


def term_lines(report: TermReport, language: str) -> list[str]:
    """What there is to say of a term."""
    words = TEXTS[language]
    quoted = {
        kind: words["comma"].join(f"“{form}”" for form in forms) for kind, forms in report.spellings.items() if forms
    }
    said = [words["term"].format(term=report.term, folded=report.folded)]
    said += [words[f"term.{kind}"].format(forms=forms) for kind, forms in quoted.items()] or [words["term.alone"]]
    said.append(words["term.edges" if report.has_edges else "term.no_edges"].format(folded=report.folded))
    lists = words["comma"].join(report.lists)
    said.append(words["term.lists"].format(lists=lists) if lists else words["term.no_lists"])
    phrases = words["comma"].join(
        words["term.exception"].format(phrase=phrase, list=name) for phrase, name in report.exceptions
    )
    said.append(words["term.exceptions"].format(phrases=phrases) if phrases else words["term.no_exceptions"])
    return [one.strip() for one in said]


def _matched(matched: Matched, words: dict[str, str]) -> str:
    key = "matched" if matched.count == 1 else "matched.many"
    field = words[f"field.{matched.field}"]
    return words[key].format(rule=matched.rule, field=field, n=matched.count, quote=_quote(matched.quote, words))


def _reason(reason: Reason, score: float, words: dict[str, str]) -> str:
    key = "far.number" if reason.kind == "far" and reason.number else reason.kind
    return words[key].format(
        rule=reason.rule,
        other=reason.other,
        n=_number(reason.number),
        score=_number(score),
        field=words[f"field.{reason.quote.field}"] if reason.quote else "",
        quote=_quote(reason.quote, words) if reason.quote else "",
    )


def _quote(quote: Quote, words: dict[str, str]) -> str:
    return words["quote"].format(before=quote.before, text=quote.text, after=quote.after)


def _number(number: float) -> str:
    return f"{number:g}"

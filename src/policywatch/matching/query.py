"""Queries: a rule in one line, `(量子 NEAR/10 计算) OR "量子科技" -招聘 title:6G`.

What binds most comes first: quotes, brackets and `title:`; NEAR/n; NOT and `-`; AND, also where nothing stands between
two words; OR. So `a b OR c` is `(a AND b) OR c`. Operators are written in capitals. Full-width brackets, quotes, colons
and hyphens mean the same.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, NoReturn

import lark
from pydantic import ValidationError

from policywatch.matching.base import RuleSpec, refuse, rule_class, single

MAX_LENGTH = 2000
MAX_DEPTH = 20
DOCUMENT_WORDS = ("kind", "issuer", "region")
"""What may be asked of the document: `kind:通知,意见` is `kind: [通知, 意见]`."""
FIELDS = ("title", "lead", "body", "source", "any")
_END = r"(?![^\s()\"])"
GRAMMAR = rf"""
    start: either
    either: both (_OR both)*
    both: unit (_AND? unit)*
    ?unit: negation | close
    negation: (_NOT | _MINUS) unit
    close: atom (NEAR atom)*
    atom: FIELD? (WORD | PHRASE | _OPEN either _CLOSE)

    _OR.3: /OR{_END}/
    _AND.3: /AND{_END}/
    _NOT.3: /NOT{_END}/
    NEAR.3: /NEAR(?:\/\d+)?{_END}/
    FIELD.3: /(?:{"|".join((*FIELDS, *DOCUMENT_WORDS))}):\s*/
    _MINUS.2: /-(?=\S)/
    PHRASE: /"[^"]*"/
    WORD: /[^\s()"-][^\s()"]*/
    _OPEN: "("
    _CLOSE: ")"
    %import common.WS
    %ignore WS
"""
_PLAIN = str.maketrans(
    "".join(map(chr, range(0xFF01, 0xFF5F))) + "\u3000“”„‟「」『』",
    "".join(map(chr, range(0x21, 0x7F))) + ' """"""""',
)
"""Character for character, so that places stay."""
_OPERATOR = re.compile(r"(?i:and|or|not|near(?:/.*)?)")
_SIGNS = {"|": "OR", "||": "OR", "&": "AND", "&&": "AND", "+": "AND", "!": "NOT"}
_UNKNOWN_FIELD = re.compile(r"([A-Za-z]+):(?!//)")
_DISTANCE = 10
MAX_DISTANCE = 500


@cache
def _grammar() -> lark.Lark:
    return lark.Lark(GRAMMAR, parser="lalr", propagate_positions=True)


def parse(text: str) -> RuleSpec:
    """The rule that a query means. Raises a fault with its offset in the text."""
    if len(text) > MAX_LENGTH:
        refuse(f"has more than {MAX_LENGTH} characters; write it as `any`, `all` and `none`")
    plain = text.translate(_PLAIN)
    if not plain.strip():
        refuse("is empty; write what to look for")
    _check_brackets(plain)
    try:
        tree = _grammar().parse(plain)
    except lark.exceptions.UnexpectedInput as error:
        _explain(plain, error)
    rule = _Reader(text).either(tree.children[0])
    if not rule.gives_evidence():
        what = "forbids" if rule.forbids() else "narrows"
        refuse(f"only {what}, so that every other text would match; say what to look for", offset=0)
    return rule


def _check_brackets(plain: str) -> None:
    opened: list[int] = []
    for found in re.finditer(r'"[^"]*"|[()"]', plain):
        if found[0] == '"':
            refuse("this quotation mark is not closed", offset=found.start())
        elif found[0] == "(":
            opened.append(found.start())
            if len(opened) > MAX_DEPTH:
                refuse("too many brackets inside brackets", offset=found.start())
        elif found[0] == ")":
            if not opened:
                refuse("this bracket closes none", offset=found.start())
            opened.pop()
    if opened:
        refuse("this bracket is not closed", offset=opened[-1])


def _explain(plain: str, error: lark.exceptions.UnexpectedInput) -> NoReturn:
    token: lark.Token | None = getattr(error, "token", None)
    at: int = -1 if token is not None and token.type == "$END" else error.pos_in_stream or 0
    if at < 0:
        refuse("ends where another word is needed", offset=len(plain.rstrip()) - 1)
    word = re.match(r'\S[^\s()"]*', plain[at:])
    shown = word[0] if word else plain[at]
    if shown == "-":
        refuse("this hyphen stands alone; write it before a word that must be absent: -招聘", offset=at)
    refuse(f"`{shown}` cannot stand here, where a word is needed", offset=at)


class _Reader:
    """Makes rules of a parsed query; terms are taken from the text as it was written."""

    def __init__(self, text: str) -> None:
        self._text = text

    def either(self, tree: Any) -> RuleSpec:
        rules = []
        for part in tree.children:
            rule = self._both(part)
            if len(tree.children) > 1 and not rule.gives_evidence():
                if not rule.forbids():
                    refuse(
                        "only narrows, and so cannot stand beside OR; write kind:通知,意见", offset=part.meta.start_pos
                    )
                refuse("only forbids, and so cannot stand beside OR", offset=part.meta.start_pos)
            rules.append(rule)
        return rules[0] if len(rules) == 1 else _rule("any", any=rules)

    def _both(self, tree: Any) -> RuleSpec:
        wanted: list[RuleSpec] = []
        refused: list[RuleSpec] = []
        for part in tree.children:
            is_refused, rule = self._unit(part)
            (refused if is_refused else wanted).append(rule)
        if not refused:
            return wanted[0] if len(wanted) == 1 else _rule("all", all=wanted)
        none = _rule("none", none=refused)
        return RuleSpec((*_rule("all", all=wanted).words, *none.words)) if wanted else none

    def _unit(self, tree: Any) -> tuple[bool, RuleSpec]:
        is_refused = False
        while tree.data == "negation":
            is_refused = not is_refused
            (tree,) = tree.children
        rule = self._close(tree)
        if is_refused and rule.forbids() and not rule.gives_evidence():
            refuse("is a NOT inside a NOT; remove both", offset=tree.meta.start_pos)
        return is_refused, rule

    def _close(self, tree: Any) -> RuleSpec:
        atoms, signs = tree.children[::2], tree.children[1::2]
        rules = [self._atom(atom) for atom in atoms]
        if not signs:
            return rules[0]
        near = rule_class("near").Options
        distances = [int(sign.partition("/")[2] or _DISTANCE) for sign in signs]
        for sign, distance in zip(signs, distances, strict=True):
            if distance > MAX_DISTANCE:
                refuse(f"NEAR reaches over at most {MAX_DISTANCE} characters", offset=sign.start_pos)
            if distance != distances[0]:
                refuse("the distances of one chain of NEAR must be equal; use brackets and AND", offset=sign.start_pos)
        for number, atom in enumerate(atoms):
            try:
                near.model_validate({"near": {"terms": [rules[number]] * 2}})
            except ValidationError:
                refuse("NEAR stands between words, phrases and (a OR b) only", offset=atom.meta.start_pos)
        if len(rules) > 4:
            refuse("NEAR joins at most four words", offset=signs[3].start_pos)
        return RuleSpec((("near", near.model_validate({"near": {"terms": rules, "within": distances[0]}})),))

    def _atom(self, tree: Any) -> RuleSpec:
        field = None
        *before, last = tree.children
        if before:
            field = before[0].partition(":")[0]
        if isinstance(last, lark.Token):
            return self._term(last, field)
        if field in DOCUMENT_WORDS:
            refuse(f"after `{field}:` stands a word, or several with commas", offset=last.meta.start_pos)
        rule = self.either(last)
        return _rule("all", all=[rule], field=field) if field else rule

    def _term(self, token: lark.Token, field: str | None) -> RuleSpec:
        start, end = token.start_pos or 0, token.end_pos or 0
        is_phrase = token.type == "PHRASE"
        if is_phrase:
            start, end = start + 1, end - 1
        elif field not in DOCUMENT_WORDS and token in _SIGNS:
            refuse(f"write {_SIGNS[token]} instead of `{token}`", offset=start)
        elif _OPERATOR.fullmatch(token):
            refuse(_misplaced(token), offset=start)
        elif (named := _UNKNOWN_FIELD.match(token)) is not None:
            if named[1] in FIELDS:
                refuse("one field is enough", offset=start)
            what = f"no field is called `{named[1]}`; there are {', '.join(FIELDS)}. Quotes make a word of it"
            refuse(what, offset=start)
        try:
            if field in DOCUMENT_WORDS:
                wanted = [word for word in self._text[start:end].replace("，", ",").split(",") if word.strip()]
                return _rule(field, **{field: [word.strip() for word in wanted]})
            return _rule("term", term=self._text[start:end], field=field)
        except ValidationError as error:
            message = error.errors(include_url=False, include_input=False)[0]["msg"].removeprefix("Value error, ")
            refuse(message, offset=start)


def _misplaced(operator: str) -> str:
    if operator.startswith("NEAR/"):
        return "after NEAR/ stands a number of characters: NEAR/10"
    if operator.upper() != operator:
        return f"operators are written in capitals: {operator.upper()}; as a word it stands in quotes"
    return f"{operator} stands between two words, and one is missing; as a word it stands in quotes"


def _rule(word: str, **options: object) -> RuleSpec:
    said = {name: value for name, value in options.items() if value is not None}
    return single(word, rule_class(word).Options.model_validate(said))

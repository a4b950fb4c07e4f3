"""A watch-list as it stands in the YAML, and what every rule in it may say beside its own word."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from policywatch import kinds
from policywatch.text.fold import folded
from policywatch.text.han import HAN
from policywatch.text.repair import repair

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

RULES = "policywatch.matching.rules"
Place = tuple[str | int, ...]
FieldName = Literal["title", "lead", "body", "source", "any"]
MAX_TERM = 200
_HAN_WORD = re.compile(f"[{HAN}]{{2,}}")


@lru_cache(maxsize=1 << 16)
def fold_term(term: str) -> str:
    """A term as it stands in folded texts: typed in traditional characters or as 腦機(jī)接口, it is 脑机接口."""
    return " ".join(folded(repair(term).text).split())


def refuse(
    what: str, *, at: Place = (), offset: int | None = None, kind: Literal["rule", "unknown_word"] = "rule"
) -> NoReturn:
    """Raises a fault at a place beneath the value that is being checked.

    `offset` counts the characters of a text that stand before the fault; `unknown_word` is a fault of the key itself.
    """
    context: dict[str, Any] = {"what": what} if offset is None else {"what": what, "offset": offset}
    raise _faults([(at, PydanticCustomError(kind, "{what}", context))])


def _rule_error(what: str) -> PydanticCustomError:
    return PydanticCustomError("rule", "{what}", {"what": what})


def _faults(found: Iterable[tuple[Place, PydanticCustomError]]) -> ValidationError:
    return ValidationError.from_exception_data(
        "rule", [InitErrorDetails(type=error, loc=at, input=None) for at, error in found]
    )


def _readable(name: str) -> str:
    plain = fold_term(name)
    if not plain:
        raise ValueError("an empty term would match everything; write a word or remove the line")
    if all(not character.isalnum() for character in plain):
        raise ValueError(f"{name!r} holds no letter, digit or character; write a word")
    return name.strip()


def _meaningful(term: str) -> str:
    if _HAN_WORD.fullmatch(term):
        # As most are; of thousands, folding each to see that something is left would be half of the work.
        return term
    term = _readable(term)
    plain = fold_term(term)
    if len(plain) == 1 and plain.isascii():
        raise ValueError(f"{term!r} is one letter or digit, which stands in nearly every text; write a longer term")
    return term


TermText = Annotated[str, Field(max_length=MAX_TERM), AfterValidator(_meaningful)]


@dataclass(frozen=True, slots=True)
class RuleSpec:
    """A checked rule: words (`term`, `near`, `any`, ...) with their options. It holds when all of its words hold."""

    words: tuple[tuple[str, Modifiers], ...]
    plain_term: str | None = field(default=None, compare=False, repr=False)
    """The term, where the rule is one with nothing said beside it."""

    @property
    def modifiers(self) -> Modifiers:
        """What is said for all of its words."""
        return self.words[0][1]

    def gives_evidence(self) -> bool:
        """Whether something must stand in a text for the rule to hold; untrue of what only forbids."""
        return self.plain_term is not None or any(options.gives_evidence() for _, options in self.words)

    def forbids(self) -> bool:
        """Whether something must be absent from a text for the rule to hold."""
        return self.plain_term is None and any(options.forbids() for _, options in self.words)

    def terms(self, *, expand: bool = True) -> Iterator[tuple[str, bool]]:
        """Every term and exception in it, as written, and whether its regional spellings are wanted."""
        said = self.modifiers
        expand = expand if said.expand is None else said.expand
        for phrase in said.except_:
            yield phrase, expand
        for _, options in self.words:
            for term in options.own_terms():
                yield term, expand
            for _, inner in options.nested():
                if inner.plain_term is not None:
                    yield inner.plain_term, expand
                else:
                    yield from inner.terms(expand=expand)


@cache
def rule_class(word: str) -> Any:
    """The class of `rules/<word>.py`."""
    return kinds.load(RULES, word, "Rule")


def rule_of(value: Any) -> RuleSpec:
    """The rule that a value of the YAML means: a text is a term, a mapping has a rule's word as key."""
    if isinstance(value, RuleSpec):
        return value
    if isinstance(value, str):
        term = rule_class("term").Options.model_validate({"term": value})
        return RuleSpec((("term", term),), term.term)
    if isinstance(value, int | float):
        refuse("must be text; put it in quotes")
    if not isinstance(value, dict):
        refuse("must be a term, or a mapping such as {term: 6G, field: title}")
    known = kinds.names(RULES)
    words = [key for key in value if key in known]
    others = {key: item for key, item in value.items() if key not in known}
    allowed = [*known, *(info.alias or name for name, info in Modifiers.model_fields.items())]
    check_words(others, allowed)
    if not words:
        refuse(f"says nothing to look for; write one of {', '.join(known)}")
    if words == ["none"] and value.get("except"):
        refuse("does not touch `none`; write none: [{any: [...], except: [...]}]", at=("except",))
    options = [rule_class(word).Options.model_validate({word: value[word], **others}) for word in words]
    return single(words[0], options[0]) if len(words) == 1 else RuleSpec(tuple(zip(words, options, strict=True)))


def single(word: str, options: Modifiers) -> RuleSpec:
    """The rule of one word."""
    is_plain = word == "term" and options.model_fields_set.isdisjoint(MODIFIERS)
    return RuleSpec(((word, options),), options.own_terms()[0] if is_plain else None)


def check_words(given: Iterable[str], known: Sequence[str]) -> None:
    """Raises a fault at the first key that is not known."""
    for key in given:
        if key not in known:
            refuse(f"unknown word{_did_you_mean(str(key), known)}", at=(key,), kind="unknown_word")


def _did_you_mean(word: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f"; did you mean `{close[0]}`?" if close else f"; known are {', '.join(known)}"


RuleText = Annotated[
    RuleSpec,
    PlainValidator(rule_of),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "object"}], "title": "Rule"}),
]
"""A rule in the YAML: a term, or a mapping whose key is a rule's word."""


def _some(rules: list[RuleSpec]) -> list[RuleSpec]:
    if not rules:
        raise ValueError("is empty, so that nothing can match; write at least one rule")
    return rules


RuleTexts = Annotated[list[RuleText], AfterValidator(_some)]
"""Rules in the YAML, at least one."""


class Modifiers(BaseModel):
    """What may stand beside a rule's own word; it is said for everything inside the rule."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    weight: Annotated[float, Field(gt=0, le=10)] = 1.0
    """How much a hit counts in the score; 1 is usual. Weights of rules inside rules multiply."""
    field: FieldName | None = None
    """Where to look: `title`, `lead` (the first 200 characters of the body), `body`, `source` (the source's name and
    the publisher) or `any` (title and body), which is usual. The innermost one counts."""
    case: bool | None = None
    """Whether capitals count: with `true`, `AI` is not found in `ai`. The innermost one counts."""
    expand: bool | None = None
    """Whether the regional spellings of a term are looked for too, as 腦機介面 for 脑机接口; usual. The innermost one
    counts."""
    except_: Annotated[list[TermText], Field(alias="except")] = Field(default_factory=list)
    """A hit that lies wholly inside one of these phrases does not count. Touches `any` and `all`, never `none`."""

    def gives_evidence(self) -> bool:
        """Whether something must stand in a text for the rule to hold."""
        return True

    def forbids(self) -> bool:
        """Whether something must be absent from a text for the rule to hold."""
        return any(rule.forbids() for _, rule in self.nested())

    def own_terms(self) -> Sequence[str]:
        """The terms that it looks for by itself, as written."""
        return ()

    def nested(self) -> Sequence[tuple[Place, RuleSpec]]:
        """The rules inside it, and where each stands beneath the mapping that holds the word."""
        return ()


MODIFIERS = frozenset(Modifiers.model_fields)
LIST_WORDS = ("any", "all", "none", "query")


class WatchlistSpec(BaseModel):
    """An entry under `watchlists:`."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    name: Annotated[str, AfterValidator(_readable)]
    """What the list is called in mails, pages and subscriptions; without a rule it is also the term."""
    description: str = ""
    """For those who read the configuration."""
    any: RuleTexts | None = None
    """One of these is enough."""
    all: RuleTexts | None = None
    """Each of these must hold."""
    none: RuleTexts | None = None
    """None of these may hold."""
    query: str | None = None
    """A rule in one line: `(量子 NEAR/10 计算) OR "量子科技" -招聘`."""
    except_: Annotated[list[TermText], Field(alias="except")] = Field(default_factory=list)
    """A hit that lies wholly inside one of these phrases does not count."""
    field: FieldName | None = None
    """Where to look, for rules that do not say it themselves."""
    case: bool | None = None
    """Whether capitals count, for rules that do not say it themselves."""
    expand: bool | None = None
    """Whether regional spellings are looked for too, for rules that do not say it themselves."""
    min_score: Annotated[float, Field(ge=0, le=99)] = 0
    """A text that scores less does not belong to the list."""
    members: list[str] = Field(default_factory=list)
    """Of a direction: the names of the watch-lists that it gathers. Their hits are not its hits."""
    override: bool = False
    """Whether this list takes the place of another of the same name, as of a shipped one."""

    @model_validator(mode="after")
    def _can_match(self) -> WatchlistSpec:
        from policywatch.matching import check  # noqa: PLC0415  # it knows the rules, which know this file

        if not self.rule.gives_evidence():
            refuse(
                "only forbids or narrows, so that every other text would match; add `any` or `all` with a term",
                at=("none",) if self.none else ("query",) if self.query else ("any",) if self.any else ("all",),
            )
        never = [(place, _rule_error(what)) for place, what in check.contradictions(self.rule)]
        if never:
            raise _faults(never)
        return self

    @cached_property
    def rule(self) -> RuleSpec:
        """The list as one rule; without any word its name is the term."""
        given = {word: getattr(self, word) for word in LIST_WORDS if word in self.model_fields_set}
        said = {"field": self.field, "case": self.case, "expand": self.expand, "except": self.except_}
        return rule_of({**(given or {"any": [self.name]}), **said})


class ExtensionSpec(BaseModel):
    """An entry under `watchlists:` that adds to another list, as to a shipped one."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    extends: str
    """The name of the list that it adds to."""
    any: RuleTexts = Field(default_factory=list)
    """One of these is enough, too."""
    none: RuleTexts = Field(default_factory=list)
    """None of these may hold, either."""
    except_: Annotated[list[TermText], Field(alias="except")] = Field(default_factory=list)
    """A hit that lies wholly inside one of these phrases does not count, either."""
    members: list[str] = Field(default_factory=list)
    """Lists that a direction gathers, too."""

    def added_to(self, spec: WatchlistSpec) -> WatchlistSpec:
        """The list with what is added. Raises a fault when the two contradict one another."""
        given = {name: getattr(spec, name) for name in spec.model_fields_set}
        if self.any:
            if spec.any is None and {"all", "query"} & spec.model_fields_set:
                refuse(f"{spec.name!r} has no `any` to add to; write the list anew with `override: true`", at=("any",))
            given["any"] = [*(spec.any or [rule_of(spec.name)]), *self.any]
        if self.none:
            given["none"] = [*(spec.none or []), *self.none]
        given["except_"] = [*spec.except_, *self.except_]
        given["members"] = [*spec.members, *self.members]
        try:
            return WatchlistSpec.model_validate(given)
        except ValidationError as error:
            found = error.errors(include_input=False, include_url=False)
            raise _faults([(self._place(one["loc"], given), _rule_error(one["msg"])) for one in found]) from None

    def _place(self, place: Place, whole: dict[str, Any]) -> Place:
        """Where something of the whole list stands in this entry; the entry itself for what stands in the list."""
        word, *rest = place
        own = getattr(self, "except_" if word == "except" else str(word), None)
        if not rest or not isinstance(rest[0], int) or not isinstance(own, list):
            return place
        number = rest[0] - (len(whole["except_" if word == "except" else str(word)]) - len(own))
        return (word, number, *rest[1:]) if number >= 0 else ()

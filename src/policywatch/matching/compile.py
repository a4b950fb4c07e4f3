"""Watch-lists made ready: one table of needles for all of them, and one tree of rules for each."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from policywatch.matching.base import MODIFIERS, rule_class
from policywatch.matching.expand import Speller
from policywatch.matching.finding import Finding
from policywatch.matching.rules import term

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policywatch.matching.base import FieldName, RuleSpec, WatchlistSpec
    from policywatch.matching.view import Found, Places


MOST_NAMED = 5
"""From so many rules on, a label names all but the last few."""


class Node(Protocol):
    """A rule that is ready to be asked."""

    is_always: bool
    """It may hold in a text in which none of its terms stands."""

    @property
    def leaves(self) -> frozenset[int]:
        """Numbers of the terms of which one must stand in the text, unless `is_always`."""

    def hits(self, places: Places) -> list[Found] | None:
        """The evidence, in no order; empty for what only forbids; None when the rule does not hold."""

    def decides(self, leaf: int) -> bool:
        """Whether the rule holds for certain where this one term counts."""

    def label(self) -> str:
        """The rule in the user's words, on one line."""

    def findings(self, places: Places) -> list[Finding]:
        """What stands in the text and does not count, what forbids, and what is missing."""


@dataclass(slots=True)
class Compiled:
    """What a matcher needs of its watch-lists."""

    names: list[str] = field(default_factory=list)
    least: list[float] = field(default_factory=list)
    """The `min_score` of each list."""
    roots: list[Node] = field(default_factory=list)
    needles: dict[str, list[int]] = field(default_factory=dict)
    """What to look for in a folded text, and the numbers of the terms that it stands for."""
    written: list[str] = field(default_factory=list)
    """Every term and exception as the user wrote it; its place in the list is its number."""
    places: list[Building] = field(default_factory=list)
    """Where each of them stands; one object for all that stand together."""
    made: dict[int, term.Rule] = field(default_factory=dict)

    def term(self, number: int) -> term.Rule:
        """A term, made when it is first asked for: of fifty thousand most are never met."""
        if number not in self.made:
            self.made[number] = term.Rule.known(number, self.written[number], self.places[number])
        return self.made[number]


@dataclass(frozen=True, slots=True, eq=False)
class Building:
    """Where a rule stands: its watch-list, and what the rules around it say for all inside them."""

    compiled: Compiled
    speller: Speller
    watchlist: int
    weight: float = 1.0
    field: FieldName = "any"
    case: bool = False
    expand: bool = True
    scopes: frozenset[int] = frozenset()
    """Numbers of the exceptions' scopes around it."""
    is_exception: bool = False

    def rule(self, spec: RuleSpec) -> Node:
        """The rule, ready to be asked."""
        inside = self._inside(spec)
        nodes = [rule_class(word)(options, inside) for word, options in spec.words]
        return nodes[0] if len(nodes) == 1 else Both(nodes)

    def without_exceptions(self) -> Building:
        """The same where the exceptions around it do not count."""
        return replace(self, scopes=frozenset())

    def add(self, written: Sequence[str]) -> range:
        """Puts terms into the table; gives their numbers."""
        whole = self.compiled
        first = len(whole.written)
        whole.written += written
        whole.places += [self] * len(written)
        needles = whole.needles
        for number, spellings in enumerate(self.speller.needles(written, expand=self.expand), first):
            for needle in spellings:
                if (numbers := needles.get(needle)) is None:
                    needles[needle] = [number]
                else:
                    numbers.append(number)
        return range(first, first + len(written))

    @property
    def is_free(self) -> bool:
        """Whether a term here is a hit wherever it stands on its own in title or body."""
        return self.field == "any" and not self.case and not self.scopes

    def _inside(self, spec: RuleSpec) -> Building:
        said = spec.modifiers
        if said.model_fields_set.isdisjoint(MODIFIERS):
            return self
        inside = replace(
            self,
            weight=self.weight * said.weight,
            field=said.field or self.field,
            case=self.case if said.case is None else said.case,
            expand=self.expand if said.expand is None else said.expand,
        )
        if not said.except_:
            return inside
        scope = len(self.compiled.written)
        # An exception counts in every field and however it is capitalised: it is there to see the phrase.
        replace(inside, field="any", case=False, scopes=frozenset({scope}), is_exception=True).add(said.except_)
        return replace(inside, scopes=inside.scopes | {scope})


class Both:
    """Rules that hold together or not at all: the words of one mapping."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.nodes = tuple(nodes)
        self.leaves = frozenset().union(*(node.leaves for node in nodes))
        self.is_always = all(node.is_always for node in nodes)

    def hits(self, places: Places) -> list[Found] | None:
        """The evidence of all."""
        return all_hits(self.nodes, places)

    def decides(self, leaf: int) -> bool:  # noqa: ARG002  # one shape for all rules
        """It takes more than one."""
        return False

    def label(self) -> str:
        """All of them."""
        return labels(self.nodes, " + ")

    def findings(self, places: Places) -> list[Finding]:
        """Those of each, and what is missing."""
        return all_findings(self.nodes, places)


def labels(nodes: Sequence[Node], joint: str) -> str:
    """Several rules in the user's words; of many only the first."""
    shown = joint.join(node.label() for node in nodes[: MOST_NAMED - 1])
    return f"{shown}{joint}…" if len(nodes) >= MOST_NAMED else shown


def all_findings(nodes: Sequence[Node], places: Places) -> list[Finding]:
    """What can be said of rules that must all hold: when some do, each that does not is missing."""
    found = [finding for node in nodes for finding in node.findings(places)]
    held = [node.hits(places) for node in nodes]
    if any(held):
        there = labels([node for node, hits in zip(nodes, held, strict=True) if hits], " + ")
        found += [
            Finding("missing", node.label(), other=there)
            for node, hits in zip(nodes, held, strict=True)
            if hits is None and not any(finding.kind == "forbidden" for finding in node.findings(places))
        ]
    return found


def all_hits(nodes: Sequence[Node], places: Places) -> list[Found] | None:
    """The evidence of rules that must all hold; None when one does not."""
    found: list[Found] = []
    for node in nodes:
        hits = node.hits(places)
        if hits is None:
            return None
        found += hits
    return found


def compiled(specs: Sequence[WatchlistSpec], speller: Speller | None = None) -> Compiled:
    """The watch-lists, ready to be asked. The same lists give the same table."""
    whole = Compiled()
    speller = speller or Speller()
    rules = [spec.rule for spec in specs]
    speller.prepare(word for rule in rules for word in rule.terms())
    for number, (spec, rule) in enumerate(zip(specs, rules, strict=True)):
        whole.names.append(spec.name)
        whole.least.append(spec.min_score)
        whole.roots.append(Building(whole, speller, number).rule(rule))
    return whole

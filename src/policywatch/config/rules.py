"""Watch-lists that are tried before they are taken over: a file or pasted text, checked as the configuration is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from policywatch import errors, yamlfile
from policywatch.config.faults import did_you_mean, fault_of, known_part, plain, where_in
from policywatch.matching.base import ExtensionSpec, WatchlistSpec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policywatch.config.faults import Place
    from policywatch.yamlfile import Document

_YAML = re.compile(r"[{\[]|- |[\w-]+:(\s|$)")
"""How a line begins that is YAML."""


def read(text: str, name: str, present: Sequence[WatchlistSpec] = (), *, title: str = "") -> tuple[WatchlistSpec, ...]:
    """The watch-lists that a text holds: a file with `watchlists:`, a list of them, one of them, or a query in a line.

    `present` are the lists of the configuration, which an entry with `extends` adds to; `title` names a list that has
    no name, and a query. Raises ConfigError with every fault, its line and its column.
    """
    stripped = text.strip()
    if not stripped:
        raise errors.ConfigError([errors.Fault(name, 1, 1, "rules", "nothing stands here; write a rule or a query")])
    if not is_yaml(stripped):
        return (query(text, name, title or stripped),)
    document = yamlfile.parse(text, name)
    reader = _Reader(document, present, title)
    specs = reader.read() if not document.faults else ()
    if document.faults:
        raise errors.ConfigError(document.faults)
    return tuple(specs)


def is_yaml(text: str) -> bool:
    """Whether a text is read as YAML; any other single line is a query."""
    return "\n" in text.strip() or bool(_YAML.match(text.strip()))


def query(text: str, name: str, title: str) -> WatchlistSpec:
    """A watch-list of one query. Raises ConfigError whose column points into the line."""
    shift = len(text) - len(text.lstrip())
    try:
        return WatchlistSpec.model_validate({"name": title, "query": text.strip()})
    except ValidationError as error:
        faults = [
            errors.Fault(name, 1, shift + one.get("ctx", {}).get("offset", 0) + 1, "query", plain(one))
            for one in error.errors(include_input=False, include_url=False)
        ]
        raise errors.ConfigError(faults) from None


@dataclass(slots=True)
class _Reader:
    """Collects the lists of one document; what is wrong goes to the document's faults."""

    document: Document
    present: Sequence[WatchlistSpec]
    title: str

    def read(self) -> Sequence[WatchlistSpec]:
        value = self.document.value
        place: Place = ()
        if isinstance(value, dict) and "watchlists" in value:
            for key in value:
                if key != "watchlists":
                    what = f"only `watchlists` is read here, not `{key}`"
                    self.document.faults.append(self.document.fault((key,), str(key), what, at_key=True))
            value, place = value["watchlists"], ("watchlists",)
        entries = [(place, value)] if isinstance(value, dict) else [((*place, at), one) for at, one in _numbered(value)]
        if not entries:
            self._refuse(place, "must be a watch-list, or a list of them: - {name: …, any: [a, b]}")
        found: dict[str, WatchlistSpec] = {}
        for at, entry in entries:
            spec = self._entry(at, entry, found)
            if spec is not None and spec.name in found and "extends" not in entry:
                self._refuse((*at, "name"), f"{spec.name!r} is used a second time; choose another")
            elif spec is not None:
                found[spec.name] = spec
        return tuple(found.values())

    def _entry(self, place: Place, value: Any, found: dict[str, WatchlistSpec]) -> WatchlistSpec | None:
        if not isinstance(value, dict):
            self._refuse(place, "must be a mapping: lines such as `key: value`")
            return None
        if "extends" in value:
            return self._extended(place, value, found)
        given = value if "name" in value or not self.title else {"name": self.title, **value}
        try:
            return WatchlistSpec.model_validate(given)
        except ValidationError as error:
            for detail in error.errors(include_input=False, include_url=False):
                self.document.faults.append(fault_of(WatchlistSpec, self.document, place, value, detail))
            return None

    def _extended(self, place: Place, value: dict[str, Any], found: dict[str, WatchlistSpec]) -> WatchlistSpec | None:
        try:
            extension = ExtensionSpec.model_validate(value)
        except ValidationError as error:
            for detail in error.errors(include_input=False, include_url=False):
                self.document.faults.append(fault_of(ExtensionSpec, self.document, place, value, detail))
            return None
        bases = {**{spec.name: spec for spec in self.present}, **found}
        base = bases.get(extension.extends)
        if base is None:
            what = f"no watch-list is called {extension.extends!r}{did_you_mean(extension.extends, bases)}"
            self._refuse((*place, "extends"), what)
            return None
        try:
            return extension.added_to(base)
        except ValidationError as error:
            for detail in error.errors(include_input=False, include_url=False):
                self._refuse(known_part(place, value, detail["loc"]), plain(detail))
            return None

    def _refuse(self, place: Place, what: str) -> None:
        self.document.faults.append(self.document.fault(place, where_in(self.document, place), what))


def _numbered(value: Any) -> list[tuple[int, Any]]:
    return list(enumerate(value)) if isinstance(value, list) else []

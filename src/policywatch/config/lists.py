"""What the lists of all files come to together: names, lists that change others, members."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from policywatch.config.faults import Place, did_you_mean, known_part, plain, where_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policywatch import errors
    from policywatch.yamlfile import Document


@dataclass(frozen=True, slots=True)
class Entry:
    """One member of a list, and where it stands."""

    document: Document
    place: Place
    value: Any
    spec: Any

    @property
    def value_name(self) -> str:
        """The `name` as it is written, also of an entry with faults; empty without one."""
        name = self.value.get("name") if isinstance(self.value, dict) else None
        return name if isinstance(name, str) else ""


@dataclass(slots=True)
class Lists:
    """The entries of every list, in the order of the files."""

    entries: dict[str, list[Entry]]
    """By the list's word: sources, watchlists, subscriptions, searches."""
    extensions: list[Entry] = field(default_factory=list)
    """Entries of `watchlists` that add to another one."""
    faults: list[errors.Fault] = field(default_factory=list)
    is_whole: bool = True
    """Every file could be read; otherwise a name that nothing bears may stand in one that could not."""

    def settle(self) -> None:
        """What no entry can know by itself: names used twice, names that nothing bears, lists that change others."""
        self._override()
        self._extend()
        for name, entries in self.entries.items():
            seen: dict[str, Entry] = {}
            key = "name" if name == "watchlists" else "id"
            for entry in entries:
                if not isinstance(entry.value, dict) or not isinstance(entry.value.get(key), str):
                    continue
                word = entry.value[key]
                if word in seen:
                    first = seen[word].document.fault((*seen[word].place, key), "", "")
                    what = f"{word!r} is used a second time (first in {first.path}:{first.line}); choose another"
                    place = (*entry.place, key)
                    self.faults.append(entry.document.fault(place, where_in(entry.document, place), what))
                seen.setdefault(word, entry)
        if self.is_whole:
            self._require_names()
        self._refuse_circles()

    def _require_names(self) -> None:
        """That what is named is there."""
        names = [
            entry.value["name"]
            for entry in self.entries["watchlists"]
            if isinstance(entry.value, dict) and isinstance(entry.value.get("name"), str)
        ]
        lists = [*self.entries["watchlists"], *self.extensions]
        subscriptions = self.entries["subscriptions"]
        for listed, keys in (
            (subscriptions, ("watchlists",)),
            (subscriptions, ("alert", "watchlists")),
            (lists, ("members",)),
        ):
            for entry in listed:
                wanted = entry.value
                for key in keys:
                    wanted = wanted.get(key) if isinstance(wanted, dict) else None
                for number, word in enumerate(wanted if isinstance(wanted, list) else []):
                    if isinstance(word, str) and word not in names:
                        place = (*entry.place, *keys, number)
                        what = f"no watch-list is called {word!r}{did_you_mean(word, names)}"
                        self.faults.append(entry.document.fault(place, where_in(entry.document, place), what))
        sources = [one.value.get("id") for one in self.entries["sources"] if isinstance(one.value, dict)]
        self._require_known("watchlist", "watch-list", names)
        self._require_known("source", "source", [word for word in sources if isinstance(word, str)])

    def _require_known(self, key: str, called: str, names: Sequence[str]) -> None:
        """That the searches name only what there is."""
        for entry in self.entries["searches"]:
            word = entry.value.get(key) if isinstance(entry.value, dict) else None
            if isinstance(word, str) and word and word not in names:
                place = (*entry.place, key)
                what = f"no {called} is called {word!r}{did_you_mean(word, names)}"
                self.faults.append(entry.document.fault(place, where_in(entry.document, place), what))

    def _override(self) -> None:
        """A list with `override: true` takes the place of the one of its name, wherever either stands."""
        for entry in [entry for entry in self.entries["watchlists"] if entry.spec and entry.spec.override]:
            entries = self.entries["watchlists"]
            same = [other for other in entries if other is not entry and other.value_name == entry.spec.name]
            plain = [other for other in same if not other.value.get("override")]
            if not same and not self.is_whole:
                continue
            if not same:
                names = [other.value_name for other in entries if other is not entry]
                what = f"there is no list {entry.spec.name!r} to override{did_you_mean(entry.spec.name, names)}"
                place = (*entry.place, "override")
                self.faults.append(entry.document.fault(place, where_in(entry.document, place), what))
            elif len(same) == len(plain) == 1:
                self.entries["watchlists"] = [
                    entry if other is plain[0] else other for other in entries if other is not entry
                ]

    def _extend(self) -> None:
        """Adds to lists what entries with `extends` say, in their order."""
        entries = self.entries["watchlists"]
        for extension in self.extensions:
            if extension.spec is None:
                continue
            place = (*extension.place, "extends")
            where = where_in(extension.document, place)
            name = extension.spec.extends
            at = next((at for at, entry in enumerate(entries) if entry.value_name == name), None)
            if at is None and not self.is_whole:
                continue
            if at is None:
                what = f"no watch-list is called {name!r}{did_you_mean(name, [one.value_name for one in entries])}"
                self.faults.append(extension.document.fault(place, where, what))
                continue
            if entries[at].spec is None:
                continue
            try:
                entries[at] = replace(entries[at], spec=extension.spec.added_to(entries[at].spec))
            except ValidationError as error:
                for detail in error.errors(include_input=False, include_url=False):
                    at_loc = known_part(extension.place, extension.value, detail["loc"])
                    self.faults.append(extension.document.fault(at_loc, where, plain(detail)))

    def _refuse_circles(self) -> None:
        members = {entry.spec.name: entry.spec.members for entry in self.entries["watchlists"] if entry.spec}
        for entry in self.entries["watchlists"]:
            for number, member in enumerate(entry.spec.members if entry.spec else ()):
                waiting, seen = [member], set()
                while waiting:
                    name = waiting.pop()
                    if name not in seen:
                        seen.add(name)
                        waiting += members.get(name, ())
                if entry.spec.name in seen:
                    place = (*entry.place, "members", number)
                    what = f"{entry.spec.name!r} would be a member of itself by way of {member!r}; remove one"
                    self.faults.append(entry.document.fault(place, where_in(entry.document, place), what))

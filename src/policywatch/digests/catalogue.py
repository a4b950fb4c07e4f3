"""The words of one language: texts with values and plurals, dates, numbers.

A catalogue is a YAML mapping from keys to texts. `{name}` in a text stands for a value. A text that depends on a number
`n` is a mapping by CLDR plural category (`one`, `other`); Chinese has only `other` and so writes the text itself.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from policywatch import errors
from policywatch.dates import CHINA

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime, tzinfo

_MAX_DAYS = 10_000
_VALUE = re.compile(r"\{(\w+)\}")


@lru_cache(maxsize=256)
def _in_zone(moment: datetime, zone: tzinfo) -> datetime:
    """A moment in a zone; kept, for a digest asks for that of its slot with each story."""
    return moment.astimezone(zone)


class Catalogue:
    """The texts of a language, with those of English behind it for what it lacks."""

    def __init__(self, language: str, texts: Mapping[str, Any], fallback: Catalogue | None = None) -> None:
        self.language = language
        self._texts = texts
        self._fallback = fallback
        # A digest tells a hundred moments of the same few days.
        self._days: dict[tuple[int, int, int, bool], str] = {}

    @classmethod
    def parse(cls, language: str, source: str, fallback: Catalogue | None = None) -> Catalogue:
        """Reads the YAML of a catalogue. Raises PolicywatchError that names the language when it cannot be used."""
        try:
            texts = YAML(typ="safe", pure=True).load(source)
        except YAMLError as error:
            raise errors.PolicywatchError(f"the texts of locales/{language}.yaml cannot be read: {error}") from error
        if not isinstance(texts, dict):
            raise errors.PolicywatchError(f"locales/{language}.yaml must be a mapping from keys to texts")
        return cls(language, texts, fallback)

    def keys(self) -> set[str]:
        """Every key that the language itself has a text for."""
        return set(self._texts)

    def text(self, key: str, **values: str | int) -> str:
        """The text of a key with its values filled in; whole numbers are grouped by thousands.

        Values are put in as they are and never looked into. Raises PolicywatchError for an unknown key.
        """
        found = self._raw(key)
        if isinstance(found, dict):
            found = found.get("one" if values.get("n") == 1 else "other", found.get("other", ""))
        if not values:
            return str(found)

        def value(named: re.Match[str]) -> str:
            one = values.get(named[1], named[0])
            return f"{one:,}" if isinstance(one, int) else one

        return _VALUE.sub(value, str(found))

    def names(self, key: str) -> tuple[str, ...]:
        """The texts of a key that lists several, such as the days of the week from Monday."""
        return tuple(str(name) for name in self._raw(key))

    def named(self, key: str, name: str) -> str:
        """What the language calls something that is named in Chinese; the name itself where it has no other."""
        names = self._raw(key) if name else {}
        return str(names.get(name, name)) if isinstance(names, dict) else name

    def pairs(self, key: str) -> tuple[tuple[str, str], ...]:
        """The texts of a key that names many things, each with its name, in the order in which they stand."""
        names = self._raw(key)
        return tuple((str(name), str(text)) for name, text in names.items()) if isinstance(names, dict) else ()

    def day(self, moment: date, reference: date | None = None) -> str:
        """`11月23日` or `23 Nov`; with the year when it is not that of the reference."""
        has_year = reference is not None and moment.year != reference.year
        told = moment.year, moment.month, moment.day, has_year
        if told not in self._days:
            if len(self._days) > _MAX_DAYS:
                self._days.clear()
            values = {
                "day": str(moment.day),
                "month": str(self._raw("date.months")[moment.month - 1]),
                "year": str(moment.year),
            }
            self._days[told] = self.text("date.day_year" if has_year else "date.day", **values)
        return self._days[told]

    def weekday(self, moment: date) -> str:
        """`周一` or `Mon`."""
        return str(self._raw("date.weekdays")[moment.weekday()])

    def day_weekday(self, moment: date, reference: date | None = None) -> str:
        """`11月23日 周一` or `Mon 23 Nov`."""
        return self.text("date.day_weekday", day=self.day(moment, reference), weekday=self.weekday(moment))

    def moment(self, moment: datetime, zone: tzinfo, reference: datetime) -> str:
        """Day and time of a moment in a zone; the day alone when the source gave no time.

        Sources that name only a day are read as midnight in China: such a moment is shown as the day it was, wherever
        the reader is.
        """
        in_china = moment.astimezone(CHINA)
        now = _in_zone(reference, zone)
        if not (in_china.hour or in_china.minute or in_china.second):
            return self.day(in_china, now)
        local = in_china if zone is CHINA else moment.astimezone(zone)
        # Half the time of strftime, and there is one in each story.
        return f"{self.day(local, now)} {local.hour:02}:{local.minute:02}"

    def _raw(self, key: str) -> Any:
        if key in self._texts:
            return self._texts[key]
        if self._fallback is None:
            raise errors.PolicywatchError(f"locales/{self.language}.yaml has no text {key!r}")
        return self._fallback._raw(key)  # noqa: SLF001  # of its own class

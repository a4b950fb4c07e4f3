"""The words of one language: texts with values and plurals, dates, numbers.

A catalogue is a YAML mapping from keys to texts. `{name}` in a text stands for a value. A text that depends on a number
`n` is a mapping by CLDR plural category (`one`, `other`); Chinese has only `other` and so writes the text itself.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from policywatch import errors
from policywatch.dates import CHINA

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime, tzinfo

_VALUE = re.compile(r"\{(\w+)\}")


class Catalogue:
    """The texts of a language, with those of English behind it for what it lacks."""

    def __init__(self, language: str, texts: Mapping[str, Any], fallback: Catalogue | None = None) -> None:
        self.language = language
        self._texts = texts
        self._fallback = fallback

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

    def day(self, moment: date, reference: date | None = None) -> str:
        """`11月23日` or `23 Nov`; with the year when it is not that of the reference."""
        key = "date.day" if reference is None or moment.year == reference.year else "date.day_year"
        months = self._raw("date.months")
        return _VALUE.sub(
            lambda named: {
                "day": str(moment.day),
                "month": str(months[moment.month - 1]),
                "year": str(moment.year),
            }.get(named[1], ""),
            str(self._raw(key)),
        )

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
        now = reference.astimezone(zone)
        if (in_china.hour, in_china.minute, in_china.second) == (0, 0, 0):
            return self.day(in_china, now)
        local = moment.astimezone(zone)
        return f"{self.day(local, now)} {local:%H:%M}"

    def _raw(self, key: str) -> Any:
        if key in self._texts:
            return self._texts[key]
        if self._fallback is None:
            raise errors.PolicywatchError(f"locales/{self.language}.yaml has no text {key!r}")
        return self._fallback._raw(key)  # noqa: SLF001  # of its own class

"""Alerts: which stories do not wait for the digest, and how many mails they may make.

A story is alerted when one of its hits is good enough (`min_score`) or names a chosen term, in the lists that may
alert. At most `per_hour` mails go out for a watch-list within any hour; what is beyond waits, as does what comes in
quiet hours, and then all that waited goes in one mail. What waited longer than `expires` is left to the digest.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from policywatch.digests.fields import Duration, as_list
from policywatch.digests.quiet import Quiet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from policywatch.model import Hit

_Names = Annotated[list[str], BeforeValidator(as_list, json_schema_input_type=str | list[str]), Field(min_length=1)]


class AlertSpec(BaseModel):
    """Which stories do not wait for the digest. One that was alerted does not come again in a digest."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    min_score: Annotated[float, Field(ge=0, le=100)] | None = None
    """A story that scores at least this is mailed at once. Without it, `terms` decide; without both, the lists do."""
    terms: _Names | None = None
    """A story in which one of these terms of the watch-lists was found is mailed at once, whatever it scores."""
    watchlists: _Names | None = None
    """Only stories on these lists are mailed at once; without it all lists of the subscription count."""
    quiet: str | None = None
    """Hours in which no alert goes out, such as "22:00-07:30"; afterwards one mail tells what came."""
    per_hour: Annotated[int, Field(ge=1, le=1000)] = 5
    """Mails for a watch-list within an hour; what is beyond is gathered into one mail when the hour is over."""
    priority: Literal["high", "normal", "low"] = "high"
    """How mail programs should mark alerts."""
    expires: Duration = timedelta(hours=24)
    """An alert that could not go out for so long is left to the digest, if the subscription has one."""

    @field_validator("quiet")
    @classmethod
    def _readable(cls, quiet: str | None) -> str | None:
        if quiet is not None:
            Quiet.parse(quiet)
        return quiet

    @field_validator("expires")
    @classmethod
    def _lasts(cls, expires: timedelta) -> timedelta:
        if not timedelta(minutes=10) <= expires <= timedelta(days=7):
            raise ValueError("must lie between 10m and 7d")
        return expires

    @model_validator(mode="after")
    def _chooses(self) -> AlertSpec:
        if self.min_score is None and self.terms is None and self.watchlists is None:
            raise ValueError("it says not which stories; add min_score: 80, or terms, or watchlists")
        return self

    def is_quiet(self, moment: datetime, zone: ZoneInfo) -> bool:
        """No alert may go out now."""
        return self.quiet is not None and Quiet.parse(self.quiet).holds(moment, zone)

    def cause(self, hits: Sequence[Hit], lists: frozenset[str] | None) -> Hit | None:
        """The strongest hit that makes a story an alert, None when none does. `lists` may alert; None means all."""
        good = [hit for hit in hits if (lists is None or hit.watchlist in lists) and self._is_enough(hit)]
        return min(good, key=lambda hit: (-hit.score, hit.watchlist), default=None)

    def _is_enough(self, hit: Hit) -> bool:
        if self.min_score is None and self.terms is None:
            return True
        if self.min_score is not None and hit.score >= self.min_score:
            return True
        wanted = {term.strip().casefold() for term in self.terms or ()}
        return any({span.rule.strip().casefold(), span.text.strip().casefold()} & wanted for span in hit.spans)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A waiting story that is to be alerted."""

    story: int
    watchlist: str
    """That of its cause; its mail counts against this list's hour."""
    is_held: bool = False
    """It could not go out before."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Which mails go out now, each with its stories, and which stories wait on."""

    mails: tuple[tuple[Candidate, ...], ...] = ()
    held: tuple[Candidate, ...] = ()


def decide(candidates: Sequence[Candidate], sent: Mapping[str, int], per_hour: int, *, is_quiet: bool) -> Decision:
    """What becomes of the candidates, in their order; `sent` counts the mails of the last hour by watch-list.

    New ones go out alone while their list's hour has room. As soon as one goes out that was held, all that may go out
    do so in one mail.
    """
    if is_quiet:
        return Decision(held=tuple(candidates))
    is_open = [sent.get(one.watchlist, 0) < per_hour for one in candidates]
    if any(one.is_held for one, may_go in zip(candidates, is_open, strict=True) if may_go):
        gathered = tuple(one for one, may_go in zip(candidates, is_open, strict=True) if may_go)
        held = tuple(one for one, may_go in zip(candidates, is_open, strict=True) if not may_go)
        return Decision((gathered,), held)
    counted = dict(sent)
    mails: list[tuple[Candidate, ...]] = []
    waiting: list[Candidate] = []
    for one in candidates:
        if counted.get(one.watchlist, 0) < per_hour:
            counted[one.watchlist] = counted.get(one.watchlist, 0) + 1
            mails.append((one,))
        else:
            waiting.append(one)
    return Decision(tuple(mails), tuple(waiting))

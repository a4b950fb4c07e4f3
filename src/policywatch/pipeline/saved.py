"""Saved searches: what somebody asks of the archive again and again, and reads as a feed.

A search has the words and the filters of the archive's page, under the same names; both are checked when the
configuration is read. Of each filter it has one value, as the page's form has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from policywatch.digests.subscription import FeedSpec
from policywatch.model import KINDS, LEVELS
from policywatch.store import query, search
from policywatch.text import places

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from policywatch.pipeline.plan import Plan

FILTERS = ("watchlist", "source", "region", "kind", "level", "issuer", "since", "until")


def _query(text: str) -> str:
    try:
        query.parsed(text)
    except query.QueryError as error:
        raise PydanticCustomError("query", "{what}", {"what": str(error), "offset": error.offset}) from None
    return text.strip()


def _region(region: str) -> str:
    if region:
        places.checked([region])
    return region


def _kind(kind: str) -> str:
    if kind and kind not in KINDS:
        raise ValueError(f"{kind!r} is no kind of document; there are {', '.join(KINDS)}")
    return kind


def _level(level: str) -> str:
    if level and level not in LEVELS:
        raise ValueError(f"{level!r} is no level; there are {', '.join(LEVELS)}")
    return level


def _day(text: str) -> str:
    try:
        query.day(text, None)
    except query.QueryError as error:
        raise ValueError(str(error)) from None
    return text


class SearchSpec(BaseModel):
    """An entry under `searches:`."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
    """Small letters, digits, `-`, `_` and `.`; its feed's address ends with it."""
    name: Annotated[str, Field(max_length=200)] = ""
    """What readers see; the id without it."""
    query: Annotated[str, AfterValidator(_query)] = ""
    """As it is typed on the archive's page: words that must all be there, OR, `-`, `title:`, quotation marks."""
    watchlist: str = ""
    """Only what belongs to this watch-list or its members."""
    source: str = ""
    """Only what this source published, by its id."""
    region: Annotated[str, AfterValidator(_region)] = ""
    """A province with the cities in it, a city, a country; or 全国: what national bodies issue or names no place.

    It, kind, level and issuer are read from title and text of every article; what cannot be read is not found by them.
    """
    kind: Annotated[str, AfterValidator(_kind)] = ""
    """A kind of document: 通知, 征求意见稿, 申报 ..."""
    level: Annotated[str, AfterValidator(_level)] = ""
    """At which level it was issued: 国家, 省, 市 or 区县."""
    issuer: Annotated[str, Field(max_length=80)] = ""
    """A part of the issuing body's name, or its short name."""
    since: Annotated[str, AfterValidator(_day)] = ""
    """The first day, as 2026-11-25, or 30d: what was published within thirty days."""
    until: Annotated[str, AfterValidator(_day)] = ""
    """The last day, written the same way."""
    feed: FeedSpec | None = None
    """Makes the search's feed private; without it `web.feed_token` does."""

    @model_validator(mode="after")
    def _asks(self) -> SearchSpec:
        if not self.asked:
            raise ValueError(f"asks for nothing; write a query, or one of {', '.join(FILTERS)}")
        return self

    @property
    def title(self) -> str:
        """What readers see."""
        return self.name or self.id

    @property
    def asked(self) -> dict[str, str]:
        """What it asks for, under the names that the archive's page has in its address; nothing that is empty."""
        said = {"q": self.query, **{name: getattr(self, name) for name in FILTERS}}
        return {name: value for name, value in said.items() if value}


def today(plan: Plan, now: datetime) -> date:
    """The day from which days ago are counted."""
    return now.astimezone(plan.zone).date()


def filters_of(plan: Plan, asked: Mapping[str, str], day: date) -> search.Filters:
    """The filters under the names of FILTERS, as the search wants them. Raises QueryError for what is no day."""
    given = {name: asked.get(name, "") for name in FILTERS}
    one = {name: (value,) if value else () for name, value in given.items()}
    lists = tuple(name for listed in one["watchlist"] for name in (listed, *plan.members(listed)))
    return search.Filters(
        watchlists=lists,
        sources=one["source"],
        regions=one["region"],
        kinds=one["kind"],
        levels=one["level"],
        issuer=given["issuer"],
        since=query.day(given["since"], day),
        until=query.day(given["until"], day),
    )

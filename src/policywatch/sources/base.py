"""What every source kind is: a configuration entry, and pure answers to what to ask and what came back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import date, datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from policywatch import dates, kinds
from policywatch.model import ArticleHints, Cursor, Manner, Page, RawItem, Reading, Request

MAX_ITEMS = 500
"""Of one page; what is beyond is counted and said, not read."""
MAX_TITLE = 500
MAX_BODY = 1_000_000
SHORTEST = timedelta(minutes=1)
LONGEST = timedelta(days=7)


def _duration(value: object) -> object:
    return dates.duration(value) if isinstance(value, str) else value


def _backfill(value: object) -> object:
    return None if value == "all" else _duration(value)


def http_url(url: str) -> str:
    """Checks an address that somebody wrote down. Raises ValueError that says what is wrong."""
    try:
        parts = urlsplit(url.strip())
        has_host = bool(parts.hostname)
        _ = parts.port
    except ValueError:
        raise ValueError("not an address; write one such as https://www.example.org/news/") from None
    if parts.scheme.lower() not in {"http", "https"}:
        raise ValueError("an address must begin with http:// or https://")
    if not has_host:
        raise ValueError("the address has no host name; write one such as https://www.example.org/news/")
    return url.strip()


class Options(BaseModel):
    """The base of every kind's options: unknown words are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceSpec(BaseModel):
    """An entry under `sources:`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
    """Small letters, digits, `-`, `_` and `.`; names the source in logs and commands, and its history hangs on it."""
    name: str = ""
    """What readers see; the id without it."""
    kind: str
    """How it is read."""
    url: Annotated[str, BeforeValidator(lambda url: http_url(url) if isinstance(url, str) else url)]
    """Where it stands."""
    every: Annotated[timedelta, BeforeValidator(_duration)] = timedelta(minutes=60)
    """How often it is asked, 1m to 7d. Without it every hour, or as rarely as the site suggests (a day at most)."""
    backfill: Annotated[
        timedelta | None, BeforeValidator(_backfill, json_schema_input_type=timedelta | Literal["all"])
    ] = timedelta(days=3)
    """How old an article may be at the first poll to be news; `all` takes everything."""
    enabled: bool = True
    """With false it is not asked; its history stays."""
    verified: date | Literal["never"] = "never"
    """The day on which somebody last saw it read; says nothing to the program."""
    note: str = ""
    """For those who keep the configuration, such as why a source is not enabled; says nothing to the program."""
    timezone: str = "Asia/Shanghai"
    """What its dates mean when they name no zone."""
    tls: Literal["strict", "legacy"] = "strict"
    """With `legacy` servers with old encryption are spoken to; certificates are verified all the same."""
    robots: Literal["respect", "ignore"] = "respect"
    """Whether robots.txt is asked about its pages; it is never asked about a feed itself."""
    options: dict[str, Any] = Field(default_factory=dict)
    """What its kind lets one say more."""

    @field_validator("every")
    @classmethod
    def _in_bounds(cls, every: timedelta) -> timedelta:
        if not SHORTEST <= every <= LONGEST:
            raise ValueError("must lie between 1m and 7d")
        return every

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        return dates.zone(name).key

    @property
    def own_interval(self) -> timedelta | None:
        """`every` where the configuration says it."""
        return self.every if "every" in self.model_fields_set else None

    @property
    def title(self) -> str:
        """What readers see."""
        return self.name or self.id


class Source(ABC):
    """One source. Pure: it never waits, never looks at a clock, and keeps nothing between calls."""

    Options: type[Options] = Options
    obeys_robots: ClassVar[bool] = True
    """Reads pages that were made for people. A feed is there for programs, and the operator subscribed to it."""
    is_endpoint: ClassVar[bool] = False
    """`url` is a service of the operator's own, which may stand at a private address."""

    def __init__(self, spec: SourceSpec, options: Any) -> None:
        self.spec = spec
        self.options = options
        self.zone = ZoneInfo(spec.timezone)

    def requests(self, cursor: Cursor) -> list[Request]:  # noqa: ARG002  # kinds with pages use it
        """What to ask first."""
        return [Request(self.spec.url)]

    def manner(self, request: Request) -> Manner:
        """How one of its requests may be treated otherwise than others."""
        is_own = self.is_endpoint and urlsplit(request.url)[:2] == urlsplit(self.spec.url)[:2]
        return Manner(legacy_tls=self.spec.tls == "legacy", is_endpoint=is_own)

    @abstractmethod
    def read(self, page: Page, now: datetime) -> Reading:
        """What a page says. Raises ParseError when it is not what this kind reads."""

    def detail(self, item: RawItem) -> Request | None:
        """Where the item's own page stands, or None when it need not be read."""
        return Request(item.url) if item.url else None

    def hints(self) -> ArticleHints:
        """What helps to read those pages."""
        return ArticleHints()


def build(spec: SourceSpec) -> Source:
    """The source that a configuration entry describes. Its options were validated when it was loaded."""
    kind = kinds.load("policywatch.sources.kinds", spec.kind, "Source")
    source: Source = kind(spec, kind.Options(**spec.options))  # type: ignore[attr-defined]
    return source

"""What may stand at the top of the main file, and what a configuration without a fault holds."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ByteSize, ConfigDict, Field, SecretStr

from policywatch import dates
from policywatch.channels.base import Address
from policywatch.digests.subscription import SubscriptionSpec
from policywatch.fetch.options import Lasting
from policywatch.matching.base import WatchlistSpec
from policywatch.pipeline.saved import SearchSpec
from policywatch.sources.base import SourceSpec

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from policywatch.config.web import PingOptions, WebOptions
    from policywatch.digests.calendar import CalendarSpec
    from policywatch.fetch.options import FetchOptions

LANGUAGES = ("zh-CN", "en")
LISTS: dict[str, type[BaseModel]] = {
    "sources": SourceSpec,
    "watchlists": WatchlistSpec,
    "subscriptions": SubscriptionSpec,
    "searches": SearchSpec,
}
"""What stands in lists, in the main file or in included ones."""


def _store(store: SecretStr | None) -> SecretStr | None:
    if store is None or not store.get_secret_value():
        return None
    if not re.match(r"postgres(?:ql)?://[^/]", store.get_secret_value()):
        raise ValueError("write postgresql://user:password@host:5432/database, or leave it out for a SQLite file")
    return store


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class LogOptions(_Section):
    """What is logged, and how."""

    format: Literal["auto", "text", "json"] = "auto"
    """auto: text on a terminal, JSON elsewhere."""
    level: Literal["debug", "info", "warning", "error"] = "info"
    """What is less than this is left out."""


def _window(window: timedelta) -> timedelta:
    if not timedelta(days=1) <= window <= timedelta(days=365):
        raise ValueError("must lie between 1d and 365d")
    return window


class StoryOptions(_Section):
    """How articles are gathered into stories."""

    window: Annotated[Lasting, AfterValidator(_window)] = timedelta(days=30)
    """For how long after an article its reprints are looked for, 1d to 365d."""


class RematchOptions(_Section):
    """What becomes of the archive when a watch-list is edited."""

    days: Annotated[int, Field(ge=1, le=36500)] = 30
    """Articles that came in within so many days are matched against the edited list."""
    mode: Literal["quietly", "digest", "off"] = "quietly"
    """quietly: pages and searches show what the edit gains, and no longer what it loses; nothing is mailed.
    digest: what it gains is in the next digest, too. off: edits hold for new articles only."""


def _age(age: timedelta | None) -> timedelta | None:
    if age is not None and age < timedelta(days=60):
        raise ValueError("must be at least 60d: digests, reminders and reprints look back that far")
    return age


class KeepOptions(_Section):
    """How much of the archive is kept. Full texts have `keep_text`."""

    articles: Annotated[Lasting | None, AfterValidator(_age)] = None
    """For how long articles and sent mails are kept, 60d or more, such as 1825d; without it for ever."""
    size: Annotated[ByteSize, Field(ge=64 * 2**20)] | None = None
    """What the SQLite file may hold, such as 10GB: the oldest texts go first, then articles, none under 30 days."""


class MainOptions(_Section):
    """What stands at the top of the main file beside lists and sections."""

    timezone: Annotated[str, AfterValidator(lambda name: dates.zone(name).key)] = "Asia/Shanghai"
    """What times mean here and in mails, such as Asia/Shanghai or Europe/Berlin."""
    language: Literal["zh-CN", "en"] = "zh-CN"
    """Of mails and pages, where nothing else is said."""
    include: list[str] = Field(default_factory=list)
    """Files with more of the lists below, relative to the main file; `*` and `**` are patterns."""
    state: Path = Path("var")
    """Where the data lies, relative to the main file. Takes effect at a start."""
    store: Annotated[
        SecretStr | None,
        AfterValidator(_store),
        Field(
            description="The address of a PostgreSQL database, `postgresql://user:password@host/database`, best as "
            "`${env:...}`; without it a SQLite file in the state folder is used. Takes effect at a start."
        ),
    ] = None
    engine: Literal["local", "procrastinate"] = "local"
    """local: one process does all of the work. procrastinate: many share it, by way of the PostgreSQL database."""
    keep_text: Annotated[int, Field(ge=1, le=36500)] = 365
    """Days for which full texts are kept."""
    templates: Path | None = None
    """A folder whose templates go before the shipped ones."""
    operator: Address | None = None
    """Who hears of trouble."""
    unsubscribe_to: Address | None = None
    """Where readers may write to leave; stands in each mail beside the link, which `web.public_url` makes possible."""


@dataclass(frozen=True, slots=True)
class MailOptions:
    """`mail:`: the channel's word and its own options."""

    kind: str
    options: Any

    @property
    def sender(self) -> str:
        """The From of every mail."""
        return str(self.options.sender)


@dataclass(frozen=True, slots=True)
class Config:
    """A configuration without a fault."""

    path: Path
    timezone: ZoneInfo
    language: str
    state: Path
    store: SecretStr | None
    engine: str
    keep_text: int
    templates: Path | None
    operator: str | None
    unsubscribe_to: str | None
    log: LogOptions
    web: WebOptions
    ping: PingOptions
    mail: MailOptions
    fetch: FetchOptions
    stories: StoryOptions
    rematch: RematchOptions
    keep: KeepOptions
    calendar: CalendarSpec
    sources: tuple[SourceSpec, ...]
    watchlists: tuple[WatchlistSpec, ...]
    subscriptions: tuple[SubscriptionSpec, ...]
    searches: tuple[SearchSpec, ...]
    secrets: frozenset[str] = field(default=frozenset(), repr=False)
    """What came from `${env:...}` and `${file:...}`."""

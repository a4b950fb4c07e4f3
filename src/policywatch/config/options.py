"""What may stand at the top of the main file, and what a configuration without a fault holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from policywatch import dates
from policywatch.channels.base import Address
from policywatch.channels.kinds.smtp import is_loopback
from policywatch.digests.subscription import FeedToken, SubscriptionSpec
from policywatch.matching.base import WatchlistSpec
from policywatch.sources.base import SourceSpec, http_url

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from policywatch.fetch.options import FetchOptions

LANGUAGES = ("zh-CN", "en")
LISTS: dict[str, type[BaseModel]] = {
    "sources": SourceSpec,
    "watchlists": WatchlistSpec,
    "subscriptions": SubscriptionSpec,
}
"""What stands in lists, in the main file or in included ones."""


def address(text: str) -> str:
    """Checks an address with a port. Raises ValueError that says how one is written."""
    _host, colon, port = text.rpartition(":")
    if not colon or not port.isdigit() or not 0 <= int(port) <= 65535:
        raise ValueError("write an address and a port, such as 127.0.0.1:8090")
    return text


def _listen(text: str) -> str:
    host = address(text).rpartition(":")[0]
    if not is_loopback(host):
        raise ValueError(
            f"{host or 'every address'} would open the pages to others, and they have no log-in yet; "
            "listen on 127.0.0.1 and put a web server with access control before it"
        )
    return text


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class WebOptions(_Section):
    """The pages: status, feeds, health check."""

    listen: Annotated[str, AfterValidator(_listen)] = "127.0.0.1:8090"
    """Address and port of the pages; this machine's own, as they have no log-in yet. Takes effect at a start."""
    public_url: Annotated[str | None, AfterValidator(lambda url: http_url(url).rstrip("/") if url else None)] = None
    """Where readers reach the pages; links in mails and feeds begin with it."""
    feed_token: Annotated[
        FeedToken | None,
        Field(description="Makes feeds private: their addresses then need `?token=`. A subscription may have its own."),
    ] = None

    @property
    def host(self) -> str:
        """To listen on."""
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """To listen on; 0 takes a free one."""
        return int(self.listen.rpartition(":")[2])


class LogOptions(_Section):
    """What is logged, and how."""

    format: Literal["auto", "text", "json"] = "auto"
    """auto: text on a terminal, JSON elsewhere."""
    level: Literal["debug", "info", "warning", "error"] = "info"
    """What is less than this is left out."""


class MainOptions(_Section):
    """What stands at the top of the main file beside lists and sections."""

    timezone: Annotated[str, AfterValidator(lambda name: dates.zone(name).key)] = "Asia/Shanghai"
    """What times mean here and in mails, such as Asia/Shanghai or Europe/Berlin."""
    language: Literal["zh-CN", "en"] = "zh-CN"
    """Of mails and pages, where nothing else is said."""
    include: list[str] = Field(default_factory=list)
    """Files with more sources, watchlists and subscriptions, relative to the main file; `*` and `**` are patterns."""
    state: Path = Path("var")
    """Where the data lies, relative to the main file. Takes effect at a start."""
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
    keep_text: int
    templates: Path | None
    operator: str | None
    unsubscribe_to: str | None
    log: LogOptions
    web: WebOptions
    mail: MailOptions
    fetch: FetchOptions
    sources: tuple[SourceSpec, ...]
    watchlists: tuple[WatchlistSpec, ...]
    subscriptions: tuple[SubscriptionSpec, ...]
    secrets: frozenset[str] = field(default=frozenset(), repr=False)
    """What came from `${env:...}` and `${file:...}`."""

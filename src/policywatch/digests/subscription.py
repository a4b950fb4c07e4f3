"""A subscription as it stands in the YAML: who gets which watch-lists, when."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import email_validator
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)

from policywatch import dates
from policywatch.digests import subject as subjects
from policywatch.digests.slots import Crontab
from policywatch.model import Recipient

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_TOKEN = re.compile(r"[A-Za-z0-9._~-]{22,512}")
# Names of networks of one's own (RFC 6762, RFC 8375, RFC 9476 and ICANN's .internal): no typing error, though no
# public mail server is found there.
_OWN_NETWORK = re.compile(
    r"localhost|(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:localhost|local|lan|home\.arpa|internal|intranet|corp|test)",
    re.IGNORECASE,
)


def mail_address(text: str) -> str:
    """The address as SMTP wants it: an international domain in punycode. Raises ValueError that tells what is wrong.

    The part before the @ stays as it is, also outside ASCII (RFC 6531). Nothing is looked up.
    """
    address = text.strip()
    local, _, host = address.rpartition("@")
    is_own = bool(_OWN_NETWORK.fullmatch(host))
    # The library refuses names of own networks whatever it is told: of such addresses it sees the rest.
    asked = f"{local}@example.org" if is_own else address
    try:
        checked = email_validator.validate_email(asked, check_deliverability=False)
    except email_validator.EmailNotValidError as error:
        raise ValueError(
            f"{address!r} is not a mail address ({str(error).rstrip('.')}); write one such as name@example.org"
        ) from None
    return f"{checked.local_part}@{host.lower() if is_own else checked.ascii_domain}"


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # ZoneInfoNotFoundError is a KeyError
        raise ValueError(f"{name!r} is no time zone; write one such as Asia/Shanghai or Europe/Berlin") from None
    return name


def _language(code: str) -> str:
    if not _LANGUAGE.fullmatch(code):
        raise ValueError(f"{code!r} is no language code; write one such as zh-CN or en")
    return code


def _feed_token(token: SecretStr) -> SecretStr:
    if not _TOKEN.fullmatch(token.get_secret_value()):
        raise ValueError(
            "a token stands in an address and must not be guessed: write at least 22 letters, digits, `-`, `_`, `.` "
            "or `~`; `openssl rand -hex 16` makes one"
        )
    return token


FeedToken = Annotated[SecretStr, AfterValidator(_feed_token)]
"""What a reader must know to open a private feed; 22 characters are the 128 bits that nobody guesses."""


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str | dict) else value


class RecipientSpec(BaseModel):
    """An entry under `to:`; a bare address is short for one with nothing else said."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    address: Annotated[str, AfterValidator(mail_address)]
    """Where the mail goes; others never see it."""
    language: Annotated[str, AfterValidator(_language)] | None = None
    """Without it, that of the configuration."""
    name: Annotated[str, Field(max_length=200)] = ""
    """What stands beside the address in the mail's To."""


def _days(value: Any) -> Any:
    found = dates.duration(value) if isinstance(value, str) else value
    if isinstance(found, timedelta) and found % timedelta(days=1):
        raise ValueError("a deadline is a day: write whole days or weeks, such as 14d or 2w")
    return found


def _recipient(value: Any) -> Any:
    return {"address": value} if isinstance(value, str) else value


class DigestSpec(BaseModel):
    """When a digest comes, and what it does on a quiet day."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    at: Annotated[list[str], BeforeValidator(_as_list, json_schema_input_type=str | list[str]), Field(min_length=1)]
    """One or more schedules of five fields as in crontab(5): minute, hour, day of the month, month, day of the week.

    Days of the week are counted as cron counts them: 0 and 7 are Sunday, `1-5` is Monday to Friday, and `mon-fri`
    says the same in words.
    """
    timezone: Annotated[str, AfterValidator(_known_zone)] | None = None
    """What `at` means; without it, the configuration's."""
    empty: Literal["skip", "send"] = "skip"
    """What happens when nothing is new."""
    max_stories: Annotated[int, Field(ge=1, le=5000)] = 100
    """The strongest are shown; of the others only their number."""
    max_per_group: Annotated[int, Field(ge=1, le=5000)] | None = None
    """The most that stands under one heading; the heading then says how many more there are."""
    group_by: Literal["watchlist", "region", "source", "kind"] = "watchlist"
    """What the headings are: watch-lists, regions that documents are of, sources, or kinds of documents."""
    closing: Annotated[timedelta, BeforeValidator(_days), Field(ge=timedelta(0), le=timedelta(days=366))] = timedelta(
        days=14
    )
    """Deadlines that fall within so many days stand on top."""
    summary: bool = False
    """In place of the excerpt the sentences of the text that carry the hits and the facts."""
    subject: Annotated[str, AfterValidator(subjects.checked)] = ""
    """The mail's subject; `{name}`, `{date}`, `{weekday}`, `{n}`, `{closing}`, `{lists}` and `{title}` are filled in.

    `{title}` is that of the strongest story. Without it, the templates decide.
    """

    @field_validator("at")
    @classmethod
    def _readable(cls, at: list[str]) -> list[str]:
        for schedule in at:
            Crontab.parse(schedule)
        return at

    @property
    def crontabs(self) -> tuple[Crontab, ...]:
        """The schedules of `at`."""
        return tuple(Crontab.parse(schedule) for schedule in self.at)

    def zone(self, default: ZoneInfo) -> ZoneInfo:
        """Its own time zone, else the given one."""
        return ZoneInfo(self.timezone) if self.timezone else default


class AlertSpec(BaseModel):
    """Which stories do not wait for the digest."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    min_score: Annotated[float, Field(ge=0, le=100)]
    """A story that scores at least this is mailed at once, alone."""


class FeedSpec(BaseModel):
    """How the feeds of a subscription are published."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    token: Annotated[
        FeedToken, Field(description="Opens the subscription's feeds: their addresses then need `?token=`.")
    ]


class SubscriptionSpec(BaseModel):
    """An entry under `subscriptions:`."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
    """Small letters, digits, `-`, `_` and `.`; what was sent is remembered under it, so it should not change."""
    name: Annotated[str, Field(max_length=200)] = ""
    """What readers see; the id without it."""
    to: Annotated[
        list[Annotated[RecipientSpec, BeforeValidator(_recipient)]],
        BeforeValidator(_as_list, json_schema_input_type=str | RecipientSpec | list[str | RecipientSpec]),
        Field(min_length=1),
    ]
    """Who gets it: addresses, or mappings with language and name. One mail each."""
    watchlists: Literal["all"] | Annotated[list[str], Field(min_length=1)]
    """Names of watch-lists, in the order in which the digest shows them; `all` takes every one."""
    digest: DigestSpec | None = None
    """When a digest comes."""
    alert: AlertSpec | None = None
    """Which stories do not wait for it."""
    feed: Annotated[
        FeedSpec | None, Field(description="Makes the subscription's feeds private; without it `web.feed_token` does.")
    ] = None

    @field_validator("to")
    @classmethod
    def _once_each(cls, to: list[RecipientSpec]) -> list[RecipientSpec]:
        seen: set[str] = set()
        for recipient in to:
            if recipient.address.lower() in seen:
                raise ValueError(f"{recipient.address} stands twice under `to`; remove one")
            seen.add(recipient.address.lower())
        return to

    @field_validator("watchlists", mode="before")
    @classmethod
    def _all_or_names(cls, value: Any) -> Any:
        if isinstance(value, str) and value != "all":
            raise ValueError(f"write `all`, or a list: [{value}]")
        if isinstance(value, list) and len(set(map(str, value))) < len(value):
            twice = next(name for name in value if value.count(name) > 1)
            raise ValueError(f"{twice!r} stands twice under `watchlists`; remove one")
        return value

    @model_validator(mode="after")
    def _sends_something(self) -> SubscriptionSpec:
        if self.digest is None and self.alert is None:
            raise ValueError('it would never send; add digest: {at: "30 8 * * mon-fri"}, or alert: {min_score: 80}')
        return self

    @property
    def title(self) -> str:
        """What readers see."""
        return self.name.strip() or self.id

    def recipients(self, language: str) -> tuple[Recipient, ...]:
        """Where it goes; `language` is for those who name none."""
        return tuple(Recipient(to.address, to.language or language, to.name) for to in self.to)

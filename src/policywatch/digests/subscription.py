"""A subscription as it stands in the YAML: who gets which watch-lists, when."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal
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
from policywatch.digests.alert import AlertSpec
from policywatch.digests.fields import Duration, as_list
from policywatch.digests.schedule import Plain
from policywatch.digests.slots import Crontab
from policywatch.digests.timetable import Timetable
from policywatch.model import KINDS, Document, Recipient
from policywatch.text import bodies, places

if TYPE_CHECKING:
    from policywatch.digests.calendar import Calendar

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
    several = [one for one in re.split(r"[ ,，、;；]+", address) if one]
    if len(several) > 1 and all("@" in one and one.isprintable() for one in several):
        raise ValueError(f"several addresses in one; write each as an entry of its own: [{', '.join(several)}]")
    if address.startswith("-"):
        raise ValueError(f"a space is missing behind the dash: write - {address.lstrip('-')}")
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


class RecipientSpec(BaseModel):
    """An entry under `to:`; a bare address is short for one with nothing else said."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    address: Annotated[str, AfterValidator(mail_address)]
    """Where the mail goes; others never see it."""
    language: Annotated[str, AfterValidator(_language)] | None = None
    """Without it, that of the configuration."""
    name: Annotated[str, Field(max_length=200)] = ""
    """What stands beside the address in the mail's To."""
    timezone: Annotated[str, AfterValidator(_known_zone)] | None = None
    """What times mean in the mails; without it, that of the digest."""


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

    every: Annotated[list[str], BeforeValidator(as_list, json_schema_input_type=str | list[str])] = Field(
        default_factory=list
    )
    """When it comes, in plain words: one or more such as `workday at 08:30`, `day at 08:30 and 17:00`,
    `weekly on mon at 09:00`, `monthly on 1 at 09:00`, `hour`; or 工作日 08:30, 每周一 09:00, 每月1日 09:00.
    """
    at: Annotated[list[str], BeforeValidator(as_list, json_schema_input_type=str | list[str])] = Field(
        default_factory=list
    )
    """In the place of `every`: one or more schedules of five fields as in crontab(5): minute, hour, day of the month,
    month, day of the week.

    Days of the week are counted as cron counts them: 0 and 7 are Sunday, `1-5` is Monday to Friday, and `mon-fri`
    says the same in words.
    """
    timezone: Annotated[str, AfterValidator(_known_zone)] | None = None
    """What `every` and `at` mean; without it, the configuration's."""
    holidays: Literal["send", "skip"] = "send"
    """skip: none on public holidays (see `calendar`); what came meanwhile is told on the first working day after."""
    catch_up: Duration = timedelta(hours=24)
    """A digest that was missed while policywatch was off is made up for within this time; later its stories join the
    next one.
    """
    empty: Literal["skip", "send", "trouble"] = "skip"
    """What happens when nothing is new; trouble: a mail comes only if a source could not be read."""
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

    @field_validator("every")
    @classmethod
    def _understood(cls, every: list[str]) -> list[str]:
        for schedule in every:
            Plain.parse(schedule)
        return every

    @field_validator("catch_up")
    @classmethod
    def _in_bounds(cls, catch_up: timedelta) -> timedelta:
        if not timedelta(minutes=1) <= catch_up <= timedelta(days=31):
            raise ValueError("must lie between 1m and 31d")
        return catch_up

    @model_validator(mode="after")
    def _either(self) -> DigestSpec:
        if bool(self.every) == bool(self.at):
            both = "say when once: " if self.every else "it says not when: "
            raise ValueError(f'{both}write every: workday at 08:30, or at: "30 8 * * mon-fri"')
        return self

    @property
    def schedules(self) -> tuple[Crontab | Plain, ...]:
        """Those of `every` or of `at`."""
        return (*(Plain.parse(one) for one in self.every), *(Crontab.parse(one) for one in self.at))

    def timetable(self, zone: ZoneInfo, calendar: Calendar) -> Timetable:
        """When it is due; `zone` is for a digest that names none."""
        return Timetable(self.schedules, self.zone(zone), calendar, self.holidays == "skip")

    def zone(self, default: ZoneInfo) -> ZoneInfo:
        """Its own time zone, else the given one."""
        return ZoneInfo(self.timezone) if self.timezone else default


class OnlySpec(BaseModel):
    """What a story must be as a policy document; words of one line are alternatives, and every line must hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kinds: Annotated[list[str], BeforeValidator(as_list, json_schema_input_type=str | list[str])] = Field(
        default_factory=list
    )
    """Kinds of document: 通知, 征求意见稿, 申报 ..."""
    regions: Annotated[list[str], BeforeValidator(as_list, json_schema_input_type=str | list[str])] = Field(
        default_factory=list
    )
    """Provinces with the cities in them, cities, countries, 欧盟, 香港, or 全国 for what national bodies issue."""
    issuers: Annotated[list[str], BeforeValidator(as_list, json_schema_input_type=str | list[str])] = Field(
        default_factory=list
    )
    """Issuing bodies, by whole or short name; departments count to their ministry."""

    @field_validator("kinds")
    @classmethod
    def _known_kinds(cls, kinds: list[str]) -> list[str]:
        for kind in kinds:
            if kind not in KINDS:
                raise ValueError(f"{kind!r} is no kind of document; there are {', '.join(KINDS)}")
        return kinds

    @field_validator("regions")
    @classmethod
    def _known_regions(cls, regions: list[str]) -> list[str]:
        return places.checked(regions)

    @model_validator(mode="after")
    def _narrows(self) -> OnlySpec:
        if not (self.kinds or self.regions or self.issuers):
            raise ValueError("says nothing; write kinds, regions or issuers, or remove `only`")
        return self

    def wants(self, document: Document | None) -> bool:
        """Whether a story with this document is for the subscription; one without a document is not."""
        if document is None:
            return False
        return (
            (not self.kinds or document.kind in self.kinds)
            and (not self.regions or any(places.within(document.region, wanted) for wanted in self.regions))
            and (
                not self.issuers
                or any(bodies.is_of(name, wanted) for name in document.issuers for wanted in self.issuers)
            )
        )


class FeedSpec(BaseModel):
    """How the feeds of a subscription or a saved search are published."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    token: Annotated[
        FeedToken, Field(description="Opens the feeds that it stands with: their addresses then need `?token=`.")
    ]


class ChannelSpec(BaseModel):
    """An entry under `channels:`: a way beside mail, with the options of its kind."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kind: str
    """Which way: webhook, apprise, file."""
    language: Annotated[str, AfterValidator(_language)] | None = None
    """Without it, that of the configuration."""
    options: Annotated[dict[str, Any], Field(repr=False)] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            raise ValueError("must be a mapping such as {kind: webhook, url: https://hooks.example.org/policywatch}")  # noqa: TRY004  # pydantic wants it
        own = {word: value[word] for word in ("kind", "language") if word in value}
        return {**own, "options": {word: given for word, given in value.items() if word not in own}}

    @property
    def name(self) -> str:
        """What its messages are known by in the outbox: the same as long as nothing about it is changed."""
        told = json.dumps([self.kind, self.options], sort_keys=True, default=str).encode()
        return f"{self.kind}-{hashlib.blake2b(told, digest_size=4).hexdigest()}"


class SubscriptionSpec(BaseModel):
    """An entry under `subscriptions:`."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
    """Small letters, digits, `-`, `_` and `.`; what was sent is remembered under it, so it should not change."""
    name: Annotated[str, Field(max_length=200)] = ""
    """What readers see; the id without it."""
    to: Annotated[
        list[Annotated[RecipientSpec, BeforeValidator(_recipient)]],
        BeforeValidator(as_list, json_schema_input_type=str | RecipientSpec | list[str | RecipientSpec]),
        Field(min_length=1),
    ] = Field(default_factory=list)
    """Who gets it: addresses, or mappings with language and name. One mail each."""
    channels: list[ChannelSpec] = Field(default_factory=list)
    """Ways beside mail, or instead of it: webhooks, chats, folders. Each is tried by itself."""
    watchlists: Literal["all"] | Annotated[list[str], Field(min_length=1)]
    """Names of watch-lists, in the order in which the digest shows them; `all` takes every one."""
    digest: DigestSpec | None = None
    """When a digest comes."""
    alert: AlertSpec | None = None
    """Which stories do not wait for it."""
    only: OnlySpec | None = None
    """Which of the watch-lists' stories it gets, by what they are as policy documents; without it, all."""
    remind: Annotated[
        list[Annotated[int, Field(ge=0, le=60)]],
        BeforeValidator(
            lambda value: [value] if isinstance(value, int) else value, json_schema_input_type=int | list[int]
        ),
        Field(max_length=5),
    ] = Field(default_factory=lambda: [7, 1])
    """How many days before a deadline the digest reminds of its story, each once; [7, 1] if unsaid, [] never."""
    review: bool = False
    """true: a digest is held as a draft until somebody lets it go (`policywatch drafts`). Alerts are not held."""
    reviewer: Annotated[str, AfterValidator(mail_address)] | None = None
    """Who is told of a draft; without it the `operator`."""
    review_for: Duration = timedelta(hours=4)
    """How long a draft waits for its reviewer."""
    after: Literal["send", "drop"] = "send"
    """What becomes of a draft that nobody looked at in that time."""
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

    @field_validator("remind")
    @classmethod
    def _each_day_once(cls, remind: list[int]) -> list[int]:
        if len(set(remind)) < len(remind):
            raise ValueError("a number stands twice under `remind`; remove one")
        return sorted(remind, reverse=True)

    @field_validator("watchlists", mode="before")
    @classmethod
    def _all_or_names(cls, value: Any) -> Any:
        if isinstance(value, str) and value != "all":
            if value in {"全部", "所有", "*"}:
                raise ValueError("write `all` for all of them")
            names = [part.strip(" []【】") for part in re.split("[,，、;；]", value)]
            raise ValueError(f"write `all`, or a list: [{', '.join(names)}]")
        if isinstance(value, list) and len(set(map(str, value))) < len(value):
            twice = next(name for name in value if value.count(name) > 1)
            raise ValueError(f"{twice!r} stands twice under `watchlists`; remove one")
        return value

    @field_validator("channels")
    @classmethod
    def _channels_once_each(cls, channels: list[ChannelSpec]) -> list[ChannelSpec]:
        names = [channel.name for channel in channels]
        if len(set(names)) < len(names):
            raise ValueError("one of the channels stands twice; remove one")
        return channels

    @model_validator(mode="after")
    def _goes_somewhere(self) -> SubscriptionSpec:
        if not self.to and not self.channels:
            raise ValueError("nobody would get it; write an address under `to`, or a channel under `channels`")
        return self

    @model_validator(mode="after")
    def _sends_something(self) -> SubscriptionSpec:
        if self.digest is None and self.alert is None:
            raise ValueError("it would never send; add digest: {every: workday at 08:30}, or alert: {min_score: 80}")
        return self

    @field_validator("review_for")
    @classmethod
    def _review_ends(cls, review_for: timedelta) -> timedelta:
        if not timedelta(minutes=1) <= review_for <= timedelta(days=14):
            raise ValueError("must lie between 1m and 14d")
        return review_for

    @property
    def title(self) -> str:
        """What readers see."""
        return self.name.strip() or self.id

    def recipients(self, language: str) -> tuple[Recipient, ...]:
        """Where it goes; `language` is for those who name none."""
        return tuple(Recipient(to.address, to.language or language, to.name, to.timezone) for to in self.to)

"""An entry under `subscriptions:`: who gets which watch-lists, and when."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from policywatch.digests.slots import Crontab
from policywatch.model import Recipient

Language = Literal["zh-CN", "en"]


def _address(text: str) -> str:
    try:
        return validate_email(text, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError as error:
        raise ValueError(f"not a mail address ({error}); write one such as name@example.org") from None


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (OSError, ValueError):
        raise ValueError(f"no such time zone: {name!r}; write one such as Asia/Shanghai") from None
    return name


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class To(_Part):
    """One recipient. A bare address will do."""

    address: Annotated[str, AfterValidator(_address)]
    language: Language | None = None
    """Of the mail; without it the configuration's."""
    name: str = ""


def _crontabs(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _crontab(text: str) -> str:
    Crontab.parse(text)
    return text


class DigestSpec(_Part):
    """When, and how much."""

    at: Annotated[
        list[Annotated[str, AfterValidator(_crontab)]], BeforeValidator(_crontabs), Field(min_length=1)
    ]
    """Five fields as in cron: minute, hour, day, month, weekday; one or several."""
    timezone: Annotated[str, AfterValidator(_zone)] | None = None
    """Without it the configuration's."""
    empty: Literal["skip", "send"] = "skip"
    """What to do when nothing is new."""
    max_stories: Annotated[int, Field(ge=1, le=5000)] = 100

    @property
    def crontabs(self) -> tuple[Crontab, ...]:
        """The schedules."""
        return tuple(Crontab.parse(text) for text in self.at)

    def zone(self, default: ZoneInfo) -> ZoneInfo:
        """In which the schedules are meant."""
        return ZoneInfo(self.timezone) if self.timezone else default


class AlertSpec(_Part):
    """What is mailed at once."""

    min_score: Annotated[float, Field(ge=0, le=100)]


class SubscriptionSpec(_Part):
    """Who gets which watch-lists, and when."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
    name: str = ""
    """What stands on top of the mail; the id without it."""
    to: Annotated[
        list[Annotated[To, BeforeValidator(lambda to: {"address": to} if isinstance(to, str) else to)]],
        Field(min_length=1),
    ]
    watchlists: list[str] | Literal["all"]
    digest: DigestSpec | None = None
    alert: AlertSpec | None = None

    @model_validator(mode="after")
    def _does_something(self) -> SubscriptionSpec:
        if self.digest is None and self.alert is None:
            raise ValueError("neither `digest` nor `alert`: nothing would ever be sent")
        if isinstance(self.watchlists, list) and not self.watchlists:
            raise ValueError("`watchlists` is empty: nothing would ever be sent; name some, or write all")
        addresses = [to.address.lower() for to in self.to]
        if len(set(addresses)) < len(addresses):
            raise ValueError("an address stands twice under `to`")
        return self

    @property
    def title(self) -> str:
        """What stands on top of the mail."""
        return self.name or self.id

    def recipients(self, default_language: str) -> tuple[Recipient, ...]:
        """Each with a language."""
        return tuple(Recipient(to.address, to.language or default_language, to.name) for to in self.to)

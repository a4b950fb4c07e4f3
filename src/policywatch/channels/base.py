"""What every channel is: options from the YAML, and one try to deliver one message."""

from __future__ import annotations

from abc import ABC, abstractmethod
from email.utils import formataddr, parseaddr
from typing import TYPE_CHECKING, Annotated, Any

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BaseModel, ConfigDict

if TYPE_CHECKING:
    from policywatch.model import Message, Receipt, StageRecorder


def mail_address(text: str) -> str:
    """Checks `name@host` or `Name <name@host>`. Raises ValueError that says what is wrong."""
    name, address = parseaddr(text)
    try:
        checked = validate_email(address or text, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise ValueError(f"not a mail address ({error}); write one such as news@example.org") from None
    return formataddr((name, checked.normalized), charset="utf-8") if name and name.isascii() else (
        f"{name} <{checked.normalized}>" if name else checked.normalized
    )


Address = Annotated[str, AfterValidator(mail_address)]


class Options(BaseModel):
    """The base of every channel's options: unknown words are refused, secrets are not shown."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, populate_by_name=True)

    @property
    def sender(self) -> str:
        """The From of every mail."""
        raise NotImplementedError


class Channel(ABC):
    """A way out for messages. See `model.Channel`."""

    Options: type[Options] = Options

    def __init__(self, options: Any) -> None:
        self.options = options

    @abstractmethod
    async def deliver(self, message: Message, stage: StageRecorder) -> Receipt:
        """Tries once and does not raise for anything that a server or disk does."""

    async def close(self) -> None:
        """Ends kept connections in order."""

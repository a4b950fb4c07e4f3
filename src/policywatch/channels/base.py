"""What every channel is: options from the YAML, and one try at a time to deliver one message."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict

from policywatch import kinds
from policywatch.channels import addresses

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policywatch.model import Message, Pace, Poster, Receipt, StageRecorder

CHANNELS = "policywatch.channels.kinds"
Address = Annotated[str, AfterValidator(addresses.mail_address)]
"""`name@host` or `Name <name@host>`."""


class Options(BaseModel):
    """The base of every channel's options: unknown words are refused, values are kept out of errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, populate_by_name=True)

    @property
    def sender(self) -> str:
        """The From of every mail: `name@host` or `Name <name@host>`."""
        raise NotImplementedError

    @property
    def paces(self) -> Mapping[str, Pace]:
        """By domain of the recipients, or EVERY_DOMAIN: how many tries may be made; nothing where there is no limit."""
        return {}


class Channel(ABC):
    """A way out for messages (`model.Channel`), built from its options; opens nothing before the first message."""

    Options: type[Options] = Options

    def __init__(self, options: Any) -> None:
        self.options = options

    @property
    def from_address(self) -> str:
        """The From of every mail that leaves this way, with its name if it has one."""
        sender: str = self.options.sender
        return sender

    @abstractmethod
    async def deliver(self, message: Message, stage: StageRecorder) -> Receipt:
        """Tries once to deliver, and tells what happened.

        Awaits `stage(name)` before each step and takes the step only when that returns; what `stage` raises comes out
        of here, and then nothing was delivered. Nothing else that a server, a network or a disk does is raised.
        """

    @abstractmethod
    async def close(self) -> None:
        """Ends kept connections in order."""


class DocumentChannel(Channel):
    """A way for digests as JSON documents (`digests/document.py`), named under `channels:` of a subscription.

    `sender` and `paces` mean nothing here. `poster` is the one way to speak HTTP.
    """

    def __init__(self, options: Any, poster: Poster) -> None:
        super().__init__(options)
        self.poster = poster


def load(kind: str) -> type[Channel]:
    """The channel behind the word in the YAML. Raises UnknownKindError, which lists the known words."""
    return kinds.load(CHANNELS, kind, "Channel")


def takes_documents(kind: str) -> bool:
    """The kind stands under a subscription's `channels:`; the others stand under `mail:`."""
    return issubclass(load(kind), DocumentChannel)

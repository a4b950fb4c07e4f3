"""`kind: apprise`: the short form of each digest to a chat or push service (Feishu, WeCom, Slack ...)."""

from __future__ import annotations

import asyncio
import importlib
import json
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, Field, SecretStr

from policywatch.channels import base
from policywatch.model import Outcome, Receipt

if TYPE_CHECKING:
    from policywatch.model import Message, StageRecorder

MAX_STORIES = 20
"""Named in a message; of the others the number. Chats show little and cut what is long."""


def _library() -> Any:
    try:
        return importlib.import_module("apprise")
    except ImportError:
        raise ValueError("needs an extra: pip install 'policywatch[channels]'") from None


def _known(url: SecretStr) -> SecretStr:
    if _library().Apprise.instantiate(url.get_secret_value()) is None:
        raise ValueError(
            "is no address that apprise knows; they look like feishu://TOKEN, dingtalk://TOKEN, wecombot://KEY, "
            "slack://A/B/C or tgram://TOKEN/CHAT"
        )
    return url


class Channel(base.DocumentChannel):
    """One service by one apprise address. It says only whether it worked, so each failure is tried again."""

    class Options(base.Options):
        """What may stand beside `kind: apprise`."""

        url: Annotated[
            SecretStr, AfterValidator(_known), Field(description="An apprise address, best from `${env:...}`.")
        ]

    async def deliver(self, message: Message, stage: StageRecorder) -> Receipt:
        """Notifies once, in a thread of its own: apprise speaks HTTP by itself and waits for the answer."""
        await stage("data")
        url = self.options.url.get_secret_value()
        body = short(json.loads(message.content))
        try:
            is_done = await asyncio.to_thread(_notify, url, message.subject, body)
        except Exception as error:  # noqa: BLE001  # whatever a plug-in raises is this message's failure and no other's
            return Receipt(Outcome.RETRY, "data", detail=f"apprise failed ({type(error).__name__})")
        if is_done:
            return Receipt(Outcome.SENT, "reply", detail="taken by the service")
        what = "the service did not take it; check the apprise address, and that the service can be reached from here"
        return Receipt(Outcome.RETRY, "data", detail=what)

    async def close(self) -> None:
        """Keeps nothing open."""


def short(document: dict[str, Any]) -> str:
    """The stories of a digest as lines of title and address."""
    lines: list[str] = []
    stories = [(group["name"], story) for group in document["groups"] for story in group["stories"]]
    for name, story in stories[:MAX_STORIES]:
        lines += [f"[{name}] {story['title']}", *([story["url"]] if story["url"] else []), ""]
    more = len(stories) - MAX_STORIES + document["left_out"] if len(stories) > MAX_STORIES else document["left_out"]
    if more:
        lines.append(f"+ {more}")
    return "\n".join(lines).strip() or str(document["text"]).strip()


def _notify(url: str, title: str, body: str) -> bool:
    service = _library().Apprise()
    service.add(url)
    return bool(service.notify(title=title, body=body))

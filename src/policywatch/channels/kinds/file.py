"""`kind: file`: writes each digest to a folder, as HTML, plain text, a mail or JSON."""

from __future__ import annotations

import asyncio
import json
import os
import re
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path  # noqa: TC003  # pydantic reads it when the class is made
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field

from policywatch.channels import base
from policywatch.model import Outcome, Receipt

if TYPE_CHECKING:
    from policywatch.model import Message, StageRecorder

WORDS = ("subscription", "kind", "date", "time", "language", "id")
"""What may stand in a name, in braces."""
_WORD = re.compile(r"\{([^{}]*)\}")
_UNSAFE = re.compile(r"[^\w.-]+")


def _name(text: str) -> str:
    unknown = [word for word in _WORD.findall(text) if word not in WORDS]
    bare = _WORD.sub("x", text)
    if unknown or "{" in bare or "}" in bare:
        raise ValueError(f"may hold {', '.join(f'{{{word}}}' for word in WORDS)}, and no other braces")
    if bare.startswith(("/", ".")) or ".." in bare or "\\" in bare or not bare.strip() or "\0" in bare:
        raise ValueError(
            "is a file's name below `path`, such as {subscription}/{date}-{id}; the ending comes by itself"
        )
    if "{id}" not in text:
        raise ValueError("would give several digests one name; write {id} into it")
    return text


class Channel(base.DocumentChannel):
    """A folder. A digest always gets the same name, so that a second try replaces the first."""

    class Options(base.Options):
        """What may stand beside `kind: file`."""

        path: Path
        """The folder; a relative one lies in the state folder. It is made where there is none."""
        name: Annotated[str, AfterValidator(_name)] = "{subscription}-{date}-{time}-{kind}-{language}-{id}"
        """Without ending; {subscription}, {kind}, {date}, {time} (UTC), {language} and {id} are filled in."""
        formats: Annotated[list[Literal["html", "txt", "eml", "json"]], Field(min_length=1)] = Field(default=["html"])
        """One file each."""

    async def deliver(self, message: Message, stage: StageRecorder) -> Receipt:
        """Writes every format, each whole or not at all; a disk that cannot is a RETRY."""
        await stage("data")
        options: Channel.Options = self.options
        document = json.loads(message.content)
        target = options.path / filled(options.name, document)
        try:
            for ending in options.formats:
                content = message.content if ending == "json" else formatted(ending, document)
                await asyncio.to_thread(_write, target.with_name(f"{target.name}.{ending}"), content)
        except OSError as error:
            what = f"digests cannot be written to {options.path} ({error.strerror or error}); they are tried again"
            return Receipt(Outcome.RETRY, "data", detail=what)
        return Receipt(Outcome.SENT, "written", detail=str(target))

    async def close(self) -> None:
        """Has nothing open between digests."""


def filled(name: str, document: dict[str, Any]) -> str:
    """A file's name for a digest; no value can lead out of the folder."""
    slot = datetime.fromisoformat(document["slot"])
    values = {
        "subscription": document["subscription"],
        "kind": document["kind"],
        "date": f"{slot:%Y-%m-%d}",
        "time": f"{slot:%H%M}",
        "language": document["language"],
        "id": document["id"].partition("@")[0][:12],
    }
    return _WORD.sub(lambda found: _UNSAFE.sub("-", values[found[1]]).lstrip("."), name)


def formatted(ending: str, document: dict[str, Any]) -> bytes:
    """A digest as HTML, plain text or a mail to nobody."""
    if ending == "html":
        return str(document["html"]).encode("utf-8", "replace")
    if ending == "txt":
        return f"{document['subject']}\n\n{document['text']}".encode("utf-8", "replace")
    mail = EmailMessage()
    mail["Subject"] = document["subject"]
    mail["Date"] = format_datetime(datetime.fromisoformat(document["made"]))
    mail["Message-ID"] = f"<{document['id']}>"
    mail.set_content(document["text"])
    mail.add_alternative(document["html"], subtype="html")
    return mail.as_bytes()


def _write(target: Path, content: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.part")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise

"""`kind: maildir`: writes each mail to a folder that mail programs can open. The default until SMTP is configured."""

from __future__ import annotations

import asyncio
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from policywatch.channels import base
from policywatch.model import Outcome, Receipt

if TYPE_CHECKING:
    from policywatch.model import Message, StageRecorder


class Channel(base.Channel):
    """A Maildir (tmp, new, cur), as D. J. Bernstein described it."""

    class Options(base.Options):
        """What may stand under `mail:`."""

        path: Path = Path("mail")
        """The folder; a relative one lies in the state folder."""
        from_: Annotated[base.Address, Field(alias="from")] = "policywatch <policywatch@localhost>"

        @property
        def sender(self) -> str:
            """The From of every mail."""
            return self.from_

    async def deliver(self, message: Message, stage: StageRecorder) -> Receipt:
        """Writes the mail; a second time replaces the first."""
        await stage("dot")
        try:
            path = await asyncio.to_thread(self._write, message)
        except OSError as error:
            return Receipt(Outcome.RETRY, "written", detail=f"{self.options.path}: {error.strerror}")
        return Receipt(Outcome.SENT, "written", detail=str(path))

    def _write(self, message: Message) -> Path:
        folder: Path = self.options.path
        for name in ("tmp", "new", "cur"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        # Named after the message and not the moment: after a crash the same mail lands on the same file.
        name = hashlib.blake2b(f"{message.message_id} {message.recipient}".encode(), digest_size=12).hexdigest()
        name = f"{name}.policywatch.eml"
        temporary = folder / "tmp" / name
        with temporary.open("wb") as file:
            file.write(message.content)
            file.flush()
            os.fsync(file.fileno())
        target = folder / "new" / name
        temporary.replace(target)
        directory = os.open(folder / "new", os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
        return target

"""`kind: maildir`: writes each mail to a folder that mail programs can open. The default until SMTP is configured."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from policywatch.channels import base
from policywatch.model import Outcome, Receipt

if TYPE_CHECKING:
    from policywatch.model import Message, StageRecorder

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}
_NOT_ALLOWED = {errno.EACCES, errno.EPERM, errno.EROFS}


class Channel(base.Channel):
    """A Maildir: written to `tmp`, then moved whole to `new` (D. J. Bernstein, "Using maildir format").

    A message always gets the same file name, so that a second delivery after a crash replaces the first. One that a
    mail program has already taken into `cur` is left as it is.
    """

    class Options(base.Options):
        """What may stand under `mail:`."""

        path: Path = Path("mail")
        """The folder; a relative one lies in the state folder."""
        from_: Annotated[base.Address, Field(alias="from")] = "policywatch <policywatch@localhost>"
        """What stands as sender: an address, or `Name <address>`."""

        @property
        def sender(self) -> str:
            """The From of every mail."""
            return self.from_

    async def deliver(self, message: Message, stage: StageRecorder) -> Receipt:
        """Writes the message's bytes and gives the file's path as detail; a disk that cannot is a RETRY."""
        await stage("data")
        path: Path = self.options.path
        try:
            written = await asyncio.to_thread(_write, path, message)
        except OSError as error:
            return Receipt(Outcome.RETRY, "data", detail=_plain(path, error))
        return Receipt(Outcome.SENT, "written", detail=str(written))

    async def close(self) -> None:
        """Has nothing open between messages."""


def _write(folder: Path, message: Message) -> Path:
    name = _name(message)
    for part in ("tmp", "new", "cur"):
        (folder / part).mkdir(mode=0o700, parents=True, exist_ok=True)
    taken = next((path for path in (folder / "cur").glob(f"{name}*")), None)
    if taken is not None:
        return taken
    temporary, target = folder / "tmp" / name, folder / "new" / name
    try:
        # Mails are read by their owner only, whatever the umask.
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(message.content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    _sync(folder / "new")
    return target


def _name(message: Message) -> str:
    """Starts with the mail's own Date, as Maildir names do, so that names sort by age."""
    digest = hashlib.blake2b(f"{message.message_id} {message.recipient}".encode(), digest_size=12).hexdigest()
    headers = BytesHeaderParser().parsebytes(message.content)
    try:
        sent_at = int(parsedate_to_datetime(str(headers["Date"])).timestamp())
    except (ValueError, OverflowError):
        sent_at = 0
    return f"{sent_at}.{digest}.policywatch.eml"


def _sync(folder: Path) -> None:
    """Makes a rename outlast a power cut."""
    directory = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _plain(folder: Path, error: OSError) -> str:
    if error.errno in _NO_ROOM:
        return f"no room left to write mails to {folder}; free some, they are tried again by themselves"
    if error.errno in _NOT_ALLOWED:
        return f"{folder} may not be written by the user that runs policywatch; give it the folder or name another path"
    return f"mails cannot be written to {folder} ({error.strerror or error})"

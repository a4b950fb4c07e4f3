"""What somebody does with a mail of the outbox by hand, from a page or a command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policywatch.digests import mail
from policywatch.store import outbox

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

AGAIN, SENDING, ERASED, NONE = "again", "sending", "erased", "none"
_UNTRIED = frozenset({"pending", "retry", "withheld"})


def again(tx: Connection, number: int, now: datetime) -> tuple[str, str]:
    """Makes a message due at once; gives what became of that and its Message-ID.

    AGAIN: it is due. SENDING: it is being sent right now. ERASED: its content went with its reader. NONE: there is no
    such message. One that may have been received before gets a Message-ID of its own.
    """
    found = outbox.find(tx, number)
    if found is None:
        return NONE, ""
    row, content = found
    if not content:
        return ERASED, row.message_id
    message_id = row.message_id
    if row.state not in _UNTRIED or row.is_in_doubt:
        message_id = mail.resent_id(row.message_id)
        content = mail.renamed(content, row.message_id, message_id)
    return (AGAIN if outbox.again(tx, number, message_id, content, now) else SENDING), message_id

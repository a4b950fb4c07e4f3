"""From words to the bytes of a mail (RFC 5322, MIME), the same from try to try."""

from __future__ import annotations

import hashlib
import re
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr, parseaddr
from typing import TYPE_CHECKING

from policywatch.model import Message

if TYPE_CHECKING:
    from datetime import datetime

    from policywatch.model import Recipient, Rendered

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_MAX_SUBJECT = 200


def domain(sender: str) -> str:
    """The part of a From address behind the @, for ids that must be unique in the world."""
    return parseaddr(sender)[1].rpartition("@")[2] or "localhost"


def message_id(kind: str, subscription: str, slot: str, address: str, at: str) -> str:
    """The Message-ID of a subscription's slot for one recipient; the same however often it is made."""
    name = "\x00".join((kind, subscription, slot, address.lower()))
    return f"<{hashlib.blake2b(name.encode(), digest_size=16).hexdigest()}@{at}>"


def message(
    rendered: Rendered, *, sender: str, recipient: Recipient, message_id: str, date: datetime, subscription: str
) -> Message:
    """The mail to one recipient: plain text and HTML, each header once, no value of which can make another."""
    mail = EmailMessage(policy=SMTP)
    subject = _one_line(rendered.subject)[:_MAX_SUBJECT]
    name, address = parseaddr(sender)
    mail["From"] = _address(name, address)
    mail["To"] = _address(recipient.name, recipient.address)
    mail["Subject"] = subject
    mail["Date"] = format_datetime(date)
    mail["Message-ID"] = message_id
    mail["List-Id"] = f"<{subscription}.{domain(sender)}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["Precedence"] = "bulk"
    # base64 keeps any text within the length of lines, and Chinese within its size.
    mail.set_content(_text(rendered.text), charset="utf-8", cte="base64")
    mail.add_alternative(_text(rendered.html), subtype="html", charset="utf-8", cte="base64")
    # Made from the id and not by chance: a retry and a restored backup send the same bytes.
    mail.set_boundary(f"=_{hashlib.blake2b(message_id.encode(), digest_size=12).hexdigest()}")
    return Message(recipient.address, message_id, subject, mail.as_bytes())


def _one_line(text: str) -> str:
    return " ".join(_CONTROLS.sub(" ", text).split())


def _address(name: str, address: str) -> str:
    clean = _one_line(name)
    return formataddr((clean, address)) if clean else address


def _text(text: str) -> str:
    return re.sub("[\ud800-\udfff]", "\ufffd", text)

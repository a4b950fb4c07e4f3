"""Mail addresses, as people write them and as SMTP wants them (RFC 5321, 5322, 6531; domains by IDNA 2008)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import parseaddr

from email_validator import EmailNotValidError, ValidatedEmail, validate_email

_DOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*", re.IGNORECASE)
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address in the shape that goes into an SMTP command."""

    address: str
    """The domain in ASCII (punycode)."""
    needs_utf8: bool
    """The part before the @ is not ASCII: only a server with SMTPUTF8 (RFC 6531) can take it."""


def mail_address(text: str) -> str:
    """Checks `name@host` or `Name <name@host>` and gives it back. Raises ValueError that says what is wrong."""
    if _CONTROLS.search(text):
        raise ValueError("a mail address stands on one line and holds no control characters")
    name, address = parseaddr(text)
    if not address or text.count("@") == 0:
        raise ValueError("not a mail address; write news@example.org or policywatch <news@example.org>")
    if not name and address != text.strip().strip("<>"):
        raise ValueError('put the name in quotes: "Last, First" <news@example.org>')
    mailbox(address)
    return text.strip()


def bare(sender: str) -> str:
    """The address alone of what `mail_address` took."""
    return parseaddr(sender)[1]


def mailbox(address: str) -> Mailbox:
    """The address as SMTP wants it. Raises ValueError that says what is wrong."""
    try:
        found = _validated(address)
    except EmailNotValidError as error:
        # A company's own server has names that the open internet reserves (.local, .lan, .test, localhost).
        local, at, domain = address.rpartition("@")
        if not at or not _DOMAIN.fullmatch(domain):
            raise ValueError(f"not a mail address ({error}); write one such as news@example.org") from None
        try:
            found = _validated(f"{local}@example.com")
        except EmailNotValidError as second:
            raise ValueError(f"not a mail address ({second}); write one such as news@example.org") from None
        return Mailbox(f"{found.local_part}@{domain.lower()}", not found.local_part.isascii())
    return Mailbox(f"{found.local_part}@{found.ascii_domain}", not found.local_part.isascii())


def _validated(address: str) -> ValidatedEmail:
    return validate_email(address, check_deliverability=False, globally_deliverable=False)

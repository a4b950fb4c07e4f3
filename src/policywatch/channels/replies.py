"""What an SMTP reply means for a message (RFC 5321, 4.2 and 4.5.4; RFC 4954, 6)."""

from __future__ import annotations

from policywatch.model import Outcome

_LOGIN = {530, 534, 535, 538}
"""The server wants other credentials, or any: every message would meet the same."""


def classify(stage: str, code: int) -> Outcome:
    """RETRY, FAILED or CONFIG for a refusal at a stage: connect, ehlo, tls, login, mail, rcpt, dot.

    4yz is for now, 5yz for good; but 5yz before the envelope is about us and not about this message.
    """
    if code in _LOGIN:
        return Outcome.CONFIG
    if 400 <= code < 500:
        return Outcome.RETRY
    if stage in {"tls", "login"}:
        return Outcome.CONFIG
    if stage in {"connect", "ehlo"}:
        return Outcome.RETRY  # a 554 greeting blocks an address for a while, it does not judge a mail
    return Outcome.FAILED if 500 <= code < 600 else Outcome.RETRY

"""What an SMTP reply, or the lack of one, means for a message (RFC 5321, 4.2 and 4.5.4; RFC 4954, 6).

The rules, first match wins:

1. No reply: after the final dot nobody knows (UNKNOWN), before it nothing was handed over (RETRY).
2. 2yz after the final dot: SENT. Anything else that RFC 5321 does not foresee counts as no reply.
3. 4yz: for now (RETRY), at every stage, 421 and a greylisting 451 included.
4. 530, 534, 535 and 538 ask for other credentials, and every message would meet the same: CONFIG.
5. 5yz before the envelope (connect, tls, login) is about us and not about a message: CONFIG. A 554 greeting often
   blocks an address for a while; under CONFIG mail waits for its end and nothing is given up.
6. 5yz whose words say that this account may not send as this sender: CONFIG, since every mail has the same From.
7. 5yz whose words say that the account has sent its share for the day: RETRY.
8. Any other 5yz is about this message or this recipient: FAILED.
"""

from __future__ import annotations

import re

from policywatch.channels import presets
from policywatch.model import Outcome

MAX_WORDS = 300

_CREDENTIALS = {530, 534, 535, 538}
_BEFORE_ENVELOPE = {"connect", "tls", "login"}
_AFTER_CONTENT = {"dot", "reply"}
# QQ and Exmail: 501 Mail from address must be same as authorization user. 163: 553 Mail from must equal authorized
# user. Yandex: 553 5.7.1 Sender address rejected: not owned by auth user. Microsoft: 550 5.7.60 Client does not have
# permissions to send as this sender; 554 5.2.252 SendAsDenied.
_SENDER = re.compile(
    r"must (?:be same as|equal) authori[sz]|not owned by (?:auth )?user|permissions? to send as|SendAsDenied",
    re.IGNORECASE,
)
# Google: 550 5.4.5 Daily user sending limit exceeded. QQ: 550 Mail/Ip/Domain frequency limited.
_SENT_ENOUGH = re.compile(r"\b5\.4\.5\b|daily (?:user )?sending (?:limit|quota)|frequency limited", re.IGNORECASE)


def classify(stage: str, code: int | None, text: str = "") -> Outcome:
    """What became of a try that ended at a stage with a reply; `code` is None when the link died or time ran out.

    Stages are those of `model.Receipt`; the greeting and EHLO count as connect, or as tls when they follow it.
    """
    is_handed_over = stage in _AFTER_CONTENT
    if code is not None and 200 <= code < 300 and is_handed_over:
        return Outcome.SENT
    if code is None or not 400 <= code < 600:
        return Outcome.UNKNOWN if is_handed_over else Outcome.RETRY
    if code < 500:
        return Outcome.RETRY
    if code in _CREDENTIALS or stage in _BEFORE_ENVELOPE or _SENDER.search(text):
        return Outcome.CONFIG
    return Outcome.RETRY if _SENT_ENOUGH.search(text) else Outcome.FAILED


def explain(host: str, stage: str, code: int, text: str) -> str:
    """A refusal in one line: the server's words, and for CONFIG what the user can change."""
    said = f"{host} said {code} {words(text)}".rstrip()
    if classify(stage, code, text) is not Outcome.CONFIG:
        return said
    if code in _CREDENTIALS or stage == "login":
        return f"{said}; {presets.login_hint(host)}"
    if _SENDER.search(text):
        return f"{said}; write as `from` the address of `user`"
    if stage == "tls":
        return f"{said}; it refuses encryption, and nothing is sent without: try `tls: implicit` with `port: 465`"
    return f"{said}; check `host` and `port`. If they are right, the provider blocks this machine's address for a time"


def words(text: str) -> str:
    """A server's words on one line, readable, at most 300 characters."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in _decoded(text)).split())[:MAX_WORDS]


def _decoded(text: str) -> str:
    """Replies arrive as UTF-8 with the bytes that are not kept as surrogates; QQ writes some of them in GBK."""
    raw = text.encode("utf-8", "surrogateescape")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "replace")

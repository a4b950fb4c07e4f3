"""One mail through the configured channel, step by step, so that settings can be put right before the first digest."""

from __future__ import annotations

import secrets
from email.utils import parseaddr
from typing import TYPE_CHECKING

from policywatch import bootstrap, errors
from policywatch.channels.base import load
from policywatch.digests import mail
from policywatch.digests.subscription import mail_address
from policywatch.model import Notice, Outcome, Recipient

if TYPE_CHECKING:
    from collections.abc import Callable

    from policywatch.config import Config

STAGES = {
    "connect": "connecting to the server",
    "tls": "asking for encryption",
    "login": "logging in",
    "mail": "naming the sender",
    "rcpt": "naming the recipient",
    "data": "asking to hand over the mail",
    "dot": "handing over the mail",
}
_ADVICE = {
    Outcome.RETRY: "not now: the same mail may pass later; a digest would be tried again by itself",
    Outcome.FAILED: "refused for good: check the recipient's address",
    Outcome.UNKNOWN: "nobody knows whether it arrived: look into the mailbox",
    Outcome.CONFIG: "the settings under `mail` must be changed, nothing can be sent before",
}


async def send(config: Config, address: str | None, say: Callable[[str], None]) -> bool:
    """Sends it past the outbox, also beside a running service; true when the server took it."""
    to = address or config.operator
    if to is None:
        raise errors.PolicywatchError("name an address: policywatch send-test you@example.org (or write `operator`)")
    try:
        recipient = Recipient(mail_address(parseaddr(to)[1] or to), config.language)
    except ValueError as error:
        raise errors.PolicywatchError(str(error)) from error
    plan = bootstrap.plan_of(config)
    now = bootstrap.now()
    notice = Notice("test", (f"{config.mail.kind}: {config.mail.sender}",))
    message = mail.message(
        bootstrap.renderer_of(config).notice(notice, plan.language, now, plan.zone, plan.public_url),
        sender=plan.sender,
        recipient=recipient,
        message_id=mail.message_id("test", secrets.token_hex(8), now.isoformat(), to, mail.domain(plan.sender)),
        date=now,
        subscription="test",
        unsubscribe_to=plan.unsubscribe_to,
    )
    say(f"from {plan.sender} to {recipient.address} by {config.mail.kind}")
    channel = load(config.mail.kind)(config.mail.options)

    async def record(stage: str) -> None:
        say(f"{STAGES.get(stage, stage)} ...")

    try:
        receipt = await channel.deliver(message, record)
    finally:
        await channel.close()
    if receipt.outcome is Outcome.SENT:
        say(f"taken: {receipt.detail}")
        return True
    say(f"not sent, at {STAGES.get(receipt.stage, receipt.stage)}: {receipt.detail}")
    say(_ADVICE[receipt.outcome])
    return False

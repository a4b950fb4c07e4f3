"""From a rendered digest to what goes into the outbox: a mail for each recipient, a document for each other channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policywatch.digests import document, links, mail
from policywatch.model import Message
from policywatch.store import outbox, recipients

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from policywatch.digests.subscription import SubscriptionSpec
    from policywatch.model import Digest, Rendered
    from policywatch.pipeline.plan import Plan


def languages(plan: Plan, subscription: SubscriptionSpec) -> list[str]:
    """The languages in which a digest of the subscription is wanted, sorted."""
    to = {recipient.language for recipient in subscription.recipients(plan.language)}
    return sorted(to | {channel.language or plan.language for channel in subscription.channels})


def send(
    tx: Connection,
    plan: Plan,
    run: int,
    subscription: SubscriptionSpec,
    digest: Digest,
    rendered: Mapping[str, Rendered],
    slot: str,
    now: datetime,
) -> int:
    """Puts a run's digest, rendered in its `languages`, into the outbox, due at once; says how many messages it is."""
    maker = links.Links(plan.public_url, recipients.signing_key(tx)) if plan.public_url else None
    domain = mail.domain(plan.sender)
    mails = [
        mail.message(
            rendered[to.language],
            sender=plan.sender,
            recipient=to,
            message_id=mail.message_id(digest.kind, subscription.id, slot, to.address, domain),
            date=now,
            subscription=subscription.id,
            links_of=maker,
            unsubscribe_to=plan.unsubscribe_to,
            is_urgent=digest.kind == "alert",
        )
        for to in subscription.recipients(plan.language)
    ]
    outbox.add(tx, run, mails, plan.channel, now)
    if maker is not None:
        known = [(one.recipient, maker.token(subscription.id, one.recipient)) for one in mails]
        recipients.know(tx, subscription.id, known, now)
    for channel in subscription.channels:
        message_id = mail.message_id(digest.kind, subscription.id, slot, channel.name, domain)
        text = rendered[channel.language or plan.language]
        content = document.document(digest, text, message_id, now)
        # No @ stands in the name of a channel: it is nobody's address.
        outbox.add(tx, run, [Message(channel.name, message_id, text.subject, content)], channel.name, now)
    return len(mails) + len(subscription.channels)

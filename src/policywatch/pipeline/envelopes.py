"""From a digest to what goes into the outbox: a mail for each recipient, a document for each other channel."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from policywatch.digests import document, links, mail
from policywatch.model import Message, Recipient
from policywatch.store import outbox, recipients

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from policywatch.digests.render import Renderer
    from policywatch.digests.subscription import SubscriptionSpec
    from policywatch.model import Digest, Rendered
    from policywatch.pipeline.plan import Plan

Kind = tuple[str, str | None]
"""A language, and a time zone if it is another than the digest's."""


def kind_of(to: Recipient) -> Kind:
    """Which rendering a recipient gets."""
    return to.language, to.timezone


def render_for(renderer: Renderer, digest: Digest, to: Recipient) -> Rendered:
    """The digest in the language and time zone of a recipient."""
    return renderer.render(replace(digest, timezone=to.timezone) if to.timezone else digest, to.language)


def renderings(plan: Plan, renderer: Renderer, subscription: SubscriptionSpec, digest: Digest) -> dict[Kind, Rendered]:
    """The digest in every language and time zone that somebody wants; the digest's own zone goes first."""
    wanted = {kind_of(to): to for to in subscription.recipients(plan.language)}
    for channel in subscription.channels:
        language = channel.language or plan.language
        wanted.setdefault((language, None), Recipient("", language))
    in_order = sorted(wanted.items(), key=lambda one: (one[0][0], one[0][1] or ""))
    return {kind: render_for(renderer, digest, to) for kind, to in in_order}


def mail_to(
    plan: Plan,
    subscription: SubscriptionSpec,
    digest: Digest,
    rendered: Mapping[Kind, Rendered],
    slot: str,
    now: datetime,
    to: Recipient,
    *,
    maker: links.Links | None,
) -> Message:
    """The mail of one recipient."""
    return mail.message(
        rendered[kind_of(to)],
        sender=plan.sender,
        recipient=to,
        message_id=mail.message_id(digest.kind, subscription.id, slot, to.address, mail.domain(plan.sender)),
        date=now,
        subscription=subscription.id,
        links_of=maker,
        unsubscribe_to=plan.unsubscribe_to,
        priority=digest.priority,
    )


def send(
    tx: Connection,
    plan: Plan,
    run: int,
    subscription: SubscriptionSpec,
    digest: Digest,
    rendered: Mapping[Kind, Rendered],
    slot: str,
    now: datetime,
) -> int:
    """Puts a run's digest, in its `renderings`, into the outbox, due at once; says how many messages it is."""
    maker = links.Links(plan.public_url, recipients.signing_key(tx)) if plan.public_url else None
    mails = [
        mail_to(plan, subscription, digest, rendered, slot, now, to, maker=maker)
        for to in subscription.recipients(plan.language)
    ]
    outbox.add(tx, run, mails, plan.channel, now)
    if maker is not None:
        known = [(one.recipient, maker.token(subscription.id, one.recipient)) for one in mails]
        recipients.know(tx, subscription.id, known, now)
    domain = mail.domain(plan.sender)
    for channel in subscription.channels:
        message_id = mail.message_id(digest.kind, subscription.id, slot, channel.name, domain)
        text = rendered[channel.language or plan.language, None]
        content = document.document(digest, text, message_id, now)
        # No @ stands in the name of a channel: it is nobody's address.
        outbox.add(tx, run, [Message(channel.name, message_id, text.subject, content)], channel.name, now)
    return len(mails) + len(subscription.channels)

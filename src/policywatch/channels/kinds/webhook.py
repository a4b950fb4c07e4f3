"""`kind: webhook`: posts each digest as JSON, signed, to an address of yours."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr

from policywatch import errors
from policywatch.channels import base
from policywatch.model import Outcome, Receipt

if TYPE_CHECKING:
    from policywatch.model import Message, StageRecorder

LEAST_SECRET = 16
_LATER = {408, 409, 423, 425, 429}
"""4xx that say: not now (RFC 9110, 15.5; RFC 8470; RFC 6585)."""
_OUR_SETTINGS = {401, 403, 404, 405, 410}
"""4xx that every digest would meet: the address or what it wants of us has changed."""


def _url(text: str) -> str:
    try:
        found = urlsplit(text.strip())
        is_usable = found.scheme in {"http", "https"} and bool(found.hostname) and found.port != 0
    except ValueError:
        is_usable = False
    if not is_usable:
        raise ValueError("is no web address; write one such as https://hooks.example.org/policywatch")
    return text.strip()


def _secret(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value()) < LEAST_SECRET:
        raise ValueError(f"must be {LEAST_SECRET} characters or more; `openssl rand -hex 16` makes one")
    return secret


def signature(secret: str, name: str, body: bytes) -> str:
    """What stands in X-Policywatch-Signature: HMAC-SHA256 over the id, a full stop and the body."""
    digest = hmac.new(secret.encode(), name.encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"sha256={digest}"


class Channel(base.DocumentChannel):
    """A POST of JSON. A receiver tells a repeat by X-Policywatch-Id, which is the same from try to try."""

    class Options(base.Options):
        """What may stand beside `kind: webhook`."""

        url: Annotated[str, AfterValidator(_url), Field(repr=False)]
        """Where each digest is posted; https best, and it may lie in your own network."""
        secret: Annotated[SecretStr, AfterValidator(_secret)] | None = None
        """Signs each post (HMAC-SHA256, X-Policywatch-Signature), so that the receiver knows it is yours."""

        @property
        def endpoint(self) -> str:
            """The address that may be asked because it is written here."""
            return self.url

    async def deliver(self, message: Message, stage: StageRecorder) -> Receipt:
        """Posts once. A lost answer is a RETRY: the receiver knows the repeat by its id."""
        options: Channel.Options = self.options
        name = message.message_id.strip("<>")
        headers = [("Content-Type", "application/json; charset=utf-8"), ("X-Policywatch-Id", name)]
        if options.secret is not None:
            # The id alone, which never changes, so that a repeat is byte for byte what it repeats.
            headers.append(
                ("X-Policywatch-Signature", signature(options.secret.get_secret_value(), name, message.content))
            )
        await stage("data")
        try:
            status = await self.poster.post(options.url, headers, message.content)
        except errors.FetchError as error:
            return _receipt(urlsplit(options.url).hostname or "", error)
        return Receipt(Outcome.SENT, "reply", status, f"answered {status}")

    async def close(self) -> None:
        """Keeps nothing open itself."""


def _receipt(host: str, error: errors.FetchError) -> Receipt:
    # The address may carry a secret, so only the host is told.
    status = error.status
    if status is not None and 400 <= status < 500 and status not in _LATER:
        if status in _OUR_SETTINGS:
            what = f"{host} answered {status}; check `url` of this webhook, and what it wants to let you in"
            return Receipt(Outcome.CONFIG, "reply", status, what)
        return Receipt(Outcome.FAILED, "reply", status, f"{host} answered {status}: it does not take this digest")
    if error.code in {"refused_address", "bad_url"}:
        return Receipt(Outcome.CONFIG, "connect", status, f"{host}: {error.what}")
    stage = "reply" if status is not None else "connect"
    return Receipt(Outcome.RETRY, stage, status, f"{host}: {error.what}")

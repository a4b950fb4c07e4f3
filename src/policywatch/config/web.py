"""The sections `web:` and `ping:`: where the pages are, who may reach them, and who hears that all is well."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator

from policywatch import passwords
from policywatch.channels.kinds.smtp import is_loopback
from policywatch.digests.subscription import FeedToken
from policywatch.fetch.options import Lasting, Network, network
from policywatch.sources.base import http_url

_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{1,63}")
_NAME = re.compile(r"[^\x00-\x20\x7f](?:[^\x00-\x1f\x7f]{0,62}[^\x00-\x20\x7f])?")


def address(text: str) -> str:
    """Checks an address with a port. Raises ValueError that says how one is written."""
    _host, colon, port = text.rpartition(":")
    if not colon or not port.isdigit() or not 0 <= int(port) <= 65535:
        raise ValueError("write an address and a port, such as 127.0.0.1:8090")
    return text


def _password(given: SecretStr) -> SecretStr:
    passwords.checked(given.get_secret_value())
    return given


def _user_name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError("must have 1 to 64 characters, none of them a control character and no blank at its ends")
    return text


def _header(text: str) -> str:
    if not _HEADER.fullmatch(text):
        raise ValueError("must be the name of a header, such as X-Forwarded-User")
    return text.lower()


def _not_everybody(one: Network) -> Network:
    if one.prefixlen == 0:
        raise ValueError(f"{one} is every machine there is, so that anybody could say who he is; name your proxy's")
    return one


def _secret_url(given: SecretStr) -> SecretStr:
    http_url(given.get_secret_value())
    return given


Password = Annotated[SecretStr, AfterValidator(_password)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class UserSpec(_Section):
    """An entry under `web.users`."""

    name: Annotated[str, AfterValidator(_user_name)]
    """What is typed at the log-in."""
    password: Password
    """8 characters at least, or a line that `policywatch hash-password` made; best as `${env:...}`."""


class WebOptions(_Section):
    """The pages: who may reach them, and where."""

    listen: Annotated[str, AfterValidator(address)] = "127.0.0.1:8090"
    """Address and port of the pages. Others than this machine's own need a `password`, `users` or a
    `trusted_header`. Takes effect at a start."""
    public_url: Annotated[str | None, AfterValidator(lambda url: http_url(url).rstrip("/") if url else None)] = None
    """Where readers reach the pages; links in mails and feeds begin with it."""
    password: Password | None = None
    """Closes the pages to who does not know it: 8 characters at least, or a line that `policywatch hash-password`
    made; best as `${env:...}`. A changed one ends every log-in."""
    users: tuple[UserSpec, ...] = ()
    """Instead of one password: names, each with a password of its own."""
    trusted_header: Annotated[str, AfterValidator(_header)] | None = None
    """The header in which a web server before the pages says who is logged in there, such as X-Forwarded-User. It
    must take away one that comes from outside."""
    trusted_proxies: tuple[
        Annotated[Network, BeforeValidator(network, json_schema_input_type=str), AfterValidator(_not_everybody)],
        ...,
    ] = ()
    """Addresses or networks of web servers before the pages; of these alone the header above, X-Forwarded-For and
    X-Forwarded-Proto are believed."""
    feed_token: Annotated[
        FeedToken | None,
        Field(
            description="Makes feeds private: their addresses then need `?token=`. A subscription or a search may have "
            "its own."
        ),
    ] = None
    metrics: bool = False
    """Answers at /metrics for Prometheus, to readers and to who has a token made with `--metrics`."""

    @model_validator(mode="after")
    def _is_one_way_in(self) -> WebOptions:
        if self.password is not None and self.users:
            raise ValueError("has both `password` and `users`; write one of them")
        names = [user.name for user in self.users]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise ValueError(f"{twice!r} stands twice under `users`; remove one")
        if self.trusted_header and not self.trusted_proxies:
            raise ValueError("has a `trusted_header`, which anybody could send; add trusted_proxies: [your web server]")
        return self

    @property
    def host(self) -> str:
        """To listen on."""
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """To listen on; 0 takes a free one."""
        return int(self.listen.rpartition(":")[2])

    @property
    def is_closed(self) -> bool:
        """Only who says who he is sees the pages."""
        return self.password is not None or bool(self.users) or self.trusted_header is not None

    @property
    def is_open_to_others(self) -> bool:
        """Other machines reach the pages, and nobody asks who they are."""
        return not self.is_closed and not is_loopback(self.host)


class PingOptions(_Section):
    """A sign of life to a watcher elsewhere, which raises the alarm when it stays away."""

    url: Annotated[SecretStr, AfterValidator(_secret_url)] | None = None
    """An address that is asked while all is well, such as one of a service for dead-man switches; best as
    `${env:...}`. It may stand at a private address."""
    every: Annotated[Lasting, Field(ge=timedelta(seconds=30), le=timedelta(days=1))] = timedelta(minutes=5)
    """How often. Takes effect at a start."""

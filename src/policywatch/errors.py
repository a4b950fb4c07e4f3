"""Every error that policywatch raises on purpose.

PolicywatchError
  + ConfigError(faults)          exit 78, no traceback, every fault at once
  + SourceError                  a value kept on the source row, shown on the pages and in the digest
      + FetchError(url)          no usable answer came: status, retry_after, permanent
      + ParseError(url)          an answer came, and it is not what the source's kind reads
  + StoreError                   the job stops; the next tick tries again
  + DeliveryError                the outbox decides: again later, or dead letter
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


class PolicywatchError(Exception):
    """Anything that policywatch itself says is wrong; its text is fit to show to a user."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing to change in the configuration, and where it stands."""

    path: str
    """The file as the user knows it (relative to where the command was called, if possible)."""
    line: int
    """Counted from 1; 0 when the file as a whole is meant."""
    column: int
    """Counted from 1; 0 when the line or file as a whole is meant."""
    where: str
    """The place in the document's own words: `sources[ndrc-tz].every`."""
    what: str
    """What is wrong and what would be right. Never holds a secret's value."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.where}: {self.what}"


class ConfigError(PolicywatchError):
    """The configuration cannot be used; carries every fault found, in file order."""

    def __init__(self, faults: Sequence[Fault], language: str | None = None) -> None:
        """`language` is that of the configuration, where it could be read."""
        self.faults = tuple(sorted(faults))
        self.language = language
        super().__init__("\n".join(str(fault) for fault in self.faults))


class SourceError(PolicywatchError):
    """A source could not be read this time."""

    def __init__(self, url: str, what: str) -> None:
        self.url = url
        self.what = what
        super().__init__(what)

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.url, self.what))


class FetchError(SourceError):
    """No usable answer came.

    `code` is one stable word for logs and tests: `refused_address`, `body_too_large`, `timeout`, `http_status`,
    `too_many_redirects`, `connection`, `tls`, `bad_url`, `bad_encoding`, `bad_response`, `host_blocked`, `robots`,
    `robots_closed`.
    `status` is the HTTP status if one came; `retry_after` the moment (UTC) before which the server asks to be left
    alone; `permanent` is true when asking again without a change of configuration is pointless.
    """

    def __init__(
        self,
        url: str,
        what: str,
        *,
        code: str = "connection",
        status: int | None = None,
        retry_after: datetime | None = None,
        permanent: bool = False,
    ) -> None:
        super().__init__(url, what)
        self.code = code
        self.status = status
        self.retry_after = retry_after
        self.permanent = permanent

    def __reduce__(self) -> tuple[object, ...]:
        state = {
            "code": self.code,
            "status": self.status,
            "retry_after": self.retry_after,
            "permanent": self.permanent,
        }
        return (type(self), (self.url, self.what), state)


class ParseError(SourceError):
    """An answer came, and it is not what the source's kind reads.

    `code` is one stable word: `not_a_feed`, `malformed`, `no_items`, `too_slow`, `crashed`, `bad_encoding`.
    """

    def __init__(self, url: str, what: str, *, code: str = "not_a_feed") -> None:
        super().__init__(url, what)
        self.code = code

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.url, self.what), {"code": self.code})


class StoreError(PolicywatchError):
    """The database cannot be used as it stands; the text says what to do."""


class StoreFullError(StoreError):
    """There is no room left to write."""


class StoreBusyError(StoreError):
    """Another policywatch holds this database."""


class DeliveryError(PolicywatchError):
    """A channel could not be used at all (its settings, not one message, are at fault)."""

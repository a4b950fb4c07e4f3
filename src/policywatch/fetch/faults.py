"""Puts what goes wrong on the network into words for people who do not program.

No text repeats what a server sent: an answer that came from somewhere it should not must not be readable in a log.
"""

from __future__ import annotations

import ssl
from http import HTTPStatus
from typing import TYPE_CHECKING

import aiohttp

from policywatch import errors
from policywatch.fetch.guard import RefusedAddressError

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from policywatch.fetch.options import FetchOptions

_STATUS_WORDS = {
    401: "it wants a log-in",
    403: "it refuses access",
    404: "there is no such page",
    410: "the page is gone for good",
    412: "it wants a browser that passes its check",
    418: "it refuses programs",
    429: "it was asked too often",
    521: "it wants a browser that passes its check",
}
# X509_V_ERR_* of OpenSSL.
_CERTIFICATE_WORDS = {
    9: "is not valid yet",
    10: "has expired",
    18: "is signed by nobody but the server itself",
    19: "is signed by an authority that nobody knows",
    20: "is signed by an authority that is not known here",
    21: "is signed by an authority that is not known here",
    62: "is for another host name",
    64: "is for another address",
}
_NO_TLS = (
    "no encrypted connection to {host} could be agreed on; if it is an old server that you trust, "
    "write `tls: legacy` at the source"
)
# The first row that fits the error, or the operating system's error inside it, is taken: from special to general.
_FAULTS: tuple[tuple[type[Exception], str, str], ...] = (
    (aiohttp.ClientSSLError, "tls", _NO_TLS),
    (ssl.SSLError, "tls", _NO_TLS),
    (aiohttp.ConnectionTimeoutError, "timeout", "no connection to {host} within {connect}"),
    (aiohttp.SocketTimeoutError, "timeout", "the server sent nothing for {read}"),
    (TimeoutError, "timeout", "no connection to {host} in time"),
    (aiohttp.ClientHttpProxyError, "connection", "the proxy answered {status}"),
    (aiohttp.ClientProxyConnectionError, "connection", "the proxy of fetch.proxy cannot be reached"),
    (aiohttp.ClientConnectorDNSError, "connection", "the name {host} is not known, or no name server answers"),
    (aiohttp.ClientPayloadError, "bad_response", "the page broke off, or is not as long as the server announced"),
    (aiohttp.ServerDisconnectedError, "connection", "the server closed the connection without an answer"),
    (ConnectionRefusedError, "connection", "{host} refuses connections"),
    (OSError, "connection", "the connection to {host} failed"),
)


def seconds(duration: timedelta) -> str:
    """`30 s`, `0.5 s`."""
    return f"{duration.total_seconds():g} s"


def http_status(url: str, status: int, retry_after: datetime | None) -> errors.FetchError:
    """For an answer that is neither a page, nor "unchanged", nor a redirect that can be followed."""
    try:
        name = f" ({HTTPStatus(status).phrase})"
    except ValueError:
        name = ""
    words = _STATUS_WORDS.get(status) or ("it has trouble of its own" if status >= 500 else "")
    return errors.FetchError(
        url,
        f"the server answered {status}{name}{': ' if words else ''}{words}",
        code="http_status",
        status=status,
        retry_after=retry_after,
        permanent=status == 410,
    )


def timeout(url: str, options: FetchOptions) -> errors.FetchError:
    """For the deadline over all."""
    return errors.FetchError(url, f"the server did not answer within {seconds(options.timeout)}", code="timeout")


def network(url: str, host: str, error: Exception, options: FetchOptions) -> errors.FetchError:
    """For whatever aiohttp and the operating system raise."""
    code, what = _words(host, error, options)
    cause = getattr(error, "os_error", None)
    if isinstance(cause, ConnectionResetError) and url.lower().startswith("https:"):
        # Hung up on in the middle of the greeting: how many servers say that they do not speak what was offered.
        code, what = "tls", _NO_TLS.format(host=host)
    return errors.FetchError(url, what, code=code)


def _words(host: str, error: Exception, options: FetchOptions) -> tuple[str, str]:
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(cause, RefusedAddressError):
        return "refused_address", cause.what
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return "tls", _certificate_words(host, error.certificate_error)
    found = next((row for row in _FAULTS if isinstance(error, row[0]) or isinstance(cause, row[0])), None)
    code, what = found[1:] if found else ("bad_response", "the server's answer breaks the rules of HTTP")
    return code, what.format(
        host=host,
        connect=seconds(options.connect_timeout),
        read=seconds(options.read_timeout),
        status=getattr(error, "status", ""),
    )


def _certificate_words(host: str, error: Exception) -> str:
    number = getattr(error, "verify_code", None)
    known = _CERTIFICATE_WORDS.get(number) if isinstance(number, int) else None
    return f"the certificate of {host} {known or 'cannot be trusted'}"

"""Asks the service of this machine how it is: `policywatch health`, and `python -m policywatch.probe` in the image.

Imports the standard library only, so that a check every minute costs next to nothing. It speaks to this machine and to
nobody else: what leaves the machine goes through the guarded client of `fetch`.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import os
import sys
from urllib.parse import urlsplit

from policywatch import container, errors

SECONDS = 8.0
"""How long an answer may take: longer than /healthz itself waits for the database."""
_EVERYWHERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104  # nothing is bound here


def url_of(listen: str) -> str:
    """Where this machine itself reaches the health check of pages that listen on `listen` (host:port)."""
    host, _, port = listen.rpartition(":")
    return f"http://{_EVERYWHERE.get(host, host)}:{port}/healthz"


def faults(url: str) -> list[str]:
    """What is wrong with the service; nothing when it is well. Raises PolicywatchError for another machine's URL."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    if parts.scheme != "http" or port is None or not _is_here(host):
        raise errors.PolicywatchError(f"{url} is no address of this machine; write it as http://127.0.0.1:8090/healthz")
    connection = http.client.HTTPConnection(host, port, timeout=SECONDS)
    try:
        connection.request("GET", parts.path or "/healthz")
        answer = connection.getresponse()
        body = answer.read(1 << 16)
    except (OSError, http.client.HTTPException) as error:
        return [f"no answer from {url}: {error}"]
    finally:
        connection.close()
    return [] if answer.status == 200 else _told(answer.status, body)


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _told(status: int, body: bytes) -> list[str]:
    try:
        told = [str(fault) for fault in json.loads(body)["faults"]]
    except (ValueError, KeyError, TypeError):
        told = []
    return told or [f"the answer was HTTP {status}"]


def main() -> None:
    """Ends with 0 when the service that the image runs is well, else with 1 and the reasons on standard output."""
    found = faults(url_of(os.environ.get(container.LISTEN, "127.0.0.1:8090")))
    sys.stdout.write("\n".join(found or ["ok"]) + "\n")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()

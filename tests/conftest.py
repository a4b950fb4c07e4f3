"""What all tests share: no socket leaves this machine, and no child is forgotten."""

from __future__ import annotations

import ipaddress
import socket

import pytest

import postgres

PLACES = [
    "sqlite",
    pytest.param("postgresql", marks=pytest.mark.skipif(bool(postgres.missing()), reason=str(postgres.missing()))),
]


@pytest.fixture(params=PLACES)
def place(request, tmp_path):
    """Where a store may lie: a file, and a database of PostgreSQL. A test that asks for it runs on both."""
    if request.param == "sqlite":
        yield tmp_path / "policywatch.sqlite"
        return
    address = postgres.server().database()
    yield address
    postgres.server().drop(address)


class OutsideError(AssertionError):
    """A test tried to reach another machine."""


def _refuse_outside(address: object) -> None:
    if not isinstance(address, tuple):
        return  # a path of a Unix socket
    host = str(address[0]).split("%", maxsplit=1)[0]
    if host in {"", "localhost"}:
        return
    try:
        is_here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_here = False
    if not is_here:
        raise OutsideError(f"a test connects to {host}")


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch):
    """Sockets other than loopback are refused, whatever the test does."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def guarded(self, address):
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            _refuse_outside(address)
        return connect(self, address)

    def guarded_ex(self, address):
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            _refuse_outside(address)
        return connect_ex(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    monkeypatch.setattr(socket.socket, "connect_ex", guarded_ex)

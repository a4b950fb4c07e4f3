"""Turns names into addresses, of which only permitted ones come out."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from typing import TYPE_CHECKING

from aiohttp.abc import AbstractResolver, ResolveResult

from policywatch.fetch.guard import Guard, RefusedAddressError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    Lookup = Callable[[str], Awaitable[Sequence[str]]]


class Resolver(AbstractResolver):
    """Answers with the addresses of a name that the guard permits.

    A name that leads to public and private addresses is used through its public ones. Raises RefusedAddressError when
    none is left, OSError when the name is not known. `lookup` gives all addresses of a name.
    """

    def __init__(self, guard: Guard, lookup: Lookup) -> None:
        self._guard = guard
        self._lookup = lookup

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """As aiohttp asks for it; `family` AF_UNSPEC means any."""
        del family  # the connector asks for any and sorts out what the machine can do
        addresses = await self._lookup(host)
        if not addresses:
            raise OSError(f"no address for {host}")
        permitted = [address for address in addresses if self._guard.refusal(address) is None]
        if not permitted:
            refusal = self._guard.refusal(addresses[0])
            raise RefusedAddressError(f"{host} leads to {addresses[0]}: {refusal}")
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in permitted
        ]

    async def close(self) -> None:
        """Holds nothing open."""


class SystemLookup:
    """Asks the operating system's resolver.

    In daemon threads of its own, at most `at_once`: getaddrinfo cannot be interrupted, and names whose servers do not
    answer must neither use up the threads of others nor hold up the end of the program.
    """

    def __init__(self, at_once: int = 32) -> None:
        self._slots = asyncio.Semaphore(at_once)

    async def __call__(self, host: str) -> Sequence[str]:
        """All addresses of a name, in the system's order. Raises OSError."""
        await self._slots.acquire()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Sequence[str]] = loop.create_future()

        def settle(found: Sequence[str] | Exception) -> None:
            self._slots.release()
            if answer.done():  # nobody waits any more
                return
            if isinstance(found, Exception):
                answer.set_exception(found)
            else:
                answer.set_result(found)

        def ask() -> None:
            found: Sequence[str] | Exception
            try:
                infos = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
                found = list(dict.fromkeys(str(info[4][0]) for info in infos))
            except OSError as error:
                found = error
            except UnicodeError:
                found = OSError(f"{host} is no host name")
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(settle, found)

        threading.Thread(target=ask, name=f"lookup {host}", daemon=True).start()
        return await answer

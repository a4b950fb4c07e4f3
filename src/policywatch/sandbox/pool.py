"""The parent's side: a few children that live long, are killed when a document is too much, and are replaced."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from policywatch import errors, logs
from policywatch.sandbox import frames, spawn
from policywatch.sandbox.child import Call, Failure, Setup

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logs.get("sandbox")


class Child:
    """One limited process. Answers one call at a time."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.calls = 0

    @classmethod
    async def start(cls, setup: Setup) -> Child:
        """Starts the process and waits until its object is built. Raises ParseError if it cannot be."""
        process = await asyncio.create_subprocess_exec(
            *spawn.COMMAND,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=spawn.environment(),
        )
        child = cls(process)
        try:
            await child._exchange(setup)
        except BaseException:
            await child.kill()
            raise
        return child

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """It has not ended."""
        return self._process.returncode is None

    async def call(self, method: str, arguments: tuple[Any, ...]) -> Any:
        """The method's answer, or a Failure. Raises OSError or IncompleteReadError when the child dies."""
        self.calls += 1
        return await self._exchange(Call(method, arguments))

    async def _exchange(self, value: object) -> Any:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:  # never: both are pipes
            raise OSError
        stdin.write(frames.pack(value))
        await stdin.drain()
        return await frames.receive(stdout)

    async def died(self) -> int | None:
        """The exit status of a process whose pipe closed (negative: the signal that ended it)."""
        # Not killed at once: sending a signal reaps a process that has ended, and its status would be lost.
        with contextlib.suppress(TimeoutError):
            return await asyncio.wait_for(self._process.wait(), 1)
        return await self.kill()

    async def kill(self) -> int | None:
        """Ends the process at once and reaps it; gives its exit status (negative: the signal)."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        return await self._reap()

    async def close(self) -> None:
        """Lets the process end by itself, or kills it after two seconds."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), 2)
        except TimeoutError:
            await self.kill()
        else:
            await self._reap()

    async def _reap(self) -> int | None:
        status = await self._process.wait()
        # asyncio closes the pipes' transports only at the next turn of the loop; done here, none is left open.
        transport = getattr(self._process, "_transport", None)
        if transport is not None:
            transport.close()
        return status


class Sandbox:
    """Calls methods of an object that lives in limited children.

    `target` is `package.module:Class`, built in each child with what `arguments()` gives. A call that takes longer
    than `wall_seconds` or more than `cpu_seconds` of processor time, or whose child dies, raises ParseError; the
    child is replaced and every other call goes on.
    """

    def __init__(
        self,
        target: str,
        arguments: Callable[[], tuple[Any, ...]],
        *,
        children: int = 1,
        cpu_seconds: int = 5,
        wall_seconds: float = 20.0,
        memory_bytes: int = 1 << 30,
        calls_per_child: int = 1000,
    ) -> None:
        self._target = target
        self._arguments = arguments
        self._cpu_seconds = cpu_seconds
        self._wall_seconds = wall_seconds
        self._memory_bytes = memory_bytes
        self._calls_per_child = calls_per_child
        self._slots = asyncio.Semaphore(children)
        self._idle: list[Child] = []
        self._busy: set[Child] = set()
        self._is_closed = False

    async def call(self, subject: str, method: str, *arguments: Any) -> Any:
        """The method's answer. `subject` (an address) is what an error is about.

        Raises whatever PolicywatchError the method raises, and ParseError `too_slow` or `crashed`.
        """
        async with self._slots:
            child = await self._take()
            try:
                answer = await asyncio.wait_for(child.call(method, arguments), self._wall_seconds)
            except TimeoutError:
                await child.kill()
                raise errors.ParseError(
                    subject, f"reading it took longer than {self._wall_seconds:g} s and was stopped", code="too_slow"
                ) from None
            except (OSError, asyncio.IncompleteReadError):
                status = await child.died()
                await child.close()
                raise self._death(subject, status) from None
            except BaseException:  # cancelled in the middle: the answer would reach the next call
                await child.kill()
                raise
            finally:
                self._busy.discard(child)
            await self._give_back(child)
        if isinstance(answer, Failure):
            if answer.error is not None:
                raise answer.error
            _log.error("a fault in the program", subject=subject, trace=answer.trace)
            raise errors.ParseError(subject, "policywatch itself failed on it; the log says where", code="crashed")
        return answer

    def _death(self, subject: str, status: int | None) -> errors.ParseError:
        if status == -24:  # SIGXCPU
            what = f"reading it took more than {self._cpu_seconds} s of processor time and was stopped"
            return errors.ParseError(subject, what, code="too_slow")
        what = "reading it broke the reading process (out of memory, or a fault in a library); it was replaced"
        return errors.ParseError(subject, what, code="crashed")

    async def _take(self) -> Child:
        while self._idle:
            child = self._idle.pop()
            if child.is_alive:
                break
            await child.kill()
        else:
            setup = Setup(self._target, self._arguments(), self._cpu_seconds, self._memory_bytes)
            child = await Child.start(setup)
        self._busy.add(child)
        return child

    async def _give_back(self, child: Child) -> None:
        if self._is_closed or child.calls >= self._calls_per_child:
            await child.close()
        else:
            self._idle.append(child)

    async def renew(self) -> None:
        """Lets idle children go, so that the next call builds one from new arguments."""
        idle, self._idle = self._idle, []
        for child in idle:
            await child.close()

    async def close(self) -> None:
        """Ends every child."""
        self._is_closed = True
        await self.renew()
        for child in list(self._busy):
            await child.kill()

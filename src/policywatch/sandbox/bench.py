"""One limited child for work that a thread waits for: a transaction that must not end before it is done.

The children of `pool` belong to an event loop; here there is none. The limits are the same kind, and the child is
replaced when it broke one.
"""

from __future__ import annotations

import pickle
import signal
import subprocess
import threading
import weakref
from typing import IO, TYPE_CHECKING, Any

from policywatch import errors, logs
from policywatch.sandbox import frames, spawn
from policywatch.sandbox.child import Call, Failure, Setup

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logs.get("sandbox")


class Bench:
    """Calls methods of an object that lives in a limited child, one call at a time, from any thread.

    `target` is `package.module:Class`, built in the child with what `arguments()` gives. The child is started by the
    first call and lives until `close` or until nobody holds the bench any more.
    """

    def __init__(
        self,
        target: str,
        arguments: Callable[[], tuple[Any, ...]],
        *,
        cpu_seconds: int,
        wall_seconds: float,
        memory_bytes: int,
    ) -> None:
        self._target = target
        self._arguments = arguments
        self._cpu_seconds = cpu_seconds
        self._wall_seconds = wall_seconds
        self._memory_bytes = memory_bytes
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self.broken = 0
        """How many children were lost to a limit."""

    def call(self, subject: str, method: str, *arguments: Any) -> Any:
        """The method's answer. `subject` is what an error is about.

        Raises whatever PolicywatchError the method raises, and PolicywatchError that says which limit was broken.
        """
        with self._lock:
            answer = self._called(subject, Call(method, arguments))
        if isinstance(answer, Failure):
            if answer.error is not None:
                raise answer.error
            _log.error("a fault in the program", subject=subject, trace=answer.trace)
            last = answer.trace.strip().rpartition("\n")[2]
            raise errors.PolicywatchError(f"{subject}: {last}")
        return answer

    def close(self) -> None:
        """Ends the child; the next call would start another."""
        with self._lock:
            self._drop()

    def _called(self, subject: str, call: Call) -> Any:
        overdue = threading.Event()

        def stop() -> None:
            overdue.set()
            if self._process is not None:
                self._process.kill()

        timer = threading.Timer(self._wall_seconds, stop)
        timer.daemon = True
        try:
            process = self._process or self._start()
            timer.start()
            return _exchanged(process, call)
        except (OSError, EOFError, pickle.UnpicklingError, MemoryError) as error:
            status = self._drop()
            self.broken += 1
            raise errors.PolicywatchError(f"{subject}: {self._death(status, is_overdue=overdue.is_set())}") from error
        except BaseException:  # stopped in the middle: the answer would reach the next call
            self._drop()
            raise
        finally:
            timer.cancel()

    def _start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(  # noqa: S603  # our own program
            spawn.COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=spawn.environment()
        )
        self._process = process
        # Nobody may be left to call `close`: a command that ends with an error.
        weakref.finalize(self, _end, process)
        _exchanged(process, Setup(self._target, self._arguments(), self._cpu_seconds, self._memory_bytes))
        return process

    def _drop(self) -> int | None:
        process, self._process = self._process, None
        return _end(process) if process is not None else None

    def _death(self, status: int | None, *, is_overdue: bool) -> str:
        if is_overdue:
            return f"it took longer than {self._wall_seconds:g} s and was stopped"
        if status == -signal.SIGXCPU:
            return f"it took more than {self._cpu_seconds} s of processor time and was stopped"
        return f"its process broke (perhaps it needed more than {self._memory_bytes >> 20} MiB of memory)"


def _exchanged(process: subprocess.Popen[bytes], value: object) -> Any:
    stdin, stdout = _pipes(process)
    stdin.write(frames.pack(value))
    stdin.flush()
    return frames.read(stdout)  # type: ignore[arg-type]  # both are binary streams


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    if process.stdin is None or process.stdout is None:  # never: both are pipes
        raise OSError
    return process.stdin, process.stdout


def _end(process: subprocess.Popen[bytes]) -> int:
    """Reaps a process that has ended; kills one that has not within a second. Gives its exit status."""
    for pipe in _pipes(process):
        try:
            pipe.close()
        except OSError:  # what was still to be written can no longer be
            continue
    try:
        return process.wait(1)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()

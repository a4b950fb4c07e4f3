"""A TCP relay on loopback that can stand still: it takes what comes, answers keepalives, and forwards nothing."""

from __future__ import annotations

import contextlib
import socket
import threading


class Relay:
    """Forwards every connection to one address, byte by byte, while `flows` is set. Use as a context manager."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.flows = threading.Event()
        self.flows.set()
        self._open: set[socket.socket] = set()
        self._is_closed = False

    def __enter__(self) -> Relay:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_error) -> None:
        self._is_closed = True
        self.flows.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for one in list(self._open):
            self._end(one)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                here, _ = self._listener.accept()
                self.flows.wait()
                there = socket.create_connection(self._target)
                self._open |= {here, there}
                for source, sink in ((here, there), (there, here)):
                    threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self.flows.wait()
                sink.sendall(data)
        self.flows.wait()
        self._end(sink)
        self._end(source)

    def _end(self, one: socket.socket) -> None:
        self._open.discard(one)
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()

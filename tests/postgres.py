"""A PostgreSQL server for the tests: that of DATABASE_URL, else one of their own from Debian's package, on loopback.

A test gets a database that nobody else uses, copied from a template that was migrated once.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from itertools import count
from pathlib import Path

_numbers = count(1)
_server: Server | None = None


def binaries() -> Path | None:
    """Where initdb and postgres lie; the newest of several versions."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    named = shutil.which("postgres")
    return Path(named).parent if named else None


def missing() -> str | None:
    """Why there can be no server; None when there can."""
    if os.environ.get("DATABASE_URL") or binaries() is not None:
        return None
    return "PostgreSQL is not installed (make test-deps)"


class Server:
    """One server for this process, started when first asked for and ended with it."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="policywatch-pg-"))
        self.process: subprocess.Popen | None = None
        self._template: str | None = None
        given = os.environ.get("DATABASE_URL")
        if given:
            self.base, _, self.admin = given.rpartition("/")
            return
        bin_ = binaries()
        assert bin_ is not None, missing()
        self._bin = bin_
        # PostgreSQL refuses to run as root.
        self._user = "postgres" if os.geteuid() == 0 else None
        if self._user:
            shutil.chown(self.folder, self._user)
        self._run("initdb", "-D", str(self.folder / "data"), "-U", "policywatch", "-A", "trust", "-E", "UTF8", "-N",
                  "--locale=C.UTF-8")  # fmt: skip
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.start()
        self.base, self.admin = f"postgresql://policywatch@127.0.0.1:{self.port}", "postgres"

    def _as_user(self, *command: str) -> list[str]:
        return (
            ["setpriv", f"--reuid={self._user}", f"--regid={self._user}", "--clear-groups", *command]
            if self._user
            else [*command]
        )

    def _run(self, name: str, *arguments: str) -> None:
        subprocess.run(
            self._as_user(str(self._bin / name), *arguments), check=True, capture_output=True, cwd=self.folder
        )

    def start(self) -> None:
        """Starts the server and returns when it answers."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self.folder),
            "max_connections": "200",
            # Safety from a power cut is not what tests look at.
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self.process = subprocess.Popen(
            self._as_user(str(self._bin / "postgres"), "-D", str(self.folder / "data"), *options),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.folder,
        )
        self._await()

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT cuts connections and ends in order; SIGQUIT is a crash."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(30)

    def _await(self) -> None:
        import psycopg

        end = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(f"postgresql://policywatch@127.0.0.1:{self.port}/postgres", connect_timeout=2).close()
            except psycopg.OperationalError:
                if time.monotonic() > end or (self.process is not None and self.process.poll() is not None):
                    raise
                time.sleep(0.05)
            else:
                return

    def database(self) -> str:
        """The address of an empty, migrated database."""
        import psycopg

        from policywatch.store.db import Database

        mark = f"policywatch_{os.getpid()}"
        with psycopg.connect(f"{self.base}/{self.admin}", autocommit=True) as connection:
            if self._template is None:
                template = f"{mark}_template"
                connection.execute(f"CREATE DATABASE {template}")
                Database.open(f"{self.base}/{template}").close()
                self._template = template
            name = f"{mark}_{next(_numbers)}"
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {self._template}")
        return f"{self.base}/{name}"

    def drop(self, address: str) -> None:
        """Removes a database that `database` made."""
        import psycopg

        name = address.rpartition("/")[2]
        with psycopg.connect(f"{self.base}/{self.admin}", autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def close(self) -> None:
        """Ends what was started here."""
        if self.process is None and self._template is not None:
            self.drop(f"/{self._template}")
        with contextlib.suppress(Exception):
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def server() -> Server:
    """The server of this process."""
    global _server  # noqa: PLW0603  # one for all tests of a worker
    if _server is None:
        _server = Server()
        atexit.register(_server.close)
    return _server

"""A whole world on loopback for acceptance tests: a site, an SMTP server, a configuration, and policywatch beside them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes, policy
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from aiosmtpd.controller import Controller

from policywatch.newsroom.article import CHINA, Article
from policywatch.newsroom.server import Newsroom
from policywatch.newsroom.site import RssMedium, Trs

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent
_hosts = count(1)


def own_host() -> str:
    """A loopback address that no other test uses: by process and by count."""
    return f"127.{90 + os.getpid() % 150}.{os.getpid() // 150 % 250}.{next(_hosts) % 250 + 1}"


class Inbox:
    """What an SMTP server was given; `on_recipient` and `on_message` may do something before the server answers."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.on_recipient = lambda: None
        self.on_message = lambda: None
        self.arrived = threading.Condition()

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802
        self.on_recipient()
        envelope.rcpt_tos.append(address)
        return "250 goes on"

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802
        with self.arrived:
            self.mails.append(envelope.content)
            self.arrived.notify_all()
        self.on_message()
        return "250 taken"

    def parsed(self):
        return [message_from_bytes(mail, policy=policy.default) for mail in self.mails]

    def wait_for(self, number: int, seconds: float = 30.0) -> None:
        with self.arrived:
            if not self.arrived.wait_for(lambda: len(self.mails) >= number, seconds):
                raise AssertionError(f"{len(self.mails)} mails of {number} came within {seconds} s")


def article(
    slug: str, title: str = "量子科技专项启动", *, text: str | None = None, summary_only: bool = False
) -> Article:
    return Article(
        slug=slug,
        title=title,
        published=datetime.now(CHINA).replace(microsecond=0),
        publisher="示例部",
        paragraphs=(
            text
            or f"示例部今天启动了量子科技专项（{slug}），支持量子计算和量子通信的研究，首批项目二十个，为期三年，由示例大学牵头实施。",
            f"专项办公室将公开征集第{slug}批承担单位，申报指南另行发布，欢迎企业和高校踊跃参加。",
        ),
        summary_only=summary_only,
    )


class Sites:
    """A newsroom in a thread with a loop of its own."""

    def __init__(self, more: int = 0) -> None:
        self.list_site = Trs(own_host(), "示例部")
        self.feed_site = RssMedium(own_host(), "示例产业网")
        self.more = [RssMedium(own_host(), f"示例产业网{number}") for number in range(more)]
        # Two hosts cannot share a port that is chosen for the first: each site listens on one of its own.
        self.rooms = [Newsroom([site], port=0) for site in (self.list_site, self.feed_site, *self.more)]
        self.times: list[tuple[float, str]] = []
        """(moment of the monotonic clock, path) of every request to the site with the feed."""
        answer = self.feed_site.answer

        def noted(path: str):
            self.times.append((time.monotonic(), path))
            return answer(path)

        self.feed_site.answer = noted
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    def start(self) -> None:
        self.thread.start()
        for room in self.rooms:
            asyncio.run_coroutine_threadsafe(room.__aenter__(), self.loop).result(10)

    def stop(self) -> None:
        for room in self.rooms:
            asyncio.run_coroutine_threadsafe(room.__aexit__(None, None, None), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()

    @property
    def list_url(self) -> str:
        return self.rooms[0].url(self.list_site.host)

    @property
    def feed_url(self) -> str:
        return self.rooms[1].url(self.feed_site.host)

    @property
    def more_urls(self) -> list[str]:
        return [room.url(site.host) for room, site in zip(self.rooms[2:], self.more, strict=True)]


CONFIG = """
timezone: Asia/Shanghai
state: state
{shared}
web: {{listen: "127.0.0.1:{web_port}"}}
log: {{format: json, level: info}}
mail: {{kind: smtp, host: {smtp_host}, port: 2525, tls: none, from: "policywatch <news@example.org>", connect_timeout: 5}}
fetch: {{allow_private: [127.0.0.0/8], allow_ports: {ports}, spacing: 10ms}}
watchlists:
  - {{name: 量子科技, any: [量子科技, 量子计算]}}
sources:
  - {{id: list, name: 示例部, kind: listpage, url: "{list_url}", every: {every}, backfill: all, options: {{item: "ul.u-list li", date: span}}}}
  - {{id: feed, name: 示例产业网, kind: feed, url: "{feed_url}", every: {every}, backfill: all}}
{more}
subscriptions:
  - id: all
    to: [{{address: zh@example.org, language: zh-CN}}, {{address: en@example.org, language: en}}]
    watchlists: [量子科技]
    {when}
"""


@dataclass
class World:
    """Everything that a policywatch needs, in one folder."""

    folder: Path
    sites: Sites = field(default_factory=Sites)
    inbox: Inbox = field(default_factory=Inbox)
    web_port: int = 0
    at: str = "* * * * *"
    every: str = "1m"
    when: str = ""
    """What a subscription says of it; without it a digest comes every minute."""
    shared: str = ""
    """More lines at the top of the configuration: `store:` and `engine:`."""
    processes: list[subprocess.Popen] = field(default_factory=list)

    def __enter__(self) -> World:
        self.sites.start()
        # An address of its own, so that a fixed port is free on it.
        self.smtp = Controller(self.inbox, hostname=own_host(), port=2525)
        self.smtp.start()
        self.path = self.folder / "policywatch.yaml"
        self.write()
        return self

    def write(self) -> None:
        text = CONFIG.format(
            web_port=self.web_port,
            smtp_host=self.smtp.hostname,
            ports=[room.port for room in self.sites.rooms],
            more="\n".join(
                f'  - {{id: more{number}, kind: feed, url: "{url}", every: {self.every}, backfill: all}}'
                for number, url in enumerate(self.sites.more_urls)
            ),
            list_url=self.sites.list_url,
            feed_url=self.sites.feed_url,
            every=self.every,
            when=self.when or f'digest: {{at: "{self.at}"}}',
            shared=self.shared,
        )
        self.path.write_text(text, encoding="utf-8")

    def __exit__(self, *_error) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait(10)
            for stream in (process.stdout, process.stderr):
                if stream is not None:
                    stream.close()
        self.smtp.stop()
        self.sites.stop()

    def command(self, *arguments: str, **options) -> subprocess.CompletedProcess:
        """Runs one command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "policywatch", *arguments, "--config", str(self.path)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            **options,
        )

    def run_rounds(self, point: str = "never", rounds: int = 1) -> int:
        """Rounds of poll, digest and deliver, as from cron; gives the exit code, -9 for a death at the point."""
        commands = [["poll", "list", "feed"], ["digest", "--now"], ["deliver"]] * rounds
        arguments: list[str] = []
        for command in commands:
            arguments += [*command, "--config", str(self.path), "--then"]
        done = subprocess.run(
            [sys.executable, str(HERE / "killer.py"), point, *arguments[:-1]],
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        assert done.returncode in {0, -9}, done.stderr
        return done.returncode

    def start(
        self,
        *roles: str,
        killer: str | None = None,
        is_hasty: bool = False,
        on_line: Callable[[str], None] = lambda _line: None,
    ) -> Running:
        """Starts the service, or these roles of it.

        With `killer` it kills itself at that point (see killer.py); a hasty one waits for little (see hasty.py).
        `on_line` hears of each line of its log.
        """
        program = [str(HERE / "hasty.py")] if is_hasty else ["-m", "policywatch"]
        command = [sys.executable, *program, "run", "--config", str(self.path)]
        command += [part for role in roles for part in ("--role", role)]
        if killer is not None:
            command = [sys.executable, str(HERE / "killer.py"), killer, "run", "--config", str(self.path)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.processes.append(process)
        return Running(process, on_line)


class Running:
    """A service in a process of its own, and what it logs."""

    def __init__(self, process: subprocess.Popen, on_line: Callable[[str], None] = lambda _line: None) -> None:
        self.process = process
        self._on_line = on_line
        self.lines: list[str] = []
        self._news = threading.Condition()
        self._ended = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with contextlib.suppress(ValueError):
            for line in self.process.stderr:
                with self._news:
                    self.lines.append(line)
                    self._news.notify_all()
                self._on_line(line)
        with self._news:
            self._ended = True
            self._news.notify_all()

    def wait_for_line(self, *words: str, seconds: float = 40.0) -> str:
        """The first log line that holds all words."""

        def found():
            return next((line for line in self.lines if all(word in line for word in words)), None)

        with self._news:
            if not self._news.wait_for(lambda: found() or self._ended, seconds) or not found():
                raise AssertionError(f"no line with {words}; the log:\n{''.join(self.lines)}")
            return found()

    def web(self) -> str:
        line = self.wait_for_line('"event": "started"')
        return line.split('"web": "')[1].split('"')[0].rstrip("/")

    def stop(self, seconds: float = 15.0) -> tuple[int, float]:
        """SIGTERM; gives the exit code and how long it took."""
        begun = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(seconds)
        return code, time.monotonic() - begun

    def wait_killed(self, seconds: float = 60.0) -> None:
        code = self.process.wait(seconds)
        assert code == -signal.SIGKILL, f"ended with {code} instead of being killed; the log:\n{''.join(self.lines)}"


def get(url: str, headers: dict[str, str] | None = None):
    """(status, headers, body) of a GET."""
    request = urllib.request.Request(url, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()

"""Users' own templates: drawn in a limited child, with the shipped ones behind them.

A template is text of somebody's own, and may loop, grow or reach for what it should not. So those of the user's folder
run in a sandbox (Jinja's, which keeps them from Python) inside a child (which keeps them from this process's time and
memory). Whatever goes wrong there, the mail goes out by the shipped templates and says so. Users' words (`locales/`)
hold no statements and are read here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import jinja2

from policywatch import errors, logs
from policywatch.digests.render import Renderer
from policywatch.sandbox.bench import Bench

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime, tzinfo

    from policywatch.digests.status import StatusView
    from policywatch.model import Digest, Notice, Rendered

CPU_SECONDS = 2
WALL_SECONDS = 10.0
MEMORY_BYTES = 256 << 20
TRIES = 3
"""Children that may be lost before the user's templates are left alone until they are read anew."""
FALLBACK_NOTE = "footer.fallback"

_log = logs.get("templates")


class Painter:
    """What lives in the child: a renderer on the user's folder and the shipped one."""

    def __init__(self, folders: Sequence[str]) -> None:
        self._renderer = Renderer(jinja2.FileSystemLoader(list(folders)))

    def draw(self, method: str, *arguments: Any) -> Any:
        """What a method of the renderer gives. Raises PolicywatchError that names the template and line."""
        try:
            return getattr(self._renderer, method)(*arguments)
        except MemoryError:
            what = f"a template needs more than {MEMORY_BYTES >> 20} MiB of memory and was stopped"
            raise errors.PolicywatchError(what) from None


class UserRenderer(Renderer):
    """Draws with the templates of a user's folder, and with the shipped ones when those fail."""

    def __init__(self, own: str, shipped: str) -> None:
        own_loader, shipped_loader = jinja2.FileSystemLoader(own), jinja2.FileSystemLoader(shipped)
        worded = jinja2.ChoiceLoader([_Words(own_loader), shipped_loader])
        super().__init__(worded)
        # By the shipped templates with the user's words; when those cannot be used either, with the shipped ones.
        self._behind = Renderer(worded, is_shipped=True), Renderer(shipped_loader, is_shipped=True)
        names = [name for name in own_loader.list_templates() if name.endswith((".j2", ".css"))]
        self._has_mails = any(not name.startswith("web/") for name in names)
        self._has_pages = any(name.startswith("web/") for name in names)
        self._bench = Bench(
            "policywatch.pipeline.templates:Painter",
            lambda: ((own, shipped),),
            cpu_seconds=CPU_SECONDS,
            wall_seconds=WALL_SECONDS,
            memory_bytes=MEMORY_BYTES,
        )
        self._own = own
        self._last_fault = ""

    def render(self, digest: Digest, language: str, note: str = "") -> Rendered:
        """As Renderer's; by the shipped templates, with a note and `fault` set, when the user's fail."""
        fault = ""
        if self._has_mails:
            try:
                drawn: Rendered = self._drawn("render", digest, language, note)
            except errors.PolicywatchError as error:
                fault = str(error)
            else:
                return drawn
        return _told(self._drawn_behind("render", digest, language, FALLBACK_NOTE if fault else note), fault)

    def notice(self, notice: Notice, language: str, at: datetime, zone: tzinfo, public_url: str | None) -> Rendered:
        """As Renderer's; by the shipped templates, with `fault` set, when the user's fail."""
        arguments = notice, language, at, zone, public_url
        fault = ""
        if self._has_mails:
            try:
                drawn: Rendered = self._drawn("notice", *arguments)
            except errors.PolicywatchError as error:
                fault = str(error)
            else:
                return drawn
        return _told(self._drawn_behind("notice", *arguments), fault)

    def status(self, status: StatusView, language: str) -> str:
        """As Renderer's; by the shipped template when the user's fails. May take WALL_SECONDS."""
        if self._has_pages:
            try:
                return str(self._drawn("status", status, language))
            except errors.PolicywatchError as error:
                _log.warning("shipped template used", error=str(error))
        return str(self._drawn_behind("status", status, language))

    def check(self) -> None:
        """Compiles every template and reads every catalogue. Raises PolicywatchError that names the file and line."""
        self._drawn("check")

    def close(self) -> None:
        """Ends the child."""
        self._bench.close()

    def _drawn(self, method: str, *arguments: Any) -> Any:
        """By the user's templates, in the child. Raises PolicywatchError."""
        if self._bench.broken >= TRIES:
            # Each loss holds up a transaction for seconds: the next digest need not wait for the same end.
            raise errors.PolicywatchError(self._last_fault)
        try:
            return self._bench.call(self._own, "draw", method, *arguments)
        except errors.PolicywatchError as error:
            self._last_fault = str(error)
            raise

    def _drawn_behind(self, method: str, *arguments: Any) -> Any:
        worded, shipped = self._behind
        try:
            return getattr(worded, method)(*arguments)
        except errors.PolicywatchError as error:
            _log.warning("shipped words used", error=str(error))
            return getattr(shipped, method)(*arguments)


def _told(drawn: Rendered, fault: str) -> Rendered:
    if not fault:
        return drawn
    _log.warning("shipped template used", error=fault)
    return replace(drawn, fault=fault)


class _Words(jinja2.BaseLoader):
    """The catalogues of a folder, and nothing else of it."""

    def __init__(self, loader: jinja2.BaseLoader) -> None:
        self._loader = loader

    def get_source(
        self, environment: jinja2.Environment, template: str
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        """The source of a catalogue. Raises TemplateNotFound for everything else."""
        if not template.startswith("locales/"):
            raise jinja2.TemplateNotFound(template)
        return self._loader.get_source(environment, template)

    def list_templates(self) -> list[str]:
        """Names of the catalogues."""
        return [name for name in self._loader.list_templates() if name.startswith("locales/")]

"""Trying sources out, beside a running service and without touching its store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table

from policywatch import bootstrap
from policywatch.commands import steps
from policywatch.fetch.client import Client
from policywatch.pipeline.checks import Checker
from policywatch.pipeline.robots import Robots
from policywatch.sandbox.pool import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from policywatch.config import Config
    from policywatch.pipeline.checks import Checked


async def check(config: Config, wanted: Sequence[str], on_checked: Callable[[Checked], None]) -> list[Checked]:
    """Tries the wanted sources, also disabled ones; without any named all enabled ones.

    Raises PolicywatchError naming a source that the configuration does not have.
    """
    steps.require_known("source", wanted, [spec.id for spec in config.sources])
    specs = [spec for spec in config.sources if (spec.id in wanted if wanted else spec.enabled)]
    bootstrap.hide_secrets(config)
    async with Client(config.fetch) as client:
        sandbox = Sandbox("policywatch.pipeline.reading:Reader", lambda: ((),))
        try:
            checker = Checker(client, sandbox, Robots(None, client, bootstrap.now), bootstrap.now)
            return await checker.check_all(specs, on_checked)
        finally:
            await sandbox.close()


def as_json(checked: Checked) -> dict[str, Any]:
    """For a line of JSON."""
    return {
        "source": checked.source,
        "name": checked.name,
        "kind": checked.kind,
        "url": checked.url,
        "ok": checked.is_well,
        "items": checked.items,
        "newest": checked.newest.isoformat() if checked.newest else None,
        "dated": checked.dated,
        "clean": checked.clean,
        "seconds": checked.seconds,
        "wrong": list(checked.wrong),
    }


def as_table(found: Sequence[Checked]) -> Table:
    """For a terminal; what is bad comes first."""
    table = Table("source", "", box=None, pad_edge=False)
    for heading in ("items", "newest", "dated", "clean", "secs"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("what is wrong", overflow="fold")
    for one in sorted(found, key=lambda one: one.is_well):
        mark = "[green]ok[/]" if one.is_well else "[red]bad[/]"
        newest = f"{one.newest:%Y-%m-%d}" if one.newest else "–"
        numbers = (str(one.items), newest, f"{one.dated:.0%}", f"{one.clean:.0%}", f"{one.seconds:.1f}")
        table.add_row(one.source, mark, *numbers, "\n".join(one.wrong).replace("[", r"\["))
    return table


def as_line(one: Checked) -> str:
    """Where there is no terminal."""
    newest = f"{one.newest:%Y-%m-%d}" if one.newest else "none"
    head = (
        f"{one.source}: {'ok' if one.is_well else 'bad'}, {one.items} items, newest {newest}, {one.dated:.0%} dated, "
        f"{one.clean:.0%} clean, {one.seconds:.1f} s"
    )
    return "; ".join([head, *one.wrong])

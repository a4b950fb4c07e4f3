"""Making a configuration, and what one means."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from policywatch import bootstrap, errors
from policywatch.digests import slots
from policywatch.matching.check import doubts

if TYPE_CHECKING:
    from policywatch.config import Config


def init(directory: Path) -> list[Path]:
    """Copies the shipped configuration and gives the files written. Never overwrites one."""
    source = bootstrap.shipped("config")
    files = sorted(
        path.relative_to(source)
        for path in source.rglob("*")
        if path.suffix in {".yaml", ".json"} and path.relative_to(source) != Path("demo.yaml")
    )
    existing = [path for path in files if (directory / path).exists()]
    if existing:
        raise errors.PolicywatchError(f"{directory / existing[0]} is there already; name a new folder")
    try:
        for path in files:
            (directory / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / path, directory / path)
        # In the checkout the data lies beside the configuration's folder; a folder of one's own holds its data.
        main = directory / "policywatch.yaml"
        main.write_text(main.read_text(encoding="utf-8").replace("state: ../var\n", "state: var\n"), encoding="utf-8")
    except OSError as error:
        raise errors.PolicywatchError(
            f"{error.filename or directory} cannot be written ({error.strerror}); "
            f"name a folder that user {os.geteuid()} may write to"
        ) from error
    return [directory / path for path in files]


def describe(config: Config) -> list[str]:
    """What a configuration means, in lines. Builds everything that can be built without the database."""
    plan = bootstrap.compiled(config)
    bootstrap.require_closed(config, os.environ)
    lines = [
        f"ok: {len(plan.sources)} sources, {len(plan.watchlists)} watch-lists, {len(plan.subscriptions)} subscriptions",
        f"mail leaves by {config.mail.kind} from {config.mail.sender}; data lies in {config.state}",
        f"pages listen on {config.web.listen}",
        *([] if config.web.is_closed else ["nobody is asked who they are: `web: {password: ...}` closes the pages"]),
    ]
    for subscription in plan.subscriptions:
        to = ", ".join(recipient.address for recipient in subscription.recipients(plan.language))
        lists = plan.lists_of(subscription)
        when = "alerts only"
        if subscription.digest is not None:
            zone = subscription.digest.zone(plan.zone)
            coming = slots.next_slot(subscription.digest.crontabs, zone, bootstrap.now())
            when = f"next digest {coming.astimezone(zone):%Y-%m-%d %H:%M %Z}" if coming else "no digest ever comes"
        lines.append(f"{subscription.id}: {len(lists)} watch-lists to {to}; {when}")
    if resting := sum(not spec.enabled for spec in config.sources):
        lines.append(f"{resting} more sources are written down and not enabled")
    lines += [f"note: {spec.name}: {doubt}" for spec in plan.watchlists for doubt in doubts(spec.rule)]
    return lines

"""Making a configuration, and what one means."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from policywatch import bootstrap, errors
from policywatch.config.faults import parts_of
from policywatch.digests import spoken
from policywatch.matching import listing
from policywatch.matching.check import doubts

if TYPE_CHECKING:
    from policywatch.config import Config
    from policywatch.digests.catalogue import Catalogue
    from policywatch.digests.subscription import SubscriptionSpec
    from policywatch.pipeline.plan import Plan

MOST_TERMS = 10_000
_VARIABLE = re.compile(r"\$\w+|\$\{\w+\}|%\w+%")
SHOWN = 3
"""Coming digests of a subscription."""


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
        f"{_mail(config)}; data lies in {config.state}",
        f"pages listen on {config.web.listen}",
        *([] if config.web.is_closed else ["nobody is asked who they are: `web: {password: ...}` closes the pages"]),
    ]
    words = bootstrap.renderer_of(config).catalogue("en")
    for subscription in plan.subscriptions:
        to = ", ".join(recipient.address for recipient in subscription.recipients(plan.language))
        lists = plan.lists_of(subscription)
        lines.append(f"{subscription.id}: {len(lists)} watch-lists to {to}; {_when(plan, subscription, words)}")
    if resting := sum(not spec.enabled for spec in config.sources):
        lines.append(f"{resting} more sources are written down and not enabled")
    lines += _notes(config, plan)
    lines += [f"note: {spec.name}: {doubt}" for spec in plan.watchlists for doubt in doubts(spec.rule)]
    return lines


def _mail(config: Config) -> str:
    """Where mails go, and whether anybody gets them."""
    if config.mail.kind == "maildir":
        return f"mails are written to {config.mail.options.path} and sent to nobody, until `mail` names a server"
    return f"mail leaves by {config.mail.kind} from {config.mail.sender}"


def _when(plan: Plan, subscription: SubscriptionSpec, words: Catalogue) -> str:
    """When a subscription's digests come, in words, and the next of them."""
    timetable = plan.timetable(subscription)
    if timetable is None:
        return "alerts only"
    coming = [f"{at.astimezone(timetable.zone):%Y-%m-%d %H:%M %Z}" for at in timetable.coming(bootstrap.now(), SHOWN)]
    return f"{spoken.timetable(timetable, words)}; next {', '.join(coming) or 'never'}"


def _notes(config: Config, plan: Plan) -> list[str]:
    """What is no fault, and yet perhaps not what was meant."""
    notes = []
    year = plan.unknown_year(bootstrap.now())
    if year is not None:
        notes.append(
            f"note: the public holidays of {year} are not known; working days are then Monday to Friday, "
            "until `calendar: {holidays: [...], workdays: [...]}` names them"
        )
    notes += [
        f"note: {one.id}: nobody is told of its drafts; add `reviewer` to it, or `operator` at the top"
        for one in plan.subscriptions
        if one.review and one.reviewer is None and config.operator is None
    ]
    notes += [
        f"note: {spec.name}: the term {term.term!r} holds a comma and is found only as it stands; several terms are "
        f"parted by plain commas: [{', '.join(parts_of(term.term))}]"
        for spec in plan.watchlists
        for term in listing.terms(spec, MOST_TERMS)
        if len(parts_of(term.term)) > 1
    ]
    if not plan.subscriptions:
        notes.append(
            "note: there is no subscription, so that no mail is sent; `subscriptions` names who gets what, when"
        )
    password = getattr(config.mail.options, "password", None)
    if password is not None and _VARIABLE.fullmatch(password.get_secret_value()):
        notes.append("note: mail.password looks like the name of a variable; its value is put in by ${env:NAME}")
    return notes

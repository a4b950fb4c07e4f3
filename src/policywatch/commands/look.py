"""What would be sent, and why a text matches."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from policywatch import bootstrap, errors
from policywatch import config as configuration
from policywatch.commands import steps
from policywatch.matching import explain as explanations
from policywatch.matching import termreport
from policywatch.matching import words as explanation_words
from policywatch.matching.matcher import Matcher
from policywatch.pipeline import reading
from policywatch.pipeline.digest import Digester
from policywatch.store import articles as article_rows
from policywatch.store.db import Database
from policywatch.text.decode import decode

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from policywatch.config import Config


FORMATS = ("text", "html", "eml")


def preview(config: Config, subscription: str, *, at: str | None, form: str, language: str | None) -> bytes:
    """The digest of a slot, from a read-only look at the store: as plain text, HTML or the whole mail.

    Without `at` it is the one that would be sent now.
    """
    plan = bootstrap.plan_of(config)
    steps.require_known("subscription", [subscription], [spec.id for spec in plan.subscriptions])
    spec = next(spec for spec in plan.subscriptions if spec.id == subscription)
    db = Database.open(bootstrap.database(config), read_only=True)
    try:
        renderer = bootstrap.renderer_of(config)
        digester = Digester(plan, db, renderer, bootstrap.now)
        digest = db.read_now(digester.preview, spec, _moment(at, plan.zone_of(spec)) if at else None)
        try:
            if form == "eml":
                return digester.mail(spec, digest, language).content
            rendered = digester.rendered(digest, language or plan.language)
        finally:
            renderer.close()
        if rendered.fault:
            sys.stderr.write(f"shown by the shipped template, since your own failed: {rendered.fault}\n")
    finally:
        db.close()
    return (rendered.html if form == "html" else f"{rendered.subject}\n\n{rendered.text}").encode()


def _moment(text: str, zone: ZoneInfo) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise errors.PolicywatchError(
            f"{text!r} is no time; write one such as 2026-11-25T08:30, or with a zone 2026-11-25T08:30+08:00"
        ) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def explain(config: Config, wanted: str, language: str | None) -> list[str]:
    """Why an article of the store (by number or address), a text file or standard input (`-`) matches, in lines."""
    language = _language(language or config.language)
    title, body, source = _text_of(config, wanted)
    matcher = Matcher(config.watchlists)
    told = explanations.explain(matcher, title, body, source)
    return [
        title.strip(),
        *explanation_words.lines(told, language, len(config.watchlists), has_text=bool(body.strip())),
    ]


def explain_term(config: Config, term: str, language: str | None) -> list[str]:
    """What becomes of a term, in lines."""
    language = _language(language or config.language)
    try:
        told = termreport.report(Matcher(config.watchlists), term)
    except ValueError as error:
        raise errors.PolicywatchError(f"{term!r} can be no term of a watch-list: {_reason(error)}") from error
    return explanation_words.term_lines(told, language)


def _reason(error: ValueError) -> str:
    found = error.errors(include_url=False, include_input=False) if isinstance(error, ValidationError) else []
    return str(found[0]["msg"]).removeprefix("Value error, ") if found else str(error)


def _language(language: str) -> str:
    if language not in configuration.LANGUAGES:
        raise errors.PolicywatchError(f"no language {language!r}; there are: {', '.join(configuration.LANGUAGES)}")
    return language


def _text_of(config: Config, wanted: str) -> tuple[str, str, str]:
    """Title, body and source of what is to be explained."""
    path = Path(wanted)
    if wanted == "-":
        text = sys.stdin.buffer.read()
    elif not wanted.isdigit() and "://" not in wanted and path.is_file():
        text = path.read_bytes()
    else:
        return _stored(config, wanted)
    title, _, body = decode(text).strip().partition("\n")
    return title, body, ""


def _stored(config: Config, wanted: str) -> tuple[str, str, str]:
    is_article = wanted.isdigit() or "://" in wanted
    db = Database.open(bootstrap.database(config), read_only=True) if is_article else None
    try:
        found = db.read_now(article_rows.find, wanted) if db is not None else None
    finally:
        if db is not None:
            db.close()
    if found is None:
        what = "article in the store" if is_article else "file"
        raise errors.PolicywatchError(f"no {what} {wanted!r}; give an article's number or address, a text file or -")
    return found.title, found.body, reading.source_text(found.source_name, found.publisher)

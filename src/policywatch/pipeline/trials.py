"""`policywatch try read` and `try extract`: saved pages through the same reading as polled ones.

Each line of a manifest names a file; each gets one answer, in order, whatever is wrong with it. Files are as hostile as
the web they came from, so they are read in the limited child process.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from policywatch import dates, errors
from policywatch.articles import extract
from policywatch.model import ArticleHints, Page
from policywatch.sources import base

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from policywatch.sandbox.pool import Sandbox

MAX_BYTES = 64 << 20
"""Of a file, unpacked."""
_NOWHERE = "http://localhost/"
_EMPTY: dict[str, dict[str, Any]] = {
    "read": {"items": []},
    "extract": {"title": "", "published": None, "source": "", "body": "", "attachments": []},
}
"""What an answer holds beside `file`, `ok` and `error` when nothing could be read."""


class Entry(BaseModel):
    """A line of a manifest."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    file: str
    """Relative to the manifest; `.gz` is unpacked."""
    kind: str = "feed"
    url: str | None = None
    """Where the page stood; relative links are completed with it."""
    options: dict[str, Any] = Field(default_factory=dict)
    headers: dict[str, str] = Field(default_factory=dict)
    """Of the answer, such as content-type."""
    now: datetime | None = None
    """When the page was read, for dates such as 昨天."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One saved page and what is known of it."""

    kind: str
    options: Mapping[str, Any]
    page: Page


class Reader:
    """Lives in a limited child; each method is one call from the parent."""

    def read(self, trial: Trial) -> dict[str, Any]:
        """The items of a feed or list page. Raises SourceError."""
        page = trial.page
        try:
            spec = base.SourceSpec(id="trial", kind=trial.kind, url=page.url, options=dict(trial.options))
            source = base.build(spec)
        except ValidationError as error:
            raise errors.SourceError(page.url, _in_words(error)) from None
        except errors.PolicywatchError as error:
            raise errors.SourceError(page.url, str(error)) from None
        return {
            "items": [
                {
                    "title": item.title,
                    "url": item.url,
                    "id": item.key,
                    "published": _local(item.published, source.zone),
                }
                for item in source.read(page, page.fetched_at).items
            ]
        }

    def extract(self, trial: Trial) -> dict[str, Any]:
        """What an article's page says. Raises SourceError."""
        try:
            hints = ArticleHints(**trial.options)
        except TypeError:
            raise errors.SourceError(trial.page.url, "`options` may hold title, body, date and publisher") from None
        found = extract.extract(trial.page, hints, trial.page.fetched_at)
        return {
            "title": found.title,
            "published": found.published.isoformat() if found.published else None,
            "source": found.publisher,
            "body": found.body,
            "attachments": [{"name": one.name, "url": one.url, "type": one.type} for one in found.attachments],
        }


async def answers(sandbox: Sandbox, method: str, manifest: Path, now: datetime) -> AsyncIterator[dict[str, Any]]:
    """One answer for each line of the manifest, in order. Raises PolicywatchError when the manifest cannot be read.

    `method` is `read` or `extract`; `now` stands in where a line has none.
    """
    try:
        lines = (await asyncio.to_thread(manifest.read_text, "utf-8", "replace")).splitlines()
    except OSError as error:
        raise errors.PolicywatchError(f"{manifest} cannot be read: {error.strerror}") from None
    for line in lines:
        if line.strip():
            yield await _answer(sandbox, method, manifest.parent, line, now)


async def _answer(sandbox: Sandbox, method: str, folder: Path, line: str, now: datetime) -> dict[str, Any]:
    name: str | None = None
    try:
        given = json.loads(line)
        if isinstance(given, dict) and isinstance(given.get("file"), str):
            name = given["file"]
        entry = Entry.model_validate(given)
        at = entry.now or now
        page = Page(
            url=entry.url or _NOWHERE,
            status=200,
            headers={key.lower(): value for key, value in entry.headers.items()},
            body=saved(folder / entry.file),
            fetched_at=at if at.tzinfo else at.replace(tzinfo=dates.CHINA),
        )
        found = await sandbox.call(page.url, method, Trial(entry.kind, entry.options, page))
    except ValidationError as error:
        return _failed(name, method, _in_words(error))
    except (ValueError, RecursionError) as error:
        return _failed(name, method, f"not JSON: {error}")
    except OSError as error:
        return _failed(name, method, f"cannot be read: {error.strerror or error}")
    except errors.SourceError as error:
        return _failed(name, method, error.what)
    return {"file": name, "ok": True, "error": None, **found}


def _failed(name: str | None, method: str, what: str) -> dict[str, Any]:
    return {"file": name, "ok": False, "error": what, **_EMPTY[method]}


def saved(path: Path) -> bytes:
    """A file's bytes, unpacked. Raises OSError also for what is too large or damaged."""
    with path.open("rb") as plain:
        if path.suffix != ".gz":
            body = plain.read(MAX_BYTES + 1)
        else:
            try:
                with gzip.open(plain) as packed:
                    body = packed.read(MAX_BYTES + 1)
            except (EOFError, zlib.error) as error:
                raise OSError(f"not a whole gzip file ({error})") from None
    if len(body) > MAX_BYTES:
        raise OSError(f"has more than {MAX_BYTES >> 20} MiB")
    return body


def _local(moment: datetime | None, zone: Any) -> str | None:
    return None if moment is None else moment.astimezone(zone).isoformat(timespec="seconds")


def _in_words(error: ValidationError) -> str:
    faults = error.errors(include_input=False, include_url=False)
    return "; ".join(
        f"{'.'.join(map(str, one['loc'])) or 'line'}: {one['msg'][:1].lower()}{one['msg'][1:]}" for one in faults
    )

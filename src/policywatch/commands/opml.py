"""Lists of sources as other readers write them (OPML 2.0): as http://opml.org/spec2.opml describes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from policywatch import errors, logs
from policywatch.commands.discover import identity
from policywatch.sources.base import SourceSpec, http_url
from policywatch.text.html import xml_safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

FEEDS = frozenset({"feed", "rsshub"})
"""Kinds of sources that are feeds."""
MOST_BYTES = 16 << 20


def written(sources: Sequence[SourceSpec]) -> Iterator[str]:
    """The lines of a file that names the sources: feeds as other readers take them up, other sites as links."""
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield '<opml version="2.0">'
    yield "<head><title>policywatch</title></head>"
    yield "<body>"
    for spec in sources:
        name, url = _attribute(spec.name or spec.id), _attribute(logs.masked(spec.url))
        if spec.kind in FEEDS:
            yield f'<outline type="rss" text={name} title={name} xmlUrl={url}/>'
        else:
            yield f'<outline type="link" text={name} title={name} url={url}/>'
    yield "</body>"
    yield "</opml>"


def _attribute(text: str) -> str:
    return quoteattr(xml_safe(text))


def read(path: Path, known: Sequence[SourceSpec]) -> tuple[list[dict[str, Any]], list[str]]:
    """Sources to paste, and what was passed over and why. Those whose address is `known` are passed over.

    Raises PolicywatchError for a file that is no OPML.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise errors.PolicywatchError(f"{path} cannot be read: {error.strerror}") from None
    if len(raw) > MOST_BYTES:
        raise errors.PolicywatchError(f"{path} is larger than {MOST_BYTES >> 20} MiB; is it a list of sources?")
    there = {spec.url for spec in known}
    ids = {spec.id for spec in known}
    entries: list[dict[str, Any]] = []
    passed: list[str] = []
    for folders, outline in _outlines(raw, path):
        url = outline.get("xmlUrl", "").strip()
        name = " ".join((outline.get("title") or outline.get("text") or "").split())
        if not url:
            passed.append(f"{name or 'an entry'}: it has no address of a feed (xmlUrl); try `policywatch discover`")
            continue
        try:
            checked = http_url(url)
        except ValueError as error:
            passed.append(f"{name or url}: {error}")
            continue
        if checked in there:
            passed.append(f"{name or url}: {url} is there already")
            continue
        there.add(checked)
        entry: dict[str, Any] = {"id": _free(identity(checked), ids), "name": name[:60], "kind": "feed", "url": checked}
        if folders:
            entry["note"] = " / ".join(folders)
        entries.append({key: value for key, value in entry.items() if value})
    return entries, passed


def _free(wanted: str, ids: set[str]) -> str:
    """The id, or with a number behind it; it is taken from now on."""
    found, number = wanted, 2
    while found in ids:
        found, number = f"{wanted[:60]}-{number}", number + 1
    ids.add(found)
    return found


def _outlines(raw: bytes, path: Path) -> Iterator[tuple[tuple[str, ...], dict[str, str]]]:
    """Every outline that has no others inside, with the names of those around it."""
    found: list[tuple[tuple[str, ...], dict[str, str]]] = []
    open_: list[dict[str, str]] = []
    empty: list[bool] = []
    roots: list[str] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        roots.append(tag)
        if tag == "outline":
            empty[-1:] = [False] * bool(empty)
            open_.append(attributes)
            empty.append(True)

    def end(tag: str) -> None:
        if tag == "outline":
            last = open_.pop()
            if empty.pop() or last.get("xmlUrl"):
                found.append((tuple(name for outer in open_ if (name := outer.get("text", "").strip())), last))

    def refuse(*_: object) -> None:
        raise errors.PolicywatchError(f"{path} declares entities of its own, which no list of sources needs")

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler, parser.EntityDeclHandler = start, end, refuse
    try:
        parser.Parse(raw, True)
    except expat.ExpatError as error:
        raise errors.PolicywatchError(
            f"{path}:{error.lineno}: it is no OPML ({expat.ErrorString(error.code)})"
        ) from None
    if roots[0] != "opml":
        raise errors.PolicywatchError(f"{path} is no OPML: it begins with <{roots[0]}>")
    return iter(found)

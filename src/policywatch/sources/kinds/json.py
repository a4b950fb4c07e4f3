"""`kind: json`: an address that answers with JSON, or a page with JSON in a script; paths say where records stand.

What is to be sent with a POST stands under `form` or `payload`.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Annotated, Any, Self
from urllib.parse import urlencode

from pydantic import AfterValidator, StringConstraints, model_validator

from policywatch import errors, urls
from policywatch.model import ArticleHints, RawItem, Reading, Request
from policywatch.sources import base, embedded, scripted
from policywatch.sources.kinds import listpage
from policywatch.text import decode, html

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from policywatch.model import Cursor, Page

_HOLE = re.compile(r"\{([^{}]+)\}")
_JSONP = re.compile(r"^\s*[\w$.]+\s*\((?P<inside>.*)\)\s*;?\s*$", re.DOTALL)
_SHOWN = 8
"""Keys that an error names."""


def _path(text: str) -> str:
    """Checks a dotted path; raises ValueError that names it."""
    if not all(part.strip() for part in text.split(".")):
        raise ValueError(f"not a path: {text!r}; write keys with dots between them, such as `data.list`")
    return text


Path = Annotated[str, AfterValidator(_path)]
Name = Annotated[str, StringConstraints(pattern=r"^[\w$][\w$.-]{0,99}$")]
MAX_DEPTH = 20
"""Levels that `**` in a path goes down."""


class Source(base.Source):
    """Records of a JSON answer."""

    class Options(base.Options):
        """What may stand under `options:`."""

        items: Path | None = None
        """Where the records stand: keys with dots between; `*` goes through an array, `**` down to a key at any depth.
        Without it they are found."""
        form: dict[str, str | int] | None = None
        """Fields to send as a web form would, with POST; without it and `payload` the address is asked with GET."""
        payload: dict[str, Any] | None = None
        """JSON to send, with POST."""
        script: Name | None = None
        """The address is a web page with the JSON in a script: the name to which it is assigned there, such as
        `initialState`, or the id of the script, such as `__NEXT_DATA__`."""
        title: Path = "title"
        """Inside a record."""
        url: str = "url"
        """Inside a record; or an address with holes for values of the record: `https://…/{id}.html`."""
        date: Path | None = None
        """Inside a record: text, or seconds or milliseconds since 1970."""
        summary: Path | None = None
        """Inside a record."""
        body: Path | None = None
        """Inside a record: the whole text; the article's own page is then not asked for."""
        publisher: Path | None = None
        """Inside a record: who issued it."""
        article: listpage.ArticleOptions = listpage.ArticleOptions()
        """Selectors on the articles' own pages; without them they are found."""

        @model_validator(mode="after")
        def _one_body(self) -> Self:
            if self.form is not None and self.payload is not None:
                raise ValueError("form and payload cannot both be sent; keep the one that the interface expects")
            return self

    def requests(self, cursor: Cursor) -> list[Request]:
        """The address, with what is to be sent."""
        form, payload = self.options.form, self.options.payload
        if form is not None:
            kind, body = "application/x-www-form-urlencoded; charset=UTF-8", urlencode(form)
        elif payload is not None:
            kind, body = "application/json", json.dumps(payload, ensure_ascii=False)
        else:
            return super().requests(cursor)
        return [Request(self.spec.url, "POST", (("Content-Type", kind),), body.encode())]

    def read(self, page: Page, now: datetime) -> Reading:
        """The records that have a title and an address."""
        value = parsed(page) if self.options.script is None else scripted.value_of(page, self.options.script)
        if self.options.items is None:
            return self._found(value, page, now)
        records = list(_walk(value, self.options.items.split(".")))
        records = [one for found in records for one in (found if isinstance(found, list) else [found])]
        records = [one for one in records if isinstance(one, dict)]
        if not records and not _is_empty_list(value, self.options.items):
            raise errors.ParseError(
                page.url,
                f"nothing stands at items: {self.options.items!r}; at the top stand {_keys(value)}",
                code="no_items",
            )
        items = [item for record in records if (item := self._item(record, page, now)) is not None]
        if records and not items:
            raise errors.ParseError(
                page.url,
                f"{len(records)} records, but none has a title at {self.options.title!r} and an address at "
                f"{self.options.url!r}; the first holds {_keys(records[0])}",
                code="no_items",
            )
        kept = tuple({item.key: item for item in items}.values())
        return Reading(kept[: base.MAX_ITEMS], truncated=max(0, len(kept) - base.MAX_ITEMS))

    def detail(self, item: RawItem) -> Any:
        """The article's page, unless the record carries its text."""
        return None if item.body else super().detail(item)

    def hints(self) -> ArticleHints:
        """The selectors under `article:`."""
        article = self.options.article
        return ArticleHints(article.title, article.body, article.date, article.publisher)

    def _found(self, value: Any, page: Page, now: datetime) -> Reading:
        rows = max(embedded.in_value(value, now, self.zone), key=len, default=[])
        items: dict[str, RawItem] = {}
        for place, title, date in rows:
            url = urls.absolute(page.url, place)
            if url:
                key = urls.canonical(url)
                items.setdefault(key, RawItem(key, url, title[: base.MAX_TITLE], date))
        if not items:
            raise errors.ParseError(
                page.url, "no list of records is found; write `items:` under options", code="no_list"
            )
        return Reading(tuple(items.values())[: base.MAX_ITEMS])

    def _item(self, record: dict[str, Any], page: Page, now: datetime) -> RawItem | None:
        options = self.options
        title = html.inline(_text(record, options.title))
        url = urls.absolute(page.url, self._address(record))
        if not title or not url:
            return None
        date = _text(record, options.date)
        return RawItem(
            key=urls.canonical(url),
            url=url,
            title=title[: base.MAX_TITLE],
            published=embedded.moment(date, now, self.zone) if date else None,
            summary=html.plain(_text(record, options.summary))[: base.MAX_BODY],
            body=html.plain(_text(record, options.body))[: base.MAX_BODY],
            publisher=html.inline(_text(record, options.publisher))[:200],
        )

    def _address(self, record: dict[str, Any]) -> str:
        if "{" not in self.options.url:
            return _text(record, self.options.url)
        filled = {hole: _text(record, hole) for hole in _HOLE.findall(self.options.url)}
        return _HOLE.sub(lambda hole: filled[hole[1]], self.options.url) if all(filled.values()) else ""


def parsed(page: Page) -> Any:
    """The value of a JSON answer, also of one in a callback. Raises ParseError that says what came instead."""
    text = decode.decode(page.body, page.headers.get("content-type"))
    called = _JSONP.match(text)
    try:
        return json.loads(called["inside"] if called else text)
    except (ValueError, RecursionError):
        what = "a web page" if text.lstrip()[:1] == "<" else "something else"
        raise errors.ParseError(
            page.url, f"{what} came instead of JSON: a log-in, a challenge, or the wrong address?", code="not_json"
        ) from None


def _walk(value: Any, path: list[str], depth: int = 0) -> Iterator[Any]:
    if not path:
        yield value
        return
    key, rest = path[0].removesuffix("[]"), path[1:]
    if key == "**":
        # What stands right in an array is met when the way goes through it.
        if not isinstance(value, list):
            yield from _walk(value, rest)
        for inner in _values(value) if depth < MAX_DEPTH else ():
            yield from _walk(inner, path, depth + 1)
    elif key == "*":
        for inner in _values(value):
            yield from _walk(inner, rest)
    elif isinstance(value, dict):
        yield from _walk(value[key], rest) if key in value else ()
    elif isinstance(value, list):
        at = int(key) if key.isdigit() else None
        for inner in value if at is None else value[at : at + 1]:
            yield from _walk(inner, path if at is None else rest)


def _values(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _is_empty_list(value: Any, path: str) -> bool:
    return any(found == [] for found in _walk(value, path.split(".")))


def _text(record: dict[str, Any], path: str | None) -> str:
    if path is None:
        return ""
    found = next(iter(_walk(record, path.split("."))), None)
    return str(found).strip() if isinstance(found, str | int | float) and not isinstance(found, bool) else ""


def _keys(value: Any) -> str:
    if isinstance(value, dict):
        keys = list(value)
        return ", ".join(repr(key) for key in keys[:_SHOWN]) + (" …" if len(keys) > _SHOWN else "")
    return f"an array of {len(value)}" if isinstance(value, list) else "no keys"

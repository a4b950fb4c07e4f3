"""Draws pages: plain values as HTML in the reader's language, or the same values as JSON."""

from __future__ import annotations

import dataclasses
import json
import re
from datetime import date, datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import jinja2
from markupsafe import Markup, escape
from ruamel.yaml import YAML
from starlette.responses import HTMLResponse, JSONResponse

from policywatch import kinds
from policywatch.digests.catalogue import Catalogue
from policywatch.text.html import safe_url

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from starlette.requests import Request
    from starlette.responses import Response

    from policywatch.digests.render import Renderer

LANGUAGES = ("zh-CN", "en")
TONGUES = {"zh-CN": "中文", "en": "English"}
"""Languages by their own names; others are shown by their codes."""
LANGUAGE_COOKIE = "language"
NAV = (
    ("today", "/"),
    ("archive", "/archive"),
    ("watchlists", "/watchlists"),
    ("workshop", "/workshop"),
    ("sources", "/sources"),
    ("subscriptions", "/subscriptions"),
    ("outbox", "/outbox"),
    ("feeds", "/feeds"),
)
"""What the head of every page leads to, as far as there is a file for it in `pages`."""
NO_STORE = {"cache-control": "no-store"}
_CODE = re.compile("`([^`]+)`")


class Drawing:
    """Templates and words of the pages; may be used from several threads."""

    def __init__(
        self, folder: Path, renderer: Renderer, *, language: str, zone: ZoneInfo, now: Callable[[], datetime]
    ) -> None:
        """`folder` is `templates/web`; `language` is for readers who ask for none that there is."""
        self._language = language
        self._zone = zone
        self._now = now
        self._words = {code: _words(folder / "words", renderer, code) for code in LANGUAGES}
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader([str(folder), str(folder.parent)]),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.filters["link"] = safe_url
        self._environment.filters["coded"] = _coded
        self._environment.filters["tongue"] = lambda code: TONGUES.get(code, code)
        there = set(kinds.names("policywatch.web.pages"))
        self._nav = tuple((name, path) for name, path in NAV if name in there)

    def language(self, request: Request) -> str:
        """What `?lang=` asks for, else the reader's last choice, else the configuration's."""
        for wanted in (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
            if wanted in LANGUAGES:
                return wanted
        return self._language

    def words(self, language: str) -> Catalogue:
        """The texts of pages and mails in a language."""
        return self._words[language]

    async def answer(
        self, request: Request, template: str, page: Any, *, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> Response:
        """The page as HTML by `<template>.html.j2`, or its values as JSON to who accepts that rather than HTML."""
        if wants_json(request):
            return JSONResponse(plain(page), status_code=status, headers={**NO_STORE, **(headers or {})})
        language = self.language(request)
        response = HTMLResponse(
            self.draw(template, language, page, request), status_code=status, headers={**NO_STORE, **(headers or {})}
        )
        if request.query_params.get("lang") == language:
            response.set_cookie(
                LANGUAGE_COOKIE, language, max_age=31_536_000, httponly=True, samesite="lax",
                secure=request.url.scheme == "https",
            )  # fmt: skip
        return response

    def draw(self, template: str, language: str, page: Any, request: Request) -> str:
        """The HTML of a page.

        A template gets `page`, `t(key, **values)`, `words` (where `t` is from), `language`, `here` (the template's
        name, for the head), `nav`, `path` and `asked` (the query without `lang` and `token`), and
        `moment`, `day` and `ago`, which put datetimes into words.
        """
        words = self._words[language]
        now = self._now().astimezone(self._zone)
        return self._environment.get_template(f"{template}.html.j2").render(
            page=page,
            t=words.text,
            words=words,
            language=language,
            languages=LANGUAGES,
            here=template,
            nav=self._nav,
            path=request.url.path,
            # What was asked stays asked when the reader changes the language; a feed's token is for no page to repeat.
            asked=urlencode([pair for pair in request.query_params.multi_items() if pair[0] not in {"lang", "token"}]),
            csrf=request.scope.get("state", {}).get("csrf", ""),
            is_reader=request.scope.get("state", {}).get("is_reader", False),
            moment=lambda at: _moment(at, words, now),
            day=lambda at: words.day_weekday(at.astimezone(self._zone) if isinstance(at, datetime) else at, now),
            ago=lambda at: _ago(at, words, now),
        )


def _coded(text: str) -> Markup:
    """A sentence in which what is to be typed stands in backticks, as HTML."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704  # escaped first


def wants_json(request: Request) -> bool:
    """The reader accepts JSON and does not prefer HTML."""
    accepted = request.headers.get("accept", "")
    return "application/json" in accepted and "text/html" not in accepted


def plain(value: Any) -> Any:
    """What JSON can say of a page's values: dataclasses and named tuples as objects, moments as ISO 8601."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return plain(value._asdict())
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(one) for one in value]
    return value if value is None or isinstance(value, str | int | float | bool) else json.loads(json.dumps(str(value)))


def _words(folder: Path, renderer: Renderer, language: str) -> Catalogue:
    """The mails' texts, and those of every page: a file each with a mapping for each language."""
    texts: dict[str, Any] = {}
    for path in sorted(folder.glob("*.yaml")):
        texts.update(YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))[language])
    return Catalogue(language, texts, renderer.catalogue(language))


def _moment(at: datetime | None, words: Catalogue, now: datetime) -> str:
    if at is None:
        return "–"
    local = at.astimezone(now.tzinfo)
    return f"{local:%H:%M}" if local.date() == now.date() else f"{words.day(local, now)} {local:%H:%M}"


def _ago(at: datetime | None, words: Catalogue, now: datetime) -> str:
    """How long ago, or in how long, in the largest unit that says it."""
    if at is None:
        return "–"
    seconds = (now - at).total_seconds()
    for unit, length in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        count = round(abs(seconds) / length)
        if count >= 1:
            return words.text(f"ago.{unit}" if seconds > 0 else f"in.{unit}", n=count)
    return words.text("ago.now")

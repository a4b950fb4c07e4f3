"""What a site of the newsroom publishes."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from ruamel.yaml import YAML

CHINA = ZoneInfo("Asia/Shanghai")
_INFO = re.compile(
    r"^(?:[来來]源|Source)\s*[:：]\s*(?P<source>.*?)\s+(?:日期|[时時][间間]|Date)\s*[:：]\s*(?P<date>\d{4}-\d{1,2}-\d{1,2})"
)
_MENU = re.compile(r"^(?:-|當|当|Network\b)")
_TAIL = re.compile(r"^相[关關](?:\([^)]*\))?文章")


@dataclass(frozen=True, slots=True)
class Article:
    """One article. `paragraphs` are plain text."""

    slug: str
    title: str
    published: datetime
    publisher: str
    paragraphs: tuple[str, ...]
    is_damaged: bool = False
    """Its text carries damage already and is served as it is."""
    summary_only: bool = False
    """A feed carries its first sentence only; the whole stands on its own page."""
    menu: tuple[str, ...] = ()
    """Lines of navigation that stood around it."""


def load(name: str) -> tuple[Article, ...]:
    """The bundled articles of one site."""
    raw = YAML(typ="safe", pure=True).load(Path(__file__).parent / "articles" / f"{name}.yaml")
    return tuple(
        Article(
            slug=str(item["slug"]),
            title=item["title"],
            published=datetime.fromisoformat(item["published"]).replace(tzinfo=CHINA),
            publisher=item["publisher"],
            paragraphs=tuple(part.strip() for part in item["text"].strip().split("\n") if part.strip()),
            summary_only=item.get("summary_only", False),
        )
        for item in raw
    )


def from_page_text(text: str) -> Article:
    """An article made of the text of a page as copied from a browser, damage and all.

    The line before the one that says 来源 and 日期 is the title; what follows is the text; what stands before is the
    page's navigation. A text without such a line is taken as title, then paragraphs. The same text is always the
    same article. Raises ValueError for a text without any words.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        raise ValueError("the file is empty")
    at = next((number for number, line in enumerate(lines) if number and _INFO.match(line)), None)
    slug = hashlib.blake2b(text.encode(), digest_size=5).hexdigest()
    if at is None:
        published = datetime(2026, 11, 20, tzinfo=CHINA)
        return Article(slug, lines[0], published, "", tuple(lines[1:] or lines), is_damaged=True)
    info = _INFO.match(lines[at])
    assert info is not None
    year, month, day = (int(part) for part in info["date"].split("-"))
    body = lines[at + 1 :]
    end = next((number for number, line in enumerate(body) if _TAIL.match(line)), len(body))
    return Article(
        slug=slug,
        title=lines[at - 1],
        published=datetime(year, month, day, tzinfo=CHINA),
        publisher=info["source"],
        paragraphs=tuple(body[:end]),
        is_damaged=True,
        menu=tuple(line.lstrip("- ") for line in lines[: at - 1] if _MENU.match(line)),
    )

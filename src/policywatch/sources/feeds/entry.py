"""What a feed says, before markup is read and dates are understood: the same whoever parsed it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Entry(NamedTuple):
    """One entry. Texts are HTML unless their field says that they are plain."""

    id: str = ""
    """As the feed gives it; made absolute where the feed says that it is a link."""
    link: str = ""
    """Absolute, or as written where nothing could be made of it."""
    title: str = ""
    is_title_plain: bool = False
    """The feed declares the title to be text: a tag in it is meant to be seen."""
    summary: str = ""
    is_summary_plain: bool = False
    contents: tuple[str, ...] = ()
    """Full texts; one entry may carry several."""
    dates: tuple[str, ...] = ()
    """As written, best first: published, created, updated."""
    publisher: str = ""
    """The feed it was taken from, else its author."""


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed's entries in its own order, at most as many as were asked for."""

    entries: tuple[Entry, ...]
    left_out: int = 0
    """Entries beyond those."""

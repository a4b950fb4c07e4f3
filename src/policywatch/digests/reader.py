"""What the page shows on which a reader decides: facts, and the same in the words of a language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from policywatch.digests.lines import cut

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from policywatch.digests.catalogue import Catalogue

MAX_NAME = 200
PAUSES = (1, 2, 4)
"""Weeks for which a reader may pause."""


@dataclass(frozen=True, slots=True)
class Button:
    """Something to decide: what is posted, and what stands on it."""

    do: str
    text: str


@dataclass(frozen=True, slots=True)
class ReaderView:
    """The page in words."""

    title: str
    state: str
    buttons: tuple[Button, ...]
    note: str


@dataclass(frozen=True, slots=True)
class ReaderPage:
    """A subscription and what its reader decided; or a story of it, with `watchlist`, that he may judge."""

    name: str
    state: str
    """active, paused or stopped; of a story asked or done."""
    zone: tzinfo
    until: datetime | None = None
    watchlist: str = ""

    def in_words(self, words: Catalogue) -> ReaderView:
        """The page in the words of a language."""
        title = words.text("reader.title", name=cut(self.name, MAX_NAME))
        if self.watchlist:
            is_done = self.state == "done"
            asked = words.text("reader.story", list=cut(self.watchlist, MAX_NAME))
            return ReaderView(
                title=title,
                state=words.text("reader.story.done") if is_done else asked,
                buttons=() if is_done else (Button("not_relevant", words.text("reader.story.send")),),
                note="",
            )
        day = words.day(self.until.astimezone(self.zone)) if self.until is not None else ""
        buttons = []
        if self.state != "active":
            buttons.append(Button("resume", words.text("reader.resume")))
        if self.state == "active":
            buttons += [Button(f"pause{weeks}", words.text("reader.pause", n=weeks)) for weeks in PAUSES]
        if self.state != "stopped":
            buttons.append(Button("stop", words.text("reader.stop")))
        return ReaderView(
            title=title,
            state=words.text(f"reader.{self.state}", day=day) if day else words.text(f"reader.{self.state}"),
            buttons=tuple(buttons),
            note=words.text("reader.no_other"),
        )

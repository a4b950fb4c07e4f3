"""Digests and pages through templates and catalogues into text and markup.

Templates come through a Jinja2 loader: those of the user's own folder stand before the shipped ones of the same name.
Those of a user run in a sandbox; everything put into HTML is escaped, and an unknown name is an error rather than a
blank.

    digest.html.j2  digest.txt.j2  digest.subject.j2      a digest
    alert.html.j2   alert.txt.j2   alert.subject.j2       one story that could not wait
    notice.html.j2  notice.txt.j2  notice.subject.j2      trouble, told to the operator
    _parts/                                               what they share; inline.css goes onto the tags
    locales/<language>.yaml                               the words
    web/reader.html.j2                                    where a reader unsubscribes, pauses, or judges a story

A mail's template gets `digest` (a DigestView) and `t(key, **values)`, the words; in HTML also `body`, the stories as
drawn by `_parts/story.html.j2`, and in plain text `groups`, those that the HTML shows (FittedGroup). Of
`digest.unsubscribe_url` and a story's `not_relevant_url` a template sees placeholders: each reader gets an own address.
"""

from __future__ import annotations

import re
import traceback
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from policywatch import errors
from policywatch.digests import lines, size, trend, view
from policywatch.digests import notice as notices
from policywatch.digests import subject as subjects
from policywatch.digests.catalogue import Catalogue
from policywatch.digests.inline import InliningLoader
from policywatch.model import Rendered

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime, tzinfo

    from policywatch.digests.reader import ReaderPage
    from policywatch.model import Digest, Notice

MAX_HTML = 90_000
"""Bytes. Gmail cuts a mail at 102 KB and hides what follows."""
MAX_TEXT = 600_000
"""Bytes. In base64 with the HTML it stays below the megabyte that a mail may have."""
MAX_SUBJECT = 120
"""Characters; what is longer ends in `…`."""
FALLBACK = "en"
_LEFT_OUT_ROOM = 400
"""Bytes kept free for the line that counts what is not shown."""
_LOCALE = re.compile(r"locales/([A-Za-z0-9-]+)\.yaml")
_BODY = "\x00body\x00"
"""Where the stories go. No value can hold it: controls are taken out of all of them."""
_VIEWS = frozenset({
    lines.Piece, trend.Bar, view.LinkView, view.TrendView, view.ClosingView, view.StoryView, view.GroupView,
    view.DigestView, size.FittedGroup, size.Row,
})  # fmt: skip
_IN_TEMPLATES = (
    jinja2.TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError
)  # fmt: skip


class _Sandbox(ImmutableSandboxedEnvironment):
    """A sandbox that does not ask twice about our own values: they hold nothing but texts and numbers."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if type(obj) in _VIEWS and attribute in obj.__slots__:
            return getattr(obj, attribute)
        return super().getattr(obj, attribute)


class _Shipped(jinja2.Environment):
    """Reads attributes as Python does: the shipped templates ask only for what there is, some 4,000 times a digest."""

    getattr = staticmethod(getattr)  # type: ignore[assignment]  # a method of the same two arguments


class Renderer:
    """Puts digests and pages into words and markup. Keeps compiled templates; may be used from several threads."""

    def __init__(self, loader: jinja2.BaseLoader, *, is_shipped: bool = False) -> None:
        """With `is_shipped` the templates are those of policywatch alone: its own code, which needs no sandbox."""
        self._loader = loader
        environment = _Shipped if is_shipped else _Sandbox
        self._environment = environment(
            loader=InliningLoader(loader),
            autoescape=lambda name: name is None or name.endswith(".html.j2"),
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._catalogues: dict[str, Catalogue] = {}

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages there are catalogues for, sorted."""
        found = (_LOCALE.fullmatch(name) for name in self._loader.list_templates())
        return tuple(sorted({matched[1] for matched in found if matched}))

    def catalogue(self, language: str) -> Catalogue:
        """The words of a language; of its nearest relative (`en` for `en-GB`) or English where there are none."""
        if language not in self._catalogues:
            nearest = self._nearest(language)
            fallback = self.catalogue(FALLBACK) if nearest != FALLBACK else None
            source, _, _ = self._loader.get_source(self._environment, f"locales/{nearest}.yaml")
            self._catalogues[language] = Catalogue.parse(nearest, source, fallback)
        return self._catalogues[language]

    def render(self, digest: Digest, language: str, note: str = "") -> Rendered:
        """A digest in one language: subject, HTML of at most 90 KB, and plain text with the same titles and links.

        When the stories do not fit, the weaker ones are shown by title only; when even that does not fit, the weakest
        are counted. `note` is the key of a text that tells the reader something of the mail itself. Raises
        PolicywatchError that names the template and line when a template is at fault.
        """
        words = self.catalogue(language)
        seen = view.view(digest, words, words.text(note) if note else "")
        with _named_faults():
            frame = self._frame(seen, words)
            rows: Any = self._environment.get_template("_parts/story.html.j2").make_module({"t": words.text})
            fit = size.fit(
                seen.groups,
                heading=rows.heading,
                full=rows.full,
                brief=rows.brief,
                ending=rows.ending,
                room=MAX_HTML - len(frame.encode()) - _LEFT_OUT_ROOM,
            )
            if fit.dropped:
                seen = replace(seen, left_out=words.text("left_out", n=fit.dropped + digest.left_out))
                frame = self._frame(seen, words)
            text = self._render(f"{digest.kind}.txt.j2", words, digest=seen, groups=fit.groups)
            if digest.subject:
                title = subjects.filled(digest.subject, seen)
            else:
                title = self._render(f"{digest.kind}.subject.j2", words, digest=seen)
        html = frame.replace(_BODY, fit.markup)
        if len(html.encode()) > MAX_HTML or len(text.encode()) > MAX_TEXT:
            raise errors.PolicywatchError(
                f"{digest.kind}.html.j2 and {digest.kind}.txt.j2 make {len(html.encode()):,} bytes of HTML and "
                f"{len(text.encode()):,} of text without the stories' own limit; at most {MAX_HTML:,} and {MAX_TEXT:,} "
                "are mailed: say less beside `body` and `groups`"
            )
        return Rendered(
            language=words.language,
            subject=lines.cut(title, MAX_SUBJECT),
            html=html,
            text=_spaced(text),
        )

    def notice(self, notice: Notice, language: str, at: datetime, zone: tzinfo, public_url: str | None) -> Rendered:
        """A notice to the operator. Raises PolicywatchError that names the template and line when one is at fault."""
        words = self.catalogue(language)
        seen = notices.view(notice, words, at, zone, public_url)
        with _named_faults():
            return Rendered(
                language=words.language,
                subject=lines.cut(self._render("notice.subject.j2", words, notice=seen), MAX_SUBJECT),
                html=self._render("notice.html.j2", words, notice=seen),
                text=_spaced(self._render("notice.txt.j2", words, notice=seen)),
            )

    def check(self) -> None:
        """Compiles every template of mails and reads every catalogue. Raises PolicywatchError: file and line."""
        for language in self.languages:
            self.catalogue(language)
        with _named_faults():
            for name in self._loader.list_templates():
                if name.endswith(".j2") and not name.startswith("web/"):
                    self._environment.get_template(name)

    def reader(self, page: ReaderPage, language: str) -> str:
        """The page on which a reader decides. Raises PolicywatchError that names the template and line at fault."""
        words = self.catalogue(language)
        with _named_faults():
            return self._render("web/reader.html.j2", words, page=page.in_words(words))

    def close(self) -> None:
        """Ends what was started for it; nothing here."""

    def _frame(self, seen: view.DigestView, words: Catalogue) -> str:
        return self._render(f"{seen.kind}.html.j2", words, digest=seen, body=Markup(_BODY))  # noqa: S704  # our own

    def _render(self, name: str, words: Catalogue, **context: Any) -> str:
        return self._environment.get_template(name).render(t=words.text, language=words.language, **context)

    def _nearest(self, language: str) -> str:
        known = {code.lower(): code for code in self.languages}
        wanted = language.lower()
        base = wanted.split("-")[0]
        related = sorted(code for code in known if code.split("-")[0] == base)
        for code in (wanted, base, *related):
            if code in known:
                return known[code]
        return FALLBACK


def _spaced(text: str) -> str:
    """The text with one blank line at most between two lines; templates leave more."""
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text.strip() + "\n"


@contextmanager
def _named_faults() -> Iterator[None]:
    """Turns what a template raises into a PolicywatchError that names its line."""
    try:
        yield
    except _IN_TEMPLATES as error:
        if isinstance(error, jinja2.TemplateSyntaxError):
            where = f"{error.filename or error.name}, line {error.lineno}"
        elif isinstance(error, jinja2.TemplateNotFound):
            raise errors.PolicywatchError(f"the template {error.name} is missing from the templates folder") from error
        else:
            frames = [frame for frame in traceback.extract_tb(error.__traceback__) if ".j2" in frame.filename]
            where = f"{frames[-1].filename}, line {frames[-1].lineno}" if frames else "a template"
        raise errors.PolicywatchError(f"{where}: {error}") from error

"""Writes styles into the tags of HTML templates when they are loaded, not into each mail.

Gmail, QQ and Outlook drop or cut style sheets, so that a mail must carry its styles on its tags. Inlining a finished
mail costs milliseconds for each one; a template's tags are the same in all of them. So the sheet is applied to each
start tag of the template once, by css-inline, and what the templates make is finished as it is.

The price: a rule of the inlined sheet may look at one tag only (`td`, `.note`, `td.note`), not at what surrounds it.
Classes stay on the tags, so that media queries, which no client inlines, can find them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import css_inline
import jinja2

if TYPE_CHECKING:
    from collections.abc import Callable

SHEET = "_parts/inline.css"
# Values and statements of the template may stand in a tag, but not in the attributes that are read here.
_JINJA = r"\{\{[^{}]*\}\}|\{%[^{}]*%\}"
_TAG = re.compile(rf"<([a-z][a-z0-9]*)((?:[^<>\"{{}}]|{_JINJA}|\"(?:[^\"{{}}]|{_JINJA})*\")*?)\s*(/?)>")
_ATTRIBUTE = re.compile(r"\s(class|style)=\"([^\"{}]*)\"")
_FILLED_STYLE = re.compile(rf"\sstyle=\"((?:[^\"{{}}]|{_JINJA})*)\"")
# Where the HTML parser lets these tags stand; elsewhere it drops them.
_AROUND = {
    "td": ("<table><tbody><tr>", "</tr></tbody></table>"),
    "th": ("<table><tbody><tr>", "</tr></tbody></table>"),
    "tr": ("<table><tbody>", "</tbody></table>"),
    "tbody": ("<table>", "</table>"),
    "body": ("", ""),
}
_NEVER = {"html", "head", "meta", "title", "style", "link", "script", "base"}
_STYLE = re.compile(r"\sstyle=\"([^\"]*)\"")


class InliningLoader(jinja2.BaseLoader):
    """Loads from another loader; templates under the names ending in `.html.j2` come with their styles inlined.

    Pages of the web site (`web/`) are left alone: they have a sheet of their own.
    """

    def __init__(self, loader: jinja2.BaseLoader) -> None:
        self._loader = loader

    def get_source(
        self, environment: jinja2.Environment, template: str
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        """The source of a template, on the same lines as in its file."""
        source, filename, is_current = self._loader.get_source(environment, template)
        if template.endswith(".html.j2") and not template.startswith("web/"):
            sheet, _, _ = self._loader.get_source(environment, SHEET)
            source = inlined(source, sheet)
        return source, filename, is_current

    def list_templates(self) -> list[str]:
        """Names of every file that the loader under it has."""
        return self._loader.list_templates()


def inlined(source: str, sheet: str) -> str:
    """The template with the declarations of the sheet on each start tag that a rule fits."""
    inliner = css_inline.CSSInliner(
        extra_css=re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL), load_remote_stylesheets=False
    )
    known: dict[tuple[str, str, str], str] = {}

    def with_style(tag: re.Match[str]) -> str:
        name, attributes, slash = tag.groups()
        if name in _NEVER:
            return tag[0]
        found = dict(_ATTRIBUTE.findall(attributes))
        key = name, found.get("class", ""), found.get("style", "")
        if key not in known:
            known[key] = _style(inliner, *key)
        if not known[key]:
            return tag[0]
        # A style of the tag's own that holds a value of the template stands last, and so counts.
        own = "" if "style" in found else "".join(f";{style}" for style in _FILLED_STYLE.findall(attributes))
        rest = _FILLED_STYLE.sub("", attributes)
        return f'<{name}{rest} style="{known[key]}{own}"{" /" if slash else ""}>'

    return _TAG.sub(with_style, source)


def _style(inliner: css_inline.CSSInliner, name: str, classes: str, style: str) -> str:
    before, after = _AROUND.get(name, ("", ""))
    own = f' style="{style}"' if style else ""
    html = inliner.inline(f'<html><body>{before}<{name} id="it" class="{classes}"{own}></{name}>{after}</body></html>')
    if name == "body":
        html = inliner.inline(f'<html><body id="it" class="{classes}"{own}></body></html>')
    tag = re.search(rf"<{name}\b[^>]*\bid=\"it\"[^>]*>", html)
    styled = _STYLE.search(tag[0]) if tag else None
    if styled is None:
        return ""
    declarations = (part.strip() for part in styled[1].replace("&quot;", "'").split(";"))
    return ";".join(re.sub(r"\s*:\s*", ":", part, count=1) for part in declarations if part)

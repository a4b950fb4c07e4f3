"""JSON that a web page carries in one of its scripts: the state from which its own script builds the page."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from selectolax.lexbor import LexborHTMLParser

from policywatch import errors
from policywatch.sources import strangers
from policywatch.text import decode

if TYPE_CHECKING:
    from policywatch.model import Page


def value_of(page: Page, name: str) -> Any:
    """The value that a script of the page assigns to a name, or that stands in the script of that id.

    Raises ParseError that says what came instead.
    """
    text = decode.decode(page.body, page.headers.get("content-type"))
    tree = LexborHTMLParser(text)
    written = [node.text(deep=True) for node in tree.css("script[id]") if node.attributes.get("id") == name]
    assigned = re.compile(rf"(?<![\w$]){re.escape(name)}\s*=(?!=)\s*(?P<parse>JSON\.parse\(\s*)?(?=[\[{{\"'])")
    for script in tree.css("script"):
        code = script.text(deep=True)
        for found in assigned.finditer(code):
            told = code[found.end() :]
            written.append(_literal(told) if found["parse"] else told)
    for one in written:
        for told in (one, _UNDEFINED.sub("null", one)):
            try:
                return json.JSONDecoder().raw_decode(told.lstrip())[0]
            except (ValueError, RecursionError):
                continue
    strangers.refuse(page.url, tree, text)
    what = "what is assigned to it is no JSON" if written else "no script of the page assigns to it or has it as its id"
    raise errors.ParseError(page.url, f"script: {name!r}: {what}", code="no_items")


_UNDEFINED = re.compile(r"(?<=[:\[,])\s*undefined(?=\s*[,}\]])")
_LITERAL = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'")


def _literal(code: str) -> str:
    """The text of the string literal that code begins with; empty for none."""
    found = _LITERAL.match(code)
    if found is None:
        return ""
    inside = found[0][1:-1]
    if found[0][0] == "'":
        # JSON knows neither this quote nor its escape.
        inside = re.sub(r"\\.|\"", lambda one: {"\\'": "'", '"': '\\"'}.get(one[0], one[0]), inside)
    try:
        return str(json.loads(f'"{inside}"'))
    except ValueError:
        return ""

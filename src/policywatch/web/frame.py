"""Mails as documents of their own, to be shown in a frame: they bring their styles, and nothing in them may act."""

from __future__ import annotations

from html import escape

from starlette.responses import HTMLResponse

POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"
"""Links open only where the document stands in a tab of its own: a sandbox opens none, and the page's frame nothing of
others."""
_SHEET = """
:root { color-scheme: light dark }
body { margin: 0; padding: 16px;
  font: 15px/1.65 "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", Arial, sans-serif;
  color: #28302c; background: #fff; overflow-wrap: anywhere }
h1 { font-size: 22px; line-height: 1.4; margin: 0 0 8px } h2 { font-size: 17px; margin: 26px 0 0; color: #0b5b4c }
h3 { font-size: 16px; margin: 16px 0 0 } h4 { font-size: 15px; margin: 10px 0 0 } p { margin: 6px 0 }
a { color: #0b5b4c }
@media (prefers-color-scheme: dark) { body { color: #d5dbd7; background: #1a201d } a, h2 { color: #80cdb8 } }
"""


def mail(html: str) -> HTMLResponse:
    """A mail as it is drawn, styles and all."""
    return _answer(html)


def fragment(html: str, title: str, language: str) -> HTMLResponse:
    """What is kept of a mail: clean markup without styles, in a plain sheet."""
    return _answer(
        f'<!doctype html><html lang="{escape(language)}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(title)}</title>'
        f"<style>{_SHEET}</style></head><body>{html}</body></html>"
    )


def _answer(html: str) -> HTMLResponse:
    return HTMLResponse(html, headers={"content-security-policy": POLICY, "cache-control": "no-store"})

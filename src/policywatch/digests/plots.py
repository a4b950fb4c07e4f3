"""Plots as SVG: readable on light and dark, without script or style, with words for who cannot see them.

Colours are `currentColor`, thinned by opacity; a page's stylesheet may say more by the classes. Each bar carries its
numbers as a title, which browsers show and screen readers read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from policywatch.digests.feeds.markup import escape

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH, HEIGHT = 640, 120
ROW = 64
"""The height of one list in a sheet of several."""
_FONT = 'font-family="sans-serif" font-size="11" fill="currentColor"'


@dataclass(frozen=True, slots=True)
class Bar:
    """A span of time: all of it, and the part of it that is drawn darker."""

    label: str
    """Under the axis, where there is room."""
    words: str
    """What the bar says, in a sentence."""
    whole: int
    part: int


@dataclass(frozen=True, slots=True)
class Plot:
    """Bars one beside the other."""

    title: str
    description: str
    bars: tuple[Bar, ...]


def bars(plot: Plot, name: str) -> str:
    """One plot as an SVG element of its own; `name` tells it from others of the same page."""
    inner = _bars(plot, top=8, height=HEIGHT - 30)
    return _svg(plot.title, plot.description, HEIGHT, inner, name)


def spark(plot: Plot, name: str) -> str:
    """The same in the height of a line, without numbers."""
    most = max((bar.whole for bar in plot.bars), default=0)
    step = 120 / max(1, len(plot.bars))
    drawn = [
        f'<rect x="{step * at:.1f}" y="{24 - height:.1f}" width="{max(1.0, step - 1):.1f}" height="{height:.1f}" '
        'fill="currentColor"/>'
        for at, bar in enumerate(plot.bars)
        if (height := _height(bar.whole, most, 22.0)) > 0
    ]
    base = '<path d="M0 23.5H120" stroke="currentColor" stroke-opacity=".3"/>'
    return (
        '<svg class="spark" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 24" width="120" height="24" role="img" '
        f'aria-labelledby="{_id(name)}-t"><title id="{_id(name)}-t">{escape(plot.description)}</title>{base}'
        f"{''.join(drawn)}</svg>"
    )


def sheet(title: str, plots: Sequence[Plot]) -> str:
    """Several plots one below the other, each under its name, as one file."""
    height = 30 + ROW * max(1, len(plots))
    inner = [f'<text x="0" y="16" {_FONT} font-weight="bold">{escape(title)}</text>']
    for at, plot in enumerate(plots):
        top = 30 + ROW * at
        inner.append(f"<g><title>{escape(plot.description)}</title>")
        inner.append(f'<text x="0" y="{top + 10}" {_FONT}>{escape(plot.title)}</text>')
        inner += [_bars(plot, top=top + 14, height=ROW - 32), "</g>"]
    description = "; ".join(f"{plot.title}: {plot.description}" for plot in plots)
    return _svg(title, description, height, "".join(inner), "sheet")


def _svg(title: str, description: str, height: int, inner: str, name: str) -> str:
    at = _id(name)
    return (
        f'<svg class="plot" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-labelledby="{at}-t {at}-d"><title id="{at}-t">{escape(title)}</title>'
        f'<desc id="{at}-d">{escape(description)}</desc>{inner}</svg>'
    )


def _bars(plot: Plot, *, top: int, height: int) -> str:
    left, width = 32, WIDTH - 32 - 16
    most = max((bar.whole for bar in plot.bars), default=0)
    bottom = top + height
    drawn = [
        f'<path class="axis" d="M{left} {bottom + 0.5}H{WIDTH}" stroke="currentColor" stroke-opacity=".35"/>',
        f'<text x="{left - 6}" y="{top + 9}" text-anchor="end" {_FONT}>{most}</text>',
    ]
    step = width / max(1, len(plot.bars))
    thickness = min(step * 0.72, 36)
    every = max(1, -(-len(plot.bars) * 46 // width))
    for at, bar in enumerate(plot.bars):
        x = left + step * at + (step - thickness) / 2
        whole, part = _height(bar.whole, most, height), _height(bar.part, most, height)
        drawn.append(
            f"<g><title>{escape(bar.words)}</title>"
            f'<rect class="whole" x="{x:.1f}" y="{bottom - whole:.1f}" width="{thickness:.1f}" height="{whole:.1f}" '
            'fill="currentColor" fill-opacity=".35"/>'
            f'<rect class="part" x="{x:.1f}" y="{bottom - part:.1f}" width="{thickness:.1f}" height="{part:.1f}" '
            'fill="currentColor"/></g>'
        )
        # From the newest backwards, so that the last one always has its label; every second one may be hidden.
        place, left_over = divmod(len(plot.bars) - 1 - at, every)
        if left_over == 0:
            kind = "tick minor" if place % 2 else "tick"
            middle = f'class="{kind}" x="{x + thickness / 2:.1f}" y="{bottom + 17}" text-anchor="middle"'
            drawn.append(f"<text {middle} {_FONT}>{escape(bar.label)}</text>")
    return "".join(drawn)


def _height(count: int, most: int, height: float) -> float:
    """At least a line that can be seen, where there is anything."""
    return max(1.5, height * count / most) if count and most else 0.0


def _id(name: str) -> str:
    return "p-" + "".join(letter if letter.isascii() and letter.isalnum() else f"-{ord(letter):x}" for letter in name)

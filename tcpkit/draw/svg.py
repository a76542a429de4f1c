"""Write SVG: a few shapes, each as a short line of text.

The same arguments give the same characters everywhere: numbers are rounded
to a tenth, and nothing depends on the fonts of the machine. Monospaced text
is given its length, so that bytes form columns in any typeface.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

MONO_WIDTH = 9.0  # px: one monospaced character of 15 px
SANS_WIDTH = 8.0  # px: ample for one sans-serif character of 15 px


def number(value: float) -> str:
    """Return a coordinate in as few characters as it needs.

    >>> number(12.0), number(0.25)
    ('12', '0.2')
    """
    return f"{round(value, 1):g}"


def mono(x: float, y: float, words: str, css: str = "ink", anchor: str = "start", char: float = MONO_WIDTH) -> str:
    """Return text as the machine writes it: one width for all characters."""
    length = f' textLength="{number(len(words) * char)}"'
    return _text(x, y, words, f"mono {css}", anchor, length)


def label(x: float, y: float, words: str, css: str = "soft", anchor: str = "start") -> str:
    """Return text as people write it: names and remarks."""
    return _text(x, y, words, css, anchor)


def _text(x: float, y: float, words: str, css: str, anchor: str, more: str = "") -> str:
    more += "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text class="{css}" x="{number(x)}" y="{number(y)}"{more}>{escape(words)}</text>'


def rect(x: float, y: float, width: float, height: float, css: str, radius: float = 0, more: str = "") -> str:
    """Return a rectangle, its corners rounded by `radius`."""
    corner = f' rx="{number(radius)}"' if radius else ""
    place = f'x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}"'
    return f'<rect class="{css}" {place}{corner}{more}/>'


def path(points: Iterable[tuple[float, float]], css: str, more: str = "", close: bool = False) -> str:
    """Return straight strokes from point to point."""
    steps = "L".join(f"{number(x)} {number(y)}" for x, y in points)
    return f'<path class="{css}" d="M{steps}{"Z" if close else ""}"{more}/>'

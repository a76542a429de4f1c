"""Write SVG: a handful of shapes, each as a short line of text.

The same arguments give the same characters everywhere: numbers are rounded
to a tenth, and nothing depends on the fonts of the machine. Monospaced text
is given its length, so that bytes stand in columns in any typeface.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from tcpkit.draw.palette import stylesheet

CHAR = 9.0  # width of one monospaced character at 15 px, in px
LETTER = 8.0  # ample width of one sans-serif letter at 15 px


def number(value: float) -> str:
    """Return a coordinate in as few characters as it needs.

    >>> number(12.0), number(0.25)
    ('12', '0.2')
    """
    return f"{round(value, 1):g}"


def mono(x: float, y: float, words: str, css: str = "ink", anchor: str = "start", char: float = CHAR) -> str:
    """Return text as the machine writes it: one width for all characters."""
    length = number(len(words) * char)
    place = f'x="{number(x)}" y="{number(y)}" textLength="{length}"'
    return f'<text class="mono {css}" {place}{_anchor(anchor)}>{escape(words)}</text>'


def label(x: float, y: float, words: str, css: str = "soft", anchor: str = "start") -> str:
    """Return text as we write it: names and remarks."""
    return f'<text class="{css}" x="{number(x)}" y="{number(y)}"{_anchor(anchor)}>{escape(words)}</text>'


def _anchor(anchor: str) -> str:
    return "" if anchor == "start" else f' text-anchor="{anchor}"'


def rect(x: float, y: float, width: float, height: float, css: str, radius: float = 0, more: str = "") -> str:
    """Return a rectangle, its corners rounded by `radius`."""
    corner = f' rx="{number(radius)}"' if radius else ""
    place = f'x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}"'
    return f'<rect class="{css}" {place}{corner}{more}/>'


def path(points: Iterable[tuple[float, float]], css: str, more: str = "", close: bool = False) -> str:
    """Return straight strokes from point to point."""
    steps = "L".join(f"{number(x)} {number(y)}" for x, y in points)
    return f'<path class="{css}" d="M{steps}{"Z" if close else ""}"{more}/>'


def bent(points: Iterable[tuple[float, float]], css: str, radius: float, more: str = "") -> str:
    """Return strokes across and down the paper, their bends rounded."""
    corners = list(points)
    steps = [f"M{_pair(corners[0])}"]
    for before, here, after in zip(corners, corners[1:], corners[2:], strict=False):
        near, far = _toward(here, before, radius), _toward(here, after, radius)
        steps.append(f"L{_pair(near)}Q{_pair(here)} {_pair(far)}")
    steps.append(f"L{_pair(corners[-1])}")
    return f'<path class="{css}" d="{"".join(steps)}"{more}/>'


def _pair(point: tuple[float, float]) -> str:
    return f"{number(point[0])} {number(point[1])}"


def _toward(point: tuple[float, float], other: tuple[float, float], most: float) -> tuple[float, float]:
    """Return the place so far from a point toward another, at most half the way."""
    (x, y), (away_x, away_y) = point, (other[0] - point[0], other[1] - point[1])
    length = abs(away_x) + abs(away_y)
    share = min(most, length / 2) / length if length else 0
    return x + away_x * share, y + away_y * share


def group(css: str, body: Iterable[str]) -> str:
    """Return shapes that are shown or hidden together."""
    return f'<g class="{css}">{"".join(body)}</g>'


def document(width: float, height: float, title: str, alt: str, body: Iterable[str], style: str = "") -> str:
    """Return a whole picture on its own paper."""
    size = f'width="{number(width)}" height="{number(height)}" viewBox="0 0 {number(width)} {number(height)}"'
    head = f"<title>{escape(title)}</title><desc>{escape(alt)}</desc><style>{stylesheet()}{style}</style>"
    paper = rect(0, 0, width, height, "ground", radius=6)
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">{head}{paper}{"".join(body)}</svg>'

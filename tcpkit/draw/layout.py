"""What pictures share: boxes, arrows, rows, labels, the legend, and the frame around them.

Shapes are lists of SVG elements, as `svg` writes them. A function for a new
picture collects such lists and hands them to `frame`, with an alt text and
the same picture in characters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from math import hypot, inf
from textwrap import wrap
from typing import NamedTuple, TypeVar

from tcpkit.draw.palette import stylesheet
from tcpkit.draw.picture import Picture
from tcpkit.draw.svg import SANS_WIDTH, label, mono, number, path, rect

Item = TypeVar("Item")
Point = tuple[float, float]
Sign = Callable[[float, float], list[str]]  # draws from a left and a top, at most SIGN wide and high

THICK = ' stroke-width="2"'
DASHED = ' stroke-dasharray="3 3"'
DOTTED = ' stroke-dasharray="1 5" stroke-linecap="round" stroke-width="2"'
BASELINE = 5  # px from the middle of a line of text down to its baseline
HEAD, HALF = 9, 4  # length of an arrow's head, and half its width, in px
SIGN = 19  # px, a side of a legend's sign
LEGEND_GAP = 9  # px between two rows of the legend
LINE = 18  # px from one line of text to the next


@dataclass(frozen=True)
class Box:
    """A rectangle on the paper, in px."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def bottom(self) -> float:
        return self.top + self.height

    @property
    def centre(self) -> Point:
        return self.left + self.width / 2, self.top + self.height / 2

    def row(self, number: int, height: float) -> Box:
        """Return one of the rows into which a box is divided, counted from 0."""
        return Box(self.left, self.top + number * height, self.width, height)

    def border(self, inside: Point, outside: Point) -> Point:
        """Return where the stroke between two points crosses the border."""
        (x, y), (across, down) = inside, (outside[0] - inside[0], outside[1] - inside[1])
        share_x = ((self.right if across > 0 else self.left) - x) / across if across else inf
        share_y = ((self.bottom if down > 0 else self.top) - y) / down if down else inf
        share = min(share_x, share_y)
        return x + across * share, y + down * share

    def drawn(self, css: str, radius: float = 0, more: str = "") -> str:
        """Return the rectangle."""
        return rect(self.left, self.top, self.width, self.height, css, radius, more)

    def entry(self, words: str, css: str, value: str = "", pad: float = 12) -> list[str]:
        """Return words at the left and a value at the right, halfway down."""
        y = self.centre[1] + BASELINE
        marks = [label(self.left + pad, y, words, css)]
        return [*marks, mono(self.right - pad, y, value, css, "end")] if value else marks

    def title(self, words: str, css: str = "ink") -> str:
        """Return words in the middle, in monospaced type."""
        x, y = self.centre
        return mono(x, y + BASELINE, words, css, "middle")


class Meaning(NamedTuple):
    """A sign of the legend, and what it means."""

    sign: Sign
    words: str
    css: str = "soft"


def rows(items: Iterable[Item], top: float, pitch: float) -> Iterator[tuple[float, Item]]:
    """Yield each item with the top of its row."""
    for at, item in enumerate(items):
        yield top + pitch * at, item


def arrow(points: Sequence[Point], tone: str = "ink", more: str = "") -> list[str]:
    """Return straight strokes from point to point, with a head at the last."""
    (x1, y1), (x2, y2) = points[-2:]
    length = hypot(x2 - x1, y2 - y1)
    ahead_x, ahead_y = (x2 - x1) / length, (y2 - y1) / length
    corners = [(x2 - HEAD * ahead_x + side * ahead_y, y2 - HEAD * ahead_y - side * ahead_x) for side in (HALF, -HALF)]
    inside_head = (x2 - HALF * ahead_x, y2 - HALF * ahead_y)  # a stroke to the tip would make it blunt
    line = "line" if tone == "ink" else f"{tone}-line"
    return [path([*points[:-1], inside_head], line, more), path([(x2, y2), *corners], tone, close=True)]


def legend(meanings: Iterable[Meaning], left: float, top: float, right: float) -> tuple[list[str], float]:
    """Return the signs with their words, row by row, and where the last row ends."""
    marks: list[str] = []
    x, y, bottom = left, top, top + SIGN
    for sign, words, css in meanings:
        lines = wrap(words, int((right - left - SIGN - 6) / SANS_WIDTH))
        width = SIGN + 6 + max(map(len, lines)) * SANS_WIDTH
        if x > left and x + width > right:
            x, y = left, bottom + LEGEND_GAP
        marks += sign(x, y)
        marks += [label(x + SIGN + 6, at + 15, line, css) for at, line in rows(lines, y, LINE)]
        bottom = max(bottom, y + SIGN + LINE * (len(lines) - 1))
        x += width + 16
    return marks, bottom


class Place(NamedTuple):
    """Where a label is, and the stroke that leads from it to its part."""

    left: float
    right: float
    stroke: float


def label_rows(places: Sequence[Place], space: float) -> list[list[int]]:
    """Return which labels share a row, the row nearest to the parts first.

    The strokes of labels further out pass through a row, so a label's place
    there must be clear of them.

    >>> label_rows([Place(0, 100, 0), Place(50, 70, 50), Place(90, 120, 90)], 10)
    [[2, 1], [0]]
    """
    waiting = sorted(range(len(places)), key=lambda at: -places[at].left)
    found = []
    while waiting:
        row: list[int] = []
        for at in waiting:
            left, right = places[at].left, places[at].right + space
            passing = [places[other].stroke for other in waiting if other != at and other not in row]
            is_crossed = any(left <= stroke < right for stroke in passing)
            # From right to left: those in the row already begin further right.
            if not is_crossed and all(right <= places[other].left for other in row):
                row.append(at)
        row = row or waiting[:1]  # of two labels that cross each other's stroke, one is placed all the same
        found.append(row)
        waiting = [at for at in waiting if at not in row]
    return found


def frame(title: str, alt: str, text: str, size: Point, shapes: Iterable[str], style: str = "") -> Picture:
    """Return a picture: shapes on paper of this width and height, and its words."""
    width, height = map(number, size)
    place = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    head = f"<title>{escape(title)}</title><desc>{escape(alt)}</desc><style>{stylesheet()}{style}</style>"
    paper = rect(0, 0, *size, "ground", radius=6)
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" {place} role="img">{head}{paper}{"".join(shapes)}</svg>'
    return Picture(svg, alt, text)


# In characters.


def put(line: str, *placed: tuple[int, str]) -> str:
    """Return a line with words at these columns, over what is there.

    >>> put("|   |", (1, "<-"), (6, "there"))
    '|<- | there'
    """
    for column, words in placed:
        line = line.ljust(column)[:column] + words + line[column + len(words) :]
    return line


def count(number: int, noun: str) -> str:
    """Return a number with its noun.

    >>> count(1, "byte"), count(2, "byte")
    ('1 byte', '2 bytes')
    """
    return f"{number} {noun}{'' if number == 1 else 's'}"

"""The hex dump: sixteen bytes a row, as tcpdump prints them, in colours.

A label over the first byte of each part names it. One byte, a few, or half a
byte may be lit. Bytes that the kernel picks are hidden as dots, so that the
picture is the same on every run.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from tcpkit.draw.layout import Place, frame, label_rows, put
from tcpkit.draw.picture import Picture
from tcpkit.draw.svg import MONO_WIDTH, SANS_WIDTH, label, mono, path, rect

ROW = 16  # bytes
HEX = 39  # characters of a row in hex: sixteen pairs, a space after every second
KERNEL_PICKS = (range(4, 6), range(10, 12))  # of an IPv4 packet: identification, header checksum
MARGIN = 16
PITCH = 28  # px from row to row
ABOVE = 27  # px, a row of labels over a row of bytes
DEFAULT_TONES = ("kernel", "you", "also")
# An image's own width decides: below it the ASCII column goes, and the digits grow.
STYLE = (
    ".narrow{display:none}.narrow text{font-size:22px}"
    "@media (max-width:480px){.wide{display:none}.narrow{display:inline}}"
)


class Cell(NamedTuple):
    """A character of a row, and its column, counted from the row's first digit."""

    column: int
    character: str
    tone: str


@dataclass(frozen=True)
class Part:
    """A run of bytes, what to call it, and its tone."""

    start: int
    stop: int
    words: str
    tone: str


@dataclass(frozen=True)
class Dump:
    """Bytes, and what is to be seen in them."""

    data: bytes
    digits: str  # in hex, dots for those that are hidden
    parts: tuple[Part, ...]
    lit: tuple[int, ...]  # digits, counted from 0: two for each byte

    def rows(self) -> list[range]:
        """Return the bytes of each row, as numbers."""
        return [range(at, min(at + ROW, len(self.data))) for at in range(0, len(self.data), ROW)]

    def tone(self, *digits: int) -> str:
        """Return the tone of one digit, or of a whole byte's two."""
        if set(digits) <= set(self.lit):
            return "lit"
        return next((part.tone for part in self.parts if part.start <= digits[0] // 2 < part.stop), "ink")

    def hex(self, row: range) -> list[Cell]:
        """Return the hex digits of a row."""
        return [Cell(_column(at), self.digits[at], self.tone(at)) for at in range(2 * row.start, 2 * row.stop)]

    def ascii(self, row: range) -> list[Cell]:
        """Return a row's bytes as tcpdump's right-hand column has them."""
        found = []
        for column, at in enumerate(row, HEX + 2):
            is_shown = 0x20 < self.data[at] < 0x7F and self.digits[2 * at] != "."
            found.append(Cell(column, chr(self.data[at]) if is_shown else ".", self.tone(2 * at, 2 * at + 1)))
        return found


def dump(
    data: bytes,
    parts: Sequence[tuple[int, str] | tuple[int, str, str]] = (),
    *,
    lit: int | range | None = None,
    nibble: str | None = None,
    hidden: Collection[range] = (),
) -> Picture:
    """Draw bytes as a hex dump.

    `parts` come one after the other, (length, label) or (length, label,
    tone): "kernel", "you" and "also" in this order unless told. `lit` is a
    byte's number or a range; with `nibble`, "high" or "low", half of it.
    `hidden` ranges show as dots; `KERNEL_PICKS` are those of an IP header.
    """
    data = bytes(data)
    digits = "".join(".." if any(at in span for span in hidden) else f"{byte:02x}" for at, byte in enumerate(data))
    seen = Dump(data, digits, _parts(parts, len(data)), _lit(lit, nibble, len(data)))
    title, notes = f"Hex dump of {len(data)} bytes", _notes(seen)
    alt = f"{title}{': ' if notes else ''}{'; '.join(' '.join(note.split()) for note in notes)}."
    drawn = [_drawn(seen, setting) for setting in (WIDE, NARROW)]
    size = WIDTH, max(height for _, height in drawn)
    return frame(title, alt, _text(seen, notes), size, [shapes for shapes, _ in drawn], STYLE)


def _parts(parts: Sequence[tuple[int, str] | tuple[int, str, str]], size: int) -> tuple[Part, ...]:
    """Return the parts, cut where the bytes end."""
    found = []
    start = 0
    for number, (length, words, *tone) in enumerate(parts):
        stop = min(start + length, size)
        if start < stop:
            found.append(Part(start, stop, words, tone[0] if tone else DEFAULT_TONES[number % len(DEFAULT_TONES)]))
        start = stop
    return tuple(found)


def _lit(lit: int | range | None, nibble: str | None, size: int) -> tuple[int, ...]:
    """Return the digits that are lit, as far as there are bytes."""
    if lit is None:
        return ()
    halves = {"high": (0,), "low": (1,), None: (0, 1)}
    if nibble not in halves:
        raise ValueError(f"nibble is {nibble!r}: a byte has a high one and a low one")
    span = range(lit, lit + 1) if isinstance(lit, int) else lit
    return tuple(sorted(2 * at + half for at in span for half in halves[nibble] if at < size))


def _notes(seen: Dump) -> list[str]:
    """Return a line for each part, and one for what is lit."""
    spans = [(_span(part.start, part.stop), part.words) for part in seen.parts]
    if seen.lit:
        half = ("", ", high nibble", ", low nibble")[1 + seen.lit[0] % 2 if len(seen.lit) == 1 else 0]
        span = _span(seen.lit[0] // 2, seen.lit[-1] // 2 + 1)
        spans.append((f"{span}{half}", f"lit: {''.join(seen.digits[at] for at in seen.lit)}"))
    width = max((len(span) for span, _ in spans), default=0)
    return [f"{span:{width}}  {words}" for span, words in spans]


def _span(start: int, stop: int) -> str:
    return f"byte {start}" if stop - start == 1 else f"bytes {start} to {stop - 1}"


def _column(digit: int) -> int:
    """Return a digit's column, counted from the row's first."""
    in_row = digit % (2 * ROW)
    return in_row + in_row // 4


def _text(seen: Dump, notes: list[str]) -> str:
    lines = []
    for row in seen.rows():
        lines.append(f"0x{row.start:04x}:  {_line(seen.hex(row) + seen.ascii(row))}")
        if marks := _line(cell._replace(character="^") for cell in seen.hex(row) if cell.tone == "lit"):
            lines.append(" " * 9 + marks)
    return "\n".join(lines + notes)


def _line(cells: Iterable[Cell], first: int = 0) -> str:
    """Return characters in their columns, counted from the first."""
    return put("", *((cell.column - first, cell.character) for cell in cells))


# In SVG.


@dataclass(frozen=True)
class Setting:
    """How the rows are set: for a page, or for a narrow screen."""

    css: str
    char: float  # px, width of a character
    offset: str  # format of a row's number
    has_ascii: bool

    def x(self, column: int) -> float:
        """Return where a column begins."""
        return MARGIN + (len(self.offset.format(0)) + 2 + column) * self.char


WIDTH = 2 * MARGIN + (8 + HEX + 2 + ROW) * MONO_WIDTH
WIDE = Setting("wide", MONO_WIDTH, "0x{:04x}", True)
NARROW = Setting("narrow", (WIDTH - 2 * MARGIN) / (6 + HEX), "{:04x}", False)


def _drawn(seen: Dump, setting: Setting) -> tuple[str, float]:
    """Return the whole dump in this setting, and its height."""
    y: float = MARGIN
    shapes: list[str] = []
    for row in seen.rows():
        parts = [part for part in seen.parts if part.start in row and part.words]
        places = [_place(part, setting) for part in parts]
        lines = label_rows(places, 12 * setting.char / MONO_WIDTH)
        y += PITCH + ABOVE * len(lines)
        shapes += _backgrounds(seen, setting, row, y)
        for number, line in enumerate(lines, 1):
            shapes += [mark for at in line for mark in _label(places[at], parts[at], y - ABOVE * number, y)]
        shapes.append(mono(MARGIN, y, setting.offset.format(row.start), "soft", char=setting.char))
        for cells in (seen.hex(row), seen.ascii(row) if setting.has_ascii else []):
            for tone, run in groupby(cells, lambda cell: cell.tone):
                run = list(run)
                first = run[0].column
                shapes.append(mono(setting.x(first), y, _line(run, first), tone, char=setting.char))
    return f'<g class="{setting.css}">{"".join(shapes)}</g>', y + 10 + MARGIN


def _backgrounds(seen: Dump, setting: Setting, row: range, y: float) -> list[str]:
    """Return what lies behind the digits: washes, and the frame of what is lit."""
    marks = []
    for part in seen.parts:
        start, stop = max(part.start, row.start), min(part.stop, row.stop)
        if start < stop:
            marks.append(_behind(setting, 2 * start, 2 * stop - 1, y, f"{part.tone}-wash"))
    lit = [digit for digit in seen.lit if digit // 2 in row]
    return [*marks, _behind(setting, lit[0], lit[-1], y, "lit-frame")] if lit else marks


def _behind(setting: Setting, first: int, last: int, y: float, css: str) -> str:
    # Half a byte has a neighbour one pixel away; a whole one has a space.
    left = setting.x(_column(first)) - (0.5 if first % 2 else 3)
    right = setting.x(_column(last) + 1) + (3 if last % 2 else 0.5)
    return rect(left, y - PITCH + 9, right - left, PITCH - 2, css, radius=2)


def _place(part: Part, setting: Setting) -> Place:
    """Return a label's place: right of its stroke, or left of it at a row's end."""
    stroke = setting.x(_column(2 * part.start)) - 3
    width = 6 + len(part.words) * SANS_WIDTH * setting.char / MONO_WIDTH
    left = stroke if stroke + width <= WIDTH - MARGIN else max(MARGIN, stroke - width)
    return Place(left, left + width, stroke)


def _label(place: Place, part: Part, y: float, row_y: float) -> list[str]:
    """Return a label's words, and the stroke down to its part."""
    stroke = path([(place.stroke, y - 12), (place.stroke, row_y - PITCH + 9)], f"{part.tone}-line")
    x, anchor = (place.left + 6, "start") if place.left == place.stroke else (place.right - 6, "end")
    return [stroke, label(x, y, part.words, part.tone, anchor)]

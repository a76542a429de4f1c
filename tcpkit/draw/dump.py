"""The hex dump: sixteen bytes a row, as tcpdump prints them, in colours.

A label stands over the first byte of each part. One byte, a few, or half a
byte may be lit. Bytes that the kernel picks are hidden as dots, so that the
picture is the same on every run.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from tcpkit.draw.picture import Picture
from tcpkit.draw.stack import Place, stack
from tcpkit.draw.svg import CHAR, LETTER, document, group, label, mono, path, rect

ROW = 16  # bytes
HEX = 39  # characters of a row in hex: sixteen pairs, a space after every second
KERNEL_PICKS = (range(4, 6), range(10, 12))  # of an IPv4 packet: identification, header checksum
MARGIN = 16
PITCH = 28  # from row to row, in px
ABOVE = 27  # one line of labels over a row, in px
DEFAULT_TONES = ("kernel", "you", "also")
# An image's own width decides: below it the ASCII column goes, and the digits grow.
STYLE = (
    ".narrow{display:none}.narrow text{font-size:22px}"
    "@media (max-width:480px){.wide{display:none}.narrow{display:inline}}"
)


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
    parts: tuple[Part, ...]
    lit: frozenset[int]  # hex digits, counted from 0: two for each byte
    hidden: frozenset[int]  # bytes

    def digits(self, at: int) -> str:
        """Return a byte as two hex digits, or two dots."""
        return ".." if at in self.hidden else f"{self.data[at]:02x}"

    def letter(self, at: int) -> str:
        """Return a byte as tcpdump's right-hand column has it."""
        byte = self.data[at]
        return chr(byte) if 0x20 < byte < 0x7F and at not in self.hidden else "."

    def tone(self, digit: int) -> str:
        """Return the tone of one hex digit."""
        return "lit" if digit in self.lit else self.part_tone(digit // 2)

    def letter_tone(self, at: int) -> str:
        """Return the tone of a byte's letter: lit only with the whole byte."""
        return "lit" if {2 * at, 2 * at + 1} <= self.lit else self.part_tone(at)

    def part_tone(self, at: int) -> str:
        """Return the tone of the part that a byte belongs to."""
        return next((part.tone for part in self.parts if part.start <= at < part.stop), "ink")

    def rows(self) -> Iterator[range]:
        """Yield the bytes of each row, as numbers."""
        for start in range(0, len(self.data), ROW):
            yield range(start, min(start + ROW, len(self.data)))


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
    seen = Dump(data, _parts(parts, len(data)), _lit(lit, nibble), frozenset(at for span in hidden for at in span))
    alt = _alt(seen)
    return Picture(_svg(seen, alt), alt, _text(seen))


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


def _lit(lit: int | range | None, nibble: str | None) -> frozenset[int]:
    if lit is None:
        return frozenset()
    if nibble not in (None, "high", "low"):
        raise ValueError(f"nibble is {nibble!r}: a byte has a high one and a low one")
    span = range(lit, lit + 1) if isinstance(lit, int) else lit
    halves = {"high": (0,), "low": (1,), None: (0, 1)}[nibble]
    return frozenset(2 * at + half for at in span for half in halves)


def _span(start: int, stop: int) -> str:
    return f"byte {start}" if stop - start == 1 else f"bytes {start} to {stop - 1}"


def _notes(seen: Dump) -> list[str]:
    """Return a line for each part, and one for what is lit."""
    spans = [(_span(part.start, part.stop), part.words) for part in seen.parts]
    lit = sorted(digit for digit in seen.lit if digit // 2 < len(seen.data))
    if lit:
        half = {0: ", high nibble", 1: ", low nibble"}[lit[0] % 2] if len(lit) == 1 else ""
        shown = "".join(seen.digits(digit // 2)[digit % 2] for digit in lit)
        spans.append((f"{_span(lit[0] // 2, lit[-1] // 2 + 1)}{half}", f"lit: {shown}"))
    width = max((len(span) for span, _ in spans), default=0)
    return [f"{span.ljust(width)}  {words}" for span, words in spans]


def _alt(seen: Dump) -> str:
    notes = "; ".join(" ".join(note.split()) for note in _notes(seen))
    return f"Hex dump of {len(seen.data)} bytes{': ' if notes else ''}{notes}."


def _column(at: int) -> int:
    """Return a byte's first column, counted from the row's first digit."""
    return 2 * (at % ROW) + at % ROW // 2


# In text.


def _text(seen: Dump) -> str:
    lines = []
    for row in seen.rows():
        digits = _spread({_column(at) + half: seen.digits(at)[half] for at in row for half in (0, 1)})
        letters = "".join(seen.letter(at) for at in row)
        lines.append(f"0x{row.start:04x}:  {digits.ljust(HEX)}  {letters}")
        marks = _spread({_column(at) + half: "^" for at in row for half in (0, 1) if 2 * at + half in seen.lit})
        if marks:
            lines.append(" " * 9 + marks)
    return "\n".join(lines + _notes(seen))


def _spread(characters: dict[int, str]) -> str:
    """Return characters in their columns, with spaces between."""
    return "".join(characters.get(column, " ") for column in range(max(characters, default=-1) + 1))


# In SVG.


@dataclass(frozen=True)
class Setting:
    """How the rows are set: for a page, or for a narrow screen."""

    css: str
    char: float  # width of a character, in px
    offset: str  # format of a row's number
    has_letters: bool

    @property
    def left(self) -> float:
        """Return where the first digit stands."""
        return MARGIN + (len(self.offset.format(0)) + 2) * self.char

    def x(self, at: int, half: int = 0) -> float:
        """Return where a hex digit stands."""
        return self.left + (_column(at) + half) * self.char


WIDTH = 2 * MARGIN + (8 + HEX + 2 + ROW) * CHAR
WIDE = Setting("wide", CHAR, "0x{:04x}", True)
NARROW = Setting("narrow", (WIDTH - 2 * MARGIN) / (6 + HEX), "{:04x}", False)


def _svg(seen: Dump, alt: str) -> str:
    settings = [_group(seen, setting) for setting in (WIDE, NARROW)]
    height = max(height for _, height in settings)
    return document(WIDTH, height, f"Hex dump of {len(seen.data)} bytes", alt, [body for body, _ in settings], STYLE)


def _group(seen: Dump, setting: Setting) -> tuple[str, float]:
    y: float = MARGIN
    body: list[str] = []
    for row in seen.rows():
        labels = _labels(seen, setting, row)
        y += PITCH + ABOVE * len(labels)
        body += _washes(seen, setting, row, y)
        for line, marks in enumerate(labels):
            body += _label_line(marks, y - ABOVE * (line + 1), y)
        body += _row(seen, setting, row, y)
    return group(setting.css, body), y + 10 + MARGIN


def _row(seen: Dump, setting: Setting, row: range, y: float) -> list[str]:
    """Return one row's offset, digits and letters."""
    marks = [mono(MARGIN, y, setting.offset.format(row.start), "soft", char=setting.char)]
    digits = [2 * at + half for at in row for half in (0, 1)]
    for tone, run in groupby(digits, seen.tone):
        run = list(run)
        first = _column(run[0] // 2) + run[0] % 2
        words = _spread({_column(d // 2) + d % 2 - first: seen.digits(d // 2)[d % 2] for d in run})
        marks.append(mono(setting.x(run[0] // 2, run[0] % 2), y, words, tone, char=setting.char))
    if setting.has_letters:
        after = setting.left + (HEX + 2) * setting.char
        for tone, run in groupby(row, seen.letter_tone):
            run = list(run)
            words = "".join(map(seen.letter, run))
            marks.append(mono(after + run[0] % ROW * setting.char, y, words, tone, char=setting.char))
    return marks


def _washes(seen: Dump, setting: Setting, row: range, y: float) -> list[str]:
    """Return what lies behind the digits: washes, and the lit frame."""
    marks = []
    for part in seen.parts:
        start, stop = max(part.start, row.start), min(part.stop, row.stop)
        if start < stop:
            marks.append(_behind(setting, 2 * start, 2 * stop - 1, y, f"{part.tone}-wash"))
    lit = sorted(digit for digit in seen.lit if digit // 2 in row)
    if lit:
        marks.append(_behind(setting, lit[0], lit[-1], y, "lit-frame"))
    return marks


def _behind(setting: Setting, first: int, last: int, y: float, css: str) -> str:
    # Half a byte has a neighbour one pixel away; a whole one has a space.
    left = setting.x(first // 2, first % 2) - (0.5 if first % 2 else 3)
    right = setting.x(last // 2, last % 2) + setting.char + (3 if last % 2 else 0.5)
    return rect(left, y - PITCH + 9, right - left, PITCH - 2, css, radius=2)


def _labels(seen: Dump, setting: Setting, row: range) -> list[list[tuple[Place, Part]]]:
    """Return the labels over a row, in lines from the lowest up."""
    parts = [part for part in seen.parts if part.start in row and part.words]
    places = [_place(part, setting) for part in parts]
    lines = stack(places, 12 * setting.char / CHAR)
    return [[(places[number], parts[number]) for number in line] for line in lines]


def _place(part: Part, setting: Setting) -> Place:
    """Return a label's room: right of its stroke, or left at a row's end."""
    stroke = setting.x(part.start) - 3
    width = 6 + len(part.words) * LETTER * setting.char / CHAR
    left = stroke if stroke + width <= WIDTH - MARGIN else max(MARGIN, stroke - width)
    return Place(left, left + width, stroke)


def _label_line(marks: list[tuple[Place, Part]], y: float, row_y: float) -> list[str]:
    shapes = []
    for place, part in marks:
        shapes.append(path([(place.stroke, y - 12), (place.stroke, row_y - PITCH + 9)], f"{part.tone}-line"))
        if place.left == place.stroke:
            shapes.append(label(place.left + 6, y, part.words, part.tone))
        else:
            shapes.append(label(place.right - 6, y, part.words, part.tone, "end"))
    return shapes

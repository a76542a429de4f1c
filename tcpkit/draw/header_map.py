"""The header map: the RFC's figure of the TCP header, with values in it.

Thirty-two bits a row under a ruler of bits, the number of each row's first
byte at its left, the flags bit by bit.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import groupby

from tcpkit.draw.header_fields import FIXED, FLAGS, ROW, Field, blank_fields, read_fields
from tcpkit.draw.layout import DASHED, LINE, Box, frame, put, rows
from tcpkit.draw.picture import Picture
from tcpkit.draw.svg import MONO_WIDTH, label, mono
from tcpkit.wire import Segment, TCPHeader

NAMES = (*(name for name, _, _ in FIXED), "flags", "options")
TALL = 3  # the row whose names are written downwards
MARGIN = 9
LEFT = 36  # the bytes' numbers are at its left
TOP = 56  # below the ruler
BIT = 13  # px, width of one bit
WIDTH = LEFT + ROW * BIT + MARGIN


def header_map(header: bytes | TCPHeader | Segment | None = None, lit: str | Collection[str] | None = None) -> Picture:
    """Draw the RFC's figure of a TCP header, with this header's values.

    Any header will do, nonsense and too few bytes included: a field that the
    bytes do not reach is shown as missing. Without a header the figure is
    blank. `lit` names one field or several:
    "data_offset", "checksum", "SYN", "flags", "options" and so on.
    """
    fields = blank_fields() if header is None else read_fields(header)
    names = _lit_names(lit)
    shapes = _ruler()
    frames = []
    y: float = TOP
    for row, cells in groupby(fields, lambda field: field.start // ROW):
        height = 84 if row == TALL else 52
        shapes.append(mono(LEFT - 9, y + 20, str(4 * row), "soft", "end"))
        for field in cells:
            # Frames come last, or the neighbours' edges would cut into them.
            (frames if field.name in names else shapes).extend(_cell(field, y, height, field.name in names))
        y += height
    lit_fields = ", ".join(_said(field) for field in fields if field.name in names)
    lit_words = f"lit: {lit_fields}" if lit_fields else ""
    return frame("TCP header", _alt(fields, lit_words), _text(fields, lit_words), (WIDTH, y + MARGIN), shapes + frames)


def _lit_names(lit: str | Collection[str] | None) -> frozenset[str]:
    names = {lit} if isinstance(lit, str) else set(lit or ())
    unknown = sorted(names - set(NAMES))
    if unknown:
        raise ValueError(f"no field {unknown[0]!r} in a TCP header; its fields are {', '.join(NAMES)}")
    return frozenset(names | (set(FLAGS) if "flags" in names else set()))


def _said(field: Field) -> str:
    """Return name and value in one line."""
    return " ".join(filter(None, (field.words, field.decimal or field.hex)))


def _alt(fields: Sequence[Field], lit_words: str) -> str:
    """Return the header in one sentence."""
    flags = [field for field in fields if field.name in FLAGS]
    if flags[0].value is None:
        is_set = [", ".join(FLAGS) if flags[0].is_blank else "missing"]
    else:
        is_set = [field.name for field in flags if field.value] or ["none"]
    said = [_said(field) for field in fields if field.name not in (*FLAGS, "reserved") and field.words]
    said.insert(5, f"flags {' '.join(is_set)}")
    return "; ".join(filter(None, (f"TCP header: {', '.join(said)}", lit_words))) + "."


def _text(fields: Sequence[Field], lit_words: str) -> str:
    edge = "+-" * ROW + "+"
    tens = put("", *((1 + 2 * bit, str(bit // 10)) for bit in range(0, ROW, 10)))
    lines = [tens, "".join(f" {bit % 10}" for bit in range(ROW)), edge]
    for row, cells in groupby(fields, lambda field: field.start // ROW):
        cells = list(cells)
        columns = [_text_cell(field, 4 if row == TALL else 1) for field in cells]
        lines += ["|" + "|".join(parts) + "|" for parts in zip(*columns, strict=True)]
        lines.append(edge[: 2 * sum(field.width for field in cells) + 1])
    return "\n".join([*lines, lit_words] if lit_words else lines)


def _text_cell(field: Field, height: int) -> list[str]:
    """Return a field's lines, all as wide as its bits."""
    width = 2 * field.width - 1
    if field.width > 4:
        value = " = ".join(filter(None, (field.decimal, field.hex)))
        words = f"{field.words} {value}".strip()
        lines = [""] * ((height - 1) // 2) + [words if len(words) <= width else field.words] + [""] * (height // 2)
    else:
        first, second, third, *_ = [*_down(field), "", ""]
        lines = [first, second, field.decimal if _has_number(field) else third, " ".join(field.bits)]
    return [line.center(width) for line in lines]


def _down(field: Field) -> list[str]:
    """Return a narrow field's name in lines of at most seven letters."""
    return list(field.words) if field.width == 1 else field.words.replace("reserved", "re- served").split()


def _has_number(field: Field) -> bool:
    """Say whether a narrow field's value is more than its bits."""
    return field.name == "data_offset" and not field.is_missing


# In SVG.


def _ruler() -> list[str]:
    marks = []
    for x, bit in rows(range(ROW), LEFT + BIT / 2, BIT):
        marks += [mono(x, 26, str(bit // 10), "soft", "middle")] if bit % 10 == 0 else []
        marks.append(mono(x, 46, str(bit % 10), "soft", "middle"))
    return marks


def _cell(field: Field, y: float, height: float, is_lit: bool) -> list[str]:
    cell = Box(LEFT + field.start % ROW * BIT, y, field.width * BIT, height)
    drawn = cell.drawn("lit-frame" if is_lit else "cell", more=DASHED if field.is_missing else "")
    return [drawn, *(_narrow if field.width <= 4 else _wide)(field, cell, "lit" if is_lit else "ink")]


def _wide(field: Field, cell: Box, tone: str) -> list[str]:
    """Return the name, and below it the value twice: in decimal and in hex."""
    middle, line = cell.centre
    if not field.words:
        return [cell.title(field.hex, tone)]
    name = label(middle, line - 6, field.words, "ink" if field.is_blank else "soft", "middle")
    if field.value is None or not field.decimal:
        return [name, _value(middle, line + 16, field, tone)]
    half = (len(field.decimal) + 2 + len(field.hex)) * MONO_WIDTH / 2
    number = mono(middle - half, line + 16, field.decimal, tone)
    return [name, number, mono(middle + half, line + 16, field.hex, "soft", "end")]


def _narrow(field: Field, cell: Box, tone: str) -> list[str]:
    """Return a name written downwards, and one bit in each column."""
    middle, y = cell.centre[0], cell.top
    write = mono if field.width == 1 else label
    name_css = "ink" if field.is_blank else "soft"
    marks = [write(middle, at, words, name_css, "middle") for at, words in rows(_down(field), y + 18, LINE)]
    if _has_number(field):
        marks.append(_value(middle, y + 54, field, tone))
    for bit, digit in enumerate(field.bits.strip()):
        css = tone if digit == "1" or field.name == "data_offset" else "soft"
        marks.append(mono(cell.left + (bit + 0.5) * BIT, cell.bottom - 9, digit, css, "middle"))
    return marks


def _value(middle: float, y: float, field: Field, tone: str) -> str:
    """Return the value, or words that say that there is none."""
    if field.value is None:
        return label(middle, y, field.decimal, "soft slanted" if field.is_blank else f"{tone} slanted", "middle")
    return mono(middle, y, field.decimal or field.hex, tone, "middle")

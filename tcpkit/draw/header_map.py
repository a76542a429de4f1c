"""The header map: the RFC's figure of the TCP header, with values in it.

Thirty-two bits a row under a ruler of bits, the number of each row's first
byte at its left, the flags bit by bit.
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import groupby

from tcpkit.draw.fields import FIXED, FLAGS, ROW, Field, blank_fields, read_fields
from tcpkit.draw.picture import Picture
from tcpkit.draw.svg import CHAR, document, label, mono, rect
from tcpkit.wire import Segment, TCPHeader

NAMES = (*(name for name, _, _ in FIXED), "flags", "options")
TALL = 3  # the row whose names are written downwards
MARGIN = 9
LEFT = 36  # the bytes' numbers stand before it
TOP = 56  # below the ruler
BIT = 13  # width of one bit, in px
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
    seen = [field for field in fields if field.name in names]
    alt = _alt(fields, seen)
    return Picture(_svg(fields, seen, alt), alt, _text(fields, seen))


def _lit_names(lit: str | Collection[str] | None) -> frozenset[str]:
    names = {lit} if isinstance(lit, str) else set(lit or ())
    unknown = sorted(names - set(NAMES))
    if unknown:
        raise ValueError(f"no field {unknown[0]!r} in a TCP header; its fields are {', '.join(NAMES)}")
    return frozenset(names | (set(FLAGS) if "flags" in names else set()))


def _said(field: Field) -> str:
    """Return name and value in one line."""
    return " ".join(filter(None, (field.words, field.decimal or field.hex)))


def _lit_words(seen: list[Field]) -> str:
    return "lit: " + ", ".join(map(_said, seen)) if seen else ""


def _alt(fields: tuple[Field, ...], seen: list[Field]) -> str:
    """Say the header in one sentence."""
    flags = [field for field in fields if field.name in FLAGS]
    if flags[0].value is None:
        is_set = [", ".join(FLAGS) if flags[0].is_blank else "missing"]
    else:
        is_set = [field.name for field in flags if field.value] or ["none"]
    said = [_said(field) for field in fields if field.name not in (*FLAGS, "reserved") and field.words]
    said.insert(5, f"flags {' '.join(is_set)}")
    return "; ".join(filter(None, (f"TCP header: {', '.join(said)}", _lit_words(seen)))) + "."


# In text.


def _text(fields: tuple[Field, ...], seen: list[Field]) -> str:
    units = " ".join(str(bit % 10) for bit in range(ROW))
    tens = " ".join(str(bit // 10) if bit % 10 == 0 else " " for bit in range(ROW))
    edge = "+-" * ROW + "+"
    lines = [f" {tens}".rstrip(), f" {units}", edge]
    for row, cells in groupby(fields, lambda field: field.row):
        cells = list(cells)
        columns = [_text_cell(field, 4 if row == TALL else 1) for field in cells]
        lines += ["|" + "|".join(parts) + "|" for parts in zip(*columns, strict=True)]
        lines.append(edge[: 2 * sum(field.width for field in cells) + 1])
    if seen:
        lines.append(_lit_words(seen))
    return "\n".join(lines)


def _text_cell(field: Field, height: int) -> list[str]:
    """Return a field's lines, all as wide as its bits."""
    width = 2 * field.width - 1
    if field.width > 4:
        value = " = ".join(filter(None, (field.decimal, field.hex)))
        words = f"{field.words} {value}".strip()
        words = words if len(words) <= width else field.words
        return [line.center(width) for line in [""] * ((height - 1) // 2) + [words] + [""] * (height // 2)]
    first, second, third, *_ = [*_down(field), "", ""]
    lines = [first, second, field.decimal if _has_number(field) else third]
    return [line.center(width) for line in lines] + [" ".join(field.bits)]


def _down(field: Field) -> list[str]:
    """Return a narrow field's name in lines."""
    return list(field.words) if field.width == 1 else field.words.split()


def _has_number(field: Field) -> bool:
    """Say whether a narrow field's value is more than its bits."""
    return field.name == "data_offset" and not field.is_missing


# In SVG.


def _svg(fields: tuple[Field, ...], seen: list[Field], alt: str) -> str:
    body = _ruler()
    frames = []
    y: float = TOP
    for row, cells in groupby(fields, lambda field: field.row):
        height = 84 if row == TALL else 52
        body.append(mono(LEFT - 9, y + 20, str(4 * row), "soft", "end"))
        for field in cells:
            # Frames come last, or the neighbours' edges would cut into them.
            (frames if field in seen else body).extend(_cell(field, y, height, field in seen))
        y += height
    return document(WIDTH, y + MARGIN, "TCP header", alt, body + frames)


def _ruler() -> list[str]:
    marks = []
    for bit in range(ROW):
        x = LEFT + (bit + 0.5) * BIT
        if bit % 10 == 0:
            marks.append(mono(x, 26, str(bit // 10), "soft", "middle"))
        marks.append(mono(x, 46, str(bit % 10), "soft", "middle"))
    return marks


def _cell(field: Field, y: float, height: float, is_lit: bool) -> list[str]:
    x, width = LEFT + field.column * BIT, field.width * BIT
    dashes = ' stroke-dasharray="3 3"' if field.is_missing else ""
    frame = rect(x, y, width, height, "lit-frame" if is_lit else "cell", more=dashes)
    tone = "lit" if is_lit else "ink"
    return [frame, *(_narrow if field.width <= 4 else _wide)(field, x, y, height, tone)]


def _wide(field: Field, x: float, y: float, height: float, tone: str) -> list[str]:
    """Return the name, and below it the value twice: in decimal and in hex."""
    middle, line = x + field.width * BIT / 2, y + height / 2
    if not field.words:
        return [mono(middle, line + 5, field.hex, tone, "middle")]
    name = label(middle, line - 6, field.words, _name_css(field), "middle")
    if field.value is None or not field.decimal:
        return [name, _value(middle, line + 16, field, tone)]
    half = (len(field.decimal) + 2 + len(field.hex)) * CHAR / 2
    number = mono(middle - half, line + 16, field.decimal, tone)
    return [name, number, mono(middle + half, line + 16, field.hex, "soft", "end")]


def _narrow(field: Field, x: float, y: float, height: float, tone: str) -> list[str]:
    """Return a name written downwards, and one bit in each column."""
    middle = x + field.width * BIT / 2
    write = mono if field.width == 1 else label
    marks = [write(middle, y + 18 * n, words, _name_css(field), "middle") for n, words in enumerate(_down(field), 1)]
    if _has_number(field):
        marks.append(_value(middle, y + 54, field, tone))
    for bit, digit in enumerate(field.bits.strip()):
        css = tone if digit == "1" or field.name == "data_offset" else "soft"
        marks.append(mono(x + (bit + 0.5) * BIT, y + height - 9, digit, css, "middle"))
    return marks


def _value(middle: float, y: float, field: Field, tone: str) -> str:
    """Return the value, or in our own words that there is none."""
    if field.value is None:
        return label(middle, y, field.decimal, "soft slanted" if field.is_blank else f"{tone} slanted", "middle")
    return mono(middle, y, field.decimal or field.hex, tone, "middle")


def _name_css(field: Field) -> str:
    return "ink" if field.is_blank else "soft"

"""Which bytes a TCP checksum adds up (RFC 9293, 3.1), from the top down as they are added.

First the pseudo-header, dotted because it is never sent; then the header,
with a hole in place of the checksum itself; then the data.
"""

from __future__ import annotations

from typing import NamedTuple

from tcpkit.draw.layout import DASHED, DOTTED, Box, arrow, count, frame
from tcpkit.draw.picture import Picture
from tcpkit.draw.svg import label
from tcpkit.wire import Segment, TCPHeader, WireError, pseudo_header
from tcpkit.wire.ipv4 import LOOPBACK

AFTER = 18  # the first byte after the checksum; RFC 9293, 3.1
SHORTEST = 20  # bytes of an IP header and of a TCP header, without options
MARGIN = 16
IP_WIDTH = 150
LEFT = 206  # of the parts; arrows come from the IP header at their left
WIDTH = 461
ROW = 30  # px, height of a field
HEAD = 38  # px from a part's end to the next one's top, with its heading between
TOP = MARGIN + HEAD - 12
TEXT_WIDTH = 25  # characters inside a part


class Field(NamedTuple):
    """A field of the pseudo-header, and where the IP header has it."""

    name: str
    value: str
    given: str = ""


class Covered(NamedTuple):
    """What a checksum adds up: the fields of the pseudo-header, then a segment."""

    fields: tuple[Field, ...]
    size: int  # bytes that are sent
    header: int  # bytes of them, options included
    after: str  # the header's bytes after the hole, in words
    data: str  # in words; "" for none
    is_padded: bool  # a zero is added at the end, to fill the last word


def coverage(segment: bytes | TCPHeader | Segment, source: str = LOOPBACK, destination: str = LOOPBACK) -> Picture:
    """Draw which bytes the checksum of this segment adds up.

    What is never sent is dotted: the pseudo-header, and the zero that fills
    the last word of an odd segment.
    """
    covered = _read(bytes(segment), source, destination)
    segment_shapes, bottom = _segment(covered, TOP + ROW * len(covered.fields) + HEAD)
    shapes = _pseudo_header(covered.fields) + segment_shapes
    return frame("What the checksum covers", _alt(covered), _text(covered), (WIDTH, bottom + MARGIN), shapes)


def _read(segment: bytes, source: str, destination: str) -> Covered:
    size = len(segment)
    if size < SHORTEST:
        raise WireError(f"{size} bytes are too few for a TCP header: it has at least {SHORTEST}")
    header = min(max(SHORTEST, (segment[12] >> 4) * 4), size)
    data = f"data, {count(size - header, 'byte')}" if size > header else ""
    pseudo = pseudo_header(source, destination, size).hex(" ", -2).split()
    fields = (
        Field("source", " ".join(pseudo[:2]), "source"),
        Field("destination", " ".join(pseudo[2:4]), "destination"),
        Field("zero", pseudo[4][:2]),
        Field("protocol", pseudo[4][2:], "protocol 6"),
        Field("TCP length", pseudo[5], f"length {SHORTEST + size} - {SHORTEST}"),
    )
    return Covered(fields, size, header, f"bytes {AFTER} to {header - 1}", data, size % 2 == 1)


def _alt(covered: Covered) -> str:
    fields = ", ".join(f"{field.name} {field.value}" for field in covered.fields)
    parts = [
        f"a pseudo-header of 12 bytes, never sent ({fields}; arrows from the IP header lead to all but the zero)",
        f"the header of {covered.header} bytes with a hole at the checksum, bytes 16 and 17",
    ]
    parts += [covered.data] if covered.data else []
    parts += ["a zero that is never sent"] if covered.is_padded else []
    return f"What the TCP checksum covers, in order: {'; '.join(parts)}."


def _text(covered: Covered) -> str:
    dots, edge = "." * (TEXT_WIDTH + 4), f"+{'-' * (TEXT_WIDTH + 2)}+"
    lines = [("", dots, "pseudo-header, 12 bytes: never sent")]
    for name, value, given in covered.fields:
        lines.append((f"{given} -->" if given else "", _text_row(":", name, value), ""))
    lines += [
        ("", dots, ""),
        ("", edge, f"segment, {covered.size} bytes: sent"),
        ("", _text_row("|", "header, bytes 0 to 15"), ""),
        ("", _text_row(":", "checksum: as if", "0000"), "bytes 16 and 17: a hole"),
        ("", _text_row("|", covered.after), ""),
        ("", edge, ""),
    ]
    lines += [("", _text_row("|", covered.data), ""), ("", edge, "")] if covered.data else []
    lines += [("", _text_row(":", "zero", "00"), "fills the last word: never sent")] if covered.is_padded else []
    return "\n".join(["     IP header", *(f"{left:>18} {row}  {right}".rstrip() for left, row, right in lines)])


def _text_row(edge: str, words: str, value: str = "") -> str:
    return f"{edge} {words}{value:>{TEXT_WIDTH - len(words)}} {edge}"


def _part(top: float, lines: int) -> Box:
    """Return the box of a part with this many lines."""
    return Box(LEFT, top, WIDTH - MARGIN - LEFT, ROW * lines)


def _pseudo_header(fields: tuple[Field, ...]) -> list[str]:
    """Return the pseudo-header, and the IP header with an arrow to each field that it gives."""
    pseudo, ip = _part(TOP, len(fields)), Box(MARGIN, TOP, IP_WIDTH, ROW * len(fields))
    shapes = [label(LEFT, TOP - 12, "pseudo-header, never sent", "ink"), label(MARGIN, TOP - 12, "IP header", "ink")]
    shapes.append(ip.drawn("kernel-frame"))
    entries = []
    for number, (name, value, given) in enumerate(fields):
        line = ip.row(number, ROW)
        y = line.centre[1]
        if given:
            shapes += [*line.entry(given, "kernel"), *arrow([(ip.right + 6, y), (LEFT - 4, y)], "kernel")]
        entries += pseudo.row(number, ROW).entry(name, "kernel", value)
    return [*shapes, pseudo.drawn("kernel-line", more=DOTTED), *entries]


def _segment(covered: Covered, top: float) -> tuple[list[str], float]:
    """Return header, data and padding, and where the last of them ends."""
    part = _part(top, 4)
    line = part.row(2, ROW)
    hole = Box(line.left + 12, line.top, line.width - 24, ROW)
    shapes = [
        label(LEFT, top - 12, "segment, sent", "ink"),
        part.drawn("you-frame"),
        *part.row(0, ROW).entry("header, bytes 0 to 15", "you"),
        hole.drawn("sheet", more=DASHED),
        *hole.entry("checksum: as if", "ink", "0000", pad=8),
        *part.row(3, ROW).entry(covered.after, "you"),
    ]
    if covered.data:
        part = _part(part.bottom + 4, 2)
        shapes += [part.drawn("also-frame"), *part.row(0, ROW).entry(covered.data, "also")]
    if covered.is_padded:
        part = _part(part.bottom + 4, 1)
        shapes += [part.drawn("also-line", more=DOTTED), *part.entry("one zero, never sent", "also", "00")]
    return shapes, part.bottom

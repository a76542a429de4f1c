"""The coverage strip: which bytes a TCP checksum adds up (RFC 9293, 3.1).

From the top down as they are added: the pseudo-header, dotted because nobody
sends it; the header, with a hole where the checksum itself stands; the data.
"""

from __future__ import annotations

from dataclasses import dataclass

from tcpkit.draw.picture import Picture
from tcpkit.draw.svg import document, label, mono, path, rect
from tcpkit.wire import Segment, TCPHeader, WireError, pseudo_header
from tcpkit.wire.ipv4 import LOOPBACK

FIELD = range(16, 18)  # the checksum's own bytes; RFC 9293, 3.1
IP_HEADER = 20  # bytes, without options
MARGIN = 16
IP_WIDTH = 150
LEFT = 206  # of the strip; arrows come from the IP header on its left
WIDTH = 461
RIGHT = WIDTH - MARGIN
ROW = 30  # height of a field, in px
HEAD = 38  # from a part's end to the next one's top: its words stand there
DOTTED = ' stroke-dasharray="1 5" stroke-linecap="round" stroke-width="2"'


@dataclass(frozen=True)
class Row:
    """A field of the pseudo-header, and what in the IP header says the same."""

    name: str
    value: str
    given: str = ""


@dataclass(frozen=True)
class Covered:
    """What a checksum adds up: the rows of the pseudo-header, then a segment."""

    rows: tuple[Row, ...]
    header: int  # bytes, options included
    data: int  # bytes

    @property
    def size(self) -> int:
        """Return how many bytes are sent."""
        return self.header + self.data

    @property
    def is_padded(self) -> bool:
        """Say whether a zero is added behind, to fill the last word."""
        return self.size % 2 == 1

    @property
    def after(self) -> str:
        """Return the header's bytes behind the hole."""
        return f"bytes {FIELD.stop} to {self.header - 1}"


def coverage(segment: bytes | TCPHeader | Segment, source: str = LOOPBACK, destination: str = LOOPBACK) -> Picture:
    """Draw which bytes the checksum of this segment adds up.

    What is never sent is dotted: the pseudo-header, and the zero that fills
    the last word of an odd segment.
    """
    seen = _read(bytes(segment), source, destination)
    alt = _alt(seen)
    return Picture(_svg(seen, alt), alt, _text(seen))


def _read(data: bytes, source: str, destination: str) -> Covered:
    if len(data) < IP_HEADER:
        raise WireError(f"{len(data)} bytes are too few for a TCP header: it has at least {IP_HEADER}")
    header = min(max(IP_HEADER, (data[12] >> 4) * 4), len(data))
    pseudo = pseudo_header(source, destination, len(data)).hex(" ", -2).split()
    rows = (
        Row("source", " ".join(pseudo[:2]), "source"),
        Row("destination", " ".join(pseudo[2:4]), "destination"),
        Row("zero", pseudo[4][:2]),
        Row("protocol", pseudo[4][2:], "protocol 6"),
        Row("TCP length", pseudo[5], f"length {IP_HEADER + len(data)} - {IP_HEADER}"),
    )
    return Covered(rows, header, len(data) - header)


def _alt(seen: Covered) -> str:
    fields = ", ".join(f"{row.name} {row.value}" for row in seen.rows)
    parts = [
        f"a pseudo-header of 12 bytes, never sent ({fields}; arrows from the IP header lead to all but the zero)",
        f"the header of {seen.header} bytes with a hole at the checksum, bytes 16 and 17",
    ]
    if seen.data:
        parts.append(_data_words(seen))
    if seen.is_padded:
        parts.append("a zero that is never sent")
    return f"What the TCP checksum covers, in order: {'; '.join(parts)}."


def _data_words(seen: Covered) -> str:
    return f"data, {seen.data} byte{'s' if seen.data > 1 else ''}"


# In text.


def _text(seen: Covered) -> str:
    width = 25
    dots, edge = ("." * (width + 4)), f"+{'-' * (width + 2)}+"
    lines = [("", dots, "pseudo-header, 12 bytes: never sent")]
    for row in seen.rows:
        value = row.name.ljust(width - len(row.value)) + row.value
        lines.append((f"{row.given} -->" if row.given else "", f": {value} :", ""))
    lines += [("", dots, ""), ("", edge, f"segment, {seen.size} bytes: sent")]
    lines.append(("", f"| {'header, bytes 0 to 15'.ljust(width)} |", ""))
    lines.append(("", f": {'checksum: as if'.ljust(width - 4)}0000 :", "bytes 16 and 17: a hole"))
    lines += [("", f"| {seen.after.ljust(width)} |", ""), ("", edge, "")]
    if seen.data:
        lines += [("", f"| {_data_words(seen).ljust(width)} |", ""), ("", edge, "")]
    if seen.is_padded:
        lines.append(("", f": {'zero'.ljust(width - 2)}00 :", "fills the last word: never sent"))
    shown = [f"{left.rjust(18)} {middle}  {right}".rstrip() for left, middle, right in lines]
    return "\n".join(["IP header".rjust(14), *shown])


# In SVG.


def _svg(seen: Covered, alt: str) -> str:
    top = MARGIN + HEAD - 12
    body = _part(top - 12, "pseudo-header, never sent")
    body += _ip_header(seen, top)
    body.append(rect(LEFT, top, RIGHT - LEFT, ROW * len(seen.rows), "kernel-line", more=DOTTED))
    for number, row in enumerate(seen.rows):
        y = top + ROW * number + 20
        body += [label(LEFT + 12, y, row.name, "kernel"), mono(RIGHT - 12, y, row.value, "kernel", "end")]
    y = top + ROW * len(seen.rows) + HEAD
    body += _part(y - 12, "segment, sent")
    shapes, y = _segment(seen, y)
    return document(WIDTH, y + MARGIN, "What the checksum covers", alt, body + shapes)


def _part(y: float, words: str) -> list[str]:
    """Return the words over a part of the strip."""
    return [label(LEFT, y, words, "ink")]


def _ip_header(seen: Covered, top: float) -> list[str]:
    """Return the IP header's box, with an arrow to each field that it gives."""
    shapes = [
        label(MARGIN, top - 12, "IP header", "ink"),
        rect(MARGIN, top, IP_WIDTH, ROW * len(seen.rows), "kernel-frame"),
    ]
    for number, row in enumerate(seen.rows):
        y = top + ROW * (number + 0.5)
        if row.given:
            shapes.append(label(MARGIN + 12, y + 5, row.given, "kernel"))
            shapes.append(path([(MARGIN + IP_WIDTH + 6, y), (LEFT - 8, y)], "kernel-line"))
            shapes.append(path([(LEFT - 4, y), (LEFT - 13, y - 4), (LEFT - 13, y + 4)], "kernel", close=True))
    return shapes


def _segment(seen: Covered, y: float) -> tuple[list[str], float]:
    """Return header, data and padding, and where the last of them ends."""
    hole = y + 2 * ROW
    shapes = [
        rect(LEFT, y, RIGHT - LEFT, 4 * ROW, "you-frame"),
        label(LEFT + 12, y + 20, "header, bytes 0 to 15", "you"),
        rect(LEFT + 12, hole, RIGHT - LEFT - 24, ROW, "sheet", more=' stroke-dasharray="3 3"'),
        label(LEFT + 20, hole + 20, "checksum: as if", "ink"),
        mono(RIGHT - 20, hole + 20, "0000", "ink", "end"),
        label(LEFT + 12, hole + ROW + 20, seen.after, "you"),
    ]
    y += 4 * ROW
    if seen.data:
        shapes.append(rect(LEFT, y + 4, RIGHT - LEFT, 2 * ROW, "also-frame"))
        shapes.append(label(LEFT + 12, y + 24, _data_words(seen), "also"))
        y += 4 + 2 * ROW
    if seen.is_padded:
        shapes.append(rect(LEFT, y + 4, RIGHT - LEFT, ROW, "also-line", more=DOTTED))
        shapes.append(label(LEFT + 12, y + 24, "one zero, never sent", "also"))
        shapes.append(mono(RIGHT - 12, y + 24, "00", "also", "end"))
        y += 4 + ROW
    return shapes, y

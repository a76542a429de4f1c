"""Bars: how much of a packet its data offset makes header, and how much data.

One bar for each packet, as long as the packet, with a line at the shortest
header that there is. What tcpdump says of the length stands at the right.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from tcpkit.draw.picture import Picture
from tcpkit.draw.svg import LETTER, document, label, mono, path, rect
from tcpkit.wire import Segment, TCPHeader
from tcpkit.wire.complaints import header_length_complaint

SHORTEST = 20  # bytes; RFC 9293, 3.1
LINE = f"{SHORTEST} bytes: the shortest header"
ACCEPTED = "accepted"
MARGIN = 12
LEFT = 70  # the bars begin here; the offsets stand before them
ROOM = 288  # px, for the longest bar
WORDS = LEFT + ROOM + 10  # the verdicts begin here
WIDTH = WORDS + 9 * LETTER + MARGIN  # "too short" is the longest of them
TOP = 40
PITCH = 24  # from bar to bar, in px
HEIGHT = 20  # of a bar, in px
PER_CHARACTER = 2  # bytes


@dataclass(frozen=True)
class Bar:
    """A packet as its data offset divides it, in bytes."""

    offset: int
    size: int

    @property
    def header(self) -> int:
        """Return how many bytes the offset claims for the header."""
        return 4 * self.offset

    @property
    def data(self) -> int:
        """Return how many bytes are left behind the header."""
        return max(self.size - self.header, 0)

    @property
    def extent(self) -> int:
        """Return how far the bar reaches, with what is claimed and missing."""
        return max(self.size, self.header)

    @property
    def verdict(self) -> str:
        """Return what tcpdump thinks of the length: "too short" and so on."""
        complaint = header_length_complaint(self.header, self.size)
        return complaint.words.partition(" - ")[2].partition(",")[0] if complaint else ACCEPTED


def header_bars(packets: Iterable[object]) -> Picture:
    """Draw each packet as a bar: header part, data part, tcpdump's verdict.

    A packet is bytes, a `Segment`, or whatever has `.segment`. Bytes that an
    offset claims and the packet does not have are dashed. Below 20 bytes
    there is no offset to draw by: `WireError`.
    """
    bars = [_bar(packet) for packet in packets]
    alt = _alt(bars)
    return Picture(_svg(bars, alt), alt, _text(bars))


def _bar(packet: object) -> Bar:
    segment: Segment | bytes = getattr(packet, "segment", packet)
    data = bytes(segment)
    return Bar(TCPHeader.parse(data).data_offset, len(data))


def _longest(bars: Sequence[Bar]) -> int:
    return max([SHORTEST, *(bar.extent for bar in bars)])


def _range(numbers: Sequence[int]) -> str:
    low, high = min(numbers), max(numbers)
    return str(low) if low == high else f"{low} to {high}"


def _alt(bars: Sequence[Bar]) -> str:
    """Say which offsets got which verdict."""
    sizes = f" of {_range([bar.size for bar in bars])} bytes" if bars else ""
    said = (
        f"{len(bars)} bar{'s' if len(bars) != 1 else ''}{sizes}, header part against data part, with a line at {LINE}."
    )
    for verdict, run in groupby(bars, lambda bar: bar.verdict):
        run = list(run)
        offsets, lengths = _range([bar.offset for bar in run]), _range([bar.header for bar in run])
        said += f" Data offset {offsets}, header {lengths} bytes: {verdict}."
    return said


# In text.


def _text(bars: Sequence[Bar]) -> str:
    width = -(-_longest(bars) // PER_CHARACTER) + 1
    mark = str(SHORTEST).rjust(SHORTEST // PER_CHARACTER + 1).ljust(width)
    lines = [f"offset  header  {mark}  data  tcpdump"]
    lines += [
        f"{bar.offset:6}  {bar.header:6}  {_strip(bar).ljust(width)}  {bar.data:4}  {bar.verdict}" for bar in bars
    ]
    return "\n".join(lines)


def _strip(bar: Bar) -> str:
    """Return a bar in characters, with a stroke at the shortest header."""
    header = "#" * (min(bar.header, bar.size) // PER_CHARACTER)
    data = "." * -(-bar.data // PER_CHARACTER)
    strip = header + data + "-" * ((bar.extent - bar.size) // PER_CHARACTER)
    return f"{strip[: SHORTEST // PER_CHARACTER]}|{strip[SHORTEST // PER_CHARACTER :]}"


# In SVG.


def _svg(bars: Sequence[Bar], alt: str) -> str:
    scale = ROOM / _longest(bars)
    bottom = TOP + PITCH * len(bars)
    body = [
        label(LEFT - 12, 26, "offset", anchor="end"),
        label(LEFT + 6, 26, "header"),
        label(LEFT + ROOM - 6, 26, "data", anchor="end"),
        label(WORDS, 26, "tcpdump"),
    ]
    for number, bar in enumerate(bars):
        body += _row(bar, TOP + PITCH * number, scale)
    body += _line(LEFT + SHORTEST * scale, bottom)
    return document(WIDTH, bottom + 30 + MARGIN, "Header and data, by data offset", alt, body)


def _row(bar: Bar, y: float, scale: float) -> list[str]:
    tone = "you" if bar.verdict == ACCEPTED else "lit"
    end = LEFT + bar.size * scale
    header = min(bar.header, bar.size) * scale
    marks = [mono(LEFT - 12, y + 15, str(bar.offset), "ink", "end"), rect(LEFT, y, end - LEFT, HEIGHT, "cell")]
    if header:
        marks.append(rect(LEFT, y, header, HEIGHT, f"{tone}-frame"))
    if bar.extent > bar.size:
        marks.append(
            rect(end, y, (bar.extent - bar.size) * scale, HEIGHT, f"{tone}-line", more=' stroke-dasharray="3 3"')
        )
    # The header's length stands at the left of all bars, so that it reads as a column.
    marks.append(mono(LEFT + 6, y + 15, str(bar.header), tone))
    if bar.data:
        marks.append(mono(end - 6, y + 15, str(bar.data), "soft", "end"))
    return [*marks, label(WORDS, y + 15, bar.verdict, tone)]


def _line(x: float, bottom: float) -> list[str]:
    """Return the line at the shortest header, and its name below the bars."""
    is_inside = x + 8 + len(LINE) * LETTER <= WIDTH
    name = label(x + 8, bottom + 22, LINE, "ink") if is_inside else label(x - 8, bottom + 22, LINE, "ink", "end")
    return [path([(x, TOP - 6), (x, bottom + 26)], "line", ' stroke-width="1.5"'), name]

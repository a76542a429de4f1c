"""Bars: how many bytes of a packet its data offset makes header, and how many data.

One bar for each packet, as long as the packet, with a line at the shortest
header that there is. What tcpdump says of the length is written at the right.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from tcpkit.draw.layout import DASHED, Box, count, frame, rows
from tcpkit.draw.picture import Picture
from tcpkit.draw.svg import SANS_WIDTH, label, mono, path
from tcpkit.wire import TCPHeader
from tcpkit.wire.complaints import header_length_complaint

SHORTEST = 20  # bytes; RFC 9293, 3.1
LINE = f"{SHORTEST} bytes: the shortest header"
ACCEPTED = "accepted"
MARGIN = 12
LEFT = 70  # the bars begin here; the offsets are at their left
LONGEST = 288  # px, the longest bar
WORDS = LEFT + LONGEST + 10  # the verdicts begin here
WIDTH = WORDS + 9 * SANS_WIDTH + MARGIN  # "too short" is the longest of them
TOP = 40
PITCH = 24  # px from bar to bar
HEIGHT = 20  # px, of a bar
PER_CHARACTER = 2  # bytes


class Bar(NamedTuple):
    """A packet as its data offset divides it, in bytes."""

    offset: int  # in words of four bytes
    size: int
    header: int  # as the offset claims
    data: int  # what is left after the header
    verdict: str  # tcpdump's words on the header's length

    @property
    def missing(self) -> int:
        """Return how many bytes the offset claims and the packet does not have."""
        return max(self.header - self.size, 0)


def header_bars(packets: Iterable[object]) -> Picture:
    """Draw each packet as a bar: header part, data part, tcpdump's verdict.

    A packet is bytes, a `Segment`, or an object that has `.segment`. Bytes
    that an offset claims and the packet does not have are dashed. Fewer than
    20 bytes have no data offset: `WireError`.
    """
    bars = [_bar(packet) for packet in packets]
    longest = max([SHORTEST, *(bar.size + bar.missing for bar in bars)])
    scale = LONGEST / longest
    bottom = TOP + PITCH * len(bars)
    shapes = [
        label(LEFT - 12, 26, "offset", anchor="end"),
        label(LEFT + 6, 26, "header"),
        label(LEFT + LONGEST - 6, 26, "data", anchor="end"),
        label(WORDS, 26, "tcpdump"),
    ]
    for y, bar in rows(bars, TOP, PITCH):
        shapes += _drawn(bar, y, scale)
    shapes += _shortest(LEFT + SHORTEST * scale, bottom)
    size = WIDTH, bottom + 30 + MARGIN
    return frame("Header and data, by data offset", _alt(bars), _text(bars, longest), size, shapes)


def _bar(packet: object) -> Bar:
    data = bytes(getattr(packet, "segment", packet))
    offset = TCPHeader.parse(data).data_offset
    complaint = header_length_complaint(4 * offset, len(data))
    verdict = complaint.words.partition(" - ")[2].partition(",")[0] if complaint else ACCEPTED
    return Bar(offset, len(data), 4 * offset, max(len(data) - 4 * offset, 0), verdict)


def _range(numbers: Sequence[int]) -> str:
    low, high = min(numbers), max(numbers)
    return str(low) if low == high else f"{low} to {high}"


def _alt(bars: Sequence[Bar]) -> str:
    """Return which offsets got which verdict, in sentences."""
    sizes = f" of {_range([bar.size for bar in bars])} bytes" if bars else ""
    said = f"{count(len(bars), 'bar')}{sizes}, header part against data part, with a line at {LINE}."
    for verdict, run in groupby(bars, lambda bar: bar.verdict):
        run = list(run)
        offsets, lengths = _range([bar.offset for bar in run]), _range([bar.header for bar in run])
        said += f" Data offset {offsets}, header {lengths} bytes: {verdict}."
    return said


def _text(bars: Sequence[Bar], longest: int) -> str:
    width = -(-longest // PER_CHARACTER) + 1
    mark = str(SHORTEST).rjust(SHORTEST // PER_CHARACTER + 1)
    lines = [f"offset  header  {mark:{width}}  data  tcpdump"]
    lines += [f"{bar.offset:6}  {bar.header:6}  {_strip(bar):{width}}  {bar.data:4}  {bar.verdict}" for bar in bars]
    return "\n".join(lines)


def _strip(bar: Bar) -> str:
    """Return a bar in characters, with a stroke at the shortest header."""
    header = "#" * (min(bar.header, bar.size) // PER_CHARACTER)
    data = "." * -(-bar.data // PER_CHARACTER)
    strip = header + data + "-" * (bar.missing // PER_CHARACTER)
    return f"{strip[: SHORTEST // PER_CHARACTER]}|{strip[SHORTEST // PER_CHARACTER :]}"


def _drawn(bar: Bar, y: float, scale: float) -> list[str]:
    tone = "you" if bar.verdict == ACCEPTED else "lit"
    whole = Box(LEFT, y, bar.size * scale, HEIGHT)
    marks = [mono(LEFT - 12, y + 15, str(bar.offset), "ink", "end"), whole.drawn("cell")]
    if bar.header:
        marks.append(Box(LEFT, y, min(bar.header, bar.size) * scale, HEIGHT).drawn(f"{tone}-frame"))
    if bar.missing:
        marks.append(Box(whole.right, y, bar.missing * scale, HEIGHT).drawn(f"{tone}-line", more=DASHED))
    marks.append(mono(LEFT + 6, y + 15, str(bar.header), tone))
    if bar.data:
        marks.append(mono(whole.right - 6, y + 15, str(bar.data), "soft", "end"))
    return [*marks, label(WORDS, y + 15, bar.verdict, tone)]


def _shortest(x: float, bottom: float) -> list[str]:
    """Return the line at the shortest header, and its name below the bars."""
    has_space = x + 8 + len(LINE) * SANS_WIDTH <= WIDTH
    at, anchor = (x + 8, "start") if has_space else (x - 8, "end")
    stroke = path([(x, TOP - 6), (x, bottom + 26)], "line", ' stroke-width="1.5"')
    return [stroke, label(at, bottom + 22, LINE, "ink", anchor)]

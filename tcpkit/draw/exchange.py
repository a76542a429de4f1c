"""Packets in time between a sender and a reader, and how full the reader's buffer is by the windows that it tells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from tcpkit.draw.layout import Box, arrow, frame, put, rows
from tcpkit.draw.picture import Picture
from tcpkit.draw.svg import MONO_WIDTH, label, mono, path

SENDER, READER, BAR, BAR_WIDTH, WIDTH = 78, 330, 346, 100, 460  # px: two lanes, and the buffer at their right
TOP, PITCH, SLANT, HEIGHT, CROSS = (
    74,
    36,
    8,
    22,
    6,
)  # px: first row, pitch, an arrow's fall, a box, a cross
MOST = 16  # rows
COLUMNS = 8, 38, 42  # characters: the lanes, and the buffer
Packets = Iterable[tuple[float, str, int, int]]  # seconds, who sends, bytes of data, window


class Row(NamedTuple):
    """Packets of one end at one moment; `unread` is None for the sender's."""

    seconds: float
    words: str
    unread: int | None
    is_lost: bool


def exchange(packets: Packets, names: Sequence[str], *, buffer: int, lost: Iterable[float] = ()) -> Picture:
    """Draw the packets from the first data on; those of the first address are the sender's.

    `buffer` is the reader's room, in bytes: what the window leaves of it is
    unread. `lost` has the seconds at which the reader's packet is lost.
    """
    shown = _read(list(packets), buffer, set(lost))
    bottom = TOP + PITCH * (len(shown) - 1) + SLANT + 20
    shapes = [label(x, 26, name, "ink", "middle") for x, name in zip((SENDER, READER), names, strict=True)]
    shapes += [path([(x, 40), (x, bottom)], "faint") for x in (SENDER, READER)]
    shapes.append(label(BAR, 44, "unread, of"))
    shapes.append(label(BAR, 60, f"{buffer:,} bytes"))
    for y, row in rows(shown, TOP, PITCH):
        shapes += _arrow(row, y) + (_bar(row.unread / buffer, y) if row.unread is not None else [])
    return frame("Packets in time", _alt(shown, names), _text(shown, names), (WIDTH, bottom + 12), shapes)


def _read(packets: Sequence[tuple[float, str, int, int]], buffer: int, lost: set[float]) -> list[Row]:
    """Return the rows; packets of one end at one moment share one."""
    first = next((at for at, packet in enumerate(packets) if packet[2]), len(packets))
    sender, shown = packets[0][1] if packets else "", []
    for (seconds, source), group in groupby(packets[first:], lambda packet: packet[:2]):
        together = list(group)
        size, window = sum(packet[2] for packet in together), together[-1][3]
        if source == sender:
            shown.append(Row(seconds, "1 byte" if size == 1 else f"{size:,} bytes", None, False))
        else:
            shown.append(Row(seconds, f"window {window:,}", max(0, buffer - window), seconds in lost))
    if not 0 < len(shown) <= MOST:
        raise ValueError(f"{len(shown)} rows: at least one packet with data is needed, and {MOST} rows fit")
    return shown


def _arrow(row: Row, y: float) -> list[str]:
    """Return an arrow with its words; a lost one ends half-way, at a cross."""
    start, end = (SENDER, READER) if row.unread is None else (READER, SENDER)
    middle, half = (SENDER + READER) / 2, len(row.words) * MONO_WIDTH / 2 + 9
    box = Box(middle - half, y + (SLANT - HEIGHT) / 2, 2 * half, HEIGHT)
    marks = [mono(12, y + 5, f"{row.seconds:.3f}", "soft")]
    if row.is_lost:
        stop = middle - half - 24
        marks.append(path([(start, y), (stop, y + SLANT)], "line"))
        marks += [
            path([(stop - CROSS, y + SLANT - s), (stop + CROSS, y + SLANT + s)], "lit-line") for s in (CROSS, -CROSS)
        ]
    else:
        marks += arrow(
            [(start, y), (end + (1 if end < start else -1), y + SLANT)], "ink" if row.unread is not None else "you"
        )
    css, words = ("sheet", "ink") if row.unread is not None else ("you", "ground")
    return [*marks, box.drawn(css, 3), box.title(row.words, words)]


def _bar(share: float, y: float) -> list[str]:
    whole = Box(BAR, y - HEIGHT / 2, BAR_WIDTH, HEIGHT)
    filled = [Box(BAR, y - HEIGHT / 2, BAR_WIDTH * share, HEIGHT).drawn("kernel")] if share else []
    return [whole.drawn("kernel-frame"), *filled]


def _alt(shown: Sequence[Row], names: Sequence[str]) -> str:
    said = [
        f"at {row.seconds:.3f} s the {names[row.unread is not None]} sends {row.words}{', which is lost' * row.is_lost}"
        for row in shown
    ]
    return f"Packets in time: {'; '.join(said)}."


def _text(shown: Sequence[Row], names: Sequence[str]) -> str:
    left, right, buffer = COLUMNS
    lines = [put("seconds", (left, names[0]), (right - len(names[1]) + 1, names[1]), (buffer, "unread"))]
    for row in shown:
        ends = ("<", "-") if row.unread is not None else ("-", ">")
        shaft = f" {row.words} ".center(right - left - 1, "-")
        shaft = ends[0] + shaft[1:-1] + ends[1]
        line = put(f"{row.seconds:7.3f}", (left, "|"), (left + 1, shaft), (right, "|"))
        line = put(line, (left + 1, "x  ")) if row.is_lost else line
        lines.append(put(line, (buffer, f"{row.unread:,}")) if row.unread is not None else line)
    return "\n".join(lines)

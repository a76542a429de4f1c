"""A road: who stands on it, and what each cable carried of one packet."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from tcpkit.draw.layout import Box, arrow, frame, rows
from tcpkit.draw.picture import Picture
from tcpkit.draw.svg import label, mono

WIDTH, LEFT, TOP, HIGH = 460, 12, 36, 30  # px; the last is a station's height
CABLE, LINE = 34, 22  # px: a cable of which nothing is told, and each row that is told
PARTS = ("hardware", "TTL", "IP")
TITLE = "one packet on the road"
Crossing = tuple[str, int, str]  # the hardware address that the frame goes to, TTL, both IP addresses


def hops(stations: Sequence[str], crossings: Sequence[Crossing] = ()) -> Picture:
    """Draw the stations from top to bottom; with crossings, what the packet was on each cable, and what is new."""
    if len(stations) < 2 or len(crossings) not in (0, len(stations) - 1):
        raise ValueError("A road has two stations at least, and a crossing for each cable, or none at all")
    title = TITLE if crossings else "the road"
    told = [_told(before, now) for before, now in pairwise([None, *crossings])] or [[]] * (len(stations) - 1)
    pitch = HIGH + (LINE * len(PARTS) + 12 if crossings else CABLE)
    shapes, text = [label(LEFT, 24, title, "ink")], []
    for (y, name), lines in zip(rows(stations, TOP, pitch), [*told, []], strict=True):
        box = Box(LEFT, y, WIDTH - 2 * LEFT, HIGH)
        shapes += [box.drawn("sheet", 4), *box.entry(name, "ink")]
        text.append(name)
        if name is not stations[-1]:
            shapes += arrow([(LEFT + 20, box.bottom), (LEFT + 20, y + pitch)], "you")
            text += [] if lines else ["  |"]
        for at, (part, value, is_new) in rows(lines, box.bottom + 20, LINE):
            shapes += [label(LEFT + 40, at, part), mono(LEFT + 122, at, value, "you" if is_new else "soft")]
            shapes += [label(WIDTH - LEFT, at, "new", "you", "end")] if is_new else []
            text.append(f"  | {part:10}{value}{'  new' * is_new}")
    last = TOP + pitch * (len(stations) - 1) + HIGH
    alt = f"{title.capitalize()}: {', '.join(stations)}. {_in_words(told)}".strip()
    return frame(title, alt, "\n".join(text), (WIDTH, last + 12), shapes)


def _told(before: Crossing | None, now: Crossing) -> list[tuple[str, str, bool]]:
    """Return name and value of each part, and whether the station before has changed it."""
    old = before or now
    return [(part, str(value), value != then) for part, value, then in zip(PARTS, now, old, strict=True)]


def _in_words(told: Sequence[Sequence[tuple[str, str, bool]]]) -> str:
    cables = ["; ".join(f"{part} {value}{', new' * is_new}" for part, value, is_new in lines) for lines in told]
    return " ".join(f"Cable {number}: {words}." for number, words in enumerate(cables, 1) if words)

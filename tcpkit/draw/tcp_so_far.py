"""The learner's TCP so far: its pieces as boxes, filled where the learner wrote them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

from tcpkit.draw.layout import BASELINE, Box, arrow, frame
from tcpkit.draw.picture import Picture
from tcpkit.draw.svg import label

BOXES = ("before", "transitions", "reassembler", "rto", "window", "persist", "congestion", "door")
WAY = ("asyncpg", "asyncio", "transport", "read and write", "connection", "cable", "kernel", "PostgreSQL")
MARGIN, TOP, IN_ROW = 12, 42, 4
WHOLE, WIDTH, HEIGHT = 436, 100, 52  # px of a row, and of a box in it
STATION, STEP, CONNECTION = 34, 56, 154  # px: the height of a station, from one to the next, and of the largest
TITLE = "your TCP so far"


def tcp_so_far(yours: Mapping[str, int], tall: bool = False) -> Picture:
    """Draw the pieces of a TCP in the order of a segment's way; `yours` has the lessons of those that you wrote.

    Tall, the picture is the way from a program to its database, with these pieces on it.
    """
    return _tall(yours) if tall else _wide(yours)


def _whose(yours: Mapping[str, int], box: str) -> str:
    return f"yours ({yours[box]:02})" if box in yours else "tcpkit's"


def _wide(yours: Mapping[str, int]) -> Picture:
    places = [*_places(BOXES, TOP, 0, 84)]
    shapes = [label(MARGIN, 24, TITLE)]
    for before, after in pairwise(places):
        (x1, y1), (x2, y2), between = before.centre, after.centre, (before.bottom + after.top) / 2
        down = [(x1, before.bottom), (x1, between), (x2, between), (x2, after.top)]
        shapes += arrow([(before.right, y1), (after.left, y2)] if y1 == y2 else down)
    for place, box in zip(places, BOXES, strict=True):
        shapes += _filled(place, box in yours, box, _whose(yours, box))
    alt = ", ".join(f"{box} {_whose(yours, box)}" for box in BOXES).replace("(", "(lesson ")
    text = " · ".join(f"{box}: {_whose(yours, box)}" for box in BOXES)
    size = WHOLE + 2 * MARGIN, places[-1].bottom + MARGIN
    return frame(TITLE, f"Your TCP so far, in the order of a segment's way: {alt}.", text, size, shapes)


def _tall(yours: Mapping[str, int]) -> Picture:
    inside = {"read and write": BOXES[-1:], "connection": BOXES[:-1]}
    shapes, lines, y = [label(MARGIN, 24, TITLE)], [], TOP
    for station in WAY:
        is_door, is_large, boxes = station == "read and write", station == "connection", inside.get(station, ())
        place = Box(MARGIN, y, WHOLE, CONNECTION if is_large else STATION)
        shapes += arrow([(place.centre[0], y - STEP + STATION), (place.centre[0], y)]) if lines else []
        words = f"{station}: {_whose(yours, 'door')}" if is_door else station
        shapes += _filled(place, is_door and "door" in yours, words, is_large=is_large)
        for inner, box in zip(_places(boxes * is_large, y + 28, 8, 60), boxes, strict=False):
            shapes += _filled(inner, box in yours, box, _whose(yours, box))
        lines.append(f"{station}: {' · '.join(f'{box} {_whose(yours, box)}' for box in boxes)}" if boxes else station)
        y += place.height + STEP - STATION
    size = WHOLE + 2 * MARGIN, y - STEP + STATION + MARGIN
    alt = "; ".join(lines).replace(" ·", ",").replace("(", "(lesson ")
    return frame(TITLE, f"From a program to its database: {alt}.", "\n".join(lines), size, shapes)


def _places(boxes: tuple[str, ...], top: float, margin: float, down: float) -> Iterator[Box]:
    """Yield the place of each box, in rows from left to right."""
    pitch = (WHOLE - 2 * margin - WIDTH) / (IN_ROW - 1)
    for at, _ in enumerate(boxes):
        yield Box(MARGIN + margin + pitch * (at % IN_ROW), top + down * (at // IN_ROW), WIDTH, HEIGHT)


def _filled(place: Box, is_yours: bool, *lines: str, is_large: bool = False) -> list[str]:
    """Return a box with words in its middle, one line below the other; a large one has them at its top."""
    x, y = place.centre[0], (place.top + 14 if is_large else place.centre[1]) + BASELINE - 10 * (len(lines) - 1)
    words = [label(x, y + 20 * at, line, "ground" if is_yours else "ink", "middle") for at, line in enumerate(lines)]
    return [place.drawn("you" if is_yours else "sheet", 4), *words]

"""A table of what finds what: a filled box where it does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tcpkit.draw.layout import LINE, Box, frame, put, rows
from tcpkit.draw.picture import Picture
from tcpkit.draw.svg import SANS_WIDTH, label

MARGIN = 12
TOP = 24  # of the first line of the columns' names
PITCH = 28  # px from row to row
BOX = 54, 20  # px
COLUMN = 60  # px
YES, NO = "found", "no"


def found_by(found: Mapping[str, Sequence[bool]], columns: Sequence[str]) -> Picture:
    """Draw a row for each thing; a column's name may have several lines."""
    heads = [name.split("\n") for name in columns]
    first = MARGIN + max(map(len, found), default=0) * SANS_WIDTH + 10
    below = TOP + LINE * max(map(len, heads), default=0)
    shapes = [
        label(first + COLUMN * at + BOX[0] / 2, y, line, "soft", "middle")
        for at, head in enumerate(heads)
        for y, line in rows(head, TOP, LINE)
    ]
    for y, (name, row) in rows(found.items(), below, PITCH):
        shapes.append(label(MARGIN, y + 15, name, "ink"))
        for at, is_found in enumerate(row):
            box = Box(first + COLUMN * at, y, *BOX)
            x, middle = box.centre
            shapes.append(box.drawn("you" if is_found else "sheet", 3))
            shapes.append(label(x, middle + 5, YES if is_found else NO, "ground" if is_found else "soft", "middle"))
    names = [" ".join(head) for head in heads]
    counts = [sum(row[at] for row in found.values()) for at in range(len(columns))]
    said = "; ".join(f"{name}: {count} of {len(found)}" for name, count in zip(names, counts, strict=True))
    size = first + COLUMN * len(columns) + MARGIN - COLUMN + BOX[0], below + PITCH * len(found) + 6
    return frame("What finds what", f"Table of what finds what. {said}.", _text(found, names), size, shapes)


def _text(found: Mapping[str, Sequence[bool]], names: Sequence[str]) -> str:
    starts = [max(map(len, found), default=0) + 2]
    for name in names:
        starts.append(starts[-1] + max(len(name), len(YES)) + 2)
    lines = [put("", *zip(starts, names, strict=False))]
    lines += [
        put(name, *((starts[at], YES if is_found else "-") for at, is_found in enumerate(row)))
        for name, row in found.items()
    ]
    return "\n".join(lines)

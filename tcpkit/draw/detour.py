"""Find a way for an arrow around boxes, along the lines of a grid.

The cheapest way wins: short, with few bends, across other arrows rather than
along them, and over no label if it can be helped. It never enters a box.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import pairwise
from math import ceil, floor

Point = tuple[float, float]

STEP = 8  # px between two lines of the grid
BEND, CROSSING, ALONGSIDE, LABEL = 5, 4, 60, 20  # what they cost, in steps
AHEAD = ((1, 0), (-1, 0), (0, 1), (0, -1))
INTO = -6  # px: it begins and ends at no corner of a box
AHEAD_OF = 14  # px: it leaves and arrives straight, so that its head has room


@dataclass(frozen=True)
class Rect:
    """A room that is taken: a box, or a label."""

    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def around(cls, centre: Point, size: tuple[float, float]) -> Rect:
        (x, y), (width, height) = centre, size
        return cls(x - width / 2, y - height / 2, x + width / 2, y + height / 2)

    def cells(self, space: float = 0) -> set[Point]:
        """Return the crossings of the grid that lie inside, or so near outside."""
        across = range(_next_line(self.left - space), ceil(self.right + space), STEP)
        down = range(_next_line(self.top - space), ceil(self.bottom + space), STEP)
        return {(x, y) for x in across for y in down}

    def overlaps(self, other: Rect) -> bool:
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom


def detour(
    start: Rect,
    end: Rect,
    boxes: Iterable[Rect],
    arrows: Iterable[Sequence[Point]],
    labels: Iterable[Rect],
    size: tuple[float, float],
) -> list[Point]:
    """Return the corners of a way from one box to another on paper of this size."""
    free = Rect(0, 0, *size).cells()
    for box in boxes:
        free -= set() if box in (start, end) else box.cells(STEP - 2)
    costs = _costs(arrows, labels)
    inside = end.cells(INTO)
    straight = start.cells(AHEAD_OF) | end.cells(AHEAD_OF)
    begin = sorted(start.cells(INTO))
    heap = [(0, number, cell, AHEAD[number % 4], ()) for number, cell in enumerate(begin * 4)]
    number, seen = len(heap), set()
    while heap:
        cost, _, cell, ahead, before = heappop(heap)
        if cell in inside:
            return _cut(_corners((cell, before)), start, end)
        if (cell, ahead) in seen:
            continue
        seen.add((cell, ahead))
        for step in AHEAD:
            to = (cell[0] + step[0] * STEP, cell[1] + step[1] * STEP)
            if to in free and (step == ahead or cell not in straight):
                number += 1
                dear = costs[step[1] != 0].get(to, 0)
                heappush(heap, (cost + 1 + BEND * (step != ahead) + dear, number, to, step, (cell, before)))
    return [((start.left + start.right) / 2, start.bottom), ((end.left + end.right) / 2, end.top)]  # walled in


def _costs(arrows: Iterable[Sequence[Point]], labels: Iterable[Rect]) -> tuple[dict[Point, int], dict[Point, int]]:
    """Return what it costs to come to a crossing: across the paper, and down or up."""
    across: dict[Point, int] = {}
    down: dict[Point, int] = {}
    for one, other in (ends for arrow in arrows for ends in pairwise(arrow)):
        for costs, is_along in ((across, one[1] == other[1]), (down, one[0] == other[0])):
            for cell in stroke(one, other).cells(STEP):
                costs[cell] = costs.get(cell, 0) + (ALONGSIDE if is_along else CROSSING)
    for cell in (cell for label in labels for cell in label.cells()):
        across[cell], down[cell] = across.get(cell, 0) + LABEL, down.get(cell, 0) + LABEL
    return across, down


def stroke(one: Point, other: Point, space: float = 0) -> Rect:
    """Return the room of a stroke, so wide on all sides."""
    (x1, y1), (x2, y2) = one, other
    return Rect(min(x1, x2) - space, min(y1, y2) - space, max(x1, x2) + space, max(y1, y2) + space)


def _next_line(place: float) -> int:
    """Return the first line of the grid behind a place."""
    return (floor(place / STEP) + 1) * STEP


def _corners(chain: tuple) -> list[Point]:
    """Return the first and the last place of a way, and those where it bends."""
    cells = []
    while chain:
        cell, chain = chain
        cells.append(cell)
    cells.reverse()
    bends = [
        here
        for before, here, after in zip(cells, cells[1:], cells[2:], strict=False)
        if (here[0] - before[0], here[1] - before[1]) != (after[0] - here[0], after[1] - here[1])
    ]
    return [cells[0], *bends, cells[-1]]


def _cut(corners: list[Point], start: Rect, end: Rect) -> list[Point]:
    """Return the way from border to border."""
    return [_border(start, corners[0], corners[1]), *corners[1:-1], _border(end, corners[-1], corners[-2])]


def _border(box: Rect, inner: Point, outer: Point) -> Point:
    """Return where a stroke from inside a box leaves it."""
    (x, y), (toward_x, toward_y) = inner, outer
    if toward_y == y:
        return (box.right if toward_x > x else box.left), y
    return x, (box.bottom if toward_y > y else box.top)

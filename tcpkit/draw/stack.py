"""Place labels so that none stands in another's way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """Where a label stands, and the stroke that leads from it to its part."""

    left: float
    right: float
    stroke: float

    def is_clear_of(self, other: Place, space: float) -> bool:
        """Say whether two labels may share a line."""
        return self.right + space <= other.left or other.right + space <= self.left


def stack(places: Sequence[Place], space: float) -> list[list[int]]:
    """Return which labels share a line, the line nearest to the parts first.

    The strokes of labels further out come down through a line, so a label
    may stand there only where none of them does.

    >>> stack([Place(0, 100, 0), Place(50, 70, 50), Place(90, 120, 90)], 10)
    [[2, 1], [0]]
    """
    waiting = sorted(range(len(places)), key=lambda number: -places[number].left)
    lines = []
    while waiting:
        line: list[int] = []
        for number in waiting:
            place = places[number]
            passing = [places[other].stroke for other in waiting if other != number and other not in line]
            is_crossed = any(place.left <= stroke < place.right + space for stroke in passing)
            if not is_crossed and all(place.is_clear_of(places[other], space) for other in line):
                line.append(number)
        line = line or waiting[:1]  # two that cross each other: one has to
        lines.append(line)
        waiting = [number for number in waiting if number not in line]
    return lines

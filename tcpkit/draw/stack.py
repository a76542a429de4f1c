"""Place labels so that none stands in another's way."""

from __future__ import annotations

from collections.abc import Sequence


def stack(places: Sequence[tuple[float, float]], space: float) -> list[list[int]]:
    """Return which labels share a line, the line nearest to the text first.

    A place is where a label begins, and its width. The further right a label
    begins, the nearer it stands: a stroke from any label straight to the text
    then passes left of all that are nearer.

    >>> stack([(0, 100), (50, 20), (90, 30)], 10)
    [[2, 1], [0]]
    """
    lines: list[list[int]] = []
    for number in sorted(range(len(places)), key=lambda number: -places[number][0]):
        end = sum(places[number])
        line = len(lines)
        while line and all(end + space <= places[other][0] for other in lines[line - 1]):
            line -= 1
        if line == len(lines):
            lines.append([])
        lines[line].append(number)
    return lines

"""The ways from state to state that a table tells, ready to be drawn.

Some events lead from nearly every state to the same one (an RST ends any
connection). They are told once, and the states where they count are marked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

Table = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Way:
    """All that leads from one state to another; `steps` are the numbers under which a path goes it."""

    source: str
    target: str
    events: tuple[str, ...]
    steps: tuple[int, ...] = ()

    @property
    def words(self) -> str:
        return in_words(self.events)


@dataclass(frozen=True)
class Ways:
    """A table of states, and the path of one connection through it."""

    states: tuple[str, ...]
    ways: tuple[Way, ...]  # to be drawn as arrows
    ends: tuple[Way, ...]  # those of marked states, told once
    path: tuple[str, ...]

    @property
    def end_words(self) -> str:
        """Return what is told once: the events, and where they lead; "" if there are none."""
        return f"{self.ends[0].words}: {self.ends[0].target}" if self.ends else ""


def in_words(events: Sequence[str]) -> str:
    """Return events as one says them.

    >>> in_words(("abort", "RST comes", "time runs out"))
    'abort, RST comes or time runs out'
    """
    *more, last = events
    return f"{', '.join(more)} or {last}" if more else last


def read_table(table: Table, path: Sequence[str] = ()) -> Ways:
    """Return the ways of a table, in its order, and those that the path goes.

    Raises `ValueError` if the path goes where the table knows no way.
    """
    rows = {str(state): {str(event): str(to) for event, to in row.items()} for state, row in table.items()}
    states = tuple(dict.fromkeys([*rows, *(to for row in rows.values() for to in row.values())]))
    path = tuple(map(str, path))
    steps: dict[tuple[str, str], list[int]] = {}
    for number, step in enumerate(pairwise(path), 1):
        steps.setdefault(step, []).append(number)
    ways: list[Way] = []
    ends: list[Way] = []
    shared = _shared(rows)
    for state, row in rows.items():
        once = shared if shared.items() < row.items() else {}  # one with no other way out gets an arrow
        for to in dict.fromkeys(row.values()):
            for kind, is_end in ((ways, False), (ends, True)):
                events = tuple(event for event in row if row[event] == to and (event in once) is is_end)
                if events:
                    kind.append(Way(state, to, events, tuple(steps.get((state, to), ()))))
    known = {(way.source, way.target) for way in ways + ends}
    for step in steps:
        if step not in known:
            raise ValueError(f"The path goes from {step[0]} to {step[1]}, but no row of the table leads there.")
    return Ways(states, tuple(ways), tuple(ends), path)


def _shared(rows: Table) -> dict[str, str]:
    """Return the events that lead from more than half of the states to the same one."""
    counts: dict[tuple[str, str], int] = {}
    for row in rows.values():
        for each in row.items():
            counts[each] = counts.get(each, 0) + 1
    often = [each for each, count in counts.items() if 2 * count > len(rows)]
    target = often[0][1] if often else ""
    return {event: to for event, to in often if to == target}

"""Read a table of states: its transitions, ready to be drawn as arrows.

Some events lead from nearly every state to the same one (an RST ends any
connection). They are told once, and the states that have them are marked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

Table = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Transition:
    """All events that lead from one state to another; `steps` number the path's steps along it."""

    source: str
    target: str
    events: tuple[str, ...]
    steps: tuple[int, ...] = ()

    @property
    def words(self) -> str:
        return in_words(self.events)

    @property
    def numbered(self) -> str:
        """Return the words, the steps of the path before them."""
        return " ".join([*map(str, self.steps), self.words])


@dataclass(frozen=True)
class StateTable:
    """A table of states, and the path of one connection through it."""

    states: tuple[str, ...]
    arrows: tuple[Transition, ...]
    ends: tuple[Transition, ...]  # those that nearly every state has
    path: tuple[str, ...]

    @property
    def end(self) -> Transition | None:
        """Return what is told once for all the ends, if there are any."""
        steps = tuple(number for each in self.ends for number in each.steps)
        return replace(self.ends[0], source="*", steps=steps) if self.ends else None


def in_words(events: Sequence[str]) -> str:
    """Return events as one says them.

    >>> in_words(("abort", "RST comes", "time runs out"))
    'abort, RST comes or time runs out'
    """
    *more, last = events
    return f"{', '.join(more)} or {last}" if more else last


def read_table(table: Table, path: Sequence[str] = ()) -> StateTable:
    """Return the transitions of a table, in its order, with the steps of the path.

    Raises `ValueError` for a step of the path that the table does not have.
    """
    rows = {str(state): {str(event): str(to) for event, to in row.items()} for state, row in table.items()}
    states = tuple(dict.fromkeys([*rows, *(to for row in rows.values() for to in row.values())]))
    path = tuple(map(str, path))
    steps: dict[tuple[str, str], tuple[int, ...]] = {}
    for number, step in enumerate(pairwise(path), 1):
        steps[step] = (*steps.get(step, ()), number)
    arrows: list[Transition] = []
    ends: list[Transition] = []
    shared = _shared(rows)
    for state, row in rows.items():
        once = shared if shared.items() < row.items() else {}  # a state with no other way out gets an arrow
        for to in dict.fromkeys(row.values()):
            for found, is_end in ((arrows, False), (ends, True)):
                events = tuple(event for event in row if row[event] == to and (event in once) is is_end)
                if events:
                    found.append(Transition(state, to, events, steps.pop((state, to), ())))
    for source, target in steps:
        raise ValueError(f"The path goes from {source} to {target}, but no row of the table leads there.")
    return StateTable(states, tuple(arrows), tuple(ends), path)


def _shared(rows: Table) -> dict[str, str]:
    """Return the events that lead from more than half of the states to the same one."""
    counts = Counter(each for row in rows.values() for each in row.items())
    often = [each for each, count in counts.items() if 2 * count > len(rows)]
    return {event: to for event, to in often if to == often[0][1]}

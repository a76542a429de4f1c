"""The diagram of states, drawn from the table that a connection moves by.

A transition of RFC 9293's figure is an arrow as in the figure; any other is a
straight dashed arrow, and the legend says what it means. Events that nearly
every state has are told once, and the states that have them carry a dot.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from textwrap import wrap

from tcpkit.draw.layout import DASHED, LINE, SIGN, THICK, Box, Meaning, Point, arrow, frame, legend, rows
from tcpkit.draw.picture import Picture
from tcpkit.draw.state_places import BELOW, BOX, COURSES, LEFT, MIDDLE, PLACES, RIGHT, WIDTH
from tcpkit.draw.state_table import StateTable, Table, Transition, in_words, read_table
from tcpkit.draw.svg import label, rect

MARGIN = 16
ROW = 100  # px from one row of boxes to the next
ASIDE = 8  # px from the middle of a box to its dashed arrows, right and down: some others run through the middle


def states(transitions: Table, lit: Sequence[str] = ()) -> Picture:
    """Draw a table of states: a box each, an arrow for what follows what.

    `transitions` says, by state and event, the state that follows. `lit` is
    the path of a connection, state by state: its steps are numbered, and the
    state in which it is now is filled.
    """
    table = read_table(transitions, lit)
    boxes = _boxes(table)
    usual = [each for each in table.arrows if (each.source, _target(each)) in COURSES]
    others = [each for each in table.arrows if each not in usual]
    # What is drawn later covers what is below: boxes cover the dashed arrows, and lit arrows the others.
    shapes = [mark for each in others for mark in _dashed(each, boxes)]
    shapes += [mark for each in sorted(usual, key=lambda each: bool(each.steps)) for mark in _as_in_figure(each)]
    shapes += [mark for name, box in boxes.items() for mark in _state(table, name, box)]
    bottom = max((box.bottom for box in boxes.values()), default=0)
    if meanings := _meanings(table, others):
        signs, bottom = legend(meanings, MARGIN, bottom + MARGIN, WIDTH - MARGIN)
        shapes += signs
    return frame("States of a connection", _alt(table), _text(table), (WIDTH, bottom + MARGIN), shapes)


def _alt(table: StateTable) -> str:
    """Return in some sentences what the picture shows."""
    said = "; ".join(f"{each.source} to {each.target}: {each.words}" for each in table.arrows)
    if table.end:
        said += f". From {in_words([each.source for each in table.ends])}, {table.end.words}: {table.end.target}"
    lit = f" Lit: {', '.join(table.path)}." if table.path else ""
    return f"Diagram of {len(table.states)} states. {said}.{lit}"


def _text(table: StateTable) -> str:
    """List the transitions of each state, with the path's steps before them."""
    marked = {each.source for each in table.ends}
    lines = []
    for state in table.states:
        name = f"{state}{' *' if state in marked else ''}"
        out = [each for each in table.arrows if each.source == state]
        lines += [(each, "" if number else name) for number, each in enumerate(out)] or [(None, name)]
    lines += [(table.end, "*")] if table.end else []
    wide = max(map(len, table.states), default=0) + 2
    return "\n".join(_text_line(each, f"{name:{wide}}") for each, name in lines)


def _text_line(each: Transition | None, name: str) -> str:
    steps, words = (",".join(map(str, each.steps)), f"{each.words} -> {each.target}") if each else ("", "")
    return f"{steps:>4}  {name}  {words}".rstrip()


# In SVG.


def _boxes(table: StateTable) -> dict[str, Box]:
    """Return the box of each state; states of other names get rows of their own below."""
    places = {name: place for name, place in PLACES.items() if name in table.states}
    if any(_target(each) == BELOW for each in (*table.arrows, *table.ends)):
        places[BELOW] = PLACES[BELOW]
    bottom = max((y for _, y in places.values()), default=MARGIN + BOX[1] / 2 - ROW)
    for number, name in enumerate(name for name in table.states if name not in PLACES):
        places[name] = ((LEFT, MIDDLE, RIGHT)[number % 3], bottom + ROW * (1 + number // 3))
    return {name: Box(x - BOX[0] / 2, y - BOX[1] / 2, *BOX) for name, (x, y) in places.items()}


def _target(each: Transition) -> str:
    """Return the box to which an arrow leads: of the two CLOSED, the nearer."""
    is_far = each.target == "CLOSED" and (each.source, each.target) not in COURSES and each.source != "CLOSED"
    return BELOW if is_far else each.target


def _as_in_figure(each: Transition) -> list[str]:
    """Return an arrow of the RFC's figure, with its label."""
    course = COURSES[each.source, _target(each)]
    lines = wrap(each.numbered, course.wide, break_on_hyphens=False)
    x, y = course.label
    words = [label(x, at, line, "lit" if each.steps else "soft", course.anchor) for at, line in rows(lines, y, LINE)]
    return _arrow(each, course.points) + words


def _dashed(each: Transition, boxes: dict[str, Box]) -> list[str]:
    """Return a straight arrow from inside a box to the border of another, or a loop."""
    start, end = boxes[each.source], boxes[_target(each)]
    (x1, y1), (x2, y2) = ((x + ASIDE, y + ASIDE) for x, y in (start.centre, end.centre))
    if start == end:
        out, top = start.right + 12, start.top + ASIDE
        return _arrow(each, [(x1, y1), (out, y1), (out, top), (start.right, top)], DASHED)
    return _arrow(each, [(x1, y1), end.border((x2, y2), (x1, y1))], DASHED)


def _arrow(each: Transition, points: Sequence[Point], more: str = "") -> list[str]:
    return arrow(points, "lit", more + THICK) if each.steps else arrow(points, "ink", more)


def _state(table: StateTable, name: str, box: Box) -> list[str]:
    """Return a box with its name, and with a dot if what is told once counts for it."""
    steps = [_target(Transition(before, after, ())) for before, after in pairwise(table.path)]
    visited = [*table.path[:1], *steps]
    frame_css, words_css, more = "sheet", "ink", ""
    if visited and name == visited[-1]:
        frame_css, words_css = "lit", "ground"
    elif name in visited:
        frame_css, words_css, more = "lit-frame", "lit", THICK
    marks = [box.drawn(frame_css, 4, more), box.title("CLOSED" if name == BELOW else name, words_css)]
    for end in (each for each in table.ends if each.source == name):
        marks += _dot(end, box.right - 10 - SIGN / 2, box.top - SIGN / 2)
        if end.steps:
            marks.append(label(box.right - 18, box.top - 4, " ".join(map(str, end.steps)), "lit", "end"))
    return marks


def _meanings(table: StateTable, others: Sequence[Transition]) -> list[Meaning]:
    """Return what the dot and the dashed arrows mean."""
    said = [(each, partial(_dash, each), f"{each.source} to {each.target}: {each.words}") for each in others]
    if end := table.end:
        said.insert(0, (end, partial(_dot, end), f"{end.words}: {end.target}"))
    return [
        Meaning(sign, " ".join([*map(str, each.steps), words]), "lit" if each.steps else "soft")
        for each, sign, words in said
    ]


def _dash(each: Transition, x: float, y: float) -> list[str]:
    return _arrow(each, [(x, y + SIGN / 2), (x + SIGN, y + SIGN / 2)], DASHED)


def _dot(each: Transition, x: float, y: float) -> list[str]:
    """Return a dot in the middle of a sign's square."""
    return [rect(x + SIGN / 2 - 4, y + SIGN / 2 - 4, 8, 8, "lit" if each.steps else "ink", 4)]

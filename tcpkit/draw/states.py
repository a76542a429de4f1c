"""The diagram of states, drawn from the table that a connection moves by.

Each row of the table is an arrow, except those that nearly every state has:
they are told once, and the states where they count carry a dot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from tcpkit.draw.detour import Point, Rect, detour, stroke
from tcpkit.draw.figure5 import BELOW, BOX, COURSES, LEFT, MIDDLE, PLACES, RIGHT, WIDTH
from tcpkit.draw.picture import Picture
from tcpkit.draw.svg import LETTER, bent, document, label, mono, path, rect
from tcpkit.draw.ways import Table, Way, Ways, in_words, read_table

MARGIN = 16
LINE = 18  # from one line of a label to the next
ROW = 100  # from one row of boxes to the next
WIDE = 12  # letters in a line of a label that stands nowhere yet
BEND = 8  # radius of an arrow's bends
HEAD = 9  # length of an arrow's head
SHARES = (0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8, 0.1, 0.9)  # of a stroke, where a label may stand


def states(transitions: Table, lit: Sequence[str] = ()) -> Picture:
    """Draw a table of states: a box each, an arrow for what follows what.

    `transitions` says, by state and event, the state that follows. `lit` is
    the path of a connection, state by state: its steps are numbered, and the
    state in which it stands is filled.
    """
    ways = read_table(transitions, lit)
    alt = _alt(ways)
    return Picture(_svg(ways, alt), alt, _text(ways))


def _alt(ways: Ways) -> str:
    """Say in some sentences what the picture shows."""
    arrows = "; ".join(f"{way.source} to {way.target}: {way.words}" for way in ways.ways)
    ends = f" From {in_words([way.source for way in ways.ends])}, {ways.end_words}." if ways.ends else ""
    lit = f" Lit: {', '.join(ways.path)}." if ways.path else ""
    return f"Diagram of {len(ways.states)} states. {arrows}.{ends}{lit}"


# In text.


def _text(ways: Ways) -> str:
    """List the ways out of each state; the path's steps stand before them."""
    wide = max(map(len, ways.states), default=0)
    marked = {way.source: way for way in ways.ends}
    lines = []
    for state in ways.states:
        out = [way for way in ways.ways if way.source == state]
        name = f"{state}{' *' if state in marked else ''}"
        for way in out or [None]:
            step = ",".join(map(str, way.steps)) if way else ""
            lines.append(f"{step:>4}  {name:{wide + 2}}  {f'{way.words} -> {way.target}' if way else ''}".rstrip())
            name = ""
    if ways.ends:
        step = ",".join(str(number) for way in ways.ends for number in _steps_of_end(ways, way))
        lines.append(f"{step:>4}  {'*':{wide + 2}}  {ways.ends[0].words} -> {ways.ends[0].target}")
    return "\n".join(lines)


def _steps_of_end(ways: Ways, end: Way) -> tuple[int, ...]:
    """Return the steps that no arrow of the same two states shows."""
    return () if any((way.source, way.target) == (end.source, end.target) for way in ways.ways) else end.steps


# In SVG.


@dataclass(frozen=True)
class Arrow:
    """A way with its strokes, and its label in lines."""

    way: Way
    points: tuple[Point, ...]
    lines: tuple[str, ...]
    at: Point  # of the label's first line
    anchor: str

    @property
    def room(self) -> Rect:
        """Return the room that the label takes, amply."""
        width = LETTER * max(map(len, self.lines))
        left = self.at[0] - {"middle": width / 2, "end": width}.get(self.anchor, 0)
        return Rect(left, self.at[1] - 16, left + width, self.at[1] + LINE * (len(self.lines) - 1) + 8)


def _svg(ways: Ways, alt: str) -> str:
    places = _places(ways)
    boxes = {name: Rect.around(place, BOX) for name, place in places.items()}
    bottom = max((box.bottom for box in boxes.values()), default=0)
    arrows = _arrows(ways, boxes, bottom + 2 * MARGIN)
    body = [mark for arrow in sorted(arrows, key=lambda each: bool(each.way.steps)) for mark in _drawn(arrow)]
    body += [mark for name in boxes for mark in _state(ways, name, boxes[name])]
    height = bottom + MARGIN
    if ways.ends:
        body += _legend(ways, height + LINE)
        height += LINE + MARGIN
    return document(WIDTH, height, "States of a connection", alt, body)


def _places(ways: Ways) -> dict[str, Point]:
    """Return where each box stands; states of other names get rows of their own below."""
    places = {name: place for name, place in PLACES.items() if name in ways.states}
    if any(_target(way) == BELOW for way in (*ways.ways, *ways.ends)):
        places[BELOW] = PLACES[BELOW]
    bottom = max((y for _, y in places.values()), default=MARGIN + BOX[1] / 2 - ROW)
    for number, name in enumerate(name for name in ways.states if name not in PLACES):
        places[name] = ((LEFT, MIDDLE, RIGHT)[number % 3], bottom + ROW * (1 + number // 3))
    return places


def _target(way: Way) -> str:
    """Return the box to which a way leads: of the two CLOSED, the nearer."""
    is_far = way.target == "CLOSED" and (way.source, way.target) not in COURSES and way.source != "CLOSED"
    return BELOW if is_far else way.target


def _arrows(ways: Ways, boxes: dict[str, Rect], height: float) -> list[Arrow]:
    """Lay the arrows: those of the RFC's figure as they run there, then the others around them."""
    arrows: list[Arrow] = []
    others = []
    for way in ways.ways:
        if course := COURSES.get((way.source, _target(way))):
            arrows.append(Arrow(way, course.points, _wrapped(way, course.wide), course.label, course.anchor))
        else:
            others.append(way)
    for way in others:
        laid = [arrow.points for arrow in arrows], [arrow.room for arrow in arrows]
        start, end = boxes[way.source], boxes[_target(way)]
        points = detour(start, end, boxes.values(), *laid, (WIDTH, height)) if start != end else _loop(start)
        strokes = [stroke(*ends, 11) for line in laid[0] for ends in pairwise(line)]
        arrows.append(_labelled(way, points, ([*boxes.values()], laid[1], strokes)))
    return arrows


def _wrapped(way: Way, wide: int) -> tuple[str, ...]:
    """Return the words of an arrow in lines, the steps of the path before them."""
    lines = [""]
    for word in [*map(str, way.steps), *way.words.split()]:
        if lines[-1] and len(f"{lines[-1]} {word}") > wide:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return tuple(lines)


def _labelled(way: Way, points: Sequence[Point], taken: Sequence[Sequence[Rect]]) -> Arrow:
    """Return an arrow with its label beside its longest strokes, where there is room."""
    lines = _wrapped(way, WIDE)
    spots = []
    for (x1, y1), (x2, y2) in sorted(
        pairwise(points), key=lambda ends: -abs(ends[0][0] - ends[1][0]) - abs(ends[0][1] - ends[1][1])
    ):
        for share in SHARES:
            x, y = x1 + (x2 - x1) * share, y1 + (y2 - y1) * share
            if y1 == y2:
                spots += [((x, y - 7 - LINE * (len(lines) - 1)), "middle"), ((x, y + LINE), "middle")]
            else:
                spots += [((x + 8, y), "start"), ((x - 8, y), "end")]
    arrows = [Arrow(way, tuple(points), lines, at, anchor) for at, anchor in spots]
    return min(arrows, key=lambda arrow: _trouble(arrow.room, taken))


def _trouble(room: Rect, taken: Sequence[Sequence[Rect]]) -> tuple[int, ...]:
    """Return how badly a label stands: over the edge, on how many boxes, labels and arrows."""
    is_off = room.left < 0 or room.right > WIDTH or room.top < 0
    return is_off, *(sum(room.overlaps(other) for other in others) for others in taken)


def _loop(box: Rect) -> tuple[Point, ...]:
    """Return an arrow from a box to itself."""
    y = (box.top + box.bottom) / 2
    return (box.right, y - 7), (box.right + 12, y - 7), (box.right + 12, y + 7), (box.right, y + 7)


def _drawn(arrow: Arrow) -> list[str]:
    """Return the strokes, the head and the label of an arrow."""
    line, head, words = ("lit-line", "lit", "lit") if arrow.way.steps else ("line", "ink", "soft")
    (x1, y1), (x2, y2) = arrow.points[-2:]
    ahead_x, ahead_y = (x2 > x1) - (x2 < x1), (y2 > y1) - (y2 < y1)
    base = x2 - HEAD * ahead_x, y2 - HEAD * ahead_y
    corners = [(base[0] + 4 * ahead_y * side, base[1] + 4 * ahead_x * side) for side in (1, -1)]
    wide = ' stroke-width="2"' if arrow.way.steps else ""
    return [
        bent([*arrow.points[:-1], base], line, BEND, wide),
        path([(x2, y2), *corners], head, close=True),
        *(
            label(arrow.at[0], arrow.at[1] + LINE * number, words_of_line, words, arrow.anchor)
            for number, words_of_line in enumerate(arrow.lines)
        ),
    ]


def _state(ways: Ways, name: str, box: Rect) -> list[str]:
    """Return a box with its name; with a dot, if the legend counts for it."""
    visited = _visited(ways.path)
    frame, words, wide = "sheet", "ink", ""
    if visited and name == visited[-1]:
        frame, words = "lit", "ground"
    elif name in visited:
        frame, words, wide = "lit-frame", "lit", ' stroke-width="2"'
    x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    state = "CLOSED" if name == BELOW else name
    marks = [rect(box.left, box.top, *BOX, frame, 4, wide), mono(x, y + 5, state, words, "middle")]
    for end in (way for way in ways.ends if way.source == name):
        steps = _steps_of_end(ways, end)
        marks.append(_dot(box.right - 10, box.top, "lit" if steps else "ink"))
        marks += [label(box.right - 18, box.top - 4, " ".join(map(str, steps)), "lit", "end")] if steps else []
    return marks


def _visited(path: Sequence[str]) -> list[str]:
    """Return the boxes through which a path goes."""
    return [*path[:1], *(_target(Way(before, after, ())) for before, after in pairwise(path))]


def _dot(x: float, y: float, css: str) -> str:
    return rect(x - 4, y - 4, 8, 8, css, 4)


def _legend(ways: Ways, y: float) -> list[str]:
    """Return what the dot means."""
    steps = [str(number) for way in ways.ends for number in _steps_of_end(ways, way)]
    css = "lit" if steps else "soft"
    return [
        _dot(MARGIN + 4, y - 5, "lit" if steps else "ink"),
        label(MARGIN + 16, y, " ".join([*steps, ways.end_words]), css),
    ]

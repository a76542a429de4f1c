"""The diagram of states, read back from its SVG: it has exactly the rows of its table."""

import re
from dataclasses import dataclass
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from reading_svg import LEAST, boxes, overlapping, root, shapes, size_on_a_phone, words

from tcpkit.draw import states
from tcpkit.draw.ways import read_table
from tcpkit.stack.states import TRANSITIONS, Event, State

ENDS = "abort, RST comes or time runs out"
PLAIN = states(TRANSITIONS)
DIALLED = [State.CLOSED, State.SYN_SENT, State.ESTABLISHED, State.FIN_WAIT_1, State.FIN_WAIT_2, State.TIME_WAIT]
LIT = states(TRANSITIONS, [*DIALLED, State.CLOSED])
RESET = states(TRANSITIONS, [State.CLOSED, State.LISTEN, State.SYN_RECEIVED, State.ESTABLISHED, State.CLOSED])


def changed(**rows):
    """Return the table with other rows: changed(LISTEN={...})."""
    table = {str(state): dict(row) for state, row in TRANSITIONS.items()}
    return table | {name.replace("_", "-"): row for name, row in rows.items()}


ENDED = dict.fromkeys(("abort", "RST comes", "time runs out"), "CLOSED")
WRONG = changed(
    ESTABLISHED={"FIN comes": "FIN-WAIT-2", "close": "FIN-WAIT-1", **ENDED},
    LAST_ACK={"ACK of our FIN comes": "SYN-SENT", **ENDED},
    CLOSED={"knock": "WAITING", "active open": "SYN-SENT"},
    WAITING={"patience ends": "TIME-WAIT", **ENDED},
)


# Reading it back.


@dataclass(frozen=True)
class Frame:
    name: str
    css: frozenset
    left: float
    top: float
    right: float
    bottom: float

    def has_on_its_border(self, x, y):
        inside = self.left <= x <= self.right and self.top <= y <= self.bottom
        return inside and (x in (self.left, self.right) or y in (self.top, self.bottom))

    def is_crossed_by(self, one, other):
        (x1, y1), (x2, y2) = one, other
        across = min(x1, x2) < self.right and max(x1, x2) > self.left
        return across and min(y1, y2) < self.bottom and max(y1, y2) > self.top


def attributes(shape):
    return [float(shape.get(name)) for name in ("x", "y", "width", "height")]


def frames(picture):
    """Return the boxes with the names in them."""
    names = [box for box in boxes(picture) if "mono" in box.css]
    found = []
    for css in ("sheet", "lit-frame", "lit"):
        for shape in shapes(picture, "rect", css):
            x, y, width, height = attributes(shape)
            if width > 20:
                (name,) = [
                    box.words for box in names if x < box.left and box.right < x + width and y < box.y < y + height
                ]
                found.append(Frame(name, frozenset([css]), x, y, x + width, y + height))
    assert len(found) == len(names)
    return found


def dots(picture):
    """Return the states that carry a dot; the dot of the legend is left out."""
    small = [attributes(shape) for shape in shapes(picture, "rect") if float(shape.get("width")) == 8]
    on_frames = [frame.name for frame in frames(picture) for x, y, *_ in small if frame.has_on_its_border(x + 4, y + 4)]
    assert len(small) == len(on_frames) + bool(on_frames)
    return on_frames


def corners(shape):
    """Return the corners of an arrow, its rounded bends as if they were sharp."""
    steps = re.findall(r"([MLQ])([-\d. ]+)", shape.get("d"))
    numbers = [(letter, [float(number) for number in place.split()]) for letter, place in steps]
    bends = [tuple(place[:2]) for letter, place in numbers if letter == "Q"]
    return [tuple(numbers[0][1]), *bends, tuple(numbers[-1][1])]


def heads(picture):
    """Return the tips of all heads, by the middle of their base."""
    found = {}
    for shape in [*shapes(picture, "path", "ink"), *shapes(picture, "path", "lit")]:
        tip, one, other = [tuple(map(float, step.split())) for step in shape.get("d").strip("MZ").split("L")]
        found[(one[0] + other[0]) / 2, (one[1] + other[1]) / 2] = tip
    return found


@dataclass(frozen=True)
class Arrow:
    source: str
    target: str
    points: tuple
    is_lit: bool


def arrows(picture):
    """Return the arrows: from the box on whose border they begin to that which their head touches."""
    there, tips, found = frames(picture), heads(picture), []
    for css in ("line", "lit-line"):
        for shape in shapes(picture, "path", css):
            *points, base = corners(shape)
            points.append(tips.pop(base))
            (source,) = [frame.name for frame in there if frame.has_on_its_border(*points[0])]
            (target,) = [frame.name for frame in there if frame.has_on_its_border(*points[-1])]
            found.append(Arrow(source, target, tuple(points), css == "lit-line"))
    assert not tips
    return found


def labels(picture):
    """Return the words beside arrows, lines that stand together as one, with the room of each line."""
    left = [box for box in boxes(picture) if "mono" not in box.css and ": " not in box.words]
    left = sorted((box for box in left if not box.words.isdigit()), key=lambda box: box.y)
    found = []
    for box in left:
        anchors = {box.left, box.right, (box.left + box.right) / 2}
        for lines in found:
            last = lines[-1]
            if box.y - last.y == 18 and anchors & {last.left, last.right, (last.left + last.right) / 2}:
                lines.append(box)
                break
        else:
            found.append([box])
    return found


def distance(line, one, other):
    """Return how far the room of a line of text is from a stroke."""
    (x1, y1), (x2, y2) = one, other
    across = max(line.left - max(x1, x2), min(x1, x2) - line.right, 0)
    down = max(line.y - 12 - max(y1, y2), min(y1, y2) - line.y - 4, 0)
    return max(across, down)


def nearest(lines, found):
    return min(found, key=lambda arrow: min(distance(line, *ends) for line in lines for ends in pairwise(arrow.points)))


def rows(picture):
    """Return the table as a reader of the picture would write it down: arrow and label, dot and legend."""
    found, table = arrows(picture), []
    for lines in labels(picture):
        arrow = nearest(lines, found)
        said = re.sub(r"^[\d ]+(?=\D)", "", " ".join(line.words for line in lines))
        table.append((arrow.source, arrow.target, said))
    assert len(table) == len(found), "a label for each arrow"
    legend = [said for said in words(picture) if ": " in said]
    for name in dots(picture):
        said, target = re.sub(r"^[\d ]+", "", legend[0]).split(": ")
        table.append((name, target, said))
    return sorted((source, event, target) for source, target, said in table for event in re.split(", | or ", said))


def table_rows(table):
    return sorted((str(state), str(event), str(to)) for state, row in table.items() for event, to in row.items())


# What it shows.


@pytest.mark.parametrize("picture", [PLAIN, LIT, RESET])
def test_it_has_exactly_the_rows_of_the_table(picture):
    assert rows(picture) == table_rows(TRANSITIONS)


def test_it_has_all_states_and_closed_at_both_ends():
    assert sorted(frame.name for frame in frames(PLAIN)) == sorted([*State, "CLOSED"])


def test_what_ends_nearly_every_state_is_told_once():
    assert words(PLAIN).count(f"{ENDS}: CLOSED") == 1
    assert set(dots(PLAIN)) == set(State) - {State.CLOSED, State.LISTEN, State.TIME_WAIT}


@pytest.mark.parametrize("gone", [(State.FIN_WAIT_1, Event.FIN), (State.CLOSED, Event.PASSIVE_OPEN)])
def test_a_row_that_is_missing_is_missing_in_the_picture(gone):
    state, event = gone
    table = {each: {key: to for key, to in row.items() if (each, key) != gone} for each, row in TRANSITIONS.items()}
    seen = rows(states(table))
    assert seen == table_rows(table)
    assert (state, event, TRANSITIONS[state][event]) not in seen


def test_a_state_without_one_of_the_ends_gets_arrows_for_the_others():
    table = changed(CLOSE_WAIT={"close": "LAST-ACK", "abort": "CLOSED", "time runs out": "CLOSED"})
    picture = states(table)
    assert rows(picture) == table_rows(table)
    assert "CLOSE-WAIT" not in dots(picture)


def test_a_wrong_table_shows_as_it_is():
    picture, ways = states(WRONG), read_table(WRONG)
    assert sorted((arrow.source, arrow.target) for arrow in arrows(picture)) == sorted(
        (way.source, way.target) for way in ways.ways
    )
    said = sorted(" ".join(line.words for line in lines) for lines in labels(picture))
    assert said == sorted(way.words for way in ways.ways)
    assert set(dots(picture)) == {way.source for way in ways.ends}


names = st.sampled_from([*map(str, State), "WAITING"])


@hypothesis_settings(max_examples=15, deadline=None)
@given(st.dictionaries(st.tuples(names, st.sampled_from(["a", "b", "FIN comes"])), names, max_size=5))
def test_any_table_can_be_drawn(changes):
    table = changed()
    for (state, event), to in changes.items():
        table[state] = table.get(state, {}) | {event: to}
    picture = states(table)
    seen = [(arrow.source, arrow.target) for arrow in arrows(picture)]
    assert sorted(seen) == sorted((way.source, way.target) for way in read_table(table).ways)
    assert not crossed(picture)


def test_only_one_end_is_told_once():
    """Two events that nearly every state has, but that lead to different ones, are not told in one breath."""
    table = {name: {"give up": "CLOSED", "begin anew": "LISTEN", name: "SYN-SENT"} for name in ("CLOSING", "LAST-ACK")}
    picture = states(table)
    assert {(way.source, way.target) for way in read_table(table).ends} == {
        ("CLOSING", "CLOSED"),
        ("LAST-ACK", "CLOSED"),
    }
    assert {arrow.target for arrow in arrows(picture)} == {"LISTEN", "SYN-SENT"}


@pytest.mark.parametrize("table", [{}, {"CLOSED": {}}, {"here": {"go": "there"}, "there": {}}, {"x": {"again": "x"}}])
def test_small_tables(table):
    assert rows(states(table)) == table_rows(table)


# How it stands.


def crossed(picture):
    """Return the boxes through which an arrow runs."""
    return [
        (arrow, frame.name)
        for arrow in arrows(picture)
        for frame in frames(picture)
        for ends in pairwise(arrow.points)
        if frame.is_crossed_by(*ends)
    ]


ALL = [PLAIN, LIT, RESET, states(WRONG)]


@pytest.mark.parametrize("picture", ALL)
def test_no_arrow_crosses_a_box(picture):
    assert crossed(picture) == []


@pytest.mark.parametrize("picture", ALL)
def test_no_two_arrows_run_along_each_other(picture):
    lines = [(arrow, *ends) for arrow in arrows(picture) for ends in pairwise(arrow.points)]
    for (one, a, b), (other, c, d) in combinations(lines, 2):
        for axis in (0, 1):
            is_parallel = a[axis] == b[axis] and c[axis] == d[axis] and abs(a[axis] - c[axis]) < 5
            low, high = sorted((a[1 - axis], b[1 - axis])), sorted((c[1 - axis], d[1 - axis]))
            assert one is other or not (is_parallel and low[0] < high[1] and high[0] < low[1]), (one, other)


@pytest.mark.parametrize("picture", [PLAIN, LIT, RESET])
def test_labels_collide_with_nothing(picture):
    lines = [line for label in labels(picture) for line in label]
    assert overlapping(boxes(picture)) == []
    for line in lines:
        for frame in frames(picture):
            apart = line.right < frame.left or frame.right < line.left
            assert apart or line.y < frame.top or frame.bottom < line.y - 12, (line, frame)
        for arrow in arrows(picture):
            assert all(distance(line, *ends) > 0 for ends in pairwise(arrow.points)), (line, arrow)


@pytest.mark.parametrize("picture", [PLAIN, LIT, RESET])
def test_each_label_stands_by_its_arrow_and_clearly_nearer_than_to_others(picture):
    found = arrows(picture)
    for lines in labels(picture):
        far = sorted(min(distance(line, *ends) for line in lines for ends in pairwise(arrow.points)) for arrow in found)
        assert far[0] <= 10
        assert far[1] > far[0]


@pytest.mark.parametrize("picture", ALL)
def test_all_of_it_is_on_the_paper(picture):
    width, height = float(root(picture).get("width")), float(root(picture).get("height"))
    places = [point for arrow in arrows(picture) for point in arrow.points]
    assert all(0 <= x <= width and 0 <= y <= height for x, y in places)
    assert all(box.left >= 0 and box.right <= width and 12 < box.y < height - 4 for box in boxes(picture))


def test_it_can_be_read_on_a_phone():
    assert size_on_a_phone(PLAIN) >= LEAST


# The path of a connection.


def lit_arrows(picture):
    return {(arrow.source, arrow.target) for arrow in arrows(picture) if arrow.is_lit}


def test_without_a_path_nothing_is_lit():
    assert "lit" not in {name for shape in root(PLAIN).iter() for name in re.split("[ -]", shape.get("class", ""))}


def test_the_steps_of_a_path_are_lit_and_numbered():
    assert lit_arrows(LIT) == set(pairwise(map(str, [*DIALLED, State.CLOSED])))
    said = [line for line in words(LIT, "lit") if line[0].isdigit()]
    assert sorted(line.split()[0] for line in said) == list("123456")
    assert "1 active open" in said
    assert "2 SYN-ACK comes" in said


def test_the_state_in_which_it_stands_is_filled():
    picture = states(TRANSITIONS, [State.CLOSED, State.LISTEN])
    by_css = {css: [frame.name for frame in frames(picture) if css in frame.css] for css in ("lit", "lit-frame")}
    assert by_css == {"lit": ["LISTEN"], "lit-frame": ["CLOSED"]}
    assert words(picture, "mono", "ground") == ["LISTEN"]


def test_a_path_that_ends_stands_at_the_lower_closed():
    (last,) = [frame for frame in frames(LIT) if "lit" in frame.css]
    assert last.name == "CLOSED"
    assert last.top == max(frame.top for frame in frames(LIT))


def test_a_path_that_nearly_every_state_has_is_lit_at_its_dot_and_in_the_legend():
    assert lit_arrows(RESET) == {
        ("CLOSED", "LISTEN"),
        ("LISTEN", "SYN-RECEIVED"),
        ("SYN-RECEIVED", "ESTABLISHED"),
    }
    assert f"4 {ENDS}: CLOSED" in words(RESET, "lit")
    assert "4" in words(RESET, "lit")
    lit_dots = [attributes(shape) for shape in shapes(RESET, "rect", "lit") if float(shape.get("width")) == 8]
    established = next(frame for frame in frames(RESET) if frame.name == "ESTABLISHED")
    assert any(established.has_on_its_border(x + 4, y + 4) for x, y, *_ in lit_dots)


def test_a_step_taken_twice_has_two_numbers():
    path = [State.CLOSED, State.LISTEN, State.CLOSED, State.LISTEN]
    assert "1 3 passive open" in words(states(TRANSITIONS, path))


def test_a_path_that_the_table_does_not_know_is_refused():
    with pytest.raises(ValueError, match="from CLOSED to ESTABLISHED, but no row"):
        states(TRANSITIONS, [State.CLOSED, State.ESTABLISHED])


# In words.


def test_text_lists_the_rows_and_the_steps():
    lines = repr(RESET).splitlines()
    assert lines[:4] == [
        "   1  CLOSED          passive open -> LISTEN",
        "                      active open -> SYN-SENT",
        "   2  LISTEN          SYN comes -> SYN-RECEIVED",
        "                      close or abort -> CLOSED",
    ]
    assert lines[-1] == f"   4  *               {ENDS} -> CLOSED"
    assert "      ESTABLISHED *   close -> FIN-WAIT-1" in lines
    assert all(len(line) <= 72 for line in lines)


def text_rows(picture):
    """Return the table as a reader of the text would write it down."""
    table, marked, state = [], [], None
    for line in repr(picture).splitlines():
        name, _, way = (part.strip() for part in (line[6:22], "", line[22:]))
        state = name or state
        if name.endswith(" *"):
            marked.append(name.removesuffix(" *"))
        if not way:
            continue
        said, target = way.split(" -> ")
        for each in marked if state == "*" else [state.removesuffix(" *")]:
            table += [(each, event, target) for event in re.split(", | or ", said)]
    return sorted(table)


def test_text_has_exactly_the_rows_of_the_table():
    assert text_rows(PLAIN) == text_rows(LIT) == table_rows(TRANSITIONS)


def test_alt_text_says_it_all():
    assert PLAIN.alt.startswith(
        "Diagram of 11 states. CLOSED to LISTEN: passive open; CLOSED to SYN-SENT: active open;"
    )
    for way in read_table(TRANSITIONS).ways:
        assert f"{way.source} to {way.target}: {way.words}" in PLAIN.alt
    assert PLAIN.alt.endswith(f"CLOSING or LAST-ACK, {ENDS}: CLOSED.")
    assert LIT.alt.endswith(" Lit: CLOSED, SYN-SENT, ESTABLISHED, FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT, CLOSED.")

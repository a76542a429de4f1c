"""The diagram of states, read back from its SVG: it has exactly the rows of its table."""

import re
from dataclasses import dataclass
from itertools import combinations, pairwise
from math import hypot

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from reading_svg import Rect, points, rects, root, shapes, texts, words

from tcpkit.draw import states
from tcpkit.draw.state_table import read_table
from tcpkit.stack.states import TRANSITIONS, State

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
    ESTABLISHED={"FIN comes": "FIN-WAIT-2", "close": "FIN-WAIT-1", "data comes": "ESTABLISHED", **ENDED},
    LAST_ACK={"ACK of our FIN comes": "SYN-SENT", **ENDED},
    CLOSED={"knock": "WAITING", "active open": "SYN-SENT"},
    WAITING={"patience ends": "TIME-WAIT", **ENDED},
)
WITHOUT_AN_END = changed(CLOSE_WAIT={"close": "LAST-ACK", "abort": "CLOSED", "time runs out": "CLOSED"})
WITHOUT_ROWS = changed(CLOSED={"active open": "SYN-SENT"}, FIN_WAIT_1={"ACK of our FIN comes": "FIN-WAIT-2", **ENDED})
SMALL = [{}, {"CLOSED": {}}, {"here": {"go": "there"}, "there": {}}, {"x": {"again": "x"}}]
PICTURES = [PLAIN, LIT, RESET, states(WRONG), states(WRONG, ["CLOSED", "WAITING", "TIME-WAIT", "CLOSED"])]
as_in_figure = pytest.mark.parametrize("picture", [PLAIN, LIT, RESET])


# Reading it back.


@dataclass(frozen=True)
class Arrow:
    source: str
    target: str
    points: tuple
    is_lit: bool
    is_dashed: bool


def frames(picture):
    """Return the boxes by the names in them; the lower CLOSED as that."""
    found = {}
    boxes = [rect for rect in rects(picture) if rect.width > 20]
    for box in sorted(boxes, key=lambda box: box.top):
        (name,) = [text.words for text in texts(picture) if "mono" in text.css and box.holds(text)]
        found[f"lower {name}" if name in found else name] = box
    return found


def is_inside(box: Rect, point):
    return box.left <= point[0] <= box.right and box.top <= point[1] <= box.bottom


def is_on_border(box: Rect, point):
    return is_inside(box, point) and (point[0] in (box.left, box.right) or point[1] in (box.top, box.bottom))


def arrows(picture):
    """Return the arrows: from the box where their stroke begins to the one that their head touches."""
    boxes, found = frames(picture), []
    drawn = shapes(picture, "path")
    for shape, head in zip(drawn[::2], drawn[1::2], strict=True):
        *corners, last = points(shape)
        tip = points(head)[0]
        assert hypot(tip[0] - last[0], tip[1] - last[1]) < 4.2
        is_dashed = shape.get("stroke-dasharray") is not None
        sources = [name for name, box in boxes.items() if (is_inside if is_dashed else is_on_border)(box, corners[0])]
        targets = [name for name, box in boxes.items() if is_on_border(box, tip)]
        if not (is_dashed and sources == targets == []):  # a sign of the legend
            css = shape.get("class")
            found.append(Arrow(*sources, *targets, (*corners, tip), css == "lit-line", is_dashed))
    return found


def named(name):
    return name.removeprefix("lower ")


def dots(picture):
    """Return the states that carry a dot."""
    small = [((rect.left + 4, rect.top + 4), rect) for rect in rects(picture) if rect.width == 8]
    return {named(name): dot.css for name, box in frames(picture).items() for at, dot in small if is_on_border(box, at)}


def sentences(found):
    """Return texts with the lines of one label together."""
    grouped = []
    for text in sorted(found, key=lambda text: text.y):
        anchors = {text.left, text.right, (text.left + text.right) / 2}
        for lines in grouped:
            last = lines[-1]
            if text.y - last.y == 18 and anchors & {last.left, last.right, (last.left + last.right) / 2}:
                lines.append(text)
                break
        else:
            grouped.append([text])
    return grouped


def bottom(picture):
    return max((box.bottom for box in frames(picture).values()), default=0)


def legend(picture):
    """Return the legend's rows: source, target and words; what is told once has no source."""
    found = []
    for lines in sentences(text for text in texts(picture) if text.y > bottom(picture)):
        said = re.sub(r"^[\d ]+", "", " ".join(line.words for line in lines))
        arrow, dot = re.fullmatch(r"(\S+) to (\S+): (.*)", said), re.fullmatch(r"(.*): (\S+)", said)
        found.append(arrow.groups() if arrow else ("", dot[2], dot[1]))
    return found


def labels(picture):
    """Return the words beside arrows, in lines."""
    beside = (text for text in texts(picture) if "mono" not in text.css and text.y < bottom(picture))
    return sentences(text for text in beside if not text.words.isdigit())


def distance(lines, arrow):
    """Return how far the lines of a label are from an arrow."""
    found = []
    for line in lines:
        for (x1, y1), (x2, y2) in pairwise(arrow.points):
            across = max(line.left - max(x1, x2), min(x1, x2) - line.right, 0)
            down = max(line.y - 12 - max(y1, y2), min(y1, y2) - line.y - 4, 0)
            found.append(max(across, down))
    return min(found)


def rows(picture):
    """Return the table as a reader of the picture would write it down: arrows, dots, legend."""
    solid = [arrow for arrow in arrows(picture) if not arrow.is_dashed]
    told = legend(picture)
    table = [row for row in told if row[0]]
    assert sorted((arrow.source, named(arrow.target)) for arrow in arrows(picture) if arrow.is_dashed) == sorted(
        row[:2] for row in table
    )
    for lines in labels(picture):
        arrow = min(solid, key=lambda arrow: distance(lines, arrow))
        said = re.sub(r"^[\d ]+(?=\D)", "", " ".join(line.words for line in lines))
        table.append((arrow.source, named(arrow.target), said))
    assert len(table) == len(arrows(picture)), "a label or a row of the legend for each arrow"
    table += [(name, target, once) for name in dots(picture) for source, target, once in told if not source]
    return sorted((source, event, target) for source, target, said in table for event in re.split(", | or ", said))


def table_rows(table):
    return sorted((str(state), str(event), str(to)) for state, row in table.items() for event, to in row.items())


# What it shows.


@pytest.mark.parametrize("table", [TRANSITIONS, WRONG, WITHOUT_AN_END, WITHOUT_ROWS, *SMALL])
def test_it_has_exactly_the_rows_of_the_table(table):
    assert rows(states(table)) == text_rows(states(table)) == table_rows(table)


@pytest.mark.parametrize("picture", [LIT, RESET])
def test_a_path_changes_no_row(picture):
    assert rows(picture) == text_rows(picture) == table_rows(TRANSITIONS)


def test_it_has_all_states_closed_at_both_ends_and_tells_once_what_ends_nearly_every_state():
    assert sorted(frames(PLAIN)) == sorted([*State, "lower CLOSED"])
    assert words(PLAIN).count(f"{ENDS}: CLOSED") == 1
    assert set(dots(PLAIN)) == set(State) - {State.CLOSED, State.LISTEN, State.TIME_WAIT}
    assert set(dots(states(WITHOUT_AN_END))) == set(dots(PLAIN)) - {State.CLOSE_WAIT}


names = st.sampled_from([*map(str, State), "WAITING"])


@hypothesis_settings(max_examples=30, deadline=None)
@given(st.dictionaries(st.tuples(names, st.sampled_from(["a", "b", "FIN comes"])), names, max_size=5))
def test_any_table_can_be_drawn(changes):
    table = changed()
    for (state, event), to in changes.items():
        table[state] = table.get(state, {}) | {event: to}
    picture = states(table)
    seen = [(arrow.source, named(arrow.target)) for arrow in arrows(picture)]
    assert sorted(seen) == sorted((each.source, each.target) for each in read_table(table).arrows)


def test_only_one_end_is_told_once():
    """Two events that nearly every state has, but that lead to different ones, are not told together."""
    table = {name: {"give up": "CLOSED", "begin anew": "LISTEN", name: "SYN-SENT"} for name in ("CLOSING", "LAST-ACK")}
    ends = {(each.source, each.target) for each in read_table(table).ends}
    assert ends == {("CLOSING", "CLOSED"), ("LAST-ACK", "CLOSED")}
    assert {arrow.target for arrow in arrows(states(table))} == {"LISTEN", "SYN-SENT"}


@pytest.mark.parametrize(("having", "is_told_once"), [(2, False), (3, True)])
def test_an_end_of_more_than_half_of_the_states_is_told_once(having, is_told_once):
    ends = [{"RST comes": "CLOSED"}] * having + [{}] * (4 - having)
    table = {name: {f"on {name}": "LISTEN"} | end for name, end in zip("abcd", ends, strict=True)}
    assert bool(read_table(table).ends) is is_told_once


# Where it is.


@pytest.mark.parametrize("picture", PICTURES)
def test_no_arrow_crosses_a_box_but_dashed_ones_which_pass_behind(picture):
    for arrow in arrows(picture):
        for name, box in frames(picture).items():
            for (x1, y1), (x2, y2) in pairwise(arrow.points):
                across = min(x1, x2) < box.right and max(x1, x2) > box.left
                assert arrow.is_dashed or not (across and min(y1, y2) < box.bottom and max(y1, y2) > box.top), name
    boxes = [
        picture.svg.index(f"<rect class={box}") for box in ('"sheet"', '"lit') if f"<rect class={box}" in picture.svg
    ]
    last_dash = picture.svg.rfind("dasharray", 0, picture.svg.index("<text"))
    assert last_dash < min(boxes)


@as_in_figure
def test_no_two_arrows_run_along_each_other(picture):
    lines = [(arrow, *ends) for arrow in arrows(picture) for ends in pairwise(arrow.points)]
    for (one, a, b), (other, c, d) in combinations(lines, 2):
        for axis in (0, 1):
            is_parallel = a[axis] == b[axis] and c[axis] == d[axis] and abs(a[axis] - c[axis]) < 5
            low, high = sorted((a[1 - axis], b[1 - axis])), sorted((c[1 - axis], d[1 - axis]))
            assert one is other or not (is_parallel and low[0] < high[1] and high[0] < low[1]), (one, other)


@as_in_figure
def test_each_label_is_by_its_arrow_and_clear_of_the_others_and_of_the_boxes(picture):
    found = arrows(picture)
    for lines in labels(picture):
        nearest, second, *_ = sorted(distance(lines, arrow) for arrow in found)
        assert 0 < nearest <= 10
        assert second > nearest
        for line in lines:
            for box in frames(picture).values():
                apart = line.right < box.left or box.right < line.left
                assert apart or line.y < box.top or box.bottom < line.y - 12, line


# The path of a connection.


def lit_arrows(picture):
    return {(arrow.source, named(arrow.target)) for arrow in arrows(picture) if arrow.is_lit}


def test_without_a_path_nothing_is_lit():
    assert "lit" not in {name for shape in root(PLAIN).iter() for name in re.split("[ -]", shape.get("class", ""))}


def test_the_steps_of_a_path_are_lit_and_numbered():
    assert lit_arrows(LIT) == set(pairwise(map(str, [*DIALLED, State.CLOSED])))
    said = [line for line in words(LIT, "lit") if line[0].isdigit()]
    assert sorted(line.split()[0] for line in said) == list("123456")
    assert "1 active open" in said
    assert "2 SYN-ACK comes" in said
    assert lit_arrows(PICTURES[-1]) == {("CLOSED", "WAITING"), ("WAITING", "TIME-WAIT"), ("TIME-WAIT", "CLOSED")}
    assert "1 CLOSED to WAITING: knock" in words(PICTURES[-1], "lit")


def test_the_state_in_which_it_is_now_is_filled():
    picture = states(TRANSITIONS, [State.CLOSED, State.LISTEN])
    lit = {name: box.css for name, box in frames(picture).items() if box.css != "sheet"}
    assert lit == {"LISTEN": "lit", "CLOSED": "lit-frame"}
    assert words(picture, "mono", "ground") == ["LISTEN"]
    assert [name for name, box in frames(LIT).items() if box.css == "lit"] == ["lower CLOSED"]


def test_a_step_that_nearly_every_state_has_is_lit_at_its_dot_and_in_the_legend():
    assert lit_arrows(RESET) == {("CLOSED", "LISTEN"), ("LISTEN", "SYN-RECEIVED"), ("SYN-RECEIVED", "ESTABLISHED")}
    assert {"4", f"4 {ENDS}: CLOSED"} < set(words(RESET, "lit"))
    assert [name for name, css in dots(RESET).items() if css == "lit"] == ["ESTABLISHED"]


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
        name, mark, said, target = re.fullmatch(r"[ \d,]{4}  (\S*)( \*)? *(?:(.*) -> (.*))?", line).groups()
        state = name or state
        marked += [name] if mark else []
        for each in (marked if state == "*" else [state]) if said else []:
            table += [(each, event, target) for event in re.split(", | or ", said)]
    return sorted(table)


def test_alt_text_says_it_all():
    assert PLAIN.alt.startswith(
        "Diagram of 11 states. CLOSED to LISTEN: passive open; CLOSED to SYN-SENT: active open;"
    )
    for each in read_table(TRANSITIONS).arrows:
        assert f"{each.source} to {each.target}: {each.words}" in PLAIN.alt
    assert PLAIN.alt.endswith(f"CLOSING or LAST-ACK, {ENDS}: CLOSED.")
    assert LIT.alt.endswith(" Lit: CLOSED, SYN-SENT, ESTABLISHED, FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT, CLOSED.")

"""Lesson 10, states: one recall, three guesses, three exercises: a walk through a table, and the table itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tcpkit.check.exercise import Exercise
from tcpkit.check.lesson10_lives import LIVES, MISSING, NO_DICT, NO_ROW, TableExercise, entry
from tcpkit.check.questions import Guess, Option, Recall
from tcpkit.check.signs import Sign, every, wherever
from tcpkit.check.values import NONE, Plain, plain, show
from tcpkit.stack.states import TRANSITIONS, Event, State

recall = Recall(
    "10.0",
    right=7000,
    wrong={
        0: "Seq 0 is for a segment without ACK. This one has ACK, and names the number that it expects.",
        7001: "The RST carries that ack as it is: the segment has no data, SYN or FIN to add.",
    },
    meaning="A segment with ACK names the number that it expects, and the RST carries that number as its seq.",
)

guess_pulled = Guess(
    lambda both: "both ends: open" if both == ("ESTABLISHED", "ESTABLISHED") else None,
    Option("both ends: closed", "closed", "Who would have told them? Nothing was sent."),
    Option(
        *("the kernel: closed; our stack: open", "ours"),
        "The kernel saw its network card lose the cable, and kept the connection. A cable is not a connection.",
    ),
    Option("both ends: open", "both ends: open", so="Nothing was sent, so nothing told them otherwise."),
)
FOUR_NUMBERS = "Four numbers name a connection: two addresses and two ports. Both SYNs have the same four."
guess_crossing = Guess(
    lambda said: "one connection" if said == ("ESTABLISHED", "ESTABLISHED") else None,
    Option(
        "two resets",
        "resets",
        "Each SYN reached an end that had just dialled the sender of this SYN. So both ends took it.",
    ),
    Option("one connection", "one connection", so=FOUR_NUMBERS),
    Option("two connections", "two", FOUR_NUMBERS),
)


def _last(packets: Any) -> str | None:
    return "an RST" if str([*packets][-1].segment.flags).startswith("R") else None


guess_forgotten = Guess(
    _last,
    Option("nothing", "nothing", "An end answers a segment of a connection that it does not know: lesson 04."),
    Option("an ACK", "ACK", "An ACK would say that it knows this connection. The empty stack knows none."),
    Option("an RST", "an RST", so="It answers as a closed port does: lesson 04."),
)

# 10.1


def _walk(table: Mapping, events: list) -> list:
    path = [State.CLOSED]
    for event in events:
        path.append(table[path[-1]][event])
    return path


def _first_row(table: Mapping, events: list) -> list:
    return ["CLOSED"] + [next(row[event] for row in table.values() if event in row) for event in events]


def _by_place(table: Mapping, events: list) -> list:
    return ["CLOSED"] + [row[event] for row, event in zip(table.values(), events, strict=False)]


def _stays(table: Mapping, events: list) -> list:
    path = ["CLOSED"]
    for event in events:
        path.append(table[path[-1]].get(event, path[-1]))
    return path


def _next_or_none(table: Mapping, events: list) -> list:
    path: list = ["CLOSED"]
    for event in events:
        path.append(table[path[-1]].get(event))
    return path


def _leaves_out(table: Mapping, events: list) -> list:
    path = ["CLOSED"]
    for event in events:
        path += [table[path[-1]][event]] if event in table[path[-1]] else []
    return path


RAISED = ("KeyError",)


def _walked(answer: Any, table: Mapping, events: list) -> object:
    """Return the path, or that the answer raised KeyError: for one of the inputs it should."""
    try:
        return answer(table, events)
    except KeyError:
        return RAISED


def _told(path: Plain) -> str:
    return "no path (it raised KeyError)" if path == plain(RAISED) else show(path)


TABLE = {state: dict(row) for state, row in TRANSITIONS.items()}
DIALS = [Event.ACTIVE_OPEN, Event.SYN_ACK, Event.CLOSE, Event.ACK_OF_FIN, Event.FIN, Event.TIME_OUT]
IS_DIALLED = [Event.PASSIVE_OPEN, Event.SYN, Event.ACK_OF_SYN, Event.FIN, Event.CLOSE, Event.ACK_OF_FIN]
CROSSES = [Event.ACTIVE_OPEN, Event.SYN, Event.ACK_OF_SYN, Event.CLOSE, Event.FIN, Event.ACK_OF_FIN]
walk = Exercise(
    "10.1 walk",
    right=_walk,
    inputs=(
        *((TABLE, DIALS), (TABLE, IS_DIALLED), (TABLE, CROSSES), (TABLE, []), (TABLE, [Event.ACTIVE_OPEN, Event.FIN])),
        (
            {"CLOSED": {"go": "A", "back": "B"}, "A": {"go": "B", "back": "CLOSED"}, "B": {"go": "A"}},
            ["go", "go", "go", "back"],
        ),
    ),
    causes={
        "A path begins where the connection stands at first: CLOSED.": lambda t, e: _walk(t, e)[1:],
        "You return where the path ends. The way there is asked as well: every state, in order.": (
            lambda t, e: _walk(t, e)[-1],
            lambda t, e: _walk(t, e)[-1:],
        ),
        "You look up each event in the row of CLOSED. The row is that of the state where you stand now: `path[-1]`.": (
            lambda t, e: ["CLOSED"] + [t["CLOSED"][each] for each in e]
        ),
        "An event that the row does not know is a fault in the table. Yours goes on: let Python raise KeyError.": (
            *(_stays, _next_or_none, _leaves_out),
        ),
        "You take the first row that has the event. FIN means something else in each state.": _first_row,
        "You take one row after the other, by position. Rows are found by the name of a state.": _by_place,
    },
    signs={
        "For every path it returned None. Does it reach a `return` with an answer?": Sign(
            lambda trials: all(trial.got.returned in (NONE, plain(RAISED)) for trial in trials)
        ),
        "It raises KeyError although each event has its place: `table[state]` is a row, and `row[event]` the next "
        "state.": lambda got, right, t, e: got == RAISED,
    },
    play=_walked,
    shows=_told,
    meaning="This is the whole engine: see `move` in `tcpkit/stack/tcb.py`.",
)

# 10.2 and 10.3: each entry of the rows, then four conversations with the kernel that these rows drive

SAID = {
    NO_DICT: "Return a dict with a row for each state. What you return is no dict.",
    NO_ROW: "A row is a dict as well: it says which state follows each event. One of yours is no dict.",
}
L, S, E = State.LISTEN, State.SYN_SENT, State.ESTABLISHED
R, F1, F2 = State.SYN_RECEIVED, State.FIN_WAIT_1, State.FIN_WAIT_2
CLOSED, WAITS, CLOSING, LAST, TIME_WAIT = (
    *(State.CLOSED, State.CLOSE_WAIT, State.CLOSING),
    *(State.LAST_ACK, State.TIME_WAIT),
)
SLIPS = {  # (state, event, wrong next states): what is said
    (L, Event.SYN, (E,)): "LISTEN, SYN comes: a SYN may be forged or old. An end is open once its own SYN is "
    "acknowledged.",
    (S, Event.SYN_ACK, (R,)): "SYN-SENT, SYN-ACK comes: both halves are done. Their SYN came, and ours is "
    "acknowledged. What do you still wait for?",
    (S, Event.SYN, (E,)): "SYN-SENT, SYN comes: you have their SYN. Nothing has come that acknowledges your own: it "
    "may still be lost.",
    (E, Event.CLOSE, (CLOSED,)): "ESTABLISHED, close: our FIN never goes. Only your end of the road is closed; their "
    "data would meet an RST.",
    (E, Event.FIN, (CLOSED, LAST, TIME_WAIT)): "ESTABLISHED, FIN comes: they have finished, and your program has not. "
    "Whose move is it?",
    (F1, Event.FIN, (TIME_WAIT,)): "FIN-WAIT-1, FIN comes: their FIN is here, and yours is not acknowledged yet: it "
    "may still be lost.",
    (F2, Event.FIN, (CLOSED,)): "FIN-WAIT-2, FIN comes: if your last ACK is lost, who answers the FIN that comes "
    "again?",
    (LAST, Event.ACK_OF_FIN, (TIME_WAIT,)): "LAST-ACK, ACK of our FIN comes: now both sides would wait a minute. Only "
    "the end that closed first has a last ACK to lose.",
}


def _slip(state: State, event: Event, wrong: tuple[State, ...]) -> Sign:
    return wherever(lambda s, e: (s, e) == (state, event), lambda got, s, e: got in wrong)


def _signs(*states: State) -> dict[str, Sign]:
    shapes = {words: every(lambda got, right, s, e, kind=kind: got == kind, kind="any") for kind, words in SAID.items()}
    return {
        **shapes,
        f"Your dict has none of the arrows asked for. Its keys are states, such as `State.{states[0].name}`, and the "
        "keys of each row are events, such as `Event.SYN`.": Sign(
            lambda trials: all(trial.got.returned == plain(MISSING) for trial in trials)
        ),
        "As text, the name of a state has a hyphen: 'FIN-WAIT-1'. `State.FIN_WAIT_1` needs no quotes.": every(
            lambda got, right, s, e: got.replace("_", "-") == right
        ),
        **{words: _slip(*slip) for slip, words in SLIPS.items() if slip[0] in states},
    }


ASKED = tuple(event for event in Event if event not in (Event.ABORT, Event.RST, Event.TIME_OUT))


def _table(title: str, *states: State) -> TableExercise:
    """Return the exercise about these rows; the right ones are tcpkit's."""

    return TableExercise(
        title,
        right=lambda: {state: dict(TRANSITIONS[state]) for state in states},
        inputs=tuple((state, event) for state in states for event in TRANSITIONS[state] if event in ASKED),
        converse=entry,
        signs=_signs(*states),
        shows=lambda got: MISSING if got == plain(MISSING) else show(got),
        meaning=f"Your rows drove four conversations with the kernel: {', '.join(LIVES)}.",
    )


opening = _table("10.2 opening", L, S, R)
closing = _table("10.3 closing", E, F1, F2, WAITS, CLOSING, LAST)

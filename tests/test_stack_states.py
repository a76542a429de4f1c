"""The table of the eleven states, against RFC 9293's figure 5."""

from random import Random

import pytest
from fuzz_stack import OURS, THEIRS, WAYS, standing_in

from tcpkit.stack.connection import Connection
from tcpkit.stack.settings import Pieces, Settings
from tcpkit.stack.states import CANNOT_SEND, RECEIVING, TRANSITIONS, Event, State

# The arrows of the figure, by hand: state, what happens, state.
FIGURE_5 = """
CLOSED -- passive open -> LISTEN
CLOSED -- active open -> SYN-SENT
LISTEN -- SYN comes -> SYN-RECEIVED
LISTEN -- close -> CLOSED
SYN-SENT -- SYN comes -> SYN-RECEIVED
SYN-SENT -- SYN-ACK comes -> ESTABLISHED
SYN-SENT -- close -> CLOSED
SYN-RECEIVED -- ACK of our SYN comes -> ESTABLISHED
SYN-RECEIVED -- close -> FIN-WAIT-1
ESTABLISHED -- close -> FIN-WAIT-1
ESTABLISHED -- FIN comes -> CLOSE-WAIT
FIN-WAIT-1 -- ACK of our FIN comes -> FIN-WAIT-2
FIN-WAIT-1 -- FIN comes -> CLOSING
FIN-WAIT-2 -- FIN comes -> TIME-WAIT
CLOSE-WAIT -- close -> LAST-ACK
CLOSING -- ACK of our FIN comes -> TIME-WAIT
LAST-ACK -- ACK of our FIN comes -> CLOSED
TIME-WAIT -- time runs out -> CLOSED
"""
# What the figure leaves out: an RST, the user or time end any connection (3.10.5, 3.10.7, 3.8.3).
ENDS = {(state, event) for state in State for event in (Event.ABORT, Event.RST, Event.TIME_OUT)}
NEVER = {(State.CLOSED, event) for event in (Event.ABORT, Event.RST, Event.TIME_OUT)} | {
    (State.LISTEN, Event.RST),  # ignored there
    (State.LISTEN, Event.TIME_OUT),  # waits for ever
}


def edges(table):
    return {(state, event, after) for state, row in table.items() for event, after in row.items()}


def drawn(figure):
    lines = [line.replace(" -> ", " -- ").split(" -- ") for line in figure.strip().splitlines()]
    return {(State(state), Event(event), State(after)) for state, event, after in lines}


def test_it_has_the_arrows_of_the_figure_and_the_three_ends():
    ends = {(state, event, State.CLOSED) for state, event in ENDS - NEVER}
    assert edges(TRANSITIONS) == drawn(FIGURE_5) | ends


def test_there_are_eleven_states_and_each_has_a_row():
    assert len(State) == 11
    assert set(TRANSITIONS) == set(State)


def test_they_print_as_the_rfc_writes_them():
    assert " ".join(State) == (
        "CLOSED LISTEN SYN-SENT SYN-RECEIVED ESTABLISHED FIN-WAIT-1 FIN-WAIT-2 CLOSE-WAIT CLOSING LAST-ACK TIME-WAIT"
    )


def reached_from(start):
    seen, left = set(), [start]
    while left:
        state = left.pop()
        if state not in seen:
            seen.add(state)
            left += TRANSITIONS[state].values()
    return seen


@pytest.mark.parametrize("state", State)
def test_every_state_is_reached_from_every_other(state):
    assert reached_from(state) == set(State)


@pytest.mark.parametrize("state", State)
def test_a_connection_reaches_the_state_by_the_table(state):
    connection = standing_in(state, Random(1), Settings(), now=100.0)
    assert connection.state is state
    steps = zip(connection.path, connection.path[1:], strict=False)
    assert all(after in TRANSITIONS[before].values() for before, after in steps)


def test_the_ways_there_are_one_for_each_state():
    assert set(WAYS) == set(State)


def test_nobody_can_change_the_table():
    with pytest.raises(TypeError):
        TRANSITIONS[State.CLOSED] = {}


def test_what_the_states_are_good_for():
    """RFC 9293, 3.10.2 and 3.10.7.4: who sends and receives text."""
    assert {State.ESTABLISHED, State.FIN_WAIT_1, State.FIN_WAIT_2} == set(RECEIVING)
    may_send = {State.SYN_SENT, State.SYN_RECEIVED, State.ESTABLISHED, State.CLOSE_WAIT}
    closed_by_its_user = {State.FIN_WAIT_1, State.FIN_WAIT_2}
    assert set(State) - set(CANNOT_SEND) - closed_by_its_user == may_send


def test_a_missing_row_is_told():
    without = {state: {} for state in State}
    connection = Connection(OURS, THEIRS, 0, Settings(pieces=Pieces(transitions=without)))
    with pytest.raises(LookupError, match="what follows CLOSED when this happens: active open"):
        connection.dial(0.0)


def test_another_table_moves_a_connection_elsewhere():
    wrong = dict(TRANSITIONS) | {State.CLOSED: {Event.ACTIVE_OPEN: State.LISTEN}}
    connection = Connection(OURS, THEIRS, 0, Settings(pieces=Pieces(transitions=wrong)))
    connection.dial(0.0)
    assert connection.path == [State.CLOSED, State.LISTEN]

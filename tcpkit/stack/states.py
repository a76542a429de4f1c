"""The eleven states of a connection, as a table (RFC 9293, 3.3.2).

A connection changes its state by this table only, and the picture of the
states is drawn from it.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class State(StrEnum):
    """The state of a connection; prints as in the RFC."""

    CLOSED = "CLOSED"
    LISTEN = "LISTEN"
    SYN_SENT = "SYN-SENT"
    SYN_RECEIVED = "SYN-RECEIVED"
    ESTABLISHED = "ESTABLISHED"
    FIN_WAIT_1 = "FIN-WAIT-1"
    FIN_WAIT_2 = "FIN-WAIT-2"
    CLOSE_WAIT = "CLOSE-WAIT"
    CLOSING = "CLOSING"
    LAST_ACK = "LAST-ACK"
    TIME_WAIT = "TIME-WAIT"


class Event(StrEnum):
    """What moves a connection: a call of its user, a segment, or time."""

    PASSIVE_OPEN = "passive open"
    ACTIVE_OPEN = "active open"
    CLOSE = "close"
    ABORT = "abort"
    SYN = "SYN comes"
    SYN_ACK = "SYN-ACK comes"
    ACK_OF_SYN = "ACK of our SYN comes"
    ACK_OF_FIN = "ACK of our FIN comes"
    FIN = "FIN comes"
    RST = "RST comes"
    TIME_OUT = "time runs out"


Transitions = Mapping[State, Mapping[Event, State]]

# From every state but CLOSED these three lead to CLOSED.
ENDS = {Event.ABORT: State.CLOSED, Event.RST: State.CLOSED, Event.TIME_OUT: State.CLOSED}

TRANSITIONS: Transitions = MappingProxyType(
    {
        State.CLOSED: {Event.PASSIVE_OPEN: State.LISTEN, Event.ACTIVE_OPEN: State.SYN_SENT},
        State.LISTEN: {Event.SYN: State.SYN_RECEIVED, Event.CLOSE: State.CLOSED, Event.ABORT: State.CLOSED},
        State.SYN_SENT: {Event.SYN_ACK: State.ESTABLISHED, Event.SYN: State.SYN_RECEIVED, Event.CLOSE: State.CLOSED}
        | ENDS,
        State.SYN_RECEIVED: {Event.ACK_OF_SYN: State.ESTABLISHED, Event.CLOSE: State.FIN_WAIT_1, **ENDS},
        State.ESTABLISHED: {Event.CLOSE: State.FIN_WAIT_1, Event.FIN: State.CLOSE_WAIT, **ENDS},
        State.FIN_WAIT_1: {Event.ACK_OF_FIN: State.FIN_WAIT_2, Event.FIN: State.CLOSING, **ENDS},
        State.FIN_WAIT_2: {Event.FIN: State.TIME_WAIT, **ENDS},
        State.CLOSE_WAIT: {Event.CLOSE: State.LAST_ACK, **ENDS},
        State.CLOSING: {Event.ACK_OF_FIN: State.TIME_WAIT, **ENDS},
        State.LAST_ACK: {Event.ACK_OF_FIN: State.CLOSED, **ENDS},
        State.TIME_WAIT: ENDS,
    }
)

STILL_RECEIVING = (State.ESTABLISHED, State.FIN_WAIT_1, State.FIN_WAIT_2)  # tuples: an enum's hash is slow
CANNOT_SEND = (State.CLOSED, State.LISTEN, State.CLOSING, State.LAST_ACK, State.TIME_WAIT)
NOT_OPENED = (State.CLOSED, State.LISTEN)

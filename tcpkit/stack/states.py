"""The eleven states of a connection, as a table (RFC 9293, 3.3.2), from which their picture is drawn as well."""

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


# Each by its bare name: to look it up in the class takes long.
CLOSED, LISTEN, SYN_SENT, SYN_RECEIVED, ESTABLISHED, *_closing = State
FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT, CLOSING, LAST_ACK, TIME_WAIT = _closing


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
ENDS = {Event.ABORT: CLOSED, Event.RST: CLOSED, Event.TIME_OUT: CLOSED}

TRANSITIONS: Transitions = MappingProxyType(
    {
        CLOSED: {Event.PASSIVE_OPEN: LISTEN, Event.ACTIVE_OPEN: SYN_SENT},
        LISTEN: {Event.SYN: SYN_RECEIVED, Event.CLOSE: CLOSED, Event.ABORT: CLOSED},
        SYN_SENT: {Event.SYN_ACK: ESTABLISHED, Event.SYN: SYN_RECEIVED, Event.CLOSE: CLOSED} | ENDS,
        SYN_RECEIVED: {Event.ACK_OF_SYN: ESTABLISHED, Event.CLOSE: FIN_WAIT_1, **ENDS},
        ESTABLISHED: {Event.CLOSE: FIN_WAIT_1, Event.FIN: CLOSE_WAIT, **ENDS},
        FIN_WAIT_1: {Event.ACK_OF_FIN: FIN_WAIT_2, Event.FIN: CLOSING, **ENDS},
        FIN_WAIT_2: {Event.FIN: TIME_WAIT, **ENDS},
        CLOSE_WAIT: {Event.CLOSE: LAST_ACK, **ENDS},
        CLOSING: {Event.ACK_OF_FIN: TIME_WAIT, **ENDS},
        LAST_ACK: {Event.ACK_OF_FIN: CLOSED, **ENDS},
        TIME_WAIT: ENDS,
    }
)

STILL_RECEIVING = (ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2)  # tuples: an enum's hash is slow
CANNOT_SEND = (CLOSED, LISTEN, CLOSING, LAST_ACK, TIME_WAIT)
NOT_OPENED = (CLOSED, LISTEN)

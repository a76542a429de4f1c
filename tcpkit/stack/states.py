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


CLOSED, LISTEN, SYN_SENT, SYN_RECEIVED, ESTABLISHED, *_closing = State  # bare names: a look-up in the class takes long
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


def complete(rows: Transitions) -> Transitions:
    """Return these rows, those of CLOSED and TIME-WAIT, and in each the ends: RST and time leave LISTEN as it is."""
    table = {CLOSED: {Event.PASSIVE_OPEN: LISTEN, Event.ACTIVE_OPEN: SYN_SENT}, **rows, TIME_WAIT: {}}
    ends = {CLOSED: (), LISTEN: (Event.ABORT,)}
    all_of = (Event.ABORT, Event.RST, Event.TIME_OUT)
    return MappingProxyType({s: {**row, **dict.fromkeys(ends.get(s, all_of), CLOSED)} for s, row in table.items()})


TRANSITIONS: Transitions = complete(
    {
        LISTEN: {Event.SYN: SYN_RECEIVED, Event.CLOSE: CLOSED},
        SYN_SENT: {Event.SYN_ACK: ESTABLISHED, Event.SYN: SYN_RECEIVED, Event.CLOSE: CLOSED},
        SYN_RECEIVED: {Event.ACK_OF_SYN: ESTABLISHED, Event.CLOSE: FIN_WAIT_1},
        ESTABLISHED: {Event.CLOSE: FIN_WAIT_1, Event.FIN: CLOSE_WAIT},
        FIN_WAIT_1: {Event.ACK_OF_FIN: FIN_WAIT_2, Event.FIN: CLOSING},
        FIN_WAIT_2: {Event.FIN: TIME_WAIT},
        CLOSE_WAIT: {Event.CLOSE: LAST_ACK},
        CLOSING: {Event.ACK_OF_FIN: TIME_WAIT},
        LAST_ACK: {Event.ACK_OF_FIN: CLOSED},
    }
)

RECEIVING = (ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2)  # tuples: an enum's hash is slow
BOTH_FINS = (CLOSING, LAST_ACK, TIME_WAIT)  # each side has said FIN
FIN_SENT = (FIN_WAIT_1, CLOSING, LAST_ACK)  # our FIN waits for its ACK
CANNOT_SEND = (CLOSED, LISTEN, CLOSING, LAST_ACK, TIME_WAIT)
NOT_OPENED = (CLOSED, LISTEN)

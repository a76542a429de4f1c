"""One connection: what its user calls, and what stands in its control block.

A segment's way in is told in `arrivals`, the way out in `departures`. Whoever
owns a connection calls `poll(now)` after any other call, and again at
`next_deadline()`; times are seconds of any clock that does not run backwards.
"""

from collections.abc import Callable
from math import inf

from tcpkit.stack import arrivals, departures
from tcpkit.stack.receiver import Receiver
from tcpkit.stack.sender import Sender
from tcpkit.stack.settings import Settings
from tcpkit.stack.states import CANNOT_SEND, Event, State
from tcpkit.wire import Segment

Endpoint = tuple[str, int]  # address and port
MOST_CHALLENGES = 10  # ACKs a second in answer to what is not acceptable (RFC 5961, 7)


class Connection:
    """A TCP connection; `snd` and `rcv` hold the RFC's variables (RFC 9293, 3.3.1).

    `error` says why it ended, if not by both sides closing.
    """

    def __init__(self, local: Endpoint, remote: Endpoint, iss: int, settings: Settings | None = None) -> None:
        self.local, self.remote = local, remote
        self.settings = settings or Settings()
        self.state = State.CLOSED
        self.path = [State.CLOSED]  # the states it went through
        self.error: OSError | None = None
        self.snd = Sender(self.settings, iss)
        self.rcv: Receiver | None = None  # until the other side's SYN comes
        self.has_timestamps = self.has_sack = self.has_scale = False  # what both sides agreed on
        self.ts_recent, self.ts_recent_at, self.last_ack_sent = 0, 0.0, 0  # RFC 7323, 4.3
        self.outbox: list[Segment] = []  # to send at the next poll
        self.heard_at = 0.0  # when the other side last said something acceptable
        self.spoke_at = 0.0  # since when an answer is awaited
        self.retransmissions = 0  # timeouts in a row; 3 or more mean trouble (R1; RFC 9293, 3.8.3)
        self.retransmit_at: float | None = None
        self.timed_out_at = -inf  # when it last came to that
        self.time_wait_until: float | None = None
        self.keep_alive_at: float | None = None
        self.sent_at = 0.0  # when data was last sent
        self.timed: tuple[int, float] | None = None  # data that is being timed: its last number, when it was sent
        self.on_change: Callable[[Connection], None] = lambda connection: None  # its owner should poll it
        self._challenges = (0.0, 0)  # the second, and how many were sent in it

    # What its user calls.

    def dial(self, now: float) -> None:
        """Open actively: send a SYN."""
        self.spoke_at = now
        self.move(Event.ACTIVE_OPEN)
        self.on_change(self)

    def listen(self) -> None:
        """Open passively: wait for a SYN."""
        self.move(Event.PASSIVE_OPEN)

    def send(self, data: bytes, urgent: bool = False) -> int:
        """Take bytes to send, as many as there is room for; return how many.

        Raises `OSError` if the connection has ended, or was closed by you.
        """
        if self.error:
            raise self.error
        if self.snd.wants_fin or self.state in CANNOT_SEND:
            raise BrokenPipeError("You cannot send: you have closed this connection, or never opened it.")
        taken = self.snd.write(data)
        if urgent:
            self.snd.urgent_until = self.snd.end
        if taken:
            self.on_change(self)
        return taken

    def recv(self, most: int = 1 << 16) -> bytes:
        """Return bytes that have come, in order; b"" if there are none now.

        `has_ended` tells whether more can come. Raises `OSError` if the
        connection broke and all that came before was read.
        """
        if self.error and not self.unread:
            raise self.error
        if self.rcv is None:
            return b""
        data = self.rcv.read(most)
        if self.rcv.owes_ack:
            self.on_change(self)
        return data

    def close(self) -> None:
        """Say that you have sent all; what the other side sends still comes."""
        if self.state is State.CLOSED or self.snd.wants_fin:
            return
        self.snd.wants_fin = True
        self.move(Event.CLOSE)
        self.on_change(self)

    def abort(self) -> None:
        """End at once, and tell the other side by an RST."""
        if self.rcv is not None and self.state not in (State.CLOSED, State.CLOSING, State.LAST_ACK, State.TIME_WAIT):
            self.outbox.append(departures.reset(self))
        if self.state is not State.CLOSED:
            self.end(Event.ABORT, ConnectionAbortedError("You aborted this connection."))

    @property
    def unread(self) -> int:
        """Return how many bytes wait to be read."""
        return len(self.rcv.unread) if self.rcv else 0

    @property
    def has_ended(self) -> bool:
        """Say whether all that the other side sent has come and was read."""
        return not self.unread and (self.state is State.CLOSED or bool(self.rcv and self.rcv.has_ended))

    @property
    def has_urgent(self) -> bool:
        """Say whether urgent data is still to be read (RFC 9293, 3.8.5)."""
        return bool(self.rcv) and self.rcv.urgent_until > self.rcv.nxt - self.rcv.has_ended - self.unread

    # What its owner calls.

    def receive(self, segment: Segment, now: float) -> None:
        """Take in a segment that came for this connection, its checksum being right."""
        arrivals.arrive(self, segment, now)
        self.on_change(self)

    def poll(self, now: float) -> list[Segment]:
        """Do what is due; return the segments to send, in order."""
        return departures.poll(self, now)

    def next_deadline(self) -> float | None:
        """Return when time will next do something to the connection, if nothing else does before."""
        if self.state is State.CLOSED:
            return None
        ack_at = self.rcv.ack_deadline if self.rcv else None
        times = (self.retransmit_at, self.snd.persist.deadline, ack_at, self.time_wait_until, self.keep_alive_at)
        return min([time for time in times if time is not None], default=None)

    # What its parts call.

    def move(self, event: Event) -> None:
        """Go to the state that follows, by the table that was handed in."""
        row = self.settings.pieces.transitions[self.state]
        if event not in row:
            raise LookupError(f"No row of the table says what follows {self.state} when this happens: {event}.")
        self.state = row[event]
        self.path.append(self.state)

    def end(self, event: Event, error: OSError | None = None) -> None:
        """Go to CLOSED: nothing is sent, or waited for, any more."""
        self.move(event)
        self.error = error
        self.on_change(self)

    def challenge(self, now: float, is_bare: bool = False) -> None:
        """Owe an ACK for what is not acceptable; not too many (RFC 5961, 7).

        Bare ACKs are answered again only when something acceptable has come:
        two sides that disagree would answer each other for ever.
        """
        second, count = self._challenges
        is_over = now - second >= 1 and (not is_bare or self.heard_at >= second)
        self._challenges = (now, 1) if is_over else (second, count + 1)
        if self._challenges[1] <= MOST_CHALLENGES:
            self.rcv.owes_ack = True

"""The control block: all that a connection remembers (RFC 9293, 3.3.1)."""

from collections.abc import Callable
from math import inf

from tcpkit.stack.receiver import Receiver
from tcpkit.stack.sender import Sender
from tcpkit.stack.settings import Settings
from tcpkit.stack.states import CLOSED, Event, State
from tcpkit.wire import Segment

Endpoint = tuple[str, int]  # address and port
MOST_CHALLENGES = 10  # ACKs a second in answer to what is not acceptable (RFC 5961, 7)


class ControlBlock:
    """One side of a connection; `snd` and `rcv` hold the RFC's variables."""

    def __init__(self, local: Endpoint, remote: Endpoint, iss: int, settings: Settings | None = None) -> None:
        self.local, self.remote = local, remote
        self.settings = settings or Settings()
        self.state = CLOSED
        self.path = [CLOSED]  # all states so far
        self.error: OSError | None = None  # why it ended, if not by a close on both sides
        self.snd = Sender(self.settings, iss)
        self.rcv: Receiver = None  # type: ignore[assignment]  # until the other side's SYN comes, and few ask before
        self.has_timestamps = self.has_sack = self.has_scale = False  # what both sides agreed on
        self.ts_recent, self.ts_recent_at, self.last_ack_sent = 0, 0.0, 0  # RFC 7323, 4.3
        self.outbox: list[Segment] = []  # to send at the next poll
        self.owes_reset = False  # so is an RST
        self.heard_at = 0.0  # when the last acceptable segment came
        self.give_up_at: float | None = None  # while an answer is awaited,
        self.patience_s = 0.0  # and how long: R2 (RFC 9293, 3.8.3)
        self.retransmissions = 0  # timeouts in a row; 3 or more mean trouble (R1; RFC 9293, 3.8.3)
        self.retransmit_at: float | None = None
        self.timed_out_at = -inf  # when that time was last reached
        self.is_released = False  # its user reads no more
        self.time_wait_until: float | None = None  # the end of TIME-WAIT, or of FIN-WAIT-2 once released
        self.keep_alive_at: float | None = None
        self.sent_at = 0.0  # when data was last sent
        self.timed: tuple[int, float] | None = None  # data whose round trip is measured: its end, when it was sent
        self.on_change: Callable[[ControlBlock], None] = lambda tcb: None  # tells the owner to poll it
        self._challenges = (0.0, 0)  # the second, and how many were sent in it

    def move(self, event: Event) -> None:
        """Go to the state that follows, by the table in the settings."""
        row = self.settings.pieces.transitions.get(self.state, {})
        if event not in row:
            raise LookupError(f"No row of the table says what follows {self.state} when this happens: {event}.")
        self.state = State(row[event])
        self.path.append(self.state)

    def end(self, event: Event, error: OSError | None = None) -> None:
        """Go to CLOSED: nothing is sent or expected any more."""
        self.move(event)
        self.error = error
        self.on_change(self)

    def asks(self, now: float) -> None:
        """Note that something is sent which the other side must answer."""
        if self.give_up_at is None:
            self.patience_s = self.settings.give_up_open_s if self.snd.una == self.snd.iss else self.settings.give_up_s
            self.give_up_at = now + self.patience_s

    def challenge(self, now: float, is_bare: bool = False) -> None:
        """Owe an ACK for an unacceptable segment: few a second (RFC 5961, 7), and to bare ones not for ever."""
        second, count = self._challenges
        is_over = now - second >= 1 and (not is_bare or self.heard_at >= second)
        self._challenges = (now, 1) if is_over else (second, count + 1)
        if self._challenges[1] <= MOST_CHALLENGES:
            self.rcv.owes_ack = True

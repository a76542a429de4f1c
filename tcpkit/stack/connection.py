"""One connection: the calls of its user, and those of its owner (the stack).

Its owner polls it after any other call, and at `next_deadline()`; times are seconds of a clock that never runs back.
"""

from tcpkit.stack.arrivals import arrive
from tcpkit.stack.departures import poll
from tcpkit.stack.states import CANNOT_SEND, CLOSED, Event
from tcpkit.stack.tcb import ControlBlock
from tcpkit.wire import Segment


class Connection(ControlBlock):
    """A TCP connection."""

    # For its user.

    def dial(self, now: float) -> None:
        """Open actively: send a SYN."""
        self.move(Event.ACTIVE_OPEN)
        self.on_change(self)

    def listen(self) -> None:
        """Open passively: wait for a SYN."""
        self.move(Event.PASSIVE_OPEN)

    def send(self, data: bytes | memoryview, urgent: bool = False) -> int:
        """Take bytes to send, as many as fit; return how many. `OSError` if it has ended, or you have closed it."""
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
        """Return what has arrived, in order, perhaps b""; `OSError` if it broke, and nothing is left to read."""
        if self.error and not self.unread:
            raise self.error
        data = self.rcv.read(most) if self.rcv else b""
        if self.rcv and self.rcv.owes_ack:
            self.on_change(self)
        return data

    def close(self) -> None:
        """Send no more than was handed in; what the other side sends still arrives."""
        if self.state is not CLOSED and not self.snd.wants_fin:
            self.snd.wants_fin = True
            self.move(Event.CLOSE)
            self.on_change(self)

    def release(self) -> None:
        """Close both ways; an RST tells of data that is lost, unread or still to come (RFC 9293, 3.6.1)."""
        self.is_released = True
        if self.unread and self.state not in CANNOT_SEND:
            self.abort("You released this connection before you had read all of it.")
        self.close()

    def abort(self, why: str = "You aborted this connection.") -> None:
        """End at once, with an RST to the other side."""
        if self.rcv is not None and self.state not in CANNOT_SEND:
            self.owes_reset = True
        if self.state is not CLOSED:
            self.end(Event.ABORT, ConnectionAbortedError(why))

    @property
    def unread(self) -> int:
        """Return how many bytes wait to be read."""
        return len(self.rcv.unread) if self.rcv else 0

    @property
    def has_ended(self) -> bool:
        """Say whether all that the other side sent has arrived and was read."""
        return not self.unread and (self.state is CLOSED or bool(self.rcv and self.rcv.has_ended))

    @property
    def has_urgent(self) -> bool:
        """Say whether urgent data is still to be read (RFC 9293, 3.8.5)."""
        return bool(self.rcv) and self.rcv.urgent_until > self.rcv.nxt - self.rcv.has_ended - self.unread

    # For its owner.

    def receive(self, segment: Segment, now: float) -> None:
        """Take in a segment for this connection, whose checksum is right."""
        arrive(self, segment, now)
        self.on_change(self)

    poll = poll  # do what is due; return the segments to send, in order

    def next_deadline(self) -> float | None:
        """Return when the next of its timers runs out, or None."""
        if self.state is CLOSED:
            return None
        soonest, ack_at = None, self.rcv.ack_deadline if self.rcv else None
        sending = self.retransmit_at, self.give_up_at, self.snd.persist.deadline
        for time in (*sending, ack_at, self.time_wait_until, self.keep_alive_at):  # plain, as it is asked often
            if time is not None and (soonest is None or time < soonest):
                soonest = time
        return soonest

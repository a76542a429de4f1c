"""What carries packets from one end to another, and back; somebody else says when.

An end is the far end of a cable, a stack, or a mailbox. The link between is
one of `tcpkit.stack.link`, or none.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import fields
from typing import Any, Protocol

from tcpkit.lab.cables.watched_lock import described
from tcpkit.lab.errors import LabError, NeverReturns
from tcpkit.stack.link import Pipe
from tcpkit.stack.settings import Pieces

LONGEST_S = 1000.0  # the longest wait without a deadline
MOST_WAITING = 10_000  # packets that wait in a mailbox


class End(Protocol):
    """One end of a relay: packets come from it and go to it."""

    def take(self, now: float) -> list[bytes]:
        """Return some of the packets that are to leave this end."""

    def put(self, packets: list[bytes], now: float) -> None:
        """Hand over packets that arrive at this end."""

    def next_deadline(self) -> float | None:
        """Return when to call `take` even if nothing arrives."""

    def descriptors(self) -> tuple[int, ...]:
        """Return descriptors that are readable when `take` has packets."""


class Stack(Protocol):
    """The methods of a TCP that a relay calls; `tcpkit.stack` has one."""

    address: str

    def receive(self, packet: bytes, now: float) -> None:
        """Process an IPv4 packet."""

    def poll(self, now: float) -> list[bytes]:
        """Do what is due, and return the IPv4 packets to send."""

    def next_deadline(self) -> float | None:
        """Return when to poll, even if nothing arrives."""


class Mailbox:
    """An end that keeps packets until the caller fetches them."""

    def __init__(self) -> None:
        self.outbox: list[bytes] = []  # leave with the next `take`
        self.dropped = 0
        self._inbox: deque[bytes] = deque()

    def fetch(self) -> bytes | None:
        """Return the packet that has waited longest, or None."""
        return self._inbox.popleft() if self._inbox else None

    def take(self, now: float) -> list[bytes]:
        """Return the outbox, and empty it."""
        leaving, self.outbox = self.outbox, []
        return leaving

    def put(self, packets: list[bytes], now: float) -> None:
        """Keep packets; drop those that exceed `MOST_WAITING`."""
        kept = packets[: MOST_WAITING - len(self._inbox)]
        self._inbox += kept
        self.dropped += len(packets) - len(kept)

    def next_deadline(self) -> float | None:
        """Return None: a mailbox has no timers."""
        return None

    def descriptors(self) -> tuple[int, ...]:
        """Return none: `Relay.do` fills the outbox."""
        return ()


class StackEnd(Mailbox):
    """A stack, and an outbox for packets that are not the stack's own."""

    def __init__(self, stack: Stack) -> None:
        super().__init__()
        self.stack: Any = stack  # a `tcpkit.stack.Stack`, where a program dials and accepts
        self.next_deadline = stack.next_deadline  # type: ignore[method-assign]  # in place of a method that only calls it
        self._receive = stack.receive
        self._poll = stack.poll

    def take(self, now: float) -> list[bytes]:
        """Return the outbox, and what the stack sends."""
        return super().take(now) + self._poll(now)

    def put(self, packets: list[bytes], now: float) -> None:
        """Hand packets to the stack."""
        for packet in packets:
            self._receive(packet, now)

    def own_pieces(self) -> list[str]:
        """Return the names of the pieces that are not tcpkit's."""
        ends = (self.stack, *getattr(self.stack, "connections", ()))
        used, ours = [end.settings.pieces for end in ends if hasattr(end, "settings")], Pieces()
        names = [field.name for field in fields(Pieces)]
        return [name for name in names if any(getattr(one, name) != getattr(ours, name) for one in used)]


class Watch(Protocol):
    """Who ends code that does not come back."""

    overdue: str  # what did not, or ""


class Carrier:
    """Carries packets between two ends, one turn after another.

    `pipes` lie between them: from the first to the second, and back. An error
    that an end raises ends it, and the next call raises `LabError` with it.
    Messages call the carrier `name`, and tell to begin anew by `again`.
    """

    again = "host.run(stack)"

    def __init__(self, name: str, watch: Watch, first: End, second: End, pipes: tuple[Pipe, Pipe] | None) -> None:
        self._name, self._watch = name, watch
        forth, back = pipes or (None, None)
        self._ends = (first, second)
        self._ways = ((first, forth, second), (second, back, first))
        self._sources = (*self._ends, *(pipes or ()))  # each has a `next_deadline`
        self._descriptors = (*first.descriptors(), *second.descriptors())
        self._failure: BaseException | None = None
        self._is_ending = False

    def check(self) -> None:
        """Raise `LabError` if nothing is carried any more."""
        self.check_failure()
        if self._is_ending:
            raise LabError(f"{self._name} was stopped. To go on: {self.again}")

    def check_failure(self) -> None:
        """Raise `LabError` if an end raised an error, or did not come back."""
        if self._watch.overdue:
            raise NeverReturns(self._watch.overdue)
        if self._failure is not None:
            error, is_learners = described(self._failure)
            own = [] if is_learners else [name for end in self._ends for name in getattr(end, "own_pieces", list)()]
            hint = f". That line is tcpkit's: what your own {' or '.join(own)} gave it may be the cause" if own else ""
            raise LabError(f"{self._name} has stopped: it raised {error}{hint}") from self._failure

    def __repr__(self) -> str:
        state = "stopped" if self._is_ending else "failed" if self._failure else "running"
        return f"{self._name}: {state}"

    def _turn(self, now: float) -> None:
        for source, pipe, sink in self._ways:
            packets = source.take(now)
            if pipe is not None:
                for packet in packets:
                    pipe.send(packet, now)
                packets = pipe.poll(now)
            if packets:
                sink.put(packets, now)

    def _deadline(self) -> float:
        """Return when to do the next turn, even if nothing arrives."""
        deadlines = [source.next_deadline() for source in self._sources]
        return min((one for one in deadlines if one is not None), default=time.monotonic() + LONGEST_S)

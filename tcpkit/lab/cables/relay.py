"""Carry packets between two ends in real time, delayed and lost by a link.

An end is the far end of a cable, a stack, or a mailbox. The link is one of
`tcpkit.stack.link`, or none. A thread does the work; one lock guards it all.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields
from typing import Any, Protocol, TypeVar

from tcpkit.lab.cables.wakeup import Wakeup
from tcpkit.lab.cables.watched_lock import Overdue, WatchedLock, described
from tcpkit.lab.errors import LabError, NeverReturns
from tcpkit.lab.interrupt import uninterrupted
from tcpkit.stack.link import Pipe
from tcpkit.stack.settings import Pieces

LONGEST_S = 1000.0  # the longest wait without a deadline
LOOK_S = 0.5  # who waits looks so often whether the others come back
MOST_WAITING = 10_000  # packets that wait in a mailbox
Result = TypeVar("Result")


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


class Waiter:
    """A thread's wait until a predicate is true."""

    def __init__(self, predicate: Callable[[], object]) -> None:
        self.predicate = predicate
        self.result: Any = None
        self.error: BaseException | None = None
        self.is_over = False
        self._lock = threading.Lock()  # held until then; Ctrl-C in an Event's wait may raise RuntimeError
        self._lock.acquire()

    def wait(self, timeout_s: float) -> bool:
        """Wait at most so long for the end; say whether it has come."""
        return self.is_over or self._lock.acquire(timeout=timeout_s)

    def look(self) -> bool:
        """Say whether the wait is over: the predicate is true, or raised."""
        try:
            self.result = self.predicate()
        except BaseException as error:
            self.error = error
        if self.result or self.error:
            self._end()
        return self.is_over

    def give_up(self, reason: Callable[[], None]) -> None:
        """End the wait with what the reason raises."""
        try:
            reason()
        except BaseException as error:
            self.error = error
        self._end()

    def _end(self) -> None:
        if not self.is_over:
            self.is_over = True
            self._lock.release()


class Relay:
    """A thread that carries packets between two ends, until it is closed.

    `pipes` lie between them: from the first to the second, and back. An error
    that an end raises stops the relay, and the next call raises `LabError`
    with it. Messages call the relay `name`.
    """

    def __init__(self, name: str, first: End, second: End, pipes: tuple[Pipe, Pipe] | None = None) -> None:
        self._name = name
        forth, back = pipes or (None, None)
        self._ends = (first, second)
        self._ways = ((first, forth, second), (second, back, first))
        self._sources = (*self._ends, *(pipes or ()))  # each has a `next_deadline`
        self._wakeup = Wakeup(*first.descriptors(), *second.descriptors())
        self._lock = WatchedLock(name)
        self._waiters: list[Waiter] = []
        self._wakes_at = 0.0
        self._failure: BaseException | None = None
        self._is_ending = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def do(self, function: Callable[[float], Result]) -> Result:
        """Call the function with the time, then carry what it had sent."""
        with uninterrupted(), self._lock.held():
            self.check()
            now = time.monotonic()
            result = function(now)
            self._turn_safely(now)
            self.check_failure()
            return result

    def wait_for(self, predicate: Callable[[], Result | None], timeout_s: float) -> Result:
        """Return what the predicate returns, once that is true.

        `TimeoutError` if it takes longer. The relay's thread calls it.
        """
        waiter, deadline = Waiter(predicate), time.monotonic() + timeout_s
        with uninterrupted(), self._lock.held():
            self.check()
            if not waiter.look():
                self._waiters.append(waiter)
            self._turn_safely(time.monotonic())
        try:
            while not waiter.wait(max(0.0, min(LOOK_S, deadline - time.monotonic()))):
                with self._lock.held():  # raises if the relay's thread does not come back
                    pass
                if time.monotonic() >= deadline:
                    break
        finally:
            with self._lock.held():  # after this the predicate is not called again
                if waiter in self._waiters:
                    self._waiters.remove(waiter)
        if not waiter.is_over:
            raise TimeoutError
        if isinstance(waiter.error, Overdue):
            self.check_failure()
        if waiter.error:
            raise waiter.error
        return waiter.result

    def check(self) -> None:
        """Raise `LabError` if nothing is carried any more."""
        self.check_failure()
        if self._is_ending:
            raise LabError(f"{self._name} was stopped. To go on: host.run(stack)")

    def check_failure(self) -> None:
        """Raise `LabError` if an end raised an error, or did not come back."""
        if self._lock.overdue:
            raise NeverReturns(self._lock.overdue)
        if self._failure is not None:
            error, is_learners = described(self._failure)
            own = [] if is_learners else [name for end in self._ends for name in getattr(end, "own_pieces", list)()]
            hint = f". That line is tcpkit's: what your own {' or '.join(own)} gave it may be the cause" if own else ""
            raise LabError(f"{self._name} has stopped: it raised {error}{hint}") from self._failure

    def close(self) -> None:
        """End the thread, and wait until it has ended."""
        self._is_ending = True
        if not self._thread.is_alive():  # it has ended, or belongs to the process that we were forked from
            return
        with suppress(LabError), self._lock.held():
            self._wakeup.wake()
        # A lab may be closed by a function that the relay calls, and by any thread that collects garbage.
        if threading.get_ident() not in (self._thread.ident, self._lock.holder):
            self._thread.join(LOOK_S if self._lock.overdue else None)

    def __repr__(self) -> str:
        state = "stopped" if self._is_ending else "failed" if self._failure else "running"
        return f"{self._name}: {state}"

    def _run(self) -> None:
        try:
            while not self._is_ending and not self._failure:
                with self._lock.held():
                    self._turn(time.monotonic())
                    self._wakes_at = self._deadline()
                self._wakeup.wait(min(LOOK_S, self._wakes_at - time.monotonic()))
        except BaseException as error:
            self._failure = self._failure or error
        is_free = self._lock.plain.acquire(timeout=LOOK_S)  # not so if a caller's thread does not come back
        for waiter in self._waiters:
            waiter.give_up(self.check)
        self._wakeup.close()
        if is_free:
            self._lock.plain.release()

    def _turn(self, now: float) -> None:
        for source, pipe, sink in self._ways:
            packets = source.take(now)
            if pipe is not None:
                for packet in packets:
                    pipe.send(packet, now)
                packets = pipe.poll(now)
            if packets:
                sink.put(packets, now)
        if self._waiters:
            self._waiters = [waiter for waiter in self._waiters if not waiter.look()]

    def _turn_safely(self, now: float) -> None:
        """Take a turn in the caller's thread; wake ours for an earlier deadline."""
        try:
            self._turn(now)
            if self._deadline() < self._wakes_at:
                self._wakeup.wake()
        except BaseException as error:
            self._failure = self._failure or error
            self._wakeup.wake()

    def _deadline(self) -> float:
        """Return when to do the next turn, even if nothing arrives."""
        deadlines = [source.next_deadline() for source in self._sources]
        return min((one for one in deadlines if one is not None), default=time.monotonic() + LONGEST_S)

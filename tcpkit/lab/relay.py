"""Carry packets between two ends in real time, in a thread of its own.

An end is the far end of a cable, a stack, or a mailbox. Between them may lie
the two pipes of a link. All that happens to an end happens under one lock.
"""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TypeVar

from tcpkit.lab.errors import LabError
from tcpkit.lab.interrupt import uninterrupted
from tcpkit.lab.waiting import Bell
from tcpkit.stack.link import Pipe

LONGEST_S = 1000.0  # a wait with nothing to wait for but the bell
Result = TypeVar("Result")


class End(Protocol):
    """Where packets come from and go to."""

    def take(self, now: float) -> list[bytes]:
        """Return some of the packets that want to leave here."""

    def put(self, packets: list[bytes], now: float) -> None:
        """Take in packets that arrive here."""

    def next_deadline(self) -> float | None:
        """Return when to call `take` even if nothing arrives."""

    def descriptors(self) -> tuple[int, ...]:
        """Return what becomes readable when there is something to take."""


class Waiter:
    """Somebody who waits until something is so."""

    def __init__(self, predicate: Callable[[], object]) -> None:
        self.predicate = predicate
        self.result: object = None
        self.error: BaseException | None = None
        self.is_over = threading.Event()

    def look(self) -> bool:
        """Say whether the wait is over: it is so, or cannot be asked."""
        try:
            self.result = self.predicate()
        except BaseException as error:
            self.error = error
        if self.result or self.error:
            self.is_over.set()
        return self.is_over.is_set()

    def give_up(self, reason: Callable[[], None]) -> None:
        """End the wait with what the reason raises."""
        try:
            reason()
        except BaseException as error:
            self.error = error
        self.is_over.set()


class Relay:
    """A thread that carries packets between two ends, until it is closed.

    `pipes` lie between them: from the first to the second, and back. What an
    end raises ends the relay, and the next call says so. `name` is what this
    is called then.
    """

    def __init__(self, name: str, first: End, second: End, pipes: tuple[Pipe, Pipe] | None = None) -> None:
        self._name = name
        forth, back = pipes or (None, None)
        self._ends = (first, second)
        self._ways = ((first, forth, second), (second, back, first))
        self._sources = (*self._ends, *(pipes or ()))  # of deadlines
        self._bell = Bell(*first.descriptors(), *second.descriptors())
        self._lock = threading.RLock()
        self._holder: int | None = None  # the thread that has the lock, if it is not ours
        self._waiters: list[Waiter] = []
        self._wakes_at = 0.0
        self._failure: BaseException | None = None
        self._is_ending = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def do(self, function: Callable[[float], Result]) -> Result:
        """Call the function with the time, then carry what it gave rise to."""
        with uninterrupted(), self._held():
            self.check()
            now = time.monotonic()
            result = function(now)
            self._turn_safely(now)
            self.check_failure()
            return result

    def wait_for(self, predicate: Callable[[], Result], timeout_s: float | None) -> Result:
        """Return what the predicate returns, once that is true.

        `TimeoutError` if it takes longer. The relay's thread calls it.
        """
        waiter = Waiter(predicate)
        with uninterrupted(), self._held():
            self.check()
            if not waiter.look():
                self._waiters.append(waiter)
            self._turn_safely(time.monotonic())
        try:
            waiter.is_over.wait(timeout_s)
        finally:
            with self._held():  # from here on it is not asked again
                if waiter in self._waiters:
                    self._waiters.remove(waiter)
        if not waiter.is_over.is_set():
            raise TimeoutError
        if waiter.error:
            raise waiter.error
        return waiter.result

    def check(self) -> None:
        """Raise `LabError` if nothing is carried any more."""
        self.check_failure()
        if self._is_ending:
            raise LabError(f"{self._name} was stopped. To go on: host.run(stack)")

    def check_failure(self) -> None:
        """Raise `LabError` if an end raised an error."""
        if self._failure is not None:
            raise LabError(f"{self._name} has stopped: it raised {described(self._failure)}") from self._failure

    def close(self) -> None:
        """End the thread, and wait until it has ended."""
        self._is_ending = True
        if not self._thread.is_alive():  # ended by itself, or we are a copy of the process that it is in
            return
        with self._lock:
            self._bell.ring()
        # A lab may be closed by what a relay calls, and by the thread that happens to collect the garbage.
        if threading.get_ident() not in (self._thread.ident, self._holder):
            self._thread.join()

    def __repr__(self) -> str:
        state = "stopped" if self._is_ending else "failed" if self._failure else "running"
        return f"{self._name}: {state}"

    def _run(self) -> None:
        try:
            while not self._is_ending and not self._failure:
                with self._lock:
                    self._turn(time.monotonic())
                    self._wakes_at = self._deadline()
                self._bell.wait(self._wakes_at - time.monotonic())
        except BaseException as error:
            self._failure = error
        with self._lock:
            for waiter in self._waiters:
                waiter.give_up(self.check)
            self._bell.close()

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
        """Do the thread's work in its stead, and wake it if it would oversleep."""
        try:
            self._turn(now)
            if self._deadline() < self._wakes_at:
                self._bell.ring()
        except BaseException as error:
            self._failure = error
            self._bell.ring()

    def _deadline(self) -> float:
        """Return when there is something to do, even if nothing arrives."""
        deadlines = [source.next_deadline() for source in self._sources]
        return min((one for one in deadlines if one is not None), default=time.monotonic() + LONGEST_S)

    @contextmanager
    def _held(self) -> Iterator[None]:
        with self._lock:
            outer, self._holder = self._holder, threading.get_ident()
            try:
                yield
            finally:
                self._holder = outer


def described(error: BaseException) -> str:
    """Return an error's name, words and place, on one line."""
    *_, last = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__}: {error} ({Path(last.filename).name}, line {last.lineno})"

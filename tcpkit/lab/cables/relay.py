"""Carry packets between two ends in real time, in a thread; one lock guards it all."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from tcpkit.lab.cables.carrier import Carrier, End
from tcpkit.lab.cables.wakeup import Wakeup
from tcpkit.lab.cables.watched_lock import Overdue, WatchedLock
from tcpkit.lab.errors import LabError
from tcpkit.lab.interrupt import uninterrupted
from tcpkit.stack.link import Pipe

LOOK_S = 0.5  # who waits looks so often whether the others come back
Result = TypeVar("Result")


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


class Relay(Carrier):
    """A thread that carries packets between two ends, until it is closed."""

    def __init__(self, name: str, first: End, second: End, pipes: tuple[Pipe, Pipe] | None = None) -> None:
        self._lock = WatchedLock(name)
        super().__init__(name, self._lock, first, second, pipes)
        self._wakeup = Wakeup(*self._descriptors)
        self._waiters: list[Waiter] = []
        self._wakes_at = 0.0
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
                with uninterrupted(), self._lock.held():  # raises if the relay's thread does not come back
                    pass
                if time.monotonic() >= deadline:
                    break
        finally:
            with uninterrupted(), self._lock.held():  # after this the predicate is not called again
                if waiter in self._waiters:
                    self._waiters.remove(waiter)
        if not waiter.is_over:
            raise TimeoutError
        if isinstance(waiter.error, Overdue):
            self.check_failure()
        if waiter.error:
            raise waiter.error
        return waiter.result

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

    def _run(self) -> None:
        try:
            while not self._is_ending and not self._failure:
                with self._lock.held():
                    self._turn(time.monotonic())
                    self._wakes_at = self._deadline()
                self._wakeup.wait(min(LOOK_S, self._wakes_at - time.monotonic()))
        except BaseException as error:
            self._failure = self._failure or error
        lock = self._lock.plain
        is_free = lock.acquire(timeout=LOOK_S)  # not so if a caller's thread does not come back
        for waiter in self._waiters:
            waiter.give_up(self.check)
        self._wakeup.close()
        if is_free:
            lock.release()

    def _turn(self, now: float) -> None:
        super()._turn(now)
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

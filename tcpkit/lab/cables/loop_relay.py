"""Carry packets between two ends in an event loop of asyncio, with no thread.

The loop calls when the cable has packets, and at each deadline. A learner's
code runs in the loop's own thread then, and nobody looks on; so an alarm does.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import signal
import sys
import threading
import traceback
from collections.abc import Awaitable, Callable, Generator
from types import FrameType, TracebackType, coroutine
from typing import Any, TypeVar

from tcpkit.lab.cables import watched_lock
from tcpkit.lab.cables.carrier import Carrier, End
from tcpkit.lab.cables.watched_lock import LOOKS, Overdue, place_of
from tcpkit.lab.errors import LabError, NeverReturns
from tcpkit.stack.link import Pipe

PATIENCE = 3  # rings for code that catches what should end it
Result = TypeVar("Result")


class Alarm:
    """Ends code that does not come back from a `with alarm:`, by SIGALRM.

    Only in the main thread, and only where no alarm is set already: elsewhere
    there is the stop button. C code that signals do not interrupt goes on.
    """

    def __init__(self, name: str, again: str, on_overdue: Callable[[], None]) -> None:
        self.overdue = ""
        self._name, self._again, self._on_overdue = name, again, on_overdue
        self._depth = 0  # of such blocks, one inside the other
        self._rings = 0  # since the outermost began
        self._outer: Any = None
        self._outer_trace = sys.gettrace()
        is_free = signal.getsignal(signal.SIGALRM) is not None and not any(signal.getitimer(signal.ITIMER_REAL))
        if is_free and threading.current_thread() is threading.main_thread():
            self._outer = signal.signal(signal.SIGALRM, self._ring)
            between_s = watched_lock.LONGEST_HOLD_S / LOOKS
            signal.setitimer(signal.ITIMER_REAL, between_s, between_s)

    def close(self) -> None:
        """Ring no more."""
        if self._outer is not None:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self._outer)
            self._outer = None

    def __enter__(self) -> None:
        if not self._depth:
            self._rings = 0
        self._depth += 1

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._depth -= 1
        if kind is Overdue and not self._depth:
            sys.settrace(self._outer_trace)
            self._on_overdue()
            raise NeverReturns(self.overdue) from None

    def _ring(self, number: int, frame: FrameType | None) -> None:
        self._rings += 1
        if not self._depth or self._rings < LOOKS:
            return
        frames = [*traceback.walk_stack(frame)]
        inside = frames[: max(at for at, (each, _) in enumerate(frames) if each.f_globals.get("__name__") == __name__)]
        if not self.overdue:
            self.overdue = (
                f"{self._name} has not come back for {watched_lock.LONGEST_HOLD_S:g} s: it is in "
                f"{place_of(inside)[0]}. It was ended. Mend it, and begin anew: {self._again}"
            )
        own = [each for each, _ in inside if not each.f_globals.get("__name__", "").startswith("tcpkit.")]
        if own and self._rings >= LOOKS + PATIENCE:
            # It catches all. Leave once more from the next line begun in one of its functions: outside of its `try`.
            own[self._rings % len(own)].f_trace = self._leave
            sys.settrace(lambda *_: None)
        raise Overdue

    def _leave(self, frame: FrameType, event: str, _: object) -> Any:
        if event == "line" and self._depth:
            raise Overdue
        return self._leave


class LoopRelay(Carrier):
    """Carries packets between two ends in the running event loop, until it is closed."""

    again = "async with host.asyncio(stack):"

    def __init__(self, name: str, first: End, second: End, pipes: tuple[Pipe, Pipe] | None = None) -> None:
        self._alarm = Alarm(name, self.again, self._stop)
        super().__init__(name, self._alarm, first, second, pipes)
        self.loop = asyncio.get_running_loop()
        self._waiting: dict[asyncio.Future[None], None] = {}  # a dict, as a set has no order
        self._timer: asyncio.TimerHandle | None = None
        self._owner = os.getpid()
        for descriptor in self._descriptors:
            self.loop.add_reader(descriptor, self._go)
        self._go()

    def do(self, function: Callable[[float], Result]) -> Result:
        """Call the function with the time, then carry what it had sent."""
        self.check()
        with self._alarm:
            result = function(self.loop.time())
        self._go()
        self.check_failure()
        return result

    async def turned(self) -> None:
        """Return when packets have been carried once more."""
        self.check()
        turn = self.loop.create_future()
        self._waiting[turn] = None
        try:
            await turn
        finally:
            self._waiting.pop(turn, None)
        self.check()

    @coroutine
    def watched(self, function: Callable[..., Awaitable[Result]], *arguments: Any) -> Generator[Any, Any, Result]:
        """Await a learner's coroutine; none of its steps may take for ever.

        What it raises ends all, but errors of a connection are its own affair.
        """
        made: Any = None
        answer = thrown = None
        while True:
            try:
                with self._alarm:
                    made = made or begun(function, *arguments)
                    token = made.throw(thrown) if thrown else made.send(answer)
            except StopIteration as end:
                return end.value
            except (OSError, LabError):
                raise
            except Exception as error:
                self.fail(error)
                self.check_failure()
            try:
                answer, thrown = (yield token), None
            except GeneratorExit:
                made.close()
                raise
            except BaseException as error:
                thrown = error

    def fail(self, error: BaseException) -> None:
        """Carry nothing any more, because of this error."""
        self._failure = self._failure or error
        self._stop()

    def close(self) -> None:
        """Carry nothing any more."""
        if os.getpid() == self._owner:  # a copy of this process would take the cable from the owner's loop
            self._is_ending = True
            self._stop()

    def _stop(self) -> None:
        if not self.loop.is_closed():
            for descriptor in self._descriptors:
                self.loop.remove_reader(descriptor)
        if self._timer:
            self._timer.cancel()
        self._alarm.close()
        self._wake()

    def _go(self) -> None:
        """Take a turn now, unless all is over; wake whoever waits for one."""
        if self._is_ending or self._failure or self._alarm.overdue:
            return
        try:
            with self._alarm:
                self._turn(self.loop.time())
                deadline = self._deadline()
        except Overdue:  # in a learner's coroutine, which is to end
            raise
        except BaseException as error:
            self.fail(error)
            if not isinstance(error, Exception):
                raise
            return
        if self._timer is None or deadline < self._timer.when():
            if self._timer:
                self._timer.cancel()
            self._timer = self.loop.call_at(deadline, self._on_time)
        self._wake()

    def _on_time(self) -> None:
        self._timer = None
        self._go()

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for turn in waiting:
            if not turn.done():
                turn.set_result(None)


def begun(function: Callable[..., Awaitable[Result]], *arguments: Any) -> Any:
    """Return the coroutine that the function makes; `TypeError` if it makes none."""
    made = function(*arguments)
    if not inspect.iscoroutine(made):
        name = name_of(function)
        raise TypeError(f"`{name}` is no coroutine: write `async def {name}(...)`")
    return made


def name_of(function: Callable[..., object]) -> str:
    """Return the name of a learner's function."""
    return getattr(function, "__name__", repr(function))

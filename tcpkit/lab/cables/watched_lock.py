"""A lock that names and ends whoever holds it for too long.

A learner's code runs under a relay's lock, in one thread or another, and may
never return. No alarm reaches it there, so a thread that wants the lock
watches the one that has it.
"""

from __future__ import annotations

import ctypes
import sys
import threading
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import dropwhile, takewhile
from pathlib import Path
from types import FrameType

from tcpkit.lab.errors import NeverReturns

LONGEST_HOLD_S, LOOKS = 5.0, 10  # looked at so often: a process that was stopped for a while has done nothing wrong
LOST_LOOKS = 2  # until a lock that is taken, and by nobody, is lost: who takes it says so at once
TRIES, TRY_S = 10, 0.1  # to end it: code may catch what should end it
WATCHERS = ("tcpkit.lab.cables.relay", "contextlib")  # below their frames is what they called


class Overdue(BaseException):
    """End code that has not come back; no `except Exception` stops it."""


class WatchedLock:
    """A lock for many threads, one of which may take it twice.

    `overdue` says who did not come back, or "": the lock is of no use then.
    """

    def __init__(self, name: str) -> None:
        self.plain = threading.RLock()
        self.holder: int | None = None  # the thread that has the lock
        self.overdue = ""
        self._name = name
        self._times = 0  # how often it was taken

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock; `NeverReturns` if another thread does not come back."""
        lock = self._take()
        outer, self.holder = self.holder, threading.get_ident()
        self._times += 1
        try:
            yield
        except Overdue:
            raise NeverReturns(self.overdue) from None
        finally:
            self.holder = outer
            lock.release()

    def _take(self) -> threading.RLock:
        times, looks = self._times, 0
        while not (lock := self.plain).acquire(timeout=LONGEST_HOLD_S / LOOKS):
            looks = looks + 1 if self._times == times else 0
            times, holder = self._times, self.holder
            if looks >= LOST_LOOKS and holder is None:  # an interrupt has lost it: nobody gives it back
                self.plain = threading.RLock()
            elif looks >= LOOKS and holder is not None and not self.overdue:
                self._end(holder)
            if self.overdue:
                raise NeverReturns(self.overdue)
        return lock

    def _end(self, holder: int) -> None:
        place, _ = place_of(traceback.walk_stack(sys._current_frames().get(holder)))
        self.overdue = (
            f"{self._name} has not come back for {LONGEST_HOLD_S:g} s: it is in {place}. It was ended. "
            "Mend it, and run a new stack: host.run(Stack(...))"
        )
        for _ in range(TRIES):
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(holder), ctypes.py_object(Overdue))
            if self.plain.acquire(timeout=TRY_S):
                self.plain.release()
                return
        self.overdue = self.overdue.replace(
            "It was ended", "It cannot be ended, and goes on until you restart the notebook"
        )
        if holder == threading.main_thread().ident:  # whose call never comes back to raise it
            print(self.overdue, file=sys.stderr, flush=True)


def described(error: BaseException) -> tuple[str, bool]:
    """Return an error's name, message and place, and whether that is in the learner's code."""
    place, is_learners = place_of(reversed([*traceback.walk_tb(error.__traceback__)]))
    return f"{type(error).__name__}: {error} ({place})", is_learners


def place_of(frames: Iterable[tuple[FrameType, int]]) -> tuple[str, bool]:
    """Say where in the learner's code these frames are, or where in ours; the innermost is first.

    The learner's own are those that share their names or their file with the
    function that was called: a library's line below it is nothing to look at.
    """
    frames = dropwhile(lambda each: each[0].f_globals.get("__name__") == "contextlib", frames)  # called by a `with`
    inside = [*takewhile(lambda each: each[0].f_globals.get("__name__") not in WATCHERS, frames)]
    called = [each for each in inside if not each[0].f_globals.get("__name__", "").startswith("tcpkit.")]
    file = called[-1][0].f_code.co_filename if called else ""  # kept pieces share it, each with globals of its own
    own = [(f, at) for f, at in called if f.f_globals is called[-1][0].f_globals or f.f_code.co_filename == file]
    if not inside:
        return "tcpkit itself", False
    frame, line = (own or inside)[0]
    code = frame.f_code
    is_cell = "ipykernel_" in code.co_filename or code.co_filename.startswith("<ipython-input")
    where = f"line {line} of your cell" if is_cell else f"{Path(code.co_filename).name}, line {line}"
    return f"{code.co_qualname.rpartition('<locals>.')[2]}, {where}", bool(own)

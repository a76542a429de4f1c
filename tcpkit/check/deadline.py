"""End a learner's endless loop by SIGALRM, in the main thread of a Unix process; elsewhere there is the stop button."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType

AGAIN_S = 0.05  # code that swallows the first ring hears another
SHARED_BY = 20  # programs: a call that works has its limit in processor time, one that waits does not
PATIENCE = 3  # rings; a bare `except:` round the slow part swallows them all


class OutOfTime(BaseException):
    """Leave code whose time is over, also through its `except Exception`; the one argument is the `Deadline`."""


def can_ring() -> bool:
    """Say whether an alarm can cut a call off here."""
    in_main_thread = threading.current_thread() is threading.main_thread()
    # A handler that is not Python's own could not be put back afterwards.
    return hasattr(signal, "setitimer") and in_main_thread and signal.getsignal(signal.SIGALRM) is not None


class Deadline:
    """One stretch of time for all calls made through `call` inside the block."""

    slack = 1.0  # longer where a call goes to another process: `marks`

    def __init__(self, limit_s: float) -> None:
        self.limit_s = limit_s * self.slack
        self.rung = 0

    def __enter__(self) -> Deadline:
        self.rings = can_ring()
        if self.rings:
            now = self.began = time.monotonic()
            self.used_before_s = time.thread_time()
            self.outer_trace = sys.gettrace()
            self.outer_handler = signal.getsignal(signal.SIGALRM)
            outer_s, self.outer_interval_s = signal.getitimer(signal.ITIMER_REAL)
            self.outer_ends = now + outer_s if outer_s else None
            signal.signal(signal.SIGALRM, self._ring)
            signal.setitimer(signal.ITIMER_REAL, min(self.limit_s, outer_s or self.limit_s), AGAIN_S)
        return self

    def __exit__(self, *_: object) -> None:
        if not self.rings:
            return
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, self.outer_handler)
        if self.rung > PATIENCE:
            sys.settrace(self.outer_trace)
        if self.outer_ends is not None:
            left_s = max(self.outer_ends - time.monotonic(), 0.001)
            signal.setitimer(signal.ITIMER_REAL, left_s, self.outer_interval_s)

    def call(self, function: Callable[..., object], *arguments: object) -> object:
        """Return what the function returns; raise `OutOfTime` past the limit."""
        return function(*arguments)

    def _ring(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if self.outer_ends is not None and now >= self.outer_ends and callable(self.outer_handler):
            self.outer_ends = now + self.outer_interval_s if self.outer_interval_s else None
            self.outer_handler(number, frame)
        # Only inside `call`: the check's own code is never cut in two.
        is_held_up = (now - self.began) / SHARED_BY < time.thread_time() - self.used_before_s < self.limit_s
        if now >= self.began + self.limit_s and not is_held_up and self._is_calling(frame):
            self.rung += 1
            if self.rung <= PATIENCE:
                raise OutOfTime(self)
            # Leave from the next line begun: sooner or later that one stands
            # outside of the `try`. Python ends the tracing as it raises.
            frame.f_trace = self._leave
            sys.settrace(self._leave)

    def _leave(self, frame: FrameType, event: str, _: object) -> object:
        if event == "line" and self._is_calling(frame):
            raise OutOfTime(self)
        return self._leave

    def _is_calling(self, frame: FrameType | None) -> bool:
        while frame is not None:
            if frame.f_code is Deadline.call.__code__ and frame.f_locals["self"] is self:
                return True
            frame = frame.f_back
        return False

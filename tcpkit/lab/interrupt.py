"""A short while in which Ctrl-C waits.

Between a system call that makes a descriptor and the line that keeps it, an
interrupt would lose the descriptor; between a request and its answer, the
answer. Only the main thread is ever interrupted.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

INTERRUPTS = (signal.SIGINT, signal.SIGALRM)  # the second one: an exercise has run for too long


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold the first interrupt back until the block ends.

    The second one goes through: whoever presses Ctrl-C twice means it.
    """
    handlers, held = {}, []

    def hold(sign: int, frame: FrameType | None) -> None:
        if held:
            handlers[sign](sign, frame)
        held.append(sign)

    try:
        if threading.current_thread() is threading.main_thread():
            handlers |= {sign: signal.getsignal(sign) for sign in INTERRUPTS if callable(signal.getsignal(sign))}
            for sign in handlers:
                signal.signal(sign, hold)
        yield
    finally:
        for sign, handler in handlers.items():
            signal.signal(sign, handler)
        for sign in held[:1]:
            handlers[sign](sign, None)

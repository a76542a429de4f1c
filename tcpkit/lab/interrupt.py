"""Delay an interrupt (Ctrl-C) until a block of code has ended.

Between a system call that makes a descriptor and the line that keeps it, an
interrupt would lose the descriptor; between a request and its answer, the
answer. Python interrupts the main thread only.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

INTERRUPTS = (signal.SIGINT, signal.SIGALRM)  # SIGALRM: an exercise has run for too long


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Delay the first interrupt until the block ends.

    A second one takes effect at once.
    """
    handlers: dict[int, Any] = {}
    held: list[int] = []

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

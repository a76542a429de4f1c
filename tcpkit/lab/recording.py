"""Capture what crosses an interface of the lab, without losing any of it."""

from __future__ import annotations

import threading
import time
from types import TracebackType

from tcpkit.capture import Capture
from tcpkit.lab.errors import LabError
from tcpkit.lab.ground import Ground
from tcpkit.lab.interrupt import uninterrupted
from tcpkit.lab.tap import Tap

QUIET_MS = 20  # a capture ends when nothing came for so long ...
LONGEST_END_S = 1.0  # ... or when this has passed


class Recording(Capture):
    """A capture that is being made: `with lab.capture() as packets`.

    Empty until the block ends; then it holds what crossed the interface.
    """

    def __init__(self, ground: Ground) -> None:
        super().__init__()
        ground.check()
        self._ground = ground
        self._blocks: list[bytes] = []
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Recording:
        if self._thread is not None:
            raise LabError("This capture was made already. For another: with lab.capture() as packets:")
        try:
            with uninterrupted():
                self._begin()
        except BaseException:
            self._finish()
            raise
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with uninterrupted():  # the packets are kept, also when the cell is stopped
            self._finish()
        if error is None:
            self._ground.check()

    def _begin(self) -> None:
        try:
            tap = self._ground.idle_taps.pop()
        except IndexError:
            tap = Tap(self._ground)
        tap.resume()
        self._thread = threading.Thread(target=self._drain, args=(tap,), daemon=True)
        self._thread.start()

    def _finish(self) -> None:
        """End the thread, and keep what it found."""
        self._ending.set()
        if self._thread is not None and self._thread.ident is not None:
            self._thread.join()

    def _drain(self, tap: Tap) -> None:
        """Take full blocks out of the ring until asked to end, and quiet."""
        deadline = None
        while deadline is None or time.monotonic() < deadline:
            ending = self._ending.is_set()  # asked before we wait: a quiet time must lie wholly behind the end
            if ending and deadline is None:
                deadline = time.monotonic() + LONGEST_END_S
            block = tap.take()
            if block is not None:
                self._blocks.append(block)
            elif not tap.wait(QUIET_MS) and ending:
                break
        tap.pause()
        self._keep(tap)

    def _keep(self, tap: Tap) -> None:
        """Keep the packets, and put the tap where the next capture finds it."""
        packets = tuple(packet for block in self._blocks for packet in tap.packets(block))
        self._blocks.clear()
        for name, value in (("packets", packets), ("dropped", tap.drops())):
            object.__setattr__(self, name, value)  # a Capture is frozen; this one is finished only now
        if self._ground.close.alive:
            self._ground.idle_taps.append(tap)
        else:
            tap.close()

    def notes(self) -> list[str]:
        """Return a sentence for each way in which this is not everything."""
        if self._thread is None or self._thread.is_alive():
            return ["(the packets are here once the block of `with lab.capture() as packets:` has ended)"]
        return super().notes()

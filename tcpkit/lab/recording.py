"""Capture what crosses an interface of the lab, without losing any of it."""

from __future__ import annotations

import threading
import time
import weakref
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

    def __init__(self, ground: Ground, interface: str = "lo") -> None:
        super().__init__()
        ground.check()
        self._ground = ground
        self._interface = interface
        self._tap: Tap | None = None
        self._drain: Drain | None = None

    def __enter__(self) -> Recording:
        if self._drain is not None:
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
        self._tap = self._ground.idle_tap(self._interface) or Tap(self._ground, self._interface)
        self._tap.resume()
        self._drain = Drain(self._tap)
        weakref.finalize(self, self._drain.ending.set)  # an interrupt may strike before __exit__ does anything
        self._drain.thread.start()

    def _finish(self) -> None:
        """Keep the packets, and put the tap where the next capture finds it."""
        tap, self._tap = self._tap, None
        if tap is None or self._drain is None:
            return
        self._drain.end()
        tap.pause()
        packets = tuple(packet for block in self._drain.blocks for packet in tap.packets(block))
        self._drain.blocks.clear()
        for name, value in (("packets", packets), ("dropped", tap.drops())):
            object.__setattr__(self, name, value)  # a Capture is frozen; this one is finished only now
        if self._ground.close.alive:
            self._ground.idle_taps.append(tap)
        else:
            tap.close()

    def notes(self) -> list[str]:
        """Return a sentence for each way in which this is not everything."""
        if self._drain is None or self._tap is not None:
            return ["(the packets are here once the block of `with lab.capture() as packets:` has ended)"]
        return super().notes()


class Drain:
    """A thread that takes full blocks out of a tap, until asked to end, and quiet."""

    def __init__(self, tap: Tap) -> None:
        self.blocks: list[bytes] = []
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self._run, args=(tap,), daemon=True)

    def end(self) -> None:
        """Ask it to end, and wait until it has."""
        self.ending.set()
        if self.thread.ident is not None:
            self.thread.join()

    def _run(self, tap: Tap) -> None:
        deadline = None
        while deadline is None or time.monotonic() < deadline:
            ending = self.ending.is_set()  # asked before we wait: a quiet time must lie wholly behind the end
            if ending and deadline is None:
                deadline = time.monotonic() + LONGEST_END_S
            block = tap.take()
            if block is not None:
                self.blocks.append(block)
            elif not tap.wait(QUIET_MS) and ending:
                return

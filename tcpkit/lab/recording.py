"""Record the packets that cross an interface of the lab, losing none."""

from __future__ import annotations

import threading
import time
import weakref
from types import TracebackType

from tcpkit.capture import Capture
from tcpkit.lab.agent_client import AgentClient
from tcpkit.lab.capture_ring import CaptureRing, take_idle_ring
from tcpkit.lab.errors import LabError, LabUnavailable
from tcpkit.lab.interrupt import uninterrupted

QUIET_MS = 20  # after its block a recording ends when no packet came for this long ...
LONGEST_END_S = 1.0  # ... or when this time has passed
MOST_BYTES = 1 << 29  # that a recording keeps: some four million small packets


class Recording(Capture):
    """A capture that is being recorded: `with lab.capture() as packets`.

    Empty until the block ends; then it holds what crossed the interface, up
    to 512 MB. What came after that is counted as dropped. With `frames` it
    holds ARP too, and each packet's Ethernet header (`.link`).
    """

    def __init__(self, agent: AgentClient, interface: str = "lo", frames: bool = False) -> None:
        super().__init__()
        agent.check()
        self._agent = agent
        if agent.kind == "direct" and interface != "lo":
            raise LabUnavailable("In this kind of lab other interfaces are this machine's own: a capture keeps to lo")
        self._on = interface, frames
        self._ring: CaptureRing | None = None
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
        with uninterrupted():  # the packets are kept, also when the cell is interrupted
            self._finish()
        if error is None:
            self._agent.check()

    def _begin(self) -> None:
        self._ring = take_idle_ring(self._agent, *self._on) or CaptureRing(self._agent, *self._on)
        self._ring.resume()
        self._drain = Drain(self._ring)
        weakref.finalize(self, self._drain.ending.set)  # an interrupt may come before __exit__ does anything
        self._drain.thread.start()

    def _finish(self) -> None:
        """Keep the packets, and leave the ring to the next recording."""
        ring, self._ring = self._ring, None
        if ring is None or self._drain is None:
            return
        self._drain.end()
        ring.pause()
        packets = tuple(packet for block in self._drain.blocks for packet in ring.packets(block))
        self._drain.blocks.clear()
        for name, value in (("packets", packets), ("dropped", ring.drops() + self._drain.beyond)):
            object.__setattr__(self, name, value)  # a Capture is frozen; this one gets its packets only now
        if self._agent.close.alive:
            self._agent.keep(ring)
        else:
            ring.close()

    def notes(self) -> list[str]:
        """Return a sentence for each way in which this is not everything."""
        if self._drain is None or self._ring is not None:
            return ["(the packets are here once the block of `with lab.capture() as packets:` has ended)"]
        beyond = f"({self._drain.beyond:,} of them because it was full: a capture keeps {MOST_BYTES >> 20} MB)"
        return super().notes() + [beyond] * bool(self._drain.beyond)


class Drain:
    """A thread that takes blocks out of a ring, until `end` and a quiet time."""

    def __init__(self, ring: CaptureRing) -> None:
        self.blocks: list[bytes] = []
        self.size = 0  # bytes of the blocks
        self.beyond = 0  # packets for which there was no more room
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self._run, args=(ring,), daemon=True)

    def end(self) -> None:
        """Have the thread end, and wait until it has ended."""
        self.ending.set()
        if self.thread.ident is not None:
            self.thread.join()

    def _run(self, ring: CaptureRing) -> None:
        deadline = None
        while deadline is None or time.monotonic() < deadline:
            ending = self.ending.is_set()  # read before the wait: the whole quiet time must come after the end
            if ending and deadline is None:
                deadline = time.monotonic() + LONGEST_END_S
            block = ring.take()
            if block is not None and self.size < MOST_BYTES:
                self.blocks.append(block)
                self.size += len(block)
            elif block is not None:
                self.beyond += ring.count(block)
            elif not ring.wait(QUIET_MS) and ending:
                return

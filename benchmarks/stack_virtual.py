"""Two stacks on a link in virtual time: how fast it passes, and whether Reno does as Mathis says.

M. Mathis and others, "The Macroscopic Behavior of the TCP Congestion
Avoidance Algorithm" (1997): MSS / RTT * sqrt(3 / (2 b p)), with p the share
of packets lost and b how many segments an ACK counts for. Our Reno counts
the bytes acknowledged (RFC 3465), so b is 1. Losses are random, one by one.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from benchmarks.measure import Result
from tcpkit.stack.congestion import Reno
from tcpkit.stack.connection import Connection
from tcpkit.stack.link import Link
from tcpkit.stack.network import Network
from tcpkit.stack.settings import Pieces, Settings
from tcpkit.stack.stack import Stack
from tcpkit.stack.states import State

HERE, THERE, PORT = "10.0.0.1", "10.0.0.2", 80
ROUNDS = 7
BYTES = 3_000_000
SLOW = Link(rate_bit_s=10e6, loss=0.01, queue_packets=50)
FASTER = 100

LOSSES = (0.0001, 0.001, 0.005, 0.02)
ROUND_TRIPS_S = (0.02, 0.05, 0.1, 0.2)
BAND = 0.2
FIRST = 5  # losses to wait for: slow start, and what it has left behind
COUNTED = 40  # losses to look at, and at least this many packets:
PACKETS = 40_000
WIDE = 4 << 20  # bytes: neither side's buffer stands in the way
PIECE = memoryview(bytes(1 << 16))
LONGEST_S = 1e6


def results() -> Iterator[Result]:
    """Measure how fast time passes, then the rate for each loss and round trip."""
    for delay_s, asked in ((0.05, f"at least {FASTER}x real time"), (0.025, "")):
        link = replace(SLOW, delay_s=delay_s)
        ratio = statistics.median(times_real_time(link) for _ in range(ROUNDS))
        met = ratio >= FASTER if asked else None
        figures = {"10 Mbit/s, 1 % lost,": f"{1000 * delay_s:.0f} ms each way"}
        yield Result("virtual time", figures, asked, f"{ratio:.0f}x", met)
    for loss in LOSSES:
        points = {f"{1000 * rtt_s:.0f} ms": Point(loss, rtt_s) for rtt_s in ROUND_TRIPS_S}
        worst = max((point.ratio for point in points.values()), key=lambda ratio: abs(ratio - 1))
        asked = f"within {BAND:.0%} of Mathis's formula"
        figures = {name: str(point) for name, point in points.items()}
        yield Result(f"Reno, {loss:.2%} lost", figures, asked, f"{worst:.2f}", abs(worst - 1) <= BAND)


def times_real_time(link: Link) -> float:
    """Return how many seconds of virtual time pass in one of the processor's."""
    start = time.process_time()
    transfer = Transfer(link, Settings(send_buffer=BYTES), BYTES)  # all is written in one go
    transfer.run_until(lambda: transfer.received == BYTES)
    return transfer.network.now / (time.process_time() - start)


class Point:
    """How fast Reno is at one loss and one round trip, as a part of what Mathis says.

    `timeouts` counts those among the losses: the formula knows of none.
    """

    def __init__(self, loss: float, round_trip_s: float) -> None:
        self.losses = self.timeouts = 0
        settings = Settings(send_buffer=WIDE, receive_buffer=WIDE, pieces=Pieces(congestion=self._counted))
        link = Link(delay_s=round_trip_s / 2, loss=loss, seed=round(1000 * round_trip_s))
        transfer = Transfer(link, settings)
        transfer.run_until(lambda: self.losses >= FIRST)
        began_s, self.timeouts, received = transfer.network.now, 0, transfer.received
        mss = transfer.sender.snd.mss
        enough = received + mss * max(PACKETS, COUNTED / loss)
        transfer.run_until(lambda: transfer.received >= enough)
        rate = (transfer.received - received) / (transfer.network.now - began_s)
        self.ratio = rate / (mss / round_trip_s * math.sqrt(3 / (2 * loss)))

    def _counted(self, mss: int) -> Reno:
        """Return a Reno that tells us of its losses."""
        point = self

        class Counted(Reno):
            def on_loss(self, flight: int, now: float) -> None:
                point.losses += 1
                super().on_loss(flight, now)

            def on_timeout(self, flight: int, now: float) -> None:
                point.timeouts += 1
                super().on_timeout(flight, now)

        return Counted(mss)

    def __str__(self) -> str:
        return f"{self.ratio:.2f}" + f" ({self.timeouts} timeouts)" * bool(self.timeouts)


class Transfer:
    """Bytes from one stack to another: so many, or without end."""

    def __init__(self, link: Link, settings: Settings, size: int | None = None) -> None:
        here, there = (Stack(address, settings, bytes(16)) for address in (HERE, THERE))
        self.network = Network(here, there, link)
        self.sender, self.received = here.connect(THERE, PORT, 0.0), 0
        self._left = size
        self._listener = there.listen(PORT)
        self._receiver: Connection | None = None

    def run_until(self, predicate: Callable[[], bool]) -> None:
        """Let time go on until this is so."""

        def turn() -> bool:
            self._serve()
            return predicate()

        if not self.network.run(turn, LONGEST_S):
            raise RuntimeError("a transfer came to a halt")

    def _serve(self) -> None:
        """Write as much as there is room for, read what has come."""
        if self._left != 0 and self.sender.state is State.ESTABLISHED:
            sent = self.sender.send(PIECE[: self._left])
            self._left = self._left and self._left - sent
        self._receiver = self._receiver or self._listener.accept()
        if self._receiver and self._receiver.unread:
            self.received += len(self._receiver.recv())

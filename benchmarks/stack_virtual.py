"""Stacks on a link in virtual time: how fast it passes, what a queue carries, and whether Reno does as Mathis says.

M. Mathis and others, "The Macroscopic Behavior of the TCP Congestion
Avoidance Algorithm" (1997): MSS / RTT * sqrt(3 / (2 b p)), with p the share
of packets lost and b how many segments an ACK counts for. Our Reno counts
the bytes acknowledged (RFC 3465), so b is 1. Losses are random, one by one.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Iterator
from dataclasses import replace

from benchmarks.measure import Result, duration
from tcpkit.check.contest import SCENARIOS, tried
from tcpkit.stack.bottleneck import Flow, share
from tcpkit.stack.congestion import Reno
from tcpkit.stack.link import Link
from tcpkit.stack.settings import Pieces, Settings
from tcpkit.stack.transfer import Bulk

ROUNDS = 7
BYTES = 3_000_000
SLOW = Link(rate_bit_s=10e6, loss=0.01, queue_packets=50)
FASTER = 100
FLOWS, SECONDS = (Flow("a"), Flow("b")), 10.0  # what shares a queue, and for how long

LOSSES = (0.0001, 0.001, 0.005, 0.02)
ROUND_TRIPS_S = (0.02, 0.05, 0.1, 0.2)
BAND = 0.2
FIRST = 5  # losses to wait for: slow start, and what it has left behind
COUNTED = 40  # losses to look at, and at least this many packets:
PACKETS = 40_000
WIDE = 4 << 20  # bytes: neither side's buffer stands in the way


def results() -> Iterator[Result]:
    """Measure how fast time passes, then the rate for each loss and round trip."""
    for delay_s in (0.05, 0.025):
        ratio = statistics.median(times_real_time(replace(SLOW, delay_s=delay_s)) for _ in range(ROUNDS))
        figures = {"10 Mbit/s, 1 % lost,": f"{1000 * delay_s:.0f} ms each way"}
        yield Result("virtual time", figures, f"at least {FASTER}x real time", f"{ratio:.0f}x", ratio >= FASTER)
    packets, costs_s = zip(*(shared() for _ in range(ROUNDS)), strict=True)
    carried = statistics.median(count / cost_s for count, cost_s in zip(packets, costs_s, strict=True))
    yield Result("bottleneck", {"data packets": f"{carried:,.0f} a second of the processor's"})
    yield Result(f"{len(FLOWS)} flows, 10 Mbit/s, {SECONDS:.0f} s", {"cost": duration(statistics.median(costs_s))})
    yield Result("contest, Reno", {name: f"{scenario_s(name):.2f} s of the processor's" for name in SCENARIOS})
    for loss in LOSSES:
        points = {f"{1000 * rtt_s:.0f} ms": Point(loss, rtt_s) for rtt_s in ROUND_TRIPS_S}
        worst = max((point.ratio for point in points.values()), key=lambda ratio: abs(ratio - 1))
        asked = f"within {BAND:.0%} of Mathis's formula"
        figures = {name: str(point) for name, point in points.items()}
        yield Result(f"Reno, {loss:.2%} lost", figures, asked, f"{worst:.2f}", abs(worst - 1) <= BAND)


def times_real_time(link: Link) -> float:
    """Return how many seconds of virtual time pass in one of the processor's."""
    start = time.process_time()
    bulk = Bulk(link, Settings(send_buffer=BYTES), BYTES)  # all is written in one go
    bulk.run_until(lambda: bulk.received == BYTES)
    return bulk.network.now / (time.process_time() - start)


def shared() -> tuple[float, float]:
    """Return how many data packets the model of a queue carries, and how many seconds of the processor's it takes."""
    start = time.process_time()
    run = share(FLOWS, rate_bit_s=10e6, rtt_s=0.04, queue_bytes=50_000, seconds=SECONDS)
    return sum(run.goodput(0, SECONDS).values()) * SECONDS / 8 / 1448, time.process_time() - start


def scenario_s(name: str) -> float:
    """Return how long a scenario of lesson 17's contest takes, in seconds of the processor's."""
    start = time.process_time()
    tried(Reno, name)
    return time.process_time() - start


class Point:
    """How fast Reno is at one loss and one round trip, as a part of what Mathis says.

    `timeouts` counts those among the losses: the formula knows of none.
    """

    def __init__(self, loss: float, round_trip_s: float) -> None:
        self.losses = self.timeouts = 0
        settings = Settings(send_buffer=WIDE, receive_buffer=WIDE, pieces=Pieces(congestion=self._counted))
        link = Link(delay_s=round_trip_s / 2, loss=loss, seed=round(1000 * round_trip_s))
        bulk = Bulk(link, settings)
        bulk.run_until(lambda: self.losses >= FIRST)
        began_s, self.timeouts, received = bulk.network.now, 0, bulk.received
        mss = bulk.sender.snd.mss
        enough = received + mss * max(PACKETS, COUNTED / loss)
        bulk.run_until(lambda: bulk.received >= enough)
        rate = (bulk.received - received) / (bulk.network.now - began_s)
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

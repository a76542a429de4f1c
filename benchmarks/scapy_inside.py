"""Scapy's `sr1`, unchanged: pointed at a lab, and by scapy's own means in it."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator

from benchmarks.inside import BY_SCAPY, LOOPBACK, exchanges_s
from benchmarks.lab_answer import SYN, run_inside
from benchmarks.measure import Result, Times, faster, peer
from tcpkit import Lab, LabUnavailable

ROUNDS = 7
OURS, OWN = "in lab.scapy()", "scapy's own"
FACTOR = 20


def results() -> Iterator[Result]:
    """Measure question after question; a round is the median of its own."""
    times: Times = {OURS: [], OWN: []}
    try:
        if peer("scapy"):
            times = rounds()
    except LabUnavailable:
        pass
    yield faster("sr1, SYN to RST", times, OWN, FACTOR)


def rounds() -> Times:
    """Return the times of both, who take turns on the same kernel."""
    times: Times = {OURS: [], OWN: []}
    with Lab() as lab:
        for _ in range(ROUNDS):
            with lab.scapy():
                times[OURS].append(statistics.median(exchanges_s(one_sr1(), BY_SCAPY)))
            times[OWN].append(statistics.median(run_inside(lab, ("sr1",))))
    return times


def one_sr1() -> Callable[[], object]:
    """Return a call as it stands in a scapy user's script."""
    from scapy.layers.inet import IP, TCP
    from scapy.sendrecv import sr1

    packet = IP(src=LOOPBACK, dst=LOOPBACK) / TCP(SYN)

    def ask() -> None:
        if sr1(packet, timeout=2, verbose=0) is None:
            raise RuntimeError("no RST came back")

    return ask

"""From SYN to RST: through a lab's socket, from inside it, and by scapy."""

from __future__ import annotations

import contextlib
import socket
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.inside import EXCHANGES, LOOPBACK, SECONDS, exchange, exchanges_s, own_network
from benchmarks.measure import Result, Times, faster, peer, within
from tcpkit import Lab, LabUnavailable
from tcpkit.wire.story_syn import story_syn

ROUNDS = 7
SCRIPT = Path(__file__).with_name("inside.py")
SYN = bytes(story_syn(data_offset=5).with_checksum(LOOPBACK, LOOPBACK))
OURS, INSIDE, SR1, KEPT = "lab.socket", "opened inside", "scapy's sr1", "scapy, open socket"
FACTOR, SCAPY_FACTOR = 1.2, 500


def results() -> Iterator[Result]:
    """Measure exchange after exchange; a round is the median of its own."""
    asked = f"at most {FACTOR}x {INSIDE}"
    try:
        times = rounds()
    except LabUnavailable:
        yield Result("SYN to RST", {OURS: "missing"}, asked)
        return
    yield within("SYN to RST", pick(times, INSIDE), INSIDE, lambda inside_s: FACTOR * inside_s, asked)
    yield faster("SYN to RST", pick(times, SR1), SR1, SCAPY_FACTOR)
    yield faster("SYN to RST", pick(times, KEPT), KEPT, 1)


def rounds() -> Times:
    """Return the times of all four, who take turns in one lab."""
    scripts = {INSIDE: ()} | ({SR1: ("sr1",), KEPT: ("kept",)} if peer("scapy") else {})
    times: Times = {OURS: [], INSIDE: [], SR1: [], KEPT: []}
    with Lab() as lab, lab.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP) as raw:
        for _ in range(ROUNDS):
            times[OURS].append(statistics.median(exchanges_s(lambda: exchange(raw, SYN), EXCHANGES)))
            for name, arguments in scripts.items():
                times[name].append(statistics.median(run_inside(lab, arguments)))
                drain(raw)
    return times


def run_inside(lab: Lab, arguments: tuple[str, ...]) -> list[float]:
    """Run the script in the lab, and return the seconds that it printed."""
    program = lab.run([sys.executable, str(SCRIPT), SYN.hex(), own_network(), *arguments], timeout_s=60)
    for line in program.output.splitlines():
        if line.startswith(SECONDS):
            return [float(second) for second in line.split()[1:]]
    raise RuntimeError(f"{SCRIPT.name} printed no times, but: {program.output}")


def drain(raw: socket.socket) -> None:
    """Throw away what the socket heard of the others."""
    raw.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while raw.recv(65_535):
            pass
    raw.setblocking(True)


def pick(times: Times, against: str) -> Times:
    return {name: times[name] for name in (OURS, against)}

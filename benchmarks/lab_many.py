"""A hundred labs at once in one process: all answer, and what each costs."""

from __future__ import annotations

import contextlib
import os
import socket
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.inside import exchange
from benchmarks.lab_answer import SYN
from benchmarks.measure import Result, duration
from tcpkit import Lab, LabUnavailable

LABS = 100
ANSWER_S = 5.0  # how long a lab may take to answer before it counts as silent
KIB_IN_MB = 1_000_000 / 1024


def results() -> Iterator[Result]:
    """Open the labs one after the other, and ask each while all are open."""
    asked = f"all {LABS} answer"
    times: list[float] = []
    with contextlib.ExitStack() as stack:
        before_kib, own_before_kib = available_kib(), own_kib()
        try:
            labs = [stack.enter_context(timed_lab(times)) for _ in range(LABS)]
        except LabUnavailable:
            yield Result("labs at once", {"tcpkit": "missing"}, asked)
            return
        answers = sum(answer(lab) for lab in labs)
        used_kib, agents_kib = before_kib - available_kib(), sum(map(share_kib, children()))
        own = max(0, own_kib() - own_before_kib) / LABS
        start = time.perf_counter()
    closing_s = (time.perf_counter() - start) / LABS
    yield Result("labs at once", {"answered": f"{answers} of {LABS}"}, asked, "", answers == LABS)
    yield Result("time of each", {"Lab()": duration(statistics.median(times)), "close()": duration(closing_s)})
    memory = {"agent": agents_kib / LABS, "this process": own, "the whole machine": used_kib / LABS}
    yield Result("memory of each", {who: f"{kib / KIB_IN_MB:.2f} MB" for who, kib in memory.items()})


def timed_lab(times: list[float]) -> Lab:
    start = time.perf_counter()
    lab = Lab()
    times.append(time.perf_counter() - start)
    return lab


def answer(lab: Lab) -> bool:
    """Say whether a SYN brings a RST in this lab."""
    with lab.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP) as raw:
        raw.settimeout(ANSWER_S)
        with contextlib.suppress(TimeoutError):
            exchange(raw, SYN)
            return True
    return False


def available_kib() -> int:
    """Return how much memory the machine has left; other programs move it, too."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable"))


def children() -> list[int]:
    """Return the process ids of this process's children: the agents."""
    return [int(pid) for path in Path("/proc/self/task").glob("*/children") for pid in path.read_text().split()]


def own_kib() -> int:
    return share_kib(os.getpid())


def share_kib(pid: int) -> int:
    """Return a process's part of memory: shared pages count by their share."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0

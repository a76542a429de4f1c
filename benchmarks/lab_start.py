"""How long `Lab()` takes, next to a Python that does nothing at all."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator

from benchmarks.measure import Result, Times, within
from tcpkit import Lab, LabUnavailable

ROUNDS = 21
BARE = [sys.executable, "-I", "-S", "-c", "pass"]  # what the lab's agent starts as
FACTOR, MORE_S = 2, 0.010  # Lab() may take this many bare Pythons, and 10 ms


def results() -> Iterator[Result]:
    """Measure until `Lab()` returns: by then a raw socket was opened inside."""
    times: Times = {"Lab()": [], "python -I -S -c pass": []}
    for _ in range(ROUNDS):
        times["python -I -S -c pass"].append(bare_s())
        try:
            times["Lab()"].append(lab_s())
        except LabUnavailable:
            continue
    asked = f"at most {FACTOR} bare Pythons + 10 ms"
    yield within("Lab() ready", times, "python -I -S -c pass", lambda bare_s: FACTOR * bare_s + MORE_S, asked)


def bare_s() -> float:
    start = time.perf_counter()
    subprocess.run(BARE, check=True, stdin=subprocess.DEVNULL)
    return time.perf_counter() - start


def lab_s() -> float:
    start = time.perf_counter()
    lab = Lab()
    taken = time.perf_counter() - start
    lab.close()
    return taken

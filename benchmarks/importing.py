"""What an import costs, in a Python that has just started."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence

from benchmarks.measure import Result, Times, medians, peer, within

TIMED = "import time; start = time.perf_counter(); {}; print(time.perf_counter() - start)"
ROUNDS = 7  # of each statement, by turns
MOST = 1.5  # times what dpkt takes


def results() -> Iterator[Result]:
    """Measure `import tcpkit` against its peers, in a process for each time."""
    statements = {
        "tcpkit": "import tcpkit",
        "dpkt": "import dpkt" if peer("dpkt") else None,
        "scapy.layers.inet": "import scapy.layers.inet" if peer("scapy") else None,
    }
    yield within("import tcpkit", import_times(statements), "dpkt", lambda dpkt: MOST * dpkt, f"at most {MOST}x dpkt")
    rooms = {f"tcpkit.{room}": f"import tcpkit.{room}" for room in ("wire", "capture", "lab")}
    yield Result("its rooms, each alone", medians(import_times(rooms)))


def import_times(statements: dict[str, str | None]) -> Times:
    """Return the times of each statement, in seconds; none for None."""
    times: Times = {name: [] for name in statements}
    for _ in range(ROUNDS):
        for name, statement in statements.items():
            if statement:
                times[name].append(time_s([sys.executable, "-c", TIMED.format(statement)]))
    return times


def time_s(command: Sequence[str]) -> float:
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return float(done.stdout)

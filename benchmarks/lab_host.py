"""How long a lab with a host takes, next to `ip` and the import of pyroute2.

pyroute2 is the netlink library that the lab could have used. Each side runs
in a Python or a shell of its own: what is imported on first use counts.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

from benchmarks.measure import Result, Times, medians, within
from tcpkit import Lab, LabUnavailable

ROUNDS = 9
OURS, COMMANDS, IMPORT = "Lab() and host()", "nine ip commands", "import pyroute2"
CLOCK = "import time; start = time.perf_counter(); {}; print(time.perf_counter() - start)"
MAKE = "from tcpkit import Lab; lab = Lab(); lab.host()"
NINE = """
ip link add cable0 address 02:00:00:00:00:01 type veth peer name host0 address 02:00:00:00:00:02
ip link set cable0 addrgenmode none
ip link set host0 addrgenmode none
ip link set cable0 mtu 1500
ip address add 10.0.0.1/24 dev cable0
ip link set cable0 up
ip link set host0 up
ip route add 10.0.0.2/32 dev cable0 src 10.0.0.1
ip neighbour add 10.0.0.2 lladdr 02:00:00:00:00:03 dev cable0 nud permanent
"""


def results() -> Iterator[Result]:
    """Measure until a packet could be sent from the host."""
    times: Times = {OURS: [], COMMANDS: [], IMPORT: []}
    for _ in range(ROUNDS):
        times[OURS] += python_s(MAKE)
        times[IMPORT] += python_s(IMPORT)
        times[COMMANDS] += commands_s()
    limits = [ip_s + import_s for ip_s, import_s in zip(times[COMMANDS], times[IMPORT], strict=False)]
    peers = {OURS: times[OURS], "both": limits}
    asked = f"at most {COMMANDS} + {IMPORT}"
    yield Result("each by itself", medians(times))
    yield within("A lab with a host, ready", peers, "both", lambda both_s: both_s, asked)


def python_s(code: str) -> list[float]:
    """Return how long a fresh Python takes for this; nothing if it cannot."""
    done = subprocess.run([sys.executable, "-c", CLOCK.format(code)], capture_output=True, text=True, check=False)
    return [float(done.stdout)] if done.returncode == 0 else []


def commands_s() -> list[float]:
    """Return how long a shell takes for the commands, in a lab of their own."""
    clock = "date +%s.%N"
    try:
        with Lab() as lab:
            done = lab.run(["sh", "-ec", f"{clock}{NINE}{clock}"])
    except LabUnavailable:
        return []
    if done.status != 0:
        return []
    start, end = map(float, done.output.split())
    return [end - start]

"""iperf3 between two kernels: a lab's, and one more inside it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tcpkit import Lab

NEAR, FAR = "10.9.0.1", "10.9.0.2"
LOOKS, LOOK_AGAIN_S = 100, 0.05
OFFLOADS = " ".join(f"{name} off" for name in ("rx", "tx", "sg", "tso", "gso", "gro"))
# Reno, as our own: it is in every kernel. BBR, some machines' default, would pace itself to about half as much.
RUN = ("iperf3", "-c", FAR, "-J", "-C", "reno")
BUSY = "the server is busy"  # it still ends the run before
ONE_BYTE = f"iperf3 -c {FAR} -n 1 --connect-timeout 200"
ANSWERS = f"for _ in $(seq {LOOKS}); do {ONE_BYTE} && exit; sleep {LOOK_AGAIN_S}; done; exit 1"
TOOLS = ("iperf3", "ethtool", "ip", "unshare")

# The second kernel waits for the far end of the cable. Only who made it may move it there: until it is gone, as at
# first the second has no network of its own.
SECOND = f"""
until ip link set far up; do sleep 0.01; done
ip address add {FAR}/24 dev far
ethtool -K far {OFFLOADS}
exec iperf3 -s
"""
FIRST = f"""
ip link add near mtu "$1" type veth peer name far mtu "$1"
ip address add {NEAR}/24 dev near
ethtool -K near {OFFLOADS}
ip link set near up
unshare -rn sh -ec "$2" &
while ip link set far netns $!; do sleep 0.01; done
wait
"""


@contextmanager
def two_kernels(lab: Lab, mtu: int) -> Iterator[bool]:
    """Join the lab's kernel to a second one by a plain veth; False if a tool is missing."""
    if any(lab.run(["sh", "-c", f"command -v {tool}"]).status for tool in TOOLS):
        yield False
        return
    second = lab.start(["sh", "-ec", FIRST, "sh", str(mtu), SECOND])
    try:
        yield lab.run(["sh", "-c", ANSWERS]).status == 0
    finally:
        second.stop()
        lab.run(["ip", "link", "delete", "near"])


def carried_bytes_s(lab: Lab, *options: str) -> float:
    """Let iperf3 send for so long (-t) or so much (-n); return what arrived, in bytes of data a second."""
    for _ in range(LOOKS):
        if BUSY not in (output := lab.run([*RUN, *options]).output):
            break
        time.sleep(LOOK_AGAIN_S)
    return json.loads(output)["end"]["sum_received"]["bits_per_second"] / 8

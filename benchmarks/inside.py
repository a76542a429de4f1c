"""Ask the kernel with a SYN, wait for its RST, and take the time.

`python inside.py HEX NETWORK` does so over a socket of its own, in the
network that it is started in; with `sr1` or `kept` behind, by scapy. It
prints one line of seconds. NETWORK names the network of whoever starts it
(`own_network`): there it refuses to send.
"""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Callable

LOOPBACK = "127.0.0.1"
EXCHANGES = 2_000
BY_SCAPY = 20  # it takes a thousand times as long
RST = 0x04
SECONDS = "seconds:"


def exchange(raw: socket.socket, syn: bytes) -> None:
    """Send the SYN, and read on until its RST is there."""
    raw.sendto(syn, (LOOPBACK, 0))
    while not raw.recv(65_535)[33] & RST:  # our own SYN comes first
        pass


def exchanges_s(call: Callable[[], object], count: int) -> list[float]:
    """Return how long each of so many exchanges took."""
    times = []
    for _ in range(count):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return times


def by_scapy(syn: bytes, kept: bool) -> Callable[[], object]:
    """Return scapy's way: `sr1`, or the method of a socket that stays open."""
    from scapy.config import conf
    from scapy.layers.inet import IP, TCP
    from scapy.sendrecv import sr1
    from scapy.supersocket import L3RawSocket

    conf.L3socket = L3RawSocket  # scapy's own advice for lo
    packet = IP(src=LOOPBACK, dst=LOOPBACK) / TCP(syn)
    ask = L3RawSocket().sr1 if kept else sr1

    def exchange_by_scapy() -> None:
        reply = ask(packet, timeout=2, verbose=0)
        if reply is None or not reply[TCP].flags & RST:
            raise RuntimeError(f"no RST came back, but {reply!r}")

    return exchange_by_scapy


def own_network() -> str:
    """Return the name of the network that this process lives in."""
    return os.readlink("/proc/self/ns/net")


def main() -> None:
    """Take the times, and print them."""
    syn, outside, how = bytes.fromhex(sys.argv[1]), sys.argv[2], sys.argv[3:]
    if own_network() == outside:
        sys.exit("this is no private network: run me in a lab")
    if how:
        times = exchanges_s(by_scapy(syn, kept=how == ["kept"]), BY_SCAPY)
    else:
        raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
        times = exchanges_s(lambda: exchange(raw, syn), EXCHANGES)
    print(SECONDS, *times)


if __name__ == "__main__":
    main()

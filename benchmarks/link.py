"""What a link carries in real time between the kernels of two labs.

By iperf3 where it is installed, else by sockets of this process, which take
time from the relay.
"""

from __future__ import annotations

import json
import socket
import statistics
import threading
import time
from collections.abc import Iterator

from benchmarks.measure import Result, duration
from tcpkit import Lab, LabUnavailable
from tcpkit.stack.link import Link

HERE, THERE = "10.1.0.1", "10.1.0.2"
PORT = 5201
ROUNDS = 5
SECONDS = 2
ASKED_BIT_S = 0.5e9
BYTES = 64 << 20  # by sockets
PINGS = 200
DELAY_S = 0.010


def results() -> Iterator[Result]:
    """Measure the rate at no delay and at 10 ms, and how exact a delay is."""
    try:
        with Lab() as lab, Lab() as other:
            for name, link in (("no link", None), ("no delay", Link()), ("10 ms each way", Link(delay_s=DELAY_S))):
                with lab.cable(other, link=link):
                    yield carried(name, [rate_bit_s(lab, other) for _ in range(ROUNDS)], link == Link())
            with lab.cable(other, link=Link(delay_s=DELAY_S)):
                yield lateness(lab, other)
    except LabUnavailable as error:
        yield Result(f"missing: {error}", {})


def carried(name: str, found: list[float], is_asked: bool) -> Result:
    """Return the median rate, and whether it is what was asked."""
    median = statistics.median(found)
    figures = {"median": f"{median / 1e6:,.0f} Mbit/s", "worst": f"{min(found) / 1e6:,.0f} Mbit/s"}
    if not is_asked:
        return Result(f"Two kernels, {name}", figures)
    asked = f"at least {ASKED_BIT_S / 1e6:,.0f} Mbit/s"
    return Result(f"Two kernels, {name}", figures, asked, met=median >= ASKED_BIT_S)


def rate_bit_s(lab: Lab, other: Lab) -> float:
    """Return what arrives of one connection, in bits of data a second."""
    if lab.run(["iperf3", "--version"]).status == 0:
        server = other.start(["iperf3", "-s", "-1", "-B", THERE], port=PORT)
        client = lab.run(["iperf3", "-c", THERE, "-t", str(SECONDS), "-J"])
        server.stop()  # it may still wait for the client's last word
        return json.loads(client.output)["end"]["sum_received"]["bits_per_second"]
    with other.listen(PORT, THERE) as listener, lab.socket() as client:
        client.connect((THERE, PORT))
        server, _ = listener.accept()
        sending = threading.Thread(target=client.sendall, args=(bytes(BYTES),))
        start, left = time.perf_counter(), BYTES
        sending.start()
        with server:
            while left:
                left -= len(server.recv(1 << 20))
        sending.join()
        return 8 * BYTES / (time.perf_counter() - start)


def lateness(lab: Lab, other: Lab) -> Result:
    """Return by how much a datagram there and back is later than it should be."""
    late_s = []
    with lab.socket(type=socket.SOCK_DGRAM) as near, other.socket(type=socket.SOCK_DGRAM) as far:
        far.bind((THERE, PORT))
        near.connect((THERE, PORT))
        for _ in range(PINGS):
            start = time.perf_counter()
            near.send(b"ping")
            far.sendto(*far.recvfrom(100))
            near.recv(100)
            late_s.append(time.perf_counter() - start - 2 * DELAY_S)
    late_s.sort()
    figures = {"median": duration(late_s[PINGS // 2]), "9 of 10": duration(late_s[PINGS * 9 // 10])}
    return Result("Late, 10 ms there and back", figures, "about 1 ms each way", met=late_s[PINGS // 2] <= 0.002)

"""A thousand connections open in one stack: what each costs, in memory and in time."""

from __future__ import annotations

import statistics
import time
import tracemalloc
from collections.abc import Iterator

from benchmarks.measure import Result, duration
from tcpkit.stack.connection import Connection
from tcpkit.stack.envelope import open_packet
from tcpkit.stack.stack import Stack
from tcpkit.wire import Flags, Segment, TCPHeader

HERE, THERE, PORT = "10.0.0.1", "10.0.0.2", 80
SIZES = (1, 10, 100, 1000)
ROUNDS = 9
SEGMENTS = 4000  # a round, over all connections in turn
MOST = 1.5  # times as long with the most connections as with one
DATA = bytes(1000)


def results() -> Iterator[Result]:
    """Measure the memory of a connection, then the time of a segment among so many."""
    yield Result("a connection, open", {"memory": f"{memory():,.0f} bytes"})
    times: dict[int, list[float]] = {size: [] for size in SIZES}
    crowds = {size: Crowd(size) for size in SIZES}
    for _ in range(ROUNDS):
        for size, crowd in crowds.items():
            times[size].append(crowd.segment_s())
    ratio = statistics.median(many / one for one, many in zip(times[SIZES[0]], times[SIZES[-1]], strict=True))
    figures = {f"{size:,}:": duration(statistics.median(found)) for size, found in times.items()}
    asked = f"at most {MOST}x from {SIZES[0]} to {SIZES[-1]:,}"
    yield Result("a segment, among so many", figures, asked, f"{ratio:.2f}x", ratio <= MOST)


def memory() -> float:
    """Return how many bytes a connection takes that is open and quiet."""
    Crowd(1)  # what is made but once
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        crowd = Crowd(SIZES[-1])
        crowd.nexts.clear()  # the other side's numbers are not the stack's
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return (after - before) / SIZES[-1]


class Crowd:
    """A stack with so many connections, and who is at their other ends."""

    def __init__(self, size: int) -> None:
        self.stack = Stack(HERE, secret=bytes(16))
        listener = self.stack.listen(PORT, backlog=size)
        self.nexts: list[tuple[int, int]] = []  # by connection: what it expects, and what it sent
        for number in range(size):
            self._hand_in(number, Segment(TCPHeader(*ports(number), flags=Flags.SYN)))
            answer = open_packet(self.stack.poll(0.0)[0], THERE)[1]
            self.nexts.append((1, (answer.seq + 1) % 2**32))
            self._hand_in(number, self._segment(number))
            self.stack.poll(0.0)
        self.accepted: list[Connection] = [listener.accept() for _ in range(size)]

    def segment_s(self) -> float:
        """Return what a segment with data takes: taken in, read, and every third one acknowledged."""
        order = [number % len(self.nexts) for number in range(SEGMENTS)]
        packets = [self._segment(number, DATA).packet(THERE, HERE) for number in order]
        receive, poll, accepted = self.stack.receive, self.stack.poll, self.accepted
        start = time.process_time()
        for number, packet in zip(order, packets, strict=True):
            receive(packet, 0.0)
            accepted[number].recv()
            poll(0.0)
        return (time.process_time() - start) / SEGMENTS

    def _segment(self, number: int, data: bytes = b"") -> Segment:
        seq, ack = self.nexts[number]
        self.nexts[number] = seq + len(data), ack
        return Segment(TCPHeader(*ports(number), seq % 2**32, ack, Flags.ACK, 65_535), data)

    def _hand_in(self, number: int, segment: Segment) -> None:
        self.stack.receive(segment.packet(THERE, HERE), 0.0)


def ports(number: int) -> tuple[int, int]:
    """Return the ports of a connection's other side, and of ours."""
    return 10_000 + number, PORT

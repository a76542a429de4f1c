"""Stacks and links in virtual time: waiting takes no real time."""

from collections.abc import Callable
from functools import partial
from math import inf
from typing import Protocol

from tcpkit.stack.link import Link, Pipe
from tcpkit.stack.stack import Stack

MOST_AT_ONCE = 100_000  # steps, until time is said to stand still


class Source(Protocol):
    """Where packets come from, as a stack or a pipe."""

    def next_deadline(self) -> float | None: ...
    def poll(self, now: float) -> list[bytes]: ...


class Roads:
    """Carry packets from each source to its sink; `now` is the clock, in seconds."""

    def __init__(self, ways: list[tuple[Source, Callable[[bytes, float], None]]], now: float = 0.0) -> None:
        self.now, self._ways, self._steps_at_once = now, ways, 0

    def step(self, end: float = inf) -> bool:
        """Go to the next time when anything happens, and carry packets; False if nothing will, or not by `end`."""
        deadlines = [time for source, _ in self._ways if (time := source.next_deadline()) is not None]
        if not deadlines or min(deadlines) > end:
            return False
        self._steps_at_once = 0 if min(deadlines) > self.now else self._steps_at_once + 1
        if self._steps_at_once > MOST_AT_ONCE:
            raise RuntimeError(
                f"Time stands still at {self.now:g} s: something is due now, again and again. A timer of your own must "
                "lie ahead: look at `timeout_s` of your RTO and `deadline` of your PersistTimer."
            )
        self.now = now = max(self.now, min(deadlines))
        for source, sink in self._ways:
            for packet in source.poll(now):
                sink(packet, now)
        return True

    def run(self, until: Callable[[], bool] = lambda: False, limit_s: float = inf) -> bool:
        """Go on until this is true; False if it never is, or not within `limit_s` of virtual time."""
        end = self.now + limit_s
        while not until():
            if self.now > end or not self.step():
                return False
        return True

    def sleep(self, seconds: float) -> None:
        """Carry what is due in so many seconds of virtual time, and let all of them pass."""
        end = self.now + seconds
        while self.step(end):
            pass
        self.now = max(self.now, end)


class Network(Roads):
    """Two stacks on a link."""

    def __init__(self, left: Stack, right: Stack, link: Link | None = None, now: float = 0.0) -> None:
        self.on_packet: Callable[[float, bytes], None] = lambda now, packet: None  # called for each packet sent
        there, back = (link or Link()).both_ways()
        self.pipes = {left: there, right: back}
        arrivals, departures = [(there, right.receive), (back, left.receive)], [(left, there), (right, back)]
        super().__init__([*arrivals, *((stack, partial(self._send, pipe)) for stack, pipe in departures)], now)

    def _send(self, pipe: Pipe, packet: bytes, now: float) -> None:
        self.on_packet(now, packet)
        pipe.send(packet, now)

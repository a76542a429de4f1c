"""A link that delays, limits, loses, swaps, doubles and damages packets; each fault has draws of its own, by seed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from importlib import import_module
from itertools import count
from math import inf
from numbers import Integral, Real
from random import Random

from tcpkit.wire import Segment

FAULTS = ("loss", "reordering", "duplication", "corruption")
WHOLE = ("queue_packets", "queue_bytes", "seed")
# What a value must be, and the words for one that is not.
RULES = {
    **dict.fromkeys(FAULTS, (lambda value: 0 <= value <= 1, "it is a probability, from 0 to 1")),
    "delay_s": (lambda value: 0 <= value < inf, "write a time from 0 on, and not an infinite one"),
    "reordering_delay_s": (lambda value: 0 <= value < inf, "write a time from 0 on, and not an infinite one"),
    "rate_bit_s": (lambda value: value > 0, "write a rate above 0, or None for no limit"),
    "queue_packets": (lambda value: value >= 1, "at least the packet being sent must fit, 1"),
    "queue_bytes": (lambda value: value >= 1, "at least the packet being sent must fit; or None for no limit"),
    "seed": (lambda value: True, ""),
}


@dataclass(frozen=True)
class Link:
    """What a link does to packets; `pipe` opens one direction of it."""

    delay_s: float = 0.0  # one way
    rate_bit_s: float | None = None  # None: no limit
    queue_packets: int = 1000  # that wait, where there is a rate; more are lost
    queue_bytes: int | None = None  # the same limit in bytes; None: no limit
    loss: float = 0.0  # a probability for each packet, as the next three are
    reordering: float = 0.0
    duplication: float = 0.0
    corruption: float = 0.0
    reordering_delay_s: float = 0.001  # how much later a packet out of order arrives
    seed: int = 0

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value is None and name in ("rate_bit_s", "queue_bytes"):
                continue
            if isinstance(value, bool) or not isinstance(value, Integral if name in WHOLE else Real):
                raise TypeError(f"{name} is {value!r}: write a {'whole ' * (name in WHOLE)}number")
            is_right, words = RULES[name]
            if not is_right(value):
                raise ValueError(f"{name} is {value}: {words}")

    def pipe(self) -> Pipe:
        """Open one direction, with the faults from the seed's beginning."""
        return Pipe(self)

    def both_ways(self) -> tuple[Pipe, Pipe]:
        """Open both directions, each with a seed of its own."""
        return self.pipe(), replace(self, seed=self.seed + 1_000_003).pipe()


class Pipe:
    """One direction of a link, and the packets on their way through it."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.sent = self.lost = self.overflowed = 0  # packets
        self.is_chosen: Callable[[Segment], bool] | None = None  # by a `Drop`, to be lost
        draws = [(fault, getattr(link, fault), Random(f"{fault} {link.seed}").random) for fault in FAULTS]
        self._draws = [each for each in draws if each[1]]  # the others never happen
        self._damage = Random(f"damage {link.seed}")
        self._leaving: deque[tuple[float, int]] = deque()  # of each packet in the queue: when it has left, its bytes
        self._queued = 0  # bytes
        self._on_the_way: list[tuple[float, int, bytes]] = []
        self._number = count()  # of two that arrive at once, the first sent comes first

    def send(self, packet: bytes, now: float) -> None:
        """Put a packet into the link."""
        self.sent += 1
        happens = [fault for fault, chance, draw in self._draws if draw() < chance]
        is_lost = self._is_chosen(packet) or "loss" in happens
        left_at = self._leave(packet, now)
        if left_at is None:
            self.overflowed += 1
        elif is_lost:
            self.lost += 1
        else:
            late_s = self.link.reordering_delay_s if "reordering" in happens else 0.0
            arriving = self._damaged(packet) if "corruption" in happens else packet
            for _ in range(2 if "duplication" in happens else 1):
                heappush(self._on_the_way, (left_at + self.link.delay_s + late_s, next(self._number), arriving))

    def poll(self, now: float) -> list[bytes]:
        """Return the packets that have arrived by now, in order."""
        arrived = []
        while self._on_the_way and self._on_the_way[0][0] <= now:
            arrived.append(heappop(self._on_the_way)[2])
        return arrived

    def next_deadline(self) -> float | None:
        """Return when the next packet arrives, in seconds, or None."""
        return self._on_the_way[0][0] if self._on_the_way else None

    def queued_packets(self, now: float) -> int:
        """Return how many packets are in the queue, the one being sent included."""
        while self._leaving and self._leaving[0][0] <= now:
            self._queued -= self._leaving.popleft()[1]
        return len(self._leaving)

    def queued_bytes(self, now: float) -> int:
        """Return the bytes in the queue, those of the packet being sent included."""
        return self._queued if self.queued_packets(now) else 0

    def _leave(self, packet: bytes, now: float) -> float | None:
        """Return when the last bit has left the queue; None if it is full."""
        if self.link.rate_bit_s is None:
            return now
        is_full = self.queued_packets(now) >= self.link.queue_packets
        if is_full or self._queued + len(packet) > (self.link.queue_bytes or inf):
            return None
        begins_at = self._leaving[-1][0] if self._leaving else now
        self._leaving.append((begins_at + 8 * len(packet) / self.link.rate_bit_s, len(packet)))
        self._queued += len(packet)
        return self._leaving[-1][0]

    def _is_chosen(self, packet: bytes) -> bool:
        segment = Segment.in_packet(packet) if self.is_chosen else None
        return bool(segment and self.is_chosen and self.is_chosen(segment))

    def _damaged(self, packet: bytes) -> bytes:
        """Return the packet with one bit flipped."""
        if not packet:
            return packet
        at, bit = divmod(self._damage.randrange(8 * len(packet)), 8)
        return packet[:at] + bytes([packet[at] ^ 1 << bit]) + packet[at + 1 :]


def __getattr__(name: str) -> object:
    """Return what `recut` adds to this module when it is asked for: it is made of what stands here (PEP 562)."""
    if name not in ("Drop", "nth_with_data", "opens_again"):
        raise AttributeError(f"module {__name__} has no {name}")
    return getattr(import_module("tcpkit.stack.recut"), name)

"""Links that choose segments: `Drop` loses those that you name, `Recut` cuts some anew, so that they overlap."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from numbers import Integral
from random import Random

from tcpkit.stack.link import Link, Pipe
from tcpkit.wire import Flags, IPv4Header, Segment
from tcpkit.wire.seq import MODULUS

PLAIN = Link()
SMALLEST = 100  # bytes: a segment with less data goes as it is


@dataclass(frozen=True)
class Drop:
    """Describe a link that also loses each segment of which `there`, or `back`, is true.

    "There" is from left to right in a `Network`, and from the host to the kernel in a lab.
    """

    link: Link | Recut = PLAIN
    there: Callable[[Segment], bool] | None = None
    back: Callable[[Segment], bool] | None = None

    def __post_init__(self) -> None:
        for name in ("there", "back"):
            if not callable(getattr(self, name) or bool):
                raise TypeError(
                    f"{name} is {getattr(self, name)!r}: write a function of a segment, as nth_with_data(5)"
                )

    def both_ways(self) -> tuple[Pipe, Pipe]:
        """Open both directions of the link, and tell each what to lose."""
        pipes = self.link.both_ways()
        for pipe, is_chosen in zip(pipes, (self.there, self.back), strict=True):
            pipe.is_chosen = is_chosen
        return pipes

    def turned(self) -> Drop:
        """Return the same with "there" and "back" exchanged: the first way of a host's link leads to the host."""
        return replace(self, there=self.back, back=self.there)


def nth_with_data(number: int) -> Callable[[Segment], bool]:
    """Return a choice for `Drop`: the segment with data that is the `number`th to come by, counted from 1."""
    if isinstance(number, bool) or not isinstance(number, Integral):
        raise TypeError(f"number is {number!r}: write a whole number, 1 for the first segment with data")
    if number < 1:
        raise ValueError(f"number is {number}: the first segment with data is 1")
    numbers = count(1)
    return lambda segment: bool(segment.data) and next(numbers) == number


def opens_again() -> Callable[[Segment], bool]:
    """Return a choice for `Drop`: the first segment with a window above 0 after one with a window of 0."""
    was_closed = was_chosen = False

    def is_chosen(segment: Segment) -> bool:
        nonlocal was_closed, was_chosen
        is_first = was_closed and not was_chosen and segment.window > 0
        was_closed, was_chosen = segment.window == 0, was_chosen or is_first
        return is_first

    return is_chosen


class Recut:
    """Describe a link; a share of the segments in its first direction comes in two that overlap.

    They overlap each other, and the segment before; all that they hold is true. In a network the first direction is
    from left to right, at a host towards that host.
    """

    def __init__(self, link: Link | None = None, share: float = 0.05) -> None:
        if not 0 <= share <= 1:
            raise ValueError(f"share is {share}: it is a probability, from 0 to 1")
        self.link, self.share = link or Link(), share

    def both_ways(self) -> tuple[Pipe, Pipe]:
        """Open both directions, each with a seed of its own."""
        return RecutPipe(self.link, self.share), self.link.both_ways()[1]


class RecutPipe(Pipe):
    """The direction that cuts; `recut` counts the segments that it has cut."""

    def __init__(self, link: Link, share: float) -> None:
        super().__init__(link)
        self.share, self.recut = share, 0
        self._draw = Random(f"recut {link.seed}")
        self._before: dict[tuple[int, int], Segment] = {}  # the last with data, of each connection

    def send(self, packet: bytes, now: float) -> None:
        """Put a packet into the link, as it is or cut in two."""
        segment = Segment.in_packet(packet)
        if segment is None or not segment.data:
            super().send(packet, now)
            return
        ports = segment.source_port, segment.destination_port
        before = self._before.get(ports)
        self._before[ports] = segment
        if len(segment.data) < SMALLEST or self._draw.random() >= self.share:
            super().send(packet, now)
            return
        self.recut += 1
        addresses = IPv4Header.parse(packet)
        for each in self._cut(segment, before):
            super().send(each.packet(addresses.source, addresses.destination), now)

    def _cut(self, segment: Segment, before: Segment | None) -> tuple[Segment, Segment]:
        """Return two segments with the same data, and some more of the one before."""
        data, half = segment.data, len(segment.data) // 2
        front = b""
        if before is not None and (before.seq + len(before.data)) % MODULUS == segment.seq:
            front = before.data[-self._draw.randrange(1, half) :]
        back = half - self._draw.randrange(1, half)
        first = replace_in(segment, -len(front), front + data[:half], segment.flags & ~(Flags.FIN | Flags.PSH))
        return first, replace_in(segment, back, data[back:], segment.flags)


def replace_in(segment: Segment, by: int, data: bytes, flags: Flags) -> Segment:
    """Return the segment with other data, its number moved by so much."""
    return Segment(replace(segment.header, seq=(segment.seq + by) % MODULUS, flags=flags, checksum=0), data)

"""A link whose first direction cuts some segments anew, so that they overlap."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from tcpkit.stack.link import Link, Pipe, segment_in
from tcpkit.wire import Flags, IPv4Header, Segment
from tcpkit.wire.seq import MODULUS

SMALLEST = 100  # bytes: a segment with less data goes as it is


class Recut:
    """Describe a link; a share of the segments in its first direction comes in two that overlap.

    They overlap each other, and the segment before; all that they hold is
    true. In a network the first direction is from left to right, at a host
    towards that host.
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
        segment = segment_in(packet)
        ports = segment and (segment.source_port, segment.destination_port)
        before = self._before.get(ports)
        if segment and segment.data:
            self._before[ports] = segment
        if not segment or len(segment.data) < SMALLEST or self._draw.random() >= self.share:
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

"""Sequence numbers relative to a conversation's start, as tcpdump prints them.

tcpdump remembers the first numbers that it sees with an ACK, and prints all
later ones of the same two ends relative to those.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tcpkit.wire import Flags
from tcpkit.wire.seq import MODULUS

End = tuple[int, bytes]  # port and address: tcpdump sorts the two ends in this order


@dataclass(frozen=True)
class Numbers:
    """Sequence and acknowledgement number to print; SACK's are relative to `start`."""

    seq: int
    ack: int
    start: int = 0


@dataclass
class Conversations:
    """What one run of tcpdump remembers of the conversations it saw."""

    starts: dict[tuple[End, End], tuple[int, int]] = field(default_factory=dict)

    def numbers(self, source: End, destination: End, flags: Flags, seq: int, ack: int) -> Numbers:
        """Return the numbers to print for a segment that carries an ACK."""
        turned = source > destination
        ends = (destination, source) if turned else (source, destination)
        starts = self.starts.get(ends)
        if starts is None or Flags.SYN in flags:
            first, second = seq, (ack - 1) % MODULUS
            self.starts[ends] = (second, first) if turned else (first, second)
            return Numbers(seq, ack, second)
        mine, theirs = reversed(starts) if turned else starts
        return Numbers((seq - mine) % MODULUS, (ack - theirs) % MODULUS, theirs)

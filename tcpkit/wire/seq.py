"""Sequence numbers: 32 bits that wrap around (RFC 9293, 3.4)."""

from tcpkit.wire.tcp import Segment, segment_length

MODULUS = 2**32
HALF = 2**31


def before(a: int, b: int) -> bool:
    """Say whether a comes before b, the short way round.

    Exactly half the circle apart, neither comes before the other. Built in
    lesson 08.

    >>> before(4294967295, 5), before(5, 4294967295)
    (True, False)
    """
    return 0 < (b - a) % MODULUS < HALF


def next_ack(segment: Segment) -> int:
    """Return the ack that acknowledges all of a segment.

    It is the number after the segment's last (RFC 9293, 3.4). Built in
    lesson 08.

    >>> from tcpkit.wire import Flags, TCPHeader
    >>> next_ack(Segment(TCPHeader(8989, 8000, seq=4294967295, flags=Flags.SYN)))
    0
    """
    return (segment.seq + segment_length(segment.flags, len(segment.data))) % MODULUS

"""RSTs: which of them to believe, and the one that answers a segment of no connection."""

from tcpkit.wire import Flags, Segment, TCPHeader, segment_length
from tcpkit.wire.seq import MODULUS


def on_rst(seq: int, rcv_nxt: int, window: int) -> str:
    """Return what to do about an RST: "reset", "challenge" or "drop" (RFC 5961, 3.2). Built in lesson 21."""
    if seq == rcv_nxt:
        return "reset"
    return "challenge" if (seq - rcv_nxt) % MODULUS < window else "drop"


def RFC793_RST(seq: int, rcv_nxt: int, window: int) -> str:
    """Return "reset" for any RST in the window, as RFC 793 has it: easy to forge."""
    return "reset" if seq == rcv_nxt or (seq - rcv_nxt) % MODULUS < window else "drop"


def reset_for(segment: Segment) -> Segment | None:
    """Return the RST that answers a segment of no connection, with numbers that it must accept; None for an RST."""
    if segment.flags & Flags.RST:
        return None
    ports = segment.destination_port, segment.source_port
    if segment.flags & Flags.ACK:
        return Segment(TCPHeader(*ports, seq=segment.ack, flags=Flags.RST))
    ack = (segment.seq + segment_length(segment.flags, len(segment.data))) % MODULUS
    return Segment(TCPHeader(*ports, ack=ack, flags=Flags.RST | Flags.ACK))

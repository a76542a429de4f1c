"""The RST that answers what belongs to nobody (RFC 9293, 3.10.7.1)."""

from tcpkit.wire import Flags, Segment, TCPHeader, segment_length


def reset_for(segment: Segment) -> Segment | None:
    """Return the RST that answers a segment; None in answer to an RST.

    It is one that the sender must believe: its seq is what the segment
    acknowledged, or else its ack is what the segment used up.
    """
    if segment.flags & Flags.RST:
        return None
    ports = segment.destination_port, segment.source_port
    if segment.flags & Flags.ACK:
        return Segment(TCPHeader(*ports, seq=segment.ack, flags=Flags.RST))
    ack = (segment.seq + segment_length(segment.flags, len(segment.data))) % 2**32
    return Segment(TCPHeader(*ports, ack=ack, flags=Flags.RST | Flags.ACK))

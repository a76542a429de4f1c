"""Bytes to values and back: headers, checksums, sequence numbers.

Pure: nothing here opens a socket or reads a clock. Reading a packet does not
judge it: that is what `complaints` is for.
"""

from tcpkit.wire.checksum import checksum, pseudo_header, tcp_checksum, unfinished_checksum
from tcpkit.wire.complaints import Complaint, complaints
from tcpkit.wire.conversation import conversation
from tcpkit.wire.errors import WireError
from tcpkit.wire.ipv4 import IPv4Header
from tcpkit.wire.options import EOL, MSS, NOP, SACK, Broken, SACKPermitted, Timestamps, Unknown, WindowScale
from tcpkit.wire.seq import before, next_ack
from tcpkit.wire.tcp import Flags, Segment, TCPHeader, segment_length

__all__ = [
    "EOL",
    "MSS",
    "NOP",
    "SACK",
    "Broken",
    "Complaint",
    "Flags",
    "IPv4Header",
    "SACKPermitted",
    "Segment",
    "TCPHeader",
    "Timestamps",
    "Unknown",
    "WindowScale",
    "WireError",
    "before",
    "checksum",
    "complaints",
    "conversation",
    "next_ack",
    "pseudo_header",
    "segment_length",
    "tcp_checksum",
    "unfinished_checksum",
]

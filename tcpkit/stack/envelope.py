"""What came by IPv4, opened and checked."""

from __future__ import annotations

from typing import NamedTuple

from tcpkit.wire import Segment, checksum
from tcpkit.wire.checksum import PROTOCOL_TCP, address_bytes

MORE_OR_OFFSET = 0x3FFF  # of the IPv4 flags and offset: this is a fragment


class Envelope(NamedTuple):
    """A segment whose checksum is right, and where it comes from."""

    key: bytes  # the other side's address and both ports, as they came
    source: str
    segment: Segment


def open_packet(packet: bytes, address: str) -> Envelope | str:
    """Return what is in a packet for this address, or why it is dropped, in words."""
    size, header = int.from_bytes(packet[2:4], "big"), 4 * (packet[0] & 15) if packet else 0
    if len(packet) < 40 or packet[0] >> 4 != 4 or not 20 <= header <= size - 20 or size > len(packet):
        return "not an IPv4 packet with a TCP header"
    if packet[9] != PROTOCOL_TCP or packet[16:20] != address_bytes(address):
        return "not for us"
    if int.from_bytes(packet[6:8], "big") & MORE_OR_OFFSET:
        return "a fragment"
    if not 0 < packet[12] < 224:
        return "from no single host"
    if checksum(packet[:header]):
        return "a wrong IPv4 checksum"
    body = packet[header:size]
    # Addresses, segment, protocol and length sum to 0xffff, if nothing was damaged.
    if (checksum(packet[12:20] + body) - PROTOCOL_TCP - len(body)) % 0xFFFF:
        return "a wrong TCP checksum"
    if not 20 <= body[12] >> 4 << 2 <= len(body):
        return "a data offset that cannot be"
    source = ".".join(map(str, packet[12:16]))
    return Envelope(packet[12:16] + body[:4], source, Segment.parse(body))

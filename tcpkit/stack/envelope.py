"""IPv4 packets: those that arrive are opened and checked, those to send are made."""

import struct
from functools import lru_cache

from tcpkit.wire import IPv4Header, Segment, checksum
from tcpkit.wire.checksum import CHECKSUM_AT, PROTOCOL_TCP, address_bytes, pseudo_header

FIXED = struct.Struct("!BxHxxHxBxx4s4s")  # version and words, total length, fragment, protocol, addresses
MORE_OR_OFFSET = 0x3FFF  # of the IPv4 flags and offset: this is a fragment
FIRST_MULTICAST = 224  # of an address's first byte


class Sealed(bytes):
    """A packet that knows what it was made of: a stack of this process need not parse it. A damaged copy is bytes."""

    made_of: tuple[str, Segment]  # and for which address


def open_packet(packet: bytes, address: str) -> tuple[bytes, Segment] | str:
    """Return a segment for this address, with its connection's key (`stack.KEY`) in front; or the reason to drop it."""
    if type(packet) is Sealed and packet.made_of[0] == address:
        return packet[12:16] + packet[20:24], packet.made_of[1]
    if len(packet) < 40:
        return "too short for an IPv4 and a TCP header"
    first, size, fragment, protocol, source, destination = FIXED.unpack_from(packet)
    header = 4 * (first & 15)
    if first >> 4 != 4 or not 20 <= header <= size - 20 or size > len(packet):
        return "lengths or a version that cannot be"
    if protocol != PROTOCOL_TCP or destination != address_bytes(address):
        return "not for us"
    if fragment & MORE_OR_OFFSET:
        return "a fragment"
    if not 0 < source[0] < FIRST_MULTICAST:
        return "from no single host"
    if checksum(packet[:header]):
        return "a wrong IPv4 checksum"
    body = packet[header:size]
    # Addresses, segment, protocol and length sum to 0xffff, if nothing was damaged.
    summed = packet[12:size] if header == 20 else packet[12:20] + body
    if checksum(summed) != PROTOCOL_TCP + len(body):
        return "a wrong TCP checksum"
    if not 20 <= body[12] >> 4 << 2 <= len(body):
        return "a data offset that cannot be"
    return source + body[:4], Segment.parse(body)


def packet_of(segment: Segment, source: str, destination: str, ttl: int, tos: int, is_sealed: bool = False) -> bytes:
    """Return the packet that carries a segment, whose checksum is 0, with both checksums filled in."""
    header, data = bytes(segment.header), segment.data
    front, pseudo = fronts(source, destination, len(header) + len(data), ttl, tos)
    right = checksum(b"".join((pseudo, header, data))).to_bytes(2, "big")
    packet = b"".join((front, header[:CHECKSUM_AT], right, header[CHECKSUM_AT + 2 :], data))
    if is_sealed:
        packet = Sealed(packet)
        packet.made_of = destination, segment
    return packet


@lru_cache(maxsize=1024)
def fronts(source: str, destination: str, size: int, ttl: int, tos: int) -> tuple[bytes, bytes]:
    """Return the IPv4 header, and the pseudo-header, of such a segment; kept, as many have the same size."""
    header = IPv4Header(source, destination, 20 + size, ttl=ttl, tos=tos)
    return bytes(header), pseudo_header(source, destination, size)

"""The Internet checksum (RFC 1071) and what TCP feeds it (RFC 9293, 3.1)."""

import struct
from functools import lru_cache

from tcpkit.wire.errors import WireError

LANES_FROM = 512  # bytes; below this one big integer is as fast as four
NUMPY_FROM = 4_096  # bytes; only above this does importing numpy pay
CHECKSUM_AT = 16  # the field's offset in a TCP header; RFC 9293, 3.1
PROTOCOL_TCP = 6


def checksum(data: bytes) -> int:
    """Return the Internet checksum of the bytes: 0 to 65,535.

    The sum of all 16-bit words, carries added back in at the bottom, all
    bits flipped (RFC 1071). A last odd byte counts as the upper half of a
    word. Built in lesson 03.

    >>> hex(checksum(bytes.fromhex("0001 f203 f4f5 f6f7")))
    '0x220d'
    >>> hex(checksum(b""))
    '0xffff'
    """
    size = len(data)
    if size < LANES_FROM:
        total = int.from_bytes(data, "big")
        if size % 2:
            total <<= 8
    else:
        total = _sum(bytes(data)) if size < NUMPY_FROM else _big_sum(memoryview(data))
    # Modulo 0xffff folds every carry, but writes the sum ffff as 0:
    # only a sum of no bits at all may stay 0 (RFC 1071, 1).
    folded = total % 0xFFFF or (0xFFFF if total else 0)
    return folded ^ 0xFFFF


def _sum(data: bytes) -> int:
    """Return a number that equals the sum of the words, modulo 0xffff."""
    # 2**16 is 1 modulo 0xffff, so any even cut gives lanes that may be added.
    lane = len(data) // 8 * 2
    read = int.from_bytes
    first = read(data[:lane], "big") + read(data[lane : 2 * lane], "big")
    return first + read(data[2 * lane : 3 * lane], "big") + _sum_tail(data[3 * lane :])


def _sum_tail(data: bytes) -> int:
    number = int.from_bytes(data, "big")
    return number << 8 if len(data) % 2 else number


def _big_sum(data: memoryview) -> int:
    """Return the sum of the words of a long buffer, by numpy."""
    import numpy

    whole = len(data) // 4 * 4
    lanes = int(numpy.frombuffer(data[:whole], dtype=">u4").sum(dtype=numpy.uint64))
    return lanes + _sum_tail(bytes(data[whole:]).ljust(4, b"\0"))


@lru_cache(maxsize=1024)
def address_bytes(address: str) -> bytes:
    """Return the four bytes of a dotted address.

    >>> address_bytes("127.0.0.1").hex(" ")
    '7f 00 00 01'
    """
    try:
        octets = bytes(int(part) for part in address.split(".") if part.isascii() and part.isdigit())
    except (AttributeError, ValueError):
        octets = b""
    if len(octets) != 4 or address.count(".") != 3:
        raise WireError(f"{address!r} is not an IPv4 address: four numbers of 0 to 255, joined by dots")
    return octets


def pseudo_header(source: str, destination: str, tcp_length: int) -> bytes:
    """Return the 12 bytes that TCP sums before the segment, and never sends.

    `tcp_length` counts header and data, in bytes (RFC 9293, 3.1). Built in
    lesson 03.

    >>> pseudo_header("127.0.0.1", "127.0.0.1", 64).hex(" ", 4)
    '7f000001 7f000001 00060040'
    """
    if not 0 <= tcp_length <= 0xFFFF:
        raise WireError(f"a TCP length of {tcp_length} does not fit its two bytes: 0 to 65535")
    return address_bytes(source) + address_bytes(destination) + struct.pack("!HH", PROTOCOL_TCP, tcp_length)


def tcp_checksum(source: str, destination: str, segment: bytes) -> int:
    """Return the checksum that belongs into the segment's bytes 16 and 17.

    What stands there now does not count. Built in lesson 03.

    >>> syn = bytes.fromhex("231d1f40 00000000 00000000 50020000 00000000") + bytes(44)
    >>> hex(tcp_checksum("127.0.0.1", "127.0.0.1", syn))
    '0x6f57'
    """
    segment = bytes(segment)
    if len(segment) < CHECKSUM_AT + 2:
        raise WireError(f"{len(segment)} bytes end before the checksum field, bytes 16 and 17 of a TCP header")
    before, after = segment[:CHECKSUM_AT], segment[CHECKSUM_AT + 2 :]
    return checksum(pseudo_header(source, destination, len(segment)) + before + b"\0\0" + after)

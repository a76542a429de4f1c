"""The Internet checksum (RFC 1071) and what TCP feeds it (RFC 9293, 3.1)."""

import struct
from functools import lru_cache

from tcpkit.wire.errors import WireError, as_bytes, misfit, shown
from tcpkit.wire.whole_import import import_whole

LANES_FROM = 512  # bytes; below this one big integer is as fast as four
NUMPY_FROM = 4_096  # bytes; only above this does importing numpy pay
CHECKSUM_AT = 16  # the field's offset in a TCP header; RFC 9293, 3.1
PROTOCOL_TCP = 6
PSEUDO = struct.Struct("!4s4sHH")  # source, destination, zero and protocol, TCP length
OCTETS = {str(octet): octet for octet in range(256)}


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
    if type(data) is not bytes:
        data = as_bytes(data)
    size = len(data)
    if size < LANES_FROM:
        total = int.from_bytes(data, "big")
        if size % 2:
            total <<= 8
    elif size < NUMPY_FROM:
        total = _sum_lanes(data)
    else:
        total = _sum_numpy(data)
    # Modulo 0xffff folds every carry, but writes the sum ffff as 0:
    # only a sum of no bits at all may stay 0 (RFC 1071, 1).
    folded = total % 0xFFFF or (0xFFFF if total else 0)
    return folded ^ 0xFFFF


# Both return a number that equals the sum of the words modulo 0xffff. As
# 2**16 is 1 modulo 0xffff, the place of a word in a number does not matter.


def _sum_lanes(data: bytes) -> int:
    """Add four quarters first: dividing takes longer than adding."""
    lane = len(data) // 8 * 2
    read = int.from_bytes
    first = read(data[:lane], "big") + read(data[lane : 2 * lane], "big")
    return first + read(data[2 * lane : 3 * lane], "big") + read(_even(data[3 * lane :]), "big")


def _sum_numpy(data: bytes) -> int:
    """Add pairs of words, by numpy where it is installed."""
    try:
        import_whole("numpy")
    except ModuleNotFoundError:
        return _sum_lanes(data)
    import numpy

    whole = len(data) // 4 * 4
    pairs = int(numpy.frombuffer(data, dtype=">u4", count=whole // 4).sum(dtype=numpy.uint64))
    return pairs + int.from_bytes(_even(data[whole:]), "big")


def _even(data: bytes) -> bytes:
    """Return the bytes, with a zero after a last odd one."""
    return data + b"\0" if len(data) % 2 else data


@lru_cache(maxsize=1024)
def address_bytes(address: str) -> bytes:
    """Return the four bytes of a dotted address.

    >>> address_bytes("127.0.0.1").hex(" ")
    '7f 00 00 01'
    """
    try:
        first, second, third, fourth = address.split(".")
        return bytes([OCTETS[first], OCTETS[second], OCTETS[third], OCTETS[fourth]])
    except (AttributeError, KeyError, TypeError, ValueError):
        raise WireError(
            f"{shown(address)} is not an IPv4 address: write four numbers of 0 to 255 with dots between, as '127.0.0.1'"
        ) from None


def pseudo_header(source: str, destination: str, tcp_length: int) -> bytes:
    """Return the 12 bytes that TCP sums before the segment, and never sends.

    `tcp_length` counts header and data, in bytes (RFC 9293, 3.1). Built in
    lesson 03.

    >>> pseudo_header("127.0.0.1", "127.0.0.1", 64).hex(" ", 4)
    '7f000001 7f000001 00060040'
    """
    try:
        return PSEUDO.pack(address_bytes(source), address_bytes(destination), PROTOCOL_TCP, tcp_length)
    except (struct.error, TypeError):
        fields = {"source": source, "destination": destination, "tcp_length": tcp_length}
        raise misfit(fields, {"tcp_length": 16}) from None


def unfinished_checksum(source: str, destination: str, tcp_length: int) -> int:
    """Return what the kernel writes where a network card is to finish the checksum.

    The sum of the pseudo-header alone, not turned over. Built in lesson 06.

    >>> hex(unfinished_checksum("127.0.0.1", "127.0.0.1", 40))
    '0xfe30'
    """
    return checksum(pseudo_header(source, destination, tcp_length)) ^ 0xFFFF


def tcp_checksum(source: str, destination: str, segment: bytes) -> int:
    """Return the checksum that belongs into the segment's bytes 16 and 17.

    What is there now does not count. Built in lesson 03.

    >>> syn = bytes.fromhex("231d1f40 00000000 00000000 50020000 00000000") + bytes(44)
    >>> hex(tcp_checksum("127.0.0.1", "127.0.0.1", syn))
    '0x6f57'
    """
    if type(segment) is not bytes:
        segment = as_bytes(segment, "segment")
    if len(segment) < CHECKSUM_AT + 2:
        raise WireError(f"{len(segment)} bytes end before the checksum field, bytes 16 and 17 of a TCP header")
    before, after = segment[:CHECKSUM_AT], segment[CHECKSUM_AT + 2 :]
    return checksum(pseudo_header(source, destination, len(segment)) + before + b"\0\0" + after)

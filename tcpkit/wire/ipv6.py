"""The IPv6 header (RFC 8200), read only: the lab speaks IPv4, captures of other networks need not."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address

from tcpkit.wire.checksum import PROTOCOL_TCP
from tcpkit.wire.errors import WireError
from tcpkit.wire.ipv4 import dotted

FIXED = struct.Struct("!IHBB16s16s")  # version, class and flow label; payload length, next header, hop limit; addresses
HOP_BY_HOP, FRAGMENT, DESTINATION_OPTIONS = 0, 44, 60
EXTENSIONS = (HOP_BY_HOP, FRAGMENT, DESTINATION_OPTIONS)  # RFC 8200, 4; behind any other this reads no further
FRAGMENT_OFFSET = 0xFFF8  # in bytes


@dataclass(frozen=True)
class IPv6Header:
    """An IPv6 header, with the extension headers that follow it.

    `header_length` counts the bytes of all of them, `protocol` is what
    comes after the last. `total_length` is 0 where the payload length is:
    then the header does not say how long the packet is.
    """

    source: str
    destination: str
    total_length: int
    protocol: int
    header_length: int
    fragment_offset: int  # in units of 8 bytes, as IPv4's

    @classmethod
    def parse(cls, data: bytes) -> IPv6Header:
        """Return the headers at the front of the bytes; `WireError` where there are none."""
        if len(data) < FIXED.size:
            raise WireError(f"{len(data)} bytes are too few for an IPv6 header: it has {FIXED.size}")
        first, payload_length, protocol, _, source, destination = FIXED.unpack_from(data)
        if first >> 28 != 6:
            raise WireError(f"this is not IPv6: the first four bits say version {first >> 28}")
        at, fragment_offset = FIXED.size, 0
        while protocol in EXTENSIONS and at + 8 <= len(data) and not fragment_offset:
            if protocol == FRAGMENT:
                fragment_offset = (int.from_bytes(data[at + 2 : at + 4], "big") & FRAGMENT_OFFSET) // 8
            protocol, at = data[at], at + extension_size(protocol, data[at + 1])
        total = FIXED.size + payload_length if payload_length else 0
        return cls(colons(source), colons(destination), total, protocol, at, fragment_offset)


def extension_size(kind: int, length: int) -> int:
    """Return the bytes of an extension header, from its kind and its second byte."""
    return 8 if kind == FRAGMENT else 8 * (length + 1)


@lru_cache(maxsize=1024)
def colons(address: bytes) -> str:
    """Return sixteen bytes as an IPv6 address (RFC 5952).

    >>> colons(bytes.fromhex("20010db8 00000000 00000000 00000001"))
    '2001:db8::1'
    >>> colons(bytes(10) + b"\\xff\\xff" + bytes([10, 0, 0, 1]))
    '::ffff:10.0.0.1'
    """
    front = address[:12].lstrip(b"\0")
    if (front == b"\xff\xff") or (not front and any(address[12:14])):  # an IPv4 address in IPv6's form
        return f"::{'ffff:' if front else ''}{dotted(address[12:])}"
    return str(IPv6Address(address))


def address_text(address: bytes) -> str:
    """Return an address of four or sixteen bytes as people write it."""
    return dotted(address) if len(address) == 4 else colons(address)


def pseudo_header6(source: bytes, destination: bytes, tcp_length: int) -> bytes:
    """Return the 40 bytes that TCP sums before the segment in IPv6 (RFC 8200, 8.1)."""
    return source + destination + struct.pack("!II", tcp_length, PROTOCOL_TCP)

"""How tcpdump 4.99 prints ARP on Ethernet for IPv4 (RFC 826)."""

import struct
from collections.abc import Iterator

from tcpkit.wire.ipv4 import dotted

FIXED = struct.Struct("!HHBBH6s4s6s4s")  # hardware, protocol, their sizes; operation; sender and target, both kinds
SIZE = FIXED.size
KIND = (1, 0x0800, 6, 4)  # Ethernet, IPv4
REQUEST, REPLY = 1, 2


def arp_words(data: bytes, wire_length: int) -> Iterator[str]:
    """Yield tcpdump's words for a request or a reply; of others only the length."""
    *kind, operation, sender, has, target, wants = FIXED.unpack_from(data)
    words = "ARP"
    if tuple(kind) == KIND and operation == REQUEST:
        asked = f" ({target.hex(':')})" if any(target) else ""
        words = f"ARP, Request who-has {dotted(wants)}{asked} tell {dotted(has)}"
    elif tuple(kind) == KIND and operation == REPLY:
        words = f"ARP, Reply {dotted(has)} is-at {sender.hex(':')}"
    yield f"{words}, length {wire_length}"

"""Where IP begins in a frame, for each link type of a capture file."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

ETHERNET, RAW, RAW_IPV4 = 1, 101, 228  # tcpdump.org/linktypes.html
IPV4, IPV6, ARP = b"\x08\x00", b"\x86\xdd", b"\x08\x06"  # EtherTypes
VLAN_TAGS = (b"\x81\x00", b"\x88\xa8", b"\x91\x00")  # IEEE 802.1Q, and before it; four bytes each, then the next type
PPPOE = b"\x88\x64"  # RFC 2516: six bytes, then PPP's two for the protocol
PPP_PROTOCOLS = (b"\x00\x21", b"\x00\x57")  # IPv4, IPv6
LEAST_TYPE = 0x600  # a smaller number is the length of an 802.3 frame
FAMILIES = (2, 24, 28, 30)  # IPv4; IPv6 on BSD, FreeBSD, macOS
OTHER_TYPES = {
    ARP: "ARP",
    b"\x80\x35": "RARP",
    b"\x88\x47": "MPLS",
    b"\x88\x63": "PPPoE discovery",
    b"\x88\x8e": "802.1X",
    b"\x88\xcc": "LLDP",
}
TOO_SHORT = "too short for a link header"

# A reader returns the byte that IP begins at, or says what is there instead.
Reader = Callable[[bytes], int | str]


def _by_type(frame: bytes, at: int, start: int) -> int | str:
    """Read the EtherType at `at`; what it names begins at `start`."""
    kind = frame[at : at + 2]
    while kind in VLAN_TAGS:
        at, start = start + 2, start + 4
        kind = frame[at : at + 2]
    if len(kind) < 2 or len(frame) < start:
        return TOO_SHORT
    if kind in (IPV4, IPV6):
        return start
    if kind == PPPOE:
        protocol = frame[start + 6 : start + 8]
        return start + 8 if protocol in PPP_PROTOCOLS else f"PPP protocol 0x{protocol.hex()}"
    if int.from_bytes(kind, "big") < LEAST_TYPE:
        return "802.3 without an EtherType"
    return OTHER_TYPES.get(kind, f"EtherType 0x{kind.hex()}")


def _ethernet(frame: bytes) -> int | str:
    return 14 if frame[12:14] == IPV4 else _by_type(frame, 12, 14)  # nearly all of them: no need to look further


def _null(frame: bytes) -> int | str:
    """Read the address family, in the byte order of the machine that captured."""
    if len(frame) < 4:
        return TOO_SHORT
    family = min(int.from_bytes(frame[:4], "big"), int.from_bytes(frame[:4], "little"))
    return 4 if family in FAMILIES else f"address family {family}"


READERS: dict[int, Reader] = {
    **dict.fromkeys((0, 108), _null),  # NULL, LOOP
    ETHERNET: _ethernet,
    **dict.fromkeys((RAW, 12, 14, RAW_IPV4, 229), lambda frame: 0),  # RAW (12 and 14 on some systems), RAW_IPV6
    113: partial(_by_type, at=14, start=16),  # Linux cooked
    276: partial(_by_type, at=0, start=20),  # Linux cooked, version 2
}


def frame_header(packet: bytes) -> bytes:
    """Return an Ethernet header for an IP packet, as on `lo`: no addresses, and its type."""
    return bytes(12) + (IPV6 if packet[:1] and packet[0] >> 4 == 6 else IPV4)

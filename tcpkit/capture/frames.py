"""Where IPv4 begins in a frame, for each link type of a pcap file."""

from __future__ import annotations

from collections.abc import Callable

NULL, ETHERNET, RAW, LINUX_COOKED, RAW_IPV4, LINUX_COOKED_2 = 0, 1, 101, 113, 228, 276  # tcpdump.org/linktypes.html
TYPE_IPV4 = b"\x08\x00"  # EtherType
VLAN_TAGS = (b"\x81\x00", b"\x88\xa8")  # IEEE 802.1Q; four bytes each, then the next type
FAMILY_INET = (b"\x02\0\0\0", b"\0\0\0\x02")  # in the byte order of the machine that captured


def _raw(frame: bytes) -> int | None:
    return 0 if frame and frame[0] >> 4 == 4 else None


def _raw_ipv4(frame: bytes) -> int | None:
    return 0


def _null(frame: bytes) -> int | None:
    return 4 if frame[:4] in FAMILY_INET else None


def _ethernet(frame: bytes) -> int | None:
    at = 12
    while frame[at : at + 2] in VLAN_TAGS:
        at += 4
    return at + 2 if frame[at : at + 2] == TYPE_IPV4 else None


def _linux_cooked(frame: bytes) -> int | None:
    return 16 if frame[14:16] == TYPE_IPV4 else None


def _linux_cooked_2(frame: bytes) -> int | None:
    return 20 if len(frame) >= 20 and frame[:2] == TYPE_IPV4 else None


# Each returns the byte that IPv4 begins at, or None for a frame without.
READERS: dict[int, Callable[[bytes], int | None]] = {
    NULL: _null,
    ETHERNET: _ethernet,
    RAW: _raw,
    LINUX_COOKED: _linux_cooked,
    RAW_IPV4: _raw_ipv4,
    LINUX_COOKED_2: _linux_cooked_2,
}

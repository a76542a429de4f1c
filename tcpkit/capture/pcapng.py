"""The pcapng file, Wireshark's own: blocks in sections (ietf.org, draft-ietf-opsawg-pcapng).

A section begins with a block that says its byte order; then interfaces are
described, and packets name theirs by its number. Other blocks hold no packets.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from tcpkit.capture.errors import CaptureError, damaged, ends_early
from tcpkit.capture.pcap import SECOND, SNAPSHOT_LENGTH, Frame, too_long

SECTION, INTERFACE, OLD_PACKET, SIMPLE_PACKET, PACKET = 0x0A0D0D0A, 1, 2, 3, 6
PACKETS = (OLD_PACKET, SIMPLE_PACKET, PACKET)
SECTION_BYTES = SECTION.to_bytes(4, "big")  # the same in both byte orders
BYTE_ORDERS = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}
LEAST = {SECTION: 28, INTERFACE: 20, OLD_PACKET: 32, SIMPLE_PACKET: 16, PACKET: 32}  # bytes of a block
END_OF_OPTIONS, RESOLUTION, TIME_OFFSET = 0, 9, 14
FINEST = {10: 19, 2: 63}  # exponents; a finer unit would not count a second in 64 bits
LATEST_NS = 2**63  # pandas counts no further


@dataclass(frozen=True)
class Interface:
    """What a file says of one interface: its times count `units` a second, from `start_s` on."""

    link_type: int
    snapshot_length: int
    units: int = 1_000_000
    start_s: int = 0

    def time_ns(self, high: int, low: int) -> int:
        """Return the time that a packet bears, in nanoseconds."""
        return (high << 32 | low) * SECOND // self.units + self.start_s * SECOND


def read_pcapng(data: bytes) -> Iterator[Frame]:
    """Yield the frames of a pcapng file; `CaptureError` where it is damaged."""
    interfaces: list[Interface] = []
    number = 0
    for order, kind, at, size in blocks(data):
        if size < LEAST.get(kind, 12):
            raise damaged(f"a block of type {kind} has {size} bytes, fewer than its fields need", at)
        if kind == SECTION:
            interfaces = []
            if (major := struct.unpack_from(order + "H", data, at + 12)[0]) != 1:
                raise CaptureError(f"this is pcapng version {major}: only version 1 is known here", at + 12)
        elif kind == INTERFACE:
            interfaces.append(_interface(data, order, at, size))
        elif kind in PACKETS:
            number += 1
            yield _frame(data, order, kind, at, size, number, interfaces)


def blocks(data: bytes) -> Iterator[tuple[str, int, int, int]]:
    """Yield each block: its byte order, its type, where it begins, and its bytes."""
    at, order = 0, "<"
    while at < len(data):
        head = data[at : at + 12]
        if len(head) < 12:
            raise ends_early("in the head of a block", at, 12, len(head))
        if head[:4] == SECTION_BYTES:
            if head[8:] not in BYTE_ORDERS:
                raise damaged(f"a section's byte order is {head[8:].hex(' ')}, which is none", at)
            order = BYTE_ORDERS[head[8:]]
        kind, size = struct.unpack_from(order + "II", head)
        if size < 12 or size % 4:
            raise damaged(f"a block of type {kind} claims {size} bytes, which no block can have", at)
        if at + size > len(data):
            raise ends_early(f"in a block of type {kind}", at, size, len(data) - at)
        if head[4:8] != data[at + size - 4 : at + size]:
            raise damaged(f"a block of type {kind} gives two lengths, {size} before and another behind", at)
        yield order, kind, at, size
        at += size


def _interface(data: bytes, order: str, at: int, size: int) -> Interface:
    link_type, _, snapshot_length = struct.unpack_from(order + "HHI", data, at + 8)
    units, start_s, end, place = 1_000_000, 0, at + size - 4, at + 16
    while place + 4 <= end:
        code, length = struct.unpack_from(order + "HH", data, place)
        value = data[place + 4 : place + 4 + length]
        if code == END_OF_OPTIONS:
            break
        if place + 4 + length > end or (code, length) in ((RESOLUTION, 0), (TIME_OFFSET, 0)):
            raise damaged(f"option {code} of an interface claims {length} bytes", place)
        if code == RESOLUTION:
            base, exponent = 2 if value[0] & 0x80 else 10, value[0] & 0x7F
            if length != 1 or exponent > FINEST[base]:
                raise damaged(
                    f"an interface counts time in units of {base}^-{exponent} s, finer than 64 bits can", place
                )
            units = base**exponent
        elif code == TIME_OFFSET:
            start_s = int.from_bytes(value, "little" if order == "<" else "big", signed=True)
        place += 4 + length + -length % 4
    return Interface(link_type, snapshot_length, units, start_s)


def _frame(data: bytes, order: str, kind: int, at: int, size: int, number: int, interfaces: list[Interface]) -> Frame:
    """Return what a block with a packet holds."""
    high = low = which = 0
    start = at + 28
    if kind == SIMPLE_PACKET:  # it has no time
        start = at + 12
        wire = struct.unpack_from(order + "I", data, at + 8)[0]
        kept = min(wire, size - 16)
    elif kind == PACKET:
        which, high, low, kept, wire = struct.unpack_from(order + "IIIII", data, at + 8)
    else:
        which, _, high, low, kept, wire = struct.unpack_from(order + "HHIIII", data, at + 8)
    if which >= len(interfaces):
        raise damaged(f"packet {number} came by interface {which}, and the section describes {len(interfaces)}", at)
    interface = interfaces[which]
    if kind == SIMPLE_PACKET and interface.snapshot_length:
        kept = min(kept, interface.snapshot_length)
    if kept > SNAPSHOT_LENGTH:
        raise damaged(too_long(number, kept), at)
    if start + kept > at + size - 4:
        raise damaged(f"packet {number} claims {kept} bytes, and its block has room for {at + size - 4 - start}", at)
    time_ns = interface.time_ns(high, low) if kind != SIMPLE_PACKET else 0
    if not 0 <= time_ns < LATEST_NS:
        raise damaged(f"packet {number} has a time before 1970 or after 2262", at)
    return time_ns, interface.link_type, data[start : start + kept], max(0, wire - kept)

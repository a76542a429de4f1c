"""The classic pcap file: a header, then packets, each after a header of its own."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tcpkit.capture.errors import CaptureError, damaged, ends_early
from tcpkit.capture.frames import ETHERNET, RAW, RAW_IPV4, READERS, frame_header
from tcpkit.capture.packet import Packet

FILE_HEADER = "IHHiIII"  # magic, version (major, minor), zone, sigfigs, snapshot length, link type
RECORD_HEADER = "IIII"  # seconds, fraction, bytes kept, bytes there were
SNAPSHOT_LENGTH = 262_144  # bytes; tcpdump's, and the largest packet that it accepts
LINK_TYPE_BITS = 0x03FFFFFF  # the bits above are about the frame check sequence
SECOND = 1_000_000_000  # ns

Frame = tuple[int, int, bytes, int]  # time in ns, link type, the bytes, how many more were cut off


@dataclass(frozen=True)
class Form:
    """How a file writes its packets: byte order, the ns in one unit of a fraction, bytes before a packet."""

    order: str
    fraction_ns: int
    record_size: int = 16


FORMS = {
    struct.pack(order + "I", magic): Form(order, *rest)
    for order in "<>"
    for magic, *rest in ((0xA1B2C3D4, 1_000), (0xA1B23C4D, 1), (0xA1B2CD34, 1_000, 24))  # the last: an old Linux's
}


def write_pcap(packets: Iterable[Packet], with_frames: bool = False) -> bytes:
    """Return a pcap file, little-endian, with nanoseconds: IP packets alone, or in Ethernet frames if one has one."""
    packets = tuple(packets)
    with_frames = with_frames or any(packet.link for packet in packets)
    has_ipv6 = any(packet.data[:1] and packet.data[0] >> 4 == 6 for packet in packets)
    link_type = ETHERNET if with_frames else RAW if has_ipv6 else RAW_IPV4
    pieces = [struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, SNAPSHOT_LENGTH, link_type)]
    record = struct.Struct("<" + RECORD_HEADER)
    for packet in packets:
        seconds, fraction = divmod(packet.time_ns, SECOND)
        header = (packet.link or frame_header(packet.data)) if with_frames else b""
        kept = len(header) + len(packet.data)
        try:
            pieces.append(record.pack(seconds, fraction, kept, kept + packet.bytes_cut))
        except struct.error:
            raise CaptureError(
                f"a time of {packet.time_ns} ns does not fit a pcap file: it counts seconds from 1970 in 32 bits"
            ) from None
        pieces += (header, packet.data)
    return b"".join(pieces)


def read_pcap(data: bytes) -> Iterator[Frame]:
    """Return the frames of a pcap file; `CaptureError` where it has no header that is known."""
    form = FORMS[data[:4]]
    size = struct.calcsize("<" + FILE_HEADER)
    if len(data) < size:
        raise CaptureError(f"the file ends after {len(data)} bytes: a pcap file's own header has {size}", len(data))
    _, major, minor, _, _, _, link = struct.unpack_from(form.order + FILE_HEADER, data)
    if major != 2:
        raise CaptureError(f"this is pcap version {major}.{minor}: only version 2 is known here", 4)
    link_type = link & LINK_TYPE_BITS
    if link_type not in READERS:
        raise CaptureError(unknown_link_types([f"link type {link_type}"]), 20)
    return _records(data, size, form, link_type)


def unknown_link_types(kinds: Iterable[str]) -> str:
    """Say that frames of these kinds cannot be read, and what to do."""
    known = ", ".join(map(str, READERS))
    return (
        f"the frames have {', '.join(kinds)} (tcpdump.org/linktypes.html names it): where IP begins in such frames is "
        f"not known here (known: {known}). Capture again, on Ethernet or on all interfaces: `tcpdump -i any -w FILE`"
    )


def too_long(number: int, kept: int) -> str:
    """Say that a packet is larger than any."""
    return f"packet {number} claims {kept} bytes, more than any packet has ({SNAPSHOT_LENGTH} at most)"


def _records(data: bytes, at: int, form: Form, link_type: int) -> Iterator[Frame]:
    record = struct.Struct(form.order + RECORD_HEADER)
    number = 0
    while at < len(data):
        number += 1
        start = at + form.record_size
        if start > len(data):
            raise ends_early(f"in the header of packet {number}", at, form.record_size, len(data) - at)
        seconds, fraction, kept, wire = record.unpack_from(data, at)
        if kept > SNAPSHOT_LENGTH:
            raise damaged(too_long(number, kept), at)
        if start + kept > len(data):
            raise ends_early(f"in the bytes of packet {number}", at, kept, len(data) - start)
        yield seconds * SECOND + fraction * form.fraction_ns, link_type, data[start : start + kept], max(0, wire - kept)
        at = start + kept

"""The classic pcap file: a header, then packets, each after a header of its own."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tcpkit.capture.errors import CaptureError
from tcpkit.capture.frames import RAW_IPV4, READERS
from tcpkit.capture.packet import Packet

FILE_HEADER = "IHHiIII"  # magic, version (major, minor), zone, sigfigs, snapshot length, link type
RECORD_HEADER = "IIII"  # seconds, fraction, bytes kept, bytes there were
MICROSECONDS, NANOSECONDS = 0xA1B2C3D4, 0xA1B23C4D  # the magic says what the fraction counts
PCAPNG = b"\x0a\x0d\x0d\x0a"
SNAPSHOT_LENGTH = 262_144  # bytes; tcpdump's, and the largest packet that it accepts
LINK_TYPE_BITS = 0x03FFFFFF  # the bits above are about the frame check sequence
SECOND = 1_000_000_000  # ns


@dataclass(frozen=True)
class Contents:
    """What could be read of a file; `error` says why it was not all."""

    packets: tuple[Packet, ...]
    skipped: int = 0
    error: CaptureError | None = None


@dataclass(frozen=True)
class _Form:
    """How a file writes numbers: byte order, and the ns in one unit of a fraction."""

    order: str
    fraction_ns: int


def write_pcap(packets: Iterable[Packet], link_type: int = RAW_IPV4, frame_header: bytes = b"") -> bytes:
    """Return a pcap file, little-endian, with nanoseconds.

    `frame_header` goes in front of each packet, for link types that have one.
    """
    pieces = [struct.pack("<" + FILE_HEADER, NANOSECONDS, 2, 4, 0, 0, SNAPSHOT_LENGTH, link_type)]
    record = struct.Struct("<" + RECORD_HEADER)
    for packet in packets:
        seconds, fraction = divmod(packet.time_ns, SECOND)
        kept = len(frame_header) + len(packet.data)
        try:
            pieces.append(record.pack(seconds, fraction, kept, kept + packet.bytes_cut))
        except struct.error:
            raise CaptureError(
                f"a time of {packet.time_ns} ns does not fit a pcap file: it counts seconds from 1970 in 32 bits"
            ) from None
        pieces += (frame_header, packet.data)
    return b"".join(pieces)


def read_pcap(data: bytes) -> Contents:
    """Return the packets of a pcap file, up to the first error in it."""
    packets: list[Packet] = []
    skipped = 0
    try:
        form, link_type = _file_header(data)
        find_ip = READERS[link_type]
        for time_ns, frame, cut in _records(data, form):
            start = find_ip(frame)
            if start is None:
                skipped += 1
            else:
                packets.append(Packet(time_ns, frame[start:], cut))
    except CaptureError as error:
        error.packets = tuple(packets)
        return Contents(tuple(packets), skipped, error)
    return Contents(tuple(packets), skipped)


def _file_header(data: bytes) -> tuple[_Form, int]:
    """Return how the file is written, and its link type."""
    form = _form(data)
    size = struct.calcsize("<" + FILE_HEADER)
    if len(data) < size:
        raise CaptureError(f"the file ends after {len(data)} bytes: a pcap file's own header has {size}", len(data))
    _, major, minor, _, _, _, link = struct.unpack_from(form.order + FILE_HEADER, data)
    if major != 2:
        raise CaptureError(f"this is pcap version {major}.{minor}: only version 2 is known here", 4)
    link_type = link & LINK_TYPE_BITS
    if link_type not in READERS:
        known = ", ".join(map(str, READERS))
        raise CaptureError(
            f"the link type is {link_type}: where IPv4 begins in its frames is not known here (known: {known}). "
            "Capture with `tcpdump -i lo -w FILE`, or convert the file with `editcap -T rawip`",
            20,
        )
    return form, link_type


def _form(data: bytes) -> _Form:
    if not data:
        raise CaptureError("the file is empty: not even a header was written. Capture again", 0)
    for order in "<>":
        for magic, fraction_ns in ((MICROSECONDS, 1_000), (NANOSECONDS, 1)):
            if data[:4] == struct.pack(order + "I", magic):
                return _Form(order, fraction_ns)
    if data[:4] == PCAPNG:
        raise CaptureError("this is a pcapng file, not pcap. Convert it: `tcpdump -r OLD -w NEW`", 0)
    raise CaptureError(
        f"this is no pcap file: it begins with {data[:4].hex(' ')}, and none of the four beginnings of one. "
        "Is it the right file?",
        0,
    )


def _records(data: bytes, form: _Form) -> Iterator[tuple[int, bytes, int]]:
    """Yield each packet's time in ns, its bytes, and how many were cut off."""
    record = struct.Struct(form.order + RECORD_HEADER)
    at = struct.calcsize("<" + FILE_HEADER)
    number = 0
    while at < len(data):
        number += 1
        if at + record.size > len(data):
            raise _ends_early(f"in the header of packet {number}", at, record.size, len(data) - at)
        seconds, fraction, kept, wire = record.unpack_from(data, at)
        if kept > SNAPSHOT_LENGTH:
            raise CaptureError(
                f"packet {number} claims {kept} bytes, more than any packet has ({SNAPSHOT_LENGTH} at most): "
                f"the file is damaged from byte {at} on. {KEEP}",
                at,
            )
        start = at + record.size
        if start + kept > len(data):
            raise _ends_early(f"in the bytes of packet {number}", at, kept, len(data) - start)
        yield seconds * SECOND + fraction * form.fraction_ns, data[start : start + kept], max(0, wire - kept)
        at = start + kept


KEEP = "Capture.load(path, partial=True) gives the packets before it"


def _ends_early(where: str, at: int, wanted: int, there: int) -> CaptureError:
    return CaptureError(
        f"the file ends {where}, which begins at byte {at}: {wanted} bytes should follow, {there} do. "
        f"Was it still being written, or cut in copying? {KEEP}",
        at,
    )

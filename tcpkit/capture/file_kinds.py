"""What kind of file somebody brings, and the packets in it."""

from __future__ import annotations

import gc
import io
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from tcpkit.capture.errors import KEEP, CaptureError
from tcpkit.capture.frames import READERS
from tcpkit.capture.packet import Packet
from tcpkit.capture.pcap import FORMS, Frame, read_pcap, unknown_link_types
from tcpkit.capture.pcapng import PACKETS, SECTION_BYTES, blocks, read_pcapng
from tcpkit.wire.fill import filled

GZIP = b"\x1f\x8b"
LARGEST = 1 << 29  # bytes of a gzip file's content: more would fill the memory of a small machine
PIECE = 1 << 20
TAKE_A_PART = "Unpack it with `gunzip FILE`, and take its beginning with `tcpdump -r FILE -c 100000 -w NEW`"
OTHERS = {  # how other files begin: what they are, and what to do
    b"\x28\xb5\x2f\xfd": ("it is packed by zstd", "Unpack it: `zstd -d FILE`"),
    b"\xfd7zXZ": ("it is packed by xz", "Unpack it: `xz -d FILE`"),
    b"BZh": ("it is packed by bzip2", "Unpack it: `bzip2 -d FILE`"),
    b"PK\x03\x04": ("it is a zip file", "Unpack it: `unzip FILE`"),
    b"\x89PNG": ("it is a picture (PNG)", "Is it the right file?"),
    b"snoop\0": ("it is a capture by snoop", "Convert it with Wireshark's `editcap -F pcap OLD NEW`"),
}


@dataclass(frozen=True)
class Contents:
    """What could be read of a file.

    `skipped` counts frames without IP, by what they are instead; `error`
    says why the file could not be read to its end.
    """

    packets: tuple[Packet, ...] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)
    error: CaptureError | None = None


def read_contents(data: bytes) -> Contents:
    """Return the packets of a capture file, up to the first error in it.

    Raises `CaptureError` where it is no capture file, or one whose frames
    cannot be read.
    """
    if data[:2] != GZIP:
        return _read(_frames(data), data)
    unpacked, error = _unpacked(data)
    if error and len(unpacked) < 24:  # not even a pcap file's header
        raise error
    contents = _read(_frames(unpacked), unpacked)
    if error:
        error.packets = contents.packets
    return replace(contents, error=error or contents.error)


def _frames(data: bytes) -> Iterator[Frame]:
    if data[:4] in FORMS:
        return read_pcap(data)
    if data[:4] == SECTION_BYTES:
        return read_pcapng(data)
    if not data:
        raise CaptureError("the file is empty: not even a header was written. Capture again", 0)
    what, advice = next((words for start, words in OTHERS.items() if data.startswith(start)), _guess(data))
    raise CaptureError(f"this is no capture file: {what}. {advice}", 0)


def _guess(data: bytes) -> tuple[str, str]:
    """Say what a file of no known kind may be, and what to do."""
    if all(0x20 <= byte < 0x7F or byte in b"\t\r\n" for byte in data[:200]):
        return "it is text", "tcpdump saves packets, not words, with -w: `tcpdump -i any -w FILE`"
    return f"it begins with {data[:4].hex(' ')}, as neither pcap nor pcapng does", "Is it the right file?"


def _unpacked(data: bytes) -> tuple[bytes, CaptureError | None]:
    """Return what a gzip file holds, and why it could not be read to its end."""
    import gzip
    import zlib

    packed, pieces, size = io.BytesIO(data), [], 0
    file = gzip.GzipFile(fileobj=packed)
    try:
        while piece := file.read1(PIECE):
            pieces.append(piece)
            size += len(piece)
            if size > LARGEST:
                raise CaptureError(
                    f"unpacked, this gzip file has more than {LARGEST} bytes. {TAKE_A_PART}", packed.tell()
                )
    except (EOFError, OSError, zlib.error):
        at = packed.tell()
        words = f"the gzip file is cut or damaged, at about byte {at}. Was it copied whole? {KEEP}"
        return b"".join(pieces), CaptureError(words, at)
    return b"".join(pieces), None


def _read(frames: Iterator[Frame], data: bytes) -> Contents:
    packets: list[Packet] = []
    skipped: Counter[str] = Counter()
    error = None
    is_collecting = gc.isenabled()
    gc.disable()  # packets form no cycles, and a collection would look at all of them again and again
    try:
        for time_ns, link_type, frame, bytes_cut in frames:
            reader = READERS.get(link_type)
            start = reader(frame) if reader else f"link type {link_type}"
            if isinstance(start, str):
                skipped[start] += 1
            else:
                packets.append(filled(Packet, {"time_ns": time_ns, "data": frame[start:], "bytes_cut": bytes_cut}))
    except CaptureError as found:
        error = found
        error.packets = tuple(packets)
    finally:
        if is_collecting:
            gc.enable()
    if skipped and not packets and all(kind.startswith("link type") for kind in skipped):
        first = next(at for _, kind, at, _ in blocks(data) if kind in PACKETS)  # pcap's were refused by its header
        raise CaptureError(unknown_link_types(skipped), first)
    return Contents(tuple(packets), dict(skipped), error)

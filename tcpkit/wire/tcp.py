"""The TCP header and the segment (RFC 9293, 3.1)."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntFlag
from typing import Any

from tcpkit.wire.checksum import CHECKSUM_AT, PROTOCOL_TCP, tcp_checksum
from tcpkit.wire.errors import WireError, as_bytes, misfit
from tcpkit.wire.fill import fill, filled
from tcpkit.wire.ipv4 import IPv4Header
from tcpkit.wire.options import Option, Packed, pack_options, parse_options

FIXED = struct.Struct("!HHIIBBHHH")
MOST_OPTIONS = 40  # bytes; data_offset has 4 bits: 60 bytes, 20 of them fixed
BITS = {
    "source_port": 16,
    "destination_port": 16,
    "seq": 32,
    "ack": 32,
    "data_offset": 4,
    "reserved": 4,
    "flags": 8,
    "window": 16,
    "checksum": 16,
    "urgent": 16,
}
LETTERS = "FSRP.UEW"  # tcpdump's, for the flags from the right


class Flags(IntFlag):
    """The eight flags; prints as tcpdump does.

    >>> Flags.SYN | Flags.ACK
    S.
    >>> print(Flags(0))
    none
    """

    FIN = 0x01
    SYN = 0x02
    RST = 0x04
    PSH = 0x08
    ACK = 0x10
    URG = 0x20
    ECE = 0x40
    CWR = 0x80

    def __contains__(self, other: Any) -> bool:
        if isinstance(other, str):  # flags print as letters, so learners try letters
            shown = repr(other[:20]) if len(other) <= 20 else f"'{other[:20]}..."
            raise TypeError(f"{shown} is text, and flags are bits. Write `Flags.SYN in flags`.")
        return super().__contains__(other)

    def __str__(self) -> str:
        return "".join(letter for bit, letter in enumerate(LETTERS) if self >> bit & 1) or "none"

    __repr__ = __str__


def segment_length(flags: Flags, data_length: int) -> int:
    """Return how many sequence numbers a segment uses (SEG.LEN).

    One for each byte of data, one each for SYN and FIN, so that they can be
    acknowledged (RFC 9293, 3.4). Built in lesson 04.

    >>> segment_length(Flags.SYN, 44)
    45
    """
    return data_length + bool(flags & Flags.SYN) + bool(flags & Flags.FIN)


EVERY_FLAGS = tuple(Flags(value) for value in range(256))  # a look-up is ten times faster than Flags(value)


@dataclass(frozen=True, init=False)
class TCPHeader:
    """A TCP header. Any field may hold nonsense that fits its bits.

    `data_offset` counts 32-bit words; where it is None, the options are
    padded and it is computed. `checksum` is the field as it is:
    `Segment.with_checksum` computes the right one.
    """

    source_port: int
    destination_port: int
    seq: int
    ack: int
    flags: Flags
    window: int
    checksum: int
    urgent: int
    options: tuple[Option, ...]
    data_offset: int
    reserved: int
    _packed: bytes = field(init=False, repr=False, compare=False)

    def __init__(
        self,
        source_port: int,
        destination_port: int,
        seq: int = 0,
        ack: int = 0,
        flags: Flags = EVERY_FLAGS[0],
        window: int = 0,
        checksum: int = 0,
        urgent: int = 0,
        options: tuple[Option, ...] = (),
        data_offset: int | None = None,
        reserved: int = 0,
    ) -> None:
        if type(options) is not tuple or options:
            options, data_offset = laid_out(options, data_offset)
        elif data_offset is None:
            data_offset = 5
        fields = {
            "source_port": source_port,
            "destination_port": destination_port,
            "seq": seq,
            "ack": ack,
            "flags": flags,
            "window": window,
            "checksum": checksum,
            "urgent": urgent,
            "options": options,
            "data_offset": data_offset,
            "reserved": reserved,
        }
        fields["_packed"] = pack(fields)  # now, so that a value that does not fit raises here
        if type(flags) is not Flags:
            fields["flags"] = EVERY_FLAGS[flags]
        fill(self, "__dict__", fields)

    @classmethod
    def parse(cls, data: bytes) -> TCPHeader:
        """Return the header at the front of the bytes.

        The data offset is not judged: below 5 there are no options, beyond the
        bytes those that there are. `WireError` below 20 bytes.
        """
        if type(data) is not bytes:
            data = as_bytes(data)
        if len(data) < FIXED.size:
            raise WireError(f"{len(data)} bytes are too few for a TCP header: it has at least {FIXED.size}")
        source, destination, seq, ack, offset, flags, window, checksum, urgent = FIXED.unpack_from(data)
        options = data[20 : (offset >> 4) * 4]
        fields = {
            "source_port": source,
            "destination_port": destination,
            "seq": seq,
            "ack": ack,
            "flags": EVERY_FLAGS[flags],
            "window": window,
            "checksum": checksum,
            "urgent": urgent,
            "options": parse_options(options) if options else (),
            "data_offset": offset >> 4,
            "reserved": offset & 15,
            "_packed": data[: 20 + len(options)],
        }
        return filled(cls, fields)

    @classmethod
    def made(
        cls, ports: tuple[int, int], numbers: tuple[int, int], flags: Flags, window: int, urgent: int, options: Packed
    ) -> TCPHeader:
        """Return a header whose fields are known to fit, and whose options are packed already."""
        source_port, destination_port = ports
        seq, ack = numbers
        parsed, packed = options
        data_offset = 5 + len(packed) // 4
        fixed = FIXED.pack(source_port, destination_port, seq, ack, data_offset << 4, flags, window, 0, urgent)
        fields = {
            "source_port": source_port,
            "destination_port": destination_port,
            "seq": seq,
            "ack": ack,
            "flags": flags,
            "window": window,
            "checksum": 0,
            "urgent": urgent,
            "options": parsed,
            "data_offset": data_offset,
            "reserved": 0,
            "_packed": fixed + packed,
        }
        return filled(cls, fields)

    def __bytes__(self) -> bytes:
        return self._packed

    def _with_checksum(self, checksum: int) -> TCPHeader:
        packed = self._packed[:CHECKSUM_AT] + checksum.to_bytes(2, "big") + self._packed[CHECKSUM_AT + 2 :]
        return filled(TCPHeader, vars(self) | {"checksum": checksum, "_packed": packed})


def pack(fields: Mapping[str, Any]) -> bytes:
    """Return a header's bytes; `WireError` names a field that does not fit."""
    reserved = fields["reserved"]
    try:
        if reserved >> 4:  # too large, it would change the field on its left
            raise misfit(fields, BITS)
        fixed = FIXED.pack(
            fields["source_port"],
            fields["destination_port"],
            fields["seq"],
            fields["ack"],
            fields["data_offset"] << 4 | reserved,
            fields["flags"],
            fields["window"],
            fields["checksum"],
            fields["urgent"],
        )
    except (struct.error, TypeError, ValueError):  # ValueError: an array of numpy's is neither true nor false
        raise misfit(fields, BITS) from None
    options = fields["options"]
    return fixed if type(options) is tuple and not options else fixed + pack_options(options)


def laid_out(options: tuple[Option, ...], data_offset: int | None) -> tuple[tuple[Option, ...], int]:
    """Return the options as a receiver will read them, and the data offset.

    An offset that is given is kept, and so are the options: a header may be
    wrong.
    """
    if data_offset is not None:
        return tuple(options) if isinstance(options, list) else options, data_offset  # `pack` judges them
    packed = pack_options(options)
    packed += bytes(-len(packed) % 4)
    if len(packed) > MOST_OPTIONS:
        raise WireError(f"options of {len(packed)} bytes do not fit: a TCP header has room for {MOST_OPTIONS}")
    return parse_options(packed), 5 + len(packed) // 4


@dataclass(frozen=True, init=False)
class Segment:
    """A TCP header and the data after it.

    >>> syn = Segment(TCPHeader(8989, 8000, flags=Flags.SYN), bytes(44))
    >>> hex(syn.with_checksum("127.0.0.1", "127.0.0.1").checksum)
    '0x6f57'
    """

    header: TCPHeader
    data: bytes

    def __init__(self, header: TCPHeader, data: bytes = b"") -> None:
        if not isinstance(header, TCPHeader):
            raise WireError("the header of a Segment is a TCPHeader; Segment.parse(...) reads bytes")
        if type(data) is not bytes:
            data = as_bytes(data)
        fill(self, "__dict__", {"header": header, "data": data})

    @classmethod
    def parse(cls, data: bytes) -> Segment:
        """Return the segment in these bytes; `WireError` if they are under 20.

        Data begins where the header says, but never before byte 20.
        """
        if type(data) is not bytes:
            data = as_bytes(data)
        header = TCPHeader.parse(data)
        return filled(cls, {"header": header, "data": data[max(20, header.data_offset * 4) :]})

    @classmethod
    def in_packet(cls, packet: bytes) -> Segment | None:
        """Return the segment in an IPv4 packet; None if there is none, or less than a header of it."""
        at = 4 * (packet[0] & 15) if packet else 0
        is_tcp = at >= 20 and len(packet) >= at + FIXED.size and packet[9] == PROTOCOL_TCP
        return cls.parse(packet[at:]) if is_tcp else None

    def __bytes__(self) -> bytes:
        return self.header._packed + self.data

    def with_checksum(self, source: str, destination: str) -> Segment:
        """Return the same segment with the right checksum."""
        right = tcp_checksum(source, destination, bytes(self))
        return filled(Segment, {"header": self.header._with_checksum(right), "data": self.data})

    def packet(self, source: str, destination: str, **fields: object) -> bytes:
        """Return an IPv4 packet of this segment, both checksums right.

        `fields` are more arguments of `IPv4Header`, by name.
        """
        segment = bytes(self)
        right = tcp_checksum(source, destination, segment).to_bytes(2, "big")
        segment = segment[:CHECKSUM_AT] + right + segment[CHECKSUM_AT + 2 :]
        return bytes(IPv4Header.carrying(segment, source, destination, **fields)) + segment

    @property
    def source_port(self) -> int:
        return self.header.source_port

    @property
    def destination_port(self) -> int:
        return self.header.destination_port

    @property
    def seq(self) -> int:
        return self.header.seq

    @property
    def ack(self) -> int:
        return self.header.ack

    @property
    def flags(self) -> Flags:
        return self.header.flags

    @property
    def window(self) -> int:
        return self.header.window

    @property
    def checksum(self) -> int:
        return self.header.checksum

    @property
    def urgent(self) -> int:
        return self.header.urgent

    @property
    def options(self) -> tuple[Option, ...]:
        return self.header.options

    @property
    def data_offset(self) -> int:
        """Return the header's length as its field says it, in 32-bit words."""
        return self.header.data_offset

"""The TCP header and the segment (RFC 9293, 3.1)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntFlag

from tcpkit.wire.checksum import tcp_checksum
from tcpkit.wire.errors import WireError
from tcpkit.wire.fill import filled
from tcpkit.wire.options import Option, pack_options, parse_options

FIXED = struct.Struct("!HHIIBBHHH")
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

    def __str__(self) -> str:
        return "".join(letter for bit, letter in enumerate(LETTERS) if self >> bit & 1) or "none"

    __repr__ = __str__


EVERY_FLAGS = tuple(Flags(value) for value in range(256))  # a look-up is ten times faster than Flags(value)


@dataclass(frozen=True)
class TCPHeader:
    """A TCP header. It may hold nonsense, as long as each field's bits hold it.

    `data_offset` counts 32-bit words; left at None, the options are padded
    and it says what is so. `checksum` is what stands in the field:
    `Segment.with_checksum` works it out.
    """

    source_port: int
    destination_port: int
    seq: int = 0
    ack: int = 0
    flags: Flags = Flags(0)
    window: int = 0
    checksum: int = 0
    urgent: int = 0
    options: tuple[Option, ...] = ()
    data_offset: int | None = None
    reserved: int = 0

    def __post_init__(self) -> None:
        if self.data_offset is None:
            size = 0
            if self.options:
                packed = pack_options(self.options)
                size = len(packed) + -len(packed) % 4
                object.__setattr__(self, "options", parse_options(packed.ljust(size, b"\0")))
            object.__setattr__(self, "data_offset", 5 + size // 4)

    @classmethod
    def parse(cls, data: bytes) -> TCPHeader:
        """Return the header at the front of the bytes.

        The offset is taken as it stands: one below 5 leaves no options, one
        beyond the bytes leaves what there is. `WireError` below 20 bytes.
        """
        if len(data) < FIXED.size:
            raise WireError(f"{len(data)} bytes are too few for a TCP header: it has at least {FIXED.size}")
        source, destination, seq, ack, offset, flags, window, checksum, urgent = FIXED.unpack_from(data)
        options = bytes(data[20 : (offset >> 4) * 4])
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
        }
        return filled(cls, fields)

    def __bytes__(self) -> bytes:
        try:
            fixed = FIXED.pack(
                self.source_port,
                self.destination_port,
                self.seq,
                self.ack,
                self.data_offset << 4 | self.reserved,
                self.flags,
                self.window,
                self.checksum,
                self.urgent,
            )
        except (struct.error, TypeError):
            raise WireError(self._misfit()) from None
        return fixed + pack_options(self.options) if self.options else fixed

    def _misfit(self) -> str:
        """Say which field does not fit its bits."""
        for name, bits in BITS.items():
            value = getattr(self, name)
            if not isinstance(value, int) or not 0 <= value < 1 << bits:
                return f"{name} is {value!r}: its {bits} bits hold 0 to {(1 << bits) - 1}"
        return "a field of this TCP header is not a number"


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


@dataclass(frozen=True)
class Segment:
    """A TCP header and the data behind it.

    >>> syn = Segment(TCPHeader(8989, 8000, flags=Flags.SYN), bytes(44))
    >>> hex(syn.with_checksum("127.0.0.1", "127.0.0.1").checksum)
    '0x6f57'
    """

    header: TCPHeader
    data: bytes = b""

    @classmethod
    def parse(cls, data: bytes) -> Segment:
        """Return the segment in these bytes; `WireError` if they are under 20.

        Data begins where the header says, but never before byte 20.
        """
        header = TCPHeader.parse(data)
        return filled(cls, {"header": header, "data": bytes(data[max(20, header.data_offset * 4) :])})

    def __bytes__(self) -> bytes:
        return bytes(self.header) + self.data

    def with_checksum(self, source: str, destination: str) -> Segment:
        """Return the same segment with the checksum that belongs in it."""
        right = tcp_checksum(source, destination, bytes(self))
        header = filled(TCPHeader, self.header.__dict__ | {"checksum": right})
        return filled(Segment, {"header": header, "data": self.data})

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
        """Return the header's length as it claims it, in 32-bit words."""
        return self.header.data_offset

"""The IPv4 header (RFC 791, 3.1): the twenty bytes in front of TCP's."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace

from tcpkit.wire.checksum import PROTOCOL_TCP, address_bytes, checksum
from tcpkit.wire.errors import WireError
from tcpkit.wire.fill import filled

FIXED = struct.Struct("!BBHHHBBH4s4s")
DONT_FRAGMENT = 2  # of the three flag bits, as a number
LARGEST = 65_535  # bytes; total_length has 16 bits


@dataclass(frozen=True)
class IPv4Header:
    """An IPv4 header. Lengths and checksum left at None are worked out.

    `header_words` counts 32-bit words, `total_length` bytes of header and
    payload. Any field may hold nonsense that fits its bits.
    """

    source: str
    destination: str
    total_length: int = 20
    identification: int = 0
    ttl: int = 64
    protocol: int = PROTOCOL_TCP
    flags: int = DONT_FRAGMENT
    fragment_offset: int = 0
    tos: int = 0
    options: bytes = b""
    version: int = 4
    header_words: int | None = None
    checksum: int | None = None

    def __post_init__(self) -> None:
        if self.header_words is None:
            object.__setattr__(self, "options", self.options + bytes(-len(self.options) % 4))
            object.__setattr__(self, "header_words", 5 + len(self.options) // 4)
        if self.checksum is None:
            object.__setattr__(self, "checksum", checksum(self._pack(0)))

    @classmethod
    def carrying(cls, payload: bytes, source: str, destination: str, **fields: object) -> IPv4Header:
        """Return the header that goes in front of the payload."""
        size = 20 + len(fields.get("options", b"")) + len(payload)
        if size > LARGEST:
            raise WireError(f"{len(payload)} bytes do not fit one IPv4 packet: with its header it holds {LARGEST}")
        return cls(source, destination, total_length=size, **fields)

    @classmethod
    def parse(cls, data: bytes) -> IPv4Header:
        """Return the header at the front of the bytes.

        Raises `WireError` where there is none: fewer than 20 bytes, another
        version, or a header length that the bytes do not hold.
        """
        if len(data) < FIXED.size:
            raise WireError(f"{len(data)} bytes are too few for an IPv4 header: it has at least {FIXED.size}")
        first, tos, total, ident, fragment, ttl, protocol, checksum_, source, destination = FIXED.unpack_from(data)
        words = first & 15
        if first >> 4 != 4:
            raise WireError(f"this is not IPv4: the first four bits say version {first >> 4}")
        if not 20 <= words * 4 <= len(data):
            raise WireError(f"an IPv4 header of {words * 4} bytes cannot stand in {len(data)} bytes")
        fields = {
            "source": dotted(source),
            "destination": dotted(destination),
            "total_length": total,
            "identification": ident,
            "ttl": ttl,
            "protocol": protocol,
            "flags": fragment >> 13,
            "fragment_offset": fragment & 0x1FFF,
            "tos": tos,
            "options": bytes(data[20 : words * 4]),
            "version": 4,
            "header_words": words,
            "checksum": checksum_,
        }
        return filled(cls, fields)

    @property
    def header_length(self) -> int:
        """Return the header's length in bytes."""
        return self.header_words * 4

    def checksum_is_right(self) -> bool:
        """Say whether the checksum fits the other fields."""
        return replace(self, checksum=None).checksum == self.checksum

    def __bytes__(self) -> bytes:
        return self._pack(self.checksum)

    def _pack(self, checksum_: int) -> bytes:
        first = self.version << 4 | self.header_words
        fragment = self.flags << 13 | self.fragment_offset
        try:
            return (
                FIXED.pack(
                    first,
                    self.tos,
                    self.total_length,
                    self.identification,
                    fragment,
                    self.ttl,
                    self.protocol,
                    checksum_,
                    address_bytes(self.source),
                    address_bytes(self.destination),
                )
                + self.options
            )
        except struct.error as error:
            raise WireError(f"a field of this IPv4 header does not fit its bits: {error}") from None


def dotted(address: bytes) -> str:
    """Return four bytes as a dotted address.

    >>> dotted(bytes([10, 0, 0, 1]))
    '10.0.0.1'
    """
    return f"{address[0]}.{address[1]}.{address[2]}.{address[3]}"

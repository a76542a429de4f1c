"""The IPv4 header (RFC 791, 3.1): the twenty bytes in front of TCP's."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from tcpkit.wire.checksum import PROTOCOL_TCP, address_bytes
from tcpkit.wire.checksum import checksum as internet_checksum
from tcpkit.wire.errors import WireError, as_bytes, misfit
from tcpkit.wire.fill import fill, filled

FIXED = struct.Struct("!BBHHHBBH4s4s")
LOOPBACK = "127.0.0.1"  # this host itself; RFC 1122, 3.2.1.3
DONT_FRAGMENT = 2  # of the three flag bits, as a number
CHECKSUM_AT = 10  # the field's offset in the header
LARGEST = 65_535  # bytes; total_length has 16 bits
MOST_OPTIONS = 40  # bytes; header_words has 4 bits: 60 bytes, 20 of them fixed
BITS = {
    "version": 4,
    "header_words": 4,
    "tos": 8,
    "total_length": 16,
    "identification": 16,
    "flags": 3,
    "fragment_offset": 13,
    "ttl": 8,
    "protocol": 8,
    "checksum": 16,
}


@dataclass(frozen=True, init=False)
class IPv4Header:
    """An IPv4 header. Lengths and checksum are computed where they are None.

    `header_words` counts 32-bit words, `total_length` bytes of header and
    payload. Any field may hold nonsense that fits its bits.
    """

    source: str
    destination: str
    total_length: int
    identification: int
    ttl: int
    protocol: int
    flags: int
    fragment_offset: int
    tos: int
    options: bytes
    version: int
    header_words: int
    checksum: int
    _packed: bytes = field(init=False, repr=False, compare=False)

    def __init__(
        self,
        source: str,
        destination: str,
        total_length: int | None = None,
        identification: int = 0,
        ttl: int = 64,
        protocol: int = PROTOCOL_TCP,
        flags: int = DONT_FRAGMENT,
        fragment_offset: int = 0,
        tos: int = 0,
        options: bytes = b"",
        version: int = 4,
        header_words: int | None = None,
        checksum: int | None = None,
    ) -> None:
        if type(options) is not bytes or options:
            options, header_words = laid_out(options, header_words)
        elif header_words is None:
            header_words = 5
        fields = {
            "source": source,
            "destination": destination,
            "total_length": header_words * 4 if total_length is None else total_length,
            "identification": identification,
            "ttl": ttl,
            "protocol": protocol,
            "flags": flags,
            "fragment_offset": fragment_offset,
            "tos": tos,
            "options": options,
            "version": version,
            "header_words": header_words,
            "checksum": 0 if checksum is None else checksum,
        }
        fields["_packed"] = header = pack(fields)  # now, so that a value that does not fit raises here
        if checksum is None:
            fields["checksum"] = right = internet_checksum(header)
            fields["_packed"] = header[:CHECKSUM_AT] + right.to_bytes(2, "big") + header[CHECKSUM_AT + 2 :]
        fill(self, "__dict__", fields)

    @classmethod
    def carrying(cls, payload: bytes, source: str, destination: str, **fields: Any) -> IPv4Header:
        """Return the header that goes in front of the payload.

        `fields` are more arguments of `IPv4Header`, by name.
        """
        if type(payload) is not bytes:
            payload = as_bytes(payload, "payload")
        size = 20 + len(payload)
        if "options" in fields:
            size += len(laid_out(fields["options"], None)[0])
        if size > LARGEST:
            raise WireError(f"{len(payload)} bytes do not fit one IPv4 packet: with its header it holds {LARGEST}")
        return cls(source, destination, size, **fields)

    @classmethod
    def parse(cls, data: bytes) -> IPv4Header:
        """Return the header at the front of the bytes.

        Raises `WireError` where there is none: fewer than 20 bytes, another
        version, or a header length that the bytes do not hold.
        """
        if type(data) is not bytes:
            data = as_bytes(data)
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
            "options": data[20 : words * 4],
            "version": 4,
            "header_words": words,
            "checksum": checksum_,
            "_packed": data[: words * 4],
        }
        return filled(cls, fields)

    @property
    def header_length(self) -> int:
        """Return the header's length in bytes, as its field says it."""
        return self.header_words * 4

    def checksum_is_right(self) -> bool:
        """Say whether the checksum fits the other fields.

        As a receiver does it: the sum of all words, the checksum included,
        has every bit set, so that its own checksum is 0.
        """
        return internet_checksum(self._packed) == 0

    def __bytes__(self) -> bytes:
        return self._packed


def pack(fields: Mapping[str, Any]) -> bytes:
    """Return a header's bytes; `WireError` names a field that does not fit."""
    words, fragment_offset = fields["header_words"], fields["fragment_offset"]
    try:
        if words >> 4 or fragment_offset >> 13:  # too large, they would change the field on their left
            raise misfit(fields, BITS)
        fixed = FIXED.pack(
            fields["version"] << 4 | words,
            fields["tos"],
            fields["total_length"],
            fields["identification"],
            fields["flags"] << 13 | fragment_offset,
            fields["ttl"],
            fields["protocol"],
            fields["checksum"],
            address_bytes(fields["source"]),
            address_bytes(fields["destination"]),
        )
    except WireError:
        raise
    except (struct.error, TypeError, ValueError):  # ValueError: an array of numpy's is neither true nor false
        raise misfit(fields, BITS) from None
    return fixed + fields["options"]


def laid_out(options: bytes, header_words: int | None) -> tuple[bytes, int]:
    """Return the options, padded with zeros, and the header's length.

    A length that is given is kept, and so are the options: a header may be wrong.
    """
    options = as_bytes(options, "options")
    if header_words is not None:
        return options, header_words
    options += bytes(-len(options) % 4)
    if len(options) > MOST_OPTIONS:
        raise WireError(f"options of {len(options)} bytes do not fit: an IPv4 header has room for {MOST_OPTIONS}")
    return options, 5 + len(options) // 4


@lru_cache(maxsize=1024)
def dotted(address: bytes) -> str:
    """Return four bytes as a dotted address.

    >>> dotted(bytes([10, 0, 0, 1]))
    '10.0.0.1'
    """
    return ".".join(map(str, address))

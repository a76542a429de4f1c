"""The fields of a TCP header, by their bits (RFC 9293, 3.1).

What the bytes say is kept, also where it makes no sense; a field that the
bytes do not reach has no value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from tcpkit.draw.layout import count
from tcpkit.wire import EOL, MSS, NOP, SACK, SACKPermitted, Segment, TCPHeader, Timestamps, Unknown, WindowScale
from tcpkit.wire.options import parse_options

FIXED = (  # name in the code, name in the figure, width in bits
    ("source_port", "source port", 16),
    ("destination_port", "destination port", 16),
    ("seq", "sequence number", 32),
    ("ack", "acknowledgment number", 32),
    ("data_offset", "data offset", 4),
    ("reserved", "reserved", 4),
    *((flag, flag, 1) for flag in ("CWR", "ECE", "URG", "ACK", "PSH", "RST", "SYN", "FIN")),
    ("window", "window", 16),
    ("checksum", "checksum", 16),
    ("urgent", "urgent pointer", 16),
)
OPTIONS = {
    MSS: "MSS {0.size}",
    WindowScale: "window scale {0.shift}",
    SACKPermitted: "SACK permitted",
    SACK: "SACK",
    Timestamps: "timestamps",
    NOP: "NOP",
    EOL: "EOL",
    Unknown: "option {0.kind}",
}
FLAGS = tuple(name for name, _, width in FIXED if width == 1)
SIZE = 20  # bytes of the fields that every header has
ROW = 32  # bits
OFFSET_AT = 12  # the byte whose upper half is the data offset


@dataclass(frozen=True)
class Field:
    """Some bits of the header; `value` is None where there are no bytes."""

    name: str
    words: str
    start: int  # bit
    width: int  # bits
    value: int | None
    is_blank: bool = False  # in a figure without any values

    @property
    def bits(self) -> str:
        """Return the value's bits, or a mark for each that is missing."""
        if self.value is None:
            return (" " if self.is_blank else "-") * self.width
        return f"{self.value:0{self.width}b}"

    @property
    def is_missing(self) -> bool:
        """Say whether the bytes end before this field does."""
        return self.value is None and not self.is_blank

    @property
    def decimal(self) -> str:
        """Return the value in decimal; none for what is read in hex."""
        if self.value is None:
            return f"{self.width} bits" if self.is_blank else "missing"
        return "" if self.name in ("checksum", "options") else str(self.value)

    @property
    def hex(self) -> str:
        """Return the value as a dump has it."""
        return "" if self.value is None else f"0x{self.value:0{self.width // 4}x}"


def blank_fields() -> tuple[Field, ...]:
    """Return the fields that every header has, without values."""
    starts = accumulate((width for _, _, width in FIXED), initial=0)
    return tuple(Field(*names, at, width, None, True) for (*names, width), at in zip(FIXED, starts, strict=False))


def read_fields(header: bytes | TCPHeader | Segment) -> tuple[Field, ...]:
    """Return every field of a header; bytes after the header are left out."""
    data = bytes(header)
    fields = [replace(at, value=_value(data, at.start, at.width), is_blank=False) for at in blank_fields()]
    claimed = (data[OFFSET_AT] >> 4) * 4 if len(data) > OFFSET_AT else 0
    return (*fields, *_options(data[SIZE:claimed]), *_missing(len(data), claimed))


def _value(data: bytes, start: int, width: int) -> int | None:
    """Return the bits as a number, or None where there are none."""
    stop = start + width
    if stop > 8 * len(data):
        return None
    number = int.from_bytes(data[start // 8 : -(-stop // 8)], "big")
    return number >> -stop % 8 & (1 << width) - 1


def _options(data: bytes) -> Iterator[Field]:
    """Yield the options, cut where a row of the figure ends."""
    at = 0
    for option in parse_options(data):
        size = 1 if isinstance(option, EOL) else len(bytes(option))
        yield from _pieces(data, at, size, OPTIONS.get(type(option), "no option").format(option))
        at += size
    if at < len(data):
        yield from _pieces(data, at, len(data) - at, "padding")


def _pieces(data: bytes, start: int, size: int, words: str) -> Iterator[Field]:
    """Yield bytes of the options as one field a row; the widest has the name."""
    stop = start + size
    cuts = [start, *range(start - start % 4 + 4, stop, 4), stop]
    spans = [range(*span) for span in pairwise(cuts)]
    named = max(spans, key=len)
    for span in spans:
        value = int.from_bytes(data[span.start : span.stop], "big")
        yield Field("options", words if span == named else "", 8 * (SIZE + span.start), 8 * len(span), value)


def _missing(size: int, claimed: int) -> Iterator[Field]:
    """Yield one field for all options that are claimed and not there."""
    begin = max(SIZE, size)
    if begin < claimed:
        width = ROW - 8 * begin % ROW
        words = f"{count(claimed - begin, 'byte')} of options" if width > 8 else f"{claimed - begin} more"
        yield Field("options", words, 8 * begin, width, None)

"""TCP options: kind, length, value (RFC 9293, 3.2; RFC 7323; RFC 2018).

Reading judges nothing: all but known options of the right length is kept as
bytes, so that writing gives back what was read.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, TypeVar, get_args

from tcpkit.wire.errors import WireError, as_bytes, misfit, shown
from tcpkit.wire.fill import filled


@dataclass(frozen=True)
class EOL:
    """End of the option list; `rest` is what comes after it, without effect."""

    kind: ClassVar[int] = 0
    rest: bytes = b""

    def __bytes__(self) -> bytes:
        return b"\0" + as_bytes(self.rest, "rest")


@dataclass(frozen=True)
class NOP:
    """One byte without meaning, to align what follows."""

    kind: ClassVar[int] = 1

    def __bytes__(self) -> bytes:
        return b"\1"


@dataclass(frozen=True)
class MSS:
    """The largest segment the sender will take, in bytes of data."""

    kind: ClassVar[int] = 2
    size: int

    def __bytes__(self) -> bytes:
        return _pack(self, "!BBH", 4, self.size)


@dataclass(frozen=True)
class WindowScale:
    """Multiply this side's windows by 2**shift (RFC 7323, 2.2)."""

    kind: ClassVar[int] = 3
    shift: int

    def __bytes__(self) -> bytes:
        return _pack(self, "!BBB", 3, self.shift)


@dataclass(frozen=True)
class SACKPermitted:
    """The sender understands SACK (RFC 2018, 2)."""

    kind: ClassVar[int] = 4

    def __bytes__(self) -> bytes:
        return b"\4\2"


@dataclass(frozen=True)
class SACK:
    """Ranges received out of order: (left, right) pairs (RFC 2018, 3)."""

    kind: ClassVar[int] = 5
    blocks: tuple[tuple[int, int], ...]

    def __bytes__(self) -> bytes:
        try:
            edges = [edge for left, right in self.blocks for edge in (left, right)]
            return struct.pack(f"!BB{len(edges)}I", self.kind, 2 + 4 * len(edges), *edges)
        except (struct.error, TypeError, ValueError):
            raise WireError(f"{shown(self)} cannot be packed: it takes pairs of numbers from 0 to 4294967295") from None


@dataclass(frozen=True)
class Timestamps:
    """The sender's clock, and the last one it saw (RFC 7323, 3.2)."""

    kind: ClassVar[int] = 8
    value: int
    echo: int

    def __bytes__(self) -> bytes:
        return _pack(self, "!BBII", 10, self.value, self.echo)


@dataclass(frozen=True)
class Unknown:
    """An option of another kind, or of a known kind with an odd length."""

    kind: int
    data: bytes = b""

    def __bytes__(self) -> bytes:
        data = as_bytes(self.data)
        return _pack(self, "!BB", 2 + len(data)) + data


@dataclass(frozen=True)
class Broken:
    """The rest of a list in which an option's length cannot be right."""

    data: bytes

    def __bytes__(self) -> bytes:
        return as_bytes(self.data)


Option = EOL | NOP | MSS | WindowScale | SACKPermitted | SACK | Timestamps | Unknown | Broken
Packed = tuple[tuple[Option, ...], bytes]  # options, and their bytes, a multiple of four
KINDS = frozenset(get_args(Option))
TIMES = struct.Struct("!II")
USUAL, USUAL_SIZE = bytes.fromhex("01 01 08 0a"), 12  # two NOPs and timestamps, as RFC 7323's appendix A lays them out
PADDING = NOP()  # one is as good as another
Kind = TypeVar("Kind", bound=Option)
BITS = {"kind": 8, "length": 8, "size": 16, "shift": 8, "value": 32, "echo": 32}


def _pack(option: MSS | WindowScale | Timestamps | Unknown, form: str, length: int, *values: int) -> bytes:
    try:
        return struct.pack(form, option.kind, length, *values)
    except (struct.error, TypeError):
        fields = {"kind": option.kind, "length": length} | vars(option)
        error = misfit(fields, {name: bits for name, bits in BITS.items() if name in fields})
        raise WireError(f"{shown(option)} cannot be packed: {error}") from None


def pack_options(options: tuple[Option, ...]) -> bytes:
    """Return the bytes of the options, in order, without padding."""
    if not isinstance(options, (tuple, list)) or not KINDS.issuperset(map(type, options)):
        raise WireError(f"options are {shown(options)}: write a tuple of options, as (MSS(1460), NOP())")
    return b"".join(map(bytes, options))


@lru_cache(maxsize=64)
def usual_options(value: int, echo: int) -> Packed:
    """Return the options of nearly all segments, timestamps; kept, as many segments have the same."""
    packed = USUAL + TIMES.pack(value, echo)
    return (PADDING, PADDING, filled(Timestamps, {"value": value, "echo": echo})), packed


def parse_options(data: bytes) -> tuple[Option, ...]:
    """Return the options in these bytes; never fails.

    >>> parse_options(bytes.fromhex("020405b4 01 0303 07"))
    (MSS(size=1460), NOP(), WindowScale(shift=7))
    """
    if len(data) == USUAL_SIZE and data[:4] == USUAL:
        return usual_options(*TIMES.unpack_from(data, 4))[0]
    options: list[Option] = []
    at, size = 0, len(data)
    while at < size:
        kind = data[at]
        if kind == NOP.kind:
            options.append(PADDING)
            at += 1
            continue
        if kind == EOL.kind:
            options.append(EOL(data[at + 1 :]))
            break
        length = data[at + 1] if at + 1 < size else 0
        if length < 2 or at + length > size:
            options.append(Broken(data[at:]))
            break
        options.append(_option(kind, data[at + 2 : at + length]))
        at += length
    return tuple(options)


def find(kind: type[Kind], options: tuple[Option, ...]) -> Kind | None:
    """Return the last option of this kind, or None."""
    for option in reversed(options):
        if type(option) is kind:
            return option
    return None


def _option(kind: int, value: bytes) -> Option:
    match kind, len(value):
        case Timestamps.kind, 8:
            return Timestamps(*TIMES.unpack(value))
        case MSS.kind, 2:
            return MSS(int.from_bytes(value, "big"))
        case WindowScale.kind, 1:
            return WindowScale(value[0])
        case SACKPermitted.kind, 0:
            return SACKPermitted()
        case SACK.kind, size if size % 8 == 0:
            edges = struct.unpack(f"!{size // 4}I", value)
            return SACK(tuple(zip(edges[::2], edges[1::2], strict=True)))
    return Unknown(kind, value)

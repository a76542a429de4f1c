"""Lesson 01's exercises: what is right, and the known ways to get it wrong."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from itertools import combinations, product

from tcpkit.check.exercise import Exercise, Function, Mistake
from tcpkit.wire import Flags

SYN = Flags.SYN
STORY = (8989, 8000, 1, 0xAF57)  # ports, data offset and checksum of the story's first packet
chance = random.Random(1)


def _port_bytes(port: int) -> bytes:
    return struct.pack("!H", port)


PORT_BYTES = Exercise(
    number="1.1",
    name="port_bytes",
    right=_port_bytes,
    inputs=tuple((port,) for port in (8989, 80, 0, 1, 255, 256, 443, 8000, 65535, *chance.sample(range(65536), 8))),
    mistakes=(
        Mistake(
            "Somebody who reads this in network order sees port 7459. Which byte comes first on the wire? "
            "(RFC 9293, 3.1: the most significant.)",
            (lambda port: struct.pack("<H", port),),
        ),
        Mistake(
            "Those are four characters. A port is one number of 16 bits.",
            (lambda port: str(port).encode(), lambda port: str(port)),
        ),
        Mistake("Python made 8,989 zero bytes: `bytes(n)` takes a length, not a value.", (lambda port: bytes(port),)),
        Mistake(
            lambda got: f"The number is in there, with {len(got)} bytes of room. The field has 16 bits: two bytes.",
            tuple(lambda port, form=form: struct.pack(form, port) for form in ("!I", "<I", "!Q", "<Q")),
        ),
        Mistake(
            "One byte holds 0 to 255, and 8989 needs more: where did 0x23 go?",
            (
                lambda port: bytes([port & 0xFF]),
                lambda port: bytes([port]),
                lambda port: port.to_bytes(1, "big"),
                lambda port: struct.pack("B", port),
            ),
        ),
        Mistake(
            "That describes the bytes. Return the bytes themselves.",
            (
                lambda port: f"{port:04x}",
                lambda port: f"{port:04X}",
                lambda port: f"{port:x}",
                lambda port: hex(port),
                lambda port: f"0x{port:04x}",
                lambda port: _port_bytes(port).hex(" "),
                lambda port: str(_port_bytes(port)),
                lambda port: f"{port:04x}".encode(),
                lambda port: hex(port).encode(),
            ),
        ),
        Mistake("Right for 8989. We also asked for 80, and got 8989's bytes again.", (lambda port: b"\x23\x1d",)),
        Mistake(
            "Right for 8989, and too short for 80: the field keeps both its bytes, for a small number too.",
            (
                lambda port: port.to_bytes((port.bit_length() + 7) // 8, "big"),
                lambda port: port.to_bytes(max((port.bit_length() + 7) // 8, 1), "big"),
            ),
        ),
    ),
    meaning="The most significant byte goes first. Every number in a TCP header travels that way.",
    what_if="What if a field had three bytes? `struct` has no letter for that.",
)


def _syn_header(source_port: int, destination_port: int, offset: int, checksum: int) -> bytes:
    return _header(source_port, destination_port, offset << 12 | SYN, checksum)


def _header(source: int, destination: int, middle: int, checksum: int, order: str = "!") -> bytes:
    """Return a header whose bytes 12 and 13 are given as one number."""
    return struct.pack(f"{order}HHIIHHHH", source, destination, 0, 0, middle, 0, checksum, 0)


def _with_middle(middle: Function) -> Function:
    """Return a wrong syn_header that makes bytes 12 and 13 in its own way."""
    return lambda source, destination, offset, checksum: _header(source, destination, middle(offset), checksum)


def _of_other_lengths() -> Iterator[Function]:
    """Yield syn_headers with one or two fields left out, too narrow or too wide."""
    widths = {"H": ("", "I"), "I": ("", "H", "Q"), "B": ("", "H")}
    right = "HHIIBBHHH"
    changes = [(at, width) for at, letter in enumerate(right) for width in widths[letter]]
    for chosen in [*combinations(changes, 1), *combinations(changes, 2)]:
        form = list(right)
        for at, width in chosen:
            form[at] = width
        for order, shift in product("!<", (4, 0)):
            if struct.calcsize(order + "".join(form)) != 20:
                yield _laid_out(form, order, shift)


def _laid_out(form: list[str], order: str, shift: int) -> Function:
    def wrong(source: int, destination: int, offset: int, checksum: int) -> bytes:
        fields = source, destination, 0, 0, offset << shift, int(SYN), 0, checksum, 0
        kept = [field for letter, field in zip(form, fields, strict=True) if letter]
        return struct.pack(order + "".join(form), *kept)

    return wrong


def _say_order(got: bytes) -> str:
    length = ", and a header length of 0" if got[12] >> 4 == 0 else ""
    return f"tcpdump would print 7459 > 16415{length}: the bytes of each number stand the wrong way round."


def _say_flags(got: bytes) -> str:
    names = {0: "no flag", Flags.FIN: "FIN", Flags.ACK: "ACK", Flags.FIN | Flags.ACK: "FIN and ACK"}
    extra = names.get(got[13] & ~SYN, "another flag")
    what = f"SYN and {extra}" if got[13] & SYN else extra
    return f"You set {what} (byte 13 is {got[13]:02x}). SYN, alone, is the second bit from the right."


def _say_constant_offset(got: bytes) -> str:
    kind = "Too kind" if got[12] >> 4 == 5 else f"You always write {got[12] >> 4}"
    return f"{kind}: write the offset you were given, even a wrong one."


SYN_HEADER = Exercise(
    number="1.2",
    name="syn_header",
    right=_syn_header,
    inputs=(
        STORY,
        (8989, 8000, 5, 0x6F57),
        (80, 49152, 0, 1),
        (1, 65535, 15, 0xFF00),
        (443, 1024, 7, 0x0203),
        *((*chance.sample(range(65536), 2), chance.randrange(16), chance.randrange(65536)) for _ in range(8)),
    ),
    mistakes=(
        Mistake(
            "Who sends this? The sender's port comes first.",
            (lambda source, destination, offset, checksum: _syn_header(destination, source, offset, checksum),),
        ),
        Mistake(
            _say_order,
            (
                lambda source, destination, offset, checksum: _header(
                    source, destination, SYN << 8 | offset << 4, checksum, "<"
                ),
                lambda source, destination, offset, checksum: _header(
                    source, destination, offset << 12 | SYN, checksum, "<"
                ),
            ),
        ),
        Mistake(
            "tcpdump would see a header length of 0: the offset is the left half of its byte.",
            (_with_middle(lambda offset: offset << 8 | SYN),),
        ),
        Mistake(
            "Bytes 12 and 13 are sixteen bits: four of offset, then the reserved ones, then the flags. "
            "Where does your 1 land, and where your SYN?",
            (
                _with_middle(lambda offset: offset << 4 | SYN),
                _with_middle(lambda offset: offset | SYN),
                _with_middle(lambda offset: offset),
                _with_middle(lambda offset: offset << 4),
                _with_middle(lambda offset: offset << 8),
                _with_middle(lambda offset: (offset << 4 | SYN) << 8),
            ),
        ),
        Mistake(
            "Byte 12 and byte 13 have changed places: the offset comes first, then the flags.",
            (_with_middle(lambda offset: SYN << 8 | offset << 4), _with_middle(lambda offset: SYN << 8 | offset)),
        ),
        Mistake(
            _say_flags,
            tuple(
                _with_middle(lambda offset, flags=flags: offset << 12 | flags) for flags in range(256) if flags != SYN
            ),
        ),
        Mistake(
            "Bytes 14 and 15 are the window, 16 and 17 the checksum, 18 and 19 the urgent pointer. "
            "Where did your checksum go?",
            (
                lambda source, destination, offset, checksum: (
                    _syn_header(source, destination, offset, 0)[:18] + _port_bytes(checksum)
                ),
                lambda source, destination, offset, checksum: (
                    _syn_header(source, destination, offset, 0)[:14] + _port_bytes(checksum) + bytes(4)
                ),
            ),
        ),
        Mistake(
            _say_constant_offset,
            tuple(_with_middle(lambda offset, always=always: always << 12 | SYN) for always in range(16)),
        ),
        Mistake(
            "Right for the story's packet. Write the numbers you were given: we also asked for others.",
            (
                lambda source, destination, offset, checksum: _syn_header(*STORY),
                lambda source, destination, offset, checksum: _syn_header(8989, 8000, offset, checksum),
                lambda source, destination, offset, checksum: _syn_header(8989, 8000, offset, 0xAF57),
                lambda source, destination, offset, checksum: _syn_header(source, destination, offset, 0xAF57),
            ),
        ),
        Mistake(
            lambda got: (
                f"You wrote {len(got)} bytes, and the header has 20. "
                "Lay your fields on the table above: which one is missing, too narrow or too wide?"
            ),
            tuple(_of_other_lengths()),
        ),
    ),
    meaning="Ten fields, twenty bytes: this is a TCP header, whoever typed it.",
    what_if="What if `seq` were 2**32? Ask `struct`, then think what TCP could do instead.",
)


def _into_buffer(header: bytes, size: int) -> bytes:
    return header.ljust(size, b"\0")


def _say_filler(got: bytes) -> str:
    name = {0x30: "the digit 0", 0x20: "a space"}[got[-1]]
    return f"You filled up with 0x{got[-1]:02x}, {name}. We mean the byte 0."


def _one_by_one(header: bytes, size: int) -> bytes:
    buffer = bytearray(size)
    for at, byte in enumerate(header):
        buffer[at] = byte
    return bytes(buffer)


def _packed_into(header: bytes, size: int) -> bytes:
    buffer = bytearray(size)
    struct.pack_into(f"{len(header)}s", buffer, 0, header)
    return bytes(buffer)


HEADER = _syn_header(*STORY)

INTO_BUFFER = Exercise(
    number="1.3",
    name="into_buffer",
    right=_into_buffer,
    inputs=(
        (HEADER, 64),
        (HEADER, 40),
        (HEADER, 20),
        (HEADER, 16),
        (HEADER, 21),
        (HEADER + b"\1\1\1\0", 64),
        *((_syn_header(443, 1024, 5, chance.randrange(65536)), chance.randrange(22, 90)) for _ in range(6)),
    ),
    mistakes=(
        Mistake(
            "The zeros stand in front, so the source port is 0. What is read first?",
            (
                lambda header, size: header.rjust(size, b"\0"),
                lambda header, size: bytes(size - len(header)) + header,
                lambda header, size: bytes(size) + header,
            ),
        ),
        Mistake(
            "84 bytes for a size of 64: `size` is the whole, with the header in it.",
            (lambda header, size: header + bytes(size),),
        ),
        Mistake(
            _say_filler,
            (
                lambda header, size: header.ljust(size, b"0"),
                lambda header, size: header + b"0" * (size - len(header)),
                lambda header, size: header.ljust(size),
                lambda header, size: header + b" " * (size - len(header)),
            ),
        ),
        Mistake("Still 20 bytes: where is the rest of the buffer?", (lambda header, size: header,)),
        Mistake(
            "For size 16 you cut the header. This buffer is too small: return the header whole.",
            (lambda header, size: header.ljust(size, b"\0")[:size],),
        ),
        Mistake(
            "Right while the header fits. For size 16 Python stopped you: return the header whole there.",
            (lambda header, size: header + bytes(size - len(header)), _one_by_one, _packed_into),
        ),
        Mistake(
            "Right for a buffer of 64. We asked for 40 as well.",
            (lambda header, size: header.ljust(64, b"\0"), lambda header, size: header + bytes(44)),
        ),
    ),
    meaning="The buffer has a size of its own, and the header fills the front of it.",
    what_if="What if the buffer had been used before? Whose bytes would stand behind your header?",
)

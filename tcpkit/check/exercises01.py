"""Lesson 01's exercises on a header: what is right, and the known ways to get it wrong.

The one on a buffer is next door: `exercises01_buffer`.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from itertools import combinations, product

from tcpkit.check.exercise import Exercise, Function, Mistake
from tcpkit.wire import Flags

SYN = Flags.SYN
# Ports and checksum of the story's first packet. The offset is another one: the lesson asks for a guess at it.
FIRST = (8989, 8000, 3, 0xAF57)
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
            (lambda port: bytes([port & 0xFF]),),
        ),
        Mistake(
            "Python refused: one byte holds 0 to 255, and 8989 is more. The field has two bytes.",
            (
                lambda port: bytes([port]),
                lambda port: port.to_bytes(1, "big"),
                lambda port: struct.pack("B", port),
            ),
        ),
        Mistake(
            "The two numbers are right, and each fits a byte. `bytes([35, 29])` makes bytes of numbers.",
            (lambda port: [port >> 8, port & 0xFF],),
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
                lambda port: bytes.fromhex(f"{port:x}"),
            ),
        ),
    ),
    meaning="The most significant byte goes first. Every number in a TCP header travels that way.",
    what_if="What if a field had three bytes? `struct` has no letter for that.",
)


def syn_header(source_port: int, destination_port: int, offset: int, checksum: int) -> bytes:
    """Return the twenty bytes of a SYN."""
    return _header(source_port, destination_port, offset << 12 | SYN, checksum)


def _header(source: int, destination: int, middle: int, checksum: int, order: str = "!") -> bytes:
    """Return a header whose bytes 12 and 13 are given as one number."""
    return struct.pack(f"{order}HHIIHHHH", source, destination, 0, 0, middle, 0, checksum, 0)


def _with_middle(middle: Function, order: str = "!") -> Function:
    """Return a wrong syn_header that makes bytes 12 and 13 in its own way."""
    return lambda source, destination, offset, checksum: _header(source, destination, middle(offset), checksum, order)


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
    return f"You always write {got[12] >> 4}: write the offset you were given, even a wrong one."


def _say_multiplied(got: bytes) -> str:
    return (
        f"Of an offset of {got[12] >> 6} you make {got[12] >> 4}: write it as it is given, in the left half. "
        "(`+` and `*` come before `<<`: brackets help.)"
    )


def _in_own_byte(byte: Function) -> Function:
    """Return a wrong syn_header that packs byte 12 by itself."""

    def wrong(source_port: int, destination_port: int, offset: int, checksum: int) -> bytes:
        fields = source_port, destination_port, 0, 0, byte(offset), int(SYN), 0, checksum, 0
        return struct.pack("!HHIIBBHHH", *fields)

    return wrong


SYN_HEADER = Exercise(
    number="1.2",
    name="syn_header",
    right=syn_header,
    inputs=(
        FIRST,
        (80, 49152, 0, 1),
        (1, 65535, 15, 0xFF00),
        (443, 1024, 7, 0x0203),
        *((*chance.sample(range(65536), 2), chance.randrange(16), chance.randrange(65536)) for _ in range(8)),
    ),
    mistakes=(
        Mistake(
            "Who sends this? The sender's port comes first.",
            (lambda source, destination, offset, checksum: syn_header(destination, source, offset, checksum),),
        ),
        Mistake(
            _say_order,
            (
                _with_middle(lambda offset: SYN << 8 | offset << 4, "<"),
                _with_middle(lambda offset: offset << 12 | SYN, "<"),
                # and the offset not moved either: the order is the more basic of the two
                _with_middle(lambda offset: SYN << 8 | offset, "<"),
                _with_middle(lambda offset: offset << 8 | SYN, "<"),
                _with_middle(lambda offset: offset << 4 | SYN, "<"),
                _with_middle(lambda offset: offset | SYN, "<"),
            ),
        ),
        Mistake(
            "tcpdump would see a header length of 0: the offset is the left half of its byte.",
            (_with_middle(lambda offset: offset << 8 | SYN),),
        ),
        Mistake(
            "Bytes 12 and 13 are sixteen bits: four of offset, then the reserved ones, then the flags. "
            "Where does your offset land, and where your SYN?",
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
                    syn_header(source, destination, offset, 0)[:18] + _port_bytes(checksum)
                ),
                lambda source, destination, offset, checksum: (
                    syn_header(source, destination, offset, 0)[:14] + _port_bytes(checksum) + bytes(4)
                ),
            ),
        ),
        Mistake(
            _say_multiplied,
            (
                _in_own_byte(lambda offset: offset << 6),
                _in_own_byte(lambda offset: offset << 6 & 0xFF),
                _in_own_byte(lambda offset: bytes([offset << 6])[0]),
                _with_middle(lambda offset: offset << 14 | SYN),
                _with_middle(lambda offset: offset << 14),
            ),
        ),
        Mistake(
            _say_constant_offset,
            tuple(_with_middle(lambda offset, always=always: always << 12 | SYN) for always in range(16)),
        ),
        Mistake(
            "Write the numbers you were given: we asked for other ports and checksums as well.",
            (
                *(
                    lambda source, destination, offset, checksum, always=always: syn_header(8989, 8000, always, 0xAF57)
                    for always in range(16)
                ),
                lambda source, destination, offset, checksum: syn_header(8989, 8000, offset, checksum),
                lambda source, destination, offset, checksum: syn_header(8989, 8000, offset, 0xAF57),
                lambda source, destination, offset, checksum: syn_header(source, destination, offset, 0xAF57),
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

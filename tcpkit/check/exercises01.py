"""Lesson 01's exercise on a header: what is right, and the known ways to get it wrong.

Next door are the one on a port before it, `exercises01_port`, and the one on
a buffer after it, `exercises01_buffer`.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, product

from tcpkit.check.exercise import Exercise, Function, Mistake
from tcpkit.check.exercises01_port import port_bytes
from tcpkit.check.guards import Outcome
from tcpkit.wire import Flags

SYN = Flags.SYN
# Ports and checksum of the story's first packet. The offset is another one: the lesson asks for a guess at it.
FIRST = (8989, 8000, 3, 0xAF57)
FORM = "HHIIBBHHH"  # the ten fields for `struct`: the offset and the reserved bits share a byte
NEXT = {  # by the number of bytes in front of it
    2: "destination port",
    4: "sequence number",
    8: "acknowledgment number",
    12: "data offset",
    13: "flags byte",
    14: "window",
    16: "checksum",
    18: "urgent pointer",
}
chance = random.Random(1)


def syn_header(source_port: int, destination_port: int, offset: int, checksum: int) -> bytes:
    """Return the twenty bytes of a SYN."""
    return _header(source_port, destination_port, offset << 12 | SYN, checksum)


def _header(source: int, destination: int, middle: int, checksum: int, order: str = "!") -> bytes:
    """Return a header whose bytes 12 and 13 are given as one number."""
    return struct.pack(f"{order}HHIIHHHH", source, destination, 0, 0, middle, 0, checksum, 0)


def _with_middle(middle: Function, order: str = "!") -> Function:
    """Return a wrong syn_header that makes bytes 12 and 13 in its own way."""
    return lambda source, destination, offset, checksum: _header(source, destination, middle(offset), checksum, order)


def _forms() -> Iterator[tuple[str, ...]]:
    """Yield the fields' letters with one or two too narrow or too wide, or with any left out."""
    widths = {"H": ("", "I"), "I": ("", "H", "Q"), "B": ("", "H")}
    changes = [(at, width) for at, letter in enumerate(FORM) for width in widths[letter]]
    for chosen in [*combinations(changes, 1), *combinations(changes, 2)]:
        form = list(FORM)
        for at, width in chosen:
            form[at] = width
        yield tuple(form)
    yield from product(*(("", letter) for letter in FORM))


def _of_other_lengths() -> Iterator[Function]:
    for form, order, shift in product(dict.fromkeys(_forms()), "!<", (4, 0)):
        if struct.calcsize(order + "".join(form)) != 20:
            yield _laid_out(form, order, shift)


def _laid_out(form: tuple[str, ...], order: str, shift: int) -> Function:
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


def _say_length(got: bytes) -> str:
    said = f"You wrote {len(got)} bytes, and the header has 20."
    if got and got == syn_header(*FIRST)[: len(got)]:
        return f"{said} All are right so far, and the {NEXT[len(got)]} comes next."
    if len(got) == 21 and got[13:15] == bytes([0, SYN]):
        return f"{said} Offset and reserved bits share a byte, half of it each."
    return f"{said} Lay your fields on the table above: which one is missing, too narrow or too wide?"


def _with_text(source_port: int, destination_port: int, offset: int, checksum: int) -> bytes:
    return struct.pack("!B", "SYN")


@dataclass(frozen=True)
class Refusal(Mistake):
    """What `struct` refuses for every input: one error for many reasons, told apart by its words."""

    def words(self, first: Outcome) -> str:
        """Return the sentence if a value was no number; "" for another reason."""
        return self.sentence if "not an integer" in first.error else ""


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
                _with_middle(lambda offset: SYN << 8 | offset * 4, "<"),
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
                    syn_header(source, destination, offset, 0)[:18] + port_bytes(checksum)
                ),
                lambda source, destination, offset, checksum: (
                    syn_header(source, destination, offset, 0)[:14] + port_bytes(checksum) + bytes(4)
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
            "Times 4 moves it two places to the left. `<< 4` moves it four, and that is times 16.",
            (_in_own_byte(lambda offset: offset * 4),),
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
        Mistake(_say_length, tuple(_of_other_lengths())),
        Refusal(
            "One of your values is no number (text, perhaps?), and `struct` packs numbers here. "
            "Flags are one too: SYN is the second bit from the right. Which number is that?",
            (_with_text,),
        ),
    ),
    meaning="Ten fields, twenty bytes: this is a TCP header, whoever typed it.",
    what_if="What if `seq` were 2**32? Ask `struct`, then think what TCP could do instead.",
)

"""Lesson 01, first_syn: one recall, three exercises, guesses about bytes."""

from __future__ import annotations

import random
import struct

from tcpkit.check.call import Function
from tcpkit.check.exercise import Exercise
from tcpkit.check.questions import Asked, Guess, Kept, Option, Recall, another, as_you_said
from tcpkit.check.signs import differs_only_at
from tcpkit.check.values import plain, show
from tcpkit.check.verdict import Comparison
from tcpkit.wire import Flags
from tcpkit.wire.complaints import length_words

# Who wrote the story's 84 bytes, for the dump: kept here, as these numbers would tell how many there are.
WHOSE = ((20, "the kernel wrote these"), (20, "you"), (44, "44 zeros, also yours"))
SYN = Flags.SYN

recall = Recall(
    "1.0",
    right="b",
    letters=3,
    wrong={
        "a": "The sender stands to the left of `>`. Which name is it?",
        "c": "Length 31 says that the packet carries 31 bytes of data. Who wrote them?",
    },
    meaning="The sender stands to the left of `>`, and the 31 bytes are what that program wrote: a request.",
)

chance = random.Random(1)
port_bytes = Exercise(
    "1.1 port_bytes",
    right=lambda port: struct.pack("!H", port),
    inputs=tuple((port,) for port in (8989, 80, 0, 1, 255, 256, 443, 8000, 65535, *chance.sample(range(65536), 8))),
    causes={
        "In network order these two bytes are port 7459. Which byte comes first in a packet? "
        "(RFC 9293, 3.1: the most significant.)": lambda port: struct.pack("<H", port),
        "Those are four characters. A port is one number of 16 bits.": (str, lambda port: str(port).encode()),
        "Python made 8,989 zero bytes: `bytes(n)` takes a length, not a value.": lambda port: bytes(port),
        "Both numbers are right. `bytes([35, 29])` makes bytes of numbers.": lambda port: divmod(port, 256),
    },
    meaning="The most significant byte comes first, in this and in every other number of a TCP header.",
)


def _syn(middle: Function) -> Function:
    """Return a syn_header that makes bytes 12 and 13, here one number, in its own way."""
    return lambda source_port, destination_port, offset, checksum: struct.pack(
        "!HHQHHHH", source_port, destination_port, 0, middle(offset), 0, checksum, 0
    )


right_header = _syn(lambda offset: offset << 12 | SYN)
# Ports and checksum of the story's first packet. The offset is another one: the lesson asks for a guess at it.
FIRST = (8989, 8000, 3, 0xAF57)
HEADER = right_header(*FIRST)
PLACES = slice(2), slice(2, 4), slice(12, 14), slice(16, 18)
NAMES = "source port", "destination port", "offset and flags", "checksum"
NEXT = {2: "destination port", 4: "sequence number", 8: "acknowledgment number", 12: "data offset"}
NEXT |= {13: "flags byte", 14: "window", 16: "checksum", 18: "urgent pointer"}


def _say_length(got: bytes) -> str:
    said = f"You wrote {len(got)} bytes, and the header has 20."
    if len(got) in NEXT and HEADER.startswith(got):
        return f"{said} All are right so far, and the {NEXT[len(got)]} comes next."
    if len(got) == 21 and got[13:15] == bytes([0, SYN]):
        return f"{said} Offset and reserved bits share a byte, half of it each."
    return f"{said} Which of your fields is missing, one too many, too narrow or, as `L` without `!`, too wide?"


def _say_order(got: bytes) -> str:
    names = [name for name, at in zip(NAMES, PLACES, strict=True) if got[at] != HEADER[at]]
    if len(names) < 3:
        return f"The bytes of your {' and your '.join(names)} are in the wrong order. Which byte comes first?"
    length = ", and a header length of 0" if got[12] >> 4 == 0 else ""
    return f"tcpdump would print 7459 > 16415{length}: the bytes of each number are in the wrong order."


def _say_flags(got: bytes) -> str:
    names = " and ".join(flag.name for flag in Flags(got[13])) or "no flag"
    return f"You set {names} (byte 13 is {got[13]:02x}). SYN, alone, is the second bit from the right."


chance = random.Random(1)
syn_header = Exercise(
    "1.2 syn_header",
    right=right_header,
    inputs=(
        *(FIRST, (80, 49152, 0, 1), (1, 65535, 15, 0xFF00), (443, 1024, 7, 0x0203)),
        *((*chance.sample(range(65536), 2), chance.randrange(16), chance.randrange(65536)) for _ in range(8)),
    ),
    causes={
        "tcpdump would see a header length of 0: the offset is the left half of its byte.": _syn(lambda o: o << 8 | 2),
        "Who sends this? The sender's port comes first.": lambda s, d, offset, c: right_header(d, s, offset, c),
        "Of an offset of 3 you make 12: write it as it is given, in the left half. (`+` and `*` come before `<<`: "
        "brackets help.)": tuple(map(_syn, (lambda o: o << 14 | SYN, lambda o: o << 14, lambda o: o % 4 << 14 | SYN))),
    },
    signs={
        _say_length: lambda got, right, *_: len(got) != len(right),
        _say_order: lambda got, right, *_: (
            any(got[at] != right[at] for at in PLACES) and all(sorted(got[at]) == sorted(right[at]) for at in PLACES)
        ),
        _say_flags: differs_only_at(13),
        lambda got: f"Bytes 12, 13: {got[12]:02x} {got[13]:02x}. Where are offset 3 and SYN?": differs_only_at(12, 13),
    },
    meaning="Ten fields, twenty bytes: your function makes a TCP header.",
)

chance = random.Random(13)
FILLERS = {0x30: ", the digit 0", 0x20: ", a space"}
into_buffer = Exercise(
    "1.3 into_buffer",
    right=lambda header, size: header.ljust(size, b"\0"),
    inputs=(
        *(*((HEADER, size) for size in (64, 40, 20, 21)), (HEADER + b"\1\1\1\0", 64)),
        *((right_header(443, 1024, 5, chance.randrange(65536)), chance.randrange(22, 90)) for _ in range(6)),
    ),
    causes={
        "The zeros stand in front, so the source port is 0. Which bytes of a packet are read first?": (
            *(lambda header, size: header.rjust(size, b"\0"), lambda header, n: bytes(n - len(header)) + header),
        ),
        "The buffer has `size` bytes in all, and the header is among them.": lambda header, size: header + bytes(size),
    },
    signs={
        lambda got: f"You filled the buffer with 0x{got[-1]:02x}{FILLERS.get(got[-1], '')}. We mean the byte 0.": (
            lambda got, right, header, size: got == header.ljust(size, got[-1:])
        ),
    },
    meaning="The header fills the front of the buffer, and zeros fill the rest.",
)

guess_order = Guess(
    lambda packed: memoryview(packed).hex(" ") or None,
    Option(
        *("23 1d", "23 1d"),
        "That is network order, and `!` asks for it. Without `!`, `struct` uses the order of this processor.",
        "This processor puts the most significant byte first, as the network does. Most do not; `!` is right on all.",
    ),
    Option(
        *("1d 23", "1d 23"),
        "Most processors use that order. Yours puts the most significant byte first, as the network does.",
        "This processor puts the least significant byte first. The network does not: `!` asks for network order.",
    ),
    Option("8989", "8989", "Those would be four characters. `H` packs one number of 16 bits: two bytes."),
)
guess_bytes = Guess(
    lambda packets: len(next(iter(packets)).data),
    Option("20 bytes", 20, "Your header is 20 of them. The capture also shows 44 zeros, and twenty bytes in front."),
    Option("64 bytes", 64, "Twenty stand in front of your 64: 45 00 00 54 ... Did you write them?"),
    Option("84 bytes", 84, so="84 = 20 + 64. The first twenty, 45 00 00 54 ..., are not yours."),
)
FOUR = "bad hdr length 4 - too short, < 20"
guess_words = Guess(
    lambda packets: length_words(next(iter(packets)).segment) or None,
    Option("ports and flags", "both", "tcpdump prints no flags, because it trusts nothing in a header of that length."),
    Option("the checksum is wrong", "cksum", "tcpdump does not reach the checksum: it stops at the header's length."),
    Option("the header's length is wrong", FOUR, so="The packet says 1, and tcpdump says 4. Why? See lesson 02."),
)
REST = "they are cut off", "they are sent, and ignored", "they are sent, as data", "they are refused"
kept_44 = Kept("Lesson 04 comes back to these 44 bytes.", *map(Option, REST, REST))

ON_OFFSETS = {
    **dict.fromkeys(range(5), "Too short as well. Keep both numbers, yours and tcpdump's, for lesson 02."),
    **dict.fromkeys(range(6, 16), "Lesson 02 tries all sixteen numbers that four bits hold."),
    0: "With a 0, tcpdump counts no header at all, and reads all 64 bytes as data.",
    1: "The story's author chose 1 too. tcpdump says 4, and lesson 02 shows why.",
    5: "Lesson 02 shows why 5 is right. tcpdump now reads your 44 zeros as data. Does the kernel too? See lesson 04.",
}


class OffsetGuess(Asked):
    """The learner's own offset beside tcpdump's words on a packet with that offset, if four bits hold it."""

    unwritten = "write `my_offset` in section 2, then run this cell again."
    form = "Write one whole number, without quotes, such as 1."

    def read(self, my_offset: object) -> int | None:
        """Return the number; text with a number in it could not be sent."""
        value = plain(my_offset)
        return value.value if value.family == "int" else None

    def seen(self, packets: object) -> dict[int, str]:
        """Return tcpdump's words on each offset that was sent."""
        fine = "no complaint about the header's length"
        return {each.segment.data_offset: length_words(each.segment) or fine for each in packets or ()}

    def compare(self, said: int, words: dict[int, str], *_: object) -> Comparison:
        """Return both, and a sentence on this offset."""
        shown = show(plain(said))
        if said not in ON_OFFSETS:
            return another(shown, "no packet", "It does not fit: four bits hold 0 to 15. Lesson 02 says why.")
        if said == 5:
            return as_you_said(f"{shown}: {words[said]}", ON_OFFSETS[said])
        return another(shown, words[said], ON_OFFSETS[said])


guess_offset = OffsetGuess()

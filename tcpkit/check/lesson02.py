"""Lesson 02, header_length: one recall, three exercises, four guesses."""

from __future__ import annotations

import random
from collections.abc import Callable

from tcpkit.check.exercise import Exercise
from tcpkit.check.questions import Guess, NumbersGuess, Option, Recall
from tcpkit.check.signs import BRACKETS, differs_only_at, every, gives
from tcpkit.wire.complaints import length_words
from tcpkit.wire.story_syn import story_syn

AT = 12  # the byte that holds the data offset, and below it the reserved bits; RFC 9293, 3.1
FIRST, LAST, SHORTEST = 5, 15, 20  # the offsets that can be, in 32-bit words, and the shortest header in bytes
DIGITS = "The digits are right, but this is text. `bytes.fromhex` makes bytes of it."
only_12 = differs_only_at(AT)
STORY = {offset: bytes(story_syn(offset)) for offset in (1, 5, 15)}
chance = random.Random(2)

recall = Recall(
    "2.0",
    right=b"\x01\xbb",
    wrong={
        b"\xbb\x01": "In network order these two bytes are port 47873. Which byte comes first?",
        b"\x04\x43": "Those are the decimal digits 4, 4, 3, read as hex: port 1091. How often is 256 in 443, and what "
        "is left?",
        **dict.fromkeys((b"443", "443"), "Those are three characters. A port is one number of 16 bits."),
        443: "That is the number. Which two bytes make it?",
        **dict.fromkeys(("01bb", "01 bb", "0x01bb", "0x1bb", "1bb"), DIGITS),
        (1, 187): "The numbers are right. `bytes([1, 187])` makes bytes of them.",
    },
    meaning="443 is 1 times 256 plus 187: 01, then bb. The most significant byte comes first.",
)


def by_chance(offset: int, size: int, reserved: int | None = None) -> bytes:
    """Return bytes by chance, with this data offset."""
    low = chance.randrange(1, 16) if reserved is None else reserved
    return chance.randbytes(AT) + bytes([offset << 4 | low]) + chance.randbytes(size - AT - 1)


data_offset = Exercise(
    "2.1 data_offset",
    right=lambda header: header[AT] >> 4,
    inputs=(
        *((STORY[1],), (STORY[5],), (by_chance(7, 28),), (by_chance(15, 64, reserved=5),)),
        *((by_chance(5, 20, reserved=15),), (by_chance(0, 20, reserved=7),), (by_chance(12, 70),)),
        *((by_chance(chance.randrange(16), chance.randrange(20, 90)),) for _ in range(8)),
    ),
    causes={
        "Four times too much: by a `* 4`, or by a shift?": (lambda h: h[12] >> 4 << 2, lambda h: h[12] >> 2),
        "Those four bits are the reserved ones. (In `x & 0xf0 >> 4`, `>>` comes first.)": lambda h: h[AT] & 15,
        "That is the whole byte: eight bits. The field has four. What removes the right half?": lambda h: h[AT],
        "The right half is gone, but the left half did not move: 16 is 0x10.": lambda h: h[AT] & 0xF0,
        "The buffer may be longer than the header in it: ask the header, not `len`.": lambda h: len(h) // 4,
        "Half a byte, but not of byte 12: count from 0, and byte 13 holds the flags.": tuple(
            lambda h, at=at, half=half: h[at] >> half & 15 for at in range(20) if at != AT for half in (4, 0)
        ),
    },
    meaning="This half of a byte decides where the header ends.",
)

header_length = Exercise(
    "2.2 header_length",
    right=lambda header: (header[AT] >> 4) * 4,
    inputs=(
        *((STORY[1],), (STORY[5],), (by_chance(6, 24),), (by_chance(15, 20),), (by_chance(5, 20, reserved=15),)),
        *((by_chance(0, 20, reserved=0),), (by_chance(4, 16 + 20),)),
        *((by_chance(chance.randrange(5, 16), chance.randrange(60, 90)),) for _ in range(8)),
    ),
    causes={
        "1 is the number of 32-bit words. How many bytes are they? tcpdump printed it.": lambda h: h[AT] >> 4,
        "Always 0: does it shift too far? In `header[12] >> 4 * 4`, `*` comes first.": lambda h: 0,
        "That is the whole buffer: 64. How much of it is header?": len,
        "Right while the reserved bits are 0. In one of our headers they are not.": lambda h: h[AT] >> 2,
        BRACKETS: (lambda h: h[AT] & 0xF0 >> 2, lambda h: h[AT] >> 4 << 2 + 20),
    },
    again={data_offset: lambda got, h: (got // 4 if got % 4 == 0 else b"", (h,))},
    signs={
        "tcpdump reads that part as data: its `tcp 60`.": lambda got, right, h: got in (len(h) - right, 64 - right),
        "Return the length that the header claims, even if that length cannot be right.": every(
            lambda got, right, h: not SHORTEST <= right <= len(h), kind="any", also_raised=True
        ),
    },
    meaning="A 32-bit word has four bytes, so 1 says 4 bytes: the length that tcpdump printed.",
)


def _with(byte: Callable[[int, int], int]) -> Callable[[bytes, int], bytes]:
    """Return a with_data_offset that makes byte 12 in its own way."""
    return lambda header, words: bytes(header[:AT]) + bytes([byte(header[AT], words)]) + bytes(header[AT + 1 :])


BYTES = (lambda old, w: w << 4 | old & 15, lambda old, w: w << 4, lambda old, w: old | w << 4)  # right, and two slips

with_data_offset = Exercise(
    "2.3 with_data_offset",
    right=_with(BYTES[0]),
    inputs=(
        *((STORY[1], 5), (STORY[15], 5), (STORY[5], 6), (bytearray(STORY[1]), 5), (by_chance(15, 64, reserved=9), 5)),
        *((by_chance(5, 20, reserved=15), 0), (bytearray(by_chance(0, 28)), 7), (by_chance(5, 61), 15)),
        *((by_chance(chance.randrange(16), chance.randrange(20, 90)), chance.randrange(16)) for _ in range(8)),
    ),
    causes={
        "The old offset's bits are still in there: clear them first. (With 1 and 5 it is luck: 1 | 5 is 5.)": tuple(
            map(_with, (BYTES[2], lambda old, w: old ^ w << 4, lambda old, w: old + (w << 4) & 0xFF))
        ),
        "The right half of byte 12 is not yours: keep it.": _with(BYTES[1]),
        "`words` is the number for the field already: neither multiply it by 4 (`<< 2` does) nor divide.": tuple(
            _with(lambda old, w, make=make, keep=keep: make(w) | old & keep)
            for make in (lambda w: w * 4, lambda w: w * 4 << 4, lambda w: w // 4 << 4)
            for keep in (0, 15)
        ),
        BRACKETS: tuple(
            map(_with, (lambda o, w: w << 4 + (o & 15), lambda o, w: w << 4 + o, lambda o, w: o & 15 + (w << 4)))
        ),
    },
    signs={
        "You wrote into the right half of byte 12. The offset is the left half.": (
            lambda got, right, h, w: only_12(got, right) and got[AT] in (w, h[AT] & 0xF0 | w, h[AT] | w, h[AT] & 15 | w)
        ),
        "Python made 80 zero bytes in place of byte 12: `bytes(n)` takes a length, `bytes([n])` a value.": gives(
            *(lambda h, w, byte=byte: h[:AT] + bytes(byte(h[AT], w)) + h[AT + 1 :] for byte in BYTES)
        ),
    },
    meaning="One half of one byte is new, and everything else is as it was.",
)


def _lengths(packets: object) -> str:
    """Return which offsets were sent, and which lengths tcpdump complained of."""
    pairs = [(packet.segment.data_offset, length_words(packet.segment).split()[3]) for packet in packets]
    offsets, lengths = (", ".join(map(str, each)) for each in zip(*pairs, strict=True))
    return f"{offsets} become {lengths}"


FOUR_TIMES = "Each length is four times your number: the field counts 32-bit words, four bytes each (RFC 9293, 3.1)."
guess_four = Guess(
    _lengths,
    Option("4 and 4", "the same", f"The field has four bits. tcpdump means bytes. {FOUR_TIMES}"),
    Option("5 and 6", "3 more", f"From 1 to 4, 3 could have been added. {FOUR_TIMES}"),
    Option("8 and 12", "1, 2, 3 become 4, 8, 12", FOUR_TIMES, FOUR_TIMES),
    Option("8 and 16", "doubled", f"After 4 and 8 it could have been doubling, but 3 becomes 12. {FOUR_TIMES}"),
)


def _accepted(packets: object) -> tuple[int, int] | None:
    """Return the first and the last offset that tcpdump takes for possible."""
    accepted = [packet.segment.data_offset for packet in packets if not length_words(packet.segment)]
    return (min(accepted), max(accepted)) if accepted else None


def _on_accepted(said: tuple[int, int], seen: tuple[int, int]) -> str:
    first, last = said
    if said == (SHORTEST, 4 * LAST):
        return "In bytes, yes. The field counts 32-bit words: 20 bytes are 5 of them, 60 bytes are 15."
    if first < 0 or last > LAST:
        return "A field of four bits holds 0 to 15, and no other number."
    if first < FIRST:
        return f"An offset of {first} says {4 * first} bytes, and {SHORTEST} is the least."
    if first > FIRST:
        return f"An offset of {FIRST} passes too: it says 20 bytes, as many as your header has."
    if last > FIRST:
        return "An offset of 15 passes too: it says 60 bytes, and your packet has 64."
    zeros = "tcpdump then reads your first zeros as options; `[eol]` is the end of the options list."
    return f"6 to 15 pass too: a header may have up to 60 bytes. {zeros}"


guess_accepted = NumbersGuess(
    _accepted,
    _on_accepted,
    so="A header has 20 bytes at least, and four bits cannot say more than 60.",
    count=2,
    form="Write two whole numbers, such as 2 and 9.",
    joined=" to ",
)


def _moved(moved: object) -> str | None:
    """Return which counters moved, in one line; None where nothing came in."""
    counts = {str(name): int(count) for name, count in dict(moved).items()}
    return ", ".join(f"{name} {count:+d}" for name, count in counts.items()) if "TcpInSegs" in counts else None


ARRIVED_ONLY = (
    "The packet arrived. Linux looks for the whole header that the packet claims. A part of that header is missing, so "
    "Linux drops the packet, and counts no error."
)
guess_counter = Guess(
    _moved,
    Option("TcpInErrs, as before", "TcpInErrs", ARRIVED_ONLY),
    Option("another counter of errors", "another", ARRIVED_ONLY),
    Option("no counter of errors", "TcpInSegs +1", ARRIVED_ONLY, ARRIVED_ONLY),
)
STALE = "The length is right, the checksum is not. Linux counts that in TcpInErrs and in TcpInCsumErrors."
guess_fixed = Guess(
    lambda moved: _moved(moved) if "TcpInCsumErrors" in moved else None,  # section 3's packets have none of these
    Option("none", "none", STALE),
    Option("TcpInErrs alone", "TcpInErrs", f"It moves, but not alone. {STALE}"),
    Option("another one as well", "TcpInSegs +1, TcpInErrs +1, TcpInCsumErrors +1", STALE, STALE),
)

"""Lesson 02's exercises on reading a header, and their known mistakes.

The one on writing is next door: `exercises02_writing`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from tcpkit.check.exercise import Exercise, Function, Mistake
from tcpkit.wire import Flags, TCPHeader

AT = 12  # the byte that holds the data offset, and below it the reserved bits; RFC 9293, 3.1
SHORTEST = 20  # bytes
chance = random.Random(2)


def story(offset: int) -> bytes:
    """Return the story's packet with this data offset: 64 bytes."""
    return bytes(TCPHeader(8989, 8000, flags=Flags.SYN, data_offset=offset, checksum=0xAF57)) + bytes(44)


def by_chance(offset: int, size: int, reserved: int | None = None) -> bytes:
    """Return bytes by chance, with this data offset."""
    low = chance.randrange(1, 16) if reserved is None else reserved
    return chance.randbytes(AT) + bytes([offset << 4 | low]) + chance.randbytes(size - AT - 1)


def _data_offset(header: bytes) -> int:
    return header[AT] >> 4


def _decimal_digit(digit: str) -> int:
    return int(digit)


DATA_OFFSET = Exercise(
    number="2.1",
    name="data_offset",
    right=_data_offset,
    inputs=(
        (story(1),),
        (story(5),),
        (by_chance(7, 28),),
        (by_chance(15, 64, reserved=5),),
        (by_chance(5, 20, reserved=15),),
        (by_chance(0, 20, reserved=7),),
        (by_chance(12, 70),),
        *((by_chance(chance.randrange(16), chance.randrange(20, 90)),) for _ in range(8)),
    ),
    mistakes=(
        Mistake(
            "That is the length in bytes. Which number stands in the field itself?",
            (
                lambda header: (header[AT] >> 4) * 4,
                lambda header: header[AT] >> 2,
                lambda header: (header[AT] >> 4) * 4.0,
                lambda header: header[AT] / 4,
            ),
        ),
        Mistake(
            "Those four bits are the reserved ones. The offset is the left half of the byte.",
            (lambda header: header[AT] & 15,),
        ),
        Mistake(
            "That is the whole byte: eight bits. The field has four. What drops the right half?",
            (
                lambda header: header[AT],
                lambda header: header[AT : AT + 1],
            ),
        ),
        Mistake(
            lambda got: f"The right half is gone, but the left half did not move: {got} is 0x{got:02x}. Shift it down.",
            (lambda header: header[AT] & 0xF0,),
        ),
        Mistake(
            "Right up to 7. `& 7` keeps three bits, and the field has four.",
            (lambda header: header[AT] >> 4 & 7,),
        ),
        Mistake(
            "In lesson 01's dump it was byte 32, behind the twenty bytes of IP's header. Here is TCP's header alone.",
            (
                lambda header: header[AT + 20] >> 4,
                lambda header: header[AT + 20],
            ),
        ),
        Mistake(
            "Byte 13 holds the flags: count bytes from 0.",
            (
                lambda header: header[AT + 1] >> 4,
                lambda header: header[AT + 1],
                lambda header: header[AT + 1] & 15,
            ),
        ),
        Mistake(
            "Off by one: bytes 8 to 11 are the acknowledgment number.",
            (
                lambda header: header[AT - 1] >> 4,
                lambda header: header[AT - 1],
                lambda header: header[AT - 1] & 15,
            ),
        ),
        Mistake(
            lambda got: f"Always {got}: we asked for other headers too, and in one of ours stands a 7.",
            tuple(lambda header, always=always: always for always in range(16)),
        ),
        Mistake(
            "The buffer may be longer than the header in it: ask the header, not `len`.",
            (lambda header: len(header) // 4, lambda header: len(header) / 4),
        ),
        Mistake(
            'The digit is right. Return it as a number, "a" to "f" too.',
            (
                lambda header: f"{header[AT]:02x}"[0],
                lambda header: f"{header[AT]:02X}"[0],
                lambda header: hex(header[AT])[2],
                lambda header: hex(header[AT] >> 4),
                lambda header: str(header[AT] >> 4),
                lambda header: f"{header[AT] >> 4:04b}",
                lambda header: bin(header[AT] >> 4),
            ),
        ),
        Mistake(
            "Right up to 9. An offset of 12 is the digit c, and `int` wants to be told: `int(digit, 16)`.",
            (lambda header: _decimal_digit(f"{header[AT]:02x}"[0]),),
        ),
        Mistake(
            "Right for an offset from 1 to 15. Below 0x10 a byte has one digit in `hex`: one of ours was 0x07.",
            (lambda header: int(hex(header[AT])[2], 16),),
        ),
    ),
    meaning="Half a byte, and it decides where the header ends.",
    what_if="What if `header` had only twelve bytes? Ask Python. Then think what tcpdump does with such a packet.",
)


def _header_length(header: bytes) -> int:
    return (header[AT] >> 4) * 4


def _or_else(otherwise: Function, is_wrong: Callable[[int, bytes], bool]) -> Function:
    """Return a wrong header_length that judges what it should report."""

    def wrong(header: bytes) -> object:
        length = _header_length(header)
        return otherwise(header) if is_wrong(length, header) else length

    return wrong


def _raises(error: type[Exception]) -> Function:
    def wrong(header: bytes) -> object:
        raise error

    return wrong


def _judging() -> Iterator[Function]:
    """Yield header_lengths that refuse, or put right, what is too short or too long."""
    errors = (ValueError, AssertionError, RuntimeError, Exception)
    answers = (*(lambda header, value=value: value for value in (None, 0, -1, SHORTEST)), *map(_raises, errors))
    for answer in answers:
        yield _or_else(answer, lambda length, header: length < SHORTEST)
        yield _or_else(answer, lambda length, header: not SHORTEST <= length <= len(header))
    yield lambda header: min(_header_length(header), len(header))
    yield lambda header: min(max(_header_length(header), SHORTEST), len(header))


HEADER_LENGTH = Exercise(
    number="2.2",
    name="header_length",
    right=_header_length,
    inputs=(
        (story(1),),
        (story(5),),
        (by_chance(6, 24),),
        (by_chance(15, 20),),
        (by_chance(5, 20, reserved=15),),
        (by_chance(0, 20, reserved=0),),
        (by_chance(4, 16 + 20),),
        *((by_chance(chance.randrange(5, 16), chance.randrange(60, 90)),) for _ in range(8)),
    ),
    mistakes=(
        Mistake("1 what? tcpdump says 4 of this one, and compares it with 20.", (_data_offset,)),
        Mistake(
            "Those are bits. We count bytes, eight bits each.",
            (lambda header: _data_offset(header) * 32,),
        ),
        Mistake(
            "8 bytes of 1 word? A word has 32 bits. (`<< 3` multiplies by 8.)",
            (lambda header: _data_offset(header) * 8,),
        ),
        Mistake(
            "Always 0: `*` comes before `>>`, so `header[12] >> 4 * 4` moves by 16 bits. Use brackets.",
            (lambda header: 0,),
        ),
        Mistake(
            "The field counts words of 32 bits, not of 16.",
            (lambda header: _data_offset(header) * 2,),
        ),
        Mistake("That is the whole buffer: 64. How much of it is header?", (len,)),
        Mistake(
            "You multiplied the whole byte: 0x10 is 16. The field is its left half: take that out first, as in 2.1.",
            (lambda header: header[AT] * 4,),
        ),
        Mistake(
            "16 bytes of 1 word? `<< 4` multiplies by 16, and puts the field back where it stood in its byte.",
            (lambda header: _data_offset(header) << 4,),
        ),
        Mistake(
            "That is what tcpdump takes for data, its `tcp 60`: the buffer without the header. How long is the header?",
            (
                lambda header: len(header) - _header_length(header),
                lambda header: max(len(header) - _header_length(header), 0),
                lambda header: 64 - _header_length(header),
            ),
        ),
        Mistake(
            lambda got: f"Always {got}: a header with one option of 4 bytes says 24.",
            tuple(lambda header, always=always: always for always in (20, 4)),
        ),
        Mistake(
            "You added the twenty bytes of IP's header. This field is TCP's own.",
            (lambda header: _header_length(header) + 20,),
        ),
        Mistake(
            "You counted on from 20. The field counts the first twenty bytes as well.",
            (lambda header: max(_data_offset(header) - 5, 0) * 4, lambda header: (_data_offset(header) - 5) * 4),
        ),
        Mistake(
            "Report what the header claims, even nonsense. Judging comes after.",
            tuple(_judging()),
        ),
        Mistake(
            "The number is right. A length is an int: `//`, or no division at all.",
            (lambda header: float(_header_length(header)),),
        ),
        Mistake(
            "Right while the reserved bits are 0. In ours they were not, and came along.",
            (lambda header: header[AT] >> 2, lambda header: header[AT] // 4, lambda header: header[AT] / 4),
        ),
    ),
    meaning="Words of four bytes: four bits reach from 0 to 60, and 20 is the least that makes sense.",
    what_if="What if the field had one bit more? How long could a header be?",
)

"""Lesson 03's first exercise, the Internet checksum, and its known mistakes.

What TCP feeds it is next door: `exercises03_pseudo`, `exercises03_segment`.
"""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable, Iterator
from itertools import product

from tcpkit.check.exercise import Exercise, Function, Mistake
from tcpkit.check.plain import show_hex

Split = Callable[[bytes], tuple[int, ...]]  # the words to add

FULL = 0xFFFF
HELLO = b"Hello!"  # what the lesson adds up on paper: one carry, checksum 0xdc0c
FOLDS_TWICE = bytes.fromhex("ffff ffff 0001")
STORY = bytes.fromhex("231d1f40 00000000 00000000 50020000 00000000") + bytes(44)
DEEPEST = 2_000  # bytes; 1,000 calls within each other is what Python allows
chance = random.Random(3)


def padded(data: bytes) -> bytes:
    """Return the bytes, with a zero behind a last odd one."""
    return data + bytes(len(data) % 2)


def words(data: bytes, order: str = "!") -> tuple[int, ...]:
    """Return the words of 16 bits; the bytes are even in number."""
    return struct.unpack(f"{order}{len(data) // 2}H", data)


def folded(total: int) -> int:
    """Return a sum with all its carries brought back in."""
    while total > FULL:
        total = (total & FULL) + (total >> 16)
    return total


def _folded_once(total: int) -> int:
    return (total & FULL) + (total >> 16)


def internet_checksum(data: bytes) -> int:
    """Return the checksum, as the lesson explains it."""
    return FULL - folded(sum(words(padded(data))))


def _from_sum(finish: Callable[[int], object]) -> Function:
    """Return a checksum that adds rightly, and then goes its own way."""
    return lambda data: finish(sum(words(padded(data))))


def _of_other_words(split: Split) -> tuple[Function, ...]:
    """Return checksums of these words: folded till nothing is left above, or once."""
    return (
        lambda data: FULL - folded(sum(split(data))),
        lambda data: FULL ^ _folded_once(sum(split(data))),
        lambda data: ~_folded_once(sum(split(data))) & FULL,
    )


def _low_last(data: bytes) -> tuple[int, ...]:
    even = len(data) // 2 * 2
    return *words(data[:even]), *data[even:]


def _in_front(data: bytes) -> tuple[int, ...]:
    return words(bytes(len(data) % 2) + data)


def _left_out(data: bytes) -> tuple[int, ...]:
    return words(data[: len(data) // 2 * 2])


def _with_digit(data: bytes) -> tuple[int, ...]:
    return words(data + b"0" * (len(data) % 2))


def _mirrored(data: bytes) -> tuple[int, ...]:
    return words(padded(data), "<")


def _stopped_at_odd(error: type[Exception]) -> Split:
    def split(data: bytes) -> tuple[int, ...]:
        if len(data) % 2:
            raise error
        return words(data)

    return split


STOPPED = tuple(map(_stopped_at_odd, (IndexError, struct.error, ValueError, TypeError)))
SPLITS = (lambda data: words(padded(data)), _low_last, _in_front, _left_out, _with_digit, *STOPPED)


def _finished(*ways: Callable[[int], object], splits: tuple[Split, ...] = SPLITS) -> tuple[Function, ...]:
    """Return checksums whose sum goes one of these ways in the end.

    That comes first, whatever they do with a last odd byte.
    """
    return tuple(lambda data, way=way, split=split: way(sum(split(data))) for way, split in product(ways, splits))


def _xored(data: bytes) -> int:
    total = 0
    for word in words(padded(data)):
        total ^= word
    return total


def _too_deep(data: bytes) -> int:
    if len(data) > DEEPEST:
        raise RecursionError
    return internet_checksum(data)


def _of_single_bytes() -> Iterator[Function]:
    """Yield sums of bytes, finished in every way that one might."""
    finishes = (int, folded, lambda s: FULL - folded(s), lambda s: ~s & FULL, lambda s: s & FULL)
    for finish in (*finishes, lambda s: s & 0xFF, lambda s: ~s & 0xFF, lambda s: 0xFF - (s % 0xFF), lambda s: s % 0xFF):
        yield lambda data, finish=finish: finish(sum(data))


def _in_another_dress() -> Iterator[Function]:
    """Yield the right number as something that is no int."""
    for dress in (lambda n: n.to_bytes(2, "big"), hex, str, float):
        yield lambda data, dress=dress: dress(internet_checksum(data))
    for form in ("04x", "04X", "x", "016b", "b", "#06x", "#x", "#X", "#b"):
        yield lambda data, form=form: format(internet_checksum(data), form)


def _say_width(got: int) -> str:
    return (
        f"0x{got:x} has {got.bit_length()} bits. What stands above 16 comes back in at the bottom, and then all flip."
    )


def _say_mirrored(got: int) -> str:
    return f"0x{got:04x} has the bytes of 0x{internet_checksum(HELLO):04x} exchanged. Network order, once again."


CHECKSUM = Exercise(
    number="3.1",
    name="checksum",
    right=internet_checksum,
    inputs=(
        (HELLO,),
        (b"",),
        (bytes(2),),
        (b"\xff\xff",),
        (FOLDS_TWICE,),
        (b"a",),
        (b"odd",),
        (STORY,),
        (bytes.fromhex("ffff 0000 ffff"),),
        *((chance.randbytes(chance.randrange(1, 90)),) for _ in range(8)),
        *((chance.randbytes(size),) for size in (20, 21)),
        (chance.randbytes(65_535),),
    ),
    mistakes=(
        Mistake(
            "You have the sum. What is sent makes the whole add up to ffff: flip the bits.",
            _finished(folded, _folded_once),
        ),
        Mistake(
            "One too many for `Hello!`: a carry was left at the top, and never came back in at the bottom.",
            _finished(lambda total: ~total & FULL),
        ),
        Mistake(
            "Right for `Hello!`. On `ff ff ff ff 00 01` the fold itself carries: fold until nothing is left above.",
            tuple(
                _from_sum(finish)
                for finish in (
                    lambda total: ~_folded_once(total) & FULL,
                    lambda total: FULL - _folded_once(total),
                    lambda total: FULL ^ _folded_once(total),
                )
            ),
        ),
        Mistake(
            _say_mirrored,
            (*_of_other_words(_mirrored), lambda data: FULL - folded(int.from_bytes(data, "little"))),
        ),
        Mistake(
            "The bytes of your words are exchanged: `He` is the word 4865, not 6548.",
            _finished(
                *(int, folded, _folded_once, lambda total: ~total & FULL, lambda total: ~folded(total)),
                *(lambda total: ~_folded_once(total), lambda total: total & FULL, lambda total: total ^ FULL),
                splits=(_mirrored,),
            ),
        ),
        Mistake(
            "The missing byte comes behind the last one: `a` alone is the word 6100, not 0061.",
            _of_other_words(_low_last),
        ),
        Mistake(
            "A zero in front moves every byte: the first now pairs with nothing. Pad at the end.",
            (
                *_of_other_words(_in_front),
                lambda data: FULL - folded(int.from_bytes(data, "big")),
                lambda data: FULL - int.from_bytes(data, "big") % FULL,
            ),
        ),
        Mistake('From you, b"a" and b"" get the same sum. Should they?', _of_other_words(_left_out)),
        Mistake(
            'You pad with the digit "0", which is the byte 0x30. A zero byte is b"\\0", or bytes(1).',
            _of_other_words(_with_digit),
        ),
        Mistake(
            'Right while the bytes are even in number. For b"a" Python stopped you: what could stand beside it?',
            tuple(function for split in STOPPED for function in _of_other_words(split)),
        ),
        Mistake("Those are single bytes. Add words of 16 bits, two bytes each.", tuple(_of_single_bytes())),
        Mistake(
            "One more than it should be. One's complement flips the bits, and that is all.",
            _finished(
                lambda total: -folded(total) & FULL,
                lambda total: -_folded_once(total) & FULL,
                lambda total: 0x10000 - folded(total),
            ),
        ),
        Mistake(
            lambda got: f"A minus is no flip: you got {got}. To flip the bits of a word is to take it from ffff.",
            _finished(lambda total: -total, lambda total: -folded(total), lambda total: -_folded_once(total)),
        ),
        Mistake(
            "The carries were thrown away before they came back in. And a minus is one more than all bits flipped.",
            _finished(lambda total: -total & FULL, lambda total: 0x10000 - (total & FULL)),
        ),
        Mistake(
            lambda got: f"Python's `~` knows no width, so you got {got}. Keep the lowest 16 bits.",
            _finished(lambda total: ~folded(total), lambda total: ~_folded_once(total), lambda total: ~total),
        ),
        Mistake(
            "For `ff ff` you said ffff. The sum is ffff there, not 0, and its complement is 0.",
            (_from_sum(lambda total: FULL - total % FULL),),
        ),
        Mistake(
            "For no bytes at all, and for zeros, you said 0. The sum is 0 there, and its complement ffff.",
            (_from_sum(lambda total: FULL - (total % FULL or FULL)),),
        ),
        Mistake(
            "You flip each word first. That is the same sum, but for its zero: no bytes at all should give ffff. "
            "Flip once, at the end.",
            (lambda data: folded(sum(FULL - word for word in words(padded(data)))),),
        ),
        Mistake(_say_width, _finished(int, lambda total: total ^ FULL)),
        Mistake(
            "Modulo 0x10000 throws the carries away, and no bit is flipped yet. TCP's sum brings every carry back in.",
            _finished(lambda total: total & FULL),
        ),
        Mistake(
            "That is another kind of sum. TCP's adds words of 16 bits, and every carry comes back in.",
            (
                zlib.crc32,
                zlib.adler32,
                lambda data: zlib.crc32(data) & FULL,
                lambda data: zlib.adler32(data) & FULL,
                lambda data: zlib.crc32(data) >> 16,
                lambda data: zlib.adler32(data) >> 16,
            ),
        ),
        Mistake(
            "XOR adds without carrying. Here the carries count, each of them.",
            (_xored, lambda data: FULL ^ _xored(data)),
        ),
        Mistake("Right value, wrong dress: return the number itself, an int.", tuple(_in_another_dress())),
        Mistake(
            "0x6f57 is what tcpdump said of one packet. Ours was another.",
            (lambda data: 0x6F57,),
        ),
        Mistake(
            "Right for `Hello!`. We also asked for other bytes.",
            (lambda data: internet_checksum(HELLO),),
        ),
        Mistake(
            "Right for short data. One call for each word is more than Python allows for 65,535 bytes: take a loop.",
            (_too_deep,),
        ),
    ),
    meaning="Run it over everything, the checksum included, and you get 0. That is how a receiver checks.",
    what_if="What if every byte is zero? And what if every byte is `ff`?",
    shows=show_hex,
)

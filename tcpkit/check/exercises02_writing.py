"""Lesson 02's exercise on writing into a header, and its known mistakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

from tcpkit.check.exercise import Exercise, Function, Mistake
from tcpkit.check.exercises02 import AT, SHORTEST, by_chance, chance, story
from tcpkit.wire import Flags


def _replaced(header: bytes, byte: int, at: int = AT) -> bytes:
    return bytes(header[:at]) + bytes([byte]) + bytes(header[at + 1 :])


def _with_data_offset(header: bytes, words: int) -> bytes:
    return _replaced(header, words << 4 | header[AT] & 15)


def _with_byte(byte: Callable[[int, int], int]) -> Function:
    """Return a with_data_offset that makes byte 12 in its own way."""
    return lambda header, words: _replaced(header, byte(header[AT], words))


BYTES = {  # the right byte 12, and ways to lose its right half or to keep too much
    "right": lambda old, words: words << 4 | old & 15,
    "low lost": lambda old, words: words << 4,
    "not cleared": lambda old, words: old | words << 4,
}


def _in_place(byte: Callable[[int, int], int], returns: bool = True, spares_bytes: bool = False) -> Function:
    """Return a with_data_offset that writes into its caller's bytes."""

    def wrong(header: bytes, words: int) -> bytes | None:
        if spares_bytes and not isinstance(header, bytearray):
            return _replaced(header, byte(header[AT], words))
        header[AT] = byte(header[AT], words)
        return header if returns else None

    return wrong


def _flags_lost(flags: int, keeps_low: bool) -> Function:
    def wrong(header: bytes, words: int) -> bytes:
        low = header[AT] & 15 if keeps_low else 0
        return bytes(header[:AT]) + bytes([words << 4 | low, flags]) + bytes(header[AT + 2 :])

    return wrong


def _cut(start: int, stop: int | None) -> Iterator[Function]:
    """Yield with_data_offsets that return a part only."""
    for byte in (BYTES["right"], BYTES["low lost"]):
        yield lambda header, words, byte=byte: _with_byte(byte)(header, words)[start:stop]


def _at(place: int) -> Iterator[Function]:
    """Yield with_data_offsets that write into another byte than 12."""
    for byte in (BYTES["right"], BYTES["low lost"]):
        yield lambda header, words, byte=byte: _replaced(header, byte(header[place], words), place)


def _by_value() -> Iterator[Function]:
    """Yield with_data_offsets that replace bytes with the value of byte 12, wherever they stand."""
    for byte, count in product((BYTES["right"], BYTES["low lost"]), (-1, 1)):
        yield lambda header, words, byte=byte, count=count: bytes(header).replace(
            header[AT : AT + 1], bytes([byte(header[AT], words)]), count
        )
    for count in (-1, 1):
        yield lambda header, words, count=count: bytes(header).replace(b"\x10", bytes([words << 4]), count)
        yield lambda header, words, count=count: bytes(header).replace(b"\x10", b"\x50", count)


def _say_low(got: bytes) -> str:
    if got[AT] >> 4:
        return "The offset is still the old one: you wrote into the right half of its byte."
    return "tcpdump would say length 0: you wrote into the right half of the byte."


def _say_added(got: bytes) -> str:
    return f"From 1 to 5 it became {got[AT] >> 4}: the old bits are still in there. Clear them first."


def _say_flags(got: bytes) -> str:
    if got[AT + 1]:
        return "Byte 13 is not yours either: you always write S there, and our other headers had other flags."
    return "Byte 13 is not yours: the flags have changed from S to none."


def _say_part(got: bytes | int) -> str:
    if isinstance(got, int):
        return "That is byte 12 as a number. We want the packet, whole, with this byte in its place."
    if len(got) == 1:
        return "1 byte back. We want the packet, whole, with this byte in its place."
    return f"64 bytes in, {len(got)} out: keep what stands before byte 12, and what follows it."


def _zeros(count: Callable[[int, int], int]) -> Function:
    """Return a with_data_offset that takes `bytes(n)` for a byte with the value n."""
    return lambda header, words: bytes(header[:AT]) + bytes(count(header[AT], words)) + bytes(header[AT + 1 :])


def _say_place(got: bytes) -> str:
    changed = next(at for at, (new, old) in enumerate(zip(got, story(1), strict=True)) if new != old)
    return f"You changed byte {changed}. The offset is in byte 12: count bytes from 0."


WITH_DATA_OFFSET = Exercise(
    number="2.3",
    name="with_data_offset",
    right=_with_data_offset,
    inputs=(
        (story(1), 5),
        (story(15), 5),
        (story(5), 6),
        (bytearray(story(1)), 5),
        (by_chance(15, 64, reserved=9), 5),
        (by_chance(5, 20, reserved=15), 0),
        (bytearray(by_chance(0, 28)), 7),
        (by_chance(5, 61), 15),
        *((by_chance(chance.randrange(16), chance.randrange(20, 90)), chance.randrange(16)) for _ in range(8)),
    ),
    mistakes=(
        Mistake(
            "From 15 to 5 it stays 15: the old bits are still there. (1 | 5 = 5 was luck.)",
            (_with_byte(BYTES["not cleared"]),),
        ),
        Mistake(
            _say_added,
            (
                _with_byte(lambda old, words: old ^ words << 4),
                _with_byte(lambda old, words: old + (words << 4)),
                _with_byte(lambda old, words: old + (words << 4) & 0xFF),
            ),
        ),
        Mistake("The right half of byte 12 is not yours: keep it.", (_with_byte(BYTES["low lost"]),)),
        Mistake(
            _say_low,
            (
                _with_byte(lambda old, words: old & 0xF0 | words),
                _with_byte(lambda old, words: old | words),
                _with_byte(lambda old, words: old & 15 | words),
                _with_byte(lambda old, words: words),
            ),
        ),
        Mistake(
            "The caller already gives words: neither multiply by 4 (`<< 2` does) nor divide.",
            (
                _with_byte(lambda old, words: words * 4),
                _with_byte(lambda old, words: words * 4 | old & 15),
                _with_byte(lambda old, words: words * 4 << 4),
                _with_byte(lambda old, words: words * 4 << 4 | old & 15),
                _with_byte(lambda old, words: words * 4 << 4 & 0xFF),
                _with_byte(lambda old, words: words * 4 << 4 & 0xFF | old & 15),
                _with_byte(lambda old, words: words // 4 << 4),
                _with_byte(lambda old, words: words // 4 << 4 | old & 15),
            ),
        ),
        Mistake(
            _say_flags,
            tuple(_flags_lost(flags, keeps_low) for flags in (0, Flags.SYN) for keeps_low in (True, False)),
        ),
        Mistake(
            _say_part,
            (
                *_cut(AT, AT + 1),
                *(lambda header, words, byte=byte: byte(header[AT], words) for byte in BYTES.values()),
                *_cut(0, SHORTEST),
                *_cut(0, AT + 1),
                *_cut(AT, None),
            ),
        ),
        Mistake(
            "64 bytes in, 65 out: the old byte 12 still stands behind yours.",
            tuple(
                lambda header, words, byte=byte: bytes(header[:AT]) + bytes([byte(header[AT], words)]) + header[AT:]
                for byte in (BYTES["right"], BYTES["low lost"])
            ),
        ),
        Mistake(
            "Python made 80 zero bytes in place of byte 12: `bytes(n)` takes a length, `bytes([n])` a value.",
            tuple(map(_zeros, BYTES.values())),
        ),
        Mistake(
            "With `&` only those bits stay that are in both. `|` puts two halves together.",
            (
                _with_byte(lambda old, words: words << 4 & old),
                _with_byte(lambda old, words: words << 4 & old & 0xF0),
            ),
        ),
        Mistake(
            "Byte 12 is always 0. Either brackets are missing (`+` comes before `<<`, and `&` after both), or an `&` "
            "stands where the two halves are put together: that is `|`.",
            (  # the same 0, by two ways
                _with_byte(lambda old, words: words << 4 + old & 15),
                _with_byte(lambda old, words: words << 4 & (old & 15)),
            ),
        ),
        Mistake(
            "Python adds before it shifts: `words << 4 + right` moves by 4 + right places. Use brackets, or `|`.",
            (_with_byte(lambda old, words: words << 4 + (old & 15)), _with_byte(lambda old, words: words << 4 + old)),
        ),
        Mistake(
            "With `replace` you go by the byte's value, not by its place: another byte may have the same.",
            tuple(_by_value()),
        ),
        Mistake(_say_place, (*_at(AT + 1), *_at(AT - 1))),
        Mistake(
            "Always 5, whatever we ask for: write the number of words that you are given.",
            (_with_byte(lambda old, words: 5 << 4), _with_byte(lambda old, words: 5 << 4 | old & 15)),
        ),
        Mistake(
            "Those bytes are your caller's. A bytearray lets you write into it, and is changed for its owner too; "
            "`bytes` refuse. Copy first: `bytearray(header)`.",
            tuple(
                _in_place(byte, returns, spares_bytes)
                for byte in BYTES.values()
                for returns in (True, False)
                for spares_bytes in (True, False)
            ),
        ),
    ),
    meaning="One half of one byte is new, and everything else is as it was.",
    what_if="What if `words` were 20? Four bits hold 0 to 15: what should your function do then?",
)

"""Five ways to damage a segment, to see which of them a checksum misses.

Pure: the same seed gives the same damage. A copy that equals the original
(two equal words swapped) is made anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

from tcpkit.wire.errors import WireError

HEADER = 20  # bytes; the damaged text comes after a header without options
TRIES = 10_000  # for one copy that differs

Damage = Callable[[bytes, Random], bytes]


def one_bit(data: bytes, chance: Random) -> bytes:
    """Return the bytes with one bit flipped."""
    return _flipped(data, chance.randrange(8 * len(data)))


def two_bits(data: bytes, chance: Random) -> bytes:
    """Return the bytes with two different bits flipped."""
    first = chance.randrange(8 * len(data))
    second = chance.randrange(8 * len(data) - 1)
    return _flipped(data, first, second + (second >= first))


def two_words(data: bytes, chance: Random) -> bytes:
    """Return the bytes with two of their 16-bit words swapped."""
    copy = bytearray(data)
    first, second = (2 * chance.randrange(len(data) // 2) for _ in "ab")
    copy[first : first + 2], copy[second : second + 2] = data[second : second + 2], data[first : first + 2]
    return bytes(copy)


def two_bytes(data: bytes, chance: Random) -> bytes:
    """Return the bytes with the two halves of one 16-bit word swapped."""
    at = 2 * chance.randrange(len(data) // 2)
    return data[:at] + data[at + 1 : at + 2] + data[at : at + 1] + data[at + 2 :]


def noise(data: bytes, chance: Random) -> bytes:
    """Return the header with noise instead of the text, of the same length."""
    size = len(data) - HEADER
    return data[:HEADER] + chance.getrandbits(8 * size).to_bytes(size, "big")


DAMAGES: dict[str, Damage] = {
    "one bit flipped": one_bit,
    "two bits flipped": two_bits,
    "two pairs of bytes swapped": two_words,
    "two bytes of a pair swapped": two_bytes,
    "text turned into noise": noise,
}


def damaged(data: bytes, damage: Damage, count: int, seed: int) -> Iterator[bytes]:
    """Yield `count` damaged copies of a segment, each different from it.

    >>> [copy[20:] for copy in damaged(bytes(20) + b"text", two_bytes, 3, seed=1)]
    [b'etxt', b'tetx', b'tetx']
    """
    chance = Random(seed)
    for _ in range(count):
        yield _really_damaged(data, damage, chance)


def _really_damaged(data: bytes, damage: Damage, chance: Random) -> bytes:
    for _ in range(TRIES):
        copy = damage(data, chance)
        if copy != data:
            return copy
    raise WireError(f"{TRIES:,} tries left these bytes as they were: equal words cannot be swapped. Take other data")


def _flipped(data: bytes, *bits: int) -> bytes:
    """Return the bytes with these bits flipped, counted from the left."""
    copy = bytearray(data)
    for bit in bits:
        copy[bit // 8] ^= 0x80 >> bit % 8
    return bytes(copy)

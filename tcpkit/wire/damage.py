"""Five ways to damage a segment, to see which of them a checksum misses.

Pure: the same seed gives the same damage. A copy that came out as it went in
(two equal words swapped) is no damage, and is made anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

from tcpkit.wire.errors import WireError

HEADER = 20  # bytes: the damaged text stands behind a header without options
TRIES = 10_000  # for one copy that differs; where so many do not, none will

Damage = Callable[[bytes, Random], bytes]


def one_bit(data: bytes, chance: Random) -> bytes:
    """Return the bytes with one bit turned over."""
    return _flipped(data, chance.randrange(8 * len(data)))


def two_bits(data: bytes, chance: Random) -> bytes:
    """Return the bytes with two different bits turned over."""
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
    """Return the header with noise behind it, as long as the text was."""
    size = len(data) - HEADER
    return data[:HEADER] + chance.getrandbits(8 * size).to_bytes(size, "big")


DAMAGES: dict[str, Damage] = {
    "one bit flipped": one_bit,
    "two bits flipped": two_bits,
    "two words swapped": two_words,
    "two bytes of a word swapped": two_bytes,
    "text turned into noise": noise,
}


def damaged(data: bytes, damage: Damage, count: int, seed: int) -> Iterator[bytes]:
    """Yield `count` damaged copies of a segment; each of them differs from it.

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
    """Return the bytes with these bits turned over, counted from the left."""
    copy = bytearray(data)
    for bit in bits:
        copy[bit // 8] ^= 0x80 >> bit % 8
    return bytes(copy)

"""Sequence numbers: 32 bits that wrap around (RFC 9293, 3.4)."""

from __future__ import annotations

from operator import index

from tcpkit.wire.errors import WireError

MODULUS = 2**32
HALF = 2**31


class Seq(int):
    """A sequence number: adding wraps, comparing goes the short way round.

    >>> Seq(4294967295) + 1
    Seq(0)
    >>> Seq(4294967295) < Seq(5)
    True
    >>> Seq(5) - Seq(4294967295)
    6
    """

    __slots__ = ()

    def __new__(cls, value: int) -> Seq:
        if not hasattr(type(value), "__index__"):
            raise WireError(f"{value!r} is not a sequence number: that is a whole number")
        if not 0 <= int(value) < MODULUS:
            raise WireError(f"{value} is not a sequence number: they run from 0 to {MODULUS - 1}")
        return super().__new__(cls, value)

    def __add__(self, count: int) -> Seq:
        """Return the sequence number this many bytes on."""
        return Seq((int(self) + index(count)) % MODULUS)

    __radd__ = __add__

    def __sub__(self, other: int) -> Seq | int:
        """Return the signed distance to another `Seq`, or step back by a count."""
        if isinstance(other, Seq):
            return (int(self) - int(other) + HALF) % MODULUS - HALF
        return self + -index(other)

    def __rsub__(self, other: int) -> int:
        """Return the signed distance from this one to a plain number."""
        return Seq(other) - self

    # Exactly half the circle apart, neither comes before the other.

    def __lt__(self, other: int) -> bool:
        return -HALF < self - Seq(other) < 0

    def __gt__(self, other: int) -> bool:
        return self - Seq(other) > 0

    def __le__(self, other: int) -> bool:
        return self == other or self < other

    def __ge__(self, other: int) -> bool:
        return self == other or self > other

    def __eq__(self, other: object) -> bool:
        return int(self) == other

    __hash__ = int.__hash__

    def __repr__(self) -> str:
        return f"Seq({int(self)})"

    def __str__(self) -> str:
        return str(int(self))

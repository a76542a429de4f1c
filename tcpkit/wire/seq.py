"""Sequence numbers: 32 bits that wrap around (RFC 9293, 3.4)."""

MODULUS = 2**32
HALF = 2**31


def before(a: int, b: int) -> bool:
    """Say whether a comes before b, the short way round.

    Exactly half the circle apart, neither comes before the other. Built in
    lesson 08.

    >>> before(4294967295, 5), before(5, 4294967295)
    (True, False)
    """
    return 0 < (b - a) % MODULUS < HALF

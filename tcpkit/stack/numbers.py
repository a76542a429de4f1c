"""Sequence numbers on the wire wrap; places in the stream do not.

Inside, every number is such a place: it begins at the initial sequence
number and only grows, so that places compare as plain numbers do. The wire
sees the lowest 32 bits.
"""

from collections.abc import Callable

MODULUS = 1 << 32
HALF = 1 << 31


def before(a: int, b: int) -> bool:
    """Say whether a comes before b, the short way round (RFC 9293, 3.4).

    Built in lesson 08.

    >>> before(4294967295, 5), before(5, 4294967295)
    (True, False)
    """
    return 0 < (b - a) % MODULUS < HALF


def place(number: int, near: int, before: Callable[[int, int], bool] = before) -> int:
    """Return the place nearest to `near` that a number on the wire means.

    >>> place(3, near=4294967290) - 4294967290
    9
    """
    forward = (number - near) % MODULUS
    return near + forward - (MODULUS if forward and before(number, near % MODULUS) else 0)

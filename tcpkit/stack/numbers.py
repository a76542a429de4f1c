"""Places in a stream, and initial sequence numbers that nobody can guess.

The stack counts in places: a stream's first is its initial sequence number, and they only grow, so that they compare as
plain numbers do. A segment carries the lowest 32 bits of a place.
"""

from collections.abc import Callable
from hashlib import blake2b

from tcpkit.wire.seq import MODULUS, before

TICKS_HZ = 250_000  # one more every 4 us (RFC 9293, 3.4.1)
SLOT_S = 64.0  # a cookie holds for this slot of time and the next
End = tuple[str, int]  # address and port
MSS_TABLE = (216, 536, 1200, 1360, 1400, 1440, 1452, 1460)  # bytes, rising


def place(number: int, near: int, before: Callable[[int, int], bool] = before) -> int:
    """Return the place nearest to `near` that a number on the wire means.

    >>> place(3, near=4294967290) - 4294967290
    9
    """
    forward = (number - near) % MODULUS
    return near + forward - (MODULUS if forward and before(number, near % MODULUS) else 0)


def keyed_hash(secret: bytes, *parts: object) -> int:
    """Return 32 bits that only the holder of the secret can work out."""
    return int.from_bytes(blake2b(repr(parts).encode(), key=secret, digest_size=4).digest(), "big")


def initial_sequence_number(secret: bytes, local: End, remote: End, now: float, chosen: int | None = None) -> int:
    """Return the chosen number, or else a clock, with an offset for each pair of endpoints (RFC 6528)."""
    return (int(now * TICKS_HZ) + keyed_hash(secret, local, remote) if chosen is None else chosen) % MODULUS


def cookie(secret: bytes, key: bytes, irs: int, mss: int, now: float) -> int:
    """Return an initial sequence number from which a SYN that was not kept can be made again (RFC 4987, 3.6).

    It holds the time (5 bits), the MSS (3) and a hash that only we can work out (24); no other options fit.
    """
    at = max((at for at, size in enumerate(MSS_TABLE) if size <= mss), default=0)
    slot = int(now // SLOT_S)
    return (slot % 32) << 27 | at << 24 | _proof(secret, key, irs, slot, at)


def remembered_mss(secret: bytes, key: bytes, irs: int, cookie: int, now: float) -> int | None:
    """Return the MSS in a cookie; None if the cookie is not ours, or too old."""
    slot_now, at = int(now // SLOT_S), cookie >> 24 & 7
    for slot in (slot_now, slot_now - 1):
        if slot % 32 == cookie >> 27 and cookie & 0xFFFFFF == _proof(secret, key, irs, slot, at):
            return MSS_TABLE[at]
    return None


def _proof(secret: bytes, key: bytes, irs: int, slot: int, at: int) -> int:
    return keyed_hash(secret, key, irs, slot, at) & 0xFFFFFF

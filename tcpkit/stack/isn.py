"""Initial sequence numbers that nobody can guess (RFC 6528)."""

from hashlib import blake2b

TICKS_HZ = 250_000  # one more every 4 us (RFC 9293, 3.4.1)
MODULUS = 1 << 32


def keyed_hash(secret: bytes, *parts: object) -> int:
    """Return 32 bits that only the holder of the secret can work out."""
    return int.from_bytes(blake2b(repr(parts).encode(), key=secret, digest_size=4).digest(), "big")


def initial_sequence_number(secret: bytes, local: tuple[str, int], remote: tuple[str, int], now: float) -> int:
    """Return an initial sequence number: a clock, begun elsewhere for each pair of endpoints."""
    return (int(now * TICKS_HZ) + keyed_hash(secret, local, remote)) % MODULUS

"""How tcpdump 4.99 prints Multipath TCP's option (RFC 8684, 3).

Each function yields the words for one kind of message, and returns False
where the option is not as long as its kind wants: the words so far stand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ipaddress import IPv6Address

from tcpkit.wire import Flags
from tcpkit.wire.ipv4 import dotted

SYN_ACK = Flags.SYN | Flags.ACK
# Lengths below are of the option's value: two bytes, kind and length, less
# than the RFC's. Value byte 0 holds the message's kind and four bits of flags.
VERSIONS = {0: "v1", 1: "v1-echo", 4: "v0-ip4", 6: "v0-ip6"}
Words = Iterator[str]  # a generator that returns a bool


def mptcp_words(value: bytes, flags: Flags) -> Words:
    """Yield the words after the option's name; return False if it is bad."""
    if not value:
        return False
    name, words = MESSAGES.get(value[0] >> 4, ("unknown", _nothing))
    yield f" {len(value) + 2} {name}"
    return (yield from words(value, flags))


def _nothing(value: bytes, flags: Flags) -> Words:
    yield ""
    return True


def _capable(value: bytes, flags: Flags) -> Words:
    is_syn = len(value) in (2, 10) and Flags.SYN in flags
    if not is_syn and not (len(value) in (18, 20) and flags & SYN_ACK == Flags.ACK):
        return False
    version = value[0] & 15
    if version > 1:
        yield f" Unknown Version ({version})"
        return True
    yield f" v{version}" + (" csum" if value[1] & 0x80 else "")
    keys = [f"0x{_number(value, at, 8):x}" for at in (2, 10) if at + 8 <= len(value)]
    if keys:
        yield f" {{{','.join(keys)}}}"
    return True


def _join(value: bytes, flags: Flags) -> Words:
    wanted = {10: Flags.SYN, 14: SYN_ACK, 22: Flags.ACK}.get(len(value))
    if wanted is None or wanted not in flags:
        return False
    if len(value) == 22:
        yield f" hmac 0x{value[2:].hex()}"
        return True
    yield (" backup" if value[0] & 1 else "") + f" id {value[1]}"
    name, size = ("token", 4) if len(value) == 10 else ("hmac", 8)
    yield f" {name} 0x{_number(value, 2, size):x} nonce 0x{_number(value, 2 + size, 4):x}"
    return True


def _data_sequence(value: bytes, flags: Flags) -> Words:
    if len(value) < 2 or Flags.SYN in flags:
        return False
    bits, at = value[1], 2
    yield " fin" if bits & 0x10 else ""
    fields = [("ack", 8 if bits & 2 else 4)] if bits & 1 else []
    if bits & 4:
        fields += [("seq", 8 if bits & 8 else 4), ("subseq", 4), ("len", 2)]
    for name, size in fields:
        is_there = at + size <= len(value)
        if name in ("ack", "seq") or is_there:
            yield f" {name} " + (str(_number(value, at, size)) if is_there else "")
        if not is_there:
            return False
        at += size
    if bits & 4 and at + 2 <= len(value):
        yield f" csum 0x{_number(value, at, 2):x}"
        at += 2
    return at == len(value)


def _add_address(value: bytes, flags: Flags) -> Words:
    size = 4 if len(value) < 18 else 16
    has_port, has_hmac = {0: (False, False), 2: (True, False), 8: (False, True), 10: (True, True)}.get(
        len(value) - 2 - size, (None, None)
    )
    if has_port is None:
        return False
    address = value[2 : 2 + size]
    yield f" {VERSIONS.get(value[0] & 15, '[bad version/echo]')} id {value[1]} "
    yield dotted(address) if size == 4 else _colons(address)
    if has_port:
        yield f":{_number(value, 2 + size, 2)}"
    if has_hmac:
        yield f" hmac 0x{_number(value, len(value) - 8, 8):x}"
    return True


def _remove_address(value: bytes, flags: Flags) -> Words:
    if len(value) < 2:
        return False
    yield " id" + "".join(f" {number}" for number in value[1:])
    return True


def _priority(value: bytes, flags: Flags) -> Words:
    if len(value) > 2:
        return False
    yield " backup" if value[0] & 1 else " non-backup"
    yield "".join(f" id {number}" for number in value[1:])
    return True


def _fail(value: bytes, flags: Flags) -> Words:
    if len(value) != 10:
        return False
    yield f" seq {_number(value, 2, 8)}"
    return True


def _close(value: bytes, flags: Flags) -> Words:
    if len(value) != 10:
        return False
    yield f" key 0x{_number(value, 2, 8):x}"
    return True


MESSAGES: dict[int, tuple[str, Callable[[bytes, Flags], Words]]] = {
    0: ("capable", _capable),
    1: ("join", _join),
    2: ("dss", _data_sequence),
    3: ("add-addr", _add_address),
    4: ("rem-addr", _remove_address),
    5: ("prio", _priority),
    6: ("fail", _fail),
    7: ("fast-close", _close),
}


def _number(value: bytes, at: int, size: int) -> int:
    return int.from_bytes(value[at : at + size], "big")


def _colons(address: bytes) -> str:
    """Return an IPv6 address; one that holds an IPv4 address ends in dots.

    >>> _colons(bytes(12) + bytes([10, 0, 0, 1])), _colons(bytes(15) + b"1")
    ('::10.0.0.1', '::31')
    """
    front = address[:12]
    if front == bytes(10) + b"\xff\xff":
        return f"::ffff:{dotted(address[12:])}"
    if front == bytes(12) and address[12:14] != bytes(2):
        return f"::{dotted(address[12:])}"
    return IPv6Address(address).compressed

"""How tcpdump 4.99 prints the options of an IPv4 header (RFC 791, 3.1)."""

from __future__ import annotations

from collections.abc import Generator

from tcpkit.capture.cut import number
from tcpkit.wire.ipv4 import dotted

EOL, NOP, RECORD_ROUTE, TIMESTAMP, LOOSE_ROUTE, STRICT_ROUTE, ROUTER_ALERT = 0, 1, 7, 68, 131, 137, 148
NAMES = {
    EOL: "EOL",
    NOP: "NOP",
    RECORD_ROUTE: "RR",
    TIMESTAMP: "timestamp",
    82: "traceroute",
    130: "security",
    LOOSE_ROUTE: "LSRR",
    STRICT_ROUTE: "SSRR",
    ROUTER_ALERT: "RA",
}
STAMP_KINDS = {0: "TSONLY", 1: "TS+ADDR", 3: "PRESPEC"}


def ip_option_words(data: bytes, left: int) -> Generator[str, None, bool]:
    """Yield tcpdump's words for options that claim `left` bytes.

    `data` continues after them: tcpdump reads a route to its last address,
    whatever the length says. Returns False if one was not captured whole.
    """
    at = 0
    while left > 0:
        if at:
            yield ","
        kind = number(data, at, 1, "ip")
        yield NAMES.get(kind, f"unknown {kind}")
        length = 1 if kind in (EOL, NOP) else number(data, at + 1, 1, "ip")
        if length > left or (length < 2 and kind not in (EOL, NOP)):
            yield f" [bad length {length}]"
            return True
        if at + length > len(data):
            return False
        if not (yield from _value_words(kind, data[at:], length)):
            return False
        if kind == EOL:
            return True
        at, left = at + length, left - length
    return True


def _value_words(kind: int, option: bytes, length: int) -> Generator[str, None, bool]:
    """Yield the words for what an option holds; return False if it is cut."""
    if kind in (RECORD_ROUTE, LOOSE_ROUTE, STRICT_ROUTE):
        return (yield from _route_words(option, length))
    if kind == TIMESTAMP:
        return (yield from _stamp_words(option, length))
    if kind == ROUTER_ALERT:
        value = int.from_bytes(option[2:4], "big")
        if length < 4:
            yield f" [bad length {length}]"
        elif value:
            yield f" value {value}"
    return True


def _route_words(option: bytes, length: int) -> Generator[str, None, bool]:
    """Yield a route's addresses; a comma follows those already passed."""
    if length < 3 or (length + 1) % 4:
        yield f" [bad length {length}]"
    if length < 3:
        return True
    next_stop = option[2] - 1  # counted from 0, as here
    if next_stop < 3 or (next_stop + 1) % 4 or next_stop > length + 1:
        yield f" [bad ptr {option[2]}]"
    for at in range(3, length, 4):
        if at + 4 > len(option):
            return False
        yield f" {dotted(option[at : at + 4])}" + ("," if next_stop > at or next_stop < 0 else "")
    return True


def _stamp_words(option: bytes, length: int) -> Generator[str, None, bool]:
    """Yield an option's times, each with its address if it has one."""
    if length < 4:
        yield f"[bad length {length}]"
        return True
    pointer, overflow, kind = option[2] - 1, option[3] >> 4, option[3] & 15
    step = 8 if kind else 4
    yield " TS{" + (f"[bad length {length}]" if (length - 4) % step else "")
    if pointer < 4 or (pointer - 4) % step or pointer > length + 1:
        yield f"[bad ptr {option[2]}]"
    yield STAMP_KINDS.get(kind, f"[bad ts type {kind}]")
    stops = range(4, length, step) if kind in STAMP_KINDS else ()
    for at in stops:
        stamp = option[at : at + step]
        if len(stamp) < step:
            return False
        yield " ^ " if pointer == at else " "
        yield f"{int.from_bytes(stamp[-4:], 'big')}@" + (dotted(stamp[:4]) if step == 8 else "")
    end = 4 + step * len(stops) if kind in STAMP_KINDS else 0
    yield " ^ " if pointer == end else ""
    yield f" [{overflow} hops not recorded]}} " if overflow else "}"
    return True


def final_destination(options: bytes, destination: bytes) -> bytes:
    """Return the address that the checksum covers: a source route's last."""
    at = 0
    while at < len(options) and options[at] != EOL:
        length = 1 if options[at] == NOP else int.from_bytes(options[at + 1 : at + 2], "big")
        if not (1 if options[at] == NOP else 2) <= length <= len(options) - at:
            break
        if options[at] in (LOOSE_ROUTE, STRICT_ROUTE) and length >= 7:
            return options[at + length - 4 : at + length]
        at += length
    return destination

"""How tcpdump 4.99 prints TCP options."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from tcpkit.capture.cut import Cut
from tcpkit.wire.complaints import (
    BAD_OPTION,
    CUT_SHORT,
    EXPERIMENT,
    FAST_OPEN,
    FAST_OPEN_MAGIC,
    MPTCP,
    SACK,
    TCP_AO,
    VALUE_SIZES,
    OptionRead,
    read_options,
)
from tcpkit.wire.seq import MODULUS

TIMESTAMPS, SIGNATURE, CAPABILITIES, USER_TIMEOUT = 8, 19, 20, 28
NAMES = dict(enumerate(("eol", "nop", "mss", "wscale", "sackOK", "sack", "echo", "echoreply", "TS")))
NAMES |= {11: "cc", 12: "ccnew", 13: "", 19: "md5", 20: "scps"}  # 13 is CC.ECHO; tcpdump prints no name for it
NAMES |= {28: "uto", 29: "tcp-ao", 30: "mptcp", 34: "tfo", 254: "exp"}


@dataclass(frozen=True)
class Surroundings:
    """What the words for an option depend on besides the option.

    SACK's numbers are relative to `start`; `is_whole` says whether the
    segment was captured whole.
    """

    start: int
    is_whole: bool


def tcp_option_words(data: bytes, left: int, around: Surroundings) -> Generator[str, None, bool]:
    """Yield tcpdump's words for options that claim `left` bytes.

    Returns False where tcpdump reads no further in the segment.
    """
    yield ", options ["
    separator = ""
    options = read_options(data, left)
    while True:
        try:
            option = next(options, None)
        except IndexError:  # the capture ends inside the list
            yield separator
            raise Cut("tcp") from None
        if option is None:
            yield "]"
            return True
        yield separator
        is_good = yield from _option_words(option, around)
        if _is_cut(option):
            yield f" {CUT_SHORT}" + (">" if separator else "")
            return False
        if not is_good:
            yield BAD_OPTION.words + ("]" if separator else "")
            return False
        separator = ","


def _is_cut(option: OptionRead) -> bool:
    """Say whether bytes are missing that tcpdump reads: not those of a bad SACK or TCP-AO."""
    return len(option.value) < option.size and not (option.fault and option.kind in (SACK, TCP_AO))


def _option_words(option: OptionRead, around: Surroundings) -> Generator[str, None, bool]:
    """Yield an option's words; return False if the list cannot be read after it."""
    if option.kind is None:
        return False
    yield NAMES.get(option.kind, f"unknown-{option.kind}")
    if option.fault is BAD_OPTION and not _is_cut(option):
        return False
    yield _value_words(option, around)
    if option.fault and not _is_cut(option):
        yield ("" if option.fault.words.startswith("[") else " ") + option.fault.words
    return True


def _value_words(option: OptionRead, around: Surroundings) -> str:
    """Return the words for the value, as far as it was captured."""
    value = option.value
    if option.kind in (SACK, TCP_AO):
        return (
            ""
            if option.fault
            else (_sack_words(option, around.start) if option.kind == SACK else _signed_words(option))
        )
    if option.kind == MPTCP or option.kind not in NAMES:
        return " 0x" + value.hex() if option.size else ""
    if _is_cut(option):
        return ""
    if option.kind == SIGNATURE:
        why = "shared secret not supplied with -M" if around.is_whole else "snaplen too short"
        return f" {why}, can't check - {value.hex()}"
    if option.kind == FAST_OPEN:
        return " " + _cookie_words(option, value)
    if option.kind == EXPERIMENT:
        is_cookie = value[:2] == FAST_OPEN_MAGIC
        return "-tfo" + _cookie_words(option, value[2:]) if is_cookie else f"-{value[:2].hex()}"
    return _number_words(option.kind, value)


def _number_words(kind: int, value: bytes) -> str:
    number = int.from_bytes(value, "big")
    if kind == TIMESTAMPS:
        return f" val {number >> 32} ecr {number & 0xFFFFFFFF}"
    if kind == CAPABILITIES:
        return f" cap {value[0]:02x} id {value[1]}"
    if kind == USER_TIMEOUT:
        # The highest bit says minutes (RFC 5482, 3); tcpdump takes the lowest.
        return f" 0x{number:x} {(number >> 1) * (60 if number & 1 else 1)}"
    return f" {number}" if VALUE_SIZES[kind] else ""


def _sack_words(option: OptionRead, start: int) -> str:
    value = option.value
    edges = [(int.from_bytes(value[at : at + 4], "big") - start) % MODULUS for at in range(0, len(value) // 8 * 8, 4)]
    blocks = "".join(f"{{{left}:{right}}}" for left, right in zip(edges[::2], edges[1::2], strict=True))
    return f" {option.size // 8} {blocks}"


def _signed_words(option: OptionRead) -> str:
    """Return the words for TCP-AO (RFC 5925, 2.2)."""
    value = option.value
    words = "".join(f" {name} {byte}" for name, byte in zip(("keyid", "rnextkeyid"), value, strict=False))
    return words + (f" mac 0x{value[2:].hex()}" if option.size > 2 and len(value) >= 2 else "")


def _cookie_words(option: OptionRead, cookie: bytes) -> str:
    """Return the words for a fast open cookie (RFC 7413, 4.1.1)."""
    if option.fault:
        return ""
    return f" cookie {cookie.hex()}" if cookie else " cookiereq"

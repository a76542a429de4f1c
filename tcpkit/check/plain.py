"""What a value is beneath its dress, so that it can be compared and printed.

Dress does not count: a `bytearray` is bytes, a numpy integer or a `Flags` is
an int, a list is a tuple. What is kept is plain, so that nothing of the
learner's own (`__eq__`, `__repr__`) runs later on.
"""

from __future__ import annotations

import numbers
import operator
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field, fields, is_dataclass

from tcpkit.wire import Flags

DEEPEST = 5  # a list may hold itself
SHOWN_BYTES = 20
SHOWN_CHARACTERS = 60
SHOWN_ITEMS = 4
SHOWN_LIST = 200  # characters; items may be lists themselves
SHOWN_BITS = 64
LARGEST_BYTES = 1_000_000  # in memory
FAMILIES = {
    "int": "a number (int)",
    "float": "a float",
    "bool": "a truth value (bool)",
    "bytes": "bytes",
    "str": "text (str)",
    "sequence": "a tuple",
    "set": "a set",
    "dict": "a dict",
    "None": "None",
    "...": "...",
}


@dataclass(frozen=True)
class Plain:
    """A value as what it is: its family, and a copy of Python's own types.

    The dress is for words only: a list, or flags as tcpdump writes them.
    """

    family: str
    value: object = None
    dress: str = field(default="", compare=False)


def plain(value: object, depth: int = DEEPEST) -> Plain:
    """Return the value as what it is; never fails.

    >>> plain(bytearray(b"ab")) == plain(memoryview(b"ab"))
    True
    >>> plain(True) == plain(1)
    False
    """
    try:
        return _plain_scalar(value) or _plain_items(value, depth) or _plain_bytes(value)
    except Exception:
        return Plain("object", (type(value).__name__,))


def _plain_scalar(value: object) -> Plain | None:
    kind = type(value)
    if value is None or value is ...:
        return Plain("None" if value is None else "...")
    # numpy's booleans are named bool_ or bool, and are no subclass of bool.
    if kind is bool or (kind.__module__ == "numpy" and kind.__name__ in ("bool", "bool_")):
        return Plain("bool", bool(value))
    if issubclass(kind, int):
        return Plain("int", int.__index__(value), str(value) if kind is Flags else "")
    if issubclass(kind, str):
        return Plain("str", str.__str__(value))
    if issubclass(kind, numbers.Integral):
        return Plain("int", operator.index(value))
    if issubclass(kind, numbers.Real):
        return Plain("float", repr(float(value)))
    return None


def _plain_items(value: object, depth: int) -> Plain | None:
    kind = type(value)
    if depth == 0:
        return Plain("object", (kind.__name__,))
    if issubclass(kind, (tuple, list)):
        dress = "a list" if issubclass(kind, list) else ""
        return Plain("sequence", tuple(plain(item, depth - 1) for item in value), dress)
    if issubclass(kind, (set, frozenset)):
        return Plain("set", frozenset(plain(item, depth - 1) for item in value))
    if issubclass(kind, dict):
        return Plain("dict", frozenset((plain(key, 1), plain(item, depth - 1)) for key, item in value.items()))
    if is_dataclass(value) and kind is not type:
        held = (plain(getattr(value, each.name), depth - 1) for each in fields(value))
        return Plain("object", (kind.__name__, *held))
    return None


def _plain_bytes(value: object) -> Plain:
    view = memoryview(value)
    if view.ndim != 1 or view.format not in ("B", "b", "c"):
        raise TypeError("a buffer of something else than bytes")
    return Plain("bytes", view.tobytes())


def show(value: Plain) -> str:
    """Return a value in a few words: at most 20 bytes of hex.

    >>> show(plain(bytes.fromhex("231d")))
    '23 1d'
    >>> show(plain(bytes(8989)))
    '00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 ... (8989 bytes)'
    """
    match value.family:
        case "bytes":
            return _show_bytes(value.value)
        case "int":
            return value.dress or _show_int(value.value)
        case "str":
            return _cut(repr(value.value[: SHOWN_CHARACTERS + 1]))
        case "sequence":
            return _show_sequence(value)
        case "set":
            return f"{{{_listed(sorted(map(show, value.value)))}}}"
        case "dict":
            return f"{{{_listed(sorted(f'{show(key)}: {show(item)}' for key, item in value.value))}}}"
        case "float" | "bool":
            return str(value.value)
    return name_family(value)


def show_hex(value: Plain) -> str:
    """Return a value in a few words, a number in hex: checksums, for example.

    >>> show_hex(plain(0xAF57)), show_hex(plain(-9204)), show_hex(plain("af57"))
    ('0xaf57', '-0x23f4', "'af57'")
    """
    if value.family != "int" or value.value.bit_length() > SHOWN_BITS:
        return show(value)
    return f"{value.value:#x}"


def _show_sequence(value: Plain) -> str:
    left, right = "[]" if value.dress else "()"
    items = [item.value[0] if item.family == "object" else show(item) for item in value.value[: SHOWN_ITEMS + 1]]
    comma = "," if len(items) == 1 and not value.dress else ""
    return f"{left}{_listed(items)}{comma}{right}"


def _listed(words: Iterable[str]) -> str:
    words = list(words)
    return _cut(", ".join(words[:SHOWN_ITEMS]) + (", ..." if len(words) > SHOWN_ITEMS else ""), SHOWN_LIST)


def _show_bytes(data: bytes) -> str:
    if not data:
        return "no bytes at all"
    text = data[:SHOWN_BYTES].hex(" ")
    return text if len(data) <= SHOWN_BYTES else f"{text} ... ({len(data)} bytes)"


def _show_int(number: int) -> str:
    # Writing out a huge number takes minutes, and Python refuses to.
    if number.bit_length() > SHOWN_BITS:
        return f"a number of {number.bit_length()} bits"
    return str(number)


def _cut(text: str, length: int = SHOWN_CHARACTERS) -> str:
    return text if len(text) <= length else f"{text[:length]}..."


def name_family(value: Plain) -> str:
    """Return what kind of thing this is.

    >>> name_family(plain("231d"))
    'text (str)'
    """
    if value.dress:
        return value.dress if value.family == "sequence" else "flags (Flags)"
    return FAMILIES.get(value.family) or f"a value of type {value.value[0]}"


def show_size(value: object) -> str:
    """Return how large a value is; "" for one of a sensible size.

    >>> show_size(10**6), show_size(1 << 33_219_280)
    ('', 'a number of 33219281 bits')
    >>> show_size(bytes(10**7))
    'bytes of length 10000000'
    """
    try:
        if sys.getsizeof(value) <= LARGEST_BYTES:
            return ""
        if issubclass(type(value), int):
            return _show_int(value)
        return f"{type(value).__name__} of length {len(value)}"
    except Exception:  # something hostile: it is looked at elsewhere
        return ""


def show_kind(value: Plain) -> str:
    """Return a value with its kind.

    >>> show_kind(plain("231d"))
    "'231d', text (str)"
    """
    shown, kind = show(value), name_family(value)
    return shown if shown == kind else f"{shown}, {kind}"

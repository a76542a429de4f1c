"""Any value as plain int, str, bytes or tuple, whatever type carried it: to be compared and shown.

The copy is plain, so that nothing of the learner's own (`__eq__`, `__repr__`) runs when it is compared or printed.
"""

from __future__ import annotations

import numbers
import operator
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, is_dataclass

from tcpkit.capture import Packet
from tcpkit.wire import Flags, Segment

DEEPEST = 5  # a list may hold itself
SHOWN_BYTES, SHOWN_CHARACTERS, SHOWN_ITEMS, SHOWN_BITS = 20, 60, 4, 64
SHOWN_LIST = 200  # characters; items may be lists themselves
LARGEST_BYTES = 1_000_000  # in memory
FAMILIES = {"int": "a number (int)", "float": "a float", "bool": "a truth value (bool)", "str": "text (str)"}
FAMILIES |= {"sequence": "a tuple", "set": "a set", "dict": "a dict"}  # the others are called as their family is


@dataclass(frozen=True)
class Plain:
    """A value by its family, with a copy in Python's own types.

    The label is for words only: a list, or flags as tcpdump writes them.
    """

    family: str
    value: object = None
    label: str = field(default="", compare=False)

    @property
    def python(self) -> object:
        """Return the value for a sign to look at: int, str, bytes, bool, tuple or None."""
        if self.family == "sequence":
            return tuple(item.python for item in self.value)
        return float(self.value) if self.family == "float" else self.value


NONE = Plain("None")


def plain(value: object, depth: int = DEEPEST) -> Plain:
    """Return the value without the type that carried it; never fails."""
    try:
        return _plain_scalar(value) or _plain_items(value, depth) or _plain_bytes(value)
    except Exception:
        return Plain("object", (type(value).__name__,))


def _plain_scalar(value: object) -> Plain | None:
    kind = type(value)
    if value is None or value is ...:
        return Plain("...") if value is ... else NONE
    # numpy's booleans are named bool_ or bool, and are no subclass of bool.
    if kind is bool or (kind.__module__ == "numpy" and kind.__name__ in ("bool", "bool_")):
        return Plain("bool", bool(value))
    if issubclass(kind, int):
        return Plain("int", int.__index__(value), str(value) if kind is Flags else "")
    if issubclass(kind, numbers.Integral):
        return Plain("int", operator.index(value))
    if issubclass(kind, str):
        return Plain("str", str.__str__(value))
    if issubclass(kind, numbers.Real):
        return Plain("float", repr(float(value)))
    return None


def _plain_items(value: object, depth: int) -> Plain | None:
    kind = type(value)
    if depth == 0:
        return Plain("object", (kind.__name__,))
    if issubclass(kind, (tuple, list)):
        label = "a list" if issubclass(kind, list) else ""
        return Plain("sequence", tuple(plain(item, depth - 1) for item in value), label)
    if issubclass(kind, (set, frozenset)):
        return Plain("set", frozenset(plain(item, depth - 1) for item in value))
    if issubclass(kind, dict):
        return Plain("dict", frozenset((plain(key, 1), plain(item, depth - 1)) for key, item in value.items()))
    if is_dataclass(value) and kind is not type:
        held = (plain(getattr(value, each.name), depth - 1) for each in fields(value))
        return Plain("object", (kind.__name__, *held))
    return None


def _plain_bytes(value: object) -> Plain:
    view = memoryview(bytes(value) if hasattr(value, "fields_desc") else value)  # a Scapy packet is its bytes
    if view.ndim != 1 or view.format not in ("B", "b", "c"):
        raise TypeError("a buffer of something else than bytes")
    return Plain("bytes", view.tobytes())


def show(value: Plain) -> str:
    """Return a value in a few words: at most 20 bytes of hex."""
    match value.family:
        case "bytes":
            text = value.value[:SHOWN_BYTES].hex(" ") or "no bytes at all"
            return text if len(value.value) <= SHOWN_BYTES else f"{text} ... ({len(value.value)} bytes)"
        case "int":
            return value.label or _show_int(value.value)
        case "str":
            return _cut(repr(value.value[: SHOWN_CHARACTERS + 1]), SHOWN_CHARACTERS)
        case "sequence":
            return _show_sequence(value)
        case "set":
            return f"{{{_listed(sorted(map(show, value.value)))}}}"
        case "dict" if any(item.family == "dict" for _, item in value.value):
            return f"a dict of {len(value.value)} rows"
        case "dict":
            return f"{{{_listed(sorted(f'{show(key)}: {show(item)}' for key, item in value.value))}}}"
        case "float" | "bool":
            return str(value.value)
    return name_family(value)


def show_hex(value: Plain) -> str:
    """Return a value in a few words, a number in four hex digits or more: checksums, for example."""
    return f"{value.value:#06x}" if value.family == "int" and value.value.bit_length() <= SHOWN_BITS else show(value)


def _show_sequence(value: Plain) -> str:
    left, right = "[]" if value.label else "()"
    items = [item.value[0] if item.family == "object" else show(item) for item in value.value[: SHOWN_ITEMS + 1]]
    comma = "," if len(items) == 1 and not value.label else ""
    return f"{left}{_listed(items)}{comma}{right}"


def _listed(words: Iterable[str]) -> str:
    words = list(words)
    return _cut(", ".join(words[:SHOWN_ITEMS]) + (", ..." if len(words) > SHOWN_ITEMS else ""), SHOWN_LIST)


def _show_int(number: int) -> str:
    # Writing out a huge number takes minutes, and Python refuses to.
    return str(number) if number.bit_length() <= SHOWN_BITS else f"a number of {number.bit_length()} bits"


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[:length]}..."


def name_family(value: Plain) -> str:
    """Return what kind of thing this is."""
    if value.label:
        return value.label if value.family == "sequence" else "flags (Flags)"
    return f"a value of type {value.value[0]}" if value.family == "object" else FAMILIES.get(value.family, value.family)


def show_size(value: object) -> str:
    """Return how large a value is; "" for one of a sensible size."""
    try:
        if sys.getsizeof(value) <= LARGEST_BYTES:
            return ""
        return _show_int(value) if issubclass(type(value), int) else f"{type(value).__name__} of length {len(value)}"
    except Exception:  # something hostile: it is looked at elsewhere
        return ""


def show_kind(value: Plain) -> str:
    """Return a value with its kind."""
    shown, kind = show(value), name_family(value)
    return shown if shown == kind else f"{shown}, {kind}"


def show_arguments(parameters: Sequence[str], arguments: tuple) -> str:
    """Return the input in a few words: flags and segments in tcpdump's, a checksum in hex."""
    return ", ".join(f"{name}={_show_argument(name, value)}" for name, value in zip(parameters, arguments, strict=True))


def _show_argument(name: str, value: object) -> str:
    if isinstance(value, Packet):
        segment = value.segment
        return f"[{segment.flags}] length {len(segment.data)} checksum {segment.checksum:#06x}"
    if isinstance(value, Segment):
        return f"[{value.flags}] seq {value.seq} ack {value.ack} length {len(value.data)}"
    return (show_hex if name == "checksum" else show)(plain(value))

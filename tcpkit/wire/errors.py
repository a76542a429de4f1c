"""The error of `tcpkit.wire`, and its messages."""

from collections.abc import Mapping
from operator import index
from typing import Any


class WireError(ValueError):
    """Raised for bytes that are not the header they were read as, and for values that do not fit."""


def shown(value: object) -> str:
    """Return the value as Python writes it, unless a number is too long for that."""
    try:
        return repr(value)
    except ValueError:  # Python writes no number of more than 4,300 digits
        return f"a number of {value.bit_length():,} bits" if isinstance(value, int) else f"a {type(value).__name__}"


def as_bytes(data: Any, name: str = "data") -> bytes:
    """Return the bytes of any bytes-like object, or of a header.

    Python itself makes 64 zero bytes of `bytes(64)`. Here that is an error:
    the caller forgot to pack a number.

    >>> as_bytes(memoryview(b"abcd")[::2])
    b'ac'
    >>> as_bytes(64, "segment")
    Traceback (most recent call last):
    ...
    tcpkit.wire.errors.WireError: segment is a number, 64: pack it into bytes first, with struct.pack
    """
    if hasattr(type(data), "__bytes__"):
        return bytes(data)
    try:
        return bytes(memoryview(data))
    except (TypeError, ValueError):  # ValueError: a memoryview that was released
        raise WireError(f"{name} is {_advice(data)}") from None


def _advice(data: object) -> str:
    """Say what was given instead of bytes, and how to get bytes."""
    if isinstance(data, str):
        return "text (str), not bytes: bytes.fromhex(...) reads hex digits, .encode() packs letters"
    if isinstance(data, int):
        return f"a number, {shown(data)}: pack it into bytes first, with struct.pack"
    if data is None:
        return "None, not bytes: does the function that made it return them?"
    return f"of type {type(data).__name__}, not bytes: bytes, bytearray and memoryview will do"


def misfit(fields: Mapping[str, Any], bits: Mapping[str, int]) -> WireError:
    """Return the error that names the first field its bits cannot hold.

    >>> misfit({"seq": -1}, {"seq": 32})
    WireError('seq is -1: its 32 bits hold 0 to 4294967295')
    """
    for name, width in bits.items():
        value, limits = fields[name], f"its {width} bits hold 0 to {(1 << width) - 1}"
        try:
            number = index(value)  # as a plain int: Flags and numpy's print otherwise
        except TypeError:
            return WireError(f"{name} is {shown(value)}, which is not a whole number: {limits}")
        if not 0 <= number < 1 << width:
            return WireError(f"{name} is {shown(number)}: {limits}")
    return WireError(f"these fields cannot be packed: {shown(dict(fields))}")

"""The one error of the room `wire`, and the words it is raised with."""

from collections.abc import Mapping
from operator import index


class WireError(ValueError):
    """Say why bytes are not the header that they were read as."""


def as_bytes(data: object, name: str = "data") -> bytes:
    """Return the bytes of any bytes-like object, or of a header.

    Python itself makes 64 zero bytes of `bytes(64)`, which helps nobody who
    forgot to pack a number: here that is an error.

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
    """Say what stands there in place of bytes, and how to get bytes."""
    if isinstance(data, str):
        return "text (str), not bytes: bytes.fromhex(...) reads hex digits, .encode() packs letters"
    if isinstance(data, int):
        return f"a number, {data!r}: pack it into bytes first, with struct.pack"
    if data is None:
        return "None, not bytes: does the function that made it return them?"
    return f"of type {type(data).__name__}, not bytes: bytes, bytearray and memoryview will do"


def misfit(fields: Mapping[str, object], bits: Mapping[str, int]) -> WireError:
    """Return the error that names the first field its bits cannot hold.

    >>> misfit({"seq": -1}, {"seq": 32})
    WireError('seq is -1: its 32 bits hold 0 to 4294967295')
    """
    for name, width in bits.items():
        value, room = fields[name], f"its {width} bits hold 0 to {(1 << width) - 1}"
        if not hasattr(type(value), "__index__"):
            return WireError(f"{name} is {value!r}, which is not a whole number: {room}")
        number = index(value)  # Flags and numpy print theirs in other words
        if not 0 <= number < 1 << width:
            return WireError(f"{name} is {number}: {room}")
    return WireError(f"these fields cannot be packed: {dict(fields)}")

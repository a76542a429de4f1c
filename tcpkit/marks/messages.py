"""Send messages between judge and worker, and encode the values in them.

The worker trusts the judge, which sends it pickled objects. The worker sends
only the plain families of `tcpkit.check.values`, as JSON; the judge makes new
values from them, so that no object of the learner's gets to it.
"""

from __future__ import annotations

import socket
import struct
import time
from dataclasses import field, make_dataclass

from tcpkit.check.values import Plain

CHANGEABLE = bytearray, list, dict, set  # arguments that come back with an answer
LENGTH = struct.Struct("!I")
LARGEST_MESSAGE = 32_000_000  # bytes


class Lost(Exception):
    """Say that the other end is gone, or sends what is no answer."""


class Late(Exception):
    """Say that no answer came in time."""


def send(channel: socket.socket, message: bytes) -> None:
    """Send one message."""
    try:
        channel.sendall(LENGTH.pack(len(message)) + message)
    except OSError as error:
        raise Lost(str(error)) from None


def receive(channel: socket.socket, until: float | None = None) -> bytes:
    """Return the next message; `Late` if it is not here by then (monotonic)."""
    (size,) = LENGTH.unpack(_exactly(channel, LENGTH.size, until))
    if size > LARGEST_MESSAGE:
        raise Lost(f"a message of {size:,} bytes")
    return _exactly(channel, size, until)


def _exactly(channel: socket.socket, size: int, until: float | None) -> bytes:
    got = bytearray()
    while len(got) < size:
        if until is not None:
            left_s = until - time.monotonic()
            if left_s <= 0:
                raise Late
            channel.settimeout(left_s)
        try:
            piece = channel.recv(min(size - len(got), 1 << 20))
        except TimeoutError:
            raise Late from None
        except OSError as error:
            raise Lost(str(error)) from None
        if not piece:
            raise Lost("it ended")
        got += piece
    return bytes(got)


def encode(value: Plain) -> list:
    """Return a plain value as JSON has it.

    >>> encode(Plain("int", 8989)), encode(Plain("bytes", b"ab"))
    (['int', '231d'], ['bytes', '6162'])
    """
    match value.family:
        case "int":
            return ["int", f"{value.value:x}"]
        case "bytes":
            return ["bytes", value.value.hex()]
        case "sequence" | "set":
            return [value.family, [encode(item) for item in value.value]]
        case "dict":
            return ["dict", [[encode(key), encode(item)] for key, item in value.value]]
        case "object":
            name, *held = value.value
            return ["object", name, [encode(item) for item in held]]
        case "None" | "...":
            return [value.family]
    return [value.family, value.value]  # str, float as text, bool


def decode(parts: list) -> object:
    """Return a new value with the same plain form.

    >>> decode(["sequence", [["int", "231d"], ["None"], ["..."]]])
    (8989, None, Ellipsis)
    """
    match parts:
        case ["int", str(digits)]:
            return int(digits, 16)
        case ["bytes", str(digits)]:
            return bytes.fromhex(digits)
        case ["str", str(text)]:
            return text
        case ["float", str(text)]:
            return float(text)
        case ["bool", bool(truth)]:
            return truth
        case ["None"]:
            return None
        case ["..."]:
            return ...
        case ["sequence", list(items)]:
            return tuple(map(decode, items))
        case ["set", list(items)]:
            return frozenset(map(decode, items))
        case ["dict", list(pairs)]:
            return {decode(key): decode(item) for key, item in pairs}
        case ["range", str(start), str(stop), str(step)] if int(step, 16):
            return range(int(start, 16), int(stop, 16), int(step, 16))
        case ["object", str(name), list(held)]:
            return _object(name, [decode(item) for item in held])
    raise Lost("a value of no known family")


def _object(name: str, held: list) -> object:
    """Return an object whose type has this name, with these field values."""
    if not name.isidentifier():
        name = "object"
    if not held:
        return type(name, (), {})()
    names = [f"field_{number}" for number in range(len(held))]
    made = make_dataclass(name, [(each, object, field()) for each in names], frozen=True)
    return made(*held)

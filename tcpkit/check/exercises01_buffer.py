"""Lesson 01's exercise on a buffer, and its known mistakes."""

from __future__ import annotations

import random
import struct

from tcpkit.check.exercise import Exercise, Mistake
from tcpkit.check.exercises01 import FIRST, syn_header

chance = random.Random(13)


def _into_buffer(header: bytes, size: int) -> bytes:
    return header.ljust(size, b"\0")


def _say_filler(got: bytes) -> str:
    name = {0x30: "the digit 0", 0x20: "a space"}[got[-1]]
    return f"You filled up with 0x{got[-1]:02x}, {name}. We mean the byte 0."


def _one_by_one(header: bytes, size: int) -> bytes:
    buffer = bytearray(size)
    for at, byte in enumerate(header):
        buffer[at] = byte
    return bytes(buffer)


def _packed_into(header: bytes, size: int) -> bytes:
    buffer = bytearray(size)
    struct.pack_into(f"{len(header)}s", buffer, 0, header)
    return bytes(buffer)


HEADER = syn_header(*FIRST)

INTO_BUFFER = Exercise(
    number="1.3",
    name="into_buffer",
    right=_into_buffer,
    inputs=(
        (HEADER, 64),
        (HEADER, 40),
        (HEADER, 20),
        (HEADER, 16),
        (HEADER, 21),
        (HEADER + b"\1\1\1\0", 64),
        *((syn_header(443, 1024, 5, chance.randrange(65536)), chance.randrange(22, 90)) for _ in range(6)),
    ),
    mistakes=(
        Mistake(
            "The zeros stand in front, so the source port is 0. What is read first?",
            (
                lambda header, size: header.rjust(size, b"\0"),
                lambda header, size: bytes(size - len(header)) + header,
                lambda header, size: bytes(size) + header,
            ),
        ),
        Mistake(
            "84 bytes for a size of 64: `size` is the whole, with the header in it.",
            (lambda header, size: header + bytes(size),),
        ),
        Mistake(
            _say_filler,
            (
                lambda header, size: header.ljust(size, b"0"),
                lambda header, size: header + b"0" * (size - len(header)),
                lambda header, size: header.ljust(size),
                lambda header, size: header + b" " * (size - len(header)),
            ),
        ),
        Mistake("Still 20 bytes: where is the rest of the buffer?", (lambda header, size: header,)),
        Mistake(
            "For size 16 you cut the header. This buffer is too small: return the header whole.",
            (lambda header, size: header.ljust(size, b"\0")[:size],),
        ),
        Mistake(
            "Right while the header fits. For size 16 Python stopped you: return the header whole there.",
            (lambda header, size: header + bytes(size - len(header)), _one_by_one, _packed_into),
        ),
        Mistake(
            "Right for a buffer of 64. We asked for 40 as well.",
            (lambda header, size: header.ljust(64, b"\0"), lambda header, size: header + bytes(44)),
        ),
    ),
    meaning="The buffer has a size of its own, and the header fills the front of it.",
    what_if="What if the buffer had been used before? Whose bytes would stand behind your header?",
)

"""Lesson 01's exercise on a port: what is right, and the known ways to get it wrong."""

from __future__ import annotations

import random
import struct

from tcpkit.check.exercise import Exercise, Mistake

chance = random.Random(1)


def port_bytes(port: int) -> bytes:
    return struct.pack("!H", port)


PORT_BYTES = Exercise(
    number="1.1",
    name="port_bytes",
    right=port_bytes,
    inputs=tuple((port,) for port in (8989, 80, 0, 1, 255, 256, 443, 8000, 65535, *chance.sample(range(65536), 8))),
    mistakes=(
        Mistake(
            "Somebody who reads this in network order sees port 7459. Which byte comes first on the wire? "
            "(RFC 9293, 3.1: the most significant.)",
            (lambda port: struct.pack("<H", port),),
        ),
        Mistake(
            "Those are four characters. A port is one number of 16 bits.",
            (lambda port: str(port).encode(), lambda port: str(port)),
        ),
        Mistake("Python made 8,989 zero bytes: `bytes(n)` takes a length, not a value.", (lambda port: bytes(port),)),
        Mistake(
            lambda got: f"The number is in there, with {len(got)} bytes of room. The field has 16 bits: two bytes.",
            tuple(lambda port, form=form: struct.pack(form, port) for form in ("!I", "<I", "!Q", "<Q")),
        ),
        Mistake(
            "One byte holds 0 to 255, and 8989 needs more: where did 0x23 go?",
            (lambda port: bytes([port & 0xFF]),),
        ),
        Mistake(
            "Python refused: one byte holds 0 to 255, and 8989 is more. The field has two bytes.",
            (
                lambda port: bytes([port]),
                lambda port: port.to_bytes(1, "big"),
                lambda port: struct.pack("B", port),
            ),
        ),
        Mistake(
            "The two numbers are right, and each fits a byte. `bytes([35, 29])` makes bytes of numbers.",
            (lambda port: [port >> 8, port & 0xFF],),
        ),
        Mistake(
            "That describes the bytes. Return the bytes themselves.",
            (
                lambda port: f"{port:04x}",
                lambda port: f"{port:04X}",
                lambda port: f"{port:x}",
                lambda port: hex(port),
                lambda port: f"0x{port:04x}",
                lambda port: port_bytes(port).hex(" "),
                lambda port: str(port_bytes(port)),
                lambda port: f"{port:04x}".encode(),
                lambda port: hex(port).encode(),
            ),
        ),
        Mistake("Right for 8989. We also asked for 80, and got 8989's bytes again.", (lambda port: b"\x23\x1d",)),
        Mistake(
            "Right for 8989, and too short for 80: the field keeps both its bytes, for a small number too.",
            (
                lambda port: port.to_bytes((port.bit_length() + 7) // 8, "big"),
                lambda port: port.to_bytes(max((port.bit_length() + 7) // 8, 1), "big"),
                lambda port: bytes.fromhex(f"{port:x}"),
            ),
        ),
    ),
    meaning="The most significant byte goes first. Every number in a TCP header travels that way.",
    what_if="What if a field had three bytes? `struct` has no letter for that.",
)

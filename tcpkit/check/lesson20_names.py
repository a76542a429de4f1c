"""The name server of lesson 20 as a judge, and questions that it does not answer."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from tcpkit.wire.ipv4 import LOOPBACK

NAMES = Path(__file__).parents[2] / "notebooks" / "data" / "dns.py"
SERVERS: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()  # in each lab, the socket that asks it
DATAGRAM = 2  # Linux: SOCK_DGRAM
ENDS = b"\0\0\1\0\1", b"\0\1\0\1"  # the end of the name, type and class; without that end
LARGEST = 512  # bytes of a DNS message in UDP; RFC 1035, 2.3.4


def query(name: str, number: int) -> bytes:
    """Return a DNS question for an IPv4 address."""
    labels = [label.encode() for label in name.rstrip(".").split(".")]
    spelled = b"".join(bytes([len(label)]) + label for label in labels)
    return struct.pack("!6H", number, 0x0100, 1, 0, 0, 0) + spelled + b"\0" + struct.pack("!2H", 1, 1)


def answered(lab: Any, answer: Callable[..., object], name: str, number: int) -> object:
    """Return the right question if the server answers the learner's as it answers that one; else what came."""
    got = answer(name, number)
    if not isinstance(got, bytes | bytearray) or len(got) > LARGEST or lab is None:
        return got
    right = query(name, number)
    return right if _said(lab, bytes(got)) == _said(lab, right) else got


def _said(lab: Any, question: bytes) -> bytes:
    """Return what the server answers; nothing if it stays silent."""
    if lab not in SERVERS:
        lab.start(["python", str(NAMES), LOOPBACK], port=53)
        SERVERS[lab] = lab.socket(type=DATAGRAM)
        SERVERS[lab].settimeout(2)
    asker, after = SERVERS[lab], query("after.it", 0xFFFF)
    for each in (question, after):  # the server answers in order: nobody has to wait for silence
        asker.sendto(each, (LOOPBACK, 53))
    first = asker.recv(LARGEST)
    if first.endswith(after[12:]):
        return b""
    asker.recv(LARGEST)
    return first


def spelled(counts: str = "!6H", one: Callable[[bytes], bytes] | None = None, end: bytes = b"\0\0\1\0\1") -> Any:
    """Return an answer that writes the right question, but for what is handed over."""

    def answer(name: str, number: int) -> bytes:
        labels = name.rstrip(".").encode().split(b".")
        spelled = b"".join(map(one or (lambda label: bytes([len(label)]) + label), labels))
        return struct.pack(counts, number, 0x0100, 1, 0, 0, 0) + spelled + end

    return answer


def whole(change: Callable[[str], bytes], end: bytes = b"\0\0\1\0\1", strip: str = ".") -> Any:
    """Return an answer that writes the name as a whole."""
    right = spelled()
    return lambda name, number: right(name, number)[:12] + change(name.rstrip(strip)) + end


SLIPS = {
    "You send the dots, and no lengths. The server takes the first letter for a length: `p` is 112.": (
        *(whole(str.encode, end, strip) for end in ENDS for strip in ("", ".")),
    ),
    "You write one length for the whole name, and send the dots. tcpdump prints that alike; the server looks for one "
    "long label. Each label has its own length.": (
        *(whole(lambda name: bytes([len(name)]) + name.encode(), strip=strip) for strip in (".", "")),
    ),
    "You write the length as a digit: the text 4 is the byte 34. `bytes([4])` is the byte 04.": (
        spelled(one=lambda label: b"%d" % len(label) + label)
    ),
    "You write the length after its label. A reader has to know it first.": (
        spelled(one=lambda label: label + bytes([len(label)]))
    ),
    "You write each length in two bytes. It has one.": spelled(one=lambda label: struct.pack("!H", len(label)) + label),
    "`bytes(4)` is four zero bytes. `bytes([4])` is the byte 04.": spelled(one=lambda label: bytes(len(label)) + label),
    "You write a zero byte after each label. It stands once, after the last one.": (
        *(spelled(one=lambda label: bytes([len(label)]) + label + b"\0", end=end) for end in ENDS),
    ),
    "There is no zero byte behind the last label: where does the name end?": spelled(end=b"\0\1\0\1"),
    "Type and class are missing: which kind of answer do you ask for?": spelled(end=b"\0"),
    "Your header says 0 questions, so the server has nothing to answer.": (
        lambda name, number: query(name, number)[:5] + b"\0" + query(name, number)[6:]
    ),
    "Your numbers have the least significant byte first. Network order has it last (lesson 01).": (
        *(spelled("<6H", end=end) for end in (b"\0\1\0\1\0", b"\0\0\1\0\1")),
    ),
    "Type and class are one byte each. They are numbers of 16 bits.": spelled(end=b"\0\1\1"),
    "You write an empty label for the dot at the end of `page.example.`: that dot is no label.": (
        lambda name, number: query(name, number)[:-5] + b"\0" * name.endswith(".") + b"\0\0\1\0\1"
    ),
    "You write 1234 in hexadecimal each time. The number is the asker's choice: `number`.": (
        lambda name, number: query(name, 0x1234)
    ),
    "You write the low byte of `number` only. It is a number of 16 bits.": (
        lambda name, number: query(name, number % 256)
    ),
}

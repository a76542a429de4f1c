"""The name server of lesson 20 as a judge, and questions that it does not answer."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from tcpkit.check.call import attempt, play_call
from tcpkit.check.live_talk import LiveExercise
from tcpkit.wire.ipv4 import LOOPBACK

NAMES = Path(__file__).parents[2] / "notebooks" / "data" / "dns.py"
SERVERS: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()  # in each lab, the socket that asks it
DATAGRAM = 2  # Linux: SOCK_DGRAM
RECURSION = 2  # the byte that says whether to ask further; the server repeats it
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
    """Return what the server answers, but for the flag that it repeats; nothing if it stays silent."""
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
    return first[:RECURSION] + bytes([first[RECURSION] & 0xFE]) + first[RECURSION + 1 :]


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


class QueryExercise(LiveExercise):
    """A question that passes without the flag 0x0100 as well: the lesson's server does not need it."""

    def _praise(self, answer: object) -> str:
        run = attempt(play_call, answer, self.inputs[:1], self.parameters, self.limit_s)
        got = run.outcomes[0].returned.python if run.outcomes and run.outcomes[0].returned else b""
        has_flag = isinstance(got, bytes) and got[2:4] == b"\1\0"
        return self.meaning if has_flag else f"{self.meaning} {NO_RECURSION}"


NO_RECURSION = "With other flags than 0x0100, a server that does not know the name itself would not ask further."

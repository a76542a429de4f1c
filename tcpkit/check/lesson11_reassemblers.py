"""Lesson 11's exercise 11.2: reassemblers, right and wrong, and the transfer that one carries in a lab of its own."""

from __future__ import annotations

import random
from hashlib import sha256
from typing import Any

from tcpkit.check.carrying import NOT_ENDED, patience_s
from tcpkit.stack.link import Link
from tcpkit.stack.recut import Recut
from tcpkit.stack.settings import Pieces, Settings
from tcpkit.stack.stack import Stack

SIZE = 3_000_000
DATA = random.Random(11).randbytes(SIZE)
LINK = Recut(Link(reordering=0.05, duplication=0.05, seed=11))
CAME = f"Then the kernel sent {SIZE:,} bytes; packets were swapped, doubled, and cut anew. {{}} was sent, {{}} came"
DIGITS = sha256(DATA).hexdigest()[:8]
EQUAL = CAME.format(DIGITS, DIGITS) + ": equal."


def from_the_kernel(lab: Any, answer: type) -> str:
    """Take three megabytes from the kernel with this reassembler; return what went wrong, or ""."""
    host, sent = lab.host(link=LINK), f"Then the kernel sent {SIZE:,} bytes, and "
    lab.source(DATA, 8000)
    try:
        running = host.run(Stack(host.address, Settings(pieces=Pieces(reassembler=answer))))
        received = running.read_all(running.dial(host.gateway, 8000), timeout_s=patience_s())
    except TimeoutError:
        return f"{sent}{NOT_ENDED} Is `add` slow, or does it keep a byte back for ever?"
    except Exception as error:
        return f"{sent}it stopped. {error}"
    digests = [sha256(each).hexdigest()[:8] for each in (DATA, received)]
    return "" if received == DATA else f"{CAME.format(*digests)}, in {len(received):,} bytes."


class Right:
    def __init__(self) -> None:
        self.next, self.kept = 0, {}

    def ranges(self) -> list[tuple[int, int]]:
        return [(at, at + len(data)) for at, data in sorted(self.kept.items())]

    def keep(self, at: int, data: bytes) -> None:
        if len(data) > len(self.kept.get(at, b"")):
            self.kept[at] = data

    def take(self, at: int) -> bytes:
        new = self.kept.pop(at)[self.next - at :]
        self.next += len(new)
        return new

    def add(self, at: int, data: bytes) -> bytes:
        self.keep(at, data)
        ready = b""
        while self.kept and min(self.kept) <= self.next:
            ready += self.take(min(self.kept))
        return ready


class Append(Right):
    def add(self, at: int, data: bytes) -> bytes:
        self.next += len(data)
        return data


class Strict(Right):
    def keep(self, at: int, data: bytes) -> None:
        self.kept = {at: data} if at <= self.next else {}


class Equal(Append):
    def add(self, at: int, data: bytes) -> bytes:
        return super().add(at, data) if at == self.next else b""


class Exact(Right):
    def add(self, at: int, data: bytes) -> bytes:
        if at >= self.next:
            self.kept[at] = data
        ready = b""
        while self.next in self.kept:
            ready += self.take(self.next)
        return ready


class Whole(Right):
    def take(self, at: int) -> bytes:
        data = self.kept.pop(at)
        new = data if at + len(data) > self.next else b""
        self.next = max(self.next, at + len(data))
        return new


class Shorter(Right):
    def keep(self, at: int, data: bytes) -> None:
        self.kept[at] = data


class First(Right):
    def keep(self, at: int, data: bytes) -> None:
        self.kept.setdefault(at, data)


class Once(Right):
    def add(self, at: int, data: bytes) -> bytes:
        self.keep(at, data)
        return self.take(min(self.kept)) if self.kept and min(self.kept) <= self.next else b""


class All(Right):
    def add(self, at: int, data: bytes) -> bytes:
        self.keep(at, data)
        if min(self.kept) > self.next:
            return b""
        return b"".join(self.take(start) for start in sorted(self.kept))

    def take(self, at: int) -> bytes:
        new = self.kept.pop(at)[max(0, self.next - at) :]
        self.next += len(new)
        return new

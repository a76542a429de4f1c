"""Lesson 11's exercise 11.2: reassemblers, right and wrong, and the transfer that one carries in a lab of its own."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from typing import Any

from tcpkit.check.call import attempt
from tcpkit.check.deadline import Deadline
from tcpkit.check.exercise import NO_LAB, Exercise
from tcpkit.check.verdict import Status, Verdict
from tcpkit.stack.link import Link
from tcpkit.stack.recut import Recut
from tcpkit.stack.settings import Pieces, Settings
from tcpkit.stack.stack import Stack

SIZE = 3_000_000
WAIT_S = 5.5
DATA = random.Random(11).randbytes(SIZE)
LINK = Recut(Link(reordering=0.05, duplication=0.05, seed=11))
CAME = "Then the kernel sent {:,} bytes; packets were swapped, doubled, and cut anew. {} was sent, {} came"
LEFT_OUT = "The transfer from the kernel is left out: this kind of lab has no cable."


@dataclass(frozen=True, eq=False)
class Delivering(Exercise):
    """An exercise whose right answer then takes three megabytes from the kernel, in a lab of its own."""

    def __call__(self, answer: object, lab: object = None) -> Verdict:
        """Return a verdict on the learner's answer; never raises."""
        verdict = Exercise.__call__(self, answer, lab)
        if verdict.status is not Status.PASS:
            return verdict
        if not hasattr(type(lab), "ask_each"):
            return replace(verdict, status=Status.TRY_AGAIN, sentence=NO_LAB.format(name=self.name))
        if lab.kind != "namespace":
            return replace(verdict, sentence=f"{verdict.sentence} {LEFT_OUT}")
        with type(lab)("namespace") as own:
            run = attempt(partial(_delivered, own), answer, ((SIZE,),), ("size",), 6.0)
        came = run.stopped or run.outcomes[0].error or run.outcomes[0].returned.value
        if came == _compared(DATA):
            return replace(verdict, sentence=f"{verdict.sentence}\n{came}")
        return replace(verdict, status=Status.TRY_AGAIN, sentence=f"The 43 sequences are right. {came}")


def _delivered(lab: Any, answer: type, size: int) -> str:
    """Return what the kernel's bytes came to with this reassembler; an error in its own words."""
    host = lab.host(link=LINK)
    lab.source(DATA, 8000)
    try:
        running = host.run(Stack(host.address, Settings(pieces=Pieces(reassembler=answer))))
        return _compared(running.read_all(running.dial(host.gateway, 8000), timeout_s=WAIT_S * Deadline.slack))
    except TimeoutError:
        return f"The kernel then sent {size:,} bytes, and after {WAIT_S} seconds the transfer had not ended."
    except Exception as error:
        return f"The kernel then sent {size:,} bytes. {error}"


def _compared(received: bytes) -> str:
    sent, came = (sha256(each).hexdigest()[:8] for each in (DATA, received))
    return CAME.format(SIZE, sent, came) + (": equal." if received == DATA else f", in {len(received):,} bytes.")


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

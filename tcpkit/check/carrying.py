"""Exercises whose right answer then carries real data: a piece of a TCP, between a stack and the kernel."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from tcpkit.check.call import attempt
from tcpkit.check.deadline import Deadline
from tcpkit.check.exercise import NO_LAB, Exercise, reason
from tcpkit.check.verdict import Status, Verdict
from tcpkit.stack.settings import Pieces, Settings
from tcpkit.stack.stack import Stack

PATIENCE_S, LONGEST_S = 5.5, 6.0  # for the transfer; and with what comes before it, then the answer is stopped
NOT_ENDED = f"after {PATIENCE_S:g} seconds the transfer had not ended."
WITH = ("with the kernel",)
LEFT_OUT = "The transfer is left out"


@dataclass(frozen=True, eq=False, kw_only=True)
class CarryingExercise(Exercise):
    """An exercise whose right answer is then used in a lab of its own.

    `carry(lab, answer)` returns what went wrong in words, or "" if all came as it was sent: `came` says so.
    """

    carry: Callable[[Any, Any], str]
    came: str
    limit_s: float = 2.0  # by hand, before that

    def __call__(self, answer: object, lab: object = None) -> Verdict:
        """Return a verdict on the learner's answer; never raises."""
        verdict = Exercise.__call__(self, answer, lab)
        if verdict.status is not Status.PASS:
            return verdict
        if not hasattr(type(lab), "ask_each"):
            return replace(verdict, status=Status.TRY_AGAIN, sentence=NO_LAB.format(name=self.name))
        if lab.kind != "namespace":  # type: ignore[attr-defined]  # it is a lab
            return replace(verdict, sentence=f"{verdict.sentence} {LEFT_OUT}: this kind of lab has no cable.")
        try:
            own = type(lab)("namespace")  # type: ignore[call-arg]
        except RuntimeError as error:  # no other lab can be had
            return replace(verdict, sentence=f"{verdict.sentence} {LEFT_OUT}: {reason(error)}")
        with own:
            run = attempt(lambda answer, _: self.carry(own, answer), answer, (WITH,), ("transfer",), LONGEST_S)
        wrong = run.stopped or run.outcomes[0].error or run.outcomes[0].returned.value  # type: ignore[union-attr]
        status = Status.TRY_AGAIN if wrong else Status.PASS
        return replace(verdict, status=status, sentence=f"{verdict.sentence}\n{wrong or self.came}")


def changed(right: type, **methods: object) -> type:
    """Return the right class with other methods: one mistake."""
    return type(right.__name__, (right,), methods)


def patience_s() -> float:
    """Return how long a transfer may take: longer where marks judges, as each call of a piece takes longer there."""
    return PATIENCE_S * Deadline.slack


def to_the_kernel(lab: Any, pieces: Pieces, link: Any, size: int, **reader: Any) -> str:
    """Send so many bytes to a program of the kernel's; return what went wrong, or ""."""
    data, sent = random.Random(size).randbytes(size), f"Then your stack sent {size:,} bytes to the kernel, and "
    host, sink = lab.host(link=link), lab.sink(8000, **reader)
    running = host.run(Stack(host.address, Settings(rto_min_s=0.2, pieces=pieces)))
    try:
        connection = running.dial(host.gateway, 8000)
        running.send_all(connection, data, patience_s())
        running.read_all(connection, patience_s())
    except TimeoutError:
        return sent + NOT_ENDED
    except Exception as error:
        return f"{sent}it stopped. {error}"
    sink.wait()
    count, digest = sink.output.split()
    return "" if digest == sha256(data).hexdigest() else f"{sent}{int(count):,} bytes came, not those that were sent."

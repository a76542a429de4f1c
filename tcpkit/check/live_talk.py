"""Exercises whose answers speak with the kernel: what it did then is what is judged.

A conversation begins and ends within one call: the kernel's timers do not run while a learner thinks, and an answer
that never ends leaves nothing open in the learner's lab.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from tcpkit.check.exercise import Exercise, NotAsked, reason
from tcpkit.check.verdict import Verdict

PATIENCE_S = 0.5  # for what should come at once
HOSTS: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()  # one in each lab: a new cable for each talk takes longer
NO_CABLE = "This exercise needs a cable, and this kind of lab has none. `python -m tcpkit doctor` says how to get one."


@dataclass(frozen=True, eq=False, kw_only=True)
class LiveExercise(Exercise):
    """An exercise whose answers, right and wrong, are tried in a lab of their own.

    `converse(lab, answer, *arguments)` does with an answer what one input asks
    for, and returns what the kernel did: values that are the same each time.
    """

    converse: Callable[..., object]

    def __call__(self, answer: object, lab: object = None) -> Verdict:
        """Return a verdict on the learner's answer; never raises."""
        with self.at(lab) as there:
            return Exercise.__call__(there, answer, lab)

    @property
    def parameters(self) -> tuple[str, ...]:
        """Return the names of what an input holds."""
        return tuple(inspect.signature(self.converse).parameters)[2:]

    def without_kernel(self, inputs: tuple[tuple, ...]) -> Exercise:
        """Return the exercise with these inputs, of which none needs a lab."""
        return replace(self, inputs=inputs, play=partial(_converse, self.converse, None))

    @contextmanager
    def at(self, lab: object) -> Iterator[Exercise]:
        """Yield the exercise in a new lab, opened through this one; where none can be had, it can tell stubs only."""
        why, nothing = "", [None] * len(inspect.signature(self.right).parameters)
        play, ask = lambda answer, *_: answer(*nothing), lambda *_: _refuse(why)
        with ExitStack() as opened:
            try:
                play = partial(_converse, self.converse, opened.enter_context(type(lab)("namespace")))
                ask = _tried
            except Exception as error:  # `rights` says that this is no lab, or why there is none
                why = NO_CABLE if hasattr(type(lab), "ask_each") and lab.kind == "direct" else reason(error)
            yield replace(self, play=play, ask=ask)


class NotWritten(Exception):
    """End a conversation whose answer is not written yet."""


def _converse(
    converse: Callable[..., object], lab: object, answer: Callable[..., object], *arguments: object
) -> object:
    """Return what the kernel did; `...` if the answer returns that."""

    def written(*given: object) -> object:
        got = answer(*given)
        if got is ...:
            raise NotWritten
        return got

    try:
        return converse(lab, written, *arguments)
    except NotWritten:
        return ...


def _refuse(why: str) -> None:
    raise NotAsked(why)


def _tried(_: object, exercise: Exercise) -> list[object]:
    return [exercise.play(exercise.right, *given) for given in exercise.inputs]


class LiveTalk:
    """A talk between a host and a program that listens: `.lab`, `.talk`, `.listener` (None if it is not ours)."""

    def __init__(self, lab: Any, talk: Any, listener: Any, opened: ExitStack) -> None:
        self.lab, self.talk, self.listener, self._opened = lab, talk, listener, opened
        self._before = lab.counters()

    def accept(self, timeout_s: float = PATIENCE_S) -> Any:
        """Return the program's socket; None if the kernel hands over nobody."""
        self.listener.settimeout(timeout_s)
        with suppress(TimeoutError):
            program = self._opened.enter_context(self.listener.accept()[0])
            program.settimeout(timeout_s)
            return program
        return None

    @property
    def state(self) -> str:
        """Return the kernel's state of this connection; "" if it keeps none."""
        return "".join(self._row.state)

    @property
    def unsent(self) -> int | None:
        """Return how many numbers the kernel's side has not sent, or has no ACK for; None if it keeps no connection."""
        return next(iter(self._row.unsent.tolist()), None)

    @property
    def _row(self) -> Any:
        table, talk = self.lab.sockets(), self.talk
        return table[table.remote == f"{talk.host.address}:{talk.source_port}"]

    @property
    def moved(self) -> Mapping[str, int]:
        """Return the kernel's counters that have moved in this talk."""
        return self.lab.counters() - self._before


@contextmanager
def live_talk(
    lab: Any, port: int = 8000, link: object = None, listens: bool = True, **fields: int
) -> Iterator[LiveTalk]:
    """Yield a talk with a listener, or with a server that runs in the lab; `fields` are the talk's, such as seq=."""
    me = host_of(lab, link)
    with ExitStack() as opened, me.talk(port, **fields) as talk:
        listener = opened.enter_context(lab.listen(port, me.gateway)) if listens else None
        yield LiveTalk(lab, talk, listener, opened)


def host_of(lab: Any, link: object = None) -> Any:
    """Return the host that all talks of one lab share."""
    me = HOSTS.get(lab)
    if me is None or me.is_closed or me.link is not link:
        HOSTS[lab] = me = lab.host(link=link)
    return me


def read(program: Any, size: int = 65_536) -> bytes | str | None:
    """Return what the program's next `recv` gives: bytes, or the name of its error; None without a program."""
    try:
        return program and program.recv(size)
    except OSError as error:
        return type(error).__name__

"""Lesson 13's exercise 13.2: a timer that asks for a window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tcpkit.check.carrying import CarryingExercise, changed, to_the_kernel
from tcpkit.check.scripts import play_class
from tcpkit.check.values import Plain, show
from tcpkit.stack.recut import Drop, opens_again
from tcpkit.stack.settings import Pieces
from tcpkit.stack.window import PersistTimer as OfTcpkit

SIZE = 300_000  # bytes


class Timer:
    """The right timer, with its steps apart."""

    def __init__(self) -> None:
        self.deadline: float | None = None
        self.wait_s = 0.0

    def start(self, now: float, timeout_s: float) -> None:
        if self.deadline is None:
            self.wait_s = timeout_s
            self.deadline = now + timeout_s

    def is_due(self, now: float) -> bool:
        return self.deadline is not None and now >= self.deadline

    def next_wait(self) -> float:
        return min(2 * self.wait_s, 60.0)

    def expired(self, now: float) -> bool:
        if not self.is_due(now):
            return False
        self.wait_s = self.next_wait()
        self.deadline = now + self.wait_s
        return True

    def stop(self) -> None:
        self.deadline = None


def _anew(self: Timer, now: float, timeout_s: float) -> None:
    self.wait_s, self.deadline = timeout_s, now + timeout_s


def _once(self: Timer, now: float) -> bool:
    due = self.is_due(now)
    self.deadline = None if due else self.deadline
    return due


def _from_the_old(self: Timer, now: float) -> bool:
    due, old = Timer.is_due(self, now), self.deadline
    if due and old is not None:
        self.wait_s = self.next_wait()
        self.deadline = old + self.wait_s
    return due


def _keeps_the_wait(self: Timer, now: float, timeout_s: float) -> None:
    if self.deadline is None:
        self.wait_s = self.wait_s or timeout_s
        self.deadline = now + self.wait_s


def _gives_up(self: Timer, now: float) -> bool:
    asked = Timer.expired(self, now)
    self.asked = getattr(self, "asked", 0) + asked
    self.deadline = None if self.asked >= 3 else self.deadline
    return asked


def _doubles_late(self: Timer, now: float) -> bool:
    if not self.is_due(now):
        return False
    self.deadline, self.wait_s = now + self.wait_s, self.next_wait()
    return True


def _doubles_always(self: Timer, now: float) -> bool:
    if self.deadline is None:
        return False
    self.wait_s = self.next_wait()
    due = self.is_due(now)
    self.deadline = now + self.wait_s if due else self.deadline
    return due


def _a_length(self: Timer, now: float, timeout_s: float) -> None:
    if self.deadline is None:
        self.wait_s = self.deadline = timeout_s


def _deadlines(answer: type, calls: Sequence[tuple]) -> object:
    """Return what each call of `expired` says, and `deadline` after each call."""
    gave = play_class(answer, (), tuple(step for call in calls for step in (call, ("deadline",))))
    if not isinstance(gave, tuple):
        return gave
    said = tuple(said for (name, *_), said in zip(calls, gave[::2], strict=True) if name == "expired")
    return said, gave[1::2]


def _shows(got: Plain) -> str:
    if got.family != "sequence":
        return show(got)
    said, deadlines = (", ".join(map(show, each.value)) for each in got.value)
    return f"{said}, and after the calls `deadline` was {deadlines}"


def _to_a_sleeper(lab: Any, answer: type) -> str:
    link = Drop(back=opens_again())
    return to_the_kernel(lab, Pieces(persist=answer), link, SIZE, pause_s=0.3, buffer=8192)


def _hours() -> list[tuple]:
    return [("start", 0.0, 1.0), *(("expired", float(2**power - 1)) for power in range(1, 11))]


PersistTimer = CarryingExercise(
    "13.2 PersistTimer",
    right=Timer,
    play=_deadlines,
    inputs=(
        ([("start", 10.0, 1.0), ("expired", 10.5), ("expired", 11.0), ("expired", 13.0)],),
        ([("start", 10.0, 1.0), ("expired", 10.5), ("expired", 11.0), ("expired", 12.0), ("expired", 13.0)],),
        ([("start", 0.0, 1.0), ("start", 0.9, 1.0), ("expired", 1.0)],),
        ([("start", 0.0, 1.0), ("stop",), ("expired", 5.0), ("start", 6.0, 1.0), ("expired", 7.0)],),
        (_hours(),),
        ([("expired", 5.0)],),
        (
            [
                *(("start", 0.0, 1.0), ("expired", 1.0), ("expired", 3.0), ("stop",)),
                *(("start", 10.0, 0.5), ("expired", 10.5)),
            ],
        ),
        ([("start", 0.0, 1.0), ("expired", 1.5), ("expired", 3.4), ("expired", 3.5)],),
    ),
    causes={
        "`start` begins anew each time. The stack calls it again and again: the time would never come.": (
            changed(Timer, start=_anew)
        ),
        "`start` never sets a deadline. Then nobody asks: the deadlock of section 3.": (
            changed(Timer, start=lambda self, now, timeout_s: None)
        ),
        "You ask once. That question may be lost, too: set the next deadline.": changed(Timer, expired=_once),
        "Each wait is as long as the first. Each later one is twice as long (RFC 9293, 3.8.6.1).": (
            changed(Timer, next_wait=lambda self: self.wait_s)
        ),
        "Your waits grow without limit: after ten questions one is seventeen minutes long. At most 60 s.": (
            changed(Timer, next_wait=lambda self: 2 * self.wait_s)
        ),
        "`expired` is true again and again. Once you have asked, wait for the next deadline.": (
            changed(Timer, expired=Timer.is_due)
        ),
        "At the deadline itself, `expired` is false. The time has come then.": (
            changed(Timer, is_due=lambda self, now: self.deadline is not None and now > self.deadline)
        ),
        "The next deadline counts from the old one. Count it from `now`: the stack may come late.": (
            changed(Timer, expired=_from_the_old)
        ),
        "You give up after some questions. As long as the other end answers, a sender never gives up (3.8.6.1).": (
            changed(Timer, expired=_gives_up)
        ),
        "`stop` does not stop the timer: set `deadline` to None.": changed(Timer, stop=lambda self: None),
        "After `stop`, the old wait is kept. It must begin with `timeout_s` again.": changed(
            Timer, start=_keeps_the_wait
        ),
        "The second wait is as long as the first. Double the wait before you set the next deadline.": (
            changed(Timer, expired=_doubles_late)
        ),
        "The wait doubles at each call of `expired`. It doubles only when it is time to ask.": (
            changed(Timer, expired=_doubles_always)
        ),
        "`start` sets `deadline` to a length of time. It is a time on the clock: `now + timeout_s`.": (
            changed(Timer, start=_a_length)
        ),
        "`expired` asks where the timer does not run.": (
            changed(Timer, is_due=lambda self, now: self.deadline is None or now >= self.deadline)
        ),
    },
    signs={
        "The answers of `expired` are right, and a deadline is not.": (lambda got, right, calls: got[0] == right[0]),
        "`expired` returns something else than True or False. Does any way through it return None?": (
            lambda got, right, calls: any(type(each) is not bool for each in got[0])
        ),
    },
    gave="`expired` said",
    shows=_shows,
    builds=OfTcpkit.start,
    to_build="When did it ask? Now write it without it.",
    meaning="Asked after 1, 2, 4, 8 s, and at last once a minute, for as long as it takes.",
    carry=_to_a_sleeper,
    came=f"Then your stack sent {SIZE:,} bytes to a reader that slept, and the packet that opened the window was lost: "
    "all came, unchanged.",
)

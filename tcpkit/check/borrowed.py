"""Whether a right answer is tcpkit's own: it passes, and says what is still to learn.

The lessons hand tcpkit's functions out, so using them is no fault. Only the
exercise that builds a function says, in its place, what it left unbuilt.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType, FrameType

from tcpkit.check.exercise import Exercise
from tcpkit.check.verdict import Status, Verdict


@dataclass(frozen=True)
class Tool:
    """A function of tcpkit's that an exercise builds, and what is said to its use."""

    function: Callable[..., object]
    sentence: str

    def check(self, exercise: Exercise, answer: object) -> Verdict:
        """Return the exercise's verdict, with the sentence if tcpkit answered."""
        try:
            watched = Watched(answer, self.function.__code__)
        except Exception:  # no function, or a hostile one
            return exercise.check(answer)
        verdict = exercise.check(watched)
        if verdict.status is not Status.PASS or not watched.is_borrowed:
            return verdict
        lesson = f"{exercise.meaning}\n{exercise.what_if}"
        return Verdict(verdict.status, verdict.message.replace(lesson, self.sentence, 1))


class Watched:
    """The learner's function, looked at during its first call."""

    def __init__(self, answer: Callable[..., object], code: CodeType) -> None:
        if issubclass(type(answer), type) or not callable(answer):
            raise TypeError("no function")
        functools.update_wrapper(self, answer, updated=())  # so that it has the answer's own parameters
        self.answer = answer
        self.code = code
        self.is_borrowed = False
        self.was_called = False

    def __call__(self, *arguments: object) -> object:
        if self.was_called:
            return self.answer(*arguments)
        self.was_called = True
        before = sys.getprofile()
        sys.setprofile(self._look)
        try:
            return self.answer(*arguments)
        finally:
            sys.setprofile(before)

    def _look(self, frame: FrameType, event: str, _: object) -> None:
        self.is_borrowed = self.is_borrowed or frame.f_code is self.code

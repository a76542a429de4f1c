"""An exercise whose judge is the kernel itself: its lab is handed in.

What is right is what the kernel does with the segments, here and now. Only
where it stays silent against the rule is it asked twice: on a busy machine
an answer may take its time.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from tcpkit.check.exercise import Exercise
from tcpkit.check.verdict import Status, Verdict
from tcpkit.wire import Flags, Segment, TCPHeader

LOOPBACK = "127.0.0.1"
CLOSED_PORT = 8000
FIRST_SOURCE_PORT = 20_000
PATIENCE_S = 0.5
NO_LAB = "only the kernel knows what is right here, so hand over your lab as well: `check.{name}({name}, lab)`."
NO_ANSWER = (
    "only the kernel knows what is right here, and this lab does not answer. Make a new one, `lab = Lab()`, and run "
    "this cell again."
)
SOMEBODY_LISTENS = (
    "the kernel is asked about port {port}, and there somebody listens in your lab. Close that, or: `lab = Lab()`."
)


def to_closed_port(number: int, data: bytes, **fields: object) -> Segment:
    """Return a segment to a port where nothing listens, from a port of its own."""
    header = TCPHeader(FIRST_SOURCE_PORT + number, CLOSED_PORT, **fields)
    return Segment(header, data).with_checksum(LOOPBACK, LOOPBACK)


@dataclass(frozen=True)
class LiveExercise:
    """An exercise, and the segments that put its inputs to the kernel.

    `read` is handed a segment that came back, or None for silence, and
    returns the right answer. The exercise's own `right` is the rule.
    """

    exercise: Exercise
    segments: tuple[Segment, ...]
    read: Callable[[Segment | None], object]

    def check(self, answer: object, lab: object) -> Verdict:
        """Return a verdict on the learner's function; never raises."""
        # Before the answer is called: it may close the lab.
        asked = self._ask(lab)
        if isinstance(asked, str):
            verdict = self.exercise.check(answer)
            if verdict.status is Status.TODO:
                return verdict
            number, name = self.exercise.number, self.exercise.name
            return Verdict(Status.TRY_AGAIN, f"{Status.TRY_AGAIN} {number} {name}: {asked[0].upper()}{asked[1:]}")
        return replace(self.exercise, right=self._by_kernel(asked)).check(answer)

    def _ask(self, lab: object) -> tuple[object, ...] | str:
        """Return the right answer to each input, or why there is none."""
        if not hasattr(type(lab), "ask_each"):
            return NO_LAB.format(name=self.exercise.name)
        try:
            replies = self._replies(lab)
            if any(reply is not None and reply.flags & Flags.SYN for reply in replies):
                return SOMEBODY_LISTENS.format(port=CLOSED_PORT)
            return tuple(self.read(reply) for _, reply in zip(self.segments, replies, strict=True))
        except Exception:
            return NO_ANSWER

    def _replies(self, lab: object) -> list[Segment | None]:
        replies = [first(each) for each in lab.ask_each(self.segments)]
        is_due = [self.exercise.right(*arguments) is not None for arguments in self.exercise.inputs]
        late = [at for at, reply in enumerate(replies) if reply is None and is_due[at]]
        if late:
            again = lab.ask_each([self.segments[at] for at in late], timeout_s=PATIENCE_S)
            for at, each in zip(late, again, strict=True):
                replies[at] = first(each)
        return replies

    def _by_kernel(self, answers: tuple[object, ...]) -> Callable[..., object]:
        """Return a right function for these inputs, with the rule's parameters."""
        table = dict(zip(self.exercise.inputs, answers, strict=True))

        @functools.wraps(self.exercise.right)
        def right(*arguments: object) -> object:
            return table[arguments]

        return right


def first(replies: Sequence[Segment]) -> Segment | None:
    """Return the first reply; None is silence."""
    return replies[0] if replies else None

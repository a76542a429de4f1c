"""The kernel as judge: what it does with the inputs, here and now, in the lab that is handed in."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tcpkit.check.exercise import Exercise, NotAsked
from tcpkit.wire import Flags, Segment, TCPHeader
from tcpkit.wire.ipv4 import LOOPBACK

CLOSED_PORT = 8000
FIRST_SOURCE_PORT = 20_000
PATIENCE_S = 0.5
A_PROGRAM_LISTENS = "a program listens on port {} in your lab, and none may here. Close it, or make a new lab."


def to_closed_port(number: int, data: bytes, **fields: object) -> Segment:
    """Return a segment to a port where nothing listens, from a port of its own."""
    header = TCPHeader(FIRST_SOURCE_PORT + number, CLOSED_PORT, **fields)
    return Segment(header, data).with_checksum(LOOPBACK, LOOPBACK)


def answers_of_closed_port(segment_of: Callable[..., Segment]) -> Callable[[object, Exercise], list[Segment | None]]:
    """Return an `ask` that sends `segment_of(number, *arguments)` for each input; None is silence.

    Only where the kernel stays silent against the exercise's rule is it asked
    twice: on a busy machine an answer may take its time.
    """

    def ask(lab: object, exercise: Exercise) -> list[Segment | None]:
        segments = [segment_of(at, *given) for at, given in enumerate(exercise.inputs)]
        replies = [_first(each) for each in lab.ask_each(segments)]
        silent = [at for at, reply in enumerate(replies) if reply is None]
        late = [at for at in silent if exercise.right(*exercise.inputs[at]) is not None]
        if late:
            again = lab.ask_each([segments[at] for at in late], timeout_s=PATIENCE_S)
            for at, each in zip(late, again, strict=True):
                replies[at] = _first(each)
        if any(reply is not None and reply.flags & Flags.SYN for reply in replies):
            raise NotAsked(A_PROGRAM_LISTENS.format(CLOSED_PORT))
        return replies

    return ask


def _first(replies: Sequence[Segment]) -> Segment | None:
    return replies[0] if replies else None

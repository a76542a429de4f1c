"""Whether a piece still passes its check, and in which line of the learner's file it does not."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from tcpkit.check.call import Printed, fresh
from tcpkit.check.deadline import Deadline, OutOfTime
from tcpkit.check.exercise import Exercise
from tcpkit.check.feedback import describe
from tcpkit.check.live_talk import LiveExercise
from tcpkit.check.verdict import Status, Verdict
from tcpkit.mine.tcp_file import FILE

LIMIT_S = 3.0  # to run the file, and to check a piece


@dataclass(frozen=True)
class Piece:
    """A piece of the learner's: its lesson, and the name of its exercise there."""

    lesson: int
    exercise: str
    imports: str = ""  # of the lesson's, for the piece to stand alone
    live: int = 0  # so many of its check's inputs need the kernel: the last ones


def judged(piece: Piece, answer: object) -> Verdict:
    """Return what the piece's check says, by those of its inputs that need no kernel."""
    return Exercise.__call__(_exercise(piece), answer)


def wrong(piece: Piece, answer: object) -> str:
    """Return why an answer does not pass; "" if it does."""
    verdict = judged(piece, answer)
    if verdict.status is Status.PASS:
        return ""
    error = raised(piece, answer)
    return f"yours {words(error)}" if error and _line(error) else f"yours: {verdict.message}"


def raised(piece: Piece, answer: object) -> BaseException | None:
    """Return what an answer raises for the inputs of its check."""
    exercise = _exercise(piece)
    return tried(lambda: [exercise.play(answer, *fresh(given)) for given in exercise.inputs])[1]


def tried(function: Callable[[], object]) -> tuple[Any, BaseException | None]:
    """Return what a function returns, or what it raised; nothing is printed, and it ends in time."""
    with redirect_stdout(Printed()), redirect_stderr(Printed()), Deadline(LIMIT_S) as deadline:
        try:
            return deadline.call(function), None
        except BaseException as error:
            return None, error


def words(error: BaseException) -> str:
    """Return what was raised, and in which line of the file."""
    said = describe(error) if not isinstance(error, SyntaxError) else f"SyntaxError: {error.msg}"
    said = f"had not finished after {LIMIT_S:g} s" if isinstance(error, OutOfTime) else f"raised {said}"
    return f"{said}, {FILE} line {_line(error)}" if _line(error) else said


def _line(error: BaseException) -> int | None:
    """Return the last line of the file that was running; None if none was."""
    found = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).name == FILE]
    return found[-1] if found else getattr(error, "lineno", None)


def _exercise(piece: Piece) -> Exercise:
    exercise = getattr(import_module(f"tcpkit.check.lesson{piece.lesson:02}"), piece.exercise)
    if isinstance(exercise, LiveExercise):
        exercise = exercise.without_kernel(exercise.inputs[: -piece.live])
    return replace(exercise, limit_s=min(LIMIT_S, exercise.limit_s))

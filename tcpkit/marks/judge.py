"""Marks one hand-in: `python -m tcpkit.marks.judge`, a job on stdin, marks on stdout.

The check is the course's own, run here, where no cell of the learner's runs.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from enum import StrEnum
from pathlib import Path

from tcpkit.check import Status, Verdict
from tcpkit.lab import Lab, LabError
from tcpkit.marks import cage
from tcpkit.marks.course import Lesson, Question, read_course
from tcpkit.marks.handin import Broken, Handin, read_handin
from tcpkit.marks.seat import Absent, Seat
from tcpkit.marks.values import Late, Lost

TIME_OVER = "the time for the notebook was over"
SPARE_S = 30.0  # of processor time, over what the hand-in gets


class Word(StrEnum):
    """What stands in place of a verdict where there is none."""

    LATE = "DID NOT FINISH"
    BROKEN = "BROKEN NOTEBOOK"
    MISSING = "MISSING"


class Room:
    """The cells of a hand-in, and a desk at which they are run in order.

    A desk that was lost is replaced, and the cells run again, but for those
    at which it was lost and those that only show something.
    """

    def __init__(self, handin: Handin, lesson: Lesson, folder: Path, data: Path, seconds: float) -> None:
        self.cells = handin.cells
        self.left_out = {number for number, cell in enumerate(self.cells) if cell.source in lesson.only_shown}
        self.fatal: set[int] = set()
        self.until = time.monotonic() + seconds
        self.cell_s = seconds / 4
        self._folder = folder
        self._data = data
        self._seat: Seat | None = None
        self._done = 0

    def seat(self, place: int) -> Seat:
        """Return a desk at which so many cells have run; `Late` if time is over."""
        while self._seat is None or self._seat.why_lost or self._done < place:
            if time.monotonic() >= self.until:
                raise Late
            if self._seat is None or self._seat.why_lost:
                self.end()
                self._seat, self._done = Seat(self._folder, self._data, self.until), 0
                if self._seat.why_lost:
                    raise Lost(f"it could not be started ({self._seat.why_lost})")
            self._run_cells(self._seat, place)
        return self._seat

    def _run_cells(self, seat: Seat, place: int) -> None:
        while self._done < place and not seat.why_lost:
            number, self._done = self._done, self._done + 1
            if number not in self.left_out | self.fatal and not seat.run(self.cells[number].source, self.cell_s):
                self.fatal.add(number)

    def end(self) -> None:
        """End the desk, if there is one."""
        if self._seat is not None:
            self._seat.end()
            self._seat = None


def mark(question: Question, lesson: Lesson, room: Room) -> tuple[str, str]:
    """Return the status of one question, and a note where there is more to say."""
    try:
        return _judged(question, lesson, room)
    except Absent:
        bound = set(question.bound_by(room.cells))
        if not bound:
            return Word.MISSING, ""
        if room.fatal & bound:
            return Word.LATE, "its cell was ended"
        return Status.TRY_AGAIN, "its cell stopped with an error"
    except (Late, Lost) as error:
        room.end()
        return Word.LATE, str(error) or TIME_OVER
    except LabError as error:
        return Word.LATE, str(error).partition("\n")[0]
    except Exception as error:
        return Word.LATE, f"its check stopped: {type(error).__name__}"


def _judged(question: Question, lesson: Lesson, room: Room) -> tuple[str, str]:
    seat = room.seat(question.place(room.cells))
    with ExitStack() as held:
        given: dict[str, object] = {"check": importlib.import_module(lesson.check)}
        if question.needs_lab:
            given["lab"] = held.enter_context(Lab())
            seat.lend(given["lab"])
        given |= {name: seat.look(name) for name in question.names}
        verdict = eval(question.cell.source, given)  # the course's own source
    if seat.has_ended:
        return Word.LATE, "the notebook's process ended while its function was called"
    if time.monotonic() >= room.until:
        return Word.LATE, TIME_OVER
    if not isinstance(verdict, Verdict):
        return Word.LATE, "its check gave no verdict"
    return verdict.status, ""


def marks(job: dict) -> Iterator[dict]:
    """Yield what to tell: the questions first, then a mark for each."""
    course = read_course(Path(job["course"]))
    try:
        handin = read_handin(Path(job["file"]), course)
    except Broken as error:
        yield {"status": Word.BROKEN, "note": str(error)}
        return
    if handin.lesson not in course:
        yield {"status": Word.BROKEN, "note": "it is no lesson of this course"}
        return
    lesson = course[handin.lesson]
    yield {"questions": [question.name for question in lesson.questions], "lesson": lesson.name}
    if not lesson.questions:
        return
    folder = Path(job["folder"])
    if why := cage.shut_in(folder):
        yield {"open": why}
    cage.limit(job["seconds"] + SPARE_S)
    room = Room(handin, lesson, folder, Path(job["course"]) / "data", job["seconds"])
    try:
        for question in lesson.questions:
            status, note = mark(question, lesson, room)
            yield {"question": question.name, "status": status, "note": note}
    finally:
        room.end()


def main() -> None:
    """Read the job, and tell line by line."""
    cage.end_with_parent()
    job = json.load(sys.stdin)
    with suppress(BrokenPipeError):
        for told in marks(job):
            print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()

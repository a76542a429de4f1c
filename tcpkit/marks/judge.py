"""Judge one submission: a job on stdin, marks on stdout.

Run as `python -m tcpkit.marks.judge`. The checks are the course's own, and
run here; the learner's cells run in a worker.
"""

from __future__ import annotations

import importlib
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from enum import StrEnum
from pathlib import Path

from tcpkit.check import Status, Verdict
from tcpkit.check.deadline import Deadline
from tcpkit.lab import Lab, LabError
from tcpkit.marks import sandbox
from tcpkit.marks.course import Lesson, Question, read_course
from tcpkit.marks.messages import Late, Lost
from tcpkit.marks.submission import Broken, Submission, read_submission
from tcpkit.marks.worker_client import Absent, WorkerClient

TIME_OVER = "the time for the notebook was over"
SLACK = 2.0  # of the checks' limits: each call crosses to the worker and back, and others may be judged meanwhile
SPARE_S = 30.0  # of processor time, beyond the submission's


class Word(StrEnum):
    """The status of a question that has no verdict."""

    LATE = "DID NOT FINISH"
    BROKEN = "BROKEN NOTEBOOK"
    MISSING = "MISSING"


class NotebookRun:
    """The cells of a submission, and a worker that runs them in order.

    A worker that was lost is replaced, and the cells run again, but for those
    at which it was lost and those that only show something.
    """

    def __init__(self, submission: Submission, lesson: Lesson, job: dict) -> None:
        self.cells = submission.cells
        self.left_out = {number for number, cell in enumerate(self.cells) if cell.source in lesson.only_shown}
        self.fatal: set[int] = set()
        self.until = time.monotonic() + job["seconds"]
        self.cell_s = job["seconds"] / 4
        self._how = Path(job["folder"]), Path(job["course"], "data"), self.until, job["protected"]
        self._worker: WorkerClient | None = None
        self._done = 0

    def worker(self, place: int) -> WorkerClient:
        """Return a worker that has run so many cells; `Late` if time is over."""
        while self._worker is None or self._worker.why_lost or self._done < place:
            if time.monotonic() >= self.until:
                raise Late
            if self._worker is None or self._worker.why_lost:
                self.end()
                self._worker, self._done = WorkerClient(*self._how), 0
                if self._worker.why_lost:
                    raise Lost(f"it could not be started ({self._worker.why_lost})")
            self._run_cells(self._worker, place)
        return self._worker

    def _run_cells(self, worker: WorkerClient, place: int) -> None:
        while self._done < place and not worker.why_lost:
            number, self._done = self._done, self._done + 1
            if number not in self.left_out | self.fatal and not worker.run(self.cells[number].source, self.cell_s):
                self.fatal.add(number)

    def end(self) -> None:
        """End the worker, if there is one."""
        if self._worker is not None:
            self._worker.end()
            self._worker = None


def mark(question: Question, lesson: Lesson, run: NotebookRun) -> tuple[str, str]:
    """Return the status of one question, and a note or ""."""
    try:
        return _judged(question, lesson, run)
    except Absent:
        bound = set(question.bound_by(run.cells))
        if not bound:
            return Word.MISSING, ""
        if run.fatal & bound:
            return Word.LATE, "its cell was ended"
        return Status.TRY_AGAIN, "its cell stopped with an error"
    except (Late, Lost) as error:
        run.end()
        return Word.LATE, str(error) or TIME_OVER
    except LabError as error:
        return Word.LATE, str(error).partition("\n")[0]
    except Exception as error:
        return Word.LATE, f"its check stopped: {type(error).__name__}"


def _judged(question: Question, lesson: Lesson, run: NotebookRun) -> tuple[str, str]:
    worker = run.worker(question.place(run.cells))
    with ExitStack() as held:
        given: dict[str, object] = {"check": importlib.import_module(lesson.check)}
        if question.needs_lab:
            given["lab"] = held.enter_context(Lab())
            worker.lend(given["lab"], replaces=True)
        given |= {name: worker.look(name) for name in question.names}
        verdict = eval(question.cell.source, given)  # the course's own source
    if worker.has_ended:
        return Word.LATE, "the notebook's process ended while its function was called"
    if time.monotonic() >= run.until:
        return Word.LATE, TIME_OVER
    if not isinstance(verdict, Verdict):
        return Word.LATE, "its check gave no verdict"
    return verdict.status, ""


def marks(job: dict) -> Iterator[dict]:
    """Yield lines for the command: the questions, then a mark for each."""
    course = read_course(Path(job["course"]))
    sandbox.limit(job["seconds"] + SPARE_S)
    try:
        with sandbox.less_memory():
            submission = read_submission(Path(job["file"]), course)
    except Broken as error:
        yield {"status": Word.BROKEN, "note": str(error)}
        return
    if submission.lesson not in course:
        yield {"status": Word.BROKEN, "note": "it is no lesson of this course"}
        return
    lesson = course[submission.lesson]
    yield {"questions": [question.name for question in lesson.questions], "lesson": lesson.name}
    if not lesson.questions:
        return
    if job["protected"] and (why := sandbox.isolate(Path(job["folder"]))):
        yield {"unprotected": why}
        return
    sandbox.limit_processes()
    tempfile.tempdir = job["folder"]  # the one that can be written
    run = NotebookRun(submission, lesson, job)
    try:
        for question in lesson.questions:
            status, note = mark(question, lesson, run)
            yield {"question": question.name, "status": status, "note": note}
    finally:
        run.end()


def main() -> None:
    """Read the job, and print a line of JSON for each mark."""
    sandbox.end_with_parent()
    Deadline.slack = SLACK
    job = json.load(sys.stdin)
    with suppress(BrokenPipeError):
        for line in marks(job):
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()

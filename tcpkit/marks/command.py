"""The command: finds the hand-ins, has each judged, and prints the CSV."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tcpkit.marks.course import LESSON
from tcpkit.marks.judge import Word

ROOT = Path(__file__).parents[2]
SECONDS = 120
JOBS = 2
START_S = 30.0  # for reading a notebook, and for ending what it started
MOST_TOLD = 1_000_000  # bytes; a judge tells some dozen lines
FORMULA = ("=", "+", "-", "@")  # a cell that begins so is a formula to a spreadsheet


@dataclass(frozen=True)
class Mark:
    """One line of the CSV. `note` says more, and is not part of it."""

    file: str
    exercise: str
    status: str
    note: str = ""

    def __str__(self) -> str:
        return ",".join(map(quoted, (self.file, self.exercise, self.status)))


@dataclass
class Told:
    """What a judge has told of one hand-in so far."""

    marks: list[Mark] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Tell the parser what the command takes."""
    parser.add_argument("folder", type=Path, help="the hand-ins, in any subfolders; or one notebook")
    parser.add_argument("--jobs", type=positive, default=JOBS, help="hand-ins judged at once (%(default)s)")
    parser.add_argument("--seconds", type=positive, default=SECONDS, help="time for each hand-in (%(default)s)")
    parser.add_argument("--course", type=Path, default=ROOT / "notebooks", help="the course's own notebooks")


def positive(text: str) -> int:
    """Return a number of at least 1."""
    number = int(text)
    if not 0 < number < 100_000:
        raise ValueError
    return number


def main(asked: argparse.Namespace) -> int:
    """Print the CSV; return 0, or 1 where nothing could be marked."""
    if not any(LESSON.fullmatch(path.stem) for path in asked.course.glob("*.ipynb")):
        return refuse(f"{asked.course} has no lessons. Name the course's own notebooks: --course notebooks")
    if not asked.folder.exists():
        return refuse(f"There is no {shown(asked.folder)}. Name the folder with the hand-ins.")
    files = list(find(asked.folder))
    if not files:
        return refuse(f"{shown(asked.folder)} has no notebooks (.ipynb) in it.")
    if os.geteuid() == 0:
        warn("You are root: what is handed in can read whatever root can. Better take a user of its own.")
    try:
        asyncio.run(mark_all(files, asked))
    except asyncio.CancelledError:
        return 128 + signal.SIGTERM
    return 0


def refuse(why: str) -> int:
    print(why, file=sys.stderr)
    return 1


def warn(words: str) -> None:
    print(printable(words), file=sys.stderr, flush=True)


def find(folder: Path) -> Iterator[Path]:
    """Yield the notebooks below a folder, in order; no hidden ones, and no links to folders."""
    if not folder.is_dir():
        yield folder
        return
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if name.endswith(".ipynb") and not name.startswith("."):
                yield Path(root, name)


async def mark_all(files: list[Path], asked: argparse.Namespace) -> None:
    """Judge hand-ins, some at once; print each one's marks in the files' order."""
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asyncio.current_task().cancel)
    base = asked.folder if asked.folder.is_dir() else asked.folder.parent
    gate = asyncio.Semaphore(asked.jobs)
    tasks = [asyncio.create_task(mark_one(file, shown(file.relative_to(base)), asked, gate)) for file in files]
    said: set[str] = set()
    print("file,exercise,status", flush=True)
    try:
        for task in tasks:
            told = await task
            for mark in told.marks:
                print(mark, flush=True)
                if mark.note:
                    warn(f"{mark.file}{', ' * bool(mark.exercise)}{mark.exercise}: {mark.note}")
            for note in told.notes:
                if note not in said:
                    warn(note)
                said.add(note)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def mark_one(file: Path, name: str, asked: argparse.Namespace, gate: asyncio.Semaphore) -> Told:
    """Let a judge mark one hand-in."""
    async with gate:
        with tempfile.TemporaryDirectory(prefix="marks-", ignore_cleanup_errors=True) as folder:
            job = {
                "file": os.fspath(file.absolute()),
                "course": str(asked.course.resolve()),
                "folder": folder,
                "seconds": asked.seconds,
            }
            lines = await run_judge(json.dumps(job).encode(), asked.seconds + START_S)
    return understood(name, lines)


async def run_judge(job: bytes, seconds: float) -> list[dict]:
    """Return what the judge told until it ended, or until its time was over."""
    judge = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "tcpkit.marks.judge"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        start_new_session=True,
        limit=MOST_TOLD,
    )
    lines: list[dict] = []
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                judge.stdin.write(job)
                judge.stdin.close()
                while line := await judge.stdout.readline():
                    lines.append(json.loads(line))
    finally:
        with suppress(ProcessLookupError):
            os.killpg(judge.pid, signal.SIGKILL)  # its desks end with it: their lifeline is cut
        await judge.wait()
    return lines


def understood(name: str, lines: list[dict]) -> Told:
    """Return the marks of one hand-in; what the judge did not tell did not finish."""
    told = Told()
    asked: list[str] = []
    for line in lines:
        if "questions" in line:
            asked = line["questions"]
            if not asked:
                told.notes.append(f"{name}: lesson {line['lesson']} has no exercises to mark.")
        elif "open" in line:
            told.notes.append(
                f"Hand-ins could not be shut off from this machine ({line['open']}). "
                "They run with your rights, within limits of time and memory: see docs/teachers.md."
            )
        else:
            told.marks.append(Mark(name, line.get("question", ""), line["status"], line["note"]))
    has_marks = {mark.exercise for mark in told.marks}
    if not lines:
        told.marks.append(Mark(name, "", Word.BROKEN, "reading it took too long, or too much memory"))
    told.marks += [Mark(name, each, Word.LATE, "its judge was ended") for each in asked if each not in has_marks]
    return told


def shown(path: Path) -> str:
    """Return a name that is safe to print: what is no UTF-8, or no sign at all, is written out."""
    return printable(os.fsencode(path).decode(errors="backslashreplace"))


def printable(text: str) -> str:
    """Return text in one line that does nothing to a terminal."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def quoted(field: str) -> str:
    """Return a field of a CSV that no spreadsheet takes for a formula.

    >>> print(quoted("=1+1"), quoted('a "b", c'))
    '=1+1 "a ""b"", c"
    """
    if field.lstrip().startswith(FORMULA):
        field = f"'{field}"
    if any(sign in field for sign in ',;"') or field != field.strip():
        return f'"{field.replace(chr(34), chr(34) * 2)}"'
    return field

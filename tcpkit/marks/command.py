"""The command: find the submissions, have each judged, print the CSV."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tcpkit.marks.course import LESSON
from tcpkit.marks.judge import Word

ROOT = Path(__file__).parents[2]
SECONDS = 120
JOBS = 2
UNPROTECTED = (
    "Hand-ins cannot be shut off from this machine ({why}), and would run with your rights. In a container, start it "
    "with --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined; "
    "elsewhere `python -m tcpkit doctor` says what is missing. {now}See docs/teachers.md."
)
START_S = 30.0  # for reading a notebook, and for ending what it started
LONGEST_LINE = 1_000_000  # bytes of a judge's line
FORMULA = ("=", "+", "-", "@", "\N{MINUS SIGN}")  # a cell that begins so is a formula to a spreadsheet
QUOTE = "'"  # in front of a cell: it is text


@dataclass(frozen=True)
class Mark:
    """One line of the CSV; its `note` goes to the terminal."""

    file: str
    exercise: str
    status: str
    note: str = ""

    def row(self, protected: bool) -> str:
        """Return the line; that nothing protected the teacher is said in each."""
        fields = self.file, self.exercise, self.status, *(() if protected else ("unprotected",))
        return ",".join(map(quoted, fields))


@dataclass
class Report:
    """What a judge has reported of one submission."""

    marks: list[Mark] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments to the parser."""
    parser.add_argument("folder", type=Path, help="the hand-ins, in any subfolders; or one notebook")
    parser.add_argument("--jobs", type=positive, default=JOBS, help="hand-ins judged at once (%(default)s)")
    parser.add_argument("--seconds", type=positive, default=SECONDS, help="time for each hand-in (%(default)s)")
    parser.add_argument(
        "--unprotected", action="store_true", help="run hand-ins also where they cannot be shut off from this machine"
    )
    parser.add_argument("--course", type=Path, default=ROOT / "notebooks", help="the course's own notebooks")


def positive(text: str) -> int:
    """Return a number of at least 1."""
    number = int(text)
    if not 0 < number < 100_000:
        raise ValueError
    return number


def main(options: argparse.Namespace) -> int:
    """Print the CSV; return 0, or 1 where nothing could be marked."""
    if not any(LESSON.fullmatch(path.stem) for path in options.course.glob("*.ipynb")):
        return refuse(f"{options.course} has no lessons. Name the course's own notebooks: --course notebooks")
    if not options.folder.exists():
        return refuse(f"There is no {shown(options.folder)}. Name the folder with the hand-ins.")
    files = list(find(options.folder))
    if not files:
        return refuse(f"{shown(options.folder)} has no notebooks (.ipynb) in it.")
    why = why_unprotected()
    if why and not options.unprotected:
        return refuse(UNPROTECTED.format(why=why, now="Nothing was run. For work that you trust: --unprotected. "))
    if why:
        warn(UNPROTECTED.format(why=why, now="They are run now, as --unprotected says. "))
    options.protected = not why  # decided once: if a sandbox fails later, that hand-in is not run
    if os.geteuid() == 0:
        warn("You are root: what is handed in can read whatever root can. Better take a user of its own.")
    try:
        asyncio.run(mark_all(files, options))
    except asyncio.CancelledError:
        return 128 + signal.SIGTERM
    return 0


def why_unprotected() -> str:
    """Return why this system refuses a sandbox, or ""."""
    with tempfile.TemporaryDirectory(prefix="marks-") as folder:
        command = [sys.executable, "-P", "-m", "tcpkit.marks.sandbox", folder]
        done = subprocess.run(command, capture_output=True, text=True, env=judges_environment(), check=False)
    return done.stdout or done.stderr.strip().rpartition("\n")[2]


def judges_environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def refuse(why: str) -> int:
    print(why, file=sys.stderr)
    return 1


def warn(words: str) -> None:
    print(printable(words), file=sys.stderr, flush=True)


def find(folder: Path) -> Iterator[Path]:
    """Yield the notebooks below a folder, in order, without hidden ones.

    Says what is passed over: links to folders, folders that cannot be read.
    """
    if not folder.is_dir():
        yield folder
        return
    for root, folders, files in os.walk(folder, onerror=warn_unread):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for path in (Path(root, name) for name in folders):
            if path.is_symlink():
                warn(f"{shown(path)} is a link to a folder, and is not followed: copy the folder itself here")
            elif path.suffix == ".ipynb":
                warn(f"{shown(path)} is a folder, not a notebook: it is searched for notebooks")
        for name in sorted(files):
            if name.endswith(".ipynb") and not name.startswith("."):
                yield Path(root, name)


def warn_unread(error: OSError) -> None:
    warn(f"{shown(Path(error.filename))} cannot be read: {error.strerror}. What is in it is not marked")


async def mark_all(files: list[Path], options: argparse.Namespace) -> None:
    """Judge submissions, some at once; print the marks in the files' order."""
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asyncio.current_task().cancel)
    base = options.folder if options.folder.is_dir() else options.folder.parent
    gate = asyncio.Semaphore(options.jobs)
    tasks = [asyncio.create_task(mark_one(file, shown(file.relative_to(base)), options, gate)) for file in files]
    printed: set[str] = set()
    print("file,exercise,status" + ",sandbox" * (not options.protected), flush=True)
    try:
        for task in tasks:
            report = await task
            for mark in report.marks:
                print(mark.row(options.protected), flush=True)
                if mark.note:
                    warn(f"{mark.file}{', ' * bool(mark.exercise)}{mark.exercise}: {mark.note}")
            for note in report.notes:
                if note not in printed:
                    warn(note)
                printed.add(note)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def mark_one(file: Path, name: str, options: argparse.Namespace, gate: asyncio.Semaphore) -> Report:
    """Have one submission judged."""
    async with gate:
        with tempfile.TemporaryDirectory(prefix="marks-", ignore_cleanup_errors=True) as folder:
            job = {
                "file": os.fspath(file.absolute()),
                "course": str(options.course.resolve()),
                "folder": folder,
                "seconds": options.seconds,
                "protected": options.protected,
            }
            lines = await run_judge(json.dumps(job).encode(), options.seconds + START_S)
    return understood(name, lines)


async def run_judge(job: bytes, seconds: float) -> list[dict]:
    """Return the judge's lines until it ended, or until its time was over."""
    judge = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "tcpkit.marks.judge"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=judges_environment(),
        start_new_session=True,
        limit=LONGEST_LINE,
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
            os.killpg(judge.pid, signal.SIGKILL)  # its workers end with it: their lifelines close
        await judge.wait()
    return lines


def understood(name: str, lines: list[dict]) -> Report:
    """Return one submission's marks; a question without one did not finish."""
    report = Report()
    questions: list[str] = []
    why = "its judge was ended"
    for line in lines:
        if "questions" in line:
            questions = line["questions"]
            if not questions:
                report.notes.append(f"{name}: lesson {line['lesson']} has no exercises to mark.")
        elif "unprotected" in line:
            why = (
                f"it was not run, as it could not be shut off from this machine ({line['unprotected']}): mark it again"
            )
        else:
            report.marks.append(Mark(name, line.get("question", ""), line["status"], line["note"]))
    has_marks = {mark.exercise for mark in report.marks}
    if not lines:
        report.marks.append(Mark(name, "", Word.BROKEN, "reading it took too long, or too much memory"))
    report.marks += [Mark(name, each, Word.LATE, why) for each in questions if each not in has_marks]
    return report


def shown(path: Path) -> str:
    """Return a name that is safe to print: other bytes are escaped."""
    return printable(os.fsencode(path).decode(errors="backslashreplace"))


def printable(text: str) -> str:
    """Return text in one line, without control characters."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def quoted(field: str) -> str:
    """Return a CSV field that no spreadsheet takes for a formula.

    A quote goes in front of such a field, and of one that begins with a quote
    itself, so that no two fields look alike.

    >>> print(quoted("=1+1"), quoted('a "b", c'))
    '=1+1 "a ""b"", c"
    """
    # Some spreadsheets read wide and small signs as the usual ones: U+FF1D as "=".
    if unicodedata.normalize("NFKC", field).lstrip().startswith((*FORMULA, QUOTE)):
        field = QUOTE + field
    if any(sign in field for sign in ',;"') or field != field.strip():
        return f'"{field.replace(chr(34), chr(34) * 2)}"'
    return field

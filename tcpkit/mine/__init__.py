"""Your own TCP, kept from lesson to lesson in a file `tcp.py` beside the notebooks.

A piece is kept once its check says PASS, and is checked again whenever the file is read. What is wrong with a piece or
with the file is said in a line, and tcpkit's own piece takes its place: nothing here raises.
"""

from __future__ import annotations

import html
import random
import traceback
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from tcpkit.check.call import Printed, fresh
from tcpkit.check.deadline import Deadline, OutOfTime
from tcpkit.check.exercise import Exercise
from tcpkit.check.feedback import describe
from tcpkit.check.live_talk import NO_CABLE
from tcpkit.check.verdict import Status, Verdict
from tcpkit.draw import tcp_so_far
from tcpkit.lab import Lab
from tcpkit.lab.errors import NeverReturns
from tcpkit.mine.definition import text_of
from tcpkit.mine.tcp_file import FILE, LARGEST, path_of_file, run, save
from tcpkit.stack.link import Link
from tcpkit.stack.settings import Pieces, Settings
from tcpkit.stack.stack import Stack

LIMIT_S = 3.0  # to run the file, and to check a piece
SIZE, LINK = 1_000_000, Link(loss=0.02, seed=1)
PATIENCE_S = 8.0  # for what takes half a second
ARRIVES = "equal hashes"


@dataclass(frozen=True)
class Piece:
    """A piece of the learner's: its lesson, and the name of its exercise there."""

    lesson: int
    exercise: str
    imports: str = ""  # of the lesson's, for the piece to stand alone
    live: int = 0  # so many of its check's inputs need the kernel: the last ones


PIECES = {
    "before": Piece(8, "before"),
}
TOGETHER: dict[str, tuple[str, ...]] = {}  # boxes of the picture that take several pieces
HELD: dict[str, object] = {}  # kept for this session, as they could not be saved


class Said(str):
    """Words that a notebook shows as they are."""

    __repr__ = str.__str__


@dataclass(frozen=True, repr=False)
class Tcp:
    """A TCP of your pieces and tcpkit's: `own` has yours, by their box in the picture."""

    own: Mapping[str, Any]
    said: tuple[str, ...] = ()

    @property
    def pieces(self) -> Pieces:
        """Return the pieces for `Settings(pieces=...)`."""
        return Pieces(**{box: piece for box, piece in self.own.items() if box != "door"})

    @property
    def lessons(self) -> dict[str, int]:
        """Return the lesson of each box that is yours."""
        return {box: PIECES[TOGETHER.get(box, (box,))[0]].lesson for box in self.own}

    def __repr__(self) -> str:
        return "\n".join([*self.said, repr(tcp_so_far(self.lessons))])

    def _repr_html_(self) -> str:
        lines = [f"<div>{html.escape(line)}</div>" for line in self.said]
        return "".join(lines) + tcp_so_far(self.lessons)._repr_html_()


def keep(**pieces: object) -> Tcp:
    """Keep each piece whose check says PASS; return your TCP so far, and what became of each."""
    said = [_keep(name, answer) for name, answer in pieces.items()]
    tcp = _load()
    return replace(tcp, said=(*said, *tcp.said))


def pieces() -> Pieces:
    """Return your pieces, with tcpkit's where you have none; print which of yours do not pass any more."""
    tcp = _load()
    print(*tcp.said, sep="\n", end="\n" * bool(tcp.said))
    return tcp.pieces


def carry(lab: Lab) -> Said:
    """Carry a megabyte each way between the kernel and your TCP, over a bad link, in a lab of its own."""
    if not isinstance(lab, Lab):
        return Said("Hand over your lab: `mine.carry(lab)`.")
    if lab.kind != "namespace":
        return Said(NO_CABLE.replace("This exercise", "`mine.carry`"))
    tcp = _load()
    ended, why = _journey(tcp.pieces)
    whose = f"Yours: {', '.join(tcp.own)}." if tcp.own else "All pieces are tcpkit's."
    line = f"{SIZE:,} bytes each way, 1 packet in 50 lost: {ended}. {whose}"
    return Said("\n".join([*tcp.said, line, *([] if ended == ARRIVES else [why, _culprit(tcp)])]))


# Keeping a piece.


def _keep(name: str, answer: Any) -> str:
    """Keep a piece, and say so; or say why not."""
    if name not in PIECES:
        return f"{name}: there is no such piece. The pieces are: {', '.join(PIECES)}."
    verdict = _judged(PIECES[name], answer)
    if verdict.status is Status.TODO:
        return f"TODO {verdict.exercise.split()[0]}: nothing to keep yet"
    if verdict.status is not Status.PASS:
        return f"{name}: not kept. {verdict.message}"
    text = text_of(answer)
    if not text:
        return f"{name}: not kept. Its text was not found: write it with `def` or `class` at the left edge of a cell."
    alias = f"\n\n\n{name} = {answer.__name__}" * (answer.__name__ != name)
    text = f"{PIECES[name].imports}{text}{alias}"
    missing = _missing(name, text)
    if missing:
        return f"{name}: not kept. It works here, but not on its own: {missing}"
    HELD[name] = answer
    trouble = save(name, PIECES[name].lesson, text)
    if trouble:
        return f"{name}: kept for this session; {trouble}"
    del HELD[name]
    return f"{name}: kept in {FILE}"


def _missing(name: str, text: str) -> str:
    """Return what a piece lacks in a module of its own; "" for nothing."""
    names = ModuleType(name).__dict__
    _, error = _tried(lambda: run(text.encode(), f"<{name}>", names))
    error = error or _raised(PIECES[name], names[name])
    if isinstance(error, NameError):
        return f"it needs `{error.name}` from another cell. Put its import, or its definition, into the same cell."
    if error:
        return f"it {_words(error)}."
    verdict = _judged(PIECES[name], names[name])
    return "" if verdict.status is Status.PASS else verdict.message


def _exercise(piece: Piece) -> Exercise:
    """Return the piece's exercise, with those of its inputs that need no kernel."""
    exercise = getattr(import_module(f"tcpkit.check.lesson{piece.lesson:02}"), piece.exercise)
    inputs = exercise.inputs[: len(exercise.inputs) - piece.live]
    return replace(exercise, inputs=inputs, limit_s=min(LIMIT_S, exercise.limit_s))


def _judged(piece: Piece, answer: object) -> Verdict:
    return Exercise.__call__(_exercise(piece), answer)


def _raised(piece: Piece, answer: object) -> BaseException | None:
    """Return what an answer raises for the inputs of its check."""
    exercise = _exercise(piece)
    return _tried(lambda: [exercise.play(answer, *fresh(given)) for given in exercise.inputs])[1]


def _tried(function: Callable[[], object]) -> tuple[Any, BaseException | None]:
    """Return what a function returns, or what it raised; nothing is printed, and it ends in time."""
    with redirect_stdout(Printed()), redirect_stderr(Printed()), Deadline(LIMIT_S) as deadline:
        try:
            return deadline.call(function), None
        except BaseException as error:
            return None, error


# Reading what was kept.


def _load() -> Tcp:
    """Return the TCP of the pieces that pass, those of the file and those of this session."""
    found, said = _read()
    passed: dict[str, Any] = {}
    for name, piece in PIECES.items():
        answer = HELD.get(name, found.get(name))
        wrong = "" if answer is None else _wrong(piece, answer)
        said += [f"{name}: tcpkit's ({wrong})"] if wrong else []
        passed |= {} if wrong or answer is None else {name: answer}
    return Tcp(passed, tuple(said))


def _read() -> tuple[dict[str, Any], list[str]]:
    """Return the names that the file defines, and what is wrong with it."""
    path = path_of_file()
    if path is None:
        return {}, []
    if path.stat().st_size > LARGEST:
        return {}, [f"{FILE} has more than {LARGEST:,} bytes, and was not read. Its pieces are tcpkit's."]
    names = ModuleType("tcp").__dict__
    _, error = _tried(lambda: run(path.read_bytes(), str(Path(FILE).absolute()), names))
    return names, [f"{FILE} {_words(error)}. What it does not define before is tcpkit's."] if error else []


def _wrong(piece: Piece, answer: object) -> str:
    """Return why an answer does not pass; "" if it does."""
    verdict = _judged(piece, answer)
    if verdict.status is Status.PASS:
        return ""
    error = _raised(piece, answer)
    return f"yours {_words(error)}" if error and _line(error) else f"yours: {verdict.message}"


def _words(error: BaseException) -> str:
    """Return what was raised, and at which line of the file."""
    said = describe(error) if not isinstance(error, SyntaxError) else f"SyntaxError: {error.msg}"
    said = f"had not finished after {LIMIT_S:g} s" if isinstance(error, OutOfTime) else f"raised {said}"
    return f"{said}, {FILE} line {_line(error)}" if _line(error) else said


def _line(error: BaseException) -> int | None:
    """Return the last line of the file that was running; None if none was."""
    found = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).name == FILE]
    return found[-1] if found else getattr(error, "lineno", None)


# Carrying.


def _journey(pieces: Pieces) -> tuple[str, str]:
    """Return how a megabyte each way ended with these pieces, and in what words."""
    data = random.Random(1).randbytes(SIZE)
    try:
        with Lab("namespace") as lab:
            came = _carried(lab, data, Settings(rto_min_s=0.2, pieces=pieces))
    except TimeoutError as error:
        return "it hangs", str(error.strerror or error).partition(" `with host.capture")[0]
    except NeverReturns as error:
        return "it hangs", str(error).partition(" Mend it")[0]
    except Exception as error:
        return "it stops", str(error)
    if came == (data, f"{SIZE} {sha256(data).hexdigest()}"):
        return ARRIVES, ""
    return "DIFFERENT hashes", "Every byte was acknowledged, and some are wrong, or in the wrong place."


def _carried(lab: Lab, data: bytes, settings: Settings) -> tuple[bytes, str]:
    """Return what came from the kernel, and what its program says of what came from us."""
    lab.source(data, 8000)
    sink, host = lab.sink(8001), lab.host(link=LINK)
    running = host.run(Stack(host.address, settings))
    there, here = (running.dial(host.gateway, port, timeout_s=PATIENCE_S) for port in (8001, 8000))
    came = running.read_all(here, PATIENCE_S)
    running.send_all(there, data, PATIENCE_S)
    running.read_all(there, PATIENCE_S)
    sink.wait()
    return came, sink.output


def _culprit(tcp: Tcp) -> str:
    """Say which piece fails also where all others are tcpkit's."""
    ended, _ = _journey(Pieces())
    if ended != ARRIVES:
        return f"With tcpkit's pieces alone: {ended}. So your TCP is not the cause. Run this cell again."
    alone = {box: _journey(Tcp({box: piece}).pieces)[0] for box, piece in tcp.own.items() if box != "door"}
    named = [f"With your {box} alone: {how}; with tcpkit's it arrives." for box, how in alone.items() if how != ARRIVES]
    return "\n".join(named) or "With each of your pieces alone it arrives. Run this cell again."

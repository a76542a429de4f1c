"""Your own TCP, kept from lesson to lesson in a file `tcp.py` beside the notebooks.

A piece is kept once its check says PASS, and is checked again whenever the file is read. What is wrong with a piece or
with the file is said in a line, and tcpkit's own piece takes its place: nothing here raises.
"""

from __future__ import annotations

import html
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from tcpkit.check.live_talk import NO_CABLE
from tcpkit.check.verdict import Status
from tcpkit.draw.tcp_so_far import BOXES, tcp_so_far
from tcpkit.lab import Lab
from tcpkit.mine.carrying import ARRIVES, SIZE, culprit, journey
from tcpkit.mine.congestion import congestion_of
from tcpkit.mine.definition import text_of
from tcpkit.mine.judging import Piece, judged, raised, tried, words, wrong
from tcpkit.mine.tcp_file import FILE, LARGEST, path_of_file, run, save
from tcpkit.stack.settings import Pieces
from tcpkit.stack.states import complete

DOORS = "tcpkit.lab.cables.door"  # asyncio's part of the lab: loaded when it is asked for
STATES = "from tcpkit.stack.states import Event, State\n\n\n"
DOOR = f"from {DOORS} import DOOR\n\n\n"
PIECES = {
    "before": Piece(8, "before"),
    "opening": Piece(10, "opening", STATES, live=1),
    "closing": Piece(10, "closing", STATES, live=1),
    "reassembler": Piece(11, "Reassembler"),
    "rto": Piece(12, "RTO"),
    "window": Piece(13, "ReceiveWindow"),
    "persist": Piece(13, "PersistTimer"),
    "until": Piece(14, "until"),
    "read": Piece(14, "read", DOOR),
    "write": Piece(14, "write", DOOR),
    "after_ack": Piece(16, "after_ack"),
    "after_loss": Piece(16, "after_loss"),
}
TOGETHER: dict[str, Callable[..., object]] = {  # a box of several pieces, and how these make it
    "transitions": lambda opening, closing: complete({**opening(), **closing()}),
    "congestion": congestion_of,
    "door": lambda until, read, write: import_module(DOORS).Door(until, read, write),
}
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
    def in_stack(self) -> dict[str, Any]:
        """Return those that a stack takes: all but the door."""
        return {box: piece for box, piece in self.own.items() if box != "door"}

    @property
    def lessons(self) -> dict[str, int]:
        """Return the lesson of each box that is yours."""
        return {box: PIECES[(*_parts(box), box)[0]].lesson for box in self.own}

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


def pieces(lab: Lab | None = None) -> Pieces:
    """Return your pieces, with tcpkit's where you have none; print which of yours do not pass any more.

    With a lab that has cables they carry a megabyte first. If it does not arrive, all are tcpkit's, and a line says so:
    what passes its check may still hang or lie later on, and a client in C cannot be ended then.
    """
    own = _told().in_stack
    if own and lab is not None and lab.kind == "namespace" and (ended := journey(own)[0]) != ARRIVES:
        print(f"With your pieces a megabyte does not arrive ({ended}): all are tcpkit's here. Run `mine.carry(lab)`.")
        own = {}
    return replace(Pieces(), **own)


def door() -> Any:
    """Return the door of your `until`, `read` and `write`, or tcpkit's; print why it is not yours."""
    return _told().own.get("door") or import_module(DOORS).DOOR


def carry(lab: Lab) -> Said:
    """Carry a megabyte each way between the kernel and your TCP, over a bad link, in a lab of its own."""
    if not isinstance(lab, Lab):
        return Said("Hand over your lab: `mine.carry(lab)`.")
    if lab.kind != "namespace":
        return Said(NO_CABLE.replace("This exercise", "`mine.carry`"))
    tcp = _load()
    own = tcp.in_stack
    ended, why = journey(own)
    whose = f"Yours: {', '.join(own)}." if own else "All pieces are tcpkit's."
    line = f"{SIZE:,} bytes each way, 1 packet in 50 lost: {ended}."
    return Said("\n".join([*tcp.said, line, whose, *([] if ended == ARRIVES else [why, culprit(own)])]))


# Keeping a piece.


def _keep(name: str, answer: Any) -> str:
    """Keep a piece, and say so; or say why not."""
    if name not in PIECES:
        return f"{name}: there is no such piece. The pieces are: {', '.join(PIECES)}."
    verdict = judged(PIECES[name], answer)
    if verdict.status is Status.TODO:
        return f"TODO {verdict.exercise.split()[0]}: nothing to keep yet"
    if verdict.status is not Status.PASS:
        return f"{name}: not kept. {verdict.message}"
    text, _ = tried(lambda: text_of(answer))
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
    """Return what a piece lacks in a module that has nothing else but the other pieces; "" for nothing."""
    others = {**_read()[0], **HELD}
    names = ModuleType(name).__dict__ | {other: others[other] for other in PIECES if other in others}
    _, error = tried(lambda: run(text.encode(), f"<{name}>", names))
    said = f"it {words(error)}." if error else ""
    if error is None:
        verdict = judged(PIECES[name], names[name])
        if verdict.status is Status.PASS:
            return ""
        error, said = raised(PIECES[name], names[name]), verdict.message
    if isinstance(error, NameError):
        return f"it needs `{error.name}` from another cell. Put its import, or its definition, into the same cell."
    return said


# Reading what was kept.


def _told() -> Tcp:
    """Return the TCP so far, and print what is wrong with it."""
    tcp = _load()
    print(*tcp.said, sep="\n", end="\n" * bool(tcp.said))
    return tcp


def _load() -> Tcp:
    """Return the TCP of the pieces that pass, those of the file and those of this session."""
    found, said = _read()
    found |= HELD
    passed: dict[str, Any] = {}
    for name in PIECES:
        why = wrong(PIECES[name], found[name]) if name in found else ""
        said += [f"{name}: tcpkit's ({why})"] if why else []
        passed |= {name: found[name]} if name in found and not why else {}
    for box in TOGETHER:
        passed[box], why = _joined(box, passed)
        said += [f"{box}: tcpkit's ({why})"] if why else []
    return Tcp({box: passed[box] for box in BOXES if passed.get(box) is not None}, tuple(said))


def _parts(box: str) -> tuple[str, ...]:
    """Return the pieces that a box is made of, if it takes several."""
    return tuple(inspect.signature(TOGETHER[box]).parameters) if box in TOGETHER else ()


def _joined(box: str, passed: Mapping[str, Any]) -> tuple[Any, str]:
    """Return what the pieces of a box make, or why there is nothing."""
    missing = [part for part in _parts(box) if part not in passed]
    if missing:
        return None, f"{' and '.join(missing)} not there, or refused" * (len(missing) < len(_parts(box)))
    made, error = tried(lambda: TOGETHER[box](*(passed[part] for part in _parts(box))))
    return made, f"yours {words(error)}" if error else ""


def _read() -> tuple[dict[str, Any], list[str]]:
    """Return the names that the file defines, and what is wrong with it."""
    path = path_of_file()
    if path is None:
        return {}, []
    if path.stat().st_size > LARGEST:
        return {}, [f"{FILE} has more than {LARGEST:,} bytes, and was not read. Its pieces are tcpkit's."]
    names = ModuleType("tcp").__dict__
    _, error = tried(lambda: run(path.read_bytes(), str(Path(FILE).absolute()), names))
    return names, [f"{FILE} {words(error)}. What it does not define before is tcpkit's."] if error else []

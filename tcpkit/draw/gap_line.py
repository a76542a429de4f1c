"""Pieces of a stream in the order in which they come: what is new in each, what is known, where the gaps are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from tcpkit.draw.layout import DASHED, SIGN, THICK, Box, Meaning, frame, legend, put, rows
from tcpkit.draw.picture import Picture
from tcpkit.draw.svg import label, mono, path

LEFT, RIGHT, WIDTH = 96, 444, 460  # px: the stream is between, names at its left
MOST = 36  # bytes that fit
WIDEST = 28  # px of one byte
TOP, HEIGHT, PITCH = 40, 20, 28  # px: the first row, a piece, and from piece to piece
HATCH = 7  # px from stroke to stroke
COLUMN, CHARS = 10, 2  # characters: where the stream begins, and for each byte


class Run(NamedTuple):
    """Bytes of a piece that are all new, or all known."""

    start: int
    end: int
    is_new: bool


def gap_line(pieces: Iterable[tuple[int, int]]) -> Picture:
    """Draw pieces of a stream where they lie, the first to come at the top, and the stream below them.

    A piece is the position of its first byte, and the position after its last.
    What is new in it is filled, and what came before is hatched; where
    nothing has come, the line of the stream is dashed.
    """
    pieces = list(pieces)
    if not pieces or not all(0 <= start < end <= MOST for start, end in pieces):
        raise ValueError(f"pieces are pairs such as (0, 4), from 0 to {MOST} at most; these are {pieces}")
    came, size = _came(pieces), max(end for _, end in pieces)
    cell = min(WIDEST, (RIGHT - LEFT) / size)
    shapes = [label(12, 24, "pieces, in the order in which they come")]
    for y, ((start, end), runs) in rows(zip(pieces, came, strict=True), TOP, PITCH):
        shapes.append(mono(12, y + 15, f"{start} to {end}"))
        for run in runs:
            box = Box(LEFT + cell * run.start, y, cell * (run.end - run.start), HEIGHT)
            shapes += [box.drawn("you")] if run.is_new else _hatched(box)
    y = TOP + PITCH * len(pieces) + 12
    shapes.append(label(12, y + 5, "stream"))
    for run in _arrived(came, size):
        ends = [(LEFT + cell * at, y) for at in (run.start, run.end)]
        shapes.append(path(ends, "line", THICK if run.is_new else DASHED))
    for at in range(0, size + 1, 1 if cell >= WIDEST - 4 else 5):
        shapes.append(mono(LEFT + cell * at, y + 22, str(at), "soft", "middle"))
    meanings = Meaning(lambda *at: [Box(*at, SIGN, SIGN).drawn("you")], "new"), Meaning(_known, "came before")
    marks, y = legend(meanings, 12, y + 36, RIGHT)
    size_px = WIDTH, y + 10
    return frame("Pieces of a stream", _alt(pieces, came), _text(pieces, came, size), size_px, [*shapes, *marks])


def _came(pieces: Sequence[tuple[int, int]]) -> list[list[Run]]:
    """Return the runs of each piece."""
    known: set[int] = set()
    came = []
    for start, end in pieces:
        came.append(_runs(range(start, end), known))
        known.update(range(start, end))
    return came


def _runs(places: range, known: set[int]) -> list[Run]:
    groups = [list(group) for _, group in groupby(places, known.__contains__)]
    return [Run(group[0], group[-1] + 1, group[0] not in known) for group in groups]


def _arrived(came: Sequence[Sequence[Run]], size: int) -> list[Run]:
    """Return the stream as runs of bytes that have come, and of those that have not."""
    there = {at for runs in came for run in runs for at in range(run.start, run.end)}
    return _runs(range(size), set(range(size)) - there)


def _hatched(box: Box) -> list[str]:
    strokes = [box.drawn("you-frame")]
    for sum_px in range(HATCH, int(box.width + box.height), HATCH):  # of what is right and down along one stroke
        ends = min(sum_px, box.width), max(0, sum_px - box.height)
        strokes.append(path([(box.left + x, box.top + sum_px - x) for x in ends], "you-line"))
    return strokes


def _known(left: float, top: float) -> list[str]:
    return _hatched(Box(left, top, SIGN, SIGN))


def _alt(pieces: Sequence[tuple[int, int]], came: Sequence[Sequence[Run]]) -> str:
    said = []
    for (start, end), runs in zip(pieces, came, strict=True):
        new = " and ".join(f"{run.start} to {run.end}" for run in runs if run.is_new)
        words = "nothing" if not new else "all" if len(runs) == 1 else new
        said.append(f"{start} to {end} ({words} is new)")
    return f"Pieces of a stream, in the order in which they come: {', '.join(said)}."


def _text(pieces: Sequence[tuple[int, int]], came: Sequence[Sequence[Run]], size: int) -> str:
    lines = [
        put(f"{start} to {end}", *(_bar(run, "#/") for run in runs))
        for (start, end), runs in zip(pieces, came, strict=True)
    ]
    stream = put("stream", *(_bar(run, "=.") for run in _arrived(came, size)))
    numbers = put("", *((COLUMN + CHARS * at, str(at)) for at in range(0, size + 1, 5)))
    return "\n".join([*lines, stream, numbers, "# new   / came before"])


def _bar(run: Run, signs: str) -> tuple[int, str]:
    return COLUMN + CHARS * run.start, signs[not run.is_new] * CHARS * (run.end - run.start)

"""What became of a learner's congestion control: the leaderboard, in a file of the learner's own, and the last plot."""

from __future__ import annotations

import csv
import linecache
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

from tcpkit.check.contest import Result
from tcpkit.draw.plot import plot

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tcpkit.draw.picture import Picture


@dataclass(frozen=True)
class Tried:
    """What a class got when it was checked last."""

    passed: bool = False
    results: Mapping[str, Result] | None = None


TRIED: WeakKeyDictionary[type, Tried] = WeakKeyDictionary()


def results_of(answer: object) -> Tried:
    """Return what a class got when it was checked last."""
    with suppress(Exception):  # not hashable, or no class
        return TRIED.get(answer, Tried())  # type: ignore[call-overload]
    return Tried()


class Row(NamedTuple):
    """A line of the leaderboard."""

    name: str
    points: float
    half_rates: float
    date: str = ""
    sha256: str = ""  # of the cell that defines the class


BOARD, MARK = Path("leaderboard.csv"), Path("tcp.py")  # the second is in the learner's own folder, and in no other
LARGEST = 1_000_000  # bytes
KNOWN = (Row("Reno", 37.7, 21.8), Row("CUBIC", 32.9, 15.3))


def leaderboard() -> list[Row]:
    """Return the rows of leaderboard.csv, with Reno's and CUBIC's, the best first; never raises."""
    rows = [*KNOWN]
    with suppress(OSError, UnicodeError):
        if BOARD.stat().st_size <= LARGEST:
            for date, name, first, second, digest in (
                row for row in csv.reader(BOARD.read_text().splitlines()[1:]) if len(row) == 5
            ):
                with suppress(ValueError):
                    rows.append(Row(name, float(first), float(second), date, digest))
    return sorted(rows, key=lambda row: -row.points)


def written(answer: object, got: Mapping[str, float]) -> str:
    """Add a row in the learner's own folder, unless the same is there; return why not, or ""."""
    try:
        row = [answer.__name__[:40], *(f"{each:.1f}" for each in got.values()), _digest(answer)]  # type: ignore[attr-defined]
        if not MARK.is_file() or any([each.name, *map(str, each[1:3]), each.sha256] == row for each in leaderboard()):
            return ""
        with BOARD.open("a", newline="") as file:
            if not file.tell():
                csv.writer(file).writerow(["date", "name", "points", "half_rates", "sha256"])
            csv.writer(file).writerow([f"{datetime.now(UTC):%Y-%m-%d %H:%M}", *row])
    except Exception as error:  # a folder that is read-only, a disk that is full, a class with a name of its own kind
        return f"Not written to {BOARD}: {error}"
    return ""


def _digest(answer: object) -> str:
    codes = [each.__code__ for each in vars(answer).values() if hasattr(each, "__code__")]
    text = "".join(linecache.getlines(codes[0].co_filename)) if codes else ""
    return sha256(text.encode()).hexdigest()


# The last plot.

PLACES = ("slow line", "small buffer", "large buffer", "long way")
RENOS = {
    "Reno": ((1.0, 8.2), (0.88, 1.3), (1.0, 10.9), (1.0, 1.2)),
    "CUBIC": ((1.0, 8.3), (0.98, 1.3), (0.95, 10.9), (0.79, 2.0)),
}


def plane(answer: object = None) -> Picture:
    """Draw how much of the link each control uses, and how long its pings take; a class of yours after its check."""
    lines = dict(RENOS)
    if results := results_of(answer).results:
        lines["yours"] = tuple((round(results[each].used, 2), round(results[each].delay, 1)) for each in PLACES)

    def paint(axes: Axes) -> None:
        for number, (name, line) in enumerate(lines.items()):
            used, delay = zip(*line, strict=True)
            axes.plot(delay, used, "o", color=f"C{number}")
            for place, (x, y) in enumerate(zip(delay, used, strict=True), start=1):
                axes.annotate(f"{place}", (x, y))

    told = [f"{name}: " + ", ".join(f"{used:.0%} at {delay}" for used, delay in line) for name, line in lines.items()]
    return plot(paint, " ".join(told), "\n".join(told))

"""What became of a learner's congestion control: the leaderboard, in a file of the learner's own, and a picture."""

from __future__ import annotations

import csv
import linecache
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

from tcpkit.check.contest import Result
from tcpkit.draw.plot import plot

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tcpkit.draw.picture import Picture

BOARD, MARK = Path("leaderboard.csv"), Path("tcp.py")  # the second is in the learner's own folder, and in no other
HEAD = ["date", "name", "points", "half_rates", "sha256"]
LARGEST = 1_000_000  # bytes


@dataclass(frozen=True)
class Tried:
    """What a class got when it was checked last."""

    passed: bool = False
    results: Mapping[str, Result] | None = None


TRIED: WeakKeyDictionary[type, Tried] = WeakKeyDictionary()


def keep(answer: object, tried: Tried) -> None:
    """Keep what a class got, for as long as the class is there."""
    with suppress(Exception):  # a class that cannot be hashed
        TRIED[answer] = tried  # type: ignore[index]


def results_of(answer: object) -> Tried:
    """Return what a class got when it was checked last."""
    with suppress(Exception):  # not hashable, or no class
        return TRIED.get(answer, Tried())  # type: ignore[call-overload]
    return Tried()


class Row(NamedTuple):
    """A line of the leaderboard."""

    name: str
    points: float
    half_rates: float | str  # "" if that was not tried
    date: str = ""
    sha256: str = ""  # of the cell that defines the class


KNOWN = (Row("Reno", 35.9, 22.2), Row("CUBIC", 32.3, 18.6))


def leaderboard() -> list[Row]:
    """Return the rows of leaderboard.csv, and Reno's and CUBIC's, the best first; never raises."""
    rows = [*KNOWN]
    with suppress(OSError, UnicodeError, csv.Error):
        if BOARD.stat().st_size <= LARGEST:
            rows += _read(BOARD.read_text(encoding="utf-8"))
    return sorted(rows, key=lambda row: -row.points)


def _read(text: str) -> Iterator[Row]:
    """Return the rows in a text; what is no row is passed over."""
    for row in csv.reader(text.splitlines()):
        with suppress(ValueError):
            date, name, first, second, digest = row
            if math.isfinite(float(first)):
                yield Row(name, float(first), float(second) if second else "", date, digest)


def written(answer: object, got: Sequence[float]) -> str:
    """Add a row in the learner's own folder, unless the same is there; return why not, or ""."""
    try:
        if not MARK.is_file():
            return ""
        row = [str(answer.__name__)[:40], *f"{got[0]:.1f} {'' if len(got) < 2 else f'{got[1]:.1f}'}".split(" ")]  # type: ignore[attr-defined]
        row.append(_digest(answer))
        if any([each.name, *map(str, each[1:3]), each.sha256] == row for each in leaderboard()):
            return ""
        with BOARD.open("a", newline="", encoding="utf-8") as file:
            lines = csv.writer(file)
            lines.writerows([HEAD] * (not file.tell()))
            lines.writerow([f"{datetime.now(UTC):%Y-%m-%d %H:%M}", *row])
    except Exception as error:  # a folder that is read-only, a disk that is full, a class with a name of another kind
        return f"Not written to {BOARD}: {error}"
    return ""


def _digest(answer: object) -> str:
    codes = [each.__code__ for each in vars(answer).values() if hasattr(each, "__code__")]
    text = "".join(linecache.getlines(codes[0].co_filename)) if codes else ""
    return sha256(text.encode()).hexdigest()


# The picture.

OF_BOTH = {  # the share of the link that is used, and the ping as a multiple of the empty way's
    "slow line": {"Reno": (1.0, 8.2), "CUBIC": (1.0, 8.3)},
    "small buffer": {"Reno": (0.88, 1.3), "CUBIC": (0.98, 1.3)},
    "large buffer": {"Reno": (1.0, 9.5), "CUBIC": (0.87, 10.8)},
    "long way": {"Reno": (1.0, 2.0), "CUBIC": (0.74, 2.0)},
}


def pings(answer: object = None) -> Picture:
    """Draw how long pings take beside Reno and CUBIC, and how much of the link these use; yours, after its check."""
    places = {place: dict(both) for place, both in OF_BOTH.items()}
    for place, each in (results_of(answer).results or {}).items():
        if place in places:
            places[place]["yours"] = each.used, each.delay
    return _drawn(tuple((place, name, *at) for place, each in places.items() for name, at in each.items()))


@cache
def _drawn(rows: tuple[tuple[str, str, float, float], ...]) -> Picture:
    """Draw a line for each: the scenario, the control, the share that it uses, its ping."""

    def paint(axes: Axes) -> None:
        tones = {"Reno": ("C0", "o"), "CUBIC": ("C1", "s"), "yours": ("C2", "D")}
        for at, (_, name, used, delay) in enumerate(rows):
            tone, marker = tones[name]
            axes.plot([delay], [at], marker, color=tone)
            axes.annotate(
                f"{name}, {100 * used:.0f} %",
                (delay, at),
                (8, 0),
                textcoords="offset points",
                va="center",
                fontsize="small",
                color=tone,
            )
        each = len(rows) // len(OF_BOTH)
        axes.set(
            xscale="log", xlim=(0.9, 40), ylim=(len(rows) - 0.4, -0.6), xlabel="ping, as a multiple of the empty way's"
        )
        axes.set_xticks([1, 2, 5, 10], ["1", "2", "5", "10"])
        axes.set_xticks([], minor=True)
        axes.set_yticks([each * number + (each - 1) / 2 for number in range(len(OF_BOTH))], OF_BOTH)
        axes.grid(visible=False, axis="y")
        for number in range(1, len(OF_BOTH)):
            axes.axhline(each * number - 0.5, color="C0", linewidth=0.5, linestyle="-", alpha=0.5)

    told = [f"{place:13} {name:6} ping {delay:4.1f} x, {100 * used:3.0f} % used" for place, name, used, delay in rows]
    words = ", ".join(f"{name} {delay:.1f} in the {place}" for place, name, _, delay in rows)
    return plot(paint, f"Pings as a multiple of the empty way's: {words}. Better is to the left.", "\n".join(told))

"""Time things by turns, and say what came of it."""

from __future__ import annotations

import importlib
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType

ROUNDS = 25  # of each side, by turns
ROUND_S = 0.005  # a round repeats its call until it takes about this long

UNITS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}

Call = Callable[[], object]
Times = dict[str, list[float]]  # in seconds, by whom; empty where a peer is missing
Rates = dict[str, list[float]]  # in bytes a second, by whom; empty where a peer is missing
Limit = Callable[[float], float]  # from a peer's time to the longest allowed


def by_turns(calls: Mapping[str, Call | None], rounds: int = ROUNDS) -> Times:
    """Return the times of one call of each, in seconds, round after round.

    All take turns, so that a slow moment of the machine hits each of them. A
    call of None is a peer that is missing: it has no times.
    """
    repeats = {name: repeats_for(call) for name, call in calls.items() if call}
    times: Times = {name: [] for name in calls}
    for _ in range(rounds):
        for name, count in repeats.items():
            times[name].append(time_s(calls[name], count) / count)
    return times


def repeats_for(call: Call) -> int:
    """Return how often to call for one round; this warms the call up, too."""
    repeats = 1
    while True:
        taken = time_s(call, repeats)
        if taken >= ROUND_S / 4:
            return max(1, round(repeats * ROUND_S / taken))
        repeats *= 4


def time_s(call: Call, repeats: int) -> float:
    """Return the processor's time for so many calls, in seconds.

    Not the clock's: that of other programs on this machine does not count.
    """
    turns = [None] * repeats
    start = time.process_time()
    for _ in turns:
        call()
    return time.process_time() - start


def peer(name: str) -> ModuleType | None:
    """Return a module, or None where it is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


@dataclass(frozen=True)
class Result:
    """One line of the table: figures by whom, and what was asked of them.

    `met` is None where nothing was asked, or where a peer is missing.
    """

    what: str
    figures: Mapping[str, str]
    asked: str = ""
    found: str = ""
    met: bool | None = None

    def __str__(self) -> str:
        verdict = {True: "met", False: "NOT MET", None: "not judged" if self.asked else ""}[self.met]
        figures = "   ".join(f"{who} {figure}" for who, figure in self.figures.items())
        asked = f"asked: {self.asked}" if self.asked else ""
        parts = [f"  {self.what:<29}", f"{figures:<58}", f"{self.found:<16}", f"{asked:<40}", verdict]
        return " ".join(parts).rstrip()


def faster(what: str, times: Times, against: str, at_least: float) -> Result:
    """Return a result: the first is to be so much faster than a peer.

    The ratio is the median of each round's own.
    """
    ours, theirs = next(iter(times.values())), times[against]
    asked = f"{at_least:g}x faster than {against}" if at_least > 1 else f"faster than {against}"
    if not ours or not theirs:
        return Result(what, medians(times), asked)
    ratio = statistics.median(other / own for own, other in zip(ours, theirs, strict=True))
    return Result(what, medians(times), asked, f"{ratio:.1f}x faster", ratio >= at_least)


def within(what: str, times: Times, against: str, limit: Limit, asked: str) -> Result:
    """Return a result: the first is to stay below what a peer's time allows."""
    ours, theirs = next(iter(times.values())), times[against]
    if not ours or not theirs:
        return Result(what, medians(times), asked)
    limit_s = limit(statistics.median(theirs))
    met = statistics.median(ours) <= limit_s
    return Result(what, medians(times), asked, f"limit {duration(limit_s)}", met)


def reached(what: str, rates: Rates, against: str, factor: float) -> Result:
    """Return a result: the first's rate is to be so many times a peer's, or such a part of it.

    The ratio is the median of each round's own.
    """
    ours, theirs = next(iter(rates.values())), rates[against]
    figures = {name: bytes_s(statistics.median(found)) if found else "missing" for name, found in rates.items()}
    asked = f"at least {times_or_part(factor)} {against}"
    if not ours or not theirs:
        return Result(what, figures, asked)
    ratio = statistics.median(own / other for own, other in zip(ours, theirs, strict=True))
    return Result(what, figures, asked, f"{times_or_part(ratio)} {against}", ratio >= factor)


def bytes_s(rate: float) -> str:
    """Return a rate in words.

    >>> bytes_s(1_034_000_000), bytes_s(20_640_000), bytes_s(23_000)
    ('1,034 MB/s', '20.6 MB/s', '0.0230 MB/s')
    """
    return f"{rate / 1e6:,.0f} MB/s" if rate >= 100e6 else f"{rate / 1e6:#.3g} MB/s"


def times_or_part(ratio: float) -> str:
    """Return a ratio as people say it.

    >>> times_or_part(50), times_or_part(0.05)
    ('50x', '1/20 of')
    """
    return f"{ratio:.3g}x" if ratio >= 1 else f"1/{1 / ratio:.3g} of"


def medians(times: Times) -> dict[str, str]:
    """Return each side's median in words, or that it is missing."""
    return {name: duration(statistics.median(found)) if found else "missing" for name, found in times.items()}


def duration(time: float) -> str:
    """Return seconds in words: three digits, and a unit that suits.

    >>> duration(0.0000043217)
    '4.32 us'
    """
    unit, size = next((unit, size) for unit, size in UNITS.items() if time >= size or unit == "ns")
    return f"{time / size:#.3g}".rstrip(".") + f" {unit}"

"""Lesson 17's exercise 17.3, the contest: who passes, and what is said to who does not."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import ge
from typing import Any, NamedTuple

from tcpkit.check.call import Outcome, Run
from tcpkit.check.contest import SCENARIOS, Ended, Result, points, tried
from tcpkit.check.exercise import Exercise
from tcpkit.check.lesson17_board import Tried, keep, written
from tcpkit.check.signs import Sign, Trial
from tcpkit.check.values import plain
from tcpkit.check.verdict import Status, Verdict
from tcpkit.stack.congestion import Reno

SLOW, LONG, BESIDE = "slow line", "long way", "beside Reno"
AS_SHOWN, HALF, BY_HAND = "as shown", "half", "none: by hand"
SPEEDS = {HALF: (0.5, 2)}  # and the seed; else as shown
NEEDED = (41, 33)  # points as shown, and at half the rates
SHOWN = (*((name, AS_SHOWN) for name in SCENARIOS), (SLOW, "as shown, once more"), ("one ACK", BY_HAND))
INPUTS, FIRST = (*SHOWN, *((name, HALF) for name in SCENARIOS)), len(SHOWN)


class Right(Reno):
    """Reno that grows while at most three of its segments wait, and else takes one back in a round trip."""

    def __init__(self, mss: int) -> None:
        super().__init__(mss)
        self.least_s = math.inf

    def on_ack(self, acked: int, now: float, rtt_s: float) -> None:
        self.least_s = min(self.least_s, rtt_s)
        if self.cwnd * (rtt_s - self.least_s) <= 3 * self.mss * rtt_s:
            super().on_ack(acked, now, rtt_s)
        else:
            self.ssthresh = min(self.ssthresh, self.cwnd)
            self.cwnd -= self.mss * acked // self.cwnd


def _played(answer: Callable[[int], Any], scenario: str, rates: str) -> object:
    """Return what came of a scenario, as a `Result`; by hand: whether it follows the clock alone."""
    try:
        if rates == BY_HAND:
            return (_follows_the_clock(answer),)
        return tried(answer, scenario, *SPEEDS.get(rates, ()))
    except Ended as end:
        return end.args[0]


def _follows_the_clock(answer: Callable[[int], Any]) -> bool:
    windows = []
    for acked, rtt_s in ((1448, 0.04), (2896, 0.4)):
        control, seen = answer(1448), []
        control.ssthresh = 1.0
        for number in range(1, 200):
            control.on_ack(acked, number / 20, min(0.04 + number / 100, rtt_s))
            seen.append(control.cwnd)
        windows.append(seen)
    return windows[0] == windows[1] and len(set(windows[0])) > 1


class Seen(NamedTuple):
    """What the inputs show; nothing is tried at half the rates before the first points are enough."""

    shown: Mapping[str, Result]
    again: Result
    by_hand: tuple[bool]
    half: Mapping[str, Result]

    @property
    def points(self) -> list[float]:
        """Return the points, and those at half the rates if that was tried."""
        return [points([*each.values()]) for each in (self.shown, self.half) if each]

    @property
    def is_enough(self) -> bool:
        return len(self.points) == 2 and all(map(ge, self.points, NEEDED))

    @property
    def has_passed(self) -> bool:
        return self.is_enough and self.again.trace == self.shown[SLOW].trace


def _seen(run: Run) -> Seen | None:
    """Return what a run shows; None if it did not come to a result everywhere."""
    got = [each.returned.python for each in run.outcomes if each.returned and each.returned.family == "sequence"]
    if run.stopped or len(got) < len(run.outcomes) or len(got) not in (FIRST, len(INPUTS)):
        return None
    *shown, again = (Result(*each) for each in got[: FIRST - 1])  # type: ignore[misc]
    half = (Result(*each) for each in got[FIRST:])  # type: ignore[misc]
    by_name = [dict(zip(SCENARIOS, each, strict=False)) for each in (shown, half)]
    return Seen(by_name[0], again, got[FIRST - 1], by_name[1])  # type: ignore[arg-type]


def _sign(predicate: Callable[[Seen], bool]) -> Sign:
    def holds(trials: Sequence[Trial]) -> bool:
        seen = _seen(Run(tuple(trial.got for trial in trials)))
        return seen is not None and predicate(seen)

    return Sign(holds)


def _some(seen: Seen, what: str) -> bool:
    return any(getattr(each, what) for each in seen.shown.values())


def _most(seen: Seen, what: str) -> float:
    return max(getattr(each, what) for each in seen.shown.values())


def _kept(seen: Seen) -> float:
    """Return what is kept of the window after a loss, in the mean of the scenarios that have losses."""
    kept = [each.kept for each in seen.shown.values() if each.losses]
    return sum(kept) / len(kept) if kept else 0.0


SIGNS = {
    "`on_ack` returns something, and never changes the window. The stack reads `self.cwnd`: change that.": _sign(
        lambda seen: _some(seen, "returned") and not _some(seen, "moved")
    ),
    "The same scenario, run twice, went two ways. `now` is the only clock; use no chance, and keep all in `self`.": (
        _sign(lambda seen: seen.again.trace != seen.shown[SLOW].trace)
    ),
    "Your window stays at a few segments. Nobody is harmed, and less than a tenth of the long way is used.": _sign(
        lambda seen: _most(seen, "most") <= 12 and seen.shown[LONG].used < 0.1
    ),
    "Your window never moves. One number cannot fit the slow line and the long way.": _sign(
        lambda seen: not _some(seen, "moved") and not _some(seen, "gave")
    ),
    "`on_ack` never changes the window, so it only shrinks, at each loss.": _sign(
        lambda seen: not _some(seen, "moved") and not _some(seen, "returned")
    ),
    "At a loss and at a timeout your window stays. What is lost must be sent again, beside as much as before.": _sign(
        lambda seen: _some(seen, "losses") and not _some(seen, "gave")
    ),
    "After a loss you keep nine tenths of the window or more: Reno beside you, and others like you, get too little.": (
        _sign(lambda seen: _kept(seen) > 0.88 and seen.shown[BESIDE].fair < 0.8)
    ),
    "Your window follows the clock alone. What happens on the link must come in: `acked`, `rtt_s`, `flight`.": _sign(
        lambda seen: seen.by_hand[0]
    ),
    "Within one round trip `on_ack` takes away more than half of the window. What you did shows a round trip later: "
    "take away once in that time.": _sign(lambda seen: _most(seen, "fell") > 0.5 and not seen.is_enough),
}


@dataclass(frozen=True, eq=False)
class Contest(Exercise):
    """An exercise that is judged by points, over all its inputs together."""

    def rights(self, lab: object = None) -> tuple[Outcome, ...] | str:
        """Return no result: there is none that must be met."""
        return tuple(Outcome(plain(True), ()) for _ in self.inputs)

    def run(self, answer: object) -> Run:
        """Try the scenarios; those at half the rates only if the others give enough."""
        first = replace(self, inputs=INPUTS[:FIRST])
        run = Exercise.run(first, answer)
        seen = _seen(run)
        if seen is None or seen.points[0] < NEEDED[0]:
            return run
        more = Exercise.run(replace(self, inputs=INPUTS[FIRST:], limit_s=10.0), answer)
        return Run((*run.outcomes, *more.outcomes), more.stopped, run.printed or more.printed)

    def compare(self, run: Run, rights: tuple[Outcome, ...] | str, answer: object = None) -> Verdict:
        """Return the verdict; where it is not enough, with the scenario that costs most."""
        seen = _seen(run)
        if seen is None:
            whole = replace(self, signs={}, inputs=INPUTS[: len(run.outcomes)])
            pairs = zip(run.outcomes, rights, strict=False)  # what came to a result is not what is wrong
            known = tuple(got if got.returned and got.returned.family == "sequence" else right for got, right in pairs)
            return Exercise.compare(whole, run, known, answer)
        if seen.has_passed:
            return Verdict(Status.PASS, self.title, self.meaning, printed=run.printed)
        named = self.mistake([Trial(*each) for each in zip(run.outcomes, rights, self.inputs, strict=False)], {})  # type: ignore[arg-type]
        words = f"{_told(seen)} {named} {'' if seen.is_enough else _cost(seen.half or seen.shown)}"
        return Verdict(Status.TRY_AGAIN, self.title, " ".join(words.split()), str(named), run.printed)

    def __call__(self, answer: object, lab: object = None) -> Verdict:
        """Return a verdict on the learner's class, with all scenarios, and write the leaderboard; never raises."""
        run = self.run(answer)
        verdict, seen = self.compare(run, self.rights(), answer), _seen(run)
        if seen is None:
            return verdict
        keep(answer, Tried(seen.has_passed, seen.shown))
        lines = [f"{name}: {100 * each.worth:.0f} ({_words(name, each)})" for name, each in seen.shown.items()]
        told = [verdict.sentence, _told(seen) * seen.has_passed, *lines, written(answer, seen.points)]
        return replace(verdict, sentence="\n".join(filter(None, told)))


def _told(seen: Seen) -> str:
    first, *half = (f"{got:.1f} points" for got in seen.points)
    second = f", and {half[0]} at half the rates ({NEEDED[1]} are needed)" if half else ""
    return f"{first} ({NEEDED[0]} are needed){second}."


def _words(name: str, got: Result) -> str:
    used, fair = (f"{100 * each:.0f} %" for each in (got.used, got.fair))
    if SCENARIOS[name].has_reno:
        return f"Reno gets {fair} of its half of the link, you get {used} of yours"
    like = f", Jain's index {got.fair:.2f}" if SCENARIOS[name].flows > 1 else ""
    return f"{used} of the link used, pings take {got.delay:.1f} times the empty way's time{like}"


def _cost(results: Mapping[str, Result]) -> str:
    name = min(results, key=lambda each: results[each].worth)
    return f"What costs most is `{name}`: {_words(name, results[name])}."


Mine = Contest(
    "17.3 Mine",
    right=Right,
    play=_played,
    inputs=INPUTS,
    signs=SIGNS,
    limit_s=15.0,
    meaning="Good enough on seven links, and on seven that you had not seen.",
)

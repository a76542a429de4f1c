"""Lesson 17's exercise 17.3, the contest: who passes, and what is said to who does not."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from tcpkit.check.call import Outcome, Run
from tcpkit.check.contest import SCENARIOS, Ended, Result, points, tried
from tcpkit.check.exercise import Exercise
from tcpkit.check.lesson17_board import TRIED, Tried, written
from tcpkit.check.signs import Sign, Trial
from tcpkit.check.values import plain
from tcpkit.check.verdict import Status, Verdict
from tcpkit.stack.congestion import Reno

AS_SHOWN, HALF = "as shown", "half"
SPEEDS = {AS_SHOWN: (1.0, 1), HALF: (0.5, 2)}  # and the seed
NEEDED = {AS_SHOWN: 41.0, HALF: 33.0}
SLOW, LONG, BESIDE = "slow line", "long way", "beside Reno"
AGAIN, BY_HAND = ("slow line", "once more"), ("one ACK", "by hand")
CONTEST = tuple((name, rates) for rates in SPEEDS for name in SCENARIOS)


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
    """Return what came of a scenario, as a `Result`; by hand: whether it divides by 0, and follows the clock alone."""
    try:
        if (scenario, rates) == BY_HAND:
            return _divides(answer(1448)), _follows_the_clock(answer)
        return tried(answer, scenario, *SPEEDS.get(rates, SPEEDS[AS_SHOWN]))
    except Ended as end:
        return end.args[0]


def _divides(control: Any) -> bool:
    try:
        control.on_ack(1448, 0.01, 0.0)
    except ZeroDivisionError:
        return True
    return False


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
    """What all inputs show."""

    shown: Mapping[str, Result]
    half: Mapping[str, Result]
    again: Result
    by_hand: tuple[bool, bool]

    def points(self) -> dict[str, float]:
        return {AS_SHOWN: points([*self.shown.values()]), HALF: points([*self.half.values()])}


def _seen(outcomes: Sequence[Outcome]) -> Seen | None:
    """Return what the outcomes show; None if there is not a result for each input."""
    got = [each.returned.python for each in outcomes if each.returned and each.returned.family == "sequence"]
    if len(got) < len(CONTEST) + 2:
        return None
    results, count = [Result(*each) for each in got[:-1]], len(SCENARIOS)  # type: ignore[misc]
    pairs = [dict(zip(SCENARIOS, results[at : at + count], strict=True)) for at in (0, count)]
    return Seen(*pairs, results[-1], got[-1])  # type: ignore[arg-type]


def _sign(predicate: Callable[[Seen], bool]) -> Sign:
    def holds(trials: Sequence[Trial]) -> bool:
        seen = _seen([trial.got for trial in trials])
        return seen is not None and predicate(seen)

    return Sign(holds)


def _kept(seen: Seen) -> list[float]:
    return [each.kept for each in seen.shown.values() if each.losses]


def _never(seen: Seen) -> bool:
    return not any(each.moved for each in seen.shown.values()) and min([1.0, *_kept(seen)]) == 1


SIGNS = {
    "`on_ack` returns something, and the window never moves. The stack reads `self.cwnd`: change that.": _sign(
        lambda seen: _never(seen) and any(each.returned for each in seen.shown.values())
    ),
    "The same scenario, run twice, goes two ways: `now` is the only clock, and keep what you need in `self`.": _sign(
        lambda seen: seen.again.trace != seen.shown[SLOW].trace
    ),
    "Your window stays at a few segments. Nobody is harmed, and the long way is all but empty.": _sign(
        lambda seen: max(each.most for each in seen.shown.values()) <= 12 and seen.shown[LONG].used < 0.1
    ),
    "Your window never moves. One number cannot fit all: it is too much for the slow line, or too little for the long "
    "way.": _sign(_never),
    "At a loss and at a timeout your window stays as it was. What is lost must go again, and is lost again.": _sign(
        lambda seen: bool(_kept(seen)) and min(_kept(seen)) == 1
    ),
    "After a loss you keep nine tenths of the window or more: Reno beside you, and others like you, get too little.": (
        _sign(lambda seen: seen.shown[BESIDE].fair < 0.8 and 0.88 < sum(_kept(seen)) / len(_kept(seen)) < 1)
    ),
    "Within one round trip your `on_ack` takes away more than half of the window. What it did shows a round trip "
    "later: take away once in that time.": _sign(lambda seen: max(each.fell for each in seen.shown.values()) > 0.5),
    "Your window follows the clock alone. What happens on the link must come in: `acked`, `rtt_s`, `flight`.": _sign(
        lambda seen: seen.by_hand[1]
    ),
    "Your `on_ack` divides by a round trip of 0.0. Here that never comes; on a real link without delay the timestamps "
    "count milliseconds, and it does.": _sign(lambda seen: seen.by_hand[0] and _is_enough(seen)),
}


def _is_enough(seen: Seen) -> bool:
    return all(seen.points()[rates] >= needed for rates, needed in NEEDED.items())


def _passed(seen: Seen | None) -> bool:
    return seen is not None and _is_enough(seen) and not seen.by_hand[0] and seen.again.trace == seen.shown[SLOW].trace


@dataclass(frozen=True, eq=False)
class Contest(Exercise):
    """An exercise that is judged by points, over all its inputs together."""

    def rights(self, lab: object = None) -> tuple[Outcome, ...] | str:
        """Return no result: there is none that must be met."""
        return tuple(Outcome(plain(True), ()) for _ in self.inputs)

    def compare(self, run: Run, rights: tuple[Outcome, ...] | str, answer: object = None) -> Verdict:
        """Return the verdict; where it is not enough, with the scenario that costs most."""
        seen = None if run.is_stub or run.stopped else _seen(run.outcomes)
        if seen is None:
            return Exercise.compare(self, run, rights, answer)
        if _passed(seen):
            return Verdict(Status.PASS, self.title, self.meaning, printed=run.printed)
        trials = [Trial(*each) for each in zip(run.outcomes, rights, self.inputs, strict=True)]  # type: ignore[arg-type]
        named = self.mistake(trials, {})
        missed = AS_SHOWN if seen.points()[AS_SHOWN] < NEEDED[AS_SHOWN] else HALF
        cost = _cost(seen.shown if missed == AS_SHOWN else seen.half) if not _is_enough(seen) else ""
        words = f"{_told(seen.points())} {named} {cost}"
        return Verdict(Status.TRY_AGAIN, self.title, " ".join(words.split()), str(named), run.printed)

    def __call__(self, answer: object, lab: object = None) -> Verdict:
        """Return a verdict on the learner's class, with all scenarios, and write the leaderboard; never raises."""
        run = self.run(answer)
        verdict = self.compare(run, self.rights(), answer)
        seen = None if run.is_stub or run.stopped else _seen(run.outcomes)
        if seen is None:
            return verdict
        TRIED[answer] = Tried(_passed(seen), seen.shown)  # type: ignore[index]  # it is a class
        lines = [f"{name}: {100 * each.worth:.0f} ({_words(name, each)})" for name, each in seen.shown.items()]
        lines.append(written(answer, seen.points()))
        first = [verdict.sentence, _told(seen.points())] if _passed(seen) else [verdict.sentence]
        return replace(verdict, sentence="\n".join(filter(None, [*first, *lines])))


def _told(got: Mapping[str, float]) -> str:
    return (
        f"{got[AS_SHOWN]:.1f} points ({NEEDED[AS_SHOWN]:.0f} are needed), and {got[HALF]:.1f} at half the rates "
        f"({NEEDED[HALF]:.0f} are needed)."
    )


def _words(name: str, got: Result) -> str:
    if SCENARIOS[name].has_reno:
        return f"of its half Reno gets {got.fair:.0%}, you get {got.used:.0%}"
    like = f", Jain's index {got.fair:.2f}" if SCENARIOS[name].flows > 1 else ""
    return f"{got.used:.0%} of the link used, pings {got.delay:.1f} times the empty way's{like}"


def _cost(results: Mapping[str, Result]) -> str:
    name = min(results, key=lambda each: results[each].worth)
    return f"What costs most is `{name}`: {_words(name, results[name])}."


Mine = Contest(
    "17.3 Mine",
    right=Right,
    play=_played,
    inputs=(*CONTEST, AGAIN, BY_HAND),
    signs=SIGNS,
    limit_s=15.0,
    meaning="Good enough on seven links, and on seven that you had not seen.",
)

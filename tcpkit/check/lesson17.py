"""Lesson 17, fairness: one recall, three guesses, Jain's index, the queue's part of a window, and the contest."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from statistics import pstdev

from tcpkit.check.contest import jain as _jain
from tcpkit.check.exercise import Exercise
from tcpkit.check.lesson17_board import leaderboard as leaderboard
from tcpkit.check.lesson17_board import pings as pings
from tcpkit.check.lesson17_board import results_of
from tcpkit.check.lesson17_mine import Mine as Mine
from tcpkit.check.lesson17_queue import waiting as waiting
from tcpkit.check.questions import Asked, Guess, NotSeen, Option, Recall, another, as_you_said, chosen_letter
from tcpkit.check.signs import every
from tcpkit.check.values import plain
from tcpkit.check.verdict import Compared, Comparison, Status, Verdict


class Roughly(Recall):
    """A recall whose answer is rounded by the learner: 1.7 and 1.9 are 1.8."""

    def __call__(self, answer: object) -> Verdict:
        """Return a verdict on the answer; never raises."""
        value = plain(answer)
        if value.family != "float" and not (value.family == "int" and abs(value.python) < 1e9):  # type: ignore[arg-type]
            return Recall.__call__(self, answer)
        number = float(value.python)  # type: ignore[arg-type]
        known = (each for each in (self.right, *self.wrong) if abs(number - each) <= 0.06 * each)  # type: ignore[operator]
        asked = f"You answered {number:g}. How did you find it? The answer is a speed in Mbit/s."
        near = next(known, None)
        return Recall.__call__(self, near) if near else Verdict(Status.TRY_AGAIN, f"{self.number} recall", asked)


recall = Roughly(
    "17.0",
    right=1.8,
    wrong={
        3.5: "That is one change of two: twice the round trip, or four times the loss.",
        0.9: "Four times the loss halves the speed. It goes with the square root.",
        0.4: "Four times the loss halves the speed, and twice the round trip halves it once more.",
        7.1: "Both changes make it slower.",
    },
    meaning="Half for twice the round trip, and half for four times the loss.",
)

FULL = "The line is busy already. A longer queue makes it hardly faster, and everything behind the queue comes later."


def _ten_times(buffers: Mapping[int, tuple[float, float]]) -> str | None:
    (speed, ping), (faster, later) = buffers[25_000], buffers[250_000]
    return "1 or 2 % faster, and four times worse" if faster < 1.03 * speed and later > 3 * ping else None


guess_buffer = Guess(
    _ten_times,
    Option("the download is much faster, and the call is better", "faster", FULL),
    Option(
        "the download is hardly faster, and the call is much worse",
        "1 or 2 % faster, and four times worse",
        so=FULL,
    ),
    Option("nothing changes", "no difference", "The download hardly changes. Look at the ping."),
)


class Letters(Asked):
    """A letter for each of some questions; each letter has its words, and what to say to it where it is not right."""

    def __init__(self, seen: Callable[..., str], so: str, *questions: Mapping[str, tuple[str, str]]) -> None:
        self.seen, self.so, self.questions, self.count = seen, so, questions, len(questions)
        self.form = f'Write {self.count} letters, one in each line, such as `"a"`.'

    def read(self, *guesses: object) -> str | None:
        """Return the letters."""
        said = [chosen_letter(guess, len(each)) for guess, each in zip(guesses, self.questions, strict=True)]
        return "".join(said) if all(said) else None

    def compare(self, said: str, seen: str, *_: object) -> Comparison:
        """Return both, and a sentence for each letter that differs."""
        rows = list(zip(self.questions, said, seen, strict=True))
        shown = ", ".join(words[one][0] for words, one, _ in rows)
        if said == seen:
            return as_you_said(shown, self.so)
        told = dict.fromkeys(words[one][1] for words, one, other in rows if one != other)
        return another(shown, ", ".join(words[other][0] for words, _, other in rows), "\n".join(told))


Rates = Mapping[str, float]


def _neighbours(by_case: Mapping[str, Rates]) -> str | None:
    four, far, cubic = (by_case[case] for case in ("four connections", "longer way", "CUBIC"))
    yours = four["you"] / sum(four.values()), far["you"] / far["neighbour"], cubic["neighbour"] / cubic["you"]
    as_said = yours[0] < 0.25, yours[1] >= 5, 1.2 < yours[2] < 2
    return "bcb" if all(as_said) else None


NEARER = "Each grows by one segment in each of its own round trips, so the nearer one grows faster."
guess_neighbours = Letters(
    _neighbours,
    "By connection, by round trip, and by what is given back at a loss.",
    {"a": ("half", "TCP shares by connection, and not by person."), "b": ("a fifth", "")},
    {"a": ("as much", NEARER), "b": ("twice as much", NEARER), "c": ("five times as much or more", "")},
    {
        "a": ("as much", "CUBIC gives back 30 % at a loss, Reno half."),
        "b": ("one and a half times as much", ""),
        "c": ("all", "On so short a way CUBIC grows no faster than Reno."),
    },
)


def _winners(by_queue: Mapping[int, Rates]) -> str:
    small, large = ("b" if by_queue[queue]["BBR"] > by_queue[queue]["Reno"] else "a" for queue in (33, 330))
    if small + large == "ba":
        return "ba"
    raise NotSeen(
        "all runs before gave another result. This machine may be busy: run the cell with the experiment again, then "
        "this one."
    )


SMALL = "With the small queue Reno loses packets, and halves its window. BBR does not slow down because of a loss."
LARGE = (
    "Reno fills the large queue. BBR keeps about two bandwidth-delay products under way: a small part of that queue."
)
BBR_RECORDED = {33: {"Reno": 2.6, "BBR": 16.6}, 330: {"Reno": 16.0, "BBR": 3.3}}  # Mbit/s, by the queue in packets
guess_bbr = Letters(
    _winners,
    "The queue decides which of them gives way.",
    {"a": ("Reno", SMALL), "b": ("BBR", SMALL)},
    {"a": ("Reno", LARGE), "b": ("BBR", LARGE)},
)


def _rounded(answer: Callable[..., object], rates: list[float]) -> object:
    """Return what the answer gives, to six places: a sum of floats depends on its order."""
    got = answer(rates)
    value = plain(got)
    return round(float(value.python), 6) if value.family in ("int", "float") and abs(value.python) < 1e15 else got  # type: ignore[arg-type]


def _squares(rates: list[float]) -> float:
    return sum(rate * rate for rate in rates)


jain = Exercise(
    "17.1 jain",
    right=_jain,
    play=_rounded,
    inputs=(
        *(([1.0, 1.0],), ([1.0, 0.0],), ([8.0, 1.0, 1.0],), ([8.0, 8.0, 1.0],), ([2.31, 2.52],), ([5.0],)),
        *(([3.0] * 7,), ([2_310_000.0, 2_520_000.0, 0.0],)),
    ),
    causes={
        "You divide the smallest by the largest. That asks another question: [8, 1, 1] and [8, 8, 1] give the same.": (
            lambda rates: min(rates) / max(rates)
        ),
        "One of the two sums is wrong: above the line stands the square of the sum, below it the sum of the squares.": (
            *(lambda rates: sum(rates) / (len(rates) * _squares(rates)),),
            *(lambda rates: sum(rates) ** 2 / (len(rates) * sum(rates)),),
            *(lambda rates: 1 / len(rates), lambda rates: _squares(rates) ** 2 / (len(rates) * _squares(rates))),
        ),
        "The number of rates is missing below the line: your result grows with it.": (
            lambda rates: sum(rates) ** 2 / _squares(rates)
        ),
        "The number of rates belongs below the line, too.": (
            lambda rates: sum(rates) ** 2 / _squares(rates) * len(rates)
        ),
        "The sum of the squares belongs below the line. Put brackets there: `/ (len(rates) * ...)`.": (
            lambda rates: sum(rates) ** 2 / len(rates) * _squares(rates)
        ),
        "It is upside down: the square of the sum stands above the line.": (
            lambda rates: len(rates) * _squares(rates) / sum(rates) ** 2
        ),
        "That is a deviation, and it has a unit: the same shares in bit/s and in Mbit/s must give the same.": (
            *(pstdev, lambda rates: 1 - pstdev(rates)),
        ),
        "You write 2 for the number of rates. There may be more: `len(rates)`.": (
            lambda rates: sum(rates) ** 2 / (2 * _squares(rates))
        ),
        "You take the root of it. The formula has none.": lambda rates: math.sqrt(_jain(rates)),
        "You cut the fraction off, or round it. The index is a float between 0 and 1.": (
            *(lambda rates: sum(rates) ** 2 // (len(rates) * _squares(rates)), lambda rates: round(_jain(rates), 2)),
        ),
        "You leave out who gets nothing. One of two gives 1/2.": (
            lambda rates: _jain([rate for rate in rates if rate])
        ),
    },
    signs={
        "Your result is above 1. Equal rates give 1, and all others less.": every(
            lambda got, right, rates: got > 1 + 1e-9
        ),
    },
    meaning="1 for equal rates, 1/n if one of n gets all (Jain, Chiu and Hawe, 1984).",
)


def confront(answer: object, experiment: Callable[[object], Rates]) -> Comparison:
    """Return what a control that has passed gets beside the kernel's Reno; never raises."""
    if not results_of(answer).passed:
        return Comparison(Compared.NOT_SEEN_YET, "NOT SEEN YET: this experiment waits until 17.3 says PASS.")
    try:
        rates = experiment(answer)
        yours, kernels = rates["yours"] / 1e6, rates["kernel's Reno"] / 1e6
        told = f"WE SAW: yours got {yours:.1f} Mbit/s, and the kernel's Reno {kernels:.1f}."
    except Exception as error:
        told = f"the experiment stopped. {type(error).__name__}: {error}"
        return Comparison(Compared.NOT_SEEN_YET, f"NOT SEEN YET: {told}")
    return Comparison(Compared.ANOTHER, told)

"""Lesson 15, loss_and_delay: one recall, four guesses, three formulas, the last beside a real kernel."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from tcpkit.check import lesson15_kernel as limits
from tcpkit.check.carrying import CarryingExercise
from tcpkit.check.exercise import Exercise
from tcpkit.check.formula import near
from tcpkit.check.lesson15_kernel import CAME, beside_the_kernel
from tcpkit.check.questions import Asked, Guess, NotSeen, Option, Recall, another, as_you_said, chosen_letter
from tcpkit.check.signs import every
from tcpkit.check.verdict import Comparison

recall = Recall(
    "15.0",
    right=200,
    wrong={
        140: "RTTVAR counts four times.",
        120: "About half of all round trips take longer than their average.",
        1000: "That is RFC 6298's minimum, and no minimum applies here.",
        0.2: "The question asks for milliseconds.",
    },
    meaning="120 ms + 4 x 20 ms.",
)


def _rented(speeds: Mapping[float, float]) -> str | None:
    return "less than 2" if len(speeds) == 3 and all(speed < 2e6 for speed in speeds.values()) else None


guess_rented = Guess(
    _rented,
    Option("about 990", "990", "The link could carry that, but the sender reacts to each loss: it sends less."),
    Option("about 500", "500", "A loss costs more than the packet that is lost: the sender sends less from then on."),
    Option("about 100", "100", "It is less, by a factor of eighty."),
    Option("less than 2", "less than 2", so="The rate of the link does not decide here."),
)


class Knobs(Asked):
    """Two letters: what a longer way costs, and what more loss costs."""

    count = 2
    form = 'Write two letters, one in each line: "a", "b" or "c".'
    words = (("the same", "half", "a quarter"), ("a quarter", "about half", "3 % less"))
    wrong = (
        {
            "a": "The link does not wait, but the sender does: it waits for ACKs.",
            "c": "In each round trip as many bytes are sent as before: twice the time means half the speed.",
        },
        {
            "a": "Four times the loss means half the speed: the speed falls with the square root of the loss.",
            "c": "3 % more packets are lost, and all others are sent more slowly, too.",
        },
    )

    def read(self, *guesses: object) -> tuple[str, ...] | None:
        """Return the two letters."""
        said = tuple(chosen_letter(guess, 3) for guess in guesses)
        return said if all(said) else None

    def seen(self, by_way: Mapping[float, float], by_loss: Mapping[float, float]) -> tuple[str, str] | None:
        """Return the two letters that the experiment shows."""
        way, loss = by_way[0.04] / by_way[0.02], by_loss[0.04] / by_loss[0.01]
        return ("b", "b") if 0.4 < way < 0.6 and 0.3 < loss < 0.65 else None

    def compare(self, said: tuple[str, ...], seen: tuple[str, str], *_: object) -> Comparison:
        """Return both, and a sentence for each that differs."""
        shown = [
            ", ".join(row["abc".index(each)] for row, each in zip(self.words, row_of, strict=True))
            for row_of in (said, seen)
        ]
        if said == seen:
            return as_you_said(shown[0], "The speed falls with the round trip, and with the square root of the loss.")
        told = [words[one] for words, one, other in zip(self.wrong, said, seen, strict=True) if one != other]
        return another(*shown, "\n".join(told))


guess_knobs = Knobs()

guess_window = Guess(
    lambda speeds: "13 Mbit/s" if 12 < speeds[65_536, 0.04] < 14 else None,
    Option("1,000 Mbit/s", "1,000", "The link could carry that, but no more than one window may be under way."),
    Option("500 Mbit/s", "500", "No loss halves anything here, but only 65,536 bytes are sent in each 40 ms."),
    Option("13 Mbit/s", "13 Mbit/s", so="At most 65,536 bytes are sent in each 40 ms."),
)


def _near(ratios: Sequence[float]) -> str | None:
    if len(ratios) != 4:
        return None
    if all(0.98 < ratio < 1.02 for ratio in ratios):
        return "within 2 %"
    if all(0.5 < ratio < 2 for ratio in ratios):
        return FACTOR
    raise NotSeen(
        "it was further away than in all runs before. This machine may be busy: run the cell with the experiment "
        "again, then this one."
    )


FACTOR = "within a factor of two"
guess_kernel = Guess(
    _near,
    Option("within 2 %", "within 2 %", "Only a few packets are lost in that time, so chance moves the result."),
    Option(FACTOR, FACTOR, so="Only a few packets are lost in that time, so chance moves the result."),
    Option("not near at all", "not near at all", "The kernel counts segments and losses as tcpkit's TCP does."),
)


def _with(under: Callable[[float], float], times: float = 1.0) -> Callable[..., float]:
    """Return the formula with something else under the root, or several times the formula."""
    return lambda mss, rtt_s, loss: times * 8 * mss / rtt_s * math.sqrt(under(loss))


def _under(loss: float) -> float:
    return 3 / (2 * loss)


loss_limit = Exercise(
    "15.1 loss_limit",
    right=limits.mathis,
    play=near(limits.mathis, 0.005),
    inputs=((1448, 0.02, 0.01), (1448, 0.04, 0.04), (536, 0.3, 0.0001), (8948, 0.005, 0.09)),
    causes={
        "You return bytes per second. A link is sold in bits: eight times as many.": _with(_under, 1 / 8),
        "You return Mbit/s. Return bit/s.": _with(_under, 1e-6),
        "The square root is missing. Four times the loss would cost three quarters; you saw about half.": (
            *(_with(lambda loss: _under(loss) ** 2), _with(lambda loss: 1.5 / loss**2)),
        ),
        "You return half of the formula without its root. In Python, `x ** 1/2` is `x / 2`: write `x ** 0.5`.": (
            _with(lambda loss: _under(loss) ** 2, 1 / 2)
        ),
        "The root stands over all of it. Then a doubled round trip would not halve the speed.": (
            lambda mss, rtt_s, loss: math.sqrt(8 * mss / rtt_s * _under(loss))
        ),
        "The shape is right, and 3/2 is missing under the root.": _with(lambda loss: 1 / loss),
        "The fraction under the root is upside down: 3/2, not 2/3.": _with(lambda loss: 2 / (3 * loss)),
        "Under the root stands 8/3: that gives W, the most under way. The speed comes from the average, 3/4 W.": (
            _with(lambda loss: 8 / (3 * loss))
        ),
        "Your speed grows with the loss. Put brackets: 3 / (2 * loss).": _with(lambda loss: 3 / 2 * loss),
        "You divide the loss by 100, or multiply it. It is a share already: 0.01 is one in a hundred.": (
            *(_with(_under, 10), _with(_under, 1 / 10)),
        ),
        "You halve or double the round trip: it ends when the ACK is back.": (_with(_under, 2), _with(_under, 0.5)),
        "You take the round trip for milliseconds. It is in seconds.": (*(_with(_under, 1000), _with(_under, 1e-3)),),
    },
    meaning="Mathis and others, 1997. A link with a higher rate does not raise this limit.",
)


def _bytes(times: float, change: Callable[[float], float] = float) -> Callable[..., float]:
    """Return what fills a link, several times and changed."""
    return lambda rate_bit_s, rtt_s: change(times * rate_bit_s * rtt_s / 8)


_window_needed = _bytes(1, round)

window_needed = Exercise(
    "15.2 window_needed",
    right=_window_needed,
    play=near(_window_needed),
    inputs=((1e9, 0.1), (10e6, 0.04), (1e6, 0.6)),
    causes={
        "A byte has eight bits: divide the number of bits by 8.": (_bytes(8), _bytes(64)),
        "You take half of the round trip, or twice. A byte is under way for one: until its ACK is back.": (
            *(_bytes(1 / 2), _bytes(2)),
        ),
        "You take the round trip for milliseconds. It is in seconds.": (_bytes(1000), _bytes(1e-3)),
        "You divide by the round trip. A longer way holds more bytes, not fewer.": (
            lambda rate_bit_s, rtt_s: rate_bit_s / 8 / rtt_s
        ),
        "You return segments. Return bytes.": tuple(
            _bytes(1 / size, whole) for size in (1448, 1460, 1500) for whole in (float, math.floor, round)
        ),
        "You return at most 65,535 or 65,536. That was so before window scaling (lesson 13): windows are larger now.": (
            *(_bytes(1, lambda size: min(65_535, size)), _bytes(1, lambda size: min(65_536, size))),
        ),
    },
    meaning="The bandwidth-delay product: what must be under way so that the link is never idle.",
)


predict = CarryingExercise(
    "15.3 predict",
    right=limits.predict,
    play=near(limits.predict, 0.04),
    inputs=limits.PATHS,
    causes=limits.SLIPS,
    signs={
        "Where nothing is lost, Python divides by 0. Then there is no third limit: leave it out.": every(
            lambda got, right, rate_bit_s, rtt_s, loss, window: got is None and not loss, also_raised=True
        ),
        "Where nothing is lost, your answer can be too small. Then there is no third limit: leave it out.": (
            lambda got, right, rate_bit_s, rtt_s, loss, window: got < right and not loss
        ),
    },
    carry=beside_the_kernel,
    came=CAME,
    meaning="The smallest of three limits decides. With or without the 3.5 % of headers, you are near enough.",
)

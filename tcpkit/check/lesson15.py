"""Lesson 15, loss_and_delay: one recall, four guesses, three formulas, the last beside a real kernel."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from tcpkit.check.carrying import CarryingExercise
from tcpkit.check.exercise import Exercise
from tcpkit.check.formula import near
from tcpkit.check.lesson15_kernel import CAME, beside_the_kernel
from tcpkit.check.questions import Asked, Guess, Option, Recall, another, as_you_said, chosen_letter
from tcpkit.check.signs import every
from tcpkit.check.verdict import Comparison

recall = Recall(
    "15.0",
    right=200,
    wrong={
        140: "RTTVAR counts four times.",
        120: "Half of all round trips take longer than the average.",
        1000: "That is RFC 6298's minimum, and no minimum applies here.",
        0.2: "The question asks for milliseconds.",
    },
    meaning="120 ms + 4 x 20 ms.",
)


def _rented(speeds: Mapping[float, float]) -> str | None:
    return "less than 2" if len(speeds) == 3 and all(speed < 2e6 for speed in speeds.values()) else None


guess_rented = Guess(
    _rented,
    Option("about 990", "990", "The link can do that, if nobody reacts to a loss. The sender does."),
    Option("about 500", "500", "The loss does not cost one packet in a hundred: it costs what the sender does then."),
    Option("about 100", "100", "It is less by a factor of eighty."),
    Option("less than 2", "less than 2", so="Neither the rate nor the price decides here."),
)


class Knobs(Asked):
    """Two letters: what a longer way costs, and what more loss costs."""

    count = 2
    form = 'Write two letters, one in each line: "a", "b" or "c".'
    words = (("the same", "half", "a quarter"), ("a quarter", "about half", "3 % less"))
    wrong = (
        {
            "a": "The link does not wait, but the sender does: it waits for ACKs.",
            "c": "Each round trip brings one window. Twice as long, half as much.",
        },
        {
            "a": "Four times the loss halves it: it goes with the square root.",
            "c": "3 % more packets are lost, and all the others are sent more slowly, too.",
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
            return as_you_said(shown[0], "One window in each round trip, and a square root of the loss.")
        told = [words[one] for words, one, other in zip(self.wrong, said, seen, strict=True) if one != other]
        return another(*shown, "\n".join(told))


guess_knobs = Knobs()

guess_window = Guess(
    lambda speeds: "13 Mbit/s" if 12 < speeds[65_536, 0.04] < 14 else None,
    Option("1,000 Mbit/s", "1,000", "Nothing is in the way, and yet no more than one window may be under way."),
    Option("500 Mbit/s", "500", "Nothing halves here: 65,536 bytes go in each 40 ms, and no more."),
    Option("13 Mbit/s", "13 Mbit/s", so="65,536 bytes in each 40 ms."),
)


def _near(ratios: Sequence[float]) -> str | None:
    if len(ratios) != 3:
        return None
    if all(0.98 < ratio < 1.02 for ratio in ratios):
        return "within 2 %"
    return "within a factor of two" if all(0.5 < ratio < 2 for ratio in ratios) else "further away"


FACTOR = "within a factor of two"
guess_kernel = Guess(
    _near,
    Option("within 2 %", "within 2 %", "Only a few packets are lost in that time: luck decides the rest."),
    Option(FACTOR, FACTOR, so="Only a few packets are lost in that time: a small sample."),
    Option("it has nothing to do with it", "nothing", "The kernel counts segments and losses as tcpkit's TCP does."),
)


def _loss_limit(mss: int, rtt_s: float, loss: float) -> float:
    return 8 * mss / rtt_s * math.sqrt(3 / (2 * loss))


loss_limit = Exercise(
    "15.1 loss_limit",
    right=_loss_limit,
    play=near(_loss_limit, 0.005),
    inputs=((1448, 0.02, 0.01), (1448, 0.04, 0.04), (536, 0.3, 0.0001), (8948, 0.005, 0.09)),
    causes={
        "You return bytes per second. A link is sold in bits: eight times as many.": (
            lambda mss, rtt_s, loss: mss / rtt_s * math.sqrt(3 / (2 * loss))
        ),
        "The square root is missing. Four times the loss would cost three quarters; you saw about half.": (
            lambda mss, rtt_s, loss: 8 * mss / rtt_s * 3 / (2 * loss)
        ),
        "The root stands over all of it. Then a doubled round trip would not halve the speed.": (
            lambda mss, rtt_s, loss: math.sqrt(8 * mss / rtt_s * 3 / (2 * loss)),
        ),
        "The shape is right, and 3/2 is missing under the root.": (
            lambda mss, rtt_s, loss: 8 * mss / rtt_s * math.sqrt(1 / loss)
        ),
        "The fraction under the root is upside down: 3/2, not 2/3.": (
            lambda mss, rtt_s, loss: 8 * mss / rtt_s * math.sqrt(2 / (3 * loss))
        ),
        "Your speed grows with the loss: the loss stands below the line.": (
            lambda mss, rtt_s, loss: 8 * mss / rtt_s * math.sqrt(3 * loss / 2)
        ),
        "You divide the loss by 100. It is a share already: 0.01 is one in a hundred.": (
            lambda mss, rtt_s, loss: 8 * mss / rtt_s * math.sqrt(3 / (2 * loss / 100))
        ),
        "You halve the round trip, or double it. Take it once: an ACK must come back.": (
            *(lambda mss, rtt_s, loss: 16 * mss / rtt_s * math.sqrt(3 / (2 * loss)),),
            *(lambda mss, rtt_s, loss: 4 * mss / rtt_s * math.sqrt(3 / (2 * loss)),),
        ),
        "You take the round trip for milliseconds. It is in seconds.": (
            *(lambda mss, rtt_s, loss: 8000 * mss / rtt_s * math.sqrt(3 / (2 * loss)),),
            *(lambda mss, rtt_s, loss: 8 * mss / rtt_s / 1000 * math.sqrt(3 / (2 * loss)),),
        ),
    },
    meaning="Mathis and others, 1997. A link with a higher rate does not raise it.",
)


def _window_needed(rate_bit_s: float, rtt_s: float) -> int:
    return round(rate_bit_s * rtt_s / 8)


window_needed = Exercise(
    "15.2 window_needed",
    right=_window_needed,
    play=near(_window_needed),
    inputs=((1e9, 0.1), (10e6, 0.04), (1e6, 0.6)),
    causes={
        "You return bits. Bytes are eight times fewer.": lambda rate_bit_s, rtt_s: rate_bit_s * rtt_s,
        "You take half of the round trip. A byte takes room until its ACK is back.": (
            lambda rate_bit_s, rtt_s: rate_bit_s * rtt_s / 16
        ),
        "You divide by the round trip. A longer way holds more, not less.": lambda rate_bit_s, rtt_s: (
            rate_bit_s / 8 / rtt_s
        ),
        "You return segments. Return bytes.": (
            *(
                lambda rate_bit_s, rtt_s: rate_bit_s * rtt_s / 8 // 1448,
                lambda rate_bit_s, rtt_s: rate_bit_s * rtt_s / 8 / 1448,
            ),
            *(
                lambda rate_bit_s, rtt_s: round(rate_bit_s * rtt_s / 8 / 1448),
                lambda rate_bit_s, rtt_s: rate_bit_s * rtt_s / 8 // 1500,
            ),
            lambda rate_bit_s, rtt_s: rate_bit_s * rtt_s / 8 / 1500,
        ),
        "You stop at 65,535. That was so before window scaling: the field is multiplied now (lesson 13).": (
            lambda rate_bit_s, rtt_s: min(65_535, round(rate_bit_s * rtt_s / 8))
        ),
    },
    meaning="The bandwidth-delay product: what must be under way so that the link is never idle.",
)


def _predict(rate_bit_s: float, rtt_s: float, loss: float, window: int) -> float:
    return min(_limits(rate_bit_s, rtt_s, loss, window))


def _limits(rate_bit_s: float, rtt_s: float, loss: float, window: int) -> list[float]:
    limits = [rate_bit_s * 1448 / 1500, 8 * window / rtt_s]
    return [*limits, _loss_limit(1448, rtt_s, loss)] if loss else limits


def _of_limits(combined: Callable[[list[float]], float]) -> Callable[..., float]:
    return lambda rate_bit_s, rtt_s, loss, window: combined(_limits(rate_bit_s, rtt_s, loss, window))


MIB = 1 << 20
predict = CarryingExercise(
    "15.3 predict",
    right=_predict,
    play=near(_predict, 0.04),
    inputs=(
        (1e9, 0.1, 0.01, MIB),
        (10e6, 0.02, 0.0001, MIB),
        (1e9, 0.04, 0, 65_536),
        (1e6, 0.01, 0, MIB),
        (1e8, 0.2, 0.001, MIB),
        (50e6, 0.01, 0.00001, 65_536),
    ),
    causes={
        "You add the limits up, or take their mean. The smallest alone decides.": (
            *(_of_limits(sum), _of_limits(lambda limits: sum(limits) / len(limits)), _of_limits(math.prod)),
        ),
        "You return the largest limit. The smallest decides.": _of_limits(max),
        "You forget the window. Where nothing is lost it may be what holds: 65,536 bytes and 40 ms.": (
            lambda rate_bit_s, rtt_s, loss, window: min(_limits(rate_bit_s, rtt_s, loss, 10**15))
        ),
        "You leave out the loss limit of 15.1. What is lost is a small part: what the sender does then costs more.": (
            lambda rate_bit_s, rtt_s, loss, window: min(_limits(rate_bit_s, rtt_s, 0, window))
        ),
        "The window is in bytes. In each round trip 8 * window bits go out.": (
            lambda rate_bit_s, rtt_s, loss, window: min([window / rtt_s, *_limits(rate_bit_s, rtt_s, loss, 10**15)])
        ),
    },
    signs={
        "Where nothing is lost, Python divides by 0. Then there is no third limit: leave it out.": every(
            lambda got, right, rate_bit_s, rtt_s, loss, window: got is None and not loss, also_raised=True
        ),
    },
    carry=beside_the_kernel,
    came=CAME,
    meaning="The narrowest of three. With or without the 3.5 % of headers, you are near enough.",
)

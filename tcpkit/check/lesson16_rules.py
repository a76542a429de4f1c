"""Lesson 16's rules of Reno, how near an answer must be to them, and parts of which mistakes are made."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Mapping
from typing import Any

from tcpkit.check.exercise import Sentence
from tcpkit.check.signs import Sign, every


def after_ack_right(cwnd: int, ssthresh: float, acked: int, mss: int) -> int:
    return cwnd + acked if cwnd < ssthresh else cwnd + mss * acked // cwnd


def close(answer: Callable[..., object], cwnd: int, ssthresh: float, acked: int, mss: int) -> object:
    """Return what the answer gives; what is right in another way counts as right, but for a float."""
    got, right = answer(cwnd, ssthresh, acked, mss), after_ack_right(cwnd, ssthresh, acked, mss)
    in_slow_start = cwnd + min(acked, 2 * mss), cwnd + acked
    in_avoidance = right, right + 1, cwnd + mss * mss // cwnd * -(-acked // mss), cwnd + max(1, mss * acked // cwnd)
    accepted = in_slow_start if cwnd < ssthresh else in_avoidance
    return right if is_whole(got) and any(abs(got - each) <= 1 for each in accepted) else got  # type: ignore[operator]


def is_whole(got: object) -> bool:
    """Say whether it is a whole number, also numpy's."""
    return isinstance(got, numbers.Integral) and not isinstance(got, bool)


def halved(answer: Callable[..., object], flight: int, mss: int) -> object:
    """Return the right number for one that is within 1 of it; a float stays as it is."""
    got, right = answer(flight, mss), after_loss_right(flight, mss)
    return right if is_whole(got) and abs(got - right) <= 1 else got  # type: ignore[operator]


def is_float(right: Callable[..., int]) -> Mapping[Sentence, Sign]:
    """Return a sign: each wrong answer is a float, and not far from the right number."""
    sign = every(lambda got, _, *given: abs(got - right(*given)) <= 1, kind="float")
    return {"You return a float. `cwnd` is a whole number of bytes: `//` divides whole numbers.": sign}


def rule(below: Callable[..., float], above: Callable[..., float]) -> Callable[..., float]:
    return lambda cwnd, ssthresh, acked, mss: (below if cwnd < ssthresh else above)(cwnd, acked, mss)


def adds(cwnd: int, acked: int, mss: int) -> int:
    return cwnd + acked


def shares(cwnd: int, acked: int, mss: int) -> int:
    return cwnd + mss * acked // cwnd


ACK_CAUSES: Mapping[Sentence, Any] = {
    "From `ssthresh` on you add one MSS for each ACK. It is one MSS in each round trip.": (
        rule(adds, lambda cwnd, acked, mss: cwnd + mss),
        lambda cwnd, ssthresh, acked, mss: cwnd + mss,
    ),
    "You double `cwnd` with each ACK. Doubling in each round trip comes of adding what was acknowledged.": (
        rule(lambda cwnd, acked, mss: 2 * cwnd, shares),
        rule(lambda cwnd, acked, mss: 2 * cwnd, lambda cwnd, acked, mss: cwnd + mss),
        lambda cwnd, ssthresh, acked, mss: 2 * cwnd,
    ),
    "You never leave slow start: from `ssthresh` on it is one MSS in each round trip.": (
        lambda cwnd, ssthresh, acked, mss: cwnd + acked
    ),
    "There is no slow start in it. Until the first loss you creep, as in section 2.": (
        lambda cwnd, ssthresh, acked, mss: cwnd + mss * acked // cwnd
    ),
    "Below `ssthresh` you add one MSS for each ACK. An ACK may stand for two segments: add `acked`.": rule(
        lambda cwnd, acked, mss: cwnd + mss, shares
    ),
    "You count segments. All of it is bytes: one more is one byte more.": (
        *(lambda cwnd, ssthresh, acked, mss: cwnd + 1, rule(adds, lambda cwnd, acked, mss: cwnd + 1)),
        rule(lambda cwnd, acked, mss: cwnd + 1, shares),
    ),
    "From `ssthresh` on you add `mss * mss // cwnd`. An ACK may stand for two segments: take `acked`.": (
        rule(adds, lambda cwnd, acked, mss: cwnd + mss * mss // cwnd)
    ),
    "You have the two rules exchanged: below `ssthresh` add `acked`.": rule(shares, adds),
    "You return what is added. Return the new `cwnd`.": rule(
        lambda cwnd, acked, mss: acked, lambda cwnd, acked, mss: mss * acked // cwnd
    ),
    "From `ssthresh` on you add nothing. If you divide by `cwnd` first, that gives 0: multiply first.": (
        rule(adds, lambda cwnd, acked, mss: cwnd)
    ),
    "Below `ssthresh` you add by both rules. Where slow start adds, the second rule does not: `return`, or `else`.": (
        rule(lambda cwnd, acked, mss: cwnd + acked + mss * acked // (cwnd + acked), shares),
        rule(lambda cwnd, acked, mss: cwnd + acked + mss * acked // cwnd, shares),
    ),
    "You compare `cwnd + acked` with `ssthresh`. What counts is `cwnd` as it was before this ACK.": (
        lambda cwnd, ssthresh, acked, mss: (adds if cwnd + acked < ssthresh else shares)(cwnd, acked, mss)
    ),
}


def after_loss_right(flight: int, mss: int) -> int:
    return max(flight // 2, 2 * mss)


def teeth_right(rate_bit_s: float, rtt_s: float, queue_packets: int) -> tuple[int, int]:
    top = round(rate_bit_s * rtt_s / 8 / 1500) + queue_packets + 1
    return top, top // 2


def is_top(got: float, rate_bit_s: float, rtt_s: float, queue_packets: int) -> bool:
    """Say whether it is the highest window, rounded in any way or not at all."""
    return abs(got - (rate_bit_s * rtt_s / 8 / 1500 + queue_packets + 1)) < 0.999


def within(answer: Callable[..., object], rate_bit_s: float, rtt_s: float, queue_packets: int) -> object:
    """Return the right pair for one that is rounded in another way."""
    got, right = answer(rate_bit_s, rtt_s, queue_packets), teeth_right(rate_bit_s, rtt_s, queue_packets)
    pair = tuple(got) if isinstance(got, tuple | list) and len(got) == 2 else ()
    numbers = all(isinstance(each, int | float) and not isinstance(each, bool) for each in pair)
    if not pair or not numbers or not is_top(pair[0], rate_bit_s, rtt_s, queue_packets):
        return got
    return right if abs(pair[1] - pair[0] / 2) < 1 else got


def pair(top: Callable[..., float], low: Callable[[float], float] = lambda top: top // 2) -> Callable[..., object]:
    return lambda rate_bit_s, rtt_s, queue_packets: (lambda high: (high, low(high)))(
        top(rate_bit_s * rtt_s / 8 / 1500, queue_packets)
    )

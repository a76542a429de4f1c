"""Lesson 16's rules of Reno, how near an answer must be to them, and parts of which mistakes are made."""

from __future__ import annotations

from collections.abc import Callable


def after_ack_right(cwnd: int, ssthresh: float, acked: int, mss: int) -> int:
    return cwnd + acked if cwnd < ssthresh else cwnd + mss * acked // cwnd


def close(answer: Callable[..., object], cwnd: int, ssthresh: float, acked: int, mss: int) -> object:
    """Return what the answer gives; what is right in another way counts as right."""
    got, right = answer(cwnd, ssthresh, acked, mss), after_ack_right(cwnd, ssthresh, acked, mss)
    in_slow_start = cwnd + min(acked, 2 * mss), cwnd + acked
    in_avoidance = right, right + 1, cwnd + mss * mss // cwnd * -(-acked // mss), cwnd + max(1, mss * acked // cwnd)
    accepted = in_slow_start if cwnd < ssthresh else in_avoidance
    is_number = isinstance(got, int | float) and not isinstance(got, bool)
    return right if is_number and any(abs(got - each) <= 1 for each in accepted) else got


def rule(below: Callable[..., float], above: Callable[..., float]) -> Callable[..., float]:
    return lambda cwnd, ssthresh, acked, mss: (below if cwnd < ssthresh else above)(cwnd, acked, mss)


def adds(cwnd: int, acked: int, mss: int) -> int:
    return cwnd + acked


def shares(cwnd: int, acked: int, mss: int) -> int:
    return cwnd + mss * acked // cwnd


def after_loss_right(flight: int, mss: int) -> int:
    return max(flight // 2, 2 * mss)


def teeth_right(rate_bit_s: float, rtt_s: float, queue_packets: int) -> tuple[int, int]:
    top = round(rate_bit_s * rtt_s / 8 / 1500) + queue_packets + 1
    return top, top // 2


def within(answer: Callable[..., object], rate_bit_s: float, rtt_s: float, queue_packets: int) -> object:
    """Return the right pair for one that is within three segments of it."""
    got, right = answer(rate_bit_s, rtt_s, queue_packets), teeth_right(rate_bit_s, rtt_s, queue_packets)
    pair = tuple(got) if isinstance(got, tuple | list) and len(got) == 2 else ()
    numbers = all(isinstance(each, int | float) and not isinstance(each, bool) for each in pair)
    return right if pair and numbers and all(abs(a - b) <= 3 for a, b in zip(pair, right, strict=True)) else got


def pair(top: Callable[..., float], low: Callable[[float], float] = lambda top: top // 2) -> Callable[..., object]:
    return lambda rate_bit_s, rtt_s, queue_packets: (lambda high: (high, low(high)))(
        top(rate_bit_s * rtt_s / 8 / 1500, queue_packets)
    )

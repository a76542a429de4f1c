"""Lesson 17's exercise 17.2: how much of a window waits in the queue, held beside the true queue in virtual time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

from tcpkit.check.call import attempt
from tcpkit.check.exercise import Exercise
from tcpkit.check.formula import near
from tcpkit.check.signs import every
from tcpkit.check.verdict import Status, Verdict
from tcpkit.stack.bottleneck import Flow, share


def _waiting(cwnd: int, rtt_s: float, least_rtt_s: float) -> float:
    return max(0.0, cwnd * (1 - least_rtt_s / rtt_s))


SIX_PACKETS = 6 * 1500
ROADS = ((5e6, 0.04, 250_000), (8e6, 0.1, 200_000))  # the rate, the empty way's round trip, the buffer


@dataclass(frozen=True, eq=False)
class BesideTheQueue(Exercise):
    """An exercise whose right answer is then held beside the true queue, in virtual time."""

    def __call__(self, answer: object, lab: object = None) -> Verdict:
        """Return a verdict on the learner's answer; never raises."""
        verdict = Exercise.__call__(self, answer, lab)
        if verdict.status is not Status.PASS:
            return verdict
        run = attempt(apart, answer, tuple(map(seen, range(len(ROADS)))), ("samples", "least_rtt_s"), self.limit_s)
        stopped = run.stopped or next((each.error for each in run.outcomes if each.error), "")
        most = 0.0 if stopped else max(float(each.returned.python) for each in run.outcomes)  # type: ignore
        if stopped or most > SIX_PACKETS:
            told = stopped or f"Beside the true queue of a download it is {most / 1500:.1f} packets off."
            return replace(verdict, status=Status.TRY_AGAIN, sentence=told)
        told = f"Beside the true queue of two downloads it is never more than {most / 1500:.1f} packets off."
        return replace(verdict, sentence=f"{verdict.sentence}\n{told}")


Seen = tuple[tuple[int, float, int], ...]  # what is in flight, the round trip, and the bytes in the queue


@cache
def seen(road: int) -> tuple[Seen, float]:
    """Return what is seen of a download from its sixth second on, and its shortest round trip."""
    rate_bit_s, rtt_s, queue_bytes = ROADS[road]
    path = {"rate_bit_s": rate_bit_s, "rtt_s": rtt_s, "queue_bytes": queue_bytes}
    samples = share([Flow("it")], **path, seconds=10, ping_every_s=None).samples  # type: ignore[arg-type]
    late = tuple((each.in_flight, each.rtt_s, each.queue_bytes) for each in samples if each.time_s >= 6)
    return late, min(each.rtt_s for each in samples if each.rtt_s)


def apart(answer: Callable[..., float], samples: Seen, least_rtt_s: float) -> float:
    """Return how far an answer is from the true queue at most, in bytes."""
    return max(abs(answer(in_flight, rtt_s, least_rtt_s) - queued) for in_flight, rtt_s, queued in samples)


waiting = BesideTheQueue(
    "17.2 waiting",
    right=_waiting,
    play=near(_waiting),
    inputs=(
        *((100_000, 0.08, 0.04), (20_000, 0.04, 0.04), (300_000, 0.3, 0.04), (14_480, 0.05, 0.04)),
        *((65_536, 0.21, 0.15), (40_000, 0.03, 0.04)),
    ),
    causes={
        "You return all of the window. Some of it is on the way.": lambda cwnd, rtt_s, least_rtt_s: cwnd,
        "You return what is on the way. The rest waits.": (
            *(lambda cwnd, rtt_s, least_rtt_s: cwnd * least_rtt_s / rtt_s,),
            *(lambda cwnd, rtt_s, least_rtt_s: min(cwnd, cwnd * least_rtt_s / rtt_s),),
        ),
        "You return a time: how long a byte waits. How many bytes go by in that time?": (
            *(lambda cwnd, rtt_s, least_rtt_s: rtt_s - least_rtt_s,),
            *(lambda cwnd, rtt_s, least_rtt_s: max(0.0, rtt_s - least_rtt_s),),
        ),
        "You return a share of the window. Return bytes.": (
            *(lambda cwnd, rtt_s, least_rtt_s: 1 - least_rtt_s / rtt_s,),
            *(lambda cwnd, rtt_s, least_rtt_s: max(0.0, 1 - least_rtt_s / rtt_s),),
        ),
        "You return bits: eight times too many.": (
            *(lambda cwnd, rtt_s, least_rtt_s: 8 * cwnd * (1 - least_rtt_s / rtt_s),),
            *(lambda cwnd, rtt_s, least_rtt_s: 8 * _waiting(cwnd, rtt_s, least_rtt_s),),
        ),
        "Where `rtt_s` is below the least, your result is below 0. Nothing waits then: 0 at least.": (
            lambda cwnd, rtt_s, least_rtt_s: cwnd * (1 - least_rtt_s / rtt_s)
        ),
        "You divide by the least round trip. The window goes out in one round trip as it is now: divide by `rtt_s`.": (
            *(lambda cwnd, rtt_s, least_rtt_s: cwnd * (rtt_s - least_rtt_s) / least_rtt_s,),
            *(lambda cwnd, rtt_s, least_rtt_s: max(0.0, cwnd * (rtt_s / least_rtt_s - 1)),),
        ),
        "Your difference is turned round: while packets wait, `rtt_s` is the larger one.": (
            lambda cwnd, rtt_s, least_rtt_s: max(0.0, cwnd * (least_rtt_s / rtt_s - 1))
        ),
        "Where `rtt_s` is below the least, you return more than 0. Nothing waits then.": (
            lambda cwnd, rtt_s, least_rtt_s: cwnd * abs(1 - least_rtt_s / rtt_s)
        ),
        "The difference of the two round trips is a time. What part of `rtt_s` is it?": (
            *(lambda cwnd, rtt_s, least_rtt_s: cwnd * (rtt_s - least_rtt_s),),
            *(lambda cwnd, rtt_s, least_rtt_s: max(0.0, cwnd * (rtt_s - least_rtt_s)),),
        ),
    },
    signs={
        "Your result is below 0. Nothing waits then: 0 at least.": every(lambda got, right, *_: got < 0),
        "You say that more bytes wait than are under way.": every(lambda got, right, cwnd, *_: got > cwnd),
    },
    meaning="The window, times the part of the round trip that is spent in the queue.",
)

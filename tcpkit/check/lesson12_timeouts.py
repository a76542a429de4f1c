"""Lesson 12's exercise 12.3: a class of timeouts, and how a script of calls is put to it."""

from __future__ import annotations

from tcpkit.check.carrying import CarryingExercise, changed, to_the_kernel
from tcpkit.check.scripts import play_class
from tcpkit.check.signs import every
from tcpkit.check.values import Plain, show
from tcpkit.stack.link import Link
from tcpkit.stack.rto import RTO as OfTcpkit
from tcpkit.stack.settings import Pieces

SIZE = 100_000  # bytes
PLACES = 12  # more than the exact answers have, so none lies between two of these


def rounded(value: object) -> object:
    """Return the same with all numbers rounded: two right sums of floats differ in their last places."""
    if isinstance(value, float) or (type(value) is int and abs(value) < 2**53):
        return round(float(value), PLACES)
    return [rounded(each) for each in value] if isinstance(value, list | tuple) else value


class Right:
    """RFC 6298, with its steps apart: a mistake changes one of them."""

    def __init__(self, minimum_s: float, maximum_s: float) -> None:
        self.minimum_s, self.maximum_s = minimum_s, maximum_s
        self.timeout_s = 1.0
        self.srtt_s: float | None = None
        self.rttvar_s = 0.0

    def measured(self, rtt_s: float) -> None:
        self.srtt_s, self.rttvar_s = self.first(rtt_s) if self.srtt_s is None else self.later(self.srtt_s, rtt_s)
        self.timeout_s = self.between(self.srtt_s + 4 * self.rttvar_s)

    def first(self, rtt_s: float) -> tuple[float, float]:
        return rtt_s, rtt_s / 2

    def later(self, srtt_s: float, rtt_s: float) -> tuple[float, float]:
        return 7 / 8 * srtt_s + rtt_s / 8, 3 / 4 * self.rttvar_s + abs(srtt_s - rtt_s) / 4

    def between(self, wanted_s: float) -> float:
        return min(max(self.minimum_s, wanted_s), self.maximum_s)

    def back_off(self) -> None:
        self.timeout_s = min(2 * self.timeout_s, self.maximum_s)


def _new_srtt_first(self: Right, srtt_s: float, rtt_s: float) -> tuple[float, float]:
    srtt_s = 7 / 8 * srtt_s + rtt_s / 8
    return srtt_s, 3 / 4 * self.rttvar_s + abs(srtt_s - rtt_s) / 4


def _twice(self: Right, rtt_s: float) -> None:
    Right.measured(self, rtt_s)
    self.timeout_s = self.between(2 * (self.srtt_s or 0.0))


def _still_doubled(self: Right, rtt_s: float) -> None:
    before, self.rttvar_s = self.timeout_s, self.rttvar_s
    Right.measured(self, rtt_s)
    self.timeout_s = max(before, self.timeout_s)


def _once(self: Right, rtt_s: float) -> None:
    Right.measured(self, rtt_s)
    self.timeout_s = self.between((self.srtt_s or 0.0) + self.rttvar_s)


class Apart(Right):
    """Keep what is doubled in an attribute of its own."""

    def __init__(self, minimum_s: float, maximum_s: float) -> None:
        super().__init__(minimum_s, maximum_s)
        self.own_s = self.timeout_s

    def measured(self, rtt_s: float) -> None:
        super().measured(rtt_s)
        self.own_s = self.timeout_s

    def back_off(self) -> None:
        self.timeout_s = self.own_s = min(2 * self.own_s, self.maximum_s)


def _forgets(self: Right) -> None:
    Right.back_off(self)
    self.srtt_s = None


def _shows(got: Plain) -> str:
    """Return each `timeout_s`, in order."""
    if got.family != "sequence":
        return show(got)
    first, *others = map(show, got.value)
    return ", then ".join(filter(None, (first, ", ".join(others))))


def _timeouts(answer: type, minimum_s: float, maximum_s: float, calls: tuple[object, ...]) -> object:
    """Return `timeout_s` before the first call, and after each."""
    script: list[tuple] = [("timeout_s",)]
    for call in calls:
        method = {BACK_OFF: ("back_off",), SET: ("__setattr__", "timeout_s", 3.0)}.get(call, ("measured", call))
        script += [method, ("timeout_s",)]
    gave = play_class(answer, (minimum_s, maximum_s), tuple(script))
    return rounded(gave[::2]) if isinstance(gave, tuple) else gave


BACK_OFF = "back_off"
SET = "timeout_s = 3.0"  # as the stack does, once a SYN was lost (5.7)
FAST = (0.2, 60)  # the minimum, and the maximum


RTO = CarryingExercise(
    "12.3 RTO",
    right=Right,
    play=_timeouts,
    inputs=(
        *((*FAST, (0.1, 0.9, 0.1)), (*FAST, (0.1,)), (*FAST, ()), (*FAST, (0.1,) * 3), (*FAST, (0.9, 0.1, 0.1, 0.1))),
        *((1.0, 60, (0.1, BACK_OFF, BACK_OFF, 0.1)), (*FAST, (BACK_OFF,) * 8), (*FAST, (30.0, 30.0, 90.0))),
        *((*FAST, (0.05, 0.05, BACK_OFF, BACK_OFF, 0.05)), (*FAST, (2.0, 0.5, 3.0, 1.0))),
        *((*FAST, (0.1, 0.9, BACK_OFF, 0.1)), (1.0, 60, (BACK_OFF, SET, BACK_OFF, 0.1))),
    ),
    causes={
        "You change SRTT before RTTVAR. The difference is from what was expected: use the old SRTT (RFC 6298, 2.3).": (
            changed(Right, later=_new_srtt_first)
        ),
        "A share is the wrong way round, and one slow packet counts too much. The old value counts 7/8 in SRTT, and "
        "3/4 in RTTVAR.": (
            *(
                changed(
                    Right,
                    later=lambda self, srtt, rtt: (7 / 8 * srtt + rtt / 8, self.rttvar_s / 4 + 3 / 4 * abs(srtt - rtt)),
                ),
                changed(
                    Right,
                    later=lambda self, srtt, rtt: (srtt / 8 + 7 / 8 * rtt, 3 / 4 * self.rttvar_s + abs(srtt - rtt) / 4),
                ),
                changed(
                    Right,
                    later=lambda self, srtt, rtt: (srtt / 8 + 7 / 8 * rtt, self.rttvar_s / 4 + 3 / 4 * abs(srtt - rtt)),
                ),
            ),
        ),
        "You mix up the shares: SRTT takes an eighth of the new time, RTTVAR a quarter of the difference.": (
            *(
                changed(
                    Right,
                    later=lambda self, srtt, rtt: (3 / 4 * srtt + rtt / 4, 7 / 8 * self.rttvar_s + abs(srtt - rtt) / 8),
                ),
                changed(
                    Right,
                    later=lambda self, srtt, rtt: (7 / 8 * srtt + rtt / 8, 7 / 8 * self.rttvar_s + abs(srtt - rtt) / 8),
                ),
                changed(
                    Right,
                    later=lambda self, srtt, rtt: (3 / 4 * srtt + rtt / 4, 3 / 4 * self.rttvar_s + abs(srtt - rtt) / 4),
                ),
            ),
        ),
        "You treat the first time as any other. It sets SRTT to itself, and RTTVAR to half of it (2.2).": (
            changed(Right, first=lambda self, rtt: self.later(0.0, rtt))
        ),
        "After the first time, RTTVAR is half of that time (2.2).": (
            *(changed(Right, first=lambda self, rtt: (rtt, 0.0)), changed(Right, first=lambda self, rtt: (rtt, rtt))),
        ),
        "Your timeout may fall below `minimum_s`.": changed(
            Right, between=lambda self, wanted: min(wanted, self.maximum_s)
        ),
        "After a time is measured, your timeout may rise above `maximum_s`.": (
            *(
                changed(Right, between=lambda self, wanted: max(wanted, self.minimum_s)),
                changed(
                    Right,
                    between=lambda self, wanted: max(wanted, self.minimum_s),
                    back_off=lambda self: setattr(self, "timeout_s", 2 * self.timeout_s),
                ),
            ),
        ),
        "`back_off` doubles past `maximum_s`.": changed(
            Right, back_off=lambda self: setattr(self, "timeout_s", 2 * self.timeout_s)
        ),
        "A packet that is faster than expected differs as well: take the difference without its sign, `abs`.": (
            *(
                changed(
                    Right,
                    later=lambda self, srtt, rtt: (7 / 8 * srtt + rtt / 8, 3 / 4 * self.rttvar_s + (srtt - rtt) / 4),
                ),
                changed(
                    Right,
                    later=lambda self, srtt, rtt: (7 / 8 * srtt + rtt / 8, 3 / 4 * self.rttvar_s + (rtt - srtt) / 4),
                ),
            ),
        ),
        "Your timeout is twice SRTT, as the first TCPs had it. It fails where the times differ: a queue that fills.": (
            changed(Right, measured=_twice)
        ),
        "You add RTTVAR once. The timeout is SRTT + 4 RTTVAR.": changed(Right, measured=_once),
        "`back_off` forgets SRTT. The next time then sets it, as the first one did. Only `timeout_s` changes here.": (
            changed(Right, back_off=_forgets)
        ),
        "`back_off` changes nothing. Then a full network gets the same copies again and again: five downloads.": (
            changed(Right, back_off=lambda self: None)
        ),
        "After `back_off` your timeout stays doubled. A clean time makes it new (5.7).": changed(
            Right, measured=_still_doubled
        ),
        "`back_off` must double the `timeout_s` that stands there. The stack sets it too: to 3 s after a lost SYN.": (
            Apart
        ),
        "You keep the last time only. SRTT is seven eighths of the old value.": (
            changed(Right, later=lambda self, srtt, rtt: (rtt, rtt / 2))
        ),
    },
    signs={
        "Before any time is measured, `timeout_s` is 1.0: leave `__init__` as it is.": (
            lambda got, right, *_: got[0] != right[0]
        ),
        "`timeout_s` never changes. The stack reads this attribute, not what a method returns.": (
            every(lambda got, right, *_: got is not None and {*got} <= {1.0, 3.0})
        ),
    },
    gave="`timeout_s` was",
    shows=_shows,
    builds=OfTcpkit.measured,
    to_build="What did it do with the time? Now write it without it.",
    meaning="RFC 6298: the timeout follows the round trips, and how much they differ.",
    carry=lambda lab, answer: to_the_kernel(lab, Pieces(rto=answer), Link(loss=0.1, seed=3), SIZE),
    came=f"Then your stack sent {SIZE:,} bytes to the kernel, and one packet in ten was lost: all came, unchanged.",
)

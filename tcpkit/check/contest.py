"""The contest of lesson 17: seven scenarios in virtual time, and what a congestion control is worth in each.

Alone, or with others of its kind: the share of the link that is used, times the empty path's round trip by the ping's,
times Jain's index. Beside Reno: Reno's share of half the link, times its own, each at most 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from types import SimpleNamespace
from typing import NamedTuple

from tcpkit.check.values import plain, show, show_size
from tcpkit.stack.bottleneck import Control, Flow, share

DATA = 1448 / 1500  # of a full packet
LEAST = 0.01  # that a scenario is worth, so that one does not hide what the others are
WINDOW, LARGEST = 1 << 19, 1 << 62  # bytes: each buffer, more than any of these paths holds; a window's limit
RENO, EARLIER_S, APART_S = "Reno", 2.0, 0.5  # it starts so much earlier; between the starts of one kind


class Scenario(NamedTuple):
    """A path, and who is on it; the first third of the time does not count."""

    rate_bit_s: float
    rtt_s: float
    queue_bytes: int
    seconds: float
    loss: float = 0.0
    flows: int = 1  # of the control that is tried
    has_reno: bool = False


SCENARIOS = {
    "slow line": Scenario(1e6, 0.03, 30_000, 10),
    "small buffer": Scenario(6e6, 0.04, 12_000, 6),
    "large buffer": Scenario(6e6, 0.04, 300_000, 6),
    "long way": Scenario(8e6, 0.15, 150_000, 7),
    "1 % lost": Scenario(3e6, 0.06, 45_000, 12, loss=0.01),
    "six of you": Scenario(4e6, 0.04, 40_000, 10, flows=6),
    "beside Reno": Scenario(4e6, 0.04, 40_000, 14, has_reno=True),
}


class Ended(Exception):
    """Carry what a method returned: `...`, or something too large."""


class Watched:
    """A congestion control that asks another one, and notes what that one does."""

    ssthresh = math.inf  # nobody reads it

    def __init__(self, control: Control, notes: SimpleNamespace, mss: int) -> None:
        self._made, self._mss, self._notes = control(mss), mss, notes
        self._since_s, self._top = 0.0, 0.0  # the round trip in which a fall is looked for, and its largest window
        self._look()

    @property
    def cwnd(self) -> float:
        return self._cwnd

    @cwnd.setter
    def cwnd(self, cwnd: int) -> None:
        self._made.cwnd = self._cwnd = cwnd

    def on_ack(self, acked: int, now: float, rtt_s: float) -> None:
        before, notes = self._cwnd, self._notes
        notes.returned |= self._call(self._made.on_ack, acked, now, rtt_s) is not None
        notes.moved |= self._cwnd != before
        if now > self._since_s + rtt_s:
            self._since_s, self._top = now, 0.0
        self._top = max(self._top, before)
        notes.fell = max(notes.fell, 1 - self._cwnd / self._top)

    def on_loss(self, flight: int, now: float) -> None:
        before = self._cwnd
        self._lose(self._made.on_loss, flight, now)
        self._notes.losses, self._notes.kept = self._notes.losses + 1, self._notes.kept + self._cwnd / before

    def on_timeout(self, flight: int, now: float) -> None:
        self._lose(self._made.on_timeout, flight, now)

    def on_idle(self) -> None:
        self._call(self._made.on_idle)

    def _lose(self, method: Callable[..., object], *given: float) -> None:
        before, self._top = self._cwnd, 0.0
        self._call(method, *given)
        self._notes.gave |= self._cwnd < before

    def _call(self, method: Callable[..., object], *given: float) -> object:
        returned = method(*given)
        if returned is ... or show_size(returned):
            raise Ended(returned)
        self._look(*given[1:2])
        return returned

    def _look(self, now: float = 0.0) -> None:
        cwnd, notes = plain(self._made.cwnd), self._notes
        if cwnd.family not in ("int", "float") or not 0 < cwnd.python < LARGEST:  # type: ignore[operator]  # a number
            raise TypeError(f"`self.cwnd` is {show(cwnd)}: make it a number of bytes, above 0 and below 2**62")
        self._cwnd: float = cwnd.python  # type: ignore[assignment]
        notes.most = max(notes.most, self._cwnd / self._mss)
        notes.trace = hash((notes.trace, now, self._cwnd))


class Result(NamedTuple):
    """What came of one scenario, and what the control did there."""

    worth: float  # from `LEAST` to 1
    used: float  # share of the link; beside Reno, of half of it
    delay: float  # the ping, as a multiple of the empty path's round trip
    fair: float  # Jain's index; beside Reno, Reno's share of half the link
    moved: bool = False  # `on_ack` changed the window
    returned: bool = False  # `on_ack` returned something
    gave: bool = False  # a loss or a timeout took something away
    losses: int = 0
    kept: float = 0.0  # of the window, after each loss: the mean; 1 without one
    fell: float = 0.0  # the largest part of the window that `on_ack` took away within one round trip
    most: float = 0.0  # segments
    trace: int = 0  # a hash of all windows and their times


def jain(rates: Sequence[float]) -> float:
    """Return Jain's index."""
    return sum(rates) ** 2 / (len(rates) * sum(rate * rate for rate in rates)) if any(rates) else 0.0


def tried(control: Control, name: str, speed: float = 1.0, seed: int = 1) -> Result:
    """Return what came of a congestion control in one scenario; `speed` is a factor of the rate."""
    at, notes = SCENARIOS[name], SimpleNamespace(**Result(0, 0, 0, 0)._asdict())
    rate_bit_s, begin_s, first_s = speed * at.rate_bit_s, at.seconds / 3, EARLIER_S * at.has_reno
    watched = partial(Watched, control, notes)
    flows = [Flow(f"{each}", watched, first_s + APART_S * each, window=WINDOW) for each in range(at.flows)]
    path = {"rate_bit_s": rate_bit_s, "rtt_s": at.rtt_s, "queue_bytes": at.queue_bytes, "loss": at.loss}
    run = share([Flow(RENO)] * at.has_reno + flows, seconds=at.seconds, seed=seed, sample_every_s=0.05, **path)
    rates = {flow: rate / DATA / rate_bit_s for flow, rate in run.goodput(begin_s, at.seconds).items()}
    renos, notes.delay = rates.pop(RENO, 0.0), run.ping_s(0.95, begin_s) / at.rtt_s
    notes.used = min(1.0, sum(rates.values()) * (2 if at.has_reno else 1))
    notes.fair = min(1.0, 2 * renos) if at.has_reno else jain([*rates.values()])
    notes.worth = max(LEAST, notes.used * notes.fair / (1 if at.has_reno else notes.delay))
    return Result(**vars(notes) | {"kept": notes.kept / notes.losses if notes.losses else 1.0})


def points(results: Sequence[Result]) -> float:
    """Return 100 times the geometric mean of what each is worth."""
    return 100 * math.prod(each.worth for each in results) ** (1 / len(results))

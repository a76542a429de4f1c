"""Congestion controls that learners might write for lesson 17's contest."""

import math
import time

from tcpkit.stack.congestion import Reno


class Least(Reno):
    """Knows the shortest round trip, and how many segments wait."""

    def __init__(self, mss):
        super().__init__(mss)
        self.least, self.at = math.inf, 0.0

    def waits(self, rtt_s):
        self.least = min(self.least, rtt_s)
        return self.cwnd * (rtt_s - self.least) / self.mss / max(rtt_s, 1e-9)


def grows(condition, otherwise):
    """Return a control that grows as Reno on this condition, and else does something."""

    def on_ack(self, acked, now, rtt_s):
        if condition(self.waits(rtt_s), self, rtt_s):
            Reno.on_ack(self, acked, now, rtt_s)
        else:
            self.ssthresh = min(self.ssthresh, self.cwnd)
            otherwise(self, acked, now, rtt_s)

    return type("Mine", (Least,), {"on_ack": on_ack})


def one_back(self, acked, now, rtt_s):
    self.cwnd -= self.mss * acked // int(self.cwnd)


def fraction_back(self, acked, now, rtt_s):
    self.cwnd -= self.mss * acked / self.cwnd


def fifth_back(self, acked, now, rtt_s):
    if now > self.at + rtt_s:
        self.at, self.cwnd = now, max(2 * self.mss, int(0.8 * self.cwnd))


def to(segments):
    """Return a control whose window is so many segments, for ever."""

    def made(self, mss):
        Reno.__init__(self, mss)
        self.cwnd = segments * mss

    nothing = dict.fromkeys(("on_ack", "on_loss", "on_timeout"), lambda *_: None)
    return type("Mine", (Reno,), {"__init__": made, "on_idle": lambda self: None, **nothing})


def but(base=Reno, **methods):
    return type("Mine", (base,), methods)


def tenth(self, flight, now):
    self.ssthresh = self.cwnd = max(int(0.9 * flight), 2 * self.mss)


def divides_by_it(self, acked, now, rtt_s):
    self.least = min(self.least, rtt_s)
    wait = self.cwnd * (1 - self.least / rtt_s)
    Reno.on_ack(self, acked, now, rtt_s) if wait < 3 * self.mss else one_back(self, acked, now, rtt_s)


def to_the_clock(self, acked, now, rtt_s):
    self.cwnd = int((10 + 5 * now) * self.mss)


def raises_later(self, acked, now, rtt_s):
    """Come to a result on the slow line, and fail on a faster one."""
    Reno.on_ack(self, acked, now, rtt_s)
    self.count = getattr(self, "count", 0) + 1
    return 1 / (self.count < 900)


def by_the_clock(self, acked, now, rtt_s):
    vegas.on_ack(self, acked, now, rtt_s)
    self.cwnd += time.perf_counter_ns() % 100


def quarter(self, acked, now, rtt_s):
    waits = self.waits(rtt_s)
    self.cwnd = self.cwnd + acked if waits < 1 else max(self.mss, self.cwnd // 4)


vegas = grows(lambda waits, *_: waits <= 3, one_back)
two_thresholds = grows(
    lambda waits, *_: waits < 2, lambda self, *given: self.waits(given[2]) > 4 and one_back(self, *given)
)


class Shrinks(Reno):
    """Begins with a hundred segments, and never takes more."""

    def __init__(self, mss):
        super().__init__(mss)
        self.cwnd = 100 * mss

    def on_ack(self, acked, now, rtt_s):
        pass


returns = but(on_ack=lambda self, acked, *_: self.cwnd + acked)
never_gives = but(on_loss=lambda *_: None, on_timeout=lambda *_: None)

"""Lesson 12: right answers written in other ways, wrong ones with the words they get, guesses."""

from itertools import groupby, pairwise
from types import SimpleNamespace

import numpy as np
import pandas as pd

from tcpkit.check.lesson12_timeouts import Right

ALL = (groupby, pairwise)


def by_runs(acks):
    return next((ack for ack, run in groupby(acks) if len(list(run)) >= 4), None)


def by_windows(acks):
    for at in range(3, len(acks)):
        if len(set(acks[at - 3 : at + 1])) == 1:
            return acks[at]


def anywhere(acks):
    return next((ack for ack in acks if acks.count(ack) >= 4), None)


def by_hand(log, keep=lambda sent, number: len(sent[number]) == 1, copy=0):
    sent, done, trips = {}, set(), []
    for time, what, number in log:
        if what == "sent":
            sent.setdefault(number, []).append(time)
        elif number not in done:
            done.add(number)
            if keep(sent, number):
                trips.append(time - sent[number][copy])
    return trips


def by_frame(log):
    frame = pd.DataFrame(log, columns=["time", "what", "number"])
    sent, acked = (frame[frame.what == each].groupby("number").time for each in ("sent", "acked"))
    clean = sent.count()[sent.count() == 1].index
    times = (acked.first() - sent.first())[clean.intersection(acked.first().index)]
    return list(times[acked.first()[times.index].sort_values().index])


class Numbers(Right):
    """Written out, with attributes of other names."""

    def __init__(self, low, high):
        self.low, self.high, self.timeout_s, self.mean, self.spread = low, high, 1.0, None, None

    def measured(self, rtt_s):
        if self.mean is None:
            self.mean, self.spread = rtt_s, rtt_s / 2
        else:
            self.spread += (abs(self.mean - rtt_s) - self.spread) / 4
            self.mean += (rtt_s - self.mean) / 8
        self.timeout_s = float(np.clip(self.mean + 4 * self.spread, self.low, self.high))

    def back_off(self):
        self.timeout_s = self.timeout_s * 2 if self.timeout_s * 2 < self.high else self.high


def but(words, **steps):
    return type("RTO", (Right,), steps), words


def double(self):
    self.timeout_s = 2 * self.timeout_s


def with_timeout(value, words):
    return but(words, measured=lambda self, rtt_s: setattr(self, "timeout_s", value))


CLOTHES = {
    "send_again": "by_runs(acks) ;; by_windows(acks) ;; np.int64(by_runs(acks)) if by_runs(acks) else None",
    "round_trips": "by_hand(log) ;; tuple(by_hand(log)) ;; by_frame(log) ;; np.array(by_hand(log))",
    "RTO": [(Numbers, ""), (Right, "")],
}
WRONG = {
    "send_again": """
        next((acks[i] for i in range(2, len(acks)) if acks[i] == acks[i-1] == acks[i-2]), None) => three equal acks
        next((a for a, b in pairwise(acks) if a == b), None) => the first duplicate
        anywhere(acks) => You count equal acks anywhere.
        [a for a, b in pairwise(acks) if a == b][2:3].pop() if len([a for a, b in pairwise(acks) if a == b]) > 2 else None \
=> Your count never begins again.
        ([a for a, run in groupby(acks) if len(list(run)) >= 4] or [None])[-1] => Act at the first.
        acks.index(by_runs(acks)) if by_runs(acks) else None => You return the place in the list.
        by_runs(acks) and by_runs(acks) + 1460 => the segment after
        by_runs(acks) and by_runs(acks) - 1460 => the segment before
        bool(by_runs(acks)) => a truth value
        max(acks, default=None) => What did you expect there?
        None => You return None for every input.
        by_runs(acks[1:]) => You act at the fourth duplicate ;; You find nothing
        str(by_runs(acks)) => The answer is a number
    """,
    "round_trips": """
        by_hand(log, lambda *_: True) => from the first copy
        by_hand(log, lambda *_: True, -1) => from the last copy
        by_hand(log) if len({n for _, w, n in log if w == "sent"}) == sum(w == "sent" for _, w, n in log) else [] \
=> no time at all
        [1000 * each for each in by_hand(log)] => milliseconds
        sum(by_hand(log)) / max(1, len(by_hand(log))) => the mean
        [-each for each in by_hand(log)] => below 0
        [t for t, w, n in log if w == "acked"] => the times of the acks
        None => it returned None
        [] => You return [] for every input.
        by_hand(log, lambda sent, number: len(sent[number]) > 1) => the other way round
        by_hand(log)[::-1] => What did you expect there? ;; How many
        by_hand(log)[:1] => What did you expect there?
    """,
    "RTO": [
        but("`back_off` doubles past", back_off=double),
        but("`back_off` changes nothing", back_off=lambda self: None),
        but("Your timeout may fall below", between=lambda self, wanted: min(wanted, self.maximum_s)),
        but("may rise above", between=lambda self, wanted: max(wanted, self.minimum_s)),
        but("half of that time", first=lambda self, rtt: (rtt, 0.0)),
        but("as any other", first=lambda self, rtt: (rtt / 8, rtt / 4)),
        but("the last time only", later=lambda self, srtt, rtt: (rtt, rtt / 2)),
        with_timeout("1 s", "is no number of seconds: you have 1.0, '1 s'"),
        with_timeout(1100.0, "a thousand times too large"),
        with_timeout(0.3, "What did you expect there?"),
        but(
            "leave `__init__` as it is",
            __init__=lambda self, low, high: Right.__init__(self, low, high) or double(self),
        ),
        but("it raised ZeroDivisionError", measured=lambda self, rtt_s: 1 / 0),
        (type("Empty", (), {}), "it raised TypeError"),
        (lambda low, high: None, "Hand over the class itself: `class RTO:`."),
    ],
}

LOST = {5: 0.2, 20: 1.1}
LOGS = tuple(pd.DataFrame({"seconds": [0.0, left, 1.0], "flags": ["S", "S.", "S"]}) for left in (0.6, 1.1))
SLOW = SimpleNamespace(seconds=39.8)
GUESSES = r"""
    recall(20) => PASS 12.0 recall\nThe piece 10 to 19
    recall(10) => TRY AGAIN 12.0 recall: The piece 10 to 19 waited
    recall(30) => TRY AGAIN 12.0 recall: The bytes 20 to 24
    guess_lost("a", LOST) => YOU SAID a: the 5th: the fifteen segments behind it are wasted. WE SAW the 20th.\nThey are not
    guess_lost("b", LOST) => AS YOU SAID b: the 20th.\nBehind the 20th
    guess_lost("c", LOST) => YOU SAID c: both cost the same. WE SAW the 20th.\nThe segments behind
    guess_lost("b", {}) => NOT SEEN YET
    guess_round_trip("a", LOGS) => WE SAW these lines cannot tell.\nIn the second network
    guess_round_trip("b", LOGS) => WE SAW these lines cannot tell.\nIn the first network
    guess_round_trip("c", LOGS) => AS YOU SAID c: these lines cannot tell.\nThe lines are the same
    guess_downloads("a", SLOW) => YOU SAID a: about 5 s. WE SAW more than 30 s.\nThat is the time
    guess_downloads("b", SLOW) => YOU SAID b: about 10 s. WE SAW more than 30 s.\nThe queue
    guess_downloads("c", SLOW) => AS YOU SAID c: more than 30 s.\nThe queue
"""

"""Lesson 12: right answers written in other ways, wrong ones with the words they get, guesses."""

from collections import Counter
from itertools import groupby, pairwise
from types import SimpleNamespace

import numpy as np

from tcpkit.check.exercise import as_tuple
from tcpkit.check.lesson12_timeouts import RTO, Apart, Right

TOOLS = (groupby, pairwise)  # for the rows


def by_runs(acks):
    return next((ack for ack, run in groupby(acks) if len(list(run)) >= 4), None)


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


def sends(log):
    return Counter(number for _, what, number in log if what == "sent")


def each_ack(log):
    sent = {n: [t for t, w, m in log if w == "sent" and m == n] for _, _, n in log}
    return [t - sent[n][0] for t, w, n in log if w == "acked" and len(sent[n]) == 1]


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


CLOTHES = {
    "send_again": """
        by_runs(acks) ;; by_runs(tuple(acks)) ;; np.int64(by_runs(acks)) if by_runs(acks) else None
        next((a for i, a in enumerate(acks) if i > 2 and acks[i - 3 : i + 1] == [a] * 4), None)
        next((a for a, *b in zip(acks, acks[1:], acks[2:], acks[3:]) if b == [a] * 3), None)
        min((i, a) for i, a in enumerate(acks) if acks[i : i + 4] == [a] * 4)[1] if by_runs(acks) else None
        by_runs(iter(acks)) ;; by_runs([*acks, 0]) ;; by_runs(list(acks))
    """,
    "round_trips": """
        by_hand(log) ;; tuple(by_hand(log)) ;; by_hand(tuple(log)) ;; list(by_hand(log))
        [np.float64(each) for each in by_hand(log)] ;; [each + 1e-14 for each in by_hand(log)]
        [round(each, 6) for each in by_hand(log)] ;; by_hand(log, lambda sent, n: not sent[n][1:], -1)
    """,
    "RTO": [
        *((each, "") for each in (Numbers, Right, type("RTO", (Right,), {}), type("Other", (Numbers,), {}))),
        but("", between=lambda self, wanted: float(np.clip(wanted, self.minimum_s, self.maximum_s))),
        but("", between=lambda self, wanted: sorted((self.minimum_s, wanted, self.maximum_s))[1]),
        but("", first=lambda self, rtt: (rtt, 0.5 * rtt)),
        but("", back_off=lambda self: setattr(self, "timeout_s", min(self.maximum_s, self.timeout_s + self.timeout_s))),
        but("", back_off=lambda self: setattr(self, "timeout_s", self.between(2 * self.timeout_s))),
    ],
}
WRONG = {
    "send_again": """
        next((a for i, a in enumerate(acks) if i > 1 and acks[i - 2 : i + 1] == [a] * 3), None) => three equal acks
        next((a for a, b in pairwise(acks) if a == b), None) => the first duplicate
        next((a for i, a in enumerate(acks) if i > 3 and acks[i - 4 : i + 1] == [a] * 5), None) => the fourth duplicate
        next((ack for ack in acks if acks.count(ack) >= 4), None) => You count equal acks anywhere.
        ([a for a, b in pairwise(acks) if a == b][2:3] or [None])[0] => Your count never begins again.
        ([a for a, run in groupby(acks) if len(list(run)) >= 4] or [None])[-1] => Act at the first.
        acks.index(by_runs(acks)) + 3 if by_runs(acks) else None => You return the place in the list.
        by_runs(acks) and by_runs(acks) + 1460 => the segment after
        by_runs(acks) and by_runs(acks) - 1460 => the segment before
        bool(by_runs(acks)) => a truth value
        max(acks, default=None) => What did you expect there?
        next((a for i, a in enumerate(acks) if all(acks[i - n] == a for n in (1, 2, 3))), None) => What did you expect
        None => it returned None.
        str(by_runs(acks)) => The answer is a number
    """,
    "round_trips": """
        by_hand(log, lambda *_: True) => from the first copy
        by_hand(log, lambda *_: True, -1) => from the last copy
        [] if any(count > 1 for count in sends(log).values()) else by_hand(log) => You take no time at all
        [a[0] - s[0] for s, a in zip(*([r for r in log if r[1] == w] for w in ("sent", "acked")))] => You pair the first
        each_ack(log) => You count an ack that came again.
        [1000 * each for each in by_hand(log)] => milliseconds
        sum(by_hand(log)) / max(1, len(by_hand(log))) => the mean
        by_hand(log, lambda sent, number: len(sent[number]) > 1) => the other way round
        [t for t, w, n in log if w == "acked"] => the times of the acks
        [-each for each in by_hand(log)] => below 0
        None => it returned None
        [] => You return [] for every input.
        by_hand(log)[::-1] => What did you expect there?
        by_hand(log)[:1] => What did you expect there?
    """,
    "RTO": [
        *((one, words) for words, cause in RTO.causes.items() for one in as_tuple(cause)),
        but("What did you expect there?", between=lambda self, wanted: 0.31),
        but(
            "leave `__init__` as it is",
            __init__=lambda self, low, high: Right.__init__(self, 2, high) or self.back_off(),
        ),
        (Apart, "The stack sets it too"),
        but("`timeout_s` never changes.", measured=lambda self, rtt_s: rtt_s, back_off=lambda self: 2.0),
        but("it raised ZeroDivisionError", measured=lambda self, rtt_s: 1 / 0),
        (type("Empty", (), {}), "it raised TypeError"),
        (lambda: None, "Hand over the class itself: `class RTO:`."),
    ],
}

LOST = {5: 0.2, 20: 1.1}
LEFT_AT = 0.6, 1.1
SLOW = SimpleNamespace(seconds=39.8)
GUESSES = r"""
    recall(20) => PASS 12.0 recall\nThe piece 10 to 19
    recall(10) => TRY AGAIN 12.0 recall: The piece 10 to 19 waited
    recall(30) => TRY AGAIN 12.0 recall: The bytes 20 to 24
    guess_lost("a", LOST) => YOU SAID a: the 5th: the fifteen segments behind it are wasted. WE SAW the 20th.\nThey
    guess_lost("b", LOST) => AS YOU SAID b: the 20th.\nBehind the 20th
    guess_lost("c", LOST) => YOU SAID c: both cost the same. WE SAW the 20th.\nThe segments behind
    guess_lost("b", {}) => NOT SEEN YET
    guess_round_trip("a", LEFT_AT) => YOU SAID a: 1.2 s: from the first SYN on.
    guess_round_trip("b", LEFT_AT) => YOU SAID b: 0.2 s: from the second SYN on.
    guess_round_trip("c", LEFT_AT) => AS YOU SAID c: these lines do not say.\nThe lines are the same
    guess_downloads("a", SLOW) => YOU SAID a: about 5 s. WE SAW more than 30 s.\nThat is the time
    guess_downloads("b", SLOW) => YOU SAID b: about 10 s. WE SAW more than 30 s.\nThe queue
    guess_downloads("c", SLOW) => AS YOU SAID c: more than 30 s.\nThe queue
"""

"""Lesson 17: right answers written in other ways, wrong ones with the words they get, guesses."""

import math
from statistics import fmean, pstdev

import contest_controls as made
import numpy as np
from contest_controls import but, grows, to

TOOLS = (np, fmean, math, pstdev)  # for the rows
CLOTHES = {
    "jain": """
        sum(rates) ** 2 / len(rates) / sum(r * r for r in rates) ;; fmean(rates) ** 2 / fmean(r * r for r in rates)
        np.sum(rates) ** 2 / (len(rates) * np.sum(np.square(rates)))
        np.mean(rates) ** 2 / np.mean(np.array(rates) ** 2) ;; 1 / (1 + (pstdev(rates) / fmean(rates)) ** 2)
        sum(rates) / len(rates) * sum(rates) / sum(r**2 for r in rates)
        math.fsum(rates) ** 2 / np.dot(rates, rates) / len(rates)
        round(sum(rates) ** 2 / (len(rates) * sum(r * r for r in rates)), 9)
    """,
    "waiting": """
        max(0, cwnd - cwnd * least_rtt_s / rtt_s) ;; max(0, cwnd / rtt_s * (rtt_s - least_rtt_s))
        cwnd * max(0, 1 - least_rtt_s / rtt_s) ;; cwnd * (1 - min(1, least_rtt_s / rtt_s))
        int(max(0, cwnd * (1 - least_rtt_s / rtt_s)))
        0 if rtt_s < least_rtt_s else cwnd * (rtt_s - least_rtt_s) / rtt_s
        np.maximum(0.0, cwnd * (1 - least_rtt_s / rtt_s)) ;; round(cwnd * (1 - min(rtt_s, least_rtt_s) / rtt_s))
    """,
    "Mine": [
        (made.vegas, ""),
        (made.two_thresholds, ""),
        (grows(lambda waits, self, rtt_s: rtt_s <= 1.5 * self.least, made.fifth_back), ""),
        (grows(lambda waits, self, rtt_s: rtt_s <= 1.5 * self.least, lambda *_: None), ""),
        (grows(lambda waits, *_: waits <= 2, made.one_back), ""),
        (but(made.Least, on_ack=made.divides_by_it), ""),
        (grows(lambda waits, *_: waits <= 4.0, made.one_back), ""),
        (grows(lambda waits, *_: waits <= 3, made.fifth_back), ""),
        (but(made.vegas, on_idle=lambda self: None), ""),
        (grows(lambda waits, *_: waits <= 3, made.fraction_back), ""),
    ],
}
WRONG = {
    "jain": """
        min(rates) / max(rates) => You divide the smallest by the largest.
        sum(rates) / (len(rates) * sum(r * r for r in rates)) ;; sum(rates) / len(rates) => One of the two sums is wrong
        sum(rates) ** 2 / (len(rates) * sum(rates)) => One of the two sums is wrong
        sum(rates) ** 2 / sum(r * r for r in rates) => The number of rates is missing below the line
        len(rates) * sum(rates) ** 2 / sum(r * r for r in rates) => The number of rates belongs below the line
        sum(rates) ** 2 / len(rates) * sum(r * r for r in rates) => Put brackets there: `/ (len(rates) * ...)`.
        sum(rates) ^ 2 / (len(rates) * sum(r * r for r in rates)) => In Python a power is written `**`
        len(rates) * sum(r * r for r in rates) / sum(rates) ** 2 => It is upside down
        sum(rates) ** 2 / (2 * sum(r * r for r in rates)) => You write 2 for the number of rates.
        (sum(rates) ** 2 / (len(rates) * sum(r * r for r in rates))) ** 0.5 => You take the root of it.
        sum(rates) ** 2 // (len(rates) * sum(r * r for r in rates)) => You cut the fraction off
        round(sum(rates) ** 2 / (len(rates) * sum(r * r for r in rates)), 2) => You cut the fraction off, or round it.
        pstdev(rates) ;; 1 - pstdev(rates) => That is a deviation, and it has a unit
        sum(rates) ** 2 / (sum(1 for r in rates if r) * sum(r * r for r in rates)) => You leave out who gets nothing.
        sum(r * r for r in rates) / (len(rates) * sum(r * r for r in rates)) => One of the two sums is wrong
        1 + sum(rates) => Your result is above 1.
        max(rates) / sum(rates) => What did you expect there?
        1.0 => for every input
        None => it returned None
        rates => The answer is a float
    """,
    "waiting": """
        cwnd => You return all of the window.
        cwnd * least_rtt_s / rtt_s => You return what is on the way.
        rtt_s - least_rtt_s ;; max(0, rtt_s - least_rtt_s) => You return a time
        1 - least_rtt_s / rtt_s => You return a share of the window.
        8 * max(0, cwnd * (1 - least_rtt_s / rtt_s)) => You return bits
        cwnd * (1 - least_rtt_s / rtt_s) => Where `rtt_s` is below the least
        max(0, cwnd * (rtt_s / least_rtt_s - 1)) => You divide by the least round trip.
        max(0, cwnd * (least_rtt_s / rtt_s - 1)) => Your difference is turned round
        cwnd * abs(1 - least_rtt_s / rtt_s) => you return more than 0. Nothing waits then.
        max(0, cwnd * (rtt_s - least_rtt_s)) ;; cwnd * (rtt_s - least_rtt_s) => What part of `rtt_s` is it?
        -cwnd * rtt_s => Your result is below 0.
        cwnd + 1448 => You say that more bytes wait than are under way.
        None => it returned None
        cwnd / 2 => What did you expect there?
        max(0, cwnd - 1448 * 10) => What did you expect there?
    """,
    "Mine": [
        (but(), "What costs most is `large buffer`: 100 % of the link used, pings take 9.5 times"),
        (made.never_gives, "At a loss and at a timeout your window stays"),
        (but(on_loss=made.tenth), "After a loss you keep nine tenths of the window or more"),
        (to(12), "Your window never moves."),
        (to(4), "Your window stays at a few segments."),
        (made.returns, "`on_ack` returns something, and never changes"),
        (made.Shrinks, "it only shrinks, at each loss"),
        (but(on_ack=made.to_the_clock), "Your window follows the clock alone."),
        (but(made.vegas, on_ack=made.by_the_clock), "The same scenario, run twice, went two ways"),
        (but(made.Least, on_ack=made.quarter), "Within one round trip `on_ack` takes away more than half"),
        (but(on_ack=lambda self, *_: setattr(self, "cwnd", None)), "`self.cwnd` is None: make it a number of bytes"),
        (but(__init__=lambda self, mss: None), "makes it: call `super().__init__(mss)` first."),
        (but(on_ack=made.raises_later), "it raised ZeroDivisionError: division by zero."),
        (but(on_ack=lambda self, *_: setattr(self, "cwnd", 0)), "`self.cwnd` is 0: make it a number of bytes, above 0"),
        (but(on_ack=lambda self, *_: setattr(self, "cwnd", -1)), "`self.cwnd` is -1: make it a number of bytes"),
    ],
}

BUFFERS = {6000: (3.7, 46), 25_000: (4.7, 75), 250_000: (4.8, 294)}
CASES = {
    "four connections": {"you": 1.0, "a": 1.0, "b": 1.0, "c": 1.0, "d": 1.0},
    "longer way": {"you": 4.2, "neighbour": 0.4},
    "CUBIC": {"you": 2.0, "neighbour": 2.9},
}
QUEUES = {33: {"Reno": 2.0, "BBR": 17.0}, 330: {"Reno": 16.0, "BBR": 3.0}}
GUESSES = r"""
    recall(1.8) ;; recall(1.7) ;; recall(1.9) ;; recall(1.78) => PASS 17.0 recall\nHalf for twice the round trip
    recall("1.8") => TRY AGAIN 17.0 recall: The number is right, and it is text. Write it without quotes.
    recall(3.5) => TRY AGAIN 17.0 recall: That is one change of two
    recall(0.9) => TRY AGAIN 17.0 recall: Four times the loss halves the speed. It goes with
    recall(0.4) => TRY AGAIN 17.0 recall: Four times the loss halves the speed, and twice
    recall(7) => TRY AGAIN 17.0 recall: Both changes make it slower.
    recall(2.5) => TRY AGAIN 17.0 recall: You answered 2.5. How did you find it? The answer is a speed in Mbit/s.
    guess_buffer("a", BUFFERS) => YOU SAID a: the download is much faster, and the call is better. WE SAW 1 or 2 %
    guess_buffer("b", BUFFERS) => AS YOU SAID b: the download is hardly faster, and the call is much worse.
    guess_buffer("c", BUFFERS) => YOU SAID c: nothing changes. WE SAW 1 or 2 % faster, and four times worse.
    guess_buffer("b", {}) => NOT SEEN YET
    guess_neighbours("b", "c", "b", CASES) => AS YOU SAID a fifth, five times as much or more, one and a
    guess_neighbours("a", "c", "b", CASES) => YOU SAID half, five times as much or more, one and a half times as much.
    guess_neighbours("b", "a", "c", CASES) => YOU SAID a fifth, as much, all. WE SAW
    guess_neighbours("b", "d", "b", CASES) => NO GUESS YET: this answer cannot be read. Write 3 letters
    guess_bbr("b", "a", QUEUES) => AS YOU SAID BBR, Reno.\nThe queue decides
    guess_bbr("b", "b", QUEUES) => YOU SAID BBR, BBR. WE SAW BBR, Reno.\nReno fills
    guess_bbr("a", "a", QUEUES) => YOU SAID Reno, Reno. WE SAW BBR, Reno.\nWith the small queue
    guess_bbr("b", "b", {33: QUEUES[33], 330: QUEUES[33]}) => NOT SEEN YET: all runs before gave another
    confront(to(4), print) => NOT SEEN YET: this experiment waits until 17.3 says PASS.
"""

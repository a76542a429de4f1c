"""Lesson 16: right answers written in other ways, wrong ones with the words they get, guesses."""

from collections import Counter
from math import floor, inf

import numpy as np

TOOLS = (floor, inf, np)  # for the rows


def way(rate_bit_s, rtt_s):
    return rate_bit_s * rtt_s / 12_000


def pair(top, low=None):
    return top, top // 2 if low is None else low


CLOTHES = {
    "after_ack": """
        cwnd + (acked if cwnd < ssthresh else mss * acked // cwnd)
        cwnd + acked if ssthresh > cwnd else cwnd + int(acked * mss / cwnd)
        cwnd + min(acked, 2 * mss) if cwnd < ssthresh else cwnd + max(1, mss * acked // cwnd)
        np.int64(cwnd + acked if cwnd < ssthresh else cwnd + mss * acked // cwnd)
        cwnd + round(acked if cwnd < ssthresh else mss * acked / cwnd)
        cwnd + acked if not cwnd >= ssthresh else int(cwnd + mss / cwnd * acked)
        sum((cwnd, acked if cwnd < ssthresh else mss * acked // cwnd))
        cwnd + [mss * acked // cwnd, acked][cwnd < ssthresh]
    """,
    "after_loss": """
        max(flight // 2, 2 * mss) ;; max(2 * mss, int(flight / 2)) ;; flight // 2 if flight // 2 > 2 * mss else 2 * mss
        max(round(flight / 2), mss + mss) ;; sorted((flight // 2, 2 * mss))[1]
        max(flight >> 1, 2 * mss) ;; np.maximum(flight // 2, 2 * mss) ;; max(floor(0.5 * flight), 2 * mss)
    """,
    "teeth": """
        pair(round(way(rate_bit_s, rtt_s)) + queue_packets + 1) ;; pair(int(way(rate_bit_s, rtt_s)) + queue_packets + 1)
        [round(way(rate_bit_s, rtt_s)) + queue_packets + 1, (round(way(rate_bit_s, rtt_s)) + queue_packets + 1) // 2]
        pair(way(rate_bit_s, rtt_s) + queue_packets + 1) ;; pair(rate_bit_s * rtt_s // 8 // 1500 + queue_packets + 1)
        np.array(pair(round(way(rate_bit_s, rtt_s)) + queue_packets + 1)).tolist()
        pair(round(way(rate_bit_s, rtt_s)) + queue_packets + 1, (way(rate_bit_s, rtt_s) + queue_packets + 1) / 2)
        divmod(1, 1) and pair(round(way(rate_bit_s, rtt_s) + queue_packets + 1))
    """,
}
WRONG = {
    "after_ack": """
        cwnd + acked if cwnd < ssthresh else cwnd + mss ;; cwnd + mss => From `ssthresh` on you add one MSS
        2 * cwnd if cwnd < ssthresh else cwnd + mss * acked // cwnd ;; 2 * cwnd => You double `cwnd` with each ACK.
        2 * cwnd if cwnd < ssthresh else cwnd + mss => You double `cwnd` with each ACK.
        cwnd + acked if cwnd < ssthresh else cwnd + mss * mss // cwnd => you add `mss * mss // cwnd`. An ACK
        cwnd + acked => You never leave slow start
        cwnd + mss * acked // cwnd => There is no slow start in it.
        cwnd + mss if cwnd < ssthresh else cwnd + mss * acked // cwnd => Below `ssthresh` you add one MSS for each ACK.
        cwnd + 1 ;; cwnd + acked if cwnd < ssthresh else cwnd + 1 => You count segments.
        cwnd + mss * acked // cwnd if cwnd < ssthresh else cwnd + acked => You have the two rules exchanged
        acked if cwnd < ssthresh else mss * acked // cwnd => You return what is added.
        cwnd + acked if cwnd < ssthresh else cwnd + mss * acked / cwnd => You return a float.
        cwnd + acked if cwnd + acked < ssthresh else cwnd + mss * acked // cwnd => You compare `cwnd + acked`
        cwnd + acked if cwnd < ssthresh else cwnd + mss // cwnd * acked => gives 0: multiply first.
        cwnd + acked if cwnd < ssthresh else cwnd + acked // cwnd * mss => gives 0: multiply first.
        cwnd + acked * (cwnd < ssthresh) + mss * acked // cwnd => you add by both rules
        None => it returned None
        str(cwnd) => The answer is a number
        1 => for every input
        cwnd - acked => What did you expect there?
    """,
    "after_loss": """
        mss => You go back to one MSS.
        2 * mss => You return two MSS whatever was under way.
        max(flight / 2, 2 * mss) ;; max(flight, 4 * mss) / 2 => You return a float.
        max(flight // 2 // mss * mss, 2 * mss) => You return whole segments.
        flight => You keep what was under way.
        flight - mss => You give one MSS back.
        flight // 2 ;; max(flight // 2, 2) ;; flight / 2 => With two segments under way you return one MSS.
        flight // 2 + 3 * mss ;; max(flight // 2, 2 * mss) + 3 * mss => You add three MSS.
        max(flight // 2, mss) => One MSS as the floor is too low
        max(int(0.7 * flight), 2 * mss) => You keep 0.7 of it.
        max(flight // 2, 2 * 1448) => You write 1448 for `mss`.
        min(flight // 2, 2 * mss) => `min` takes the smaller
        None => it returned None
        (flight, mss) => The answer is a number
        1 => for every input
        flight + mss => What did you expect there?
    """,
    "teeth": """
        pair(round(way(rate_bit_s, rtt_s)) + queue_packets) => is what the link and the queue hold. Reno sends one
        pair(int(way(rate_bit_s, rtt_s)) + queue_packets) => is what the link and the queue hold. Reno sends one more
        pair(round(way(rate_bit_s, rtt_s)) + queue_packets, 2) => is what the link and the queue hold. Reno sends one
        pair(round(way(rate_bit_s, rtt_s)) + queue_packets - 1) => What did you expect there?
        pair(round(way(rate_bit_s, rtt_s)) + queue_packets + 3) => What did you expect there?
        pair(round(way(rate_bit_s, rtt_s)) + queue_packets + 2) => What did you expect there?
        pair(round(way(rate_bit_s, rtt_s)) + 1) => You leave the queue out.
        pair(queue_packets + 1) => You count the queue alone.
        pair(2 * queue_packets + 1) ;; pair(max(round(way(rate_bit_s, rtt_s)), queue_packets) + 1) => add the two.
        pair(20 + queue_packets + 1) ;; pair(round(way(rate_bit_s, rtt_s)) + 20 + 1) => You write 20 for the link
        pair(round(2 * way(rate_bit_s, rtt_s)) + queue_packets + 1) => You count the link twice.
        pair(round(8 * way(rate_bit_s, rtt_s)) + queue_packets + 1) => The rate is in bits.
        pair(round(1500 * way(rate_bit_s, rtt_s)) + queue_packets + 1) => You count bytes.
        pair(round(way(rate_bit_s, rtt_s)) + queue_packets + 1, round(way(rate_bit_s, rtt_s))) => is what the link holds
        pair(round(way(rate_bit_s, rtt_s)) + queue_packets + 1, 1) => Your lowest window is one segment.
        pair(round(way(rate_bit_s, rtt_s)) + queue_packets + 1)[::-1] => You have the two exchanged
        pair(round(way(rate_bit_s, rtt_s)) + queue_packets + 1, queue_packets) => Your highest window is right
        round(way(rate_bit_s, rtt_s)) + queue_packets + 1 => Return two numbers
        None => it returned None
        (1, 2) => for every input
        pair(round(rate_bit_s * rtt_s / 8 / 1448) + queue_packets + 1) => You divide by 1,448
        pair(round(way(rate_bit_s, rtt_s) / 2) + queue_packets + 1) => You take half of the round trip.
        pair(3 * queue_packets) => What did you expect there?
    """,
}

WINDOWS = {"10.0.0.1": Counter({49152: 732}), "10.0.0.2": Counter({34310: 5, 65535: 9})}
SECONDS = {
    (queue, name): value
    for queue, values in ((1_000_000, (3.2, 0.98, 0.78)), (60_000, (3.2, 1.36, 3.98)))
    for name, value in zip(("creep", "slow start", "at once"), values, strict=True)
}
TOPS, SPEEDS = [41.5, 40.9, 41.4], {5: 9.36e6, 20: 11.47e6, 40: 11.43e6}
GUESSES = r"""
    recall(1000) => PASS 16.0 recall\nThe window holds
    recall(4000) => TRY AGAIN 16.0 recall: The window counts from the ack
    recall(1001) => TRY AGAIN 16.0 recall: The ack names the next byte
    recall(0) => TRY AGAIN 16.0 recall: Byte 9000
    guess_field("a", WINDOWS) => YOU SAID a: the window in the sender's segments. WE SAW none.\nThat is what the sender
    guess_field("b", WINDOWS) => YOU SAID b: the window in the receiver's ACKs. WE SAW none.
    guess_field("c", WINDOWS) => YOU SAID c: an option. WE SAW none.\nMSS, SACK
    guess_field("d", WINDOWS) => AS YOU SAID d: none.\nIt is a variable
    guess_field("d", {}) => NOT SEEN YET
    guess_beginning("c", "b", SECONDS) => AS YOU SAID at once, slow start.\nSlow start doubles
    guess_beginning("c", "c", SECONDS) => YOU SAID at once, at once. WE SAW at once, slow start.\nIt loses more
    guess_beginning("b", "b", SECONDS) => YOU SAID slow start, slow start. WE SAW at once, slow start.\nNobody loses
    guess_beginning("a", "a", SECONDS) => YOU SAID creep, creep. WE SAW at once, slow start.\nCreep needs
    guess_teeth("a", TOPS) => YOU SAID a: 20. WE SAW 41.\nThat fills the link.
    guess_teeth("b", TOPS) => AS YOU SAID b: 41.\nThe link holds 20
    guess_teeth("c", TOPS) => YOU SAID c: 74. WE SAW 41.\nSo high it is once
    guess_idle("a", SPEEDS) => AS YOU SAID a: 5 packets.\nAfter a loss
    guess_idle("b", SPEEDS) => YOU SAID b: 20 packets. WE SAW 5.\nHalf of 41
    guess_idle(40, SPEEDS) => YOU SAID c: 40 packets. WE SAW 5.\nHalf of 61
"""

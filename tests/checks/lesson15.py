"""Lesson 15: right answers written in other ways, wrong ones with the words they get, guesses."""

import math

import numpy as np

TOOLS = (math, np)  # for the rows


def limits(rate_bit_s, rtt_s, loss, window):
    return rate_bit_s * 1448 / 1500, 8 * window / rtt_s, 8 * 1448 / rtt_s * (1.5 / loss) ** 0.5 if loss else math.inf


CLOTHES = {
    "loss_limit": """
        8 * mss / rtt_s * math.sqrt(1.5 / loss) ;; 8 * mss / rtt_s * (3 / 2 / loss) ** 0.5
        8 * mss / rtt_s * 1.22 / loss ** 0.5
        8 * mss * 1.2247 / (rtt_s * math.sqrt(loss)) ;; np.float64(8 * mss / rtt_s) * np.sqrt(3 / (2 * loss))
        int(8 * mss / rtt_s * math.sqrt(3 / (2 * loss))) ;; math.sqrt((8 * mss / rtt_s) ** 2 * 3 / (2 * loss))
        8 * mss / (rtt_s * math.sqrt(2 * loss / 3))
    """,
    "window_needed": """
        rate_bit_s * rtt_s / 8 ;; int(rate_bit_s * rtt_s / 8) ;; math.ceil(rate_bit_s * rtt_s / 8)
        rate_bit_s / 8 * rtt_s
        round(rate_bit_s * rtt_s) // 8 ;; np.float64(rate_bit_s) * rtt_s / 8 ;; rtt_s / (8 / rate_bit_s)
        int(rate_bit_s * rtt_s / 8) + 1 ;; round(0.125 * rate_bit_s * rtt_s, 2)
    """,
    "predict": """
        min(limits(rate_bit_s, rtt_s, loss, window)) ;; sorted(limits(rate_bit_s, rtt_s, loss, window))[0]
        min(rate_bit_s, *limits(rate_bit_s, rtt_s, loss, window)[1:]) ;; np.min(limits(rate_bit_s, rtt_s, loss, window))
        min(rate_bit_s * 1448 / 1500, 8 * window / rtt_s, 8 * 1448 / rtt_s * math.sqrt(1.5 / (loss or 1e-30)))
        min(rate_bit_s * 1460 / 1500, 8 * window / rtt_s, 8 * 1460 / rtt_s * math.sqrt(1.5 / (loss or 1e-30)))
        int(min(limits(rate_bit_s, rtt_s, loss, window))) ;; min(limits(rate_bit_s, rtt_s, loss or 0.0, window))
    """,
}
WRONG = {
    "loss_limit": """
        mss / rtt_s * math.sqrt(3 / (2 * loss)) => You return bytes per second
        8 * mss / rtt_s * math.sqrt(1.5 / loss) / 1e6 => You return Mbit/s.
        8 * mss / rtt_s * 1.5 / loss ;; 8 * mss / rtt_s * math.sqrt(1.5) / loss => The square root is missing.
        8 * mss / rtt_s * (3 / (2 * loss)) ** 1/2 => write `x ** 0.5`
        math.sqrt(8 * mss / rtt_s * 1.5 / loss) => The root stands over all of it.
        8 * mss / rtt_s / math.sqrt(loss) => 3/2 is missing under the root
        8 * mss / rtt_s * math.sqrt(2 / 3 / loss) => upside down
        8 * mss / rtt_s * math.sqrt(8 / (3 * loss)) => The speed comes from the average
        8 * mss / rtt_s * math.sqrt(3 / 2 * loss) => Your speed grows with the loss
        8 * mss / rtt_s * math.sqrt(150 / loss) ;; 8 * mss / rtt_s * math.sqrt(0.015 / loss) => It is a share already
        8 * mss / (rtt_s / 2) * math.sqrt(1.5 / loss) => You halve or double the round trip
        8 * mss / (2 * rtt_s) * math.sqrt(1.5 / loss) => it ends when the ACK is back
        8 * mss / (rtt_s / 1000) * math.sqrt(1.5 / loss) => It is in seconds.
        None => it returned None
        "fast" => The answer is a float.
        1e6 ;; math.inf => for every input
        mss / loss ;; 8 * mss / rtt_s ;; 8 * 1448 / rtt_s * math.sqrt(1.5 / loss) => What did you expect there?
        8 * mss / (rtt_s - rtt_s) => it raised ZeroDivisionError
    """,
    "window_needed": """
        rate_bit_s * rtt_s ;; rate_bit_s * rtt_s * 8 => divide the number of bits by 8
        rate_bit_s * rtt_s / 16 ;; rate_bit_s * rtt_s * 2 / 8 => until its ACK is back
        rate_bit_s * rtt_s / 8000 ;; rate_bit_s * rtt_s * 1000 / 8 => You take the round trip for milliseconds.
        rate_bit_s / 8 / rtt_s => A longer way holds more
        rate_bit_s * rtt_s / 8 // 1448 ;; round(rate_bit_s * rtt_s / 8 / 1460) => You return segments.
        min(65535, round(rate_bit_s * rtt_s / 8)) ;; min(65536, rate_bit_s * rtt_s / 8) => You return at most 65,535
        None => it returned None
        (rate_bit_s, rtt_s) => The answer is a number
        1 => for every input
        round(rate_bit_s + rtt_s) ;; rate_bit_s / 8 => What did you expect there?
        round(rate_bit_s * rtt_s / 9) => What did you expect there?
    """,
    "predict": """
        sum(x for x in limits(rate_bit_s, rtt_s, loss, window) if x < math.inf) => You make one number of all limits
        max(x for x in limits(rate_bit_s, rtt_s, loss, window) if x < math.inf) => You return the largest limit.
        min(limits(rate_bit_s, rtt_s, loss, window)) / 8 => Return bit/s.
        min(limits(rate_bit_s, rtt_s, loss, window)[1:]) => You leave out the rate
        min(limits(rate_bit_s, rtt_s, loss, 1e15)) => You leave out the window.
        min(limits(rate_bit_s, rtt_s, 0, window)) => You leave out the loss limit
        min(limits(rate_bit_s, rtt_s, loss if loss > 0.0005 else 0, window)) => What did you expect there?
        min(limits(rate_bit_s, rtt_s, loss, 1e15 if loss else window)) => You leave out the window where packets are
        min(limits(rate_bit_s, rtt_s, loss, 65_536)) => You write 65,536 bytes for the window
        min(limits(rate_bit_s, rtt_s, loss, min(window, 65_535))) => You write 65,536 bytes for the window
        min(rate_bit_s, 8 * window / rtt_s) ;; min(rate_bit_s * (1 - loss), 8 * window / rtt_s) => You leave out the
        limits(rate_bit_s, rtt_s, loss, window)[2] if loss else min(rate_bit_s, 8 * window / rtt_s) => limit alone
        min(rate_bit_s, window / rtt_s, limits(rate_bit_s, rtt_s, loss, window)[2]) => The window is in bytes.
        min(rate_bit_s, 8 * window / rtt_s, 8 * 1448 / rtt_s * math.sqrt(1.5 / loss)) => Python divides by 0
        min(limits(rate_bit_s, rtt_s, loss or 1, window)) => your answer can be too small
        min(limits(rate_bit_s, rtt_s, loss, window)) * bool(loss) => your answer can be too small
        None => it returned None
        list(limits(rate_bit_s, rtt_s, loss, window)) => The answer is
        rate_bit_s / 2 ;; sorted(limits(rate_bit_s, rtt_s, loss, window))[1] => What did you expect there?
    """,
}

RENTED = {10e6: 1.2e6, 100e6: 1.2e6, 1e9: 1.3e6}
WAY, LOSS = {0.02: 6.2, 0.04: 3.1, 0.08: 1.5}, {0.01: 3.1, 0.04: 1.3}
WINDOW = {(65_536, 0.04): 12.7, (65_536, 0.08): 6.3, (131_072, 0.08): 12.7}
GUESSES = r"""
    recall(200) => PASS 15.0 recall\n120 ms + 4 x 20 ms.
    recall(140) => TRY AGAIN 15.0 recall: RTTVAR counts four times.
    recall(120) => TRY AGAIN 15.0 recall: About half of all
    recall(1000) => TRY AGAIN 15.0 recall: That is RFC 6298's minimum
    guess_rented("a", RENTED) => YOU SAID a: about 990. WE SAW less than 2.\nThe link could carry that
    guess_rented("b", RENTED) => YOU SAID b: about 500. WE SAW less than 2.\nA loss costs more
    guess_rented("c", RENTED) => YOU SAID c: about 100. WE SAW less than 2.\nIt is less
    guess_rented("d", RENTED) => AS YOU SAID d: less than 2.\nThe rate
    guess_rented("d", {}) => NOT SEEN YET
    guess_knobs("b", "b", WAY, LOSS) => AS YOU SAID half, about half.\nThe speed falls
    guess_knobs("a", "b", WAY, LOSS) => YOU SAID the same, about half. WE SAW half, about half.\nThe link does not wait
    guess_knobs("b", "a", WAY, LOSS) => YOU SAID half, a quarter. WE SAW half, about half.\nFour times the loss
    guess_knobs("c", "c", WAY, LOSS) => YOU SAID a quarter, 3 % less. WE SAW half, about half.\nIn each round trip
    guess_window("a", WINDOW) => YOU SAID a: 1,000 Mbit/s. WE SAW 13 Mbit/s.\nThe link could
    guess_window("b", WINDOW) => YOU SAID b: 500 Mbit/s. WE SAW 13 Mbit/s.\nNo loss halves
    guess_window("c", WINDOW) => AS YOU SAID c: 13 Mbit/s.\nAt most 65,536 bytes
    guess_kernel("a", [0.9, 1.1, 0.8, 0.9]) => YOU SAID a: within 2 %. WE SAW within a factor of two.\nOnly a few
    guess_kernel("b", [0.9, 1.1, 0.8, 0.9]) => AS YOU SAID b: within a factor of two.\nOnly a few
    guess_kernel("c", [0.9, 1.1, 0.8, 0.9]) => YOU SAID c: not near at all. WE SAW within a factor of two.\nThe
    guess_kernel("c", [0.9, 0.4, 0.8, 0.9]) => NOT SEEN YET: it was further away than in all runs before. This machine
"""

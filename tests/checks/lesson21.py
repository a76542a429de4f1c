"""Lesson 21: right answers written in other ways, wrong ones with the words they get, guesses."""

import random
from types import SimpleNamespace

import numpy as np

from tcpkit.wire import Flags

TOOLS = (np,)  # for the rows
ALL = 2**32
dice = random.Random(21)


def by_hand(window):
    numbers, at = [], 0
    while at < 2**32:
        numbers.append(at)
        at += window
    return numbers


def by_case(seq, rcv_nxt, window):
    match (seq - rcv_nxt) % 2**32:
        case 0:
            return "reset"
        case distance if distance < window:
            return "challenge"
    return "drop"


def by_edges(seq, rcv_nxt, window):
    end = (rcv_nxt + window) % 2**32
    inside = rcv_nxt <= seq < end if rcv_nxt <= end else seq >= rcv_nxt or seq < end
    return "reset" if seq == rcv_nxt else "challenge" if inside else "drop"


def by_chance(window):
    return [dice.getrandbits(32) for _ in range(ALL // window + 1)]


def reads(seq, rcv_nxt, window):
    return "reset" if seq == rcv_nxt else "challenge" if seq - rcv_nxt < window else "drop"


def one_before(seq, rcv_nxt, window):
    if seq == (rcv_nxt - 1) % 2**32:
        return "reset"
    return "challenge" if (seq - rcv_nxt) % 2**32 < window else "drop"


def inside(seq, rcv_nxt, window):
    return (seq - rcv_nxt) % 2**32 < window


CLOTHES = {
    "sweep": """
        range(0, ALL, window) ;; list(range(0, ALL, window)) ;; tuple((at + 7) % ALL for at in range(0, ALL, window))
        [number * window for number in range(-(-ALL // window))] ;; by_hand
        range(ALL - 1, -1, -window) ;; set(range(0, ALL, window)) ;; sorted(range(0, ALL, window), reverse=True)
        np.arange(0, ALL, window).tolist() ;; [*np.arange(0, ALL, window)]
        random.sample(range(0, ALL, window), len(range(0, ALL, window)))
    """,
    "on_rst": """
        by_case ;; by_edges
        "reset" if seq == rcv_nxt else "challenge" if (seq - rcv_nxt) % ALL <= window else "drop"
        "reset" if seq == rcv_nxt else "challenge" if inside(seq, rcv_nxt, window) else "drop"
        "drop" if not inside(seq, rcv_nxt, window or 1) else "challenge" if seq != rcv_nxt else "reset"
        ["drop", "challenge", "reset"][inside(seq, rcv_nxt, window or 1) + (seq == rcv_nxt)]
        "challenge" if 0 < (seq - rcv_nxt) & 0xFFFFFFFF < window else "drop" if seq != rcv_nxt else "reset"
        "reset" if seq == rcv_nxt else "challenge" if seq in {(rcv_nxt + at) % ALL for at in range(window)} else "drop"
        "reset" if seq == rcv_nxt else "challenge" if any(0 < seq + n - rcv_nxt < window for n in (0, ALL)) else "drop"
    """,
}
WRONG = {
    "sweep": """
        range(0, ALL, window + 1) ;; range(0, ALL, 2 * window) => more than a window apart
        range(0, ALL, window // 2) ;; [*range(0, ALL, window), 5] => but fewer would do
        range(0, ALL, window - 1) => but fewer would do
        range(ALL) ;; range(0, ALL) => You send every number
        range(0, ALL - window, window) ;; range(0, ALL // window * window, window) => a window may lie around it
        range(0, ALL // 2, window) ;; range(0, ALL - 1, window) => a window may lie around it
        by_chance => Your numbers are not evenly apart
        range(0, ALL + window, window) ;; range(window, ALL + window, window) => no sequence numbers
        -(-ALL // window) ;; iter(range(0, ALL, window)) ;; np.arange(0, ALL, window) => Return the numbers themselves
        [(at, at + window) for at in range(0, ALL, window)] => Return the numbers themselves
        [] ;; np.linspace(0, ALL, ALL // window) ;; "range(0, 2**32, window)" => Return the numbers themselves
        None => it returned None
        [window] ;; range(window, ALL, window) => a window may lie around it
        range(window, ALL + 1, window) => you returned 21,845 numbers, 196,608 apart. What did you expect there?
    """,
    "on_rst": """
        "reset" if inside(seq, rcv_nxt, window) else "drop" => That is the rule of 1981
        "reset" => one packet of a stranger is enough
        "reset" if seq == rcv_nxt else "drop" => Your rule never challenges.
        "reset" if seq == rcv_nxt else "challenge" => challenges each RST outside the window too
        "challenge" if inside(seq, rcv_nxt, window) else "drop" => Your rule never resets
        "drop" ;; "challenge" => Your rule never resets
        "reset" if seq == rcv_nxt else "challenge" if seq in range(rcv_nxt, rcv_nxt + window) else "drop" => goes on
        "reset" if seq == rcv_nxt else "challenge" if abs(seq - rcv_nxt) < window else "drop" => the numbers just before
        reads => is negative, and so it is below
        "challenge" if seq == rcv_nxt else "reset" if inside(seq, rcv_nxt, window) else "drop" => exchanged `reset`
        "reset" if seq == rcv_nxt else "drop" if inside(seq, rcv_nxt, window) else "challenge" => exchanged `challenge`
        one_before => You reset at `rcv_nxt` - 1
        "drop" if not inside(seq, rcv_nxt, window) else "challenge" if seq != rcv_nxt else "reset" => the window is 0
        ("reset" if seq == rcv_nxt else "challenge") if (seq + ALL - rcv_nxt) % ALL < window else "drop" => is 0
        "reset" if seq == rcv_nxt else "challenge" if inside(seq, rcv_nxt, window - 1) else "drop" => the last number in
        "reset" if seq == rcv_nxt else "challenge" if inside(rcv_nxt, seq, window) else "drop" => the other way round
        "RST" ;; True ;; "reset" if seq == rcv_nxt else "ignore" => Return one of three words
        "Reset" if seq == rcv_nxt else "Challenge" if inside(seq, rcv_nxt, window) else "Drop" => in small letters
        "reset" if seq == rcv_nxt else "challenge" if inside(seq, rcv_nxt, window) else None => it returned None
        "reset" if seq == rcv_nxt else "challenge" if seq < rcv_nxt + window else "drop" => is negative, and so
        "reset" if seq >= rcv_nxt else "drop" => What did you expect there?
    """,
}


def cable(*flags):
    return [SimpleNamespace(segment=SimpleNamespace(flags=each)) for each in flags]


S, SA = Flags.SYN, Flags.SYN | Flags.ACK
TO_FRIEND = {"the liar's": cable(S), "the friend's": cable(SA)}
BY_FRIEND = {"the liar's": [], "the friend's": cable(S, SA)}
TO_LIAR = {"the liar's": cable(S, SA), "the friend's": []}
LOST = {"the liar's": cable(S), "the friend's": []}
GUESSES = r"""
    recall("b") => PASS 21.0 recall\nThe entry SYN-RECEIVED.
    recall("a") => TRY AGAIN 21.0 recall: Then how would it know which ack
    recall("c") => TRY AGAIN 21.0 recall: `accept` waits for the third packet.
    guess_flood("a", 100) => YOU SAID a: 8. WE SAW 100.\nThe kernel keeps about so many
    guess_flood("b", 100) => YOU SAID b: 9. WE SAW 100.\nThe kernel keeps about so many
    guess_flood("c", 100) => AS YOU SAID c: 100.\nThe kernel keeps nine entries
    guess_flood("c", 9) => YOU SAID c: 100. WE SAW 9.\nYour kernel sends no SYN cookies
    guess_flood("b", 9) => AS YOU SAID b: 9.\nYour kernel sends no SYN cookies
    guess_flood("b", 0) => NOT SEEN YET
    guess_offers("a", ["MSS"]) => YOU SAID a: all three. WE SAW the MSS only.\nThen it would have to
    guess_offers("b", ["MSS"]) => AS YOU SAID b: the MSS only.\nA number of 32 bits
    guess_offers("a", []) => NOT SEEN YET
    guess_answer("a", TO_FRIEND) => YOU SAID a: to the liar. WE SAW to 10.0.0.2.\nThe kernel does not ask
    guess_answer("b", TO_FRIEND) => AS YOU SAID b: to 10.0.0.2.\nAnswers go where
    guess_answer("b", BY_FRIEND) => AS YOU SAID b: to 10.0.0.2.
    guess_answer("c", TO_FRIEND) => YOU SAID c: nowhere. WE SAW to 10.0.0.2.\nThe SYN looks like
    guess_answer("b", TO_LIAR) => YOU SAID b: to 10.0.0.2. WE SAW to the liar.
    guess_answer("b", LOST) => YOU SAID b: to 10.0.0.2. WE SAW nowhere.
    guess_sweep("a", 9000) => YOU SAID a: 4 billion. WE SAW about 22,000.\nOne packet tries
    guess_sweep("b", 21_846) => AS YOU SAID b: about 22,000.\n2**32 / 196,608
    guess_sweep("c", 1) => YOU SAID c: 196,608. WE SAW about 22,000.\nThat is the size
    guess_sweep("c", None) => NOT SEEN YET
"""

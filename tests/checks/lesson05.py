"""Lesson 05: right answers written in other ways, wrong ones with the words they get, guesses; 5.3 is beside it."""

import itertools

import numpy as np
from fake_packets import packet

from tcpkit.draw.port_answers import SIX
from tcpkit.lab.counters import Counters
from tcpkit.wire import Flags

FIN, SYN, RST, PSH, ACK, URG = Flags.FIN, Flags.SYN, Flags.RST, Flags.PSH, Flags.ACK, Flags.URG
TOOLS = np, Counters, PSH, URG  # for the rows
NAMES = {"TcpInCsumErrors": "checksum", "TcpInErrs": "header length", "TcpOutSegs": "answered"}


class Text(str):
    pass


def by_table(moved):
    return next((words for name, words in NAMES.items() if name in moved), "not told")


def by_match(moved):
    match dict(moved):
        case {"TcpInCsumErrors": _}:
            return "checksum"
        case {"TcpInErrs": _}:
            return "header length"
    return "answered" if "TcpOutSegs" in moved else "not told"


def first_of(moved, *names, last="not told"):
    return next((NAMES.get(name, "answered") for name in names if moved.get(name)), last)


def ones(moved):
    return next((words for name, words in NAMES.items() if moved.get(name) == 1), "not told")


def reply(flags, listening, *left_out):
    """Return the right answer; some of its questions can be left out."""
    if RST in flags and "RST" not in left_out:
        return "none"
    if ACK in flags and "ACK" not in left_out:
        return "R"
    if not listening:
        return "R."
    return "S." if SYN in flags and (FIN not in flags or "FIN" in left_out) else "none"


def recursive(flags, listening):
    return recursive(flags & ~PSH & ~URG, listening) if flags & (PSH | URG) else reply(Flags(flags), listening)


KNOWN = {(number, at): reply(Flags(number), at) for number, at in itertools.product(range(64), (False, True))}
INDEX = {given: ("none", "R", "R.", "S.").index(words) for given, words in KNOWN.items()}

CLOTHES = {
    "diagnose": """
        by_table ;; by_match ;; Text(by_table(moved)) ;; np.str_(by_table(moved)) ;; by_table(Counters(moved))
        first_of(moved, *NAMES) ;; by_table({name: count for name, count in moved.items() if count})
        "answered" if moved.get("TcpOutSegs") else by_table(moved)
    """,
    "answer": """
        recursive ;; KNOWN[flags, listening] ;; Text(reply(flags, listening)) ;; np.str_(reply(flags, listening))
        "none" if "R" in str(flags) else "R" if "." in str(flags) else reply(flags, listening) ;; reply
        reply(Flags(int(flags)), np.bool_(listening)) ;; ("none", "R", "R.", "S.")[INDEX[flags, listening]]
    """,
}

WRONG = {
    "diagnose": """
        "checksum" if "TcpInErrs" in moved else by_table(moved) => You say checksum, but TcpInErrs moves
        first_of(moved, "TcpInErrs", "TcpOutSegs") => Where TcpInCsumErrors moved, you say header length
        first_of(moved, *NAMES, last="no error") ;; "length" => There are four answers: "header length", "checksum", "a
        NAMES[moved["TcpInCsumErrors"]] => it raised KeyError: 'TcpInCsumErrors'. That key is not there. A dict
        first_of(moved, *NAMES, last="header length" if moved else "not told") => No error counter moved, and nothing w
        by_table(moved).replace("answered", "not told") => TcpOutSegs moved: the kernel sent something. What did you
        first_of(moved, *NAMES, last=None) => it returned None, for others an answer. Which `return` does it reach
        ones => Counters may move by more than 1: what then?
        by_table(moved).replace("not told", "answered" if moved else "not told") => TcpInSegs counts arrivals, not answ
        "not told" if "TcpOutSegs" in moved and "TcpOutRsts" not in moved else by_table(moved) => An answer may be no RS
        by_table(moved).upper() => you returned 'HEADER LENGTH'. The words are right: small and capital letters count.
        print(moved) => it returned None. Does it reach a `return` with an answer?
    """,
    "answer": """
        reply(flags, listening, "RST") ;; "R" if flags & RST else reply(flags, listening) => You answer an RST, and nob
        "none" if flags == RST else reply(flags, listening, "RST") => Nobody answers an RST, also with other flags: `F
        "R." if flags == RST and not listening else reply(flags, listening) => also with other flags: `Flags.RST in flag
        "R" if flags & ACK else reply(flags, listening) => An RST with ACK is an RST too: ask for RST first.
        "S." if listening and not flags else reply(flags, listening) => A listener says `S.` to a SYN, and to nothing
        "S." if listening and not flags & (RST | ACK) else reply(flags, listening) => A listener says `S.` to a SYN
        "none" if RST in flags else "S." if listening else reply(flags, False) => where SYN is not set?
        reply(flags, listening) if flags or listening else "none" => 'none'. The kernel answered `R.`. What did you
        "none" if listening and ACK in flags else reply(flags, listening) => 'none'. The kernel answered `R`. What did
        reply(flags, listening).replace("none", "n") => There are four answers: "none", "R.", "R", "S.".
        reply(flags, listening, "FIN") => For flags=FS, listening=True you returned 'S.'. The kernel sent no answer.
        "none" if listening and SYN in flags and flags != SYN and not ACK & flags else reply(flags, listening) => PSH a
        reply(flags, listening and (SYN in flags)) => For flags=none, listening=True you returned 'R.'. The kernel sent
        {"R": "R.", "R.": "R"}.get(reply(flags, listening), reply(flags, listening)) => Is it `R` or `R.`?
        reply(flags, False) ;; reply(flags, True) => Your two ports answer alike.
        "" if FIN in flags and listening else reply(flags & ~RST, listening) => You answer an RST
        None if reply(flags, listening) == "none" else reply(flags, listening) => You return None for silence.
        print(reply(flags, listening)) => it returned None. Does it reach a `return` with an answer?
        None if FIN in flags else reply(flags, listening) => for others an answer. Which `return` does it reach
        reply(flags, listening) if SYN in flags or listening else "S." => you returned 'S.'. The kernel answered `R.`.
        RST | ACK => you returned R., flags (Flags). The answer is text (str).
    """,
}

MOVED = [{"TcpInErrs": 1}, {"TcpInErrs": 1, "TcpInCsumErrors": 1}, {"TcpInSegs": 1}, {}]
LISTENER = [packet(("127.0.0.1", 8989), ("127.0.0.1", 8002), "S", bytes(44))]
LISTENER += [packet(("127.0.0.1", 8002), ("127.0.0.1", 8989), "S.", ack=1)]


def answered(port, letters):
    """Return a capture of the six sets sent to a port, and their answers by the map's letters."""
    here, said = "127.0.0.1", {"r": "R", "a": "R.", "s": "S."}
    pairs = zip(range(9000, 9006), SIX, letters, strict=True)
    both = [((here, source), str(flags).replace("none", ""), said.get(letter)) for source, flags, letter in pairs]
    there = (here, port)
    found = [[packet(me, there, flags), *([packet(there, me, back)] if back else [])] for me, flags, back in both]
    return [each for pair in found for each in pair]


MAPS = answered(8001, "aaaarn"), answered(8002, "nnsnrn")
GUESSES = r"""
    recall(np.int64(50)) => PASS 5.0 recall\n20 bytes of header and 30
    recall(30) => TRY AGAIN 5.0 recall: 30 is the data alone. TCP's length counts the header as well.
    guess_counters("A, b, c, c", MOVED) => AS YOU SAID abcc.\nTwo of the four silences move
    guess_counters("caab", MOVED) => YOU SAID caab. WE SAW abcc.\n1: a header that is too short is counted as an error
    guess_counters("abca", MOVED) => YOU SAID abca. WE SAW abcc.\n4: this packet is correct.
    guess_ack("a", LISTENER) => YOU SAID a: 45. WE SAW 1.\nThe closed port refused the whole segment
    guess_ack(1, LISTENER) => AS YOU SAID b: 1.\nThe SYN uses one number.
    guess_ack("a", LISTENER[:1]) => NOT SEEN YET: no program listens on port 8002.
    guess_map("aaaarn", "NNSNRN", *MAPS) => AS YOU SAID for all 12 squares.\nHow many
    guess_map("naaarn", "nnssrn", *MAPS) => YOU SAID 10 of 12 as WE SAW them. You missed:\nno flags, closed: you
    guess_map("aaaarn", "nassrn", *MAPS) => YOU SAID 10 of 12 as WE SAW them. You missed:\nFIN, listening: you
    guess_map("aaaarn", "nnssrn", *MAPS) => YOU SAID 11 of 12 as WE SAW them. You missed:\nSYN+FIN, listen
    guess_map("aaaarn", "nnsnrx", *MAPS) => NO GUESS YET: this answer cannot be read. Write six letters for each port
    guess_map("aaaarn", "nnsnrn", MAPS[1], MAPS[1]) => NOT SEEN YET: a program listens on port 8001
    colour("aaaarn", "nnsnrn") => KEPT.\nclosed: no flags a, FIN a, SYN a, SYN+FIN a, ACK r
    colour("aaaarn", "x") => NO GUESS YET: Write six letters for each port, of n, r, a and s, such as "nnnnnn". Look at
    part_one(("c", 3), "C", 2) => PASS 5.4 part_one\nThe kernel writes the headers
    part_one("b", "c", "b") => TRY AGAIN 5.4 part_one: 1: A library hands data to the kernel.
    part_one("c", "a", "b") => TRY AGAIN 5.4 part_one: 2: In lesson 01 nothing came back
    probe(..., None) => TODO 5.3 probe
"""

"""Lesson 07: right answers written in other ways, wrong ones with the words they get, guesses."""

import numpy as np

from tcpkit import Capture
from tcpkit.wire import Flags, Segment, TCPHeader, next_ack, segment_length

TOOLS = (np, next_ack)  # for the rows
SYN, FIN, RST, PSH, ACK = Flags.SYN, Flags.FIN, Flags.RST, Flags.PSH, Flags.ACK
M = 2**32


def third_by_length(syn, syn_ack):
    return ACK, *((each.seq + segment_length(each.flags, len(each.data))) % M for each in (syn, syn_ack))


def third_by_hand(syn, syn_ack):
    return [0b10000, *(0 if each.seq == M - 1 else each.seq + 1 for each in (syn, syn_ack))]


def header(flags, seq, ack):
    return TCPHeader(1, 2, flags=flags, seq=seq % M, ack=ack % M)


def by_loop(sockets, port):
    rows = (row for row in sockets.itertuples() if row.state == "SYN-RECEIVED")
    return sorted(row.remote for row in rows if row.local.split(":")[-1] == str(port))


def by_steps(sockets, port):
    sockets["port"] = sockets.local.str.rpartition(":")[2]
    rows = sockets.query(f"port == '{port}' and state == 'SYN-RECEIVED'").sort_values("remote")
    return rows.remote.to_list()


def to(sockets, port):
    return sockets.local.str.endswith(f":{port}")


def half(sockets):
    return sockets[sockets.state == "SYN-RECEIVED"]


def waiting(sockets, port):
    return half(sockets)[to(half(sockets), port)]


CLOTHES = {
    "third_packet": """
        (ACK, (syn.seq + 1) % 2**32, (syn_ack.seq + 1) % 2**32) ;; (ACK, syn_ack.ack, (syn_ack.seq + 1) % M)
        (ACK, next_ack(syn), next_ack(syn_ack)) ;; third_by_length ;; third_by_hand
        (PSH | ACK, syn_ack.ack, next_ack(syn_ack)) ;; (16, syn_ack.ack, next_ack(syn_ack))
        (ACK, syn.seq + 1 & 0xFFFFFFFF, syn_ack.seq + 1 & M - 1) ;; header(ACK, syn.seq + 1, syn_ack.seq + 1)
        Segment(header(ACK, syn.seq + 1, syn_ack.seq + 1)) ;; Segment(header(ACK, syn.seq + 1, syn_ack.seq + 1), b"hi")
        (ACK, np.int64(syn_ack.ack), np.int64(next_ack(syn_ack)))
    """,
    "second_packet": """
        (SYN | ACK, first, (syn.seq + 1) % 2**32) ;; (SYN + ACK, first, next_ack(syn)) ;; (18, first, next_ack(syn))
        [ACK | SYN, first, (syn.seq + 1) & 0xFFFFFFFF] ;; (SYN | ACK | PSH, first, next_ack(syn))
        (SYN | ACK, first, (syn.seq + segment_length(syn.flags, 0)) % M) ;; header(SYN | ACK, first, syn.seq + 1)
        Segment(header(SYN | ACK, first, syn.seq + 1)) ;; (np.uint8(18), np.int64(first), np.int64(next_ack(syn)))
    """,
    "half_open": """
        sorted(waiting(sockets, port).remote) ;; list(np.sort(waiting(sockets, port).remote)) ;; by_loop ;; by_steps
        waiting(sockets, port).remote.sort_values().tolist() ;; tuple(sorted(waiting(sockets, port)["remote"]))
        sorted(sockets.loc[sockets.state.eq("SYN-RECEIVED") & sockets.local.eq(f"10.0.0.1:{port}"), "remote"])
        sorted(set(waiting(sockets, port).remote)) ;; sorted(map(str, waiting(sockets, port).remote.values))
    """,
}

WRONG = {
    "third_packet": """
        (ACK, next_ack(syn), syn_ack.seq) ;; (ACK, syn.seq, syn_ack.seq) => The kernel's SYN used a number too
        (ACK, next_ack(syn), (syn_ack.seq + 2) % M) ;; (ACK, next_ack(syn), 0) => has used one number, its SYN's, and
        (ACK, next_ack(syn), syn.seq) ;; (ACK, syn.seq, syn_ack.ack) => Your ack counts your own
        (ACK, syn.seq, next_ack(syn_ack)) ;; (ACK, syn.seq, syn_ack.seq + 1) => Your SYN used that seq: take the number
        (ACK, syn_ack.seq, next_ack(syn_ack)) ;; (ACK, next_ack(syn_ack), next_ack(syn_ack)) => It must count your own
        (ACK, (syn.seq + 2) % M, next_ack(syn_ack)) => Your seq leaves a number out: `hello` waits for
        (SYN | ACK, next_ack(syn), next_ack(syn_ack)) ;; (SYN, syn.seq, 0) ;; syn_ack => and you have said yours: send
        (RST | ACK, next_ack(syn), next_ack(syn_ack)) ;; (FIN, syn_ack.ack, 0) => FIN and RST end a conversation
        (PSH, next_ack(syn), next_ack(syn_ack)) => Without the flag ACK the number in ack counts for nothing.
        (ACK, syn.seq + 1 % M, syn_ack.seq + 1 % M) ;; (ACK, -1, 2**80) => After 4294967295 comes 0: the numbers run
        (ACK, next_ack(syn_ack), syn_ack.ack) ;; (syn_ack.ack, next_ack(syn_ack), ACK) => right three in another order
        (ACK, (syn.seq + 9) % M, next_ack(syn_ack)) => (., 9, 301). The program did not read `hello`. What did you
        ("ACK", next_ack(syn), next_ack(syn_ack)) => 'ACK' is text: it reads like flags, and is none. Write `Flags.ACK`.
        ACK | 0 => For syn_seq=0, syn_ack_seq=300 you returned ., flags (Flags). The answer is a tuple.
        (next_ack(syn), next_ack(syn_ack)) => you returned (1, 301). The program did not read `hello`. What did you
        (ACK, 1, next_ack(syn_ack)) => 1 is right only if your SYN had seq 0
        (ACK, syn_ack.ack, next_ack(syn_ack), b"") => Return three values
    """,
    "second_packet": """
        (SYN | ACK, first, syn.seq) ;; (SYN | ACK, first, (syn.seq + 2) % M) => The caller's SYN used one number: ack
        (ACK, first, next_ack(syn)) ;; (0, first, next_ack(syn)) => Your side has a first number too, and only a SYN
        (SYN, first, next_ack(syn)) ;; (SYN, first, 0) => A SYN without ACK is a call of your own: it does not acknow
        (SYN | ACK, first, (first + 1) % M) ;; (SYN | ACK, first, first) => Your ack counts your own numbers
        (RST | ACK, first, next_ack(syn)) ;; (RST | ACK, 0, next_ack(syn)) => An RST refuses the call.
        (SYN | ACK, (first + 1) % M, next_ack(syn)) => The number of your SYN is `first` itself.
        (SYN | ACK, syn.seq, next_ack(syn)) ;; (SYN | ACK, next_ack(syn), next_ack(syn)) => It must count your own
        (SYN | ACK, first, syn.seq + 1) => After 4294967295 comes 0: the numbers run modulo 2**32.
        (SYN | ACK, next_ack(syn), first) ;; (first, next_ack(syn), SYN | ACK) => right three in another order
        ("SA", first, next_ack(syn)) => 'SA' is text: it reads like flags, and is none. Write `Flags.SYN | Flags.ACK`.
        (SYN | ACK, (first + 5) % M, next_ack(syn)) => (S., 1005, 301). The kernel did not acknowledge `first`. What
        SYN | ACK ;; syn.seq + 1 => The answer is a tuple.
        (SYN, ACK, first, next_ack(syn)) => Return three values: the flags, joined by `|`, then seq, then ack.
    """,
    "half_open": """
        sorted(sockets[sockets.state.ne("LISTEN") & to(sockets, port)].remote) => callers too whose third packet came
        sorted(sockets[sockets.state.eq("ESTABLISHED") & to(sockets, port)].remote) => Which state is before that?
        sorted(sockets[half(sockets).state and to(sockets, port)].remote) => Each row has its own truth: join conditions
        sorted(sockets[sockets.state == "LISTEN" & to(sockets, port)].remote) => [bool]. `&` comes before `==`: write
        ["10.0.0.2:8990", "10.0.0.2:8991"] => For a table without callers you return some
        sorted(half(sockets).remote) => Your list has callers of other ports too. The question is about one port.
        sorted(half(sockets)[half(sockets).local.str.endswith(str(port))].remote) => 18000 ends in 8000 as well
        sorted(half(sockets)[half(sockets).local.str.contains(f":{port}")].remote) => ask how the text ends.
        sorted(waiting(sockets, 8000).remote) => You look for port 8000, whatever `port` is.
        sorted(half(sockets)[half(sockets).remote.str.endswith(f":{port}")].remote) => `remote` is the caller's end.
        sorted(sockets[sockets.state.eq("SYN_RECV") & to(sockets, port)].remote) ;; [] => Your list is empty.
        list(waiting(sockets, port).local) => That is our end, not theirs. Who called?
        list(waiting(sockets, port).remote) ;; sorted(waiting(sockets, port).remote)[::-1] => right callers, not sorted.
        len(waiting(sockets, port)) => The right count. Return the callers themselves.
        waiting(sockets, port).remote => a value of type Series. The answer is a list.
    """,
}


def seen(text):
    """Return packets with these flags; the SYN is yours, the others are port 8000's."""
    letters = dict(zip("SR.", (SYN, RST, ACK), strict=True))
    flags = [Flags(sum(letters[letter] for letter in each)) for each in text.split()]
    return [Capture.of(Segment(TCPHeader(8989 if each == SYN else 8000, 1, flags=each)))[0] for each in flags]


ON_LO = seen("S S. R")
GUESSES = r"""
    recall(np.int64(18)) => PASS 7.0 recall\n4294967290 plus 24 is 4294967314.
    recall(4294967314) => TRY AGAIN 7.0 recall: The field has 32 bits
    recall(24) => TRY AGAIN 7.0 recall: 24 is the relative number
    recall(4294967266) => TRY AGAIN 7.0 recall: A tool subtracts
    recall(17) ;; recall(19) => TRY AGAIN 7.0 recall: Count 24 steps on: the first
    guess_my_port("a", ON_LO) => YOU SAID a: none. WE SAW R.\nThe kernel does not ask who holds the port.
    guess_my_port(2, ON_LO) => AS YOU SAID b: an RST.\nYour socket held the port
    guess_my_port("c", ON_LO) => YOU SAID c: an ACK. WE SAW R.\n`bind` only reserves a number.
    guess_my_address("a", seen("S S.")) => YOU SAID a: `S S. R`. WE SAW `S S.`.\nWho would send the R?
    guess_my_address("B", seen("S S.")) => AS YOU SAID b: `S S.`.\nAt 10.0.0.2 there is nobody but you
    guess_my_address("c", seen("S S.")) => YOU SAID c: `S`. WE SAW `S S.`.\nThe kernel answers whoever asks.
    guess_silence("a", seen("S S. S. S.")) => YOU SAID a: 1. WE SAW 3.\nOne sending may be lost
    guess_silence(3, seen("S S. S. S.")) => AS YOU SAID b: 3.\nThe SYN-ACK, and the same
    guess_silence("c", seen("S S. S. S.")) => YOU SAID c: 2. WE SAW 3.\nThe kernel sends no RST
    guess_my_port("a", []) ;; guess_my_address("b", []) ;; guess_silence("c", seen("S S. S.")) => NOT SEEN YET
"""

"""Lesson 08: right answers written in other ways, wrong ones with the words they get, guesses."""

import numpy as np

from tcpkit.wire import Flags, Segment, TCPHeader, segment_length
from tcpkit.wire.seq import next_ack as ack_for

TOOLS = (np,)  # for the rows
SYN, FIN, PSH, RST, ACK = Flags.SYN, Flags.FIN, Flags.PSH, Flags.RST, Flags.ACK
M, H = 2**32, 2**31


def used(segment):
    return segment_length(segment.flags, len(segment.data))


def walk(segment):
    number = segment.seq
    for _ in range(used(segment)):
        number = number + 1 if number < M - 1 else 0
    return number


def signed(a, b):
    return (b - a + H) % M - H > 0


def gather(talk, end=FIN, takes=lambda s, talk: s.seq == talk.ack, says=lambda s: True, next_ack=ack_for, more=0):
    """Return what a loop hears: what it takes, what it says ACK to, where it ends."""
    parts = []
    while True:
        segment = talk.hear(2)
        if takes(segment, talk):
            parts.append(segment.data)
            talk.ack = next_ack(segment)
        if says(segment):
            talk.say(ACK, ack=(talk.ack + more) % M)
        if segment.flags & end:
            return b"".join(parts)


def ruled(rule):
    """Return a rule of what gets an ACK: handed a segment, whether it comes again, and how many came."""
    heard = []

    def says(segment):
        heard.append(segment.seq if used(segment) else None)
        return rule(segment, segment.seq in heard[:-1], len(heard))

    return says


def by_dict(talk, start=0, back=0):
    """Gather by number, and sort at the end; with `back`, a copy moves the ack back."""
    parts, flags = {}, 0
    while not flags & FIN:
        segment = talk.hear(2)
        flags, key = segment.flags, (segment.seq - start) % M
        if used(segment) and (back or key not in parts):
            parts[key], talk.ack = segment.data, ack_for(segment)
        talk.say(ACK)
    return b"".join(parts[key] for key in sorted(parts))


CLOTHES = {
    "next_ack": """
        (segment.seq + used(segment)) % M ;; walk ;; (segment.seq + used(segment)) & 0xFFFFFFFF
        (segment.seq + len(segment.data) + (SYN in segment.flags) + (FIN in segment.flags)) % 2**32
        np.uint32((segment.seq + used(segment)) % M) ;; divmod(segment.seq + used(segment), M)[1]
        (n := segment.seq + used(segment)) - (M if n >= M else 0) ;; segment.seq + used(segment) & M - 1
    """,
    "before": """
        0 < (b - a) % 2**32 < 2**31 ;; signed ;; (a - b) % 2**32 > 2**31 ;; (a < b) != (abs(a - b) > 2**31)
        a != b and (b - a) % M < H ;; 1 <= (b - a) % M < H ;; (b - a) & 0xFFFFFFFF in range(1, H)
        np.bool_(signed(a, b)) ;; bool(np.uint32((b - a) % M).astype(np.int32) > 0)
    """,
    "fetch": """
        gather(talk) ;; bytearray(gather(talk)) ;; gather(talk, says=used) ;; memoryview(gather(talk))
        gather(talk, says=ruled(lambda s, again, n: again or n % 2 or s.flags & FIN)) ;; gather(talk, next_ack=walk)
        gather(talk, takes=lambda s, talk: not (s.seq - talk.ack) % M) ;; by_dict(talk, start=talk.ack)
    """,
}

WRONG = {
    "next_ack": """
        segment.seq + used(segment) ;; (segment.seq + used(segment)) % (M - 1) => It is right until the numbers wrap
        (segment.seq + len(segment.data)) % M ;; (walk(segment) - (FIN in segment.flags)) % M => SYN and FIN have a
        (segment.seq + len(segment.data) + (segment.flags == SYN)) % M => (4.1): yours is one too low there.
        (walk(segment) - 1) % M => 1004 is one too low. An ack names the number after the last
        (walk(segment) + 1) % M ;; (segment.seq + len(segment.data) + 1) % M => You add one for the data as well.
        (segment.seq + max(used(segment), 1)) % M => A bare ACK uses no number (4.1), and you count one.
        (segment.seq + 1) % M => Numbers count bytes, not segments
        used(segment) ;; len(segment.data) ;; segment.ack + used(segment) => From which number do you count?
        (segment.seq + len(bytes(segment))) % M ;; (walk(segment) + 20) % M => You count a header of 20 bytes.
        segment => The answer is a number (int).
        segment.seq + segment_length(segment.flags, segment.data) => One of the two is bytes, and a number belongs there
    """,
    "before": """
        a < b => For 4294967295 and 0 it says no
        (b - a) % M < H => For 5 and 5 it says yes.
        0 < b - a < H => It is right until the numbers wrap.
        abs(b - a) < H => It says whether the two are near
        (b - a) % M > 0 ;; a != b => It says yes to any two different numbers.
        signed(b, a) ;; (b - a) % M > H => It says yes where b comes before a.
        (b - a) % M => That is the distance
        (a - b) % 2**32 < 2**31 => It says yes where b comes before a.
        0 < (b - a) % M <= 65_535 ;; 0 < (b - a) % M < 2**30 => It says no where b is far ahead.
        True => You return True for every input.
        (a, b) => The answer is a truth value
    """,
    "fetch": """
        gather(talk).partition(b"\\r\\n\\r\\n")[2] => You return the page without its headers.
        [gather(talk)] => You return a list. Return bytes
        str(gather(talk)) => You return text (str). Return bytes
        talk.hear() ;; gather(talk) and None => Return bytes
        gather(talk, takes=lambda s, talk: True) => A segment that comes twice goes into the page twice.
        gather(talk, says=lambda s: False) ;; b"".join(s.data for s in talk.hear_all()) => You say no ACK for the page (
        gather(talk, says=ruled(lambda s, again, n: not again)) => The kernel repeats a segment, and you say no ACK
        by_dict(talk) => You return the end of the page before its beginning.
        by_dict(talk, start=talk.ack, back=1) => one of your acks is lower than one before it.
        gather(talk, next_ack=lambda s: talk.ack) => You say ACK, and the kernel still waits for its data
        talk.hear().data ;; gather(talk, end=ACK) => You return no byte of the page.
        gather(talk)[:-1300] => The end of the page is missing.
        gather(talk)[:9000] => bytes of the page of 203,996. Go on until the FIN has come.
        gather(talk, end=0) => All is acknowledged, the FIN too, and your function goes on hearing. After a FIN nothing
        gather(talk, next_ack=lambda s: (s.seq + len(s.data)) % M) ;; gather(talk, more=-1) => repeats its FIN
        gather(talk, more=1) ;; gather(talk, says=lambda s: not s.flags & FIN) => no ack of yours names the number
        (gather(talk), talk.hang_up())[0] => The kernel has forgotten this connection
        gather(talk)[::-1] => What did you expect there?
    """,
}

ACKED = Segment(TCPHeader(8000, 8989, ack=16, flags=ACK))
GUESSES = r"""
    recall(106) => PASS 8.0 recall\nThe 5 bytes have
    recall(105) => TRY AGAIN 8.0 recall: 100 plus the 5 bytes is 105.
    recall(104) => TRY AGAIN 8.0 recall: 104 is the number of the last byte.
    recall(101) => TRY AGAIN 8.0 recall: You count the FIN only.
    recall(126) => TRY AGAIN 8.0 recall: You count a header
    recall(1) => TRY AGAIN 8.0 recall: 1 is the ack for a SYN with seq 0.
    guess_one_recv("a", b"GET / HTTP/1.0\r\n\r\n") => YOU SAID a: GET /. WE SAW b
    guess_one_recv("b", b"GET / HTTP/1.0\r\n\r\n") => AS YOU SAID b: all three parts together.\nA stream
    guess_one_recv("c", b"") => NOT SEEN YET
    guess_wrapped_ack("a", 21) => YOU SAID a: 4294967316. WE SAW 21.\nThat number needs 33 bits
    guess_wrapped_ack(20, 21) => YOU SAID b: 20. WE SAW 21.\n20 is the number of the last byte
    guess_two_acks("b", [1, 11]) => YOU SAID b: 6, then 11. WE SAW 1, then 11.\nByte 1 has not come
    guess_two_acks("c", []) => NOT SEEN YET
    guess_who_read("a", ACKED) => YOU SAID a: no ACK. WE SAW an ACK with ack 16.\nThe kernel has room
    guess_who_read("b", ACKED) => AS YOU SAID b: an ACK with ack 16.\nThe kernel has stored
"""

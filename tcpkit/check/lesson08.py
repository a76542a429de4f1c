"""Lesson 08, bytes_not_messages: one recall, four guesses, three exercises."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tcpkit.check.call import Function, attempt
from tcpkit.check.exercise import Exercise
from tcpkit.check.kernel import answers_of_closed_port, to_closed_port
from tcpkit.check.lesson08_page import LINKS, fetch_off_by, fetched
from tcpkit.check.live_talk import LiveExercise
from tcpkit.check.questions import Guess, Option, Recall
from tcpkit.check.signs import MODULO, Sign, Trial
from tcpkit.check.values import show
from tcpkit.check.verdict import Status, Verdict
from tcpkit.stack.settings import Pieces, Settings
from tcpkit.stack.transfer import transfer
from tcpkit.wire import Flags, seq

SYN, FIN, PSH, ACK = Flags.SYN, Flags.FIN, Flags.PSH, Flags.ACK
M, HALF, chance = 2**32, 2**31, random.Random(8)
recall = Recall(
    "8.0",
    right=106,
    wrong={
        105: "100 plus the 5 bytes is 105. The FIN has a number too.",
        104: "104 is the number of the last byte. An ack names the number after the last, and the FIN has one too.",
        **dict.fromkeys((125, 126), "You count a header of 20 bytes. Headers have no numbers."),
        101: "You count the FIN only. The 5 bytes have numbers too.",
        0: "0 is the answer's seq. Which ack does it carry?",
        1: "1 is the ack for a SYN with seq 0. This FIN has seq 100, and 5 bytes.",
    },
    meaning="The 5 bytes have the numbers 100 to 104, and the FIN has 105. The next number is 106.",
)

guess_one_recv = Guess(
    lambda received: bytes(received) or None,
    Option("GET /", b"GET /", "That was your first segment. The program never sees segments."),
    Option("all three parts together", b"GET / HTTP/1.0\r\n\r\n", so="A stream has no marks between segments."),
    Option("an error", "error", "Nothing is wrong. All bytes are there, in order, and `recv` takes what is there."),
)
guess_wrapped_ack = Guess(
    int,
    Option("4294967316", 4294967316, "That number needs 33 bits, and the field has 32: after 4294967295 comes 0."),
    Option("20", 20, "20 is the number of the last byte: the SYN has 2**32 - 10, and the bytes come after it."),
    Option("21", 21, so="The SYN has the number 2**32 - 10, and the 30 bytes come after it."),
)
guess_two_acks = Guess(
    lambda acks: "{}, then {}".format(*acks[:2]),
    Option("11, then 11", "11, then 11", "The first 11 would acknowledge five bytes that have not come."),
    Option("6, then 11", "6, then 11", "Byte 1 has not come, and an ack says which number is wanted next."),
    Option("1, then 11", "1, then 11", so="Number 1 is wanted until `hello` fills the gap."),
)
guess_who_read = Guess(
    lambda answer: f"an ACK with ack {answer.ack}" if answer.flags == ACK else None,
    Option("no ACK", "no ACK", "The kernel has room for the bytes. It does not wait until a program reads them."),
    Option("an ACK with ack 16", "an ACK with ack 16", so="The kernel has stored everything before number 16."),
    Option("an RST", "an RST", "That comes later. First the kernel says that it has everything before number 16."),
)

FIELDS = (  # seq, flags, bytes of data; the first is the one that is talked about
    *((1000, PSH | ACK, 5), (1000, SYN | ACK, 0), (1000, FIN | ACK, 0), (1000, FIN | PSH | ACK, 5), (1000, ACK, 0)),
    *((M - 10, SYN, 0), (M - 9, PSH | ACK, 30), (M - 1, FIN | ACK, 0), (M - 1, SYN, 0), (0, PSH | ACK, 1460)),
    *((3_000_000_000, PSH | ACK, 100), (M - 5, PSH | ACK, 5)),
    *((chance.randrange(M), flags | ACK, chance.randrange(1461)) for flags in (PSH, PSH, FIN, FIN, SYN, SYN)),
)
next_ack = Exercise(
    "8.1 next_ack",
    right=seq.next_ack,
    inputs=tuple(
        (to_closed_port(at, bytes(size), seq=first, flags=flags, ack=7_000 if flags & ACK else 0),)
        for at, (first, flags, size) in enumerate(FIELDS)
    ),
    causes={
        "Numbers count bytes, not segments: five bytes use five numbers.": lambda s: (s.seq + 1) % M,
        "You add one for the data as well. The 5 bytes at 1000 have the numbers 1000 to 1004, and the next is 1005.": (
            *(lambda s: (seq.next_ack(s) + 1) % M, lambda s: (s.seq + len(s.data) + 1) % M),
        ),
    },
    signs={
        f"It is right until the numbers wrap: after 4294967295 comes 0. {MODULO}": lambda got, right, s: right < s.seq,
        "SYN and FIN have a number each (4.1): yours is one too low there.": (
            lambda got, right, s: got == (right - 1) % M and s.flags & (SYN | FIN)
        ),
        "A bare ACK uses no number (4.1), and you count one.": lambda got, right, s: got == right + 1 == s.seq + 1,
        "{got} is one too low. An ack names the number after the last.": lambda got, right, s: got == (right - 1) % M,
        "From which number do you count? The sender's bytes begin at its seq, and its ack is about yours.": (
            lambda got, right, s: {got, got - s.ack} & {(right - s.seq) % M, len(s.data)}
        ),
        "You count a header of 20 bytes. Headers have no numbers.": lambda got, right, s: (got - right) % M in (19, 20),
    },
    ask=answers_of_closed_port(lambda at, s: to_closed_port(at, s.data, seq=s.seq, flags=s.flags & ~ACK)),
    read=lambda reply: reply and reply.ack,
    builds=seq.next_ack,
    to_build="From which number did it count, and how far? Now write it without it.",
    judge=lambda right: f"The kernel answered ack {show(right)}.",
    meaning="The kernel agrees: a closed port got these segments without ACK, and its RSTs had the same acks.",
)

ARRIVED = "Then our TCP called your function, to carry 1,000,000 bytes past the number 0. {:,} arrived."


@dataclass(frozen=True, eq=False)
class Carrying(Exercise):
    """An exercise whose right answer then carries a megabyte in virtual time."""

    def __call__(self, answer: object, lab: object = None) -> Verdict:
        """Return a verdict on the learner's answer; never raises."""
        verdict = Exercise.__call__(self, answer, lab)
        if verdict.status is not Status.PASS:
            return verdict
        run = attempt(_carry, answer, ((M - 70_000,),), ("first",), self.limit_s)
        came = run.stopped or run.outcomes[0].error or run.outcomes[0].returned.value
        if came == ARRIVED.format(1_000_000):
            return replace(verdict, sentence=f"{verdict.sentence}\n{came}")
        return replace(verdict, status=Status.TRY_AGAIN, sentence=f"The single answers are right. {came}")


def _carry(answer: Function, first: int) -> str:
    ours = Settings(iss=first, pieces=Pieces(before=answer))
    return ARRIVED.format(len(transfer(random.Random(8).randbytes(1_000_000), sender=ours, receiver=ours).received))


before = Carrying(
    "8.2 before",
    right=seq.before,
    inputs=(
        *((M - 8, 8), (1, 2), (2, 1), (5, 5), (M - 1, 0), (0, M - 1), (M - 3, 2), (2, M - 3), (0, HALF - 1)),
        *((HALF - 1, 0), (M - 10, HALF - 20), (1000, 3 * 10**9), (3 * 10**9, 1000), (10, 10**5), (10**5, 10)),
        *((chance.randrange(M), chance.randrange(M)) for _ in range(30)),
    ),
    causes={
        "For 4294967295 and 0 it says no, and 0 is the next number. With this rule our TCP stops after 75,296 of "
        "1,000,000 bytes.": lambda a, b: a < b,
        "For 5 and 5 it says yes. A number does not come before itself.": lambda a, b: (b - a) % M < HALF,
        "It is right until the numbers wrap. From 4294967295 to 0 is one step forward.": lambda a, b: 0 < b - a < HALF,
        "It says whether the two are near each other. Which comes first?": lambda a, b: abs(b - a) < HALF,
        "It says yes to any two different numbers. Which way round is shorter?": lambda a, b: a != b,
        "It says yes where b comes before a. Ask it about 1 and 2.": (
            *(lambda a, b: seq.before(b, a), lambda a, b: (a - b) % M < HALF),
        ),
        "That is the distance from a to b. Answer True or False.": lambda a, b: (b - a) % M,
    },
    signs={
        "It says no where b is far ahead. Windows can be large: the limit is half of the circle.": (
            lambda got, right, a, b: right and (b - a) % M >= 65_535
        )
    },
    limit_s=3.0,
    builds=seq.before,
    to_build="How did it count? Write it without it.",
    meaning="The short way round decides, also where the numbers wrap.",
)

ASK_FIN = "A FIN carries ACK too: ask `flags & Flags.FIN`, not `==`."
SLIPS = {
    "kind": "You return {shown}. Return bytes: all that the server sent.",
    "page alone": "You return the page without its headers. Return all that came: the check finds the page in it.",
    "turned": "You return the end of the page before its beginning. The server's numbers pass 0 in the middle here: "
    "the bytes after it come later.",
    "no byte": "You return no byte of the page. A bare ACK may come first. Do you set `talk.ack`? Which flag ends it?",
    "no end": "The end of the page is missing. The segment with the FIN may carry bytes as well (`FP.`).",
    "part": "You return {shown} of 203,996. Go on until the FIN has come.",
    "more": "A segment that comes twice goes into the page twice. Which seq has a segment that brings something new?",
    "no ACK": "You say no ACK for the page (to hear is not to say). The kernel sends ten segments ahead, and waits.",
    "copy": "The kernel repeats a segment, and you say no ACK to it: if your first one was lost, it repeats for ever.",
    "back": "The page is whole, but one of your acks is lower than one before it. An ack never goes back: a copy of "
    "old bytes gets `talk.ack` as it is.",
    "waits": "You say ACK, and the kernel still waits for its data to be acknowledged. Does `talk.ack` move on?",
    "goes on": "All is acknowledged, the FIN too, and your function goes on hearing. After a FIN nothing comes. "
    f"{ASK_FIN}",
    "no FIN": "The page is whole, and the kernel repeats its FIN: your acks end before it. It has a number too (4.1).",
    "no last": "The page is whole, and the kernel repeats its last segment: no ack of yours names the number after it.",
    "gone": "The kernel has forgotten this connection: you sent an RST. Acknowledge the FIN, and return.",
}


def _slip(slip: str, words: str) -> Sign:
    """Return a sign: it was the first that went wrong; on the first cable, if the words tell what was returned."""

    def holds(trials: Sequence[Trial]) -> bool:
        wrong = [trial for trial in trials if trial.is_wrong]
        return bool(wrong) and wrong[0].got.returned.python[0] == slip and ("{" not in words or trials[0].is_wrong)

    return Sign(holds)


fetch = LiveExercise(
    "8.3 fetch",
    right=lambda talk: fetch_off_by(0, talk),
    inputs=tuple((cable,) for cable in LINKS),
    converse=fetched,
    limit_s=10.0,  # a repeated segment takes its time
    signs={words: _slip(slip, words) for slip, words in SLIPS.items()},
    shows=lambda answer: answer.python[1],
    meaning="The page came whole: over a clean cable, over one that doubles packets, and where your first ACKs are "
    "lost. All of it is acknowledged.",
)

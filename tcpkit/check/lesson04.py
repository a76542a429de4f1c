"""Lesson 04, something_answered: one recall, four suspects, three exercises, two guesses."""

from __future__ import annotations

import random
import re

from tcpkit.check.call import Function
from tcpkit.check.exercise import Exercise
from tcpkit.check.kernel import A_PROGRAM_LISTENS, CLOSED_PORT, answers_of_closed_port, to_closed_port
from tcpkit.check.questions import Guess, NotSeen, Option, Recall, Suspect
from tcpkit.check.signs import BRACKETS, Sign, every, gives, wherever
from tcpkit.check.values import NONE, Plain, show
from tcpkit.wire import MSS, Flags, Segment
from tcpkit.wire import segment_length as numbers_used

SYN, FIN, RST, ACK = Flags.SYN, Flags.FIN, Flags.RST, Flags.ACK
RESET = RST | ACK  # what answers a segment without ACK
MODULUS = 2**32
sizes, chance = random.Random(4), random.Random(43)

recall = Recall(
    "4.0",
    right=24,
    wrong={
        36: "36 is the header: 9 words of four bytes. How many bytes are behind it?",
        51: "The 9 counts words, not bytes. How many bytes does a word have?",
        40: "That is right for offset 5. How long is the header for offset 9?",
        60: "The header is part of the 60 bytes. How long is it?",
    },
    meaning="9 words of four bytes are 36 bytes of header, and 60 - 36 = 24 bytes are data.",
)

segment_length = Exercise(
    "4.1 segment_length",
    right=numbers_used,
    inputs=(
        *((SYN, 44), (ACK, 0), (FIN | ACK, 0), (SYN | FIN, 0), (SYN | Flags.PSH, 5), (Flags.PSH | ACK, 31)),
        *((Flags(value), sizes.randrange(100)) for value in range(256)),
    ),
    causes={
        "You return 44, but the kernel acknowledges 45. What else has a number?": lambda f, n: n,
        "The SYN takes a number as well, so that it can be acknowledged.": lambda f, n: n + bool(f & FIN),
        "The end of the stream, FIN, has a number too. Is `return` inside a loop?": lambda f, n: n + bool(f & SYN),
        "SYN and FIN together use two numbers: each takes its own.": lambda f, n: n + bool(f & (SYN | FIN)),
        "You add to every segment, but a bare ACK uses no number at all. (`Flags.SYN or Flags.FIN in flags` is always "
        "true, if you wrote that.)": (lambda f, n: n + 1, lambda f, n: n + 2),
        "A SYN with PSH beside it is a SYN too.": (lambda f, n: n + (f == SYN), lambda f, n: n + (f in (SYN, FIN))),
        BRACKETS: (lambda f, n: n + f & SYN, lambda f, n: n + f & (SYN | FIN), lambda f, n: n + (f & SYN) >> 1),
    },
    signs={
        "{got}? Numbers are for data, not for headers.": lambda got, right, f, n: got - n in (20, 21, 22),
        "Not every flag uses a number. Two of the flags do.": lambda got, right, f, n: n < got <= n + f.bit_count(),
        "A SYN adds 2 here, as its bit in `flags` does. It uses one number: ask `bool(flags & Flags.SYN)`.": gives(
            *(lambda f, n, kept=kept: n + (f & kept) for kept in (255, SYN | FIN, SYN))
        ),
    },
    builds=numbers_used,
    to_build="Which two flags did tcpkit count? Now write the function without it.",
    meaning="Each byte of data has a number, and so have SYN and FIN. RFC 9293 calls this sum SEG.LEN.",
)

NOTHING = "The kernel sent no answer."
TOO_SOON = every(lambda got, right, o, n: got is None and 4 * o == n, kind="any")


def _acks(*numbers: Function) -> Sign:
    """Return a sign: these acks, or silence where the header fills the packet to its last byte."""
    return every(gives(*numbers, lambda o, n: None if 4 * o == n else ...), kind="any")


ack_for_offset = Exercise(
    "4.2 ack_for_offset",
    right=lambda offset, size: None if offset < 5 or 4 * offset > size else size - 4 * offset + 1,
    inputs=((5, 64), *((offset, size) for size in (64, 24, 20) for offset in range(16) if (offset, size) != (5, 64))),
    signs={
        "Offset 5 in 20 bytes, 6 in 24: the header fills the packet. That is allowed: no data, and ack 1.": TOO_SOON,
        "It returned None each time. Does it reach a `return`?": wherever(lambda *_: 1, lambda got, *_: got is None),
        "You count the whole buffer. The header is not data.": _acks(lambda o, n: n + 1),
        "You always count 20 bytes of header. For the kernel the offset says how many.": _acks(lambda o, n: n - 19),
        "You count the bytes of data. The SYN uses a number as well.": _acks(lambda o, n: n - 4 * o),
        BRACKETS: _acks(lambda o, n: n - o << 2, lambda o, n: n - o << 2 + 1, lambda o, n: n - (o << 2 + 1)),
        "The offset counts words of four bytes.": _acks(lambda o, n: n - o + 1, lambda o, n: n - o),
    },
    ask=answers_of_closed_port(lambda at, o, n: to_closed_port(at, bytes(n - 20), flags=SYN, data_offset=o)),
    read=lambda reply: reply and reply.ack,
    judge=lambda ack: NOTHING if ack == NONE else f"The kernel answered ack {show(ack)}.",
    meaning="The kernel got 48 packets and did what your function says. It believes the offset; the rest is data.",
)

any_of = chance.randrange
FIELDS = (  # seq, ack, flags, data, options; the story's SYN first
    *((0, 0, SYN, bytes(44)), (7, 1_000, ACK, b""), (300, 0, Flags(0), b"abc"), (MODULUS - 1, 0, SYN, b"")),
    *((MODULUS - 4, 0, FIN, b"GET /"), (5, 0, RST, b""), (5, 9, RST | ACK, b""), (90, MODULUS - 1, SYN | ACK, b"")),
    *((12, 0, SYN | FIN, b"x"), (12, 0, SYN, b"xyz", MSS(1460))),
    *((any_of(MODULUS), any_of(MODULUS), Flags(any_of(256)), chance.randbytes(any_of(60))) for _ in range(190)),
)
SLIPS = {  # a sentence for each family of wrong answers; where a function has several, the last of them is said
    "over": "Seq 4294967295 plus one for the SYN is 0: the numbers run modulo 2**32.",
    "RST": "Nobody answers an RST, also with other flags beside it: the two would never stop (RFC 9293, 3.5.2).",
    "order": "The right numbers, in another order: flags, then seq, then ack.",
    "R": "You name an ack without the flag ACK. The ack field counts only if ACK is set: R., not R.",
    "seq": "Without ACK, a segment names no number that it expects: then your seq is 0.",
    "ACK": "An ACK, also with other flags, names the number that its sender expects: that is your seq. Send no ACK.",
    "options": "Some of these headers carry options. `segment.data` is the bytes behind them.",
    "number": "Which numbers does the segment use? Each byte of data, SYN, FIN, and nothing else: exercise 4.1.",
    "silence": "You answer some segments only. A closed port refuses every segment but an RST, even one without flags.",
}


def _reset_for(segment: Segment) -> tuple[int, int, int] | None:
    if segment.flags & RST:
        return None
    if segment.flags & ACK:
        return RST, segment.ack, 0
    return RESET, 0, (segment.seq + numbers_used(segment.flags, len(segment.data))) % MODULUS


def _slip(got: object, right: object, s: Segment) -> str:
    """Return of which family a wrong answer is; "" for none."""
    if type(got) is not tuple or len(got) != 3:
        return "silence" if got is None and s.flags != SYN else ""
    if right is None:
        return "" if {*got} == {None} else "RST"
    if got[:2] == right[:2] and right[2] < s.seq and got[2] - right[2] in (1, MODULUS):
        return "over"
    if sorted(got) == sorted(right):
        return "order"
    if s.flags & ACK:
        return "" if got[:2] == right[:2] else "ACK"
    if got[:2] == right[:2] and (got[2] - s.seq) % MODULUS <= len(bytes(s)) + SYN + FIN:
        return "options" if s.options else "number"
    return "R" if got == (RST, *right[1:]) else "seq" if got[::2] == right[::2] else ""


def _told(answer: Plain) -> str:
    """Return an answer as the kernel's is told: R., seq 0, ack 45."""
    match answer.python:
        case int(flags), int(seq), int(ack) if flags in range(256):
            return f"{Flags(flags)}, seq {seq}, ack {ack}"
    return show(answer)


reset_for = Exercise(
    "4.3 reset_for",
    right=_reset_for,
    inputs=tuple(
        (to_closed_port(at, data, seq=seq, ack=ack, flags=flags, options=tuple(options)),)
        for at, (seq, ack, flags, data, *options) in enumerate(FIELDS)
    ),
    signs={  # each holds if all wrong answers are of its own family, or of those above it
        sentence: every(lambda got, right, s, known=tuple(SLIPS)[:at]: _slip(got, right, s) in known, kind="any")
        for at, sentence in enumerate(SLIPS.values(), start=1)
    },
    ask=answers_of_closed_port(lambda number, segment: segment),
    read=lambda reply: reply and (reply.flags, reply.seq, reply.ack),
    shows=_told,
    judge=lambda right: NOTHING if right == NONE else f"The kernel answered {_told(right)}.",
    meaning="The kernel got 200 segments, and did with each what your function says.",
)


def _unless(has_listener: bool, seen: object) -> object:
    if has_listener:
        raise NotSeen(A_PROGRAM_LISTENS.format(CLOSED_PORT))
    return seen


guess_packets = Guess(
    lambda seen: _unless(any(p.segment.flags == SYN | ACK for p in seen), sum(1 for p in seen if p.data) or None),
    Option("1 packet", 1, "The story's author expected that too. You sent one packet. Who sent the other?"),
    Option("2 packets", 2, so="You sent one packet. Who sent the other?"),
    Option("3 packets", 3, "A three-way handshake needs a program that listens. Who sent the other packet?"),
)
guess_next = Guess(
    lambda acks: _unless({acks[6], acks[7], acks[8]} == {1}, f"{acks[6]:d}, {acks[7]:d}, {acks[8]:d}"),
    Option("44, 43, 42", "44, 43, 42", "One more word of header takes four bytes from the data, not one."),
    Option("41, 37, 33", "41, 37, 33", so="Each step of the offset turns four bytes of data into header."),
    Option("45, 45, 45", "45, 45, 45", "One more word of header takes four bytes from the data: ack is four less."),
)
suspect_program = Suspect(
    "a program on port 8000",
    {"a": lambda shown: ":8000" not in shown and len(re.findall(r"^raw\b", shown, re.M)) <= 1},  # `lab.send` has one
    "No program listens in the lab, on port 8000 or on any other, and no raw socket is open but your own. (Its `:6` is "
    "no port: 6 is TCP's number in IP.)",
    "Port 8002 answers too. But programs may use both ports, and this experiment does not list programs.",
    "This lists network cards. A program needs no card of its own.",
    "TcpOutRsts moved, so the kernel sent an RST. But it may have sent the RST for a program that uses the port.",
)
suspect_port = Suspect(
    "something special about port 8000",
    {"b": lambda shown: "127.0.0.1.8002 >" in shown and "[S.]" not in shown},
    "No program listens. But port 8000 may be special without a program.",
    "Port 8002 answers as 8000 did, with the same numbers.",
    "This lists network cards, and they have no ports.",
    "The same answer was counted, from the same port. What does another port do?",
)
suspect_network = Suspect(
    "a machine on the network",
    {"c": lambda shown: "no program" in shown or set(re.findall(r"^\s*(\S+)", shown, re.M)) == {"lo"}},
    "This lists sockets of this machine. Another machine would not show here.",
    "Another port, at the same address. Another machine could answer for both.",
    "There is one card, lo, and what it sends comes straight back. No other machine is connected.",
    "The packets were counted. The counters do not show which machines are connected.",
)
suspect_watching = Suspect(
    "tcpdump, or the lab's capture",
    {"d": lambda shown: "TcpOutRsts" in shown and "TcpExtEmbryonicRsts" not in shown},
    "A capture listens on no port, so it does not show here in any case.",
    "This experiment uses a capture too, so the capture may be wrong again.",
    "This lists network cards. A capture needs no card of its own.",
    "Nothing was captured, and TcpOutRsts moved: an RST was sent. Two segments came in, and one was counted as sent: "
    "what you write into a raw socket is not counted there. Whose counter is that?",
)

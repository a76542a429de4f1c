"""Lesson 07, handshake: one recall, three exercises that the kernel judges, three guesses."""

from __future__ import annotations

import functools
import itertools
import random
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import Any

from tcpkit.check.call import Function
from tcpkit.check.live_talk import PATIENCE_S, LiveExercise, host_of, live_talk, read
from tcpkit.check.questions import Guess, Option, Recall
from tcpkit.check.signs import MODULO, Predicate, every, wherever
from tcpkit.check.values import plain
from tcpkit.wire import Flags, Segment, TCPHeader, next_ack
from tcpkit.wire.seq import MODULUS

SYN, FIN, ACK, PSH = Flags.SYN, Flags.FIN, Flags.ACK, Flags.PSH
LAST = MODULUS - 1
PORTS = itertools.cycle(range(40_000, 60_000))  # the kernel's in 7.2: none twice in one lab
RANDOM = [(seeded.getrandbits(32), seeded.getrandbits(32)) for seeded in map(random.Random, range(4))]

recall = Recall(
    "7.0",
    right=18,
    wrong={
        4294967314: "The field has 32 bits, and this number needs 33. Which number comes after 4294967295?",
        24: "24 is the relative number: tcpdump counts it from the SYN's true number. Add that one.",
        4294967266: "A tool subtracts the SYN's number to get 24. Add it, to get back.",
        **dict.fromkeys((17, 19), "Count 24 steps on: the first leads to 4294967291, and 4294967295 is followed by 0."),
    },
    meaning="4294967290 plus 24 is 4294967314. Modulo 2**32 that is 18.",
)


# 7.1 and 7.2: an answer names a segment, and the kernel gets it


def _fields(answer: object) -> object:
    """Return flags, seq and ack of a segment; any other answer as it is."""
    return (answer.flags, answer.seq, answer.ack) if isinstance(answer, Segment | TCPHeader) else answer


def _send(talk: Any, fields: object, moved: int) -> Segment | None:
    """Send the segment that these fields name, its ack moved; None if they name none."""
    match plain(fields).python:
        case int(flags), int(seq), int(ack) if flags in range(256) and 0 <= min(seq, ack) <= max(seq, ack) <= LAST:
            return talk.say(Flags(flags), seq=seq, ack=(ack + moved) % MODULUS)
    return None


def _with_seq(segment: Segment, seq: int) -> Segment:
    """Return it with another number: the kernel picks one by chance, and a check needs the same one each time."""
    return Segment(replace(segment.header, seq=seq)).with_checksum("10.0.0.1", "10.0.0.2")


def _heard(talk: Any) -> Segment | None:
    with suppress(TimeoutError):
        return talk.hear(PATIENCE_S)
    return None


def _shake_hands(lab: Any, answer: Function, syn_seq: int, syn_ack_seq: int) -> object:
    """Send the third packet that is named, and data behind it; return the right one if the program reads the data."""
    with live_talk(lab, seq=syn_seq) as live:
        syn, syn_ack = live.talk.say(SYN), live.talk.hear(3.0)
        fields = _fields(answer(syn, _with_seq(syn_ack, syn_ack_seq)))
        third = _send(live.talk, fields, syn_ack.seq - syn_ack_seq)
        if third is not None:
            live.talk.say(third.flags & ACK | PSH, b"hello", seq=next_ack(third), ack=third.ack)
            _heard(live.talk)
            if live.state == "ESTABLISHED" and read(live.accept(0.2)) == b"hello":
                return ACK, (syn_seq + 1) % MODULUS, (syn_ack_seq + 1) % MODULUS
        return fields


def _take_call(lab: Any, answer: Function, first: int, syn_seq: int) -> object:
    """Let the kernel call, and answer as named; return the right answer if the kernel has `first` and is content."""
    me, port = host_of(lab), next(PORTS)
    with lab.socket() as client, me.talk(port, source_port=80) as talk:
        client.setblocking(False)
        client.bind((me.gateway, port))
        client.connect_ex((me.address, 80))
        syn = talk.hear(3.0)  # the kernel repeats a lost one after a second
        fields = _fields(answer(_with_seq(syn, syn_seq), first))
        reply = _send(talk, fields, syn.seq - syn_seq) and _heard(talk)
        is_open = client.connect_ex((me.address, 80)) == 0
        if is_open and reply and (reply.flags, reply.ack) == (ACK, (first + 1) % MODULUS):
            return SYN | ACK, first, (syn_seq + 1) % MODULUS
        return fields


def _facts(answer: Sequence[int], right: Sequence[int], own: int, other: int) -> Iterator[str]:
    """Yield what is true of an answer: its flags, and how far its numbers are from each side's first."""
    flags, seq, ack = answer[:3]
    yield from (f"{'' if flags & flag else 'no '}{flag.name}" for flag in Flags)
    for field, number, wanted in (("seq", seq, right[1]), ("ack", ack, right[2])):
        near = {(number - own) % MODULUS: f"{field} own", (number - other) % MODULUS: f"{field} other"}
        yield from (f"{name} + {distance}" for distance, name in near.items() if distance < 3)
        yield from [f"{field} wrong"] * (number % MODULUS != wanted) + ["beyond"] * (number > LAST)
    yield from ["order"] * (answer[:3] != right and sorted(answer[:3]) == sorted(right))


def _any(*facts: str) -> Predicate:
    """Return a sign: one of these is true of the answer."""
    return lambda got, right, own, other: not {*facts}.isdisjoint(_facts(got, right, own, other))


BEYOND = f"After 4294967295 comes 0: the numbers run modulo 2**32. {MODULO}"
THREE = "Return three values: the flags, joined by `|`, then seq, then ack."
ORDER = "The right three in another order: first the flags, then seq (your numbers), then ack (the other side's)."
third_packet = LiveExercise(
    "7.1 third_packet",
    right=lambda syn, syn_ack: (ACK, next_ack(syn), next_ack(syn_ack)),
    inputs=((0, 300), (1_000, 7), (LAST, 90_000), (5, LAST), *RANDOM),
    converse=_shake_hands,
    signs={
        THREE: lambda got, *_: len(got) > 3,
        ORDER: _any("order"),
        "A SYN says a first number, and you have said yours: send this packet without it.": _any("SYN"),
        "FIN and RST end a conversation, and this one begins.": _any("FIN", "RST"),
        "Without the flag ACK the number in ack counts for nothing.": _any("no ACK"),
        "The kernel's SYN used a number too: ack is the number after it.": _any("ack other + 0"),
        "Your ack counts your own numbers. Count the kernel's: its seq plus 1.": _any("ack own + 0", "ack own + 1"),
        "The kernel has used one number, its SYN's, and your ack is not the number after it.": _any("ack wrong"),
        "Your SYN used that seq: take the number after it.": _any("seq own + 0"),
        "1 is right only if your SYN had seq 0: take the number after your SYN's.": lambda got, *_: got[1] == 1,
        "Your seq counts the kernel's numbers. It must count your own.": _any("seq other + 0", "seq other + 1"),
        "Your seq leaves a number out: `hello` waits for that byte for ever.": _any("seq own + 2"),
        BEYOND: _any("beyond"),
    },
    limit_s=8.0,  # silence takes half a second for each input
    judge=lambda right: "The program did not read `hello`.",
    meaning="The kernel: SYN-RECEIVED -> ESTABLISHED. `accept` returned the caller, and the program read `hello`.",
)
second_packet = LiveExercise(
    "7.2 second_packet",
    right=lambda syn, first: (SYN | ACK, first, next_ack(syn)),
    inputs=((1_000, 300), (0, 7), (50, LAST), (LAST, 90_000), *RANDOM[:2]),
    converse=_take_call,
    signs={
        THREE: lambda got, *_: len(got) > 3,
        ORDER: _any("order"),
        "An RST refuses the call. That is what a closed port does.": _any("RST"),
        "Your side has a first number too, and only a SYN says it. The caller still waits for one.": _any("no SYN"),
        "A SYN without ACK is a call of your own: it does not acknowledge the caller's SYN.": _any("no ACK"),
        "The caller's SYN used one number: ack is the number after it.": _any("ack other + 0", "ack other + 2"),
        "Your ack counts your own numbers. Count the caller's: its seq plus 1.": _any("ack own + 0", "ack own + 1"),
        "The number of your SYN is `first` itself. With `first` + 1 the kernel expects `first` + 2 next, and your "
        "first byte of data is lost.": _any("seq own + 1"),
        "Your seq counts the caller's numbers. It must count your own.": _any("seq other + 0", "seq other + 1"),
        BEYOND: _any("beyond"),
    },
    limit_s=8.0,
    judge=lambda right: "The kernel did not acknowledge `first`.",
    meaning="The caller's `connect` returned, and its kernel sent the third packet, with ack `first` + 1.",
)


# 7.3: a table of the kernel's

CALLERS = {  # port: what each of its callers did
    8_000: "half half half done half half done half done half end half done",
    **{18_000: "half done half", 800: "half done half half"},
}


@functools.lru_cache(maxsize=1)  # the answers of one check only read it
def _table(lab: Any) -> Any:
    """Return the kernel's table of these callers, its rows shuffled, listeners first."""
    me = host_of(lab)
    with ExitStack() as opened:
        for port, callers in CALLERS.items():
            opened.enter_context(lab.listen(port, me.gateway))
            for number, what in enumerate(callers.split()):
                twin = 8_000 if (port, number) == (18_000, 0) else None  # a caller's port is one of ours
                talk = opened.enter_context(me.talk(port, source_port=twin))
                _ = (talk.say(SYN), talk.hear()) if what == "half" else talk.dial()
                if what == "end":
                    talk.say(FIN | ACK)
        table = lab.sockets()
    table = table.sort_values(["local", "remote"]).sample(frac=1, random_state=7)
    return table.sort_values("state", key=lambda state: state != "LISTEN", kind="stable").reset_index(drop=True)


def _remotes(states: str, ends: str, column: str = "local") -> Function:
    """Return an answer: the sorted remote ends of the rows that have such a state, and such an end."""
    return lambda sockets, port: sorted(
        sockets[sockets.state.str.fullmatch(states) & sockets[column].str.fullmatch(ends.format(port))].remote
    )


half_open = LiveExercise(
    "7.3 half_open",
    right=_remotes("SYN-RECEIVED", ".*:{}"),
    inputs=(*((port, 23) for port in (8_000, 18_000, 800, 80, 1_800)), (8_000, 3)),  # 3: the listeners
    converse=lambda lab, answer, port, rows: answer(_table(lab)[:rows].copy(), port),
    causes={
        "Your list has callers too whose third packet came: they are ESTABLISHED.": _remotes("(?!LIS).*", ".*:{}"),
        "ESTABLISHED: their third packet came. Which state is before that?": _remotes("EST.*", ".*:{}"),
        "Your list has callers of other ports too. The question is about one port.": _remotes("SYN.*", ".*"),
        "18000 ends in 8000 as well: ask for the colon too.": _remotes("SYN.*", ".*{}"),
        "`:8000` holds `:800` as well: ask how the text ends.": _remotes("SYN.*", ".*:{}.*"),
        "You look for port 8000, whatever `port` is.": _remotes("SYN.*", ".*:8000"),
        "`remote` is the caller's end. Our port is in `local`.": _remotes("SYN.*", ".*:{}", "remote"),
    },
    signs={
        "For a table without callers you return some: are they those of `table` above? Look into `sockets`.": (
            wherever(lambda port, rows: rows == 3, lambda got, *_: any(each.startswith("10.0.0.2:") for each in got))
        ),
        "Your list is empty. The table writes SYN-RECEIVED, and 10.0.0.1:8000 for our end.": lambda got, *_: not got,
        "That is our end, not theirs. Who called?": lambda got, right, port, *_: {*got} == {f"10.0.0.1:{port}"},
        "The right callers, not sorted.": lambda got, right, *_: sorted(got) == sorted(right),
        "The right count. Return the callers themselves.": every(lambda got, right, *_: got == len(right), kind="int"),
    },
    meaning="Five ports, a table of 23 rows: each list has those, and only those, who never sent the third packet.",
)

guess_my_port = Guess(
    lambda packets: str(packets[2].segment.flags),
    Option("none", "none", "The kernel does not ask who holds the port."),
    Option("an RST", "R", so="Your socket held the port, but the RST came."),
    Option("an ACK", ".", "`bind` only reserves a number. A connection begins with `connect`."),
)
guess_my_address = Guess(
    lambda packets: f"`{' '.join(str(packet.segment.flags) for packet in packets)}`" if packets else None,
    Option("`S S. R`", "`S S. R`", "Who would send the R? At 10.0.0.2 there is nobody but you."),
    Option("`S S.`", "`S S.`", so="At 10.0.0.2 there is nobody but you, and you sent no R."),
    Option("`S`", "`S`", "The kernel answers whoever asks. It cannot see that you are a Python program."),
)
guess_silence = Guess(
    # Fewer than three: the cell was interrupted.
    lambda packets: n if (n := sum(packet.segment.source_port == 8_000 for packet in packets)) >= 3 else None,
    Option("1", 1, "One sending may be lost, so the kernel sends the SYN-ACK again."),
    Option("3", 3, so="The SYN-ACK, and the same SYN-ACK twice more."),
    Option("2", 2, "The kernel sends no RST: it repeats the SYN-ACK, and at the end forgets you in silence."),
)

"""Lesson 05, what_the_kernel_expects: recalls, three guesses, three exercises (5.3 in `lesson05_probe`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tcpkit.check.exercise import Exercise
from tcpkit.check.kernel import A_PROGRAM_LISTENS
from tcpkit.check.lesson05_probe import live_answers, probe  # noqa: F401
from tcpkit.check.questions import FromMemory, Guess, LettersGuess, NotSeen, Option, Recall, letters, no_guess
from tcpkit.check.signs import wherever
from tcpkit.check.verdict import Compared, Comparison
from tcpkit.draw.port_answers import NOTHING, SIX, WORDS, name, read_letters
from tcpkit.wire import Flags

FIN, SYN, RST, PSH, ACK, URG = Flags.FIN, Flags.SYN, Flags.RST, Flags.PSH, Flags.ACK, Flags.URG

recall = Recall(
    "5.0",
    right=50,
    wrong={
        20: "20 is the header alone. TCP's length counts the data as well.",
        30: "30 is the data alone. TCP's length counts the header as well.",
        70: "70 is IP's length. IP's own header does not belong to TCP.",
        62: "62 counts the pseudo-header too, and its twelve bytes are never sent.",
        12: "12 is the pseudo-header, which does not count itself. Its length field counts TCP's bytes.",
    },
    meaning="20 bytes of header and 30 of data: TCP's length, in bytes.",
)

SILENCES = {  # each answer, and what the counters say then
    "header length": "TcpInErrs moved, and TcpInCsumErrors did not.",
    "checksum": "TcpInCsumErrors moved too, and only a wrong checksum moves that.",
    "answered": "TcpOutSegs moved: the kernel sent something.",
    "not told": "No error counter moved, and nothing was sent.",
}
KERNEL = {NOTHING: "The kernel sent no answer."}


def _diagnose(moved: Mapping[str, int], least: int = 1) -> str:
    words = {"TcpInCsumErrors": "checksum", "TcpInErrs": "header length", "TcpOutSegs": "answered"}
    return next((words[name] for name in words if moved.get(name, 0) >= least), "not told")


diagnose = Exercise(
    "5.1 diagnose",
    right=lambda moved: _diagnose(moved),
    inputs=(
        *(({"TcpInSegs": 1, "TcpInErrs": 1},), ({"TcpInSegs": 1, "TcpInErrs": 1, "TcpInCsumErrors": 1},)),
        *(({"TcpInSegs": 2, "TcpOutSegs": 1, "TcpOutRsts": 1},), ({"TcpInSegs": 1},), ({},)),
        *(({"TcpInSegs": 3, "TcpInErrs": 3},), ({"TcpInSegs": 3, "TcpInErrs": 3, "TcpInCsumErrors": 3},)),
        ({"TcpInSegs": 2, "TcpOutSegs": 1},),
        ({"TcpAttemptFails": 1, "TcpInSegs": 3, "TcpOutSegs": 2, "TcpOutRsts": 1, "TcpExtEmbryonicRsts": 1},),
        *(({"TcpInSegs": 6, "TcpOutSegs": 3, "TcpOutRsts": 3},), ({"TcpInSegs": 2},)),
    ),
    signs={
        "Counters may move by more than 1: what then?": lambda got, right, m: _diagnose(m, 2) == right != "not told",
        "You say checksum, but TcpInErrs moves for a short header too. Which counter is for checksums only?": (
            lambda got, right, moved: (got, right) == ("checksum", "header length")
        ),
        "Where TcpInCsumErrors moved, you say header length. Do you test it first, by this name, and return that?": (
            lambda got, right, moved: (got, right) == ("header length", "checksum")
        ),
        "TcpInSegs counts arrivals, not answers.": lambda got, right, m: m and (got, right) == ("answered", "not told"),
        "An answer may be no RST: see TcpOutSegs.": lambda got, right, m: right == "answered" and "TcpOutRsts" not in m,
        'There are four answers: "header length", "checksum", "answered", "not told".': (
            lambda got, right, moved: got.lower() not in SILENCES
        ),
    },
    judge=lambda right: SILENCES[right.value],
    meaning='Two of the silences move an error counter. For the others "not told" is the true answer.',
)


def _answer(flags: Flags, listening: bool) -> str:
    if flags & RST:
        return NOTHING
    if flags & ACK:
        return "R"
    if listening:
        return "S." if flags & SYN and not flags & FIN else NOTHING
    return "R."


answer = Exercise(
    "5.2 answer",
    right=_answer,
    inputs=tuple((Flags(number), listening) for listening in (False, True) for number in range(64)),
    causes={
        "Your two ports answer alike. `listening` says which of the two maps is meant.": (
            *(lambda f, at: _answer(f, False), lambda f, at: _answer(f, True)),
        )
    },
    signs={
        "You answer an RST, and nobody does: two ends that answer each other's RST would never stop.": wherever(
            lambda f, at: f & RST and not at, lambda got, f, at: got in ("R", "R.", "S.")
        ),
        "An RST with ACK is an RST too: ask for RST first.": lambda got, right, f, at: bool(f & RST and f & ACK),
        "Nobody answers an RST, also with other flags: `Flags.RST in flags`.": lambda got, right, f, at: bool(f & RST),
        'You return None for silence. Here silence is a text as well: return "none".': wherever(
            lambda f, at: f in (RST, SYN), lambda got, f, at: (got is None) == (f == RST)
        ),
        "A listener says `S.` to a SYN, and to nothing else. What does your right map say where SYN is not "
        "set?": wherever(lambda f, at: at and not f, lambda got, f, at: got == "S."),
        'There are four answers: "none", "R.", "R", "S.".': (
            lambda got, right, f, at: got not in (NOTHING, "R.", "R", "S.")
        ),
        "PSH and URG change nothing: compare the squares.": lambda got, right, f, at: bool(f & (PSH | URG)),
        "Is it `R` or `R.`? To a segment with ACK the answer is "
        "`R`, to any other `R.`: see exercise 4.3.": lambda got, right, f, at: {got, right} == {"R", "R."},
    },
    ask=live_answers,
    judge=lambda right: KERNEL.get(right.value, f"The kernel answered `{right.value}`."),
    meaning="128 of 128. An RST gets no answer, an ACK gets an RST. Otherwise it matters whether a program listens.",
)

NO_PROGRAM_LISTENS = "no program listens on port 8002. Run the cells from the one with `lab.listen(8002)` down to here."


def _counted(moved: Sequence[Mapping[str, int]]) -> list[str]:
    errors = ([bool(each.get(name)) for name in ("TcpInErrs", "TcpInCsumErrors")] for each in moved)
    return ["".join("cab"[sum(each)] for each in errors)]


guess_counters = LettersGuess(
    _counted,
    (
        "1: a header that is too short is counted as an error. Its checksum is not computed.",
        "2: a wrong checksum moves both. TcpInErrs counts all bad segments, TcpInCsumErrors only wrong checksums.",
        "3: a header longer than its packet is dropped, and no error is counted.",
        "4: this packet is correct. It has RST set, and nobody answers an RST.",
    ),
    "abc",
    'Write four letters of a, b, c, such as "cbac".',
    "Two of the four silences move an error counter. The other two move none.",
)


def _invited_ack(packets: Sequence[object]) -> int | None:
    acks = [packet.segment.ack for packet in packets if packet.segment.flags == SYN | ACK]  # what a listener says
    if packets and not acks:
        raise NotSeen(NO_PROGRAM_LISTENS)
    return acks[0] if acks else None


DATA_LEFT = "The listener takes the SYN alone: the sender has to send the 44 bytes again, later."
guess_ack = Guess(
    _invited_ack,
    Option("45", 45, f"The closed port refused the whole segment, data included. {DATA_LEFT}"),
    Option("1", 1, so=f"The SYN uses one number. {DATA_LEFT}"),
    Option("0", 0, "Your SYN uses one number, 0, and the listener acknowledges it. So it expects 1 next."),
)
FORM = 'Write six letters for each port, of n, r, a and s, such as "nnnnnn".'


def _maps(*both: object) -> list[str]:
    closed, listening = ("".join(found[flags] for flags in SIX) for found in map(read_letters, both))
    if "s" in closed:
        raise NotSeen(A_PROGRAM_LISTENS.format(8001))
    if "s" not in listening:
        raise NotSeen(NO_PROGRAM_LISTENS)
    return [closed, listening]


SQUARES = [f"{name(flags)}, {port}" for port in ("closed", "listening") for flags in SIX]
WHY = (
    *("The segment belongs to no connection, so it is refused.", "There is no connection to end, so it is refused."),
    *("A SYN is refused, as in lesson 04.", "It is refused as a SYN is.", "An ACK is refused: see 4.3."),
    *("Nobody answers an RST.", *["A segment with neither SYN nor ACK is dropped."] * 2),
    *("A listener waits for a SYN.", "Linux drops SYN with FIN. RFC 9293 does not ask for that."),
    *("An ACK claims a connection. There is none, so a listener refuses it too.", "Nobody answers an RST."),
)
guess_map = LettersGuess(
    _maps,
    [f"{square}: you said {{}}, we saw {{}}. {why}" for square, why in zip(SQUARES, WHY, strict=True)],
    "nras",
    FORM,
    "How many of the other 116 squares would you have known?",
    count=2,
    show=lambda *rows: "for all 12 squares",
    words=WORDS,
)


def colour(closed_guess: object, listening_guess: object = ...) -> Comparison:
    """Keep six letters for each map, and say which stands in which square."""
    guesses = [letters(guess, len(SIX), "".join(WORDS)) for guess in (closed_guess, listening_guess)]
    if None in guesses:
        return no_guess(f"{FORM} Look at `{('closed_guess', 'listening_guess')[guesses.index(None)]}`.")
    squares = [", ".join(f"{name(flags)} {letter}" for flags, letter in zip(SIX, row, strict=True)) for row in guesses]
    return Comparison(Compared.KEPT, "KEPT.\nclosed: {}\nlistening: {}".format(*squares))


MINE = {
    "a": "In these lessons you did. Who wrote the headers of lesson 00's two ordinary programs?",
    "b": "A library hands data to the kernel. Who wrote the headers of the eight packets that carry none?",
    "d": "A card may finish the checksum. Who writes the rest of the header?",
}
NOBODY = {
    "a": "In lesson 01 nothing came back, but that packet was broken. What came back in lesson 04?",
    "b": "`Connection refused` is what your program is told. What did the capture show?",
}
WRONG_BYTE = {
    "a": "Nobody asked for the packet again: in lessons 01 to 03 nothing came back. Where did you see the error?",
    "c": "No program was told. Whose counters moved?",
}
part_one = FromMemory(
    "5.4 part_one",
    (("c", 4, MINE), ("c", 3, NOBODY), ("b", 3, WRONG_BYTE)),
    "The kernel writes the headers of ordinary programs, answers for ports on which no program listens, and tells "
    "nobody about the packets that it drops.",
)

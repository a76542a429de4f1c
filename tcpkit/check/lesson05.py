"""Lesson 05, what_the_kernel_expects: recalls, three guesses, three exercises (5.3 in `lesson05_probe`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tcpkit.check.exercise import Exercise
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
        30: "That is the data. TCP's length counts the header as well.",
        70: "That is IP's total. Whose header is not TCP's?",
        12: "The pseudo-header does not count itself. What does its length field count?",
    },
    meaning="20 of header and 30 of data: TCP's length, in bytes.",
    what_if="What if there were 12 bytes of options?",
)

SILENCES = {  # each answer, and what the counters say then
    "header length": "TcpInErrs moved, and TcpInCsumErrors did not.",
    "checksum": "TcpInCsumErrors moved too, and only a bad checksum moves that.",
    "answered": "TcpOutSegs moved: the kernel sent something.",
    "not told": "No error counter moved, and nothing was sent.",
}
KERNEL = {NOTHING: "The kernel said nothing."}


def _diagnose(moved: Mapping[str, int]) -> str:
    words = {"TcpInCsumErrors": "checksum", "TcpInErrs": "header length", "TcpOutSegs": "answered"}
    return next((words[name] for name in words if moved.get(name, 0) > 0), "not told")


diagnose = Exercise(
    "5.1 diagnose",
    right=_diagnose,
    inputs=(
        *(({"TcpInSegs": 1, "TcpInErrs": 1},), ({"TcpInSegs": 1, "TcpInErrs": 1, "TcpInCsumErrors": 1},)),
        *(({"TcpInSegs": 2, "TcpOutSegs": 1, "TcpOutRsts": 1},), ({"TcpInSegs": 1},), ({},)),
        *(({"TcpInSegs": 3, "TcpInErrs": 3},), ({"TcpInSegs": 3, "TcpInErrs": 3, "TcpInCsumErrors": 3},)),
        ({"TcpInSegs": 2, "TcpOutSegs": 1},),
        ({"TcpAttemptFails": 1, "TcpInSegs": 3, "TcpOutSegs": 2, "TcpOutRsts": 1, "TcpExtEmbryonicRsts": 1},),
        *(({"TcpInSegs": 6, "TcpOutSegs": 3, "TcpOutRsts": 3},), ({"TcpInSegs": 2},)),
    ),
    signs={
        "TcpInErrs moves for a short header too. Which counter is for checksums only?": (
            lambda got, right, moved: (got, right) == ("checksum", "header length")
        ),
        "A bad checksum moves both, so TcpInErrs alone hides it. Ask the narrower question first.": (
            lambda got, right, moved: (got, right) == ("header length", "checksum")
        ),
        'There are four answers: "header length", "checksum", "answered", "not told".': (
            lambda got, right, moved: got.lower() not in SILENCES
        ),
    },
    judge=lambda right: SILENCES[right.value],
    meaning="Two silences leave a mark, the others none: the counters tell what was counted, and nothing else.",
    what_if="What if two programs talk in the lab meanwhile? Whose counters are these then?",
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
        "You answer an RST, and nobody does: two that refuse each other's refusals would never stop.": wherever(
            lambda f, at: f & RST and not at, lambda got, f, at: got in ("R", "R.", "S.")
        ),
        "An RST with ACK is an RST too, and nobody answers it. Ask for RST before you ask for "
        "ACK.": lambda got, right, f, at: bool(f & RST and f & ACK),
        "Nobody answers an RST, alone or with another flag beside it. (`==` asks for all the flags at once: test the "
        "bit.)": lambda got, right, f, at: bool(f & RST),
        'You return None for silence. Here silence is a text as well: return "none".': wherever(
            lambda f, at: f == RST, lambda got, f, at: got is None
        ),
        "A listener says `S.` to a SYN, and to nothing else. What does your right map say where SYN is not "
        "set?": wherever(lambda f, at: at and not f, lambda got, f, at: got == "S."),
        "PSH and URG change nothing. Compare the squares with them and without: the same.": lambda got, right, f, at: (
            bool(f & (PSH | URG))
        ),
        "Is it `R` or `R.`? If the segment has an ACK, its "
        "number is used, and the answer needs none: see 4.3.": lambda got, right, f, at: {got, right} == {"R", "R."},
    },
    ask=live_answers,
    judge=lambda right: KERNEL.get(right.value, f"The kernel answered `{right.value}`."),
    meaning="128 of 128. An RST is never answered, an ACK is always refused. Without the two it matters who listens.",
    what_if="What if the port belongs to a connection? Then a third map is needed: lesson 10.",
)


NOBODY_LISTENS = (
    "nobody listens on port 8002, or it would have said `S.`. Run the cells from the one with `lab.listen(8002)` down "
    "to this one again."
)
SOMEBODY_LISTENS = (
    "somebody listens on port 8001 in your lab, and here nobody may. Close that, run the cell with the experiment "
    "again, then this one."
)


def _counted(moved: Sequence[Mapping[str, int]]) -> list[str]:
    errors = ([bool(each.get(name)) for name in ("TcpInErrs", "TcpInCsumErrors")] for each in moved)
    return ["".join("cab"[sum(each)] for each in errors)]


guess_counters = LettersGuess(
    _counted,
    (
        "1: a header that is too short is counted as an error, and nobody adds it up.",
        "2: a bad checksum moves both. TcpInErrs counts all that is bad, TcpInCsumErrors why.",
        "3: a header longer than its packet is dropped, and no error is counted.",
        "4: nothing is wrong with this one. It has RST set, and the closed port drops it.",
    ),
    "abc",
    'Write four letters of a, b, c, such as "abcc".',
    "Two of the four silences leave a mark of their own. The other two leave none.",
)


def _invited_ack(packets: Sequence[object]) -> int | None:
    acks = [packet.segment.ack for packet in packets if packet.segment.flags == SYN | ACK]  # what a listener says
    if packets and not acks:
        raise NotSeen(NOBODY_LISTENS)
    return acks[0] if acks else None


DATA_LEFT = "The listener takes the SYN and leaves the data for later: send it again."
guess_ack = Guess(
    _invited_ack,
    Option("45", 45, f"The closed port counted your data, to refuse you exactly. {DATA_LEFT}"),
    Option("1", 1, so="The SYN takes one number. The 44 bytes are left for later: send them again."),
    Option("0", 0, "Then your SYN would not be acknowledged, and it takes one number."),
)
FORM = 'Write six letters for each port, of n, r, a and s, such as "nnnnnn".'


def _maps(*both: object) -> list[str]:
    closed, listening = ("".join(found[flags] for flags in SIX) for found in map(read_letters, both))
    if "s" in closed:
        raise NotSeen(SOMEBODY_LISTENS)
    if "s" not in listening:
        raise NotSeen(NOBODY_LISTENS)
    return [closed, listening]


guess_map = LettersGuess(
    _maps,
    (
        *("SYN, closed: the refusal of lesson 04.", "No flags, closed: it belongs to nobody, so it is refused."),
        "FIN, closed: no connection to end, so it is refused.",
        *("ACK, closed: refused, and your ACK is used: a plain RST.", "SYN+FIN, closed: refused, as a SYN is."),
        *("RST, closed: nobody answers an RST.", "SYN, listening: the one that a listener waits for."),
        *(f"{flags}, listening: dropped. A listener waits for a SYN." for flags in ("No flags", "FIN")),
        "ACK, listening: a connection that never was, refused here too.",
        "SYN+FIN, listening: Linux drops it, though RFC 9293 does not ask it to.",
        "RST, listening: nobody answers an RST.",
    ),
    "nras",
    FORM,
    "Twelve of twelve. How many of the other 116 would you bet on?",
    count=2,
    show="{} closed, {} listening".format,
)


def colour(closed_guess: object, listening_guess: object = ...) -> Comparison:
    """Keep six letters for each map, and say which stands in which square."""
    guesses = [letters(guess, len(SIX), "".join(WORDS)) for guess in (closed_guess, listening_guess)]
    if None in guesses:
        return no_guess(f"{FORM} Look at `{('closed_guess', 'listening_guess')[guesses.index(None)]}`.")
    squares = [", ".join(f"{name(flags)} {letter}" for flags, letter in zip(SIX, row, strict=True)) for row in guesses]
    return Comparison(Compared.KEPT, "KEPT.\nclosed: {}\nlistening: {}".format(*squares))


MINE = {
    "a": "You did, for a few evenings. Who wrote the headers of lesson 00's two ordinary programs?",
    "b": "A library hands data to the kernel. Who wrote the headers of the eight packets that carry none?",
    "d": "A card may fill in a checksum; that is lesson 06. Who writes the rest?",
}
NOBODY = {
    "a": "Silence is what lesson 01 met, and its packet was broken. What did a sound one meet, in lesson 04?",
    "b": "`Connection refused` is how your program hears of it. What did the capture show?",
}
WRONG_BYTE = {
    "a": "Nobody asked again: in lessons 01 to 03 there was silence. Where did the error show up?",
    "c": "No program heard of it. Whose counters moved?",
}
part_one = FromMemory(
    "5.4 part_one",
    (("c", 4, MINE), ("c", 3, NOBODY), ("b", 3, WRONG_BYTE)),
    "The kernel writes the headers of ordinary programs, answers where nobody listens, and tells nobody of what it "
    "throws away.",
)

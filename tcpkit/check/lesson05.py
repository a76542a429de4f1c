"""Lesson 05, what_the_kernel_expects: recalls, guesses, three exercises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tcpkit.check.doors import live_answers
from tcpkit.check.exercise import Exercise
from tcpkit.check.exercises05 import DIAGNOSE
from tcpkit.check.exercises05_answer import ANSWER
from tcpkit.check.exercises05_probe import PROBE
from tcpkit.check.guards import refusal
from tcpkit.check.guess import (
    LETTERS,
    NO_GUESS,
    NOT_SEEN,
    Guess,
    NotSeen,
    Option,
    another,
    as_you_said,
    is_empty,
    look,
    not_seen,
)
from tcpkit.check.hidden import blame, praise, search
from tcpkit.check.part_one import from_memory
from tcpkit.check.plain import plain
from tcpkit.check.recall import Recall
from tcpkit.check.verdict import Compared, Comparison, Status, Verdict
from tcpkit.draw.knocks import SIX, WORDS, name, read_letters
from tcpkit.wire import Flags

RECALL = Recall(
    number="5.0",
    right=50,
    wrong=(
        (30, "That is the data. TCP's length counts the header as well."),
        (70, "That is IP's total. Whose header is not TCP's?"),
        (12, "The pseudo-header does not count itself. What does its length field count?"),
        (62, "Twelve too many: the pseudo-header does not count itself."),
        (20, "That is the header. The data counts as well."),
    ),
    meaning="20 of header and 30 of data: TCP's length, in bytes.",
    what_if="What if there were 12 bytes of options?",
)


def recall(answer: object) -> Verdict:
    """Check lesson 03 from memory: the length in a pseudo-header."""
    return RECALL.check(answer)


def diagnose(learner_function: object) -> Verdict:
    """Check exercise 5.1: which silence, by the counters that moved."""
    return DIAGNOSE.check(learner_function)


def answer(learner_function: object, lab: object = None) -> Verdict:
    """Check exercise 5.2: what comes back, judged by the kernel in the lab.

    All 128 are sent once in the lab, and the answers kept for this check.
    """
    try:
        seen = live_answers(lab)  # before the learner's function is called: it may close the lab
    except Exception as error:
        verdict = ANSWER.check(learner_function)
        return verdict if verdict.status is Status.TODO else _no_lab(ANSWER, lab, error)
    return replace(ANSWER, right=lambda flags, listening: seen[flags, listening]).check(learner_function)


def probe(learner_function: object, lab: object = None, seed: object = None) -> Verdict:
    """Check exercise 5.3: find 3 listeners among 40 ports of the lab.

    The ports are others each time, unless a seed is given. They are closed
    again, whatever the learner's function does.
    """
    if refusal(learner_function, PROBE.name, PROBE.parameters):
        return PROBE.check(learner_function)
    try:
        found = search(learner_function, lab, seed)
    except Exception as error:
        on_paper = PROBE.check(learner_function)
        return on_paper if on_paper.status is Status.TODO else _no_lab(PROBE, lab, error)
    if found.run.stopped:
        return _verdict(Status.TRY_AGAIN, PROBE, found.run.stopped, found.run.printed)
    if found.run.outcomes == found.rights:
        return _verdict(Status.PASS, PROBE, "", *praise(found), found.run.printed)
    on_paper = PROBE.check(learner_function)
    if on_paper.status is Status.TODO:
        return on_paper
    return _verdict(Status.TRY_AGAIN, PROBE, blame(found, PROBE, on_paper.message, learner_function), found.run.printed)


def _no_lab(exercise: Exercise, lab: object, error: Exception) -> Verdict:
    """Return that the kernel could not be asked, and why."""
    if type(lab).__name__ != "Lab":
        why = f"The kernel judges this one. Hand the lab over too: `check.{exercise.name}({exercise.name}, lab)`."
    else:
        why = f"The kernel judges this one. {error}."
    return _verdict(Status.TRY_AGAIN, exercise, why)


def _verdict(status: Status, exercise: Exercise, sentence: str = "", *more: str) -> Verdict:
    first = f"{status} {exercise.number} {exercise.name}" + (f": {sentence}" if sentence else "")
    return Verdict(status, "\n".join([first, *filter(None, more)]))


# Guesses


INVITED, INVITES = Flags.SYN | Flags.ACK, "s"  # what only a listener says, and the map's letter for it
NO_ERROR = "no error counter"
COUNTERS = (
    Option("TcpInErrs", ("TcpInErrs",)),
    Option("TcpInErrs and TcpInCsumErrors", ("TcpInErrs", "TcpInCsumErrors")),
    Option(NO_ERROR, ()),
)
FOUR = (  # what each of the four packets of section 1 teaches to who guessed another counter
    "1: a header that is too short is counted as an error, and nobody adds it up.",
    "2: a bad checksum moves both. TcpInErrs counts all that is bad, TcpInCsumErrors why.",
    "3: a header longer than its packet is dropped, and no error is counted.",
    "4: nothing is wrong with this one. It has RST set, and the closed port drops it.",
)


def guess_counters(guess: object, moved: object = None) -> Comparison:
    """Compare four letters with the counters that four packets moved.

    a) TcpInErrs b) TcpInErrs and TcpInCsumErrors c) no error counter.
    `moved` holds what each packet moved, in order.
    """
    if is_empty(guess):
        return Comparison(Compared.NO_GUESS_YET, NO_GUESS)
    said = _letters(guess, len(FOUR), "abc")
    if said is None:
        return Comparison(Compared.NO_GUESS_YET, 'NO GUESS YET: Write four letters of a, b, c, such as "abcc".')
    seen = look(_counter_letters, moved)
    if seen is None:
        return Comparison(Compared.NOT_SEEN_YET, NOT_SEEN)
    if said == seen:
        return as_you_said(said, "Two of the four silences leave a mark of their own. The other two leave none.", moved)
    lessons = [words for words, mine, theirs in zip(FOUR, said, seen, strict=True) if mine != theirs]
    return another(said, seen, "\n".join(lessons), moved)


def _counter_letters(moved: Sequence[Mapping[str, int]]) -> str:
    if len(moved) != len(FOUR):
        raise ValueError("not the four packets")
    names = [tuple(name for name in COUNTERS[1].value if each.get(name)) for each in moved]
    values = [option.value for option in COUNTERS]
    return "".join(LETTERS[values.index(each)] for each in names)


def _letters(guess: object, count: int, allowed: str) -> str | None:
    """Return that many letters, from text or from a list of letters."""
    value = plain(guess)
    parts = value.value if value.family == "sequence" else (value,)
    if any(part.family != "str" for part in parts):
        return None
    text = "".join(part.value for part in parts).lower().replace(",", "").replace(" ", "")
    return text if len(text) == count and set(text) <= set(allowed) else None


NOBODY_LISTENS = (
    "nobody listens on port 8002, or it would have said `S.`. Run the cells from the one with `lab.listen(8002)` down "
    "to this one again."
)
SOMEBODY_LISTENS = (
    "somebody listens on port 8001 in your lab, and here nobody may. Close that, run the cell with the experiment "
    "again, then this one."
)


def _invited_ack(packets: object) -> int | None:
    if not packets:
        return None
    flags = [packet.segment.flags for packet in packets]
    if INVITED not in flags:
        raise NotSeen(NOBODY_LISTENS)
    return packets[flags.index(INVITED)].segment.ack


ACK = Guess(
    options=(
        Option(
            "45",
            45,
            "The closed port counted your data, to refuse you exactly. The listener takes the SYN and leaves the "
            "data for later: send it again.",
        ),
        Option("1", 1, so="The SYN takes one number. The 44 bytes are left for later: send them again."),
        Option("0", 0, "Then your SYN would not be acknowledged, and it takes one number."),
    ),
    seen=_invited_ack,
)


def guess_ack(guess: object, packets: object = None) -> Comparison:
    """Compare a guess with the ack that a listener sends to a SYN with data.

    a) 45 b) 1 c) 0. `packets` is the capture.
    """
    return ACK.compare(guess, packets)


NO_SIX = 'NO GUESS YET: Write six letters for each port, of n, r, a and s, such as "nnnnnn".'
SQUARES = {  # what each of the twelve squares teaches, by the port and the flags
    ("closed", SIX[0]): "SYN, closed: the refusal of lesson 04.",
    ("closed", SIX[1]): "No flags, closed: it belongs to nobody, so it is refused.",
    ("closed", SIX[2]): "FIN, closed: no connection to end, so it is refused.",
    ("closed", SIX[3]): "ACK, closed: refused, and your ACK is used: a plain RST.",
    ("closed", SIX[4]): "SYN+FIN, closed: refused, as a SYN is.",
    ("closed", SIX[5]): "RST, closed: nobody answers an RST.",
    ("listening", SIX[0]): "SYN, listening: the one that a listener waits for.",
    ("listening", SIX[1]): "No flags, listening: dropped. A listener waits for a SYN.",
    ("listening", SIX[2]): "FIN, listening: dropped. A listener waits for a SYN.",
    ("listening", SIX[3]): "ACK, listening: a connection that never was, refused here too.",
    ("listening", SIX[4]): "SYN+FIN, listening: Linux drops it, though RFC 9293 does not ask it to.",
    ("listening", SIX[5]): "RST, listening: nobody answers an RST.",
}


def colour(closed_guess: object, listening_guess: object = ...) -> Comparison:
    """Keep six letters for each map, and say which stands in which square.

    n: nothing, r: RST, a: RST with ACK, s: SYN with ACK; for SYN, no flags,
    FIN, ACK, SYN+FIN and RST.
    """
    guesses = [_letters(guess, len(SIX), "".join(WORDS)) for guess in (closed_guess, listening_guess)]
    if None in guesses:
        name_of = ("closed_guess", "listening_guess")[guesses.index(None)]
        return Comparison(Compared.NO_GUESS_YET, f"{NO_SIX} Look at `{name_of}`.")
    squares = [
        ", ".join(f"{name(flags)} {letter}" for flags, letter in zip(SIX, each, strict=True)) for each in guesses
    ]
    return Comparison(Compared.KEPT, "KEPT.\nclosed: {}\nlistening: {}".format(*squares))


def guess_map(
    closed_guess: object, listening_guess: object = ..., closed: object = None, listening: object = None
) -> Comparison:
    """Compare six letters for each port with what the knocks brought.

    n: nothing, r: RST, a: RST with ACK, s: SYN with ACK; for SYN, no flags,
    FIN, ACK, SYN+FIN and RST. `closed` and `listening` are the captures.
    """
    guesses = closed_guess, listening_guess
    if all(map(is_empty, guesses)):
        return Comparison(Compared.NO_GUESS_YET, NO_GUESS)
    said = [_letters(guess, len(SIX), "".join(WORDS)) for guess in guesses]
    if None in said:
        return Comparison(Compared.NO_GUESS_YET, NO_SIX)
    try:
        seen = [look(_closed_letters, closed), look(_listening_letters, listening)]
    except NotSeen as error:
        return not_seen(error)
    if None in seen:
        return Comparison(Compared.NOT_SEEN_YET, NOT_SEEN)
    shown = [f"{pair[0]} closed, {pair[1]} listening" for pair in (said, seen)]
    if said == seen:
        return as_you_said(shown[0], "Twelve of twelve. How many of the other 116 would you bet on?", None)
    mine, theirs = "".join(said), "".join(seen)
    lessons = [words for words, one, other in zip(SQUARES.values(), mine, theirs, strict=True) if one != other]
    return another(shown[0], shown[1], "\n".join(lessons), None)


def _six_letters(packets: object) -> str:
    found = read_letters(packets)
    return "".join(found[flags] for flags in SIX)


def _closed_letters(packets: object) -> str:
    letters = _six_letters(packets)
    if INVITES in letters:
        raise NotSeen(SOMEBODY_LISTENS)
    return letters


def _listening_letters(packets: object) -> str:
    letters = _six_letters(packets)
    if INVITES not in letters:
        raise NotSeen(NOBODY_LISTENS)
    return letters


# Part I from memory


def part_one(first: object, second: object = ..., third: object = ...) -> Verdict:
    """Check three of lesson 00's six questions, asked again.

    1: who writes an ordinary program's TCP header; 2: a port where nobody
    listens; 3: one wrong byte in a header.
    """
    return from_memory(first, second, third)

"""Sixty-four ways to knock at a port, and one letter for what comes back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product

from tcpkit.wire import Flags

FIN, SYN, RST, PSH, ACK, URG = Flags.FIN, Flags.SYN, Flags.RST, Flags.PSH, Flags.ACK, Flags.URG
DOWN, ACROSS = (RST, ACK, URG), (SYN, FIN, PSH)  # in this order equal answers stand together
SIDE = 8  # squares

NOTHING = "none"
LETTERS = {NOTHING: "n", "R": "r", "R.": "a", "S.": "s"}  # an answer's flags, as tcpdump writes them
OTHER = "?"  # an answer that no closed and no listening port gives
WORDS = {"n": "nothing", "r": "RST", "a": "RST with ACK", "s": "SYN with ACK"}
SIX = (SYN, Flags(0), FIN, ACK, SYN | FIN, RST)  # the squares to guess, in this order


def combine(three: tuple[Flags, Flags, Flags]) -> tuple[Flags, ...]:
    """Return the eight sets of three flags, the first flag changing last.

    >>> combine((RST, ACK, URG))
    (none, U, ., .U, R, RU, R., R.U)
    """
    choices = product(*((Flags(0), flag) for flag in three))
    return tuple(first | second | third for first, second, third in choices)


def read_answers(packets: Iterable[object]) -> dict[Flags, str]:
    """Return what each set of flags brought: tcpdump's flags, or "none".

    `packets` is a capture of knocks at one port, each from a port of its
    own. The first packet from there is the knock: what follows from the same
    port is the kernel's.
    """
    knocks: dict[int, Flags] = {}
    answers: dict[int, str] = {}
    door = None
    for packet in packets:
        segment = packet.segment
        door = segment.destination_port if door is None else door
        if segment.source_port == door:
            answers.setdefault(segment.destination_port, str(segment.flags))
        elif segment.destination_port == door:
            knocks.setdefault(segment.source_port, segment.flags)
    return {flags: answers.get(port, NOTHING) for port, flags in knocks.items()}


def read_letters(packets: Iterable[object]) -> dict[Flags, str]:
    """Return the letter of each answer: n, r, a, s, or ? for any other."""
    return {flags: LETTERS.get(answer, OTHER) for flags, answer in read_answers(packets).items()}


def read_guesses(guess: object) -> dict[Flags, str]:
    """Return the letters that were guessed for the six squares.

    Anything but n, r, a and s is no guess yet, and so is what is no text.

    >>> read_guesses("aa.r")
    {S: 'a', none: 'a', .: 'r'}
    """
    letters = guess.lower() if isinstance(guess, str) else ""
    return {flags: letter for flags, letter in zip(SIX, letters, strict=False) if letter in WORDS}


def name(flags: Flags) -> str:
    """Return the flags by their names.

    >>> name(SYN | FIN), name(Flags(0))
    ('SYN+FIN', 'no flags')
    """
    order = (SYN, FIN, RST, PSH, ACK, URG)
    return "+".join(flag.name for flag in order if flag & flags) or "no flags"


def tally(letters: Mapping[Flags, str]) -> str:
    """Return how many squares got which letter.

    >>> tally({SYN: "s", FIN: "n", RST: "n"})
    '2 n, 1 s'
    """
    counts = {letter: list(letters.values()).count(letter) for letter in [*WORDS, OTHER]}
    return ", ".join(f"{count} {letter}" for letter, count in counts.items() if count)

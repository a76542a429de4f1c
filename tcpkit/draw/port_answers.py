"""The 64 sets of flags that can be sent to a port, and a letter for each answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product

from tcpkit.wire import Flags

FIN, SYN, RST, PSH, ACK, URG = Flags.FIN, Flags.SYN, Flags.RST, Flags.PSH, Flags.ACK, Flags.URG

NOTHING = "none"
LETTERS = {NOTHING: "n", "R": "r", "R.": "a", "S.": "s"}  # an answer's flags, as tcpdump writes them
OTHER = "?"  # an answer that no closed and no listening port gives
WORDS = {"n": "nothing", "r": "RST", "a": "RST with ACK", "s": "SYN with ACK"}
SIX = (Flags(0), FIN, SYN, SYN | FIN, ACK, RST)  # the sets to guess, in the order of their squares on the map


def combine(three: tuple[Flags, Flags, Flags]) -> tuple[Flags, ...]:
    """Return the eight sets of three flags, the first flag changing last.

    >>> combine((RST, ACK, URG))
    (none, U, ., .U, R, RU, R., R.U)
    """
    choices = product(*((Flags(0), flag) for flag in three))
    return tuple(first | second | third for first, second, third in choices)


def read_answers(packets: Iterable[object]) -> dict[Flags, str]:
    """Return the answer to each set of flags: tcpdump's flags, or "none".

    `packets` is a capture of segments sent to one port, each from a port of
    its own. The first packet from there is the segment sent: what follows
    from the same port is the kernel's.
    """
    sent: dict[int, Flags] = {}
    answers: dict[int, str] = {}
    port = None
    for packet in packets:
        segment = packet.segment
        port = segment.destination_port if port is None else port
        if segment.source_port == port:
            answers.setdefault(segment.destination_port, str(segment.flags))
        elif segment.destination_port == port:
            sent.setdefault(segment.source_port, segment.flags)
    return {flags: answers.get(source, NOTHING) for source, flags in sent.items()}


def read_letters(packets: Iterable[object]) -> dict[Flags, str]:
    """Return the letter of each answer: n, r, a, s, or ? for any other."""
    return {flags: LETTERS.get(answer, OTHER) for flags, answer in read_answers(packets).items()}


def read_guesses(guess: object) -> dict[Flags, str]:
    """Return the letters that were guessed for the six sets.

    Any character but n, r, a and s is no guess yet, and so is a value that is no text.

    >>> read_guesses("aa.r")
    {none: 'a', F: 'a', FS: 'r'}
    """
    letters = guess.lower() if isinstance(guess, str) else ""
    return {flags: letter for flags, letter in zip(SIX, letters, strict=False) if letter in WORDS}


def name(flags: Flags) -> str:
    """Return the flags by their names.

    >>> name(SYN | FIN), name(Flags(0))
    ('SYN+FIN', 'no flags')
    """
    return "+".join(flag.name for flag in (SYN, FIN, RST, PSH, ACK, URG) if flag & flags) or "no flags"


def tally(letters: Mapping[Flags, str]) -> str:
    """Return how many sets got which letter.

    >>> tally({SYN: "s", FIN: "n", RST: "n"})
    '2 n, 1 s'
    """
    counts = {letter: list(letters.values()).count(letter) for letter in [*WORDS, OTHER]}
    return ", ".join(f"{count} {letter}" for letter, count in counts.items() if count)

"""Lesson 05's exercise 5.2: what comes back, from a closed port and a listening one?

`_answer` is what Linux was seen to do; the live kernel has the last word.
"""

from __future__ import annotations

from itertools import product

from tcpkit.check.exercise import Exercise, Function, Mistake
from tcpkit.check.plain import Plain, show
from tcpkit.draw.knocks import LETTERS, NOTHING
from tcpkit.wire import Flags

FIN, SYN, RST, PSH, ACK, URG = Flags.FIN, Flags.SYN, Flags.RST, Flags.PSH, Flags.ACK, Flags.URG


def _answer(flags: Flags, listening: bool) -> str:
    if flags & RST:
        return "none"
    if flags & ACK:
        return "R"
    if listening:
        return "S." if flags & SYN and not flags & FIN else "none"
    return "R."


def _where(which: Function, instead: str | Function) -> Function:
    """Return an answer that is another one where `which(flags, listening)`."""

    def wrong(flags: Flags, listening: bool) -> str:
        if not which(flags, listening):
            return _answer(flags, listening)
        return instead if isinstance(instead, str) else instead(flags, listening)

    return wrong


def _no_rst(flags: Flags) -> bool:
    return not flags & RST


def _as_without(flag: Flags) -> Function:
    return lambda flags, listening: _answer(flags & ~flag, listening)


ON_RST = (
    _where(lambda flags, listening: flags & RST, _as_without(RST)),
    _where(lambda flags, listening: flags & RST and not listening, _as_without(RST)),
    _where(lambda flags, listening: flags & RST, "R."),
    _where(lambda flags, listening: flags & RST, "R"),
    _where(lambda flags, listening: flags & RST and not listening, "R."),
    _where(lambda flags, listening: flags & RST and not listening, "R"),
)


def _answering(which: Function, *listening: bool) -> tuple[Function, ...]:
    """Return answers to which RSTs, at these ports: as if it were none, or a refusal."""
    return tuple(
        _where(lambda flags, at: flags & RST and which(flags) and at in listening, instead)
        for instead in (_as_without(RST), "R.", "R")
    )


RST_ALONE = tuple(  # ... is answered, and so may be its neighbours without ACK
    wrong
    for which in (lambda flags: flags == RST, lambda flags: not flags & ACK)
    for listening in ((False,), (False, True))
    for wrong in _answering(which, *listening)
)
RST_IN_COMPANY = tuple(
    wrong
    for listening in ((False,), (True,), (False, True))
    for wrong in _answering(lambda flags: flags != RST, *listening)
)
CLOSED_SILENT = tuple(
    _where(lambda flags, listening, which=which: not listening and which(flags), "none")
    for which in (
        lambda flags: not flags,
        lambda flags: flags == FIN,
        lambda flags: flags & FIN,
        lambda flags: flags & FIN and not flags & SYN,
        lambda flags: flags & FIN and not flags & ACK,
        lambda flags: flags & FIN and not flags & (SYN | ACK),
        lambda flags: not flags & (SYN | ACK),
        lambda flags: not flags & (SYN | ACK | FIN),
        lambda flags: flags in (Flags(0), FIN),
        lambda flags: not flags or flags & FIN,
    )
)
CLOSED_SYN_ONLY = tuple(
    _where(lambda flags, listening, which=which: not listening and _no_rst(flags) and not which(flags), "none")
    for which in (
        lambda flags: flags & SYN,
        lambda flags: flags == SYN,
        lambda flags: flags & SYN and not flags & ACK,
        lambda flags: flags & SYN and not flags & FIN,
        lambda flags: flags & SYN and not flags & (ACK | FIN),
    )
)
LISTENER_SILENT_TO_ACK = (
    _where(lambda flags, listening: listening and flags & ACK, "none"),
    _where(lambda flags, listening: listening and flags & ACK and not flags & SYN, "none"),
    _where(lambda flags, listening: listening and flags == ACK, "none"),
)
SYN_BEFORE_ACK = (
    _where(lambda flags, listening: listening and _no_rst(flags) and flags & SYN and not flags & FIN, "S."),
    _where(lambda flags, listening: listening and flags == SYN | ACK, "S."),
)
SYN_WITH_FIN = (
    _where(lambda flags, listening: listening and _no_rst(flags) and flags & SYN and not flags & ACK, "S."),
    _where(lambda flags, listening: listening and flags == SYN | FIN, "S."),
)
SYN_BEFORE_ALL = (
    _where(lambda flags, listening: listening and _no_rst(flags) and flags & SYN, "S."),
    _where(
        lambda flags, listening: listening and _no_rst(flags),
        lambda flags, listening: "S." if flags & SYN else "none",
    ),
)
INVITED_WITHOUT_SYN = tuple(
    _where(lambda flags, listening, which=which: listening and not flags & RST and which(flags), "S.")
    for which in (
        lambda flags: True,
        lambda flags: not flags,
        lambda flags: flags == FIN,
        lambda flags: not flags & ACK,
        lambda flags: not flags & (ACK | SYN),
        lambda flags: not flags & (ACK | SYN | FIN),
        lambda flags: flags & FIN and not flags & ACK,
        lambda flags: flags & FIN and not flags & (ACK | SYN),
    )
)
PUSHED_OR_URGENT = (
    *(
        _where(
            lambda flags, listening, mask=mask, everywhere=everywhere: (everywhere or listening) and flags & mask, to
        )
        for mask, everywhere, to in product((PSH, URG, PSH | URG), (True, False), ("none", "R.", "R"))
    ),
    _where(lambda flags, listening: listening and flags & SYN and flags != SYN and not flags & ACK, "none"),
    _where(lambda flags, listening: listening and _no_rst(flags) and flags != SYN and flags != ACK, "none"),
    _where(lambda flags, listening: not listening and flags & ACK and flags != ACK and _no_rst(flags), "R."),
    _where(lambda flags, listening: flags & ACK and flags != ACK and _no_rst(flags), "none"),
)
LISTENER_AS_CLOSED = tuple(
    _where(lambda flags, listening, which=which: listening and not flags & (RST | ACK) and which(flags), "R.")
    for which in (
        lambda flags: flags == FIN,
        lambda flags: flags & FIN,
        lambda flags: flags & FIN and not flags & SYN,
        lambda flags: not flags & SYN,
        lambda flags: flags & FIN or not flags & SYN,
        lambda flags: not flags,
    )
)
REFUSALS = {"R": "R.", "R.": "R"}
EXCHANGED = (
    lambda flags, listening: REFUSALS.get(_answer(flags, listening), _answer(flags, listening)),
    *(
        lambda flags, listening, always=always: (
            always if _answer(flags, listening) in REFUSALS else _answer(flags, listening)
        )
        for always in REFUSALS
    ),
)

AMISS = (
    *(CLOSED_SILENT, CLOSED_SYN_ONLY, LISTENER_SILENT_TO_ACK, SYN_BEFORE_ACK, SYN_WITH_FIN),
    *(SYN_BEFORE_ALL, INVITED_WITHOUT_SYN, PUSHED_OR_URGENT, LISTENER_AS_CLOSED, EXCHANGED),
)
# Who answers an RST as if it were none may have any other thing amiss as well: this comes first.
AS_IF_NO_RST = tuple(
    lambda flags, listening, wrong=wrong: wrong(flags & ~RST, listening) for group in AMISS for wrong in group
)
ACK_FIRST = tuple(
    _where(lambda flags, listening, where=where: flags & RST and flags & ACK and where(listening), "R")
    for where in (lambda listening: True, lambda listening: listening, lambda listening: not listening)
)
SILENT_BY_NONE = (
    *(
        lambda flags, listening, wrong=wrong: None if wrong(flags, listening) == "none" else wrong(flags, listening)
        for wrong in (_answer, *ON_RST, *ACK_FIRST, *(wrong for group in AMISS for wrong in group))
    ),
    _where(lambda flags, listening: flags & RST, lambda flags, listening: None),
    _where(
        lambda flags, listening: not flags & RST and _answer(flags, listening) == "none", lambda flags, listening: None
    ),
)


def _shows(answer: Plain) -> str:
    """Return an answer; one in the map's letters is told apart from a wrong one."""
    if answer == Plain("None"):
        return f'None (silence is the text "{NOTHING}")'
    words = {letter: word for word, letter in LETTERS.items()}
    is_other = answer.family == "str" and answer.value not in LETTERS  # `R` is a word of its own
    meant = words.get(answer.value.lower()) if is_other else None
    return f"{show(answer)}, the map's letter for `{meant}`" if meant else show(answer)


def _judge(right: Plain) -> str:
    return "The kernel said nothing." if right.value == NOTHING else f"The kernel answered `{right.value}`."


ANSWER = Exercise(
    number="5.2",
    name="answer",
    right=_answer,
    inputs=tuple((Flags(number), listening) for listening in (False, True) for number in range(64)),
    mistakes=(
        Mistake(
            "You answer an RST, and nobody does: two that refuse each other's refusals would never stop.",
            (*ON_RST, *AS_IF_NO_RST),
        ),
        Mistake("An RST with ACK is an RST too, and nobody answers it. Ask for RST before you ask for ACK.", ACK_FIRST),
        Mistake("An RST needs no company: alone, or without ACK, it is an RST too, and nobody answers it.", RST_ALONE),
        Mistake(
            "An RST with another flag beside it is an RST too. `==` asks for all the flags at once: test the bit.",
            RST_IN_COMPANY,
        ),
        Mistake('You return None for silence. Here silence is a text as well: return "none".', SILENT_BY_NONE),
        Mistake("A closed port refuses whatever is no RST: a FIN too, and a segment without any flag.", CLOSED_SILENT),
        Mistake("A closed port refuses more than a SYN. Look at the upper half of your left map.", CLOSED_SYN_ONLY),
        Mistake(
            "An ACK for a connection that never was is refused, by a listener as well: `R`.", LISTENER_SILENT_TO_ACK
        ),
        Mistake("SYN with ACK, to a listener: ACK wins, for it claims a connection. `R`.", SYN_BEFORE_ACK),
        Mistake("SYN with FIN, to a listener: Linux drops it. Count the `S.` on your map: 4, not 8.", SYN_WITH_FIN),
        Mistake(
            "Before a listener says `S.` it looks at more than SYN: count the `S.` on your map. "
            "What does ACK change, what FIN?",
            SYN_BEFORE_ALL,
        ),
        Mistake(
            "A listener says `S.` to a SYN, and to nothing else. What does your right map say where SYN is not set?",
            INVITED_WITHOUT_SYN,
        ),
        Mistake("PSH and URG change nothing. Compare the squares with them and without: the same.", PUSHED_OR_URGENT),
        Mistake(
            "FIN, or no flag, to a listener: that is what a closed port says. The right map says silence.",
            LISTENER_AS_CLOSED,
        ),
        Mistake(
            "Is it `R` or `R.`? If the segment has an ACK, its number is used, and the answer needs none: see 4.3.",
            EXCHANGED,
        ),
        Mistake(
            "Your two ports answer alike. `listening` says which of the two maps is meant.",
            (
                lambda flags, listening: _answer(flags, False),
                lambda flags, listening: _answer(flags, True),
                lambda flags, listening: _answer(flags, not listening),
            ),
        ),
    ),
    meaning="128 of 128. An RST is never answered, an ACK is always refused. Without the two it matters who listens.",
    what_if="What if the port belongs to a connection? Then a third map is needed: lesson 10.",
    shows=_shows,
    judge=_judge,
)

"""Lesson 05's exercise 5.1: which silence was it, by the counters?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from tcpkit.check.exercise import Exercise, Function, Mistake
from tcpkit.check.plain import Plain, show

Moved = dict[str, int]


def _sent(moved: Moved) -> bool:
    return moved.get("TcpOutSegs", 0) > 0


def _diagnose(moved: Moved) -> str:
    if moved.get("TcpInCsumErrors", 0) > 0:
        return "checksum"
    if moved.get("TcpInErrs", 0) > 0:
        return "header length"
    return "answered" if _sent(moved) else "not told"


def _without_get(first: str, second: str) -> Function:
    """Return a diagnose that fails where a name is missing."""
    words = {
        "TcpInCsumErrors": "checksum",
        "TcpInErrs": "header length",
        "TcpOutSegs": "answered",
        "TcpOutRsts": "answered",
    }

    def wrong(moved: Moved) -> str:
        for name in (first, second, "TcpOutSegs"):
            if moved[name] > 0:
                return words[name]
        return "not told"

    return wrong


def _exactly_one(moved: Moved) -> str:
    if moved.get("TcpInCsumErrors") == 1:
        return "checksum"
    if moved.get("TcpInErrs") == 1:
        return "header length"
    return "answered" if moved.get("TcpOutSegs") == 1 else "not told"


def _errors_then(rest: Function) -> Function:
    """Return a diagnose that judges in its own way where no error moved."""
    return lambda moved: _diagnose(moved) if moved.get("TcpInErrs") else rest(moved)


RESTS = (  # what may stand behind the two errors
    _diagnose,
    _exactly_one,
    lambda moved: "not told",
    lambda moved: None,
    *(
        lambda moved, name=name, last=last: "answered" if moved.get(name) else last
        for name, last in product(
            ("TcpOutSegs", "TcpOutRsts", "TcpInSegs"), ("not told", "header length", "answered", None)
        )
    ),
)


def _any_error_is(word: str) -> Iterator[Function]:
    """Yield functions that never tell the errors apart, whatever else they do."""
    for rest in RESTS:
        yield lambda moved, rest=rest: word if moved.get("TcpInErrs") else rest(moved)
    yield lambda moved: word if moved.get("TcpInErrs") == 1 else _exactly_one(moved)


WORDS = {  # each answer, and what the counters say then
    "header length": "TcpInErrs moved, and TcpInCsumErrors did not.",
    "checksum": "TcpInCsumErrors moved too, and only a bad checksum moves that.",
    "answered": "TcpOutSegs moved: the kernel sent something.",
    "not told": "No error counter moved, and nothing was sent.",
}


def _shows(answer: Plain) -> str:
    """Return an answer, and the four to choose from if it is none of them."""
    if answer.family != "str" or answer.value.lower() in WORDS:
        return show(answer)
    return f"{show(answer)}, which is none of the four: " + ", ".join(f'"{words}"' for words in WORDS)


def _judge(right: Plain) -> str:
    return WORDS[right.value]


DIAGNOSE = Exercise(
    number="5.1",
    name="diagnose",
    right=_diagnose,
    inputs=tuple(
        (moved,)
        for moved in (
            {"TcpInSegs": 1, "TcpInErrs": 1},
            {"TcpInSegs": 1, "TcpInErrs": 1, "TcpInCsumErrors": 1},
            {"TcpInSegs": 2, "TcpOutSegs": 1, "TcpOutRsts": 1},
            {"TcpInSegs": 1},
            {},
            {"TcpInSegs": 3, "TcpInErrs": 3},
            {"TcpInSegs": 3, "TcpInErrs": 3, "TcpInCsumErrors": 3},
            {"TcpInSegs": 2, "TcpOutSegs": 1},
            {"TcpAttemptFails": 1, "TcpInSegs": 3, "TcpOutSegs": 2, "TcpOutRsts": 1, "TcpExtEmbryonicRsts": 1},
            {"TcpInSegs": 6, "TcpOutSegs": 3, "TcpOutRsts": 3},
            {"TcpInSegs": 2},
        )
    ),
    mistakes=(
        Mistake(
            "TcpInErrs moves for a short header too. Which counter is for checksums only?",
            tuple(_any_error_is("checksum")),
        ),
        Mistake(
            "A bad checksum moves both, so TcpInErrs alone hides it. Ask the narrower question first.",
            tuple(_any_error_is("header length")),
        ),
        Mistake(
            "KeyError: what did not move is not in there. `moved.get(name, 0)` gives 0 then.",
            (
                _without_get("TcpInCsumErrors", "TcpInErrs"),
                _without_get("TcpInErrs", "TcpInCsumErrors"),
                _without_get("TcpOutSegs", "TcpInErrs"),
                _without_get("TcpOutRsts", "TcpInErrs"),
                _without_get("TcpOutRsts", "TcpInCsumErrors"),
                lambda moved: "checksum" if moved["TcpInCsumErrors"] else "header length",
                *(
                    lambda moved, name=name, word=word: word if moved[name] else _diagnose(moved)
                    for name, word in (
                        ("TcpInErrs", "header length"),
                        ("TcpOutSegs", "answered"),
                        ("TcpOutRsts", "answered"),
                    )
                ),
                _errors_then(lambda moved: "answered" if moved["TcpOutSegs"] else "not told"),
                _errors_then(lambda moved: "answered" if moved["TcpOutRsts"] else "not told"),
            ),
        ),
        Mistake(
            "TcpInSegs counts every segment that came, good or bad. It is no error.",
            tuple(
                lambda moved, word=word, first=first: (
                    word
                    if moved.get("TcpInSegs") and not moved.get("TcpInErrs") and (first or not _sent(moved))
                    else _diagnose(moved)
                )
                for word, first in product(("header length", "checksum"), (True, False))
            ),
        ),
        Mistake(
            "No error does not mean an answer. Look at what went out: TcpOutSegs.",
            (
                _errors_then(lambda moved: "answered"),
                _errors_then(lambda moved: "answered" if moved else "not told"),
                _errors_then(lambda moved: "answered" if moved.get("TcpInSegs") else "not told"),
                _errors_then(lambda moved: "answered" if moved.get("TcpInSegs", 0) > 1 else "not told"),
            ),
        ),
        Mistake(
            "When no error moved, it may be a header that is too long, or an RST. The honest answer is: not told.",
            (
                _errors_then(lambda moved: "answered" if _sent(moved) else "header length"),
                _errors_then(lambda moved: "answered" if _sent(moved) or not moved else "header length"),
                _errors_then(lambda moved: "header length"),
                _errors_then(lambda moved: "answered" if moved.get("TcpOutRsts") else "header length"),
            ),
        ),
        Mistake(
            "Right for one packet. Three at once move a counter by 3: ask for more than none, not for 1.",
            (
                _exactly_one,
                *(
                    lambda moved, name=name: "not told" if moved.get(name, 0) > 1 else _diagnose(moved)
                    for name in ("TcpInErrs", "TcpInCsumErrors", "TcpOutSegs")
                ),
                lambda moved: "header length" if moved.get("TcpInCsumErrors", 0) > 1 else _diagnose(moved),
            ),
        ),
        Mistake(
            'You never say "answered". One counter moves whenever the kernel sends something: TcpOutSegs.',
            (_errors_then(lambda moved: "not told"),),
        ),
        Mistake(
            'When no counter tells, you return nothing. A last line is missing: `return "not told"`.',
            (
                lambda moved: None if _diagnose(moved) == "not told" else _diagnose(moved),
                _errors_then(lambda moved: None),
                _errors_then(lambda moved: "answered" if moved.get("TcpOutRsts") else None),
            ),
        ),
        Mistake(
            "An answer need not be a refusal: a SYN-ACK moves TcpOutSegs, and no TcpOutRsts.",
            (_errors_then(lambda moved: "answered" if moved.get("TcpOutRsts") else "not told"),),
        ),
    ),
    meaning="Two silences leave a mark, the others none: the counters tell what was counted, and nothing else.",
    what_if="What if two programs talk in the lab meanwhile? Whose counters are these then?",
    shows=_shows,
    judge=_judge,
)

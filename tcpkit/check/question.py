"""The question on a wrong answer that no cause and no sign explains: what it did, never what should be there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Any

from tcpkit.check.signs import Trial
from tcpkit.check.values import NONE, Plain, name_family, show, show_arguments, show_kind
from tcpkit.wire import Flags

ASKED = "What did you expect there?"
FLAG_LETTERS = dict(zip("FSRP.AUEW", (1, 2, 4, 8, 16, 16, 32, 64, 128), strict=True))  # A is how scapy writes ACK


def question(trials: Sequence[Trial], exercise: Any) -> str:
    """Return a question on the first input that went another way."""
    rights = [trial.right.returned for trial in trials if trial.right.returned is not None]
    legal = {value.family: name_family(value) for value in rights}
    parameters, trial = exercise.parameters, next(trial for trial in trials if trial.is_wrong)
    given, got, right = f"For {show_arguments(parameters, trial.arguments)}", trial.got.returned, trial.right.returned
    if got is None:
        return f"{given} it raised {trial.got.error.removesuffix('.')}. {trial.got.advice}".rstrip()
    if got == NONE and ("None" not in legal or all(each.got.returned == NONE for each in trials)):
        if any(each.got.returned not in (None, NONE) and each.got.returned.family in legal for each in trials):
            return f"{given} it returned None, for others an answer. Which `return` does it reach there?"
        return f"{given} it returned None. Does it reach a `return` with an answer?"
    if got == right:
        return f"{given} the answer is right, but afterwards {_changed(parameters, trial)}. Work on a copy."
    return f"{given} {exercise.gave} {_on_value(got, right, legal, exercise)}"


def _changed(parameters: Sequence[str], trial: Trial) -> str:
    pairs = zip(parameters, trial.got.arguments, trial.right.arguments, strict=True)
    name, now = next((name, now) for name, now, before in pairs if now != before)
    return f"your caller's `{name}` was {show(now)}"


def _on_value(got: Plain, right: Plain | None, legal: Mapping[str, str], exercise: Any) -> str:
    """Return words on another value; `legal` names the families that right answers have, on any input."""
    if text := _on_text(got, right) if right else "":
        return f"{exercise.shows(got)}. {text}"
    if legal and got.family not in legal:
        return f"{show_kind(got)}. The answer is {' or '.join(legal.values())}."
    where, asked = _where(got, right) if right and got.family == right.family else ("", ASKED)
    judged = exercise.judge(right) if right else ""
    return " ".join(filter(None, (f"{exercise.shows(got)}.", where, judged, asked)))


def _where(got: Plain, right: Plain) -> tuple[str, str]:
    """Return which part of an answer to look at, and a question that fits."""
    if got.family == "str" and got.value.lower() == right.value.lower():
        words = "word is" if right.value.isalnum() else "words are"
        return f"The {words} right: small and capital letters count.", ""
    if got.family != "bytes":
        return "", ASKED
    size = len(got.value)
    if size != len(right.value):
        return f"That is {size} byte{'s' * (size > 1)}." if size else "", "How many did you expect?"
    at, byte = next((at, byte) for at, byte in enumerate(got.value) if byte != right.value[at])
    return f"Byte {at} is {byte:02x}.", ASKED


def _on_text(got: Plain, right: Plain) -> str:
    """Return how to write what a text says, right or wrong, where flags or a number belong; "" if no text is there.

    A number as text is looked for inside an answer only: of a whole answer,
    its kind is told anyway.
    """
    if got.family == right.family == "sequence":
        return next(filter(None, map(_on_part, got.value, right.value)), "")
    return _on_part(got, right) if right.label else ""


def _on_part(got: Plain, right: Plain) -> str:
    if got.family != "str" or right.family != "int":
        return ""
    if not right.label:
        return f"{show(got)} is text, and {name_family(right)} belongs there."
    flags = _read_flags(got.value)
    if flags is None:
        return f"{show(got)} is text, and flags belong there: `Flags.SYN`, ..."
    code = " | ".join(f"Flags.{flag.name}" for flag in flags) or "Flags(0)"
    return f"{show(got)} is text: it reads like flags, and is none. Write `{code}`."


def _read_flags(text: str) -> Flags | None:
    """Return the flags that a text names, by letters or by words."""
    if text == str(Flags(0)):
        return Flags(0)
    letters = text.strip("[]").upper()
    words = re.split(r"[ |,+-]+", letters.replace("FLAGS.", ""))
    if set(words) <= set(Flags.__members__):
        return reduce(or_, (Flags[word] for word in words))
    if letters and set(letters) <= set(FLAG_LETTERS) and len(set(letters)) == len(letters):
        return Flags(sum(FLAG_LETTERS[letter] for letter in letters))
    return None

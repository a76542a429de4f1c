"""Signs: what is true of every wrong answer that a function gave, so that one sign covers a family of slips."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tcpkit.check.call import Function, Outcome

Predicate = Callable[..., bool]  # (got, right, *arguments), as Python's own values


@dataclass(frozen=True)
class Trial:
    """One input: what the answer did there, and what the right one does."""

    got: Outcome
    right: Outcome
    arguments: tuple

    @property
    def is_wrong(self) -> bool:
        """Say whether the two differ."""
        return self.got != self.right


@dataclass(frozen=True)
class Sign:
    """What holds of a whole run: asked of all its trials, right and wrong."""

    holds: Callable[[Sequence[Trial]], bool]


def every(predicate: Predicate, *, kind: str = "", also_raised: bool = False) -> Sign:
    """Return a sign that holds if the predicate does wherever the answer is wrong.

    `kind` is the family of all wrong answers (`values.py`), or "any"; the right one's if it is not named. With
    `also_raised` a wrong answer may be an exception: `got` is None then.
    """

    def holds(trials: Sequence[Trial]) -> bool:
        wrong = [trial for trial in trials if trial.is_wrong]
        return bool(wrong) and all(_holds(predicate, trial, kind, also_raised) for trial in wrong)

    return Sign(holds)


def _holds(predicate: Predicate, trial: Trial, kind: str, also_raised: bool) -> bool:
    got, right = trial.got.returned, trial.right.returned
    if right is None or got == right:
        return False
    if got is None:
        return also_raised and predicate(None, right.python, *trial.arguments)
    is_kind = kind == "any" or got.family == (kind or right.family)
    return is_kind and predicate(got.python, right.python, *trial.arguments)


def wherever(condition: Predicate, predicate: Predicate) -> Sign:
    """Return a sign of the inputs that meet the condition, one of them wrong; there may be other slips elsewhere."""

    def holds(trials: Sequence[Trial]) -> bool:
        there = [trial for trial in trials if condition(*trial.arguments)]
        told = [trial.got.returned and predicate(trial.got.returned.python, *trial.arguments) for trial in there]
        return all(told) and any(trial.is_wrong for trial in there)

    return Sign(holds)


def as_sign(sign: Sign | Predicate) -> Sign:
    """Return the sign; a plain predicate is asked of every wrong answer."""
    return sign if isinstance(sign, Sign) else every(sign)


def is_exchanged(got: int | bytes, right: int | bytes, *_: object) -> bool:
    """Say whether a number of 16 bits, or both bytes of a word, came in the other order."""
    if isinstance(right, bytes):
        return len(right) == 2 and got == right[::-1]
    return 0 <= right <= 0xFFFF and got == int.from_bytes(right.to_bytes(2, "big"), "little")


def differs_only_at(*places: int) -> Predicate:
    """Return a predicate: as long as the right bytes, and other than these only there."""

    def predicate(got: bytes, right: bytes, *_: object) -> bool:
        return len(got) == len(right) and {at for at, byte in enumerate(got) if byte != right[at]} <= set(places)

    return predicate


def gives(*functions: Function) -> Predicate:
    """Return a predicate: the wrong answer is what one of these gives, such as an expression grouped wrongly."""
    return lambda got, right, *arguments: any(got == function(*arguments) for function in functions)


def _is_always_the_same(trials: Sequence[Trial]) -> bool:
    got = {trial.got.returned for trial in trials}
    right = {trial.right.returned for trial in trials}
    families = {each.family for each in right if each is not None} - {"None"}  # that may be no answer at all
    return len(got) == 1 < len(right) and all(each is not None and each.family in families for each in got)


def _each_time(change: Callable[[int], int]) -> Sign:
    return every(lambda got, right, *_: type(right) is int and got == change(right))


MODULO = "(`%` comes before `+`, so the sum needs brackets: `(a + b) % 2**32`.)"
BRACKETS = (
    "As if brackets were missing: `*`, then `+`, then `<<` and `>>`, then `&` come first. Put them around each part."
)
SHARED: Mapping[str, Sign] = {  # asked after the exercise's own
    "You return {shown} for every input. What does the answer depend on?": Sign(_is_always_the_same),
    "The right bytes, exchanged: network order has the most significant byte first.": every(is_exchanged),
    "Wherever it is wrong, it is one too large.": _each_time(lambda right: right + 1),
    "Wherever it is wrong, it is one too small.": _each_time(lambda right: right - 1),
    "Wherever it is wrong, it is four times too large.": _each_time(lambda right: 4 * right),
    "Wherever it is wrong, it is eight times too large: bits instead of bytes?": _each_time(lambda right: 8 * right),
}

"""Guesses: what the learner said beside what was seen.

A guess is a letter, in any case. A number means the option's own value where
the options are numbers (`10` is "about ten packets", never "the tenth"), and
the option's place where they are not (`2` is b). Whatever else is written
gets the list of letters, and an empty guess learns nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tcpkit.check.plain import plain, show
from tcpkit.check.verdict import Compared, Comparison

LETTERS = "abcdefgh"
EMPTY = ("", "...", "?", "none")
NO_GUESS = "NO GUESS YET: write one above, then run this cell again."
NOT_SEEN = "NOT SEEN YET: run the cell with the experiment above, then this one again."

Sentence = str | Callable[[object], str]  # made from what the experiment gave, if it needs that


class NotSeen(Exception):
    """Say why the experiment's result tells nothing, and which cell to run."""


@dataclass(frozen=True)
class Option:
    """One answer to choose: its words, and what to say if it was chosen.

    `value` is what the experiment would have to show. `otherwise` answers
    who said this and saw another thing, `so` who saw it.
    """

    words: str
    value: object
    otherwise: Sentence = ""
    so: Sentence = ""


@dataclass(frozen=True)
class Guess:
    """Lettered options, and how to read the experiment's result.

    `seen` is handed that result and returns a value like the options'; for
    anything that is no result it may raise, best a `NotSeen`.
    """

    options: tuple[Option, ...]
    seen: Callable[[object], object]

    def compare(self, guess: object, result: object = None) -> Comparison:
        """Return the guess beside what was seen; never raises."""
        if is_empty(guess):
            return Comparison(Compared.NO_GUESS_YET, NO_GUESS)
        option = chosen(guess, self.options)
        if option is None:
            return choose_one(self.options)
        try:
            seen = look(self.seen, result)
        except NotSeen as error:
            return not_seen(error)
        if seen is None:
            return Comparison(Compared.NOT_SEEN_YET, NOT_SEEN)
        letter = LETTERS[self.options.index(option)]
        if option.value == seen:
            return as_you_said(f"{letter}: {option.words}", option.so, result)
        return another(f"{letter}: {option.words}", str(seen), option.otherwise, result)


@dataclass(frozen=True)
class NumberGuess:
    """A guess that is a number, not a letter."""

    seen: Callable[[object], object]
    otherwise: Callable[[int, object], str]  # what was said, and the experiment's result
    so: Sentence = ""

    def compare(self, guess: object, result: object = None) -> Comparison:
        """Return the guess beside what was seen; never raises."""
        if is_empty(guess):
            return Comparison(Compared.NO_GUESS_YET, NO_GUESS)
        said = number(guess)
        if said is None:
            return Comparison(Compared.NO_GUESS_YET, "NO GUESS YET: Write one whole number, such as 3.")
        seen = look(self.seen, result)
        if seen is None:
            return Comparison(Compared.NOT_SEEN_YET, NOT_SEEN)
        shown = show(plain(said))
        if said == seen:
            return as_you_said(shown, self.so, result)
        return another(shown, str(seen), self.otherwise(said, result), result)


def keep(guess: object, options: Sequence[Option], until: str) -> Comparison:
    """Return that the guess is kept, and until when; judges nothing."""
    if is_empty(guess):
        return Comparison(Compared.NO_GUESS_YET, NO_GUESS)
    option = chosen(guess, options)
    if option is None:
        return choose_one(options)
    return Comparison(Compared.KEPT, f"KEPT {LETTERS[options.index(option)]}: {option.words}.\n{until}")


def is_empty(guess: object) -> bool:
    """Say whether nothing has been written yet.

    >>> is_empty(...), is_empty("  "), is_empty(0)
    (True, True, False)
    """
    value = plain(guess)
    return value.family in ("...", "None") or (value.family == "str" and value.value.strip().lower() in EMPTY)


def chosen(guess: object, options: Sequence[Option]) -> Option | None:
    """Return the option that is meant, or None if that is not clear."""
    value = plain(guess)
    if value.family == "str":
        text = value.value.strip().strip("().:\"'`").strip().lower()
        place = LETTERS.find(text) if len(text) == 1 else -1
        if 0 <= place < len(options):
            return options[place]
        spelled = [option for option in options if text in (option.words.lower(), str(option.value).lower())]
        if spelled:
            return spelled[0]
    said = number(guess)
    return None if said is None else _numbered(said, options)


def _numbered(said: int, options: Sequence[Option]) -> Option | None:
    for option in options:
        if option.value in (said, show(plain(said))):
            return option
    if any(isinstance(option.value, int) for option in options) or not 1 <= said <= len(options):
        return None
    return options[said - 1]


def number(guess: object) -> int | None:
    """Return the whole number that was written, as text or as an int.

    >>> number(" 10 "), number(10), number("ten"), number(True)
    (10, 10, None, None)
    """
    value = plain(guess)
    if value.family == "int":
        return value.value
    if value.family == "str":
        with contextlib.suppress(ValueError):
            return int(value.value)
    return None


def look(seen: Callable[[object], object], result: object) -> object | None:
    """Return what the experiment showed, or None if it was not run.

    `NotSeen` gets through: it knows better why.
    """
    try:
        return seen(result)
    except NotSeen:
        raise
    except Exception:  # whatever stands there is not the experiment's result
        return None


def not_seen(error: NotSeen) -> Comparison:
    """Return that the experiment has to be run again, and why."""
    return Comparison(Compared.NOT_SEEN_YET, f"NOT SEEN YET: {error}")


def choose_one(options: Sequence[Option]) -> Comparison:
    """Return the letters to choose from."""
    letters = ", ".join(LETTERS[: len(options)])
    return Comparison(Compared.NO_GUESS_YET, f"NO GUESS YET: Choose one of {letters}.")


def as_you_said(said: str, sentence: Sentence, result: object) -> Comparison:
    """Return that what was said is what was seen."""
    return Comparison(Compared.AS_YOU_SAID, _lines(f"AS YOU SAID {said}.", sentence, result))


def another(said: str, seen: str, sentence: Sentence, result: object) -> Comparison:
    """Return what was said and what was seen, which differ."""
    return Comparison(Compared.ANOTHER, _lines(f"YOU SAID {said}. WE SAW {seen}.", sentence, result))


def _lines(first: str, sentence: Sentence, result: object) -> str:
    words = sentence if isinstance(sentence, str) else sentence(result)
    return f"{first}\n{words}" if words else first

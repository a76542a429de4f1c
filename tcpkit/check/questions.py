"""Questions that are no exercise, as data: guesses beside what was seen, recalls from memory, suspects.

A guess gets no mark. All kinds of guesses go the same way: nothing written
yet, not readable, experiment not run yet, as you said, you said and we saw.

A letter may be written in any case. A number means the option's own value
where the options are numbers (`10` is "about ten packets", never "the
tenth"), and the option's place where they are not (`2` is b).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tcpkit.check.values import Plain, name_family, plain, show, show_kind
from tcpkit.check.verdict import Compared, Comparison, Status, Verdict

LETTERS = "abcdefgh"
EMPTY = ("", "...", "?", "none")
NO_GUESS = "NO GUESS YET: write one above, then run this cell again."
NOT_SEEN = "NOT SEEN YET: run the cell with the experiment above, then this one again."

Sentence = str | Callable[..., str]  # made from what the experiment gave, if it needs that


class NotSeen(Exception):
    """Say why the experiment's result tells nothing, and which cell to run."""


# What was written


def is_empty(guess: object) -> bool:
    """Say whether nothing has been written yet.

    >>> is_empty(...), is_empty("  "), is_empty(0)
    (True, True, False)
    """
    value = plain(guess)
    return value.family in ("...", "None") or (value.family == "str" and value.value.strip().lower() in EMPTY)


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


def letters(guess: object, count: int, allowed: str) -> str | None:
    """Return that many letters, from text or from a list of texts; None for anything else.

    >>> letters("A, b c", 3, "abc"), letters(["a", "b"], 2, "ab"), letters("abd", 3, "abc")
    ('abc', 'ab', None)
    """
    value = plain(guess)
    parts = value.value if value.family == "sequence" else (value,)
    if any(part.family != "str" for part in parts):
        return None
    text = "".join(letter for part in parts for letter in part.value.lower() if letter.isalnum())
    return text if len(text) == count and set(text) <= set(allowed) else None


@dataclass(frozen=True, eq=False)
class Option:
    """One answer to choose: its words, and what to say if it was chosen.

    `value` is what the experiment would have to show. `otherwise` answers
    those who chose it and saw another thing, `so` those who saw it.
    """

    words: str
    value: object
    otherwise: Sentence = ""
    so: Sentence = ""


def lettered(count: int) -> tuple[Option, ...]:
    """Return options that are no more than their letters."""
    return tuple(Option(letter, letter) for letter in LETTERS[:count])


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


def choose_one(options: Sequence[Option]) -> str:
    """Return the letters to choose from, as a sentence."""
    return f"Choose one of {', '.join(LETTERS[: len(options)])}."


# Guesses


def no_guess(sentence: str) -> Comparison:
    """Return that no guess can be read, and what to write."""
    return Comparison(Compared.NO_GUESS_YET, f"NO GUESS YET: {sentence}")


def as_you_said(said: str, sentence: str = "") -> Comparison:
    """Return that what was said is what was seen."""
    return Comparison(Compared.AS_YOU_SAID, "\n".join(filter(None, (f"AS YOU SAID {said}.", sentence))))


def another(said: str, seen: str, sentence: str = "") -> Comparison:
    """Return what was said and what was seen, which differ."""
    return Comparison(Compared.ANOTHER, "\n".join(filter(None, (f"YOU SAID {said}. WE SAW {seen}.", sentence))))


def compare(
    guesses: Sequence[object],
    read: Callable[..., object | None],
    form: str,
    look: Callable[[], object | None],
    say: Callable[[object, object], Comparison],
) -> Comparison:
    """Go the way of all guesses: `read` what was said, `look` what was seen, `say` how the two compare.

    None from `read` means that it cannot be read, and `form` says what to
    write. None from `look`, or any error there, means that the experiment was
    not run; a `NotSeen` says it better.
    """
    if all(map(is_empty, guesses)):
        return Comparison(Compared.NO_GUESS_YET, NO_GUESS)
    said = read(*guesses)
    if said is None:
        return no_guess(form)
    try:
        seen = look()
    except NotSeen as error:
        return Comparison(Compared.NOT_SEEN_YET, f"NOT SEEN YET: {error}")
    except Exception:  # whatever was handed over is not the experiment's result
        seen = None
    return Comparison(Compared.NOT_SEEN_YET, NOT_SEEN) if seen is None else say(said, seen)


def _words(sentence: Sentence, *made_of: object) -> str:
    return sentence if isinstance(sentence, str) else sentence(*made_of)


class Guess:
    """Lettered options, and how to read the experiment's result.

    `seen` is handed that result and returns a value like the options'; for
    anything that is no result it may raise, best a `NotSeen`.
    """

    def __init__(self, seen: Callable[[object], object], *options: Option) -> None:
        self.seen = seen
        self.options = options

    def __call__(self, guess: object, result: object = None) -> Comparison:
        """Return the guess beside what was seen; never raises."""

        def say(option: Option, seen: object) -> Comparison:
            said = f"{LETTERS[self.options.index(option)]}: {option.words}"
            if option.value == seen:
                return as_you_said(said, _words(option.so, result))
            return another(said, str(seen), _words(option.otherwise, result))

        return compare(
            [guess],
            lambda given: chosen(given, self.options),
            choose_one(self.options),
            lambda: self.seen(result),
            say,
        )


@dataclass(frozen=True, eq=False)
class NumbersGuess:
    """One or more numbers, in any order: what was seen is as many, the smallest first.

    `otherwise` is handed the numbers that were said and those that were seen.
    """

    seen: Callable[..., tuple[int, ...] | None]
    otherwise: Callable[[tuple[int, ...], tuple[int, ...]], str]
    so: str = ""
    count: int = 1
    form: str = "Write one whole number, such as 3."
    joined: str = ", "

    def __call__(self, *given: object) -> Comparison:
        """Return the numbers beside what was seen; never raises."""
        guesses, results = (*given, *[...] * self.count)[: self.count], given[self.count :]

        def read(*guesses: object) -> tuple[int, ...] | None:
            said = tuple(map(number, guesses))
            return None if None in said else tuple(sorted(said))

        def say(said: tuple[int, ...], seen: tuple[int, ...]) -> Comparison:
            said_words, seen_words = (self.joined.join(show(plain(one)) for one in each) for each in (said, seen))
            if said == seen:
                return as_you_said(said_words, self.so)
            return another(said_words, seen_words, self.otherwise(said, seen))

        return compare(guesses, read, self.form, lambda: self.seen(*results), say)


@dataclass(frozen=True, eq=False)
class LettersGuess:
    """A row of letters (or several rows), each compared with what was seen at its place.

    `sentences` has one for each place, to those who wrote another letter
    there: text, or texts by the letter that was written.
    """

    seen: Callable[..., Sequence[str]]  # the rows, from the experiment's results
    sentences: Sequence[str | Mapping[str, str]]
    allowed: str
    form: str
    so: str
    rows: int = 1
    show: Callable[..., str] = " ".join

    def __call__(self, *given: object) -> Comparison:
        """Return the letters beside what was seen; never raises."""
        guesses, results = (*given, *[...] * self.rows)[: self.rows], given[self.rows :]

        def read(*guesses: object) -> list[str] | None:
            said = [letters(guess, len(self.sentences) // self.rows, self.allowed) for guess in guesses]
            return None if None in said else said

        def say(said: list[str], seen: Sequence[str]) -> Comparison:
            pairs = zip(self.sentences, "".join(said), "".join(seen), strict=True)
            lessons = [
                words if isinstance(words, str) else words.get(mine, "") for words, mine, true in pairs if mine != true
            ]
            if not lessons:
                return as_you_said(self.show(*said), self.so)
            return another(self.show(*said), self.show(*seen), "\n".join(filter(None, lessons)))

        return compare(guesses, read, self.form, lambda: self.seen(*results), say)


@dataclass(frozen=True, eq=False)
class Kept:
    """A guess that is kept until a later lesson, and judged by nothing."""

    options: tuple[Option, ...]
    until: str

    def __call__(self, guess: object) -> Comparison:
        """Return that the guess is kept; never raises."""
        say = lambda option, _: Comparison(  # noqa: E731
            Compared.KEPT, f"KEPT {LETTERS[self.options.index(option)]}: {option.words}.\n{self.until}"
        )
        return compare([guess], lambda given: chosen(given, self.options), choose_one(self.options), lambda: "", say)


# From memory


@dataclass(frozen=True, eq=False)
class Recall:
    """A question with one right value, and a sentence for each known wrong one.

    With `letters` the values are letters, in any case; without, they are
    numbers or bytes and compared as such.
    """

    number: str
    right: object
    wrong: Mapping[object, str]
    meaning: str
    what_if: str
    letters: int = 0

    def __call__(self, answer: object) -> Verdict:
        """Return a verdict on the answer; never raises."""
        if is_empty(answer):
            return self._verdict(Status.TODO, "write your answer above, then run this cell again.")
        given = self._read(answer)
        if given == plain(self.right):
            return self._verdict(Status.PASS, f"{self.meaning}\n{self.what_if}")
        return self._verdict(Status.TRY_AGAIN, self._sentence(answer, given))

    def _read(self, answer: object) -> Plain | None:
        if not self.letters:
            return plain(answer)
        option = chosen(answer, lettered(self.letters))
        return option and plain(option.value)

    def _sentence(self, answer: object, given: Plain | None) -> str:
        right = plain(self.right)
        named = next((sentence for value, sentence in self.wrong.items() if plain(value) == given), "")
        if named or self.letters:
            return named or choose_one(lettered(self.letters))
        if given.family == "str" and plain(number(answer)) == right:
            return "The number is right, and it is text. Write it without quotes."
        if given.family != right.family:
            return f"You answered {show_kind(given)}. The answer is {name_family(right)}."
        return f"You answered {show(given)}. How did you get there?"

    def _verdict(self, status: Status, sentence: str) -> Verdict:
        return Verdict(status, f"{self.number} recall", sentence)


@dataclass(frozen=True, eq=False)
class FromMemory:
    """A Part's closing questions: letters, the first wrong one gets its sentence.

    Each question is the right letter, how many letters it has, and a sentence
    for each wrong one.
    """

    name: str
    questions: Sequence[tuple[str, int, Mapping[str, str]]]
    meaning: str

    def __call__(self, *given: object) -> Verdict:
        """Return a verdict on the letters; never raises."""
        answers = [_letter_alone(each) for each in (*given, *[...] * len(self.questions))][: len(self.questions)]
        empty = [str(place) for place, each in enumerate(answers, start=1) if is_empty(each)]
        if len(empty) == len(answers):
            count = ["", "letter", "two letters", "three letters", "four letters", "five letters"][len(answers)]
            return Verdict(Status.TODO, self.name, f"write your {count} above, then run this cell again.")
        if empty:
            return Verdict(Status.TODO, self.name, f"still empty: {', '.join(empty)}")
        for place, (answer, (right, count, wrong)) in enumerate(zip(answers, self.questions, strict=True), start=1):
            option = chosen(answer, lettered(count))
            if option is None or option.words != right:
                words = wrong[option.words] if option else choose_one(lettered(count))
                return Verdict(Status.TRY_AGAIN, self.name, f"{place}: {words}")
        return Verdict(Status.PASS, self.name, self.meaning)


def _letter_alone(answer: object) -> object:
    """Return the letter of `("c", 2)`: lesson 00 asks how sure you are, too."""
    value = plain(answer)
    return value.value[0].value if value.family == "sequence" and value.value else answer


# Suspects


NO_CHOICE = "choose an experiment above, then run this cell again."
MISSING = "run the cell with the experiments above, then this one again."
OTHERWISE = "That is another result than a new lab gives. Make one, `lab = Lab()`, and go on from there."
SHOWN_LINES = 12


@dataclass(frozen=True, eq=False)
class Suspect:
    """Who might have answered; a sentence for each experiment, in their order.

    The experiment that the learner chose is run, whatever it can tell.
    `clears` says whether what the `telling` one showed clears this suspect.
    """

    name: str
    telling: str  # the letter of the experiment that can tell
    clears: Callable[[str], bool]
    sentences: tuple[str, ...]

    def __call__(self, choice: object, experiments: object = None) -> Comparison:
        """Run the chosen experiment, and return what it says; never raises."""
        if is_empty(choice):
            return no_guess(NO_CHOICE)

        def say(option: Option, shown: str) -> Comparison:
            is_cleared = option.words == self.telling and self.clears(shown)
            lines = [f"`{line.strip()}`" for line in shown.splitlines()[:SHOWN_LINES] if line.strip()]
            last = self._last(option.words, self.sentences[LETTERS.index(option.words)], is_cleared)
            status = Compared.AS_YOU_SAID if is_cleared else Compared.ANOTHER
            return Comparison(status, "\n".join([f"YOU CHOSE {option.words}. WE SAW:", *lines, last]))

        options = lettered(len(self.sentences))
        option = chosen(choice, options)
        return compare(
            [choice], lambda _: option, choose_one(options), lambda: shown_by(experiments, option.words), say
        )

    def _last(self, letter: str, sentence: str, is_cleared: bool) -> str:
        if is_cleared:
            return f"{sentence} Crossed out: {self.name}."
        return OTHERWISE if letter == self.telling else f"{sentence} Choose another experiment."


def shown_by(experiments: object, letter: str) -> str:
    """Return what an experiment shows; `NotSeen` where it shows nothing."""
    try:
        experiment = experiments[letter]
    except Exception:
        raise NotSeen(MISSING) from None
    try:
        shown = experiment()
        return "\n".join(repr(result) for result in (shown if isinstance(shown, tuple) else (shown,)))
    except Exception as error:
        raise NotSeen(f"the experiment stopped. {type(error).__name__}: {error}") from None

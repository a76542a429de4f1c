"""Questions that are no exercise, as data: guesses beside what was seen, recalls from memory, suspects.

A letter may be written in any case. A number means the option's own value
where the options are numbers (`10` is "about ten packets", never "the
tenth"), and the option's place where they are not (`2` is b).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tcpkit.check.values import Plain, name_family, plain, show, show_kind
from tcpkit.check.verdict import Compared, Comparison, Status, Verdict

LETTERS = "abcdefgh"
EMPTY = ("", "...", "?", "none")
COUNTS = ("no", "one", "two", "three", "four", "five", "six")

Sentence = str | Callable[..., str]  # made from what the experiment gave, if it needs that


class NotSeen(Exception):
    """Say why the experiment's result tells nothing, and which cell to run."""


def is_empty(guess: object) -> bool:
    """Say whether nothing has been written yet."""
    value = plain(guess)
    return value.family in ("...", "None") or (value.family == "str" and value.value.strip().lower() in EMPTY)


def number(guess: object) -> int | None:
    """Return the whole number that was written, as text or as an int."""
    value = plain(guess)
    with contextlib.suppress(ValueError):
        return int(value.value) if value.family in ("int", "str") else None
    return None


def letters(guess: object, count: int, allowed: str) -> str | None:
    """Return that many letters, from text or from a list of texts; None for anything else."""
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


def chosen(guess: object, options: Sequence[Option]) -> Option | None:
    """Return the option that is meant, or None if that is not clear."""
    value, said = plain(guess), number(guess)
    if said is None and value.family != "str":
        return None
    text = value.value.strip().strip("().:\"'`").strip().lower() if said is None else show(plain(said))
    has_numbers = any(isinstance(option.value, int) for option in options)
    places = {} if has_numbers else {str(place): option for place, option in enumerate(options, start=1)}
    words = {each.lower(): option for option in reversed(options) for each in (option.words, str(option.value))}
    return (places | words | dict(zip(LETTERS, options, strict=False))).get(text)


def chosen_letter(guess: object, count: int) -> str:
    """Return the letter that is meant, of so many; "" if that is not clear."""
    option = chosen(guess, [Option(letter, letter) for letter in LETTERS[:count]])
    return option.words if option else ""


def choose_one(count: int) -> str:
    """Return so many letters to choose from, as a sentence."""
    return f"Choose one of {', '.join(LETTERS[:count])}."


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


class Asked:
    """What all guesses share: the first `count` values are the guess, the others the experiment's results.

    A kind of guess says how it is read, what was seen, and how the two
    compare. None from `read` means that the guess cannot be read: `form` says
    what to write. None from `seen`, or any error in it or in the comparison,
    means that the experiment was not run; a `NotSeen` says it better.
    """

    count = 1
    unwritten = "write one above, then run this cell again."
    not_seen = "run the cell with the experiment above, then this one again."
    form: str
    seen: Callable[..., object]

    def __call__(self, *given: object) -> Comparison:
        """Return the guess beside what was seen; never raises."""
        guesses, results = (*given, *[...] * self.count)[: self.count], given[self.count :] or (None,)
        if all(map(is_empty, guesses)):
            return no_guess(self.unwritten)
        said = self.read(*guesses)
        if said is None:
            return no_guess(f"this answer cannot be read. {self.form}")
        why = self.not_seen
        try:
            seen = self.seen(*results)
            if seen is not None:
                return self.compare(said, seen, *results)
        except NotSeen as error:
            why = str(error)
        except Exception:  # whatever was handed over is not the experiment's result
            pass
        return Comparison(Compared.NOT_SEEN_YET, f"NOT SEEN YET: {why}")


class Guess(Asked):
    """Lettered options; `seen` returns a value like theirs from the experiment's result."""

    def __init__(self, seen: Callable[[object], object], *options: Option) -> None:
        self.seen = seen
        self.options = options
        self.form = choose_one(len(options))

    def read(self, guess: object) -> Option | None:
        """Return the option that was chosen."""
        return chosen(guess, self.options)

    def compare(self, option: Option, seen: object, result: object) -> Comparison:
        """Return the option's sentence."""
        said = f"{LETTERS[self.options.index(option)]}: {option.words}"
        sentence = option.so if option.value == seen else option.otherwise
        words = sentence(result) if callable(sentence) else sentence
        return as_you_said(said, words) if option.value == seen else another(said, str(seen), words)


class Kept(Guess):
    """A guess that is kept until a later lesson, and judged by nothing."""

    def __init__(self, until: str, *options: Option) -> None:
        super().__init__(lambda _: until, *options)

    def compare(self, option: Option, until: str, result: object) -> Comparison:
        """Return that it is kept."""
        return Comparison(Compared.KEPT, f"KEPT {LETTERS[self.options.index(option)]}: {option.words}.\n{until}")


@dataclass(frozen=True, eq=False)
class NumbersGuess(Asked):
    """One or more numbers, in any order: `seen` returns as many, the smallest first."""

    seen: Callable[..., tuple[int, ...] | None]
    otherwise: Callable[[tuple[int, ...], tuple[int, ...]], str]  # handed what was said and what was seen
    so: str = ""
    count: int = 1
    form: str = "Write one whole number, such as 3."
    joined: str = ", "

    def read(self, *guesses: object) -> tuple[int, ...] | None:
        """Return the numbers, the smallest first."""
        said = tuple(map(number, guesses))
        return None if None in said else tuple(sorted(said))

    def compare(self, said: tuple[int, ...], seen: tuple[int, ...], *_: object) -> Comparison:
        """Return both, and a sentence on the difference."""
        said_words, seen_words = (self.joined.join(show(plain(one)) for one in each) for each in (said, seen))
        if said == seen:
            return as_you_said(said_words, self.so)
        return another(said_words, seen_words, self.otherwise(said, seen))


@dataclass(frozen=True, eq=False)
class LettersGuess(Asked):
    """Rows of letters: `seen` returns as many, from the experiment's results."""

    seen: Callable[..., Sequence[str]]
    sentences: Sequence[str]  # for each place, to another letter there
    allowed: str
    form: str
    so: str
    count: int = 1  # of rows
    show: Callable[..., str] = lambda *rows: " ".join(rows)
    words: Mapping[str, str] = field(default_factory=dict)  # of each letter; with these, only what was missed is told

    def read(self, *guesses: object) -> list[str] | None:
        """Return the rows of letters."""
        said = [letters(guess, len(self.sentences) // self.count, self.allowed) for guess in guesses]
        return None if None in said else said

    def compare(self, said: Sequence[str], seen: Sequence[str], *_: object) -> Comparison:
        """Return both, and a sentence for each place where they differ."""
        places = zip(self.sentences, "".join(said), "".join(seen), strict=True)
        name, total = self.words.get, len(self.sentences)
        wrong = [words.format(name(mine), name(true, true)) for words, mine, true in places if mine != true]
        if not wrong:
            return as_you_said(self.show(*said), self.so)
        if self.words:
            head = f"YOU SAID {total - len(wrong)} of {total} as WE SAW them. You missed:"
            return Comparison(Compared.ANOTHER, "\n".join([head, *wrong]))
        return another(self.show(*said), self.show(*seen), "\n".join(wrong))


# From memory


@dataclass(frozen=True, eq=False)
class Recall:
    """A question with one right value, and a sentence for each known wrong one."""

    number: str
    right: object
    wrong: Mapping[object, str]
    meaning: str
    letters: int = 0  # how many there are to choose from; 0: the answer is a number or bytes

    def __call__(self, answer: object) -> Verdict:
        """Return a verdict on the answer; never raises."""
        title = f"{self.number} recall"
        if is_empty(answer):
            return Verdict(Status.TODO, title, "write your answer above, then run this cell again.")
        given = plain(chosen_letter(answer, self.letters) if self.letters else answer)
        if given == plain(self.right):
            return Verdict(Status.PASS, title, self.meaning)
        named = next((sentence for value, sentence in self.wrong.items() if plain(value) == given), "")
        return Verdict(Status.TRY_AGAIN, title, named or self._question(answer, given), named)

    def _question(self, answer: object, given: Plain) -> str:
        right = plain(self.right)
        if self.letters:
            return choose_one(self.letters)
        if given.family == "str" and (plain(number(answer)) == right or given.value.strip() == str(self.right)):
            return "The number is right, and it is text. Write it without quotes."
        if given.family != right.family:
            return f"You answered {show_kind(given)}. The answer is {name_family(right)}."
        return f"You answered {show(given)}. How did you find this answer?"


@dataclass(frozen=True, eq=False)
class FromMemory:
    """A Part's closing questions: letters, of which the first wrong one gets its sentence."""

    title: str  # its number and its name
    questions: Sequence[tuple[str, int, Mapping[str, str]]]  # the right letter, of how many, a sentence for each other
    meaning: str

    def __call__(self, *given: object) -> Verdict:
        """Return a verdict on the letters; never raises."""
        answers = [_letter_alone(each) for each in (*given, *[...] * len(self.questions))][: len(self.questions)]
        empty = [str(place) for place, each in enumerate(answers, start=1) if is_empty(each)]
        if len(empty) == len(answers):
            wanted = f"write your {COUNTS[len(answers)]} letters above, then run this cell again."
            return Verdict(Status.TODO, self.title, wanted)
        if empty:
            return Verdict(Status.TODO, self.title, f"still empty: {', '.join(empty)}")
        for place, (answer, (right, count, wrong)) in enumerate(zip(answers, self.questions, strict=True), start=1):
            letter = chosen_letter(answer, count)
            if letter != right:
                words = wrong.get(letter) or choose_one(count)
                return Verdict(Status.TRY_AGAIN, self.title, f"{place}: {words}", words)
        return Verdict(Status.PASS, self.title, self.meaning)


def _letter_alone(answer: object) -> object:
    """Return the letter of `("c", 2)`: a guess may come with how sure you are."""
    value = plain(answer)
    return value.value[0].value if value.family == "sequence" and value.value else answer


# Suspects

SHOWN_LINES = 12  # of what an experiment shows
OTHERWISE = "That is another result than a new lab gives. Make one, `lab = Lab()`, and go on from there."


class Suspect(Asked):
    """Who might have answered; a sentence for each experiment, in their order.

    `clears` has the letter of the experiment that can tell, and says whether
    what it showed clears this suspect.
    """

    unwritten = "choose an experiment above, then run this cell again."
    not_seen = "run the cell with the experiments above, then this one again."

    def __init__(self, name: str, clears: Mapping[str, Callable[[str], bool]], *sentences: str) -> None:
        self.name, self.clears, self.sentences = name, clears, sentences
        self.form = choose_one(len(sentences))

    def read(self, choice: object) -> str | None:
        """Return the letter of the experiment."""
        return chosen_letter(choice, len(self.sentences)) or None

    def seen(self, experiments: Mapping[str, Callable[[], object]]) -> object:
        """Return the experiments: the one that was chosen is run when its letter is known."""
        return experiments

    def compare(self, letter: str, experiments: Mapping[str, Callable[[], object]], *_: object) -> Comparison:
        """Run the chosen experiment, and return what it says."""
        shown = _shown_by(experiments[letter])
        lines = [f"`{line.strip()}`" for line in shown.splitlines()[:SHOWN_LINES] if line.strip()]
        clears, sentence = self.clears.get(letter), self.sentences[LETTERS.index(letter)]
        status, last = Compared.ANOTHER, OTHERWISE if clears else f"{sentence} Choose another experiment."
        if clears and clears(shown):
            status, last = Compared.AS_YOU_SAID, f"{sentence} Crossed out: {self.name}."
        return Comparison(status, "\n".join([f"YOU CHOSE {letter}. WE SAW:", *lines, last]))


def _shown_by(experiment: Callable[[], object]) -> str:
    try:
        shown = experiment()
        return "\n".join(map(repr, shown if isinstance(shown, tuple) else (shown,)))
    except Exception as error:
        raise NotSeen(f"the experiment stopped. {type(error).__name__}: {error}") from None

"""An exercise as data: the right function, the inputs, the known mistakes.

A known mistake is a small wrong function. It is named only if it does what
the learner's function does on every input: same value, same kind of value,
same exception, same arguments afterwards. A guess at what somebody thought
is worse than a question, so everything else gets a question.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass

from tcpkit.check.guards import Outcome, attempt, difference, outcome, refusal, show_arguments
from tcpkit.check.plain import Plain, name_family, plain, show
from tcpkit.check.verdict import Status, Verdict

Function = Callable[..., object]


@dataclass(frozen=True)
class Mistake:
    """Wrong functions that deserve the same sentence.

    A sentence that is a function is handed what came back for the first
    input, as plain bytes, int, str or tuple.
    """

    sentence: str | Callable[[object], str]
    functions: tuple[Function, ...]

    def words(self, first: Outcome) -> str:
        """Return the sentence for a run that began with this outcome."""
        if isinstance(self.sentence, str):
            return self.sentence
        return self.sentence(first.returned.value)


@dataclass(frozen=True)
class Exercise:
    """One exercise. Its first input is the one that the lesson talks about.

    Where only a live lab knows what is right, hand it in as an argument, or
    make the exercise there: `dataclasses.replace(EXERCISE, right=...)`.

    To an answer that no mistake explains, `shows` puts it in the lesson's own
    words, and `judge` says what the kernel did, if it is the judge: both are
    handed a plain value, the learner's and the right one.
    """

    number: str
    name: str
    right: Function
    inputs: tuple[tuple, ...]
    mistakes: tuple[Mistake, ...]
    meaning: str
    what_if: str
    limit_s: float = 5.0  # for all inputs together
    shows: Callable[[Plain], str] = show
    judge: Callable[[Plain], str] | None = None

    @property
    def parameters(self) -> tuple[str, ...]:
        """Return the names of the right function's parameters."""
        return tuple(inspect.signature(self.right).parameters)

    def check(self, answer: object) -> Verdict:
        """Return a verdict on the learner's function; never raises."""
        if plain(answer).family == "...":
            return self._verdict(Status.TODO)
        refused = refusal(answer, self.name, self.parameters)
        if refused:
            return self._verdict(Status.TRY_AGAIN, refused)
        run = attempt(answer, self.inputs, self.parameters, self.limit_s)
        if any(each.returned is not None and each.returned.family == "..." for each in run.outcomes):
            return self._verdict(Status.TODO)
        if run.stopped:
            return self._verdict(Status.TRY_AGAIN, run.stopped, run.printed)
        rights = tuple(outcome(self.right, arguments) for arguments in self.inputs)
        if run.outcomes == rights:
            return self._verdict(Status.PASS, "", self.meaning, self.what_if, run.printed)
        sentence = self._named(run.outcomes) or self._asked(run.outcomes, rights)
        return self._verdict(Status.TRY_AGAIN, sentence, run.printed)

    def _named(self, outcomes: tuple[Outcome, ...]) -> str:
        for mistake in self.mistakes:
            if any(self._agrees(function, outcomes) for function in mistake.functions):
                return mistake.words(outcomes[0])
        return ""

    def _agrees(self, function: Function, outcomes: tuple[Outcome, ...]) -> bool:
        tried = (outcome(function, arguments) for arguments in self.inputs)
        return all(mine == theirs for mine, theirs in zip(tried, outcomes, strict=True))

    def _asked(self, outcomes: tuple[Outcome, ...], rights: tuple[Outcome, ...]) -> str:
        """Return a sentence on the first input that went another way."""
        values = [right.returned for right in rights if right.returned is not None]
        legal = {value.family: name_family(value) for value in values}
        runs = zip(self.inputs, outcomes, rights, strict=True)
        arguments, got, right = next(each for each in runs if each[1] != each[2])
        given = show_arguments(self.parameters, arguments)
        answers = {each.returned.family for each in outcomes if each.returned is not None}
        if got.returned == Plain("None") and "None" not in legal and answers & set(legal):
            nothing = self.shows(got.returned)
            return f"For {given} it returned {nothing}, for others an answer. Does every way through it `return` one?"
        return difference(given, self.parameters, got, right, legal, self.shows, self.judge)

    def _verdict(self, status: Status, sentence: str = "", *more: str) -> Verdict:
        first = f"{status} {self.number} {self.name}" + (f": {sentence}" if sentence else "")
        return Verdict(status, "\n".join([first, *filter(None, more)]))

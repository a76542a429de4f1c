"""An exercise as data: the right answer, the inputs, the causes and signs of wrong ones.

A **cause** is a small wrong answer, named only if it does what the learner's does on every input: the same value or
exception, the same arguments afterwards. A **sign** is true of every wrong value that was given (`signs.py`).
Everything else gets a question.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tcpkit.check.call import Function, Outcome, Play, Run, attempt, calls_to, outcome, play_call, refusal
from tcpkit.check.question import question
from tcpkit.check.signs import SHARED, Predicate, Sign, Trial, as_sign
from tcpkit.check.values import Plain, plain, show
from tcpkit.check.verdict import Status, Verdict

NO_LAB = "Only the kernel knows what is right here, so hand over your lab as well: `check.{name}({name}, lab)`."
NO_ANSWER = "Only the kernel knows what is right here, and this lab does not answer. Make a new one, `lab = Lab()`."

# A sentence may hold {got}, what came back for the first input, and {shown}, the same in words.
# One that needs more is a function of what came back: a sign's needs a first answer that is wrong.
Sentence = str | Callable[[object], str]
Answer = object  # a function; or a class, a table, a coroutine function: `play` knows how to try it


class NotAsked(Exception):
    """Say why the judge could not be asked, and what to do."""


@dataclass(frozen=True, eq=False)
class Exercise:
    """One exercise; called with the learner's answer it returns a verdict.

    The first input is the one that the lesson talks about. Where a kernel (or
    a server, or a transfer) is the judge, `ask(lab, exercise)` returns what it
    did for each input, `read` the right answer in that, and `right` is the rule.
    """

    title: str  # its number and its name: "2.1 data_offset"
    right: Answer
    inputs: tuple[tuple, ...]
    meaning: str
    causes: Mapping[Sentence, Answer | tuple[Answer, ...]] = field(default_factory=dict)
    signs: Mapping[Sentence, Sign | Predicate] = field(default_factory=dict)
    again: Mapping[Exercise, Function] = field(default_factory=dict)  # an earlier one, and how it is seen inside
    play: Play = play_call  # how an answer is put to one input; `scripts.py` has others
    ask: Callable[[object, Exercise], Sequence[object]] | None = None
    read: Callable[[object], object] = lambda reply: reply
    builds: Function | None = None  # one of tcpkit's: an answer may pass with its help, and is told what is `to_build`
    to_build: str = ""
    limit_s: float = 5.0  # for all inputs together
    gave: str = "you returned"  # what `shows` goes on: with a class, what it said
    shows: Callable[[Plain], str] = show  # a wrong answer in the lesson's own words
    judge: Callable[[Plain], str] = lambda right: ""  # what the right one is told by

    @property
    def name(self) -> str:
        """Return the name that the answer has in the lesson."""
        return self.title.split()[1]

    @property
    def parameters(self) -> tuple[str, ...]:
        """Return the names of what an input holds."""
        if self.play is play_call:
            return tuple(inspect.signature(self.right).parameters)
        return tuple(inspect.signature(self.play).parameters)[1:]

    def __call__(self, answer: object, lab: object = None) -> Verdict:
        """Return a verdict on the learner's answer; never raises."""
        rights = self.rights(lab)  # before the answer is called: it may close the lab
        return self.compare(self.run(answer), rights, answer)

    def rights(self, lab: object = None) -> tuple[Outcome, ...] | str:
        """Return the right outcomes, or a sentence why they cannot be had."""
        if self.ask is None:
            return self.outcomes(self.right)
        if not hasattr(type(lab), "ask_each"):
            return NO_LAB.format(name=self.name)
        if getattr(lab, "kind", "") == "none":  # a notebook's, where no lab can be had
            return "Only the kernel knows what is right here, and no lab could be had. Go on with the next cell."
        try:
            pairs = zip(self.ask(lab, self), self.inputs, strict=True)
            return tuple(Outcome(plain(self.read(reply)), tuple(map(plain, given))) for reply, given in pairs)
        except Exception as error:
            return reason(error)

    def run(self, answer: object) -> Run:
        """Put the learner's answer to every input."""
        if answer is ...:
            return Run((Outcome(plain(...), ()),))
        refused = refusal(answer, self.name, self.right)
        if refused:
            return Run(stopped=refused)
        return attempt(self.play, answer, self.inputs, self.parameters, self.limit_s)

    def outcomes(self, answer: Answer) -> tuple[Outcome, ...]:
        """Return what an answer of the course's own does with every input."""
        return tuple(outcome(self.play, answer, given) for given in self.inputs)

    def compare(self, run: Run, rights: tuple[Outcome, ...] | str, answer: object = None) -> Verdict:
        """Return the verdict on a run, beside the right outcomes."""
        if run.is_stub:
            return Verdict(Status.TODO, self.title)
        if isinstance(rights, str):
            return Verdict(Status.TRY_AGAIN, self.title, rights)
        if run.stopped:
            return Verdict(Status.TRY_AGAIN, self.title, run.stopped, printed=run.printed)
        if run.outcomes == rights:
            return Verdict(Status.PASS, self.title, self._praise(answer), printed=run.printed)
        trials = [Trial(*each) for each in zip(run.outcomes, rights, self.inputs, strict=True)]
        mistake = self.mistake(trials)
        sentence = self._say(mistake, run.outcomes[0].returned)
        named = sentence if callable(mistake) else mistake
        # Where Python raised, its own words are told beside any mistake.
        asked = [trial for trial in trials if trial.is_wrong and not trial.got.returned] if mistake else trials
        also = question(asked, self) if asked else ""
        return Verdict(Status.TRY_AGAIN, self.title, f"{sentence} {also}".strip(), named, run.printed)

    def _praise(self, answer: object) -> str:
        if self.builds is not None:
            with calls_to(self.builds) as calls:
                attempt(self.play, answer, self.inputs[:1], self.parameters, self.limit_s)
            if calls:
                return f"Right, because tcpkit answered. {self.to_build}"
        return self.meaning

    def mistake(self, trials: Sequence[Trial], last: Mapping[Sentence, Sign] = SHARED) -> Sentence:
        """Return the first cause that agrees on every input, or the first sign that holds; "" for neither."""
        for sentence, answers in self.causes.items():
            if any(all(outcome(self.play, one, t.arguments) == t.got for t in trials) for one in as_tuple(answers)):
                return sentence
        inside = filter(None, (each.seen_in(trials, view) for each, view in self.again.items()))
        return _first(self.signs, trials) or next(inside, "") or _first(last, trials)

    def seen_in(self, trials: Sequence[Trial], view: Function) -> str:
        """Return the mistake that a later exercise's trials show in this one, which is inside it; "" for none."""
        try:
            seen = [view(each.got.returned and each.got.returned.python, *each.arguments) for each in trials]
            gots = [Outcome(None if got is None else plain(got), tuple(map(plain, given))) for got, given in seen]
            rights = [outcome(self.play, self.right, given) for _, given in seen]
            inner = [Trial(*each, given) for *each, (_, given) in zip(gots, rights, seen, strict=True)]
            named = self.mistake(inner, {})
        except Exception:  # an answer of another kind
            return ""
        return f"{named} (As in {self.title.split()[0]}.)" if isinstance(named, str) and named else ""

    def _say(self, sentence: Sentence, got: Plain | None) -> str:
        if callable(sentence):
            return sentence(got.python if got else None)
        return sentence.format(got=got.python, shown=self.shows(got)) if got else sentence


def reason(error: Exception) -> str:
    """Return why nobody could be asked, if its error says all: those of the lab do, of which notebooks show no more."""
    says_all = isinstance(error, NotAsked) or hasattr(error, "_render_traceback_")
    return f"{str(error).rstrip('.')}." if says_all else NO_ANSWER


def as_tuple(answers: Answer | tuple[Answer, ...]) -> tuple[Answer, ...]:
    """Return the answers of one cause: most have one."""
    return answers if isinstance(answers, tuple) else (answers,)


def _first(signs: Mapping[Sentence, Sign | Predicate], trials: Sequence[Trial]) -> Sentence:
    says_it = trials[0].is_wrong and trials[0].got.returned is not None
    seen = (sentence for sentence, sign in signs.items() if _is_seen(as_sign(sign), trials))
    return next((sentence for sentence in seen if says_it or not callable(sentence)), "")


def _is_seen(sign: Sign, trials: Sequence[Trial]) -> bool:
    try:
        return sign.holds(trials)
    except Exception:  # the sign does not fit what came back
        return False

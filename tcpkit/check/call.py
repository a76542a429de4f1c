"""Run a learner's answer safely, and keep what it did: returned, raised, changed, printed."""

from __future__ import annotations

import contextlib
import copy
import inspect
import io
import sys
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tcpkit.check.deadline import Deadline, OutOfTime
from tcpkit.check.feedback import advise, describe
from tcpkit.check.values import Plain, plain, show_arguments, show_kind, show_size

Function = Callable[..., object]
Play = Callable[..., object]  # (answer, *arguments): how an answer is put to one input

KEPT_CHARACTERS, KEPT_LINES, LINE_CHARACTERS = 2_000, 5, 160  # of what is printed


@dataclass(frozen=True)
class Outcome:
    """One call: what it returned or raised, and its arguments afterwards."""

    returned: Plain | None
    arguments: tuple[Plain, ...]
    raised: type[BaseException] | None = None
    error: str = field(default="", compare=False)
    advice: str = field(default="", compare=False)


@dataclass(frozen=True)
class Run:
    """The outcomes of all inputs, or the sentence why there are fewer."""

    outcomes: tuple[Outcome, ...] = ()
    stopped: str = ""
    printed: str = ""

    @property
    def is_stub(self) -> bool:
        """Say whether an answer is not written yet: `...` came back."""
        return any(each.returned is not None and each.returned.family == "..." for each in self.outcomes)


class TooLarge(Exception):
    """Say how large an answer is: keeping such an answer for every input would fill the memory."""


class Printed(io.TextIOBase):
    """Take what a function prints: the beginning is kept, the rest counted."""

    def __init__(self) -> None:
        self.kept = ""
        self.left_out = 0

    def write(self, text: str) -> int:
        room = KEPT_CHARACTERS - len(self.kept)
        self.kept += text[:room]
        self.left_out += max(len(text) - room, 0)
        return len(text)

    def shown(self) -> str:
        """Return the first lines, each behind a bar; nothing for nothing."""
        lines = self.kept.rstrip().splitlines()
        first = [f"| {line[:LINE_CHARACTERS]}" for line in lines[:KEPT_LINES]]
        more = ["| ..."] if len(lines) > KEPT_LINES or self.left_out else []
        return "\n".join(["It also printed:", *first, *more]) if lines else ""


def play_call(answer: Function, *arguments: object) -> object:
    """Call the answer: this is how a function is put to an input."""
    return answer(*arguments)


def refusal(answer: object, name: str, right: object) -> str:
    """Return why this answer cannot be tried as the right one is; "" if it can."""
    if isinstance(right, type):
        return "" if isinstance(answer, type) else _handed(answer, f"the class itself: `class {name}:`")
    if isinstance(right, Mapping):
        return "" if isinstance(answer, Mapping) else _handed(answer, "a dict")
    parameters = tuple(inspect.signature(right).parameters)
    wanted = f"`{'async ' * inspect.iscoroutinefunction(right)}def {name}({', '.join(parameters)}):`"
    if issubclass(type(answer), type):
        return f"You handed over a class. Hand over a function: {wanted}."
    if not callable(answer):
        return _handed(answer, f"the function itself, without calling it: `check.{name}({name})`")
    try:
        inspect.signature(answer).bind(*parameters)
    except TypeError:
        values = "one value" if len(parameters) == 1 else f"{len(parameters)} values"
        called = f"It is called with {values} ({', '.join(parameters)})"
        return f"{called}, and yours takes another number of them. We mean {wanted}."
    except Exception:  # some built-ins have no signature: calling it will tell
        pass
    return ""


def _handed(answer: object, instead: str) -> str:
    return f"You handed over {show_kind(plain(answer))}. Hand over {instead}."


def fresh(arguments: tuple) -> tuple:
    """Return arguments that may be changed; a lab stays the lab it is."""
    changeable = bytearray, list, dict, set
    return tuple(copy.deepcopy(each) if isinstance(each, changeable) else each for each in arguments)


def outcome(play: Play, answer: object, arguments: tuple, call: Function = play_call) -> Outcome:
    """Return what one call came to; only being stopped gets through."""
    handed = fresh(arguments)
    try:
        value = call(_returned, play, answer, handed)
    except (OutOfTime, KeyboardInterrupt, TooLarge):
        raise
    except BaseException as error:
        return Outcome(None, tuple(map(plain, handed)), type(error), describe(error), advise(error))
    return Outcome(value, tuple(map(plain, handed)))


def _returned(play: Play, answer: object, arguments: tuple) -> Plain:
    value = play(answer, *arguments)
    if type(value) is types.CoroutineType:
        value.close()  # or Python warns that it was never awaited
    size = show_size(value)
    if size:
        raise TooLarge(size)
    return plain(value)


def attempt(play: Play, answer: object, inputs: Sequence[tuple], parameters: Sequence[str], limit_s: float) -> Run:
    """Put the answer to every input, until one does not come back."""
    outcomes: list[Outcome] = []
    printed, stopped = Printed(), ""
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed), Deadline(limit_s) as deadline:
        for arguments in inputs:
            try:
                outcomes.append(outcome(play, answer, arguments, deadline.call))
            except (OutOfTime, KeyboardInterrupt, TooLarge) as error:
                if isinstance(error, OutOfTime) and error.args != (deadline,):
                    raise
                stopped = f"For {show_arguments(parameters, arguments)} {_why_stopped(error, limit_s)}"
                break
    return Run(tuple(outcomes), stopped, printed.shown())


def _why_stopped(error: BaseException, limit_s: float) -> str:
    if isinstance(error, OutOfTime):
        told = f"it had not finished after {limit_s:g} seconds. {advise(error)}".rstrip()
        return f"{told} Does a loop never end there, or does a call wait for what never comes?"
    if isinstance(error, TooLarge):
        return f"you returned {error}: no answer here is that large. What did you expect there?"
    return "it was interrupted before it came back. If you did not stop it: does a loop never end there?"


@contextlib.contextmanager
def calls_to(function: Function) -> Iterator[list[str]]:
    """Yield a list that is no longer empty once the function was called in this block."""
    before, called = sys.getprofile(), []
    sys.setprofile(lambda frame, event, _: called.append(event) if frame.f_code is function.__code__ else None)
    try:
        yield called
    finally:
        sys.setprofile(before)

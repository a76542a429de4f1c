"""What every exercise asks first: is it a function, and does it come back?

Calls the learner's function on fresh copies of the inputs, and keeps what it
did: returned, raised, changed, printed. What this means for one exercise is
not known here. What it set in tcpkit itself is put back.
"""

from __future__ import annotations

import contextlib
import copy
import inspect
import io
import itertools
import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tcpkit.check.deadline import Deadline, OutOfTime
from tcpkit.check.plain import Plain, plain, show, show_hex, show_kind, show_size
from tcpkit.check.quoted import unquote
from tcpkit.check.raised import advise, describe
from tcpkit.check.untouched import Untouched
from tcpkit.wire import Segment

KEPT_CHARACTERS = 2_000
KEPT_LINES = 5
LINE_CHARACTERS = 160
INTERRUPTED = "If you did not stop it: is there a loop that never ends?"
PUT_BACK = "That is put back. Leave it as it is, and return your answer."
ASKED = "What did you expect there?"
HOW_MANY = "How many did you expect?"


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
    """The outcomes of all inputs, or why there are fewer."""

    outcomes: tuple[Outcome, ...]
    stopped: str = ""
    printed: str = ""


class TooLarge(Exception):
    """Say how large an answer is: kept for every input, such ones fill the memory."""


class Printed(io.TextIOBase):
    """Take what a function prints: the beginning is kept, the rest counted."""

    def __init__(self) -> None:
        self.kept = ""
        self.left_out = 0

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        room = KEPT_CHARACTERS - len(self.kept)
        self.kept += text[:room]
        self.left_out += max(len(text) - room, 0)
        return len(text)

    def shown(self) -> str:
        """Return the first lines, each behind a bar; nothing for nothing."""
        lines = self.kept.rstrip().splitlines()
        if not lines:
            return ""
        more = ["| ..."] if len(lines) > KEPT_LINES or self.left_out else []
        return "\n".join(["It also printed:", *(f"| {line[:LINE_CHARACTERS]}" for line in lines[:KEPT_LINES]), *more])


def refusal(answer: object, name: str, parameters: Sequence[str]) -> str:
    """Return why this cannot be called as the exercise will; "" if it can."""
    if issubclass(type(answer), type):
        return f"You handed over a class. Hand over a function: `def {name}({', '.join(parameters)}):`."
    if not callable(answer):
        instead = f"Hand over the function itself, without calling it: `check.{name}({name})`."
        return f"You handed over {show_kind(plain(answer))}. {instead}"
    try:
        signature = inspect.signature(answer)
    except Exception:  # some built-ins have none: calling it will tell
        return ""
    try:
        signature.bind(*parameters)
    except TypeError:
        wanted = f"`def {name}({', '.join(parameters)}):`"
        return f"It is called with {_count(parameters)}, and yours takes another number of them. We mean {wanted}."
    return ""


def _count(parameters: Sequence[str]) -> str:
    values = "one value" if len(parameters) == 1 else f"{len(parameters)} values"
    return f"{values} ({', '.join(parameters)})"


def fresh(arguments: tuple) -> tuple:
    """Return arguments that may be changed; a lab stays the lab it is."""
    changeable = bytearray, list, dict, set
    return tuple(copy.deepcopy(each) if isinstance(each, changeable) else each for each in arguments)


def _call(function: Callable[..., object], *arguments: object) -> object:
    return function(*arguments)


def outcome(function: Callable[..., object], arguments: tuple, call: Callable[..., object] = _call) -> Outcome:
    """Return what one call came to; only being stopped gets through."""
    handed = fresh(arguments)
    try:
        value = call(_returned, function, handed)
    except (OutOfTime, KeyboardInterrupt, TooLarge):
        raise
    except BaseException as error:
        return Outcome(None, tuple(map(plain, handed)), type(error), describe(error), advise(error))
    return Outcome(value, tuple(map(plain, handed)))


def _returned(function: Callable[..., object], arguments: tuple) -> Plain:
    value = function(*arguments)
    if type(value) is types.CoroutineType:
        value.close()  # or Python warns that it was never awaited
    size = show_size(value)
    if size:
        raise TooLarge(size)
    return plain(value)


def attempt(
    function: Callable[..., object],
    inputs: Sequence[tuple],
    parameters: Sequence[str],
    limit_s: float,
    lent: Sequence[object] = (),
) -> Run:
    """Call the function on every input, until one does not come back.

    `lent` is what it can reach beside its arguments, such as a lab.
    """
    outcomes: list[Outcome] = []
    printed, stopped = Printed(), ""
    untouched = Untouched([*lent, *itertools.chain(*inputs)])
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed), Deadline(limit_s) as deadline:
        for arguments in inputs:
            given = show_arguments(parameters, arguments)
            try:
                outcomes.append(outcome(function, arguments, untouched.around(deadline.call)))
            except OutOfTime as error:
                if error.args != (deadline,):
                    raise
                stopped = f"For {given} it had not finished after {limit_s:g} seconds. Is there a loop that never ends?"
            except KeyboardInterrupt:
                stopped = f"For {given} it was interrupted before it came back. {INTERRUPTED}"
            except TooLarge as error:
                stopped = f"For {given} you returned {error}: no answer here is that large. {ASKED}"
            if untouched.changed:
                stopped = f"For {given} it changed tcpkit itself: `{untouched.changed[0]}`. {PUT_BACK}"
            if stopped:
                break
    return Run(tuple(outcomes), stopped, printed.shown())


def show_arguments(parameters: Sequence[str], arguments: tuple) -> str:
    """Return the input in a few words.

    >>> show_arguments(["port"], (8989,))
    'port=8989'
    >>> from tcpkit.wire import Flags
    >>> show_arguments(["flags"], (Flags.SYN | Flags.ACK,))
    'flags=S.'
    >>> show_arguments(["checksum"], (0xAF57,))
    'checksum=0xaf57'
    """
    return ", ".join(f"{name}={_show_argument(name, value)}" for name, value in zip(parameters, arguments, strict=True))


def _show_argument(name: str, value: object) -> str:
    """Return one argument: flags and segments in tcpdump's words."""
    if isinstance(value, Segment):
        return f"[{value.flags}] seq {value.seq} ack {value.ack} length {len(value.data)}"
    return (show_hex if name == "checksum" else show)(plain(value))


def difference(
    given: str,
    parameters: Sequence[str],
    got: Outcome,
    right: Outcome,
    legal: dict[str, str],
    shows: Callable[[Plain], str] = show,
    judge: Callable[[Plain], str] | None = None,
) -> str:
    """Return a sentence on an outcome that differs from the right one.

    `legal` names the families that right answers have, on any input. `shows`
    puts an answer in the lesson's words, `judge` says what the kernel did.
    """
    if got.raised:
        return f"For {given} it raised {got.error.removesuffix('.')}. {got.advice}".rstrip()
    value = got.returned
    if value.family == "None" and "None" not in legal:
        return f"For {given} it returned None. Does it `return` its answer?"
    text = unquote(value, right.returned)
    if text:
        return f"For {given} you returned {shows(value)}. {text}"
    if legal and value.family not in legal:
        wanted = " or ".join(legal.values())
        return f"For {given} you returned {show_kind(value)}. The answer is {wanted}."
    if value == right.returned:
        return _changed(given, parameters, got, right)
    judged = f" {judge(right.returned)}" if judge and right.returned else ""
    where, asked = _where(value, right.returned)
    return f"For {given} you returned {shows(value)}.{where}{judged}{asked}"


def _where(value: Plain, right: Plain | None) -> tuple[str, str]:
    """Return which part of an answer to look at, and a question that fits: not what should stand there."""
    if right is None or value.family != right.family:
        return "", f" {ASKED}"
    if value.family == "str" and value.value.lower() == right.value.lower():
        words = "word is" if right.value.isalnum() else "words are"
        return f" The {words} right: small and capital letters count.", ""
    if value.family != "bytes":
        return "", f" {ASKED}"
    if len(value.value) != len(right.value):
        return _length(value.value), f" {HOW_MANY}"
    at, byte = next((at, byte) for at, byte in enumerate(value.value) if byte != right.value[at])
    return f" Byte {at} is {byte:02x}.", f" {ASKED}"


def _length(data: bytes) -> str:
    """Return how many bytes these are, unless they are shown as none at all."""
    return f" That is {len(data)} byte{'s' * (len(data) > 1)}." if data else ""


def _changed(given: str, parameters: Sequence[str], got: Outcome, right: Outcome) -> str:
    pairs = zip(parameters, got.arguments, right.arguments, strict=True)
    name, now = next((name, now) for name, now, before in pairs if now != before)
    return f"For {given} the answer is right, but afterwards your caller's `{name}` was {show(now)}. Work on a copy."

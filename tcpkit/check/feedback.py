"""Sentences that fit every exercise: on what was raised, on the wrong kind of value, on another value.

A sentence says what the function did, never what its author thinks. What the
learner's code raised or returned may be hostile: nothing here fails.
"""

from __future__ import annotations

import linecache
import re
from collections.abc import Iterator, Mapping
from functools import reduce
from operator import or_
from types import FrameType

from tcpkit.check.values import Plain, name_family, show, show_kind
from tcpkit.wire import Flags

HOUSE = "tcpkit"
ERROR_CHARACTERS = 160
LINE_CHARACTERS = 60
ASKED = "What did you expect there?"
EXIT = "That would end Python: to end a function, `return`."
ENDLESS = "It calls itself again and again: when does it stop?"
NO_LETTERS = "`flags` holds bits, not letters. Write `Flags.SYN in flags`."
MEANT = (  # what Python says of a slip, and what was meant
    ("bad char in struct format", "In `struct`'s text `!` comes first, then the letters, such as `H` and `B`."),
    ("items for packing", "Count the letters of `struct`'s text, and your values."),
    ("'bytes' and 'int'", "A slice such as `data[12:13]` is bytes; `data[12]` is a number."),
    ("concat int to bytes", "`bytes([number])` makes one byte of a number."),
    (
        "'bytes' object does not support item assignment",
        "Bytes stay as they are: join new ones of parts, or change a `bytearray` of them.",
    ),
    ("required argument is not an integer", "`struct` packs numbers here, and one of yours is something else."),
    ("cannot be interpreted as an integer", "`int(text)` makes a number of text."),
    ("KeyError: ", "That is not in the dict: `.get(name, 0)` gives 0 then."),
    ("list index out of range", "The list is shorter than that, or empty: where nothing comes back, it is."),
)
FLAG_LETTERS = dict(zip("FSRP.AUEW", (1, 2, 4, 8, 16, 16, 32, 64, 128), strict=True))  # A is how scapy writes ACK


def describe(error: BaseException) -> str:
    """Return `Name: message` in one line, whatever the error is like."""
    kind = type(error)
    # A name like `struct.error` says nothing without its module.
    name = f"{kind.__module__}.{kind.__name__}" if kind.__name__ == "error" else kind.__name__
    try:
        message = " ".join(str(error).split())[:ERROR_CHARACTERS]
    except Exception:
        message = ""
    return f"{name}: {message}" if message else name


def advise(error: BaseException) -> str:
    """Return what to do about it, and the line to look at; "" if there is neither."""
    if isinstance(error, SystemExit):
        return EXIT
    if isinstance(error, RecursionError):
        return ENDLESS
    words = describe(error)
    if isinstance(error, TypeError) and "Flags" in words and "str" in words:
        return NO_LETTERS
    meant = next((advice for said, advice in MEANT if said in words), "")
    lines = ", which came to ".join(f"`{line}`" for line in _lines(error) if line)
    return " ".join(filter(None, [meant, lines and f"Your line: {lines}."]))


def _lines(error: BaseException) -> list[str]:
    """Return the first and the last line of the learner's own that was running; one if they are the same.

    Their own is what shares its names with the function that was called: what
    a library does below that is not to be looked at.
    """
    try:
        called = [(frame, number) for frame, number in _trace(error) if not _is_ours(frame)]
        names = called[0][0].f_globals
        own = [(frame, number) for frame, number in called if frame.f_globals is names]
        ends = own[:1] if len(own) == 1 else [own[0], own[-1]]
        lines = [linecache.getline(frame.f_code.co_filename, number, names).strip() for frame, number in ends]
    except Exception:  # nothing in Python was called, or something hostile
        return []
    return [line if len(line) <= LINE_CHARACTERS else f"{line[:LINE_CHARACTERS]}..." for line in lines]


def _trace(error: BaseException) -> Iterator[tuple[FrameType, int]]:
    trace = error.__traceback__
    while trace is not None:
        yield trace.tb_frame, trace.tb_lineno
        trace = trace.tb_next


def _is_ours(frame: FrameType) -> bool:
    return str(frame.f_globals["__name__"]).partition(".")[0] == HOUSE


def on_kind(value: Plain, right: Plain | None, legal: Mapping[str, str], shown: str) -> str:
    """Return a sentence on a value of a kind that no right answer has; "" if the kind is right.

    `legal` names the families that right answers have, on any input.
    """
    text = on_text(value, right)
    if text:
        return f"you returned {shown}. {text}"
    if legal and value.family not in legal:
        return f"you returned {show_kind(value)}. The answer is {' or '.join(legal.values())}."
    return ""


def on_value(value: Plain, right: Plain | None, shown: str, judged: str) -> str:
    """Return a sentence on a value of the right kind, with a question: never what should be there."""
    where, asked = _where(value, right)
    return " ".join(filter(None, (f"you returned {shown}.", where, judged, asked)))


def _where(value: Plain, right: Plain | None) -> tuple[str, str]:
    """Return which part of an answer to look at, and a question that fits."""
    if right is None or value.family != right.family:
        return "", ASKED
    if value.family == "str" and value.value.lower() == right.value.lower():
        words = "word is" if right.value.isalnum() else "words are"
        return f"The {words} right: small and capital letters count.", ""
    if value.family != "bytes":
        return "", ASKED
    size = len(value.value)
    if size != len(right.value):
        return f"That is {size} byte{'s' * (size > 1)}." if size else "", "How many did you expect?"
    at, byte = next((at, byte) for at, byte in enumerate(value.value) if byte != right.value[at])
    return f"Byte {at} is {byte:02x}.", ASKED


def on_text(value: Plain, right: Plain | None) -> str:
    """Return what to write instead of text where flags or a number belong; "" if no text is there.

    What the text says is put into code, right or wrong: this gives nothing
    away. A number as text is looked for inside an answer only: of a whole
    answer, its kind is told anyway.

    >>> from tcpkit.check.values import plain
    >>> on_text(plain("S."), plain(Flags.RST))
    "'S.' is text: it reads like flags, and is none. Write `Flags.SYN | Flags.ACK`."
    """
    if right is None:
        return ""
    if value.family == right.family == "sequence":
        return next(filter(None, map(_on_text, value.value, right.value)), "")
    return _on_text(value, right) if right.label else ""


def _on_text(value: Plain, right: Plain) -> str:
    if value.family != "str" or right.family != "int":
        return ""
    shown = f"{show(value)} is text"
    if not right.label:
        return f"{shown}. There belongs {name_family(right)}."
    flags = _read_flags(value.value)
    if flags is None:
        return f"{shown}. There belong flags: `Flags.SYN`, ..."
    names = [f"Flags.{flag.name}" for flag in Flags if flag & flags]
    return f"{shown}: it reads like flags, and is none. Write `{' | '.join(names) or 'Flags(0)'}`."


def _read_flags(text: str) -> Flags | None:
    """Return the flags that a text names, by letters or by words."""
    if text == str(Flags(0)):
        return Flags(0)
    letters = text.strip("[]").upper()
    if not letters:
        return None
    words = re.split(r"[ |,+-]+", letters.replace("FLAGS.", ""))
    if set(words) <= set(Flags.__members__):
        return reduce(or_, (Flags[word] for word in words))
    if set(letters) <= set(FLAG_LETTERS) and len(set(letters)) == len(letters):
        return Flags(sum(FLAG_LETTERS[letter] for letter in letters))
    return None

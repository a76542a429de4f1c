"""Sentences on what an answer raised, hostile or not: Python's own message, what to do about it, the learner's line."""

from __future__ import annotations

import linecache
import sys
import traceback

NOT_THEIRS = {"tcpkit", *sys.stdlib_module_names}
ERROR_CHARACTERS = 160
LINE_CHARACTERS = 90
MEANT = {  # what Python says of a slip, and what was meant
    "ellipsis": "`...` stands for what you have to write there.",
    "bad char in struct format": "In `struct`'s text `!` comes first, then the letters, such as `H` and `B`.",
    "items for packing": "Lay the letters of `struct`'s text and your values side by side: which has no partner?",
    "unpack requires a buffer": "`struct` takes exactly as many bytes as its letters say.",
    "argument for 's' must be": "`s` packs bytes: `text.encode()`, or `socket.inet_aton(text)` for an address.",
    "'bytes' and 'int'": "A slice such as `data[12:13]` is bytes; `data[12]` is a number.",
    "ord() expected": "`data[0]` is a number already: Python 3 needs no `ord` there.",
    "concat str to bytes": "Text and bytes do not join: put a `b` before its quotes.",
    "concat bool to bytes": "One of the two is bytes, and a number belongs there: `len(data)` counts them.",
    "concat int to bytes": "`bytes([number])` makes one byte of a number.",
    "'bytes' object does not support item": "Bytes stay as they are: join new ones, or change a `bytearray` of them.",
    "required argument is not an integer": "`struct` packs numbers here, and one of yours is something else.",
    "'str' object cannot be interpreted as": "`int(text)` makes a number of text.",
    "'float' object cannot be": "`/` gives a float: `//` divides whole numbers.",
    "'Mine' object has no attribute 'cwnd'": "Reno's `__init__` makes it: call `super().__init__(mss)` first.",
    "for ^": "In Python a power is written `**`; `^` is another operation.",
    "must be in range(0, 256)": "One byte holds 0 to 255: a larger number needs more of them.",
    "truth value of a": "Each row has its own truth: join conditions by `&`, each in brackets, not by `and`.",
    "'rand_'": "`&` comes before `==`: write each condition in brackets.",
    "not supported between instances of": "Values of these two kinds have no order: compare like with like.",
    "Connection refused": "A closed port refuses so: catch that. And is it a socket of the lab?",
    "KeyError: (": "That key, a tuple, is not there. For names of columns pandas takes a list.",
    "KeyError: ": "That key is not there. A dict's `.get(key, 0)` gives 0 then.",
    "index out of range": "Nothing is at that place: it is shorter than that, or empty.",
}


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
        return "That would end Python: to end a function, `return`."
    if isinstance(error, RecursionError):
        return "It calls itself again and again: when does it stop?"
    words = describe(error)
    if isinstance(error, TypeError) and "Flags" in words and "str" in words:
        return "`flags` holds bits, not letters. Write `Flags.SYN in flags`."
    meant = next((advice for said, advice in MEANT.items() if said in words), "")
    lines = ", which came to ".join(dict.fromkeys(f"`{line}`" for line in _lines(error) if line))
    return " ".join(filter(None, [meant, lines and f"Your line: {lines}."]))


def _lines(error: BaseException) -> list[str]:
    """Return the first and the last line of the learner's own that was running.

    Their own shares its names with the function that was called: what a library does below it is not looked at.
    """
    try:
        frames = traceback.walk_tb(error.__traceback__)
        called = [each for each in frames if str(each[0].f_globals["__name__"]).partition(".")[0] not in NOT_THEIRS]
        names = called[0][0].f_globals
        own = [each for each in called if each[0].f_globals is names]
        ends = own[0], own[-1]
        lines = [linecache.getline(frame.f_code.co_filename, number, names).strip() for frame, number in ends]
    except Exception:  # nothing in Python was called, or something hostile
        return []
    return [line if len(line) <= LINE_CHARACTERS else f"{line[:LINE_CHARACTERS]}..." for line in lines]

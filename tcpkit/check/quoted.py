"""Text where flags or a number belong: it reads the same, and is not the same.

What the text says is put into code, right or wrong: this gives nothing away.
"""

from __future__ import annotations

import re
from functools import reduce
from operator import or_

from tcpkit.check.plain import Plain, name_family, show
from tcpkit.wire import Flags

LETTERS = dict(zip("FSRP.AUEW", (1, 2, 4, 8, 16, 16, 32, 64, 128), strict=True))  # tcpdump's, and A for scapy's ACK


def unquote(value: Plain, right: Plain | None) -> str:
    """Return what to write instead of text; "" if none stands in the way.

    A number as text is looked for inside an answer only: of a whole answer,
    its kind is told anyway.

    >>> from tcpkit.check.plain import plain
    >>> unquote(plain("S."), plain(Flags.RST))
    "'S.' is text: it reads like flags, and is none. Write `Flags.SYN | Flags.ACK`."
    """
    if right is None:
        return ""
    if value.family == right.family == "sequence":
        return next(filter(None, map(_unquote, value.value, right.value)), "")
    return _unquote(value, right) if right.dress else ""


def _unquote(value: Plain, right: Plain) -> str:
    if value.family != "str" or right.family != "int":
        return ""
    shown = f"{show(value)} is text"
    if not right.dress:
        return f"{shown}. There belongs {name_family(right)}."
    flags = _read(value.value)
    if flags is None:
        return f"{shown}. There belong flags: `Flags.SYN`, ..."
    names = [f"Flags.{flag.name}" for flag in Flags if flag & flags]
    return f"{shown}: it reads like flags, and is none. Write `{' | '.join(names) or 'Flags(0)'}`."


def _read(text: str) -> Flags | None:
    """Return the flags that a text names, by letters or by words."""
    if text == str(Flags(0)):
        return Flags(0)
    letters = text.strip("[]").upper()
    if not letters:
        return None
    words = re.split(r"[ |,+-]+", letters.replace("FLAGS.", ""))
    if set(words) <= set(Flags.__members__):
        return reduce(or_, (Flags[word] for word in words))
    if set(letters) <= set(LETTERS) and len(set(letters)) == len(letters):
        return Flags(sum(LETTERS[letter] for letter in letters))
    return None

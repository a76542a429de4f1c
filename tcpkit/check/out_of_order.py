"""A cell that misses a name: say what it lacks: a cell above it, a letter's quotes, the 0x of a number in hex."""

from __future__ import annotations

import re
import sys
from types import TracebackType

from tcpkit.check.questions import LETTERS

ADVICE = "Run the cells above this one first, in order, then this one again."
WITHOUT_LAB = "Does a cell that needs the lab make this name? It cannot here: go on with the next cell. If not: "
QUOTES = '`{name}` is a name here. If you mean the letter, write it in quotes: "{name}".'
HEX = "`{name}` is a name here. If you mean the number in hex, write 0x{name}."


def install() -> None:
    """Let IPython, if we run in it, add the advice to a missing name."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is not None:
        shell.set_custom_exc((NameError,), explain)


def explain(
    shell: object, kind: type[NameError], error: NameError, trace: TracebackType, tb_offset: int | None = None
) -> None:
    """Show the error as ever, with the advice if a cell missed the name; inside a function it is a slip of the pen."""
    while trace.tb_next is not None:
        trace = trace.tb_next
    if trace.tb_frame.f_code.co_name.startswith("<"):  # a cell, or a comprehension in it
        has_no_cables = getattr(shell.user_ns.get("lab"), "kind", "namespace") != "namespace"
        error.args = (f"{error}. {advise(error.name or '', WITHOUT_LAB * has_no_cables + ADVICE)}",)
    shell.showtraceback((kind, error, error.__traceback__), tb_offset=tb_offset)


def advise(name: str, otherwise: str) -> str:
    """Return what to do about a missing name."""
    if name.lower() in tuple(LETTERS):
        return QUOTES.format(name=name)
    if re.fullmatch("[0-9a-fA-F]{4}", name):
        return HEX.format(name=name)
    return otherwise

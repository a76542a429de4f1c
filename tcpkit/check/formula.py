"""Formulas as exercises: who is near the right number has the right formula, with a constant of fewer digits."""

from __future__ import annotations

import inspect
import numbers
from collections.abc import Callable

MOST = 1e100  # larger ones, and what is no number, are left as they are


def near(right: Callable[..., float], share: float = 0.001) -> Callable[..., object]:
    """Return a play that takes a number near the right one (this share of it, or 1) for the right one.

    Any other has nine digits: the last ones depend on the order of a sum.
    """

    def play(answer: Callable[..., object], *given: object) -> object:
        got, wanted = answer(*given), right(*given)
        if not isinstance(got, numbers.Real) or isinstance(got, bool) or not -MOST < got < MOST:
            return got
        if abs(got - wanted) <= max(1, share * wanted):
            return wanted
        rounded = float(f"{float(got):.9g}")
        return int(rounded) if isinstance(wanted, int) and rounded.is_integer() else rounded

    parameters = inspect.signature(right).parameters.values()
    first = inspect.Parameter("answer", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    play.__signature__ = inspect.Signature([first, *parameters])  # type: ignore[attr-defined]
    return play

"""tcpkit as it was before the learner's code ran, so that it can be put back.

What a function sets in a module or in a class of tcpkit would stay there,
and every later cell and check would stand on it. Names are looked after, and
of an object that is lent (a lab, a segment) its public ones; what is inside
a list or a dict is not.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable, Iterable, Iterator
from types import ModuleType

HOUSE = "tcpkit"


class Untouched:
    """Put tcpkit back after each call; `changed` names what had to be."""

    def __init__(self, lent: Iterable[object] = ()) -> None:
        own = sys.modules[__name__]  # first: the rest is put back with what stands here
        self._before = [(owner, False, dict(vars(owner))) for owner in (own, *_modules_and_classes())]
        lent = [each for each in lent if _is_ours(type(each)) and hasattr(each, "__dict__")]
        self._before += [(owner, True, _public(vars(owner))) for owner in lent]
        self.changed: list[str] = []

    def around(self, call: Callable[..., object]) -> Callable[..., object]:
        """Return a call that leaves tcpkit as it was, however it ends."""
        # At hand, and not looked up when the call is over: any name of ours may be another one by then.
        before, changed, put_back, is_not, public = self._before, self.changed, _put_back, operator.is_not, _public

        def guarded(*arguments: object) -> object:
            try:
                return call(*arguments)
            finally:
                for owner, is_lent, then in before:
                    now = public(vars(owner)) if is_lent else dict(vars(owner))
                    if len(now) != len(then) or any(map(is_not, now.values(), then.values())):
                        changed.extend(put_back(owner, now, then))

        return guarded


def _is_ours(kind: type) -> bool:
    return kind.__module__.partition(".")[0] == HOUSE


def _modules_and_classes() -> Iterator[ModuleType | type]:
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == HOUSE:
            yield module
            yield from (each for each in vars(module).values() if isinstance(each, type) and each.__module__ == name)


def _public(names: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in names.items() if not name.startswith("_")}


def _put_back(owner: object, now: dict[str, object], then: dict[str, object]) -> list[str]:
    """Give the owner its names again, and return those that had changed."""
    plain = type if isinstance(owner, type) else object
    others = [name for name, value in then.items() if now.get(name, now) is not value]
    for name in others:
        plain.__setattr__(owner, name, then[name])
    added = [name for name in now if name not in then and not _came_by_itself(name, now[name])]
    for name in added:
        plain.__delattr__(owner, name)
    return [_called(owner, name) for name in others + added]


def _came_by_itself(name: str, value: object) -> bool:
    """Say whether a new name is Python's own, or what tcpkit has just loaded."""
    is_pythons = name.startswith("__") and name.endswith("__")  # such as __slotnames__, which pickle leaves behind
    if is_pythons or issubclass(type(value), ModuleType):
        return True
    try:
        return str(value.__module__).startswith(HOUSE)
    except Exception:  # a number, or something hostile
        return False


def _called(owner: object, name: str) -> str:
    if isinstance(owner, ModuleType):
        return f"{owner.__name__}.{name}"
    kind = owner if isinstance(owner, type) else type(owner)
    return f"{kind.__name__}.{name}"

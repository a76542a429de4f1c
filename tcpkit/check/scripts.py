"""Ways to play an answer that is no plain function (a class, a table, a coroutine): each is an `Exercise.play`."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping

from tcpkit.check.values import show_size

MOST_TURNS = 50
Step = tuple  # (name, *arguments): a call; (name,): what is to be read there


def play_class(answer: type, made_with: tuple, script: tuple[Step, ...]) -> object:
    """Make one of the class, and return what each step gave; the one value that ends the script, `...` or too large."""
    thing, gave = answer(*made_with), []
    for name, *arguments in script:
        value = getattr(thing, name)
        gave.append(value(*arguments) if arguments or callable(value) else value)
        if gave[-1] is ... or show_size(gave[-1]):
            return gave[-1]
    return tuple(gave)


def play_table(answer: Mapping, start: object, events: tuple) -> tuple:
    """Walk a table of rows from `start`, and return where each event leads; None where no row says."""
    path = [start]
    for event in events:
        path.append(answer.get(path[-1], {}).get(event))
    return tuple(path[1:])


def play_coroutine(
    answer: Callable[..., Coroutine], arguments: Callable[[], tuple], script: tuple[object, ...]
) -> tuple:
    """Drive a coroutine by hand, with no event loop: what it waited for, turn by turn, then what it returned.

    `script` has what each of its awaits gives back; an exception there is
    raised in it. One that goes on waiting after the script ends with "waits".
    """
    coroutine, waited = answer(*arguments()), []
    try:
        value: object = None
        for given in (None, *script[:MOST_TURNS]):
            raises = isinstance(given, BaseException)
            value = coroutine.throw(given) if raises else coroutine.send(given)
            waited.append(value)
        return (*waited, "waits")
    except StopIteration as end:
        return (*waited, end.value)
    finally:
        coroutine.close()

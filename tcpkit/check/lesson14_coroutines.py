"""Lesson 14's coroutines: how each is put to a script of turns, and wrong ones."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from tcpkit.check import lesson14_lines as lines
from tcpkit.check.values import Plain, show


def play_until(answer: Callable, true_after_turns: int, cancelled_at_turn: int | None) -> object:
    """Return how it ended, after how many turns, and whether the predicate was true then."""
    others = None, lines.END, None, OSError("nothing to look at")  # news, but not that for which it waits
    line = lines.Line(*(([None] * (cancelled_at_turn - 1), lines.CANCEL) if cancelled_at_turn else others))

    def is_true() -> int:  # true, but not `True`
        line.look()
        return 2 * (line.turns >= true_after_turns)

    ended = lines.driven(lambda: answer(line, is_true), line)
    return (
        ended
        if ended is ...
        else (ended if isinstance(ended, str) else "returned", line.turns, line.turns >= true_after_turns)
    )


def told(got: Plain) -> str:
    """Return how one of the three ended, in words that follow "you returned"."""
    match got.python:
        case (str() as how, *_) if how in lines.UNENDED:
            return f"nothing: it {how}"
        case ("returned", int() as turns, bool() as was_true):
            return f"after {turns} turns, and `predicate()` is {was_true} then"
        case ("returned", bytes() as sent):
            return f"after `send` has taken {sent!r}"
        case (value, bytes() as left):
            return f"{value!r}, and {left!r} is left to read"
    return show(got)


async def once(line: Any, predicate: Callable) -> None:
    if not predicate():
        await line.turned()


async def never_called(line: Any, predicate: Callable) -> None:
    while not predicate:
        await line.turned()


async def waits_first(line: Any, predicate: Callable) -> None:
    await line.turned()
    await lines.until(line, predicate)


def looking(at: Callable[[Any], object]) -> Callable:
    """Return an until that looks at the line, too."""

    async def until(line: Any, predicate: Callable) -> None:
        while not predicate() and not at(line):
            await line.turned()

    return until


async def compares(line: Any, predicate: Callable) -> None:
    while predicate() is not True:
        await line.turned()


async def the_wrong_way_round(line: Any, predicate: Callable) -> None:
    while predicate():
        await line.turned()


def play_read(answer: Callable, at_each_turn: tuple, most: int) -> object:
    """Return what came of a read, and what is left to read."""
    line = lines.Line(*at_each_turn[1:])
    if at_each_turn[0]:
        line._came = at_each_turn[0]
    ended = lines.driven(lambda: answer(line, most), line)
    return ended if ended is ... or ended is None else (ended, line._came)


def waiting_for(condition: Callable[[Any, int], object]) -> Callable:
    """Return a read that waits for another condition."""

    async def read(line: Any, most: int) -> bytes:
        await lines.until(line, lambda: condition(line, most))
        return line.recv(most)

    return read


async def swallows(line: Any, most: int) -> bytes:
    try:
        return await lines.read(line, most)
    except OSError:
        return b""


async def takes_first(line: Any, most: int) -> bytes:
    data = line.recv(most)
    while not data and not line.has_ended and not line.error:
        await line.turned()
        data += line.recv(most)
    await line.turned()
    return data


async def collects(line: Any, most: int) -> bytes:
    data = b""
    while len(data) < most and not line.has_ended:
        data += line.recv(most - len(data))
        await line.turned()
    return data


async def collects_most(line: Any, most: int) -> bytes:
    data = b""
    while len(data) < most and not line.has_ended:
        data += await lines.read(line, most - len(data))
    return data


async def collects_to_the_end(line: Any, most: int) -> bytes:
    data = b""
    while not line.has_ended:
        data += await lines.read(line, most)
    return data


async def more_than_most(line: Any, most: int) -> bytes:
    await lines.read(line, 0)
    return line.recv()


async def to_the_end(line: Any, most: int) -> bytes:
    await lines.until(line, lambda: line.has_ended or line.error)
    return line.recv(most)


def play_write(answer: Callable, room: int, at_each_turn: tuple, data: bytes) -> object:
    """Return how it ended, and what was sent."""
    line = lines.Line(*at_each_turn, room=room)
    ended = lines.driven(lambda: answer(line, data), line)
    return ended if ended is ... else (ended if isinstance(ended, str) else "returned", line.sent)


async def one_send(line: Any, data: bytes) -> None:
    line.send(data)


def each_once(size: int) -> Callable:
    """Return a write that hands over every piece of that size once."""

    async def write(line: Any, data: bytes) -> None:
        for at in range(0, len(data), size):
            line.send(data[at : at + size])
            await lines.until(line, lambda: line.room or line.error)

    return write


async def the_same_again(line: Any, data: bytes) -> None:
    left = len(data)
    while left > 0:
        left -= line.send(data)
        await lines.until(line, lambda: line.room or line.error)


async def until_all_is_free(line: Any, data: bytes) -> None:
    while data:
        data = data[line.send(data) :]
        await lines.until(line, lambda: line.room >= 1000 or line.error)


async def room_for_all(line: Any, data: bytes) -> None:
    await lines.until(line, lambda rest=data: line.room >= len(rest) or line.error)
    line.send(data)


async def room_for_the_rest(line: Any, data: bytes) -> None:
    while data:
        data = data[line.send(data) :]
        await lines.until(line, lambda rest=data: line.room >= len(rest) or line.error)


async def swallows_in_write(line: Any, data: bytes) -> None:
    with suppress(OSError):
        await lines.write(line, data)


async def the_same_twice(line: Any, data: bytes) -> None:
    await one_send(line, data)
    await lines.until(line, lambda: line.room or line.error)
    await one_send(line, data)


async def no_error(line: Any, data: bytes) -> None:
    while data:
        data = data[line.send(data) :]
        await lines.until(line, lambda: line.room)


async def two_sends(line: Any, data: bytes) -> None:
    data = data[line.send(data) :]
    await lines.until(line, lambda: line.room or line.error)
    line.send(data)

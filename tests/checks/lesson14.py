"""Lesson 14: right answers written in other ways, wrong ones with the words they get, guesses."""

import asyncio
from contextlib import suppress

from tcpkit.check import lesson14 as check
from tcpkit.check import lesson14_lines as lines
from tcpkit.check.exercise import as_tuple


async def until_recursive(line, predicate):
    if not predicate():
        await line.turned()
        await until_recursive(line, predicate)


async def until_with_value(line, predicate):
    while not (value := predicate()):
        await line.turned()
    return value


async def read_by_loop(line, most):
    while line.unread == 0 and not line.has_ended and line.error is None:
        await line.turned()
    return line.recv(most)


async def read_any(line, most):
    await lines.until(line, lambda: any((line.unread, line.has_ended, line.error)))
    return bytes(line.recv(most))


async def read_raises(line, most):
    await lines.until(line, lambda: line.unread or line.has_ended or line.error)
    if line.error and not line.unread:
        raise line.error
    return line.recv(most)


async def write_waits_first(line, data):
    while data:
        await lines.until(line, lambda: line.room or line.error)
        data = data[line.send(data) :]


async def write_by_place(line, data):
    sent = 0
    while sent < len(data):
        sent += line.send(memoryview(data)[sent:])
        if sent < len(data):
            await lines.until(line, lambda: line.room > 0 or line.error is not None)


async def write_in_pieces(line, data):
    for piece in (data[at : at + 2] for at in range(0, len(data), 2)):
        await lines.write(line, piece)


async def asks(line, *given):
    while not (line.turns if callable(given[0]) else line.unread):
        await asyncio.sleep(0)


async def holds(line, *given):
    while not line.room:
        pass


async def awaits_else(line, *given):
    await asyncio.Future(loop=asyncio.new_event_loop())


async def write_without_a_wait(line, data):
    while data:
        data = data[line.send(data) :]


def goes_on(right):
    async def through_a_cancel(*given):
        with suppress(asyncio.CancelledError):
            return await right(*given)

    return through_a_cancel


async def until_three_turns(line, predicate):
    for _ in range(3):
        if not predicate():
            await line.turned()


async def read_too_much(line, most):
    return (await lines.read(line, most)) + line.recv(65_536)


def rights(right, *others):
    return [(each, "") for each in (right, *others, *(lambda *given, one=one: one(*given) for one in (right, *others)))]


def wrongs(exercise, *others):
    return [*((one, words) for words, cause in exercise.causes.items() for one in as_tuple(cause)), *others]


NO_ASYNC = "Write `async def`, without"
CLOTHES = {
    "until": rights(lines.until, lambda on, is_it: lines.until(on, lambda: is_it()), until_recursive, until_with_value),
    "read": rights(lines.read, read_by_loop, read_any, read_raises),
    "write": rights(lines.write, write_waits_first, write_by_place, write_in_pieces),
}
WRONG = {
    "until": wrongs(
        check.until,
        *((asks, "less than a turn"), (holds, "no `await` waits"), (lambda line, predicate: None, NO_ASYNC)),
        *((awaits_else, "something else than `line.turned()`"), (lambda *_: [][0], "it raised IndexError")),
        *((goes_on(lines.until), "Let it through"), (until_three_turns, "after 3 turns, and `predicate()` is False")),
    ),
    "read": wrongs(
        check.read,
        *((asks, "less than a turn"), (lambda line, most: line.recv(most), NO_ASYNC)),
        *((awaits_else, "something else than"), (holds, "no `await` waits"), (goes_on(lines.read), "Let it through")),
        (lambda line, most: lines.read(line, 1), "b'h', and b'ello' is left to read"),
        *((read_too_much, "You return more than `most` bytes."), (lambda *_: [][0], "it raised IndexError")),
    ),
    "write": wrongs(
        check.write,
        *((write_without_a_wait, "no `await` waits"), (lambda line, data: line.send(data), NO_ASYNC)),
        *((awaits_else, "something else"), (asks, "less than a turn"), (goes_on(lines.write), "Let it through")),
        *(
            (lambda line, data: lines.write(line, data[::-1]), "What did you expect there?"),
            (lambda *_: [][0], "it raised IndexError"),
        ),
    ),
}
GUESSES = r"""
    recall("b") => PASS 14.0 recall\nIts own direction
    recall("e") => TRY AGAIN 14.0 recall: The other end's FIN
    recall("c") => TRY AGAIN 14.0 recall: That is the state
    guess_hundred("a", 0.3) => YOU SAID a: 20 s: a hundred times 0.2 s. WE SAW less than 2 s.\nWhile one
    guess_hundred("b", 0.3) => YOU SAID b: about 5 s. WE SAW less than 2 s.\nWhile one
    guess_hundred("c", 0.3) => AS YOU SAID c: less than 2 s.\nWhile one
    guess_hundred("c", 3.0) => YOU SAID c: less than 2 s. WE SAW more.
    guess_called("a", "coroutine") => YOU SAID a: it reads in the background. WE SAW nothing.\nNobody runs it
    guess_called("b", "coroutine") => AS YOU SAID b: nothing.\nCalling it
    guess_called("c", "coroutine") => YOU SAID c: it has read what was there. WE SAW nothing.\nNone of
    guess_address("a", "10.0.0.2") => YOU SAID a: 127.0.0.1. WE SAW 10.0.0.2.\nThat address
    guess_address("b", "10.0.0.2") => YOU SAID b: 10.0.0.1, as every program on this machine has. WE
    guess_address("c", "10.0.0.2") => AS YOU SAID c: 10.0.0.2.\nIt is the address of your TCP
    guess_address("c", "8.8.8.8") => NOT SEEN YET
"""

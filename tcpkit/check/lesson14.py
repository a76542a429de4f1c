"""Lesson 14, async: one recall, three guesses, three coroutines, each then under asyncio's own streams."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from tcpkit.check import lesson14_coroutines as ways
from tcpkit.check import lesson14_lines as lines
from tcpkit.check.carrying import CarryingExercise
from tcpkit.check.lesson14_lines import CAME, CANCEL, END, GOES_ON, there_and_back
from tcpkit.check.questions import Guess, Option, Recall
from tcpkit.check.signs import Sign, Trial

recall = Recall(
    "14.0",
    right="b",
    wrong={
        "a": "In FIN-WAIT-1 the FIN is not acknowledged yet.",
        "c": "That is the state of the end that was told: this end closed first.",
        "d": "In CLOSING the other end's FIN has come, and ours is not acknowledged.",
        "e": "The other end's FIN has not come: it may still send.",
    },
    letters=5,
    meaning="Its own direction is closed; the other end may still send.",
)

TOGETHER = "While one waits for its packet, the others get theirs: all hundred wait at the same time."
guess_hundred = Guess(
    lambda seconds: "less than 2 s" if seconds < 2 else "more",
    Option("20 s: a hundred times 0.2 s", "20 s", TOGETHER),
    Option("about 5 s", "5 s", TOGETHER),
    Option("less than 2 s", "less than 2 s", so=TOGETHER),
)

guess_called = Guess(
    lambda called: "nothing" if called == "coroutine" else None,
    Option("it reads in the background", "the background", "Nobody runs it: you do, step by step."),
    Option("nothing", "nothing", so="Calling it has made a coroutine. It runs when somebody sends to it."),
    Option("it has read what was there", "a read", "None of its lines has run. Calling it only makes a coroutine."),
)

guess_address = Guess(
    lambda address: address if address in ("10.0.0.2", "10.0.0.1", "127.0.0.1") else None,
    Option("127.0.0.1", "127.0.0.1", "That address leads to the kernel itself. PostgreSQL was called over the cable."),
    Option(
        "10.0.0.1, as every program on this machine has",
        "10.0.0.1",
        "No socket of this kernel has dialled: look at its list. A TCP in this notebook has.",
    ),
    Option("10.0.0.2", "10.0.0.2", so="It is the address of your TCP. No kernel has it."),
)

RESET = ConnectionResetError("Connection reset by peer")
ASKS = (
    "You also wait for less than a turn, as `asyncio.sleep(0)` does, and one processor is busy: `await line.turned()` "
    "comes back when there is news."
)
HOLDS = (
    "You look again and again, and no `await` waits for a turn: what is true already comes back at once. Nobody can "
    "turn the stack while you hold the thread."
)
ELSE = "You wait for something else than `line.turned()`. Only that comes back after each turn of the stack."
CANCELLED = (
    "Cancelled while it waits, your coroutine does not end: it catches `asyncio.CancelledError`. Let it through."
)


def _ends(words: str) -> Sign:
    """Return a sign: a run ended so."""

    def holds(trials: Sequence[Trial]) -> bool:
        ends = [trial.got.returned.python for trial in trials if trial.got.returned]
        return any(isinstance(end, tuple) and end[0] == words for end in ends)

    return Sign(holds)


SIGNS = {
    "Write `async def`, without `yield`: calling your function must give a coroutine.": _ends("no coroutine"),
    ASKS: _ends("asks without a turn"),
    HOLDS: _ends("never waits"),
    ELSE: _ends("waits for something else"),
    CANCELLED: _ends(GOES_ON),
}


Coroutine = partial(CarryingExercise, signs=SIGNS, shows=ways.told, came=CAME, limit_s=4.0)

until = Coroutine(
    "14.1 until",
    right=lines.until,
    play=ways.play_until,
    inputs=((2, None), (0, None), (1, None), (5, None), (150, None), (5, 2)),
    causes={
        "You look twice at most. A turn may bring news for another connection only.": ways.once,
        "You end and wait for nothing. Call `predicate()`, and `await` the turn until it is true.": ways.never_called,
        "You look at the line. The caller may wait for something else: `predicate()` alone says when to end.": (
            *(ways.looking(lambda line: line.has_ended), ways.looking(lambda line: line.error)),
        ),
        "You compare with `True`. Any true value will do: `while not predicate()`.": ways.compares,
        "You wait before you look. If it is true already, no turn may ever come.": ways.waits_first,
        "You wait while it is true. Wait while it is not.": ways.the_wrong_way_round,
    },
    carry=lambda lab, answer: there_and_back(lab, until=answer),
    meaning="It looks, waits for a turn, and looks again.",
)


read = Coroutine(
    "14.2 read",
    right=lines.read,
    play=ways.play_read,
    inputs=(
        ((b"", None, b"hello"), 65_536),
        ((b"", None, None, END), 65_536),
        ((b"hello", b" world"), 3),
        ((b"", b"he", b"llo", END), 5),
        ((b"", None, RESET), 65_536),
        ((b"", CANCEL, b"hello"), 65_536),
        ((b"he", CANCEL), 5),
        ((b"the last", END), 65_536),
        ((b"", b"h"), 65_536),
    ),
    causes={
        'You return what `recv` gives at once. b"" means the end to your caller: b"" now, or b"" for ever?': (
            ways.waiting_for(lambda line, most: True)
        ),
        "You do not look at `line.has_ended`. After the end nothing comes any more, and you wait for ever.": (
            *(
                ways.waiting_for(lambda line, most: line.unread),
                ways.waiting_for(lambda line, most: line.unread or line.error),
            ),
        ),
        "You do not look at `line.error`. A connection that was reset brings nothing, and you wait for ever.": (
            ways.waiting_for(lambda line, most: line.unread or line.has_ended)
        ),
        "You wait until `most` bytes are there. It says at most: what comes may be less.": (
            *(ways.waiting_for(lambda line, most: line.unread >= most or line.has_ended or line.error),),
            *(ways.waiting_for(lambda line, most: line.unread >= most), ways.collects, ways.collects_most),
        ),
        "You wait for the end. Return what is there as soon as there is something.": (
            *(ways.to_the_end, ways.collects_to_the_end),
        ),
        "You return more than `most` bytes. `line.recv(most)` returns no more than that.": ways.more_than_most,
        'You return b"" after an error, as after a good end. Let `recv` raise.': ways.swallows,
        "You take bytes, and wait after that. Cancelled there, you lose them: take them last.": ways.takes_first,
    },
    carry=lambda lab, answer: there_and_back(lab, read=answer),
    meaning="It waits until there is something, or the end, or an error; and it takes bytes last.",
)


write = Coroutine(
    "14.3 write",
    right=lines.write,
    play=ways.play_write,
    inputs=(
        (3, (None, 2, None, 4, 1), b"abcdefgh"),
        (9, (1,), b"abc"),
        (0, (None, 5, 5, 5), b"abcdefgh"),
        (2, (RESET,), b"abcdef"),
        (0, (CANCEL,), b"ab"),
        (0, (), b""),
        (4, (), b"G"),
        (1, (END, 3), b"abc"),
    ),
    causes={
        "You go on as if `send` took everything. It returns how many bytes it took: send the rest.": (
            *(ways.one_send, ways.each_once(1), ways.each_once(1000)),
        ),
        "You send twice at most. Go on until nothing is left.": ways.two_sends,
        "You send the same bytes again: cut off what was taken.": (ways.the_same_again, ways.the_same_twice),
        "You wait for more, or for something else, than you need. One byte of room is enough to go on.": (
            *(ways.until_all_is_free, ways.room_for_all, ways.room_for_the_rest),
        ),
        "You return after an error, as after all was taken. Let `send` raise.": ways.swallows_in_write,
        "You do not look at `line.error`. A connection that was reset never has room again.": ways.no_error,
    },
    carry=lambda lab, answer: there_and_back(lab, write=answer),
    meaning="It hands over all of the data, and waits only where there is no room.",
)

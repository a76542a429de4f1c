"""Lesson 11, out_of_order: one recall, three guesses, two exercises, the second with a transfer from the kernel."""

from __future__ import annotations

import random
from collections.abc import Mapping

from tcpkit.check import lesson11_reassemblers as reassemblers
from tcpkit.check.carrying import CarryingExercise
from tcpkit.check.exercise import Exercise
from tcpkit.check.lesson11_reassemblers import EQUAL, SIZE, from_the_kernel
from tcpkit.check.questions import Asked, Guess, Option, Recall, another, as_you_said, letters
from tcpkit.check.scripts import play_class
from tcpkit.check.values import Plain, show
from tcpkit.check.verdict import Comparison
from tcpkit.stack.reassembler import Reassembler as OfTcpkit

chance = random.Random(11)

recall = Recall(
    "11.0",
    right=5000,
    wrong={
        **dict.fromkeys((6000, 6500), "An ack names the next byte that is missing. Which one is that?"),
        5500: "The 500 bytes have the numbers 6000 to 6499. Those from 5000 on have not come.",
        4999: "Byte 4999 has come. An ack names the next byte that is missing.",
    },
    meaning="Byte 5000 is still missing. The ack names it again, whatever comes behind the gap.",
)

guess_early = Guess(
    lambda watched: "more than 80" if watched.early > 80 else None,
    Option("none", "none", "The link lets one packet in twenty come late, and TCP numbers bytes for that reason."),
    Option(
        "about 35, one in twenty",
        "35",
        "Every packet that passes a late one comes early: up to eight in a millisecond, at this speed.",
    ),
    Option("more than 80", "more than 80", so="Every packet that passes a late one comes early."),
)


class Brought(Asked):
    """The letters of the reassemblers that bring the file; `seen` returns those that did."""

    form = 'Write one or more of the letters A, S and W, such as "AS".'
    names = ("Append", "Strict", "Whole")
    wrong: Mapping[str, str] = {
        "A": "Append counts and acknowledges as many bytes as were sent. Some are missing, and others are there twice.",
        "S": "Strict is right: TCP sends again what it drops. It is more than a hundred times slower here.",
        "W": "Whole keeps what comes early, and drops what it has already.",
    }

    def read(self, guess: object) -> set[str] | None:
        """Return the letters."""
        rows = (letters(guess, count, "asw") for count in (1, 2, 3))
        return next((set(row.upper()) for row in rows if row), None)

    def seen(self, brought: Mapping[str, bool]) -> set[str] | None:
        """Return the first letters of those that brought it, once all three were tried."""
        return {name[0] for name in self.names if brought[name]}

    def compare(self, said: set[str], seen: set[str], *_: object) -> Comparison:
        """Return both, and a sentence for each letter in which they differ."""
        shown = ["".join(sorted(each)) or "none" for each in (said, seen)]
        if said == seen:
            return as_you_said(shown[0], "Strict is right too, and slow: TCP sends again what it drops.")
        return another(*shown, "\n".join(self.wrong[letter] for letter in sorted(said ^ seen)))


guess_brought = Brought()
guess_overlap = Guess(
    lambda lengths: "a longer file" if lengths["Whole, cut anew"] > SIZE else None,
    Option("yes", "yes", "Its author's test passed: none of the pieces in it overlapped."),
    Option(
        "the file becomes longer", "a longer file", so="It takes the whole piece, also the bytes that it has already."
    ),
    Option("the transfer hangs", "hangs", "All bytes come, and are acknowledged. Some are written twice."),
)

new_bytes = Exercise(
    "11.1 new_bytes",
    right=lambda next, at, data: data[max(0, next - at) :],
    inputs=(
        *((5, 3, b"defg"), (5, 5, b"fgh"), (5, 0, b"abcde"), (5, 0, b"abc"), (5, 7, b"hij"), (0, 0, b"abc")),
        *((5, 4, b"e"), (5, 3, b"de"), (100, 98, b"yz!"), (2, 1, b"")),
    ),
    causes={
        "You return the piece whole. Bytes 3 and 4 of the first one were taken already.": lambda next, at, data: data,
        "For an early piece `next - at` is negative, and with a negative number Python counts from the end.": (
            lambda next, at, data: data[next - at :]
        ),
        "You return all of a piece, or nothing. A piece can be half old: which half is new?": (
            *(
                lambda next, at, data: data if at >= next else b"",
                lambda next, at, data: data * (at + len(data) > next),
            ),
        ),
        "`next` counts from the first byte of the stream, and a slice from the first byte of this piece.": (
            lambda next, at, data: data[next:]
        ),
        "You cut off the end. The old part of a piece is in front.": (
            *(lambda next, at, data: data[: max(0, at + len(data) - next)] if at < next else data,),
            *(lambda next, at, data: data[: next - at] if at < next else data,),
        ),
        "You cut one byte too many. Byte `next` itself is missing: keep it.": (
            *(lambda next, at, data: data[max(0, next - at + 1) :] if at < next else data,),
            *(lambda next, at, data: data[max(0, next - at + 1) :],),
        ),
        'You return b"" for an early piece. It is new, only too early: all of it.': (
            lambda next, at, data: data[next - at :] if at <= next else b""
        ),
    },
    signs={
        "You return one old byte too many: byte `next - 1` was taken already.": (
            lambda got, right, next, at, data: len(got) == len(right) + 1 and got.endswith(right)
        ),
    },
    shows=lambda got: repr(got.value) if got.family == "bytes" else show(got),
    meaning="What begins before `next` was taken already, and the rest is new.",
)

ALPHABET = b"abcdefghijklmnopqrstuvwxyz"
Cuts = tuple[tuple[int, int], ...]
BY_HAND: tuple[Cuts, ...] = (
    *(((3, 6), (0, 4)), ((0, 3), (3, 6)), ((3, 6), (0, 3)), ((6, 9), (3, 6), (0, 3)), ((0, 3), (0, 3), (3, 6))),
    *(((3, 6), (3, 6), (0, 3)), ((0, 4), (2, 6)), ((2, 6), (0, 4)), ((4, 6), (8, 9), (0, 4))),
    *(((3, 9), (3, 5), (0, 3), (5, 9)), ((3, 5), (3, 9), (0, 3)), ((0, 9), (2, 5)), ((2, 5), (0, 9), (9, 12))),
    ((4, 6), (11, 12), (0, 4)),
)


def _shuffled() -> Cuts:
    """Return pieces that cover the alphabet, many of them more than once, in any order."""
    starts = [chance.randrange(26) for _ in range(25)]
    cuts = [(at, min(26, at + chance.randrange(1, 8))) for at in starts] + [
        (at, min(26, at + 6)) for at in range(0, 26, 5)
    ]
    chance.shuffle(cuts)
    return tuple(cuts)


def _fed(answer: type, pieces: Cuts) -> object:
    """Return what `add` gives for each piece, and `next` after it; what it gives alone, if that is nothing.

    Where a gap is left, the places that wait behind it follow, as `ranges` tells them. Another stream comes first, so
    that what an instance keeps in its class is seen.
    """
    play_class(answer, (), (("add", 1, bytes(30)),))
    script: list[tuple] = [step for at, end in pieces for step in (("add", at, ALPHABET[at:end]), ("next",))]
    places = {place for cut in pieces for place in range(*cut)}
    gave = play_class(answer, (), (*script, *[("ranges",)] * (max(places) >= len(places))))
    if isinstance(gave, tuple) and len(gave) > len(script):
        waits = {place for left, right in gave[-1] for place in range(left, right)}
        gave = *gave[:-1], b"", tuple(sorted(waits))
    return None if isinstance(gave, tuple) and None in gave[::2] else gave


def _is_bytes(got: tuple) -> bool:
    return all(isinstance(each, bytes) for each in got[::2])


def _shows(got: Plain) -> str:
    if got.family != "sequence":
        return show(got)
    gave = [repr(each)[:40] for each in got.python]
    return f"{', '.join(gave[:8:2])}{', ...' * (len(gave) > 8)}, with `next` at {', '.join(gave[1:8:2])}"


Reassembler = CarryingExercise(
    "11.2 Reassembler",
    right=reassemblers.Right,
    inputs=tuple((cuts,) for cuts in (*BY_HAND, *(_shuffled() for _ in range(30)))),
    play=_fed,
    causes={
        "`add` returns each piece as it comes, as Append does. An early piece must wait.": reassemblers.Append,
        "You drop what comes early, as Strict does: right with a sender that sends again, and slow. Keep it.": (
            *(reassemblers.Strict, reassemblers.Equal),
        ),
        "You take only a piece that begins exactly at `next`. After (0, 4), the piece (2, 6) begins before, and brings "
        "two bytes.": reassemblers.Exact,
        "You take pieces whole. Cut off what was taken already, as in 11.1.": reassemblers.Whole,
        "A later piece replaces a longer one that begins where it does: (3, 9), then (3, 5). Keep the longer one.": (
            reassemblers.Shorter
        ),
        "Of two pieces that begin at the same place you keep the first: (3, 5), then (3, 9). Keep the longer one.": (
            reassemblers.First
        ),
        "One piece that closes a gap may free several: `while` the lowest begins at `next` or before, take it.": (
            reassemblers.Once
        ),
        "Once the first gap is closed, you take all that waits. There may be a second gap behind it.": reassemblers.All,
    },
    signs={
        "The bytes are right, and `ranges` names others than those that wait: take out of `kept` what you return.": (
            lambda got, right, pieces: got[:-1] == right[:-1] and isinstance(got[-1], tuple)
        ),
        "`add` returns the right bytes, and `next` does not say how many were taken. Acks are made from it.": (
            lambda got, right, pieces: got[::2] == right[::2]
        ),
        '`add` gives something else than bytes: you returned {shown}. Return bytes each time, perhaps b"".': (
            lambda got, right, pieces: not _is_bytes(got)
        ),
        "`add` returns more bytes than are new. Return each byte of this stream once, and nothing of another one.": (
            lambda got, right, pieces: len(b"".join(got[::2])) > len(b"".join(right[::2]))
        ),
        "Some bytes never come out: all pieces are there, and you return fewer bytes than they hold.": (
            lambda got, right, pieces: len(b"".join(got[::2])) < len(b"".join(right[::2]))
        ),
    },
    builds=OfTcpkit.add,
    to_build="What did it keep, and what did it cut? Now write it without it.",
    shows=_shows,
    limit_s=2.0,
    meaning="44 sequences of pieces, late, doubled and overlapping, come out in order.",
    carry=from_the_kernel,
    came=EQUAL,
)

"""Lesson 21, attack: one recall, four guesses, a sweep and a rule; the kernel and live stacks judge."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tcpkit.check.carrying import CarryingExercise
from tcpkit.check.lesson21_attack import FELL, STOOD, falls, fewest, measured, stands, told
from tcpkit.check.questions import Guess, Option, Recall
from tcpkit.check.signs import every
from tcpkit.stack.resets import on_rst as by_rfc5961
from tcpkit.wire import Flags
from tcpkit.wire.seq import MODULUS

WINDOW = 196_608  # what our stack offers by itself
ALL_THREE, MSS_ONLY = "all three", "the MSS only"
LIAR, FRIEND, NOWHERE = "to the liar", "to 10.0.0.2", "nowhere"

recall = Recall(
    "21.0",
    right="b",
    wrong={
        "a": "Then how would it know which ack your third packet must carry?",
        "c": "`accept` waits for the third packet.",
    },
    meaning="The entry SYN-RECEIVED. The kernel repeats its SYN-ACK, and removes the entry after 63 seconds.",
    letters=3,
)


REMEMBERS = "The kernel keeps about so many entries. It sends the other answers all the same, and keeps nothing."
guess_flood = Guess(
    lambda answered: answered or None,
    Option("8", 8, REMEMBERS),
    Option("9", 9, REMEMBERS, "Your kernel sends no SYN cookies: net.ipv4.tcp_syncookies is 0 there. Usually it is 1."),
    Option(
        "100",
        100,
        "Your kernel sends no SYN cookies: net.ipv4.tcp_syncookies is 0 there. Usually it is 1, and all are answered.",
        "The kernel keeps nine entries at most, and nothing for the other answers.",
    ),
)


def _offered(names: Sequence[str]) -> str | None:
    return {("MSS",): MSS_ONLY, ("MSS", "SACKPermitted", "WindowScale"): ALL_THREE}.get(tuple(sorted(names)))


guess_offers = Guess(
    _offered,
    Option(ALL_THREE, ALL_THREE, "Then it would have to remember them until the third packet comes."),
    Option(MSS_ONLY, MSS_ONLY, so="A number of 32 bits has no room for more."),
)


def _where(cables: Mapping[str, Sequence[Any]]) -> str | None:
    """Return where the SYN-ACK went, by the packets on two cables."""
    liars, friends = (
        [packet.segment.flags for packet in cables[whose] if packet.segment.flags & Flags.SYN]
        for whose in ("the liar's", "the friend's")
    )
    answer = Flags.SYN | Flags.ACK
    if Flags.SYN not in liars + friends:
        return None
    return FRIEND if answer in friends else LIAR if answer in liars else NOWHERE


guess_answer = Guess(
    _where,
    Option(LIAR, LIAR, "The kernel does not ask by which cable a packet came: it sends answers where the source says."),
    Option(FRIEND, FRIEND, so="Answers go where the source says."),
    Option(NOWHERE, NOWHERE, "The SYN looks like any other one from 10.0.0.2, so the kernel answers it."),
)


def _sent(sent: int | None) -> str | None:
    return "about 22,000" if sent and sent <= fewest(WINDOW) else None


guess_sweep = Guess(
    _sent,
    Option("4 billion", "4 billion", "One packet tries a whole window. There are 2**32 / 196,608 windows."),
    Option("about 22,000", "about 22,000", so="2**32 / 196,608 is 21,845.3: there are so many windows."),
    Option("196,608", "196,608", "That is the size of one window. How many windows are there?"),
)


# 21.1: the numbers of a sweep


def _is_sweep(got: object) -> bool:
    return type(got) is tuple and len(got) == 5


def _of_sweeps(condition: Callable[..., bool]) -> Any:
    """Return a sign: this is true of count, least, most, around, outside and the window."""
    return every(
        lambda got, right, window: _is_sweep(got) and condition(*got, window),
    )


sweep = CarryingExercise(
    "21.1 sweep",
    right=lambda window: range(0, MODULUS, window),
    play=measured,
    inputs=((WINDOW,), (65_160,), (65_535,), (1 << 16,), (1_000_000,), (1 << 20,)),
    signs={
        "Return the numbers themselves, as a range or a list: an attacker has to send each of them.": every(
            lambda got, right, window: not _is_sweep(got) and got is not None, kind="any"
        ),
        "Some of your numbers are no sequence numbers: these run from 0 to 4294967295.": _of_sweeps(
            lambda count, least, most, around, outside, window: outside is not None
        ),
        "You send every number: 4,294,967,296 of them. At 60,000 a second that takes 20 hours.": _of_sweeps(
            lambda count, least, most, around, outside, window: count == MODULUS
        ),
        "Your numbers are not evenly apart, and a window fits into a wide place untouched. (Numbers by chance take, on "
        "average, twice as many packets as a sweep, and no count of them is certain to be enough.)": _of_sweeps(
            lambda count, least, most, around, outside, window: 2 * least < most > window
        ),
        "Neighbours among your numbers are more than a window apart: a window may lie between them, and none of your "
        "numbers is in it.": _of_sweeps(lambda count, least, most, around, outside, window: most > window),
        "Between your last number and your first one there is room for a whole window: after 4294967295 comes 0, and a "
        "window may lie around it.": _of_sweeps(lambda count, least, most, around, outside, window: around > window),
        "Each window holds one of your numbers, but fewer would do: they may stand exactly one window apart.": (
            _of_sweeps(lambda count, least, most, around, outside, window: count > fewest(window))
        ),
    },
    shows=lambda got: told(got.python) if _is_sweep(got.python) else "something else",
    carry=falls,
    came=FELL,
    meaning=f"{fewest(WINDOW):,} packets for a window of {WINDOW:,}; {fewest(65_160):,} for 65,160.",
)


# 21.2: the rule

Rule = Callable[[int, int, int], str]
WIDTH = 65_160
STARTS = 5_000, MODULUS - 500


def _rule(exact: str, in_window: str, elsewhere: str) -> Rule:
    """Return the rule that says these three things."""
    return lambda seq, rcv_nxt, window: (
        exact if seq == rcv_nxt else in_window if (seq - rcv_nxt) % MODULUS < window else elsewhere
    )


def _two(in_window: str, elsewhere: str) -> Rule:
    """Return a rule that knows of no exact number."""
    return lambda seq, rcv_nxt, window: in_window if (seq - rcv_nxt) % MODULUS < window else elsewhere


def _window(is_inside: Callable[[int, int, int], bool]) -> Rule:
    """Return the right rule, but with another window."""
    return lambda *numbers: "reset" if numbers[0] == numbers[1] else "challenge" if is_inside(*numbers) else "drop"


on_rst = CarryingExercise(
    "21.2 on_rst",
    right=by_rfc5961,
    inputs=tuple(
        ((start + offset) % MODULUS, start, WIDTH)
        for start in STARTS
        for offset in (1000, 0, 1, WIDTH - 1, -1, -1000, WIDTH + 1000, MODULUS // 2)  # not WIDTH: Linux counts it in
    )
    + tuple(((5_000 + offset) % MODULUS, 5_000, 0) for offset in (0, 1, -1)),
    causes={
        "Each RST in the window resets. That is the rule of 1981: a sweep of 22,000 packets ends the connection.": (
            *(_rule("reset", "reset", "drop"), _two("reset", "drop")),
        ),
        "Each RST resets, whatever its number: one packet of a stranger is enough.": _rule("reset", "reset", "reset"),
        "Your rule never challenges. If data in front of an honest RST was lost, the number of the RST is in the "
        "window, and not the next one. Then your side does not notice that the connection is over.": (
            _rule("reset", "drop", "drop")
        ),
        "Your rule challenges each RST outside the window too. Then you send a packet for each stray RST that comes.": (
            _rule("reset", "challenge", "challenge")
        ),
        "Your rule never resets, not even for exactly the next number. Then an honest RST ends nothing either.": (
            *(_two("challenge", "drop"), _rule("challenge", "challenge", "drop"), _rule("drop", "drop", "drop")),
            *(_rule("drop", "challenge", "drop"), _rule("challenge", "challenge", "challenge")),
        ),
        "Your rule drops `rcv_nxt + window - 1`, which is the last number in the window.": (
            _window(lambda seq, rcv_nxt, window: (seq - rcv_nxt) % MODULUS < window - 1)
        ),
        "You subtract the other way round: `(seq - rcv_nxt) % 2**32` says how far `seq` is beyond `rcv_nxt`.": (
            _window(lambda seq, rcv_nxt, window: (rcv_nxt - seq) % MODULUS < window)
        ),
        "Near 2**32 a window goes on at 0: from 4294966796 on, 500 is in the window.": (
            *(
                _window(lambda seq, rcv_nxt, window: rcv_nxt <= seq < rcv_nxt + window),
                _window(lambda seq, rcv_nxt, window: rcv_nxt < seq <= rcv_nxt + window - 1),
            ),
            _window(lambda seq, rcv_nxt, window: rcv_nxt <= seq < (rcv_nxt + window) % MODULUS),
        ),
        "Your rule challenges the numbers just before `rcv_nxt` too. They have arrived already: they are not in the "
        "window.": (
            *(
                _window(lambda seq, rcv_nxt, window: abs(seq - rcv_nxt) < window),
                _window(
                    lambda seq, rcv_nxt, window: min((seq - rcv_nxt) % MODULUS, (rcv_nxt - seq) % MODULUS) < window
                ),
            ),
        ),
        "Your rule challenges numbers before `rcv_nxt` too: for them `seq - rcv_nxt` is negative, and so it is below "
        "`window`. Take the difference modulo 2**32.": _window(lambda seq, rcv_nxt, window: seq - rcv_nxt < window),
        "You have exchanged `reset` and `challenge`: exactly the next number resets.": _rule(
            "challenge", "reset", "drop"
        ),
        "You have exchanged `challenge` and `drop`: in the window you ask, outside of it you say nothing.": _rule(
            "reset", "drop", "challenge"
        ),
        "You reset at `rcv_nxt` - 1, a number that has arrived. `rcv_nxt` itself is the next one (lesson 08).": (
            *(
                lambda *numbers, rule=rule: "reset" if numbers[0] == (numbers[1] - 1) % MODULUS else rule(*numbers)
                for rule in (_two("challenge", "drop"), _rule("drop", "challenge", "drop"))
            ),
        ),
    },
    signs={
        "Your rule is wrong where the window is 0. Then no number lies in it, and exactly the next one still resets.": (
            every(lambda got, right, seq, rcv_nxt, window: window == 0)
        ),
        "Return one of three words, in small letters: reset, challenge or drop.": every(
            lambda got, right, *_: got is not None and got not in ("reset", "challenge", "drop"), kind="any"
        ),
    },
    carry=stands,
    came=STOOD,
    meaning="RFC 5961, 3.2. Whoever can read the packets knows the exact number, and can still end the connection.",
)

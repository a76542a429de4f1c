"""Lesson 21's judges: a sweep of RSTs as numbers and against a live stack, and single RSTs to the kernel."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import pairwise
from typing import Any

from tcpkit.check.carrying import patience_s
from tcpkit.check.live_talk import host_of, read
from tcpkit.stack.resets import RFC793_RST
from tcpkit.stack.settings import Pieces, Settings
from tcpkit.stack.stack import Stack
from tcpkit.stack.states import CLOSED
from tcpkit.wire import Flags, Segment, TCPHeader
from tcpkit.wire.seq import MODULUS

PORT, WINDOW = 8000, 1 << 20  # the program's port; the live stack's window
AT_ONCE = 500  # RSTs on their way to the stack: the cable holds some 5,000
QUIET_S = 0.03  # the kernel answers before this, or not at all
OFFSETS: dict[str, Callable[[int], int]] = {  # of RSTs to the kernel, from the number that it expects, by its window
    "the next number": lambda window: 0,
    "the next + 1": lambda window: 1,
    "the next + 1000": lambda window: 1000,
    "the last of the window": lambda window: window - 1,  # one more, and Linux and the RFC differ
    "the next - 1": lambda window: -1,
    "the next - 1000": lambda window: -1000,
    "1000 after the window": lambda window: window + 1000,
    "half of all numbers away": lambda window: MODULUS // 2,
}
SWEPT = f"Then a sweep of {-(-MODULUS // WINDOW):,} RSTs went to a live connection with a window of {WINDOW:,}, "
OLD, YOURS = "between the kernel and a stack with the rule of 1981", "between the kernel and your stack"
FELL = f"{SWEPT}{OLD}. One of the RSTs ended it."
STOOD = f"The kernel did the same with eight RSTs. {SWEPT}{YOURS}. It lives, and the next bytes arrived."
Rule = Callable[[int, int, int], str]


# A sweep as numbers.


def fewest(window: int) -> int:
    """Return how many numbers a sweep needs at least."""
    return -(-MODULUS // window)


def measured(answer: Callable[[int], object], window: int) -> object:
    """Return how many numbers a sweep has, the least and the most between two, and from the last on to the first.

    The fifth is None, or a number that is no sequence number. A sweep that is right is (fewest, window, window,
    window, None), wherever it begins. What holds no whole numbers comes back as it is.
    """
    got = answer(window)
    if not isinstance(got, range | list | tuple | set):
        return got
    if isinstance(got, range):
        return _of(len(got), abs(got.step), (min(got[0], got[-1]), max(got[0], got[-1])), window) if got else ()
    try:
        numbers = sorted(map(operator.index, got))
    except TypeError:  # pairs, fractions, text
        return tuple(got)[:3]
    apart = {after - before for before, after in pairwise(numbers)} or {0}
    return _of(len(numbers), min(apart), (numbers[0], numbers[-1]), window, max(apart)) if numbers else ()


def _of(count: int, least: int, ends: tuple[int, int], window: int, most: int | None = None) -> tuple[int | None, ...]:
    first, last = ends
    most, around = least if most is None else most, first + MODULUS - last
    outside = first if first < 0 else last if last >= MODULUS else None
    if count == fewest(window) and max(most, around) <= window and outside is None:
        return count, window, window, window, None
    return count, least, most, around, outside


def told(got: Any) -> str:
    """Return a measured sweep in words."""
    count, least, most, *_ = got
    return f"{count:,} numbers, {least:,} apart" if least == most else f"{count:,} numbers, {least:,} to {most:,} apart"


# Live.


class Victim:
    """A live connection from a stack with this rule to a program of the kernel's, and RSTs that come to it."""

    def __init__(self, lab: Any, rule: Rule) -> None:
        def counted(*numbers: int) -> str:
            self.came += 1
            return rule(*numbers)

        self.came, self.lab, host = 0, lab, lab.host()
        with lab.listen(PORT, host.gateway) as listener:
            self.running = host.run(Stack(host.address, Settings(receive_buffer=WINDOW, pieces=Pieces(on_rst=counted))))
            self.ours = self.running.dial(host.gateway, PORT)
            self.program = listener.accept()[0]

    @property
    def is_closed(self) -> bool:
        """Say whether the connection is over."""
        return self.ours.state is CLOSED

    def hit(self, numbers: Sequence[int]) -> None:
        """Send an RST with each number, until the connection is over."""
        for start in range(0, len(numbers), AT_ONCE):
            some = numbers[start : start + AT_ONCE]
            self.running.do(lambda now, some=some: self._send(some))  # in between the stack would wake for each
            due = start + len(some)
            self.running.wait_for(lambda due=due: self.is_closed or self.came >= due, patience_s())
            if self.is_closed:
                return

    def _send(self, numbers: Sequence[int]) -> None:
        (us, port), (kernel, _) = self.ours.local, self.ours.remote
        for seq in numbers:
            rst = Segment(TCPHeader(PORT, port, seq=seq, flags=Flags.RST))
            self.lab.send(rst.with_checksum(kernel, us), us)

    def reads(self, data: bytes) -> bool:
        """Say whether bytes from the program arrive."""
        self.program.sendall(data)
        self.running.wait_for(lambda: self.ours.unread >= len(data), 1.0)
        return self.running.do(lambda now: self.ours.recv()) == data


def falls(lab: Any, sweep: Callable[[int], Sequence[int]]) -> str:
    """Return what is wrong with a sweep that should end a connection; "" for nothing."""
    victim = Victim(lab, RFC793_RST)
    with victim.program:
        victim.hit([*sweep(WINDOW)])
        return "" if victim.is_closed else f"{SWEPT}{OLD}, and it lives. Run this cell again."


def stands(lab: Any, rule: Rule) -> str:
    """Return what is wrong with a rule, beside the kernel and under a sweep; "" for nothing."""
    for where, offset in OFFSETS.items():
        said, does = beside_the_kernel(lab, rule, offset)
        if said != does:
            return f"Then the kernel got an RST ({where}). Your rule says {said!r}; the kernel: {does!r}."
    victim = Victim(lab, rule)
    with victim.program, suppress(TimeoutError, OSError):
        victim.hit(range(0, MODULUS, WINDOW))
        if victim.reads(b"still here"):
            return ""
    return f"{SWEPT}{YOURS}. Now it is {victim.ours.state}. Run this cell again."


def beside_the_kernel(lab: Any, rule: Rule, offset: Callable[[int], int]) -> tuple[str, str]:
    """Return what the rule says of an RST to a fresh connection, and what the kernel does."""
    host = host_of(lab)
    with lab.listen(PORT, host.gateway) as listener, host.talk(PORT) as talk:
        window = talk.dial().window
        seq, program = (talk.seq + offset(window)) % MODULUS, listener.accept()[0]
        said = rule(seq, talk.seq, window)
        talk.say(Flags.RST, seq=seq)
        is_challenged = bool(talk.hear_all(QUIET_S))
        with program:
            program.setblocking(False)
            does = "reset" if read(program) == "ConnectionResetError" else "challenge" if is_challenged else "drop"
        return said, does

"""Lesson 13, slow_reader: one recall, three guesses, two exercises, the last with a transfer to the kernel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tcpkit.check.carrying import changed
from tcpkit.check.exercise import Exercise
from tcpkit.check.lesson13_timers import PersistTimer as PersistTimer
from tcpkit.check.questions import Guess, Option, Recall
from tcpkit.check.scripts import play_class
from tcpkit.check.values import Plain, show
from tcpkit.stack.window import ReceiveWindow as WindowOfTcpkit

recall = Recall(
    "13.0",
    right=400,
    wrong={
        250: "The timeout is SRTT and four times RTTVAR.",
        200: "The minimum is the least that it may be. SRTT and four times RTTVAR are more.",
        600: "RTTVAR counts four times, not eight times.",
        0.4: "The question asks for milliseconds.",
    },
    meaning="200 ms + 4 x 50 ms.",
)


def _asks(packets: Any) -> str | None:
    """Return what the kernel did while nothing was read."""
    came = [packet.segment for packet in packets if packet.segment.source_port == 8000]
    if not came:
        return "nothing came"
    return "the next bytes" if any(segment.data for segment in came) else "it asks"


guess_waiting = Guess(
    _asks,
    Option(
        "nothing: it waits until we tell it of room",
        "nothing",
        "If the packet that tells of room were lost, that would be the end of this connection: section 3.",
    ),
    Option("it sends the next bytes", "the next bytes", "There is no room for them: they would be thrown away."),
    Option("it asks", "it asks", so="Its segments carry no data, and our stack must answer each of them."),
)


def _fifth(speeds: Mapping[int, Sequence[float]]) -> str | None:
    fast, _, slow, _ = speeds[14_600]
    return "72 kB/s" if 70 < slow < 74 and fast > 1000 else None


guess_speed = Guess(
    _fifth,
    Option(
        "the same", "the same", "One window goes out in each round trip, and a round trip takes twenty times longer."
    ),
    Option("72 kB/s", "72 kB/s", so="14,600 bytes go out, then the sender waits for 0.2 s until an ACK is back."),
    Option(
        "that depends on the link's rate",
        "the rate",
        "This link has no limit. The sender stands still most of the time: it waits for an ACK.",
    ),
)

guess_halt = Guess(
    lambda network: "nothing, ever" if all(clock.next_deadline() is None for clock in network.clocks) else None,
    Option(
        "the sender's retransmission saves it",
        "it is sent again",
        "Nothing of the sender's is under way: all that it sent is acknowledged. There is nothing to send again.",
    ),
    Option(
        "the reader's stack tells its window again",
        "it is told again",
        "It has told it once. An ACK without data is not acknowledged, so nobody knows that it was lost.",
    ),
    Option("nothing, ever", "nothing, ever", so="No deadline is left anywhere. This is what a deadlock looks like."),
)


class Window:
    """The right window, with its steps apart: a mistake changes one of them."""

    def __init__(self, size: int, mss: int) -> None:
        self.size, self.step, self.right = size, min(size // 2, mss), 0

    def open(self, nxt: int, unread: int) -> int:
        wanted = nxt + self.size - unread
        if self.moves(wanted):
            self.right = wanted
        return self.told(nxt, unread)

    def moves(self, wanted: int) -> bool:
        return wanted - self.right >= self.step

    def told(self, nxt: int, unread: int) -> int:
        return max(0, self.right - nxt)

    def is_worth_telling(self, nxt: int, unread: int) -> bool:
        return self.moves(nxt + self.size - unread)


def _taken_back(self: Window, nxt: int, unread: int) -> int:
    room = self.size - unread
    self.right = nxt + (room if room >= self.step else 0)
    return self.right - nxt


def _not_kept(self: Window, nxt: int, unread: int) -> int:
    Window.open(self, nxt, unread)
    return max(0, self.size - unread)


def _windows(answer: type, size: int, mss: int, calls: Sequence[tuple[int, int]]) -> object:
    """Return what `is_worth_telling` says each time, what it says when asked again, and what `open` returns."""
    names = ("is_worth_telling", "is_worth_telling", "open")
    gave = play_class(answer, (size, mss), tuple((name, *call) for call in calls for name in names))
    return (gave[::3], gave[1::3], gave[2::3]) if isinstance(gave, tuple) else gave


def _shows(got: Plain) -> str:
    if got.family != "sequence":
        return show(got)
    said, _, windows = (", ".join(map(show, each.value)) for each in got.value)
    return f"{windows}, and `is_worth_telling` said {said}"


ReceiveWindow = Exercise(
    "13.1 ReceiveWindow",
    right=Window,
    play=_windows,
    inputs=(
        (4000, 1000, [(1, 0), (1001, 1000), (1001, 500), (1001, 0)]),
        (
            *(4000, 1000),
            [
                *((1, 0), (1001, 1000), (2001, 2000), (3001, 3000), (4001, 4000), (4001, 3999), (4001, 3500)),
                *((4001, 3000), (4001, 2500), (4001, 1000), (4001, 0)),
            ],
        ),
        (4000, 1000, [(1, 0), (3501, 3500), (3501, 3400), (3501, 0), (7501, 4000), (7501, 2001), (7501, 2000)]),
        (600, 1000, [(1, 0), (601, 600), (601, 400), (601, 300), (601, 0)]),
        (4000, 1000, [(4294960000, 0), (4294961000, 500), (4294962000, 0)]),
        (1000, 1000, [(1, 0), (501, 500), (501, 0)]),
    ),
    causes={
        "`open` always promises `size`: bytes that wait unread take up room, too.": (
            changed(Window, told=lambda self, nxt, unread: self.size)
        ),
        "You tell every byte of room at once: each `open` moves the edge. Move it by steps, and keep it in `right`.": (
            *(changed(Window, moves=lambda self, wanted: wanted > self.right), changed(Window, moves=lambda *_: True)),
        ),
        "The edge moves only by more than a step. A full step is enough.": (
            changed(Window, moves=lambda self, wanted: wanted - self.right > self.step)
        ),
        "You never find it worth telling. Then the other end waits for room that you have and do not tell.": (
            changed(Window, is_worth_telling=lambda *_: False)
        ),
        "You always find it worth telling. Then each read sends a packet.": changed(
            Window, is_worth_telling=lambda *_: True
        ),
        "`open` returns `unread`. The window is the room that is free.": (
            changed(Window, told=lambda self, nxt, unread: unread)
        ),
        "`is_worth_telling` looks at how much is free. Look at how far the edge would move: compare with `right`.": (
            changed(Window, is_worth_telling=lambda self, nxt, unread: self.size - unread >= self.step)
        ),
        "You tell only when all was read. A reader who leaves one byte stops the other end for ever.": (
            changed(Window, is_worth_telling=lambda self, nxt, unread: unread == 0)
        ),
        "You take a promise back: below a step of room you tell 0, though more was promised (RFC 9293, 3.8.6).": (
            changed(Window, open=_taken_back)
        ),
        "`open` returns all the free room, also where the edge stays: return what is left up to `right`.": (
            changed(Window, open=_not_kept)
        ),
        "`open` returns the right edge, which is a number in the stream. The window is counted from `nxt` on.": (
            changed(Window, told=lambda self, nxt, unread: self.right)
        ),
    },
    signs={
        "`is_worth_telling` returns something else than True or False. Does any way through it return None?": (
            lambda got, right, *_: any(type(each) is not bool for each in got[0])
        ),
        "`open` returns something else than a whole number. Does any way through it return None?": (
            lambda got, right, *_: any(type(each) is not int for each in got[2])
        ),
        "`is_worth_telling` says something else when it is asked a second time. Only `open` moves the edge.": (
            lambda got, right, *_: got[0] != got[1]
        ),
    },
    gave="the windows were",
    shows=_shows,
    builds=WindowOfTcpkit.open,
    to_build="Where did it put the edge? Now write it without it.",
    meaning="Room is told in steps, and a promise is never taken back.",
)

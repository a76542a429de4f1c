"""Lesson 13: right answers written in other ways, wrong ones with the words they get, guesses."""

from types import SimpleNamespace

from tcpkit.check.carrying import changed
from tcpkit.check.exercise import as_tuple
from tcpkit.check.lesson13 import PersistTimer as TimerExercise
from tcpkit.check.lesson13 import ReceiveWindow as WindowExercise
from tcpkit.check.lesson13 import Window
from tcpkit.check.lesson13_timers import Timer


class Edge:
    """Without `right` of the lesson's own, and with `if` the other way round."""

    def __init__(self, size, mss):
        self.size, self.step, self.told_until = size, min(size // 2, mss), 0

    def edge(self, nxt, unread):
        could_be = nxt + self.size - unread
        return self.told_until if could_be < self.told_until + self.step else could_be

    def open(self, nxt, unread):
        self.told_until = self.edge(nxt, unread)
        return self.told_until - nxt if self.told_until > nxt else 0

    def is_worth_telling(self, nxt, unread):
        return self.edge(nxt, unread) != self.told_until


class Seconds:
    """Keeps when it was asked last, and how often."""

    def __init__(self):
        self.last = self.first_s = None
        self.asked = 0

    @property
    def deadline(self):
        return None if self.last is None else self.last + min(60.0, self.first_s * 2**self.asked)

    def start(self, now, timeout_s):
        if self.last is None:
            self.last, self.first_s, self.asked = now, timeout_s, 0

    def expired(self, now):
        due = self.deadline is not None and self.deadline <= now
        if due:
            self.last, self.asked = now, self.asked + 1
        return due

    def stop(self):
        self.last = None


def wrong(right, words, **methods):
    return changed(right, **methods), words


def moves_it(self, nxt, unread):
    return Window.is_worth_telling(self, nxt, unread) and Window.open(self, nxt, unread) > 0


def late(self, now):
    return now if self.is_due(now) else False


CLOTHES = {
    "ReceiveWindow": [
        *((each, "") for each in (Window, Edge, type("ReceiveWindow", (Edge,), {}))),
        wrong(Window, "", told=lambda self, nxt, unread: sorted((0, self.right - nxt))[1]),
        wrong(Window, "", moves=lambda self, wanted: not wanted < self.right + self.step),
        wrong(Window, "", moves=lambda self, wanted: max(0, wanted - self.right) // self.step > 0),
        wrong(Window, "", told=lambda self, nxt, unread: (self.right - nxt) * (self.right > nxt)),
        wrong(
            Window, "", is_worth_telling=lambda self, nxt, unread: self.right + self.step <= nxt + self.size - unread
        ),
    ],
    "PersistTimer": [
        *((each, "") for each in (Timer, Seconds, type("PersistTimer", (Seconds,), {}))),
        wrong(Timer, "", next_wait=lambda self: 60.0 if self.wait_s > 30 else self.wait_s + self.wait_s),
        wrong(Timer, "", is_due=lambda self, now: (self.deadline or now + 1) <= now),
        wrong(Timer, "", stop=lambda self: setattr(self, "deadline", None)),
        wrong(Timer, "", start=lambda self, *given: None if self.deadline is not None else Timer.start(self, *given)),
        wrong(Timer, "", expired=lambda self, now: Timer.expired(self, float(now))),
    ],
}
WRONG = {
    "ReceiveWindow": [
        *((one, words) for words, cause in WindowExercise.causes.items() for one in as_tuple(cause)),
        wrong(Window, "keep it in `right`", open=lambda self, nxt, unread: self.size - unread),
        wrong(Window, "something else than True or False", is_worth_telling=lambda self, nxt, unread: self.right),
        wrong(Window, "What did you expect there?", told=lambda self, nxt, unread: max(1, self.right - nxt)),
        wrong(Window, "something else than a whole number", told=lambda self, nxt, unread: None),
        wrong(Window, "when it is asked a second time", is_worth_telling=moves_it),
        wrong(Window, "it raised ZeroDivisionError", moves=lambda self, wanted: 1 / 0),
        (type("Empty", (), {}), "it raised TypeError"),
        (lambda size, mss: None, "Hand over the class itself: `class ReceiveWindow:`."),
    ],
    "PersistTimer": [
        *((one, words) for words, cause in TimerExercise.causes.items() for one in as_tuple(cause)),
        wrong(Timer, "a deadline is not", next_wait=lambda self: min(2 * self.wait_s, 60) - 0.05),
        wrong(Timer, "`expired` said True, True, True, and after the calls", is_due=lambda self, now: now >= 5),
        wrong(Timer, "something else than True or False", expired=late),
        wrong(Timer, "it raised ZeroDivisionError", next_wait=lambda self: 1 / 0),
        (type("Empty", (), {}), "it raised AttributeError"),
        (lambda: None, "Hand over the class itself: `class PersistTimer:`."),
    ],
}


def packets(*sizes):
    return [SimpleNamespace(segment=SimpleNamespace(source_port=8000, data=bytes(size))) for size in sizes]


SPEEDS = {14_600: [1438.8, 287.8, 71.9, 121.4]}
HALT, GOES_ON = (
    SimpleNamespace(clocks=[SimpleNamespace(next_deadline=lambda value=value: value)] * 4) for value in (None, 7.0)
)
GUESSES = r"""
    recall(400) => PASS 13.0 recall\n200 ms + 4 x 50 ms.
    recall(250) => TRY AGAIN 13.0 recall: The timeout is SRTT and four times RTTVAR.
    recall(600) => TRY AGAIN 13.0 recall: RTTVAR counts four times
    guess_waiting("a", packets(0, 0)) => YOU SAID a: nothing: it waits until we tell it of room. WE SAW it asks.\nIf the
    guess_waiting("b", packets(0)) => YOU SAID b: it sends the next bytes. WE SAW it asks.\nThere is no room
    guess_waiting("c", packets(0)) => AS YOU SAID c: it asks.\nIts segments
    guess_waiting("c", packets()) => YOU SAID c: it asks. WE SAW nothing came.
    guess_speed("a", SPEEDS) => YOU SAID a: the same. WE SAW 72 kB/s.\nOne window
    guess_speed("b", SPEEDS) => AS YOU SAID b: 72 kB/s.\n14,600 bytes
    guess_speed("c", SPEEDS) => YOU SAID c: that depends on the link's rate. WE SAW 72 kB/s.\nThis link
    guess_halt("a", HALT) => YOU SAID a: the sender's retransmission saves it. WE SAW nothing, ever.\nNothing of
    guess_halt("b", HALT) => YOU SAID b: the reader's stack tells its window again. WE SAW nothing, ever.\nIt has
    guess_halt("c", HALT) => AS YOU SAID c: nothing, ever.\nNo deadline
    guess_halt("c", GOES_ON) => NOT SEEN YET
"""

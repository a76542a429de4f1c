"""Lesson 09, goodbye: one recall, four guesses, three exercises, and Part II from memory."""

from __future__ import annotations

import time
from contextlib import suppress
from threading import Thread

from tcpkit.check.exercise import Exercise
from tcpkit.check.live_talk import LiveExercise, live_talk, read
from tcpkit.check.questions import FromMemory, Guess, Option, Recall
from tcpkit.check.signs import Sign, every
from tcpkit.wire import Flags, Segment, next_ack, segment_length

FIN, SYN, RST, ACK = Flags.FIN, Flags.SYN, Flags.RST, Flags.ACK
PAUSE_S = 0.06  # longer than the kernel waits before it acknowledges a bare FIN
SETTLED_S = 0.3

recall = Recall(
    "9.0",
    right=0,
    wrong={
        1: "The SYN used the number 4294967295. The next one is 0.",
        4294967296: "The field has 32 bits: after 4294967295 comes 0.",
        4294967295: "The SYN used that number. The third packet carries the next one.",
    },
    meaning="The SYN used one number, 4294967295, and the next one is 0.",
    what_if="",
)

guess_after_fin = Guess(
    lambda taken: "works" if taken == [b"one", b"two"] else None,
    Option("`send` fails: the connection is closed", "fails", "You closed your half. The other half is open."),
    Option("`send` works, and you have to take the data", "works", so="You closed your half. The other half is open."),
    Option("the kernel answers your FIN with RST", "RST", "An RST comes when nobody is there to read. You still read."),
)
guess_at_once = Guess(
    lambda states: states[1] if len(states) == 3 else None,
    Option("TIME-WAIT: both have said FIN", "TIME-WAIT", "It has your FIN. Does it know that you have its own?"),
    Option("CLOSING", "CLOSING", so="It has your FIN, and waits for the ACK of its own. Few engineers ever see this state."),
    Option("nothing: it answers with RST", "RST", "Nothing is wrong: both sides closed at the same moment."),
)
guess_close = Guess(
    lambda ended: f"{ended[0]:,}",
    Option("5,000", "5,000", "So it was without the `!`. With unread bytes the kernel sends RST, and forgets the rest."),
    Option("1,000", "1,000", so="What was on its way arrived. The kernel forgot the rest."),
    Option("0", "0", "What was already on its way arrived: the window of 1,000 bytes."),
)
guess_restart = Guess(
    lambda table: "still fails" if "98" in table["server first"][1] else "starts",
    Option("starts", "starts", "So most people say. The waiting connection is the old server's, and that one lacks the option."),
    Option("still fails", "still fails", so="The waiting connection is the old server's, and that one lacks the option."),
    Option("starts, if the client closed first", "client", "That is true, but then the client waits. Here the server does."),
)


# 9.1 and 9.2: what the kernel says of its end afterwards; if it is not done, also the last segment that was sent


def _judged(live: object, answer: object, program: object, said: list[Segment], got: list) -> tuple:
    """Return the kernel's state, what the program received, the resets; and of a wrong one the last segment said."""
    talk, say = live.talk, live.talk.say
    first = talk.ack  # the kernel's next number
    talk.say = lambda *given, **fields: said.append(say(*given, **fields)) or said[-1]
    with suppress(TimeoutError):
        answer(talk)
    ends = time.monotonic() + SETTLED_S
    while (state := live.state) not in ("", "TIME-WAIT") and time.monotonic() < ends:
        time.sleep(0.01)
    return state, first


def _closed_first(lab: object, answer: object, kind: str) -> tuple:
    """Return what became of a connection that the answer closes, while a program does this at its end."""
    with live_talk(lab) as live:
        live.talk.dial()
        program, got, said = live.accept(), [], []

        def serve() -> None:
            got.append(read(program))
            time.sleep(PAUSE_S if kind == "late" else 0)
            with suppress(OSError):
                program.sendall(b"bye" if kind == "bye" else b"")
            program.close()

        server = Thread(target=serve, daemon=True)
        server.start()
        state, first = _judged(live, answer, program, said, got)
        server.join(1)
        resets = live.moved.get("TcpOutRsts", 0)
        return (state, got[0] if got else None, resets, *(_last(said, first) if state or resets else ()))


def _closed_second(lab: object, answer: object, kind: str) -> tuple:
    """Return what became of a connection that a program closes, and the answer then ends."""
    with live_talk(lab) as live:
        live.talk.dial()
        said: list[Segment] = []
        program = live.accept()
        if kind == "bye":
            program.sendall(b"bye")
        program.close()
        state, first = _judged(live, answer, program, said, [])
        resets = live.moved.get("TcpOutRsts", 0)
        return (state, resets, *(_last(said, first) if state != "TIME-WAIT" or resets else ()))


def _last(said: list[Segment], first: int) -> tuple:
    """Return the letters of all that was said, and the last one's numbers, counted from each side's first byte."""
    if not said:
        return ("",)
    return (" ".join(str(each.flags) for each in said), said[-1].seq - 1, (said[-1].ack - first) % 2**32)

"""What becomes of a connection, or of a port, that an answer of lesson 09 ends, in a lab of its own.

None stands for a connection that has ended in good order. Else a tuple says what was seen, for the lesson's signs.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from typing import Any

from tcpkit.check.call import Function, Run
from tcpkit.check.live_talk import PATIENCE_S, LiveExercise, LiveTalk, live_talk, read
from tcpkit.wire import Flags, Segment, next_ack

FIN, RST, ACK = Flags.FIN, Flags.RST, Flags.ACK
SETTLED_S = 0.3  # for the last segment to arrive, on a busy machine
WAITS = (
    "Until it returns, nobody serves your clients. TIME-WAIT takes 60 seconds, and the check does not wait for its end."
)
REUSES_ADDRESS, LISTENS, NO_DELAY = (1, 2), (1, 30), (6, 1)  # Linux: SO_REUSEADDR, SO_ACCEPTCONN, TCP_NODELAY

# 9.1 and 9.2: a program closes, at a moment that the conversation names, and the answer speaks


def _ended(
    live: LiveTalk, answer: Function, program: Any, wanted: str, step: Callable[[Segment | None], None]
) -> object:
    """Return None if the kernel's end comes to the wanted state in good order; else what was seen, for the signs.

    `step` lets the program act: after each segment that the answer says, and (with None) before it hears one.
    """
    talk, log = live.talk, []
    say, hear = talk.say, talk.hear

    def watched_say(*given: Any, **fields: Any) -> Segment:
        log.append(("said", say(*given, **fields)))
        step(log[-1][1])
        return log[-1][1]

    def watched_hear(timeout_s: float = 1.0) -> Segment:
        step(None)
        log.append(("heard", hear(min(timeout_s, PATIENCE_S))))
        return log[-1][1]

    talk.say, talk.hear = watched_say, watched_hear
    facts, given = set(), None
    try:
        given = answer(talk)
    except TimeoutError:
        facts.add("waits")
    finally:
        del talk.say, talk.hear
        program.close()
    ends = time.monotonic() + SETTLED_S
    while (state := live.state) != wanted and time.monotonic() < ends:
        time.sleep(0.01)
    facts |= {"reset"} if live.moved.get("TcpOutRsts") else set()
    facts |= _facts(log) & {"two FINs"}
    facts |= {"RST"} if any(who == "said" and each.flags & RST for who, each in log) else set()
    if type(given).__name__ == "Segment":  # such as `return talk.hear()`; `marks` makes a type of that name
        given = None
    if given is not None or (state == wanted and not facts):
        return given
    return ("seen", state or "gone", *sorted(facts | _facts(log)))


def _facts(log: list[tuple[str, Segment]]) -> set[str]:
    """Return what is true of the FINs in a conversation, and of what the answer said after the other side's."""
    at = next((at for at, (who, each) in enumerate(log) if who == "heard" and each.flags & FIN), len(log))
    said, after = ([each for who, each in part if who == "said"] for part in (log, log[at:]))
    mine = next((each for each in said if each.flags & FIN), None)
    facts = {
        "no FIN": not mine,
        "two FINs": len({each.seq for each in said if each.flags & FIN}) > 1,
        "early": any(who == "said" and each.flags & FIN for who, each in log[:at]),
        "end": at < len(log),
        "silent": at < len(log) and not after,
        "stops": not after,
        "uncounted": bool(after) and after[-1].ack == next_ack(log[at][1]) - 1,
    }
    if mine:
        facts |= {
            "FIN": bool(mine.flags & ACK),
            "FIN alone": not mine.flags & ACK,
            "ahead": mine.seq > max(map(next_ack, said[: said.index(mine)]), default=1),
            "own number": bool(after) and after[-1] is not mine and after[-1].seq == mine.seq,
        }
    return {fact for fact, is_true in facts.items() if is_true}


def _close(other: Any, program: str) -> None:
    """Close the program's end; before that, one program says `bye`, in two segments."""
    with suppress(OSError):  # it was closed before, or was reset
        other.setsockopt(*NO_DELAY, 1)
        for part in (b"by", b"e") if program == "says bye" else ():
            other.sendall(part)
    other.close()


def closed_first(lab: object, answer: Function, program: str) -> object:
    """Return what becomes of a connection that an answer closes first; the program closes when it has read the FIN."""
    with live_talk(lab) as live:
        live.talk.dial()
        other, has_end, heard = live.accept(), False, 0

        def step(said: Segment | None) -> None:
            nonlocal has_end, heard
            heard += said is None
            while said and said.flags & (FIN | RST) and not has_end and (got := read(other)) != "TimeoutError":
                has_end = not got or isinstance(got, str)
            if has_end and (program != "closes late" or heard > 1):
                _close(other, program)

        return _ended(live, answer, other, "", step)


def closed_second(lab: object, answer: Function, program: str) -> object:
    """Return what becomes of a connection that a program closes, before or when the answer hears."""
    with live_talk(lab) as live:
        live.talk.dial()
        other = live.accept()
        if program != "closes late":
            _close(other, program)
        return _ended(live, answer, other, "TIME-WAIT", lambda said: other.close())


# 9.3: a server starts, serves, stops and starts again, in a lab of its own


class Restart(LiveExercise):
    """An exercise that says what an answer that does not come back costs."""

    def run(self, answer: object) -> Run:
        """Put the learner's answer to every input."""
        run = super().run(answer)
        return replace(run, stopped=f"{run.stopped} {WAITS}") if "had not finished" in run.stopped else run


def restarted(lab: Any, answer: Function, port: int) -> object:
    """Return what became of a restart; what the answer returned if that is no socket."""
    with type(lab)("namespace") as inside, ExitStack() as opened:
        old = answer(inside, port)
        if not hasattr(old, "accept"):
            return old
        opened.enter_context(closing(old))
        told = "elsewhere" if old.getsockname()[:2] != ("127.0.0.1", port) else _served(inside, old, port)
        if told:
            return "seen", told
        has_option = old.getsockopt(*REUSES_ADDRESS)
        old.close()
        try:
            new = answer(inside, port)
        except OSError:
            return "seen", "too late" if has_option else "refused"
        if not hasattr(new, "accept"):
            return new
        opened.enter_context(closing(new))
        with suppress(OSError):
            third = answer(inside, port)
            if not hasattr(third, "accept"):
                return third
            third.close()
            return "seen", "starts" if new.fileno() < 0 else "two"  # `lab.listen` closes the one before
        return "seen", "starts"


def _served(lab: Any, listener: Any, port: int) -> str:
    """Let a client call and the server close first; return what went wrong."""
    with lab.socket() as client:
        client.settimeout(PATIENCE_S)
        try:
            client.connect(("127.0.0.1", port))
        except OSError:
            return "outside" if listener.getsockopt(*LISTENS) else "nobody"
        listener.settimeout(PATIENCE_S)
        listener.accept()[0].close()
        return "" if read(client) == b"" else "reset"

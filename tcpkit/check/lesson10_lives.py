"""Exercises of lesson 10 whose rows drive four conversations with the kernel, in a lab of their own."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from tcpkit.check.call import Run
from tcpkit.check.live_talk import LiveExercise, host_of
from tcpkit.check.values import show_size
from tcpkit.check.verdict import Status, Verdict
from tcpkit.stack.link import Link
from tcpkit.stack.settings import Pieces, Settings
from tcpkit.stack.stack import Stack
from tcpkit.stack.states import TRANSITIONS, Event, State, complete

KERNEL = "the kernel"
MISSING, NO_DICT, NO_ROW = "no next state", "no dict", "a row that is no dict"
PATIENCE_S = 1.5
REUSES_ADDRESS = 1, 2  # Linux: SOL_SOCKET, SO_REUSEADDR
LINK = Link(delay_s=0.02)  # long enough for two SYNs, or two FINs, to cross
ALL_END = "With your rows all four conversations still end well: they do not show every mistake."
WHY = re.compile(r"((No row of the table says|Our end stands in|The kernel's end stands in|This connection is) [^.]*)")


class TableExercise(LiveExercise):
    """A function that returns rows: first each entry is looked at, then the rows drive conversations with the kernel.

    The function is called for the entries only. So an endless one is ended before any conversation is open.
    """

    def __call__(self, answer: object, lab: object = None) -> Verdict:
        """Return a verdict on the learner's answer; never raises."""
        with self.at(lab) as there:  # before the answer is called: it may close the lab
            rights = there.rights(lab)
            run = there.run(answer)
            verdict = there.compare(run, rights, answer)
            rows = self._rows(run)
            if isinstance(rights, str) or not rows:
                return verdict
            trouble = there.play(lambda: rows, KERNEL, "")
        if verdict.status is not Status.PASS:
            return replace(verdict, sentence=f"{verdict.sentence} {trouble or ALL_END}")
        if trouble:
            again = f"Your rows are right, and something else stopped us. {trouble} Run the cell again."
            return replace(verdict, status=Status.TRY_AGAIN, sentence=again)
        return verdict

    def _rows(self, run: Run) -> dict[State, dict[Event, State]]:
        """Return the learner's rows; none if they are not whole, or hold what is no state."""
        got = [each.returned.python if each.returned else None for each in run.outcomes]
        if run.stopped or not all(isinstance(to, str) and to in (*State, MISSING) for to in got):
            return {}
        rows: dict = {state: {} for state, _ in self.inputs}
        for (state, event), to in zip(self.inputs, got, strict=True):
            rows[state] |= {event: State(to)} if to != MISSING else {}
        return rows


def entry(lab: Any, answer: Callable[[], Any], state: str, event: str) -> object:
    """Return which state follows in the answer's rows; of the kernel, what went wrong in the conversations."""
    given = answer()
    if state == KERNEL:
        return four_lives(lab, given)
    if given is None or show_size(given):
        return given  # the caller says so
    if not isinstance(given, Mapping):
        return NO_DICT
    if not all(isinstance(row, Mapping) for row in given.values()):
        return NO_ROW
    return given.get(state, {}).get(event, MISSING)


def four_lives(lab: Any, rows: Mapping) -> str:
    """Say which conversation goes wrong first, and where; "" if all four come to their end."""
    pieces = Pieces(transitions=complete({**TRANSITIONS, **rows}))
    for port, (name, live) in enumerate(LIVES.items(), 5001):
        try:
            host = host_of(lab, LINK)
            with host.run(Stack(host.address, Settings(pieces=pieces))) as running:
                try:
                    live(lab, host, running, port)
                except OSError:
                    running.do(lambda now: None)  # a stack that has stopped says more
                    raise
        except (Exception, KeyboardInterrupt) as error:
            became = "was interrupted" if isinstance(error, KeyboardInterrupt) else "goes wrong"
            why = WHY.search(str(error))
            return f"With your rows the conversation in which {name} {became}{f'. {why[0]}' if why else ''}."
    return ""


def _dials(lab: Any, host: Any, running: Any, port: int) -> None:
    with lab.listen(8000, host.gateway) as listener:
        ours = running.dial(host.gateway, 8000, source_port=port, timeout_s=PATIENCE_S)
        listener.settimeout(PATIENCE_S)
        with listener.accept()[0] as program:
            running.do(lambda now: ours.close())
            _until(running, ours, State.FIN_WAIT_2)
            program.close()
            _until(running, ours, State.TIME_WAIT)


def _is_dialled(lab: Any, host: Any, running: Any, port: int) -> None:
    door = running.do(lambda now: running.end.stack.listen(80))
    with lab.socket() as client:
        client.settimeout(PATIENCE_S)
        client.connect((host.address, 80))
        ours = running.accept(door, PATIENCE_S)
        client.close()
        running.wait_for(lambda: ours.has_ended, PATIENCE_S)
        running.do(lambda now: ours.close())
        _until(running, ours, State.CLOSED)
        table = lab.sockets()
        for state in {*table[table.remote == f"{host.address}:80"].state} - {State.TIME_WAIT}:
            raise TimeoutError(f"The kernel's end stands in {state}")


def _both_dial(lab: Any, host: Any, running: Any, port: int) -> None:
    with lab.socket() as program:
        program.setsockopt(*REUSES_ADDRESS, 1)
        program.bind((host.gateway, 9000))
        program.setblocking(False)

        def both(now: float) -> Any:  # the stack reads neither SYN before this is over
            program.connect_ex((host.address, port))
            return running.end.stack.connect(host.gateway, 9000, now, port)

        ours = running.do(both)
        _until(running, ours, State.ESTABLISHED)
        running.do(lambda now: ours.close())
        _until(running, ours, State.FIN_WAIT_2)
        program.close()
        _until(running, ours, State.TIME_WAIT)


def _both_close(lab: Any, host: Any, running: Any, port: int) -> None:
    with lab.listen(8000, host.gateway) as listener:
        ours = running.dial(host.gateway, 8000, source_port=port, timeout_s=PATIENCE_S)
        listener.settimeout(PATIENCE_S)
        with listener.accept()[0] as program:
            running.do(lambda now: (program.close(), ours.close()))  # the stack reads no FIN before this is over
            _until(running, ours, State.TIME_WAIT)


def _until(running: Any, ours: Any, state: State) -> None:
    try:
        running.wait_for(lambda: ours.state is state, PATIENCE_S)
    except TimeoutError:
        raise TimeoutError(f"Our end stands in {ours.state}") from None


LIVES: Mapping[str, Callable[[Any, Any, Any, int], None]] = {
    "our end dials": _dials,
    "our end is dialled": _is_dialled,
    "both ends dial": _both_dial,
    "both ends close at once": _both_close,
}

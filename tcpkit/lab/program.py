"""Run a program inside the lab: start it, wait for its end, or end it."""

from __future__ import annotations

import os
import shlex
import signal
import threading
import time
from collections.abc import Generator
from typing import Any

from tcpkit.lab.agent_client import AgentClient
from tcpkit.lab.errors import LabError
from tcpkit.lab.interrupt import uninterrupted
from tcpkit.lab.program_output import ProgramOutput
from tcpkit.lab.programs_found import find, how_to_install, search_path
from tcpkit.lab.socket_table import is_listening

NOT_RUNNABLE, NOT_FOUND = 126, 127  # a shell's exit statuses for the same
GRACE_S = 2.0  # between SIGTERM and SIGKILL
SHELL_WORDS = {"|", "||", "&", "&&", ";", "<", ">", ">>"}


class Program:
    """A program in the lab. Its repr is what it printed, errors included.

    A program that cannot be run ends with status 126 or 127, as in a shell,
    and its output says why. `.pid` is its process id, or None.
    """

    def __init__(self, agent: AgentClient, command: str | list[str]) -> None:
        self.command = split(command)
        self.pid: int | None = None
        self._agent = agent
        self._output = ProgramOutput()
        path = find(self.command[0])
        if path is None:
            agent.check()
            self._output.end_at_once(*unrunnable(self.command[0]))
            return
        try:
            with uninterrupted():
                self._start(path)
        except BaseException:
            if self.pid is not None:
                self._signal(signal.SIGKILL)
            raise

    def _start(self, path: str) -> None:
        request = {
            "words": [os.fsencode(word) for word in self.command],
            "program": os.fsencode(path),
            "folder": current_folder(),
            # A notebook asks for colours; what a program says is kept as text.
            "environment": dict(os.environb) | {b"PATH": os.fsencode(search_path()), b"NO_COLOR": b"1"},
        }
        output, their_output = os.pipe()
        status, their_status = os.pipe()
        try:
            reply, _ = self._agent.request("start", (their_output, their_status), **request)
        except BaseException as error:
            os.close(output)
            os.close(status)
            if not isinstance(error, OSError):
                raise
            self._output.end_at_once(NOT_RUNNABLE, f"{self.command[0]} could not be started: {error.strerror}.")
        else:
            self.pid = reply["pid"]
            self._output.follow(output, status)
        finally:
            os.close(their_output)
            os.close(their_status)

    def _signal(self, sign: signal.Signals) -> None:
        self._agent.request("signal", pid=self.pid, signal=int(sign))

    @property
    def output(self) -> str:
        """Return what the program has printed so far."""
        return self._output.text()

    @property
    def running(self) -> bool:
        """Say whether the program still runs."""
        return not self._output.ended.is_set()

    @property
    def status(self) -> int | None:
        """Return the exit status (-9 for SIGKILL), or None while it runs."""
        return None if self.running else self._output.status

    def __await__(self) -> Generator[Any, None, Program]:
        """Wait for the end in an event loop, and return the program: `await lab.start(...)`."""
        from asyncio import get_running_loop

        loop = get_running_loop()
        ended = loop.create_future()

        def end() -> None:
            if not ended.done():
                ended.set_result(None)

        self._output.when_ended(lambda: loop.call_soon_threadsafe(end))
        yield from ended
        self.wait()
        return self

    def wait(self, timeout_s: float | None = None) -> int:
        """Wait for the end, and return the exit status.

        `TimeoutError` if it still runs after `timeout_s`; `LabClosed` if the
        lab ended first, `LabError` if a server lives in this thread's event
        loop, which would stand still.
        """
        if self.running and threading.get_ident() in self._agent.serving:
            raise LabError(
                "Your server lives in this event loop, which stands still while you wait for a program: "
                f"await lab.start({shlex.join(self.command)!r})"
            )
        if not self._output.ended.wait(timeout_s):
            raise TimeoutError(f"{shlex.join(self.command)} still runs after {timeout_s} s: .stop() ends it")
        if self._output.is_cut_off:
            self._agent.request("nothing")  # raises `LabClosed`, which says how the lab ended
        return self._output.status  # type: ignore[return-value]  # there once it has ended

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> int:
        """End the program (by this signal, then SIGKILL); return its exit status."""
        for each, grace_s in ((sign, GRACE_S), (signal.SIGKILL, None)):
            if self.running:
                self._signal(each)
                self._output.ended.wait(grace_s)
        return self.wait()

    def __repr__(self) -> str:
        heading = f"running: {shlex.join(self.command)}" if self.running else ""
        return "\n".join(filter(None, [heading, self.output.rstrip("\n"), self._ending()]))

    def _ending(self) -> str:
        """Say how the program ended, unless its status is 0."""
        status = self.status
        if status in (None, 0, NOT_FOUND, NOT_RUNNABLE):
            return ""
        if self._output.is_cut_off:
            return "(ended with the lab)"
        return f"(exit status {status})" if status > 0 else f"(ended by {signal_name(-status)})"


def split(command: str | list[str]) -> list[str]:
    """Return the words of a command: no shell splits it."""
    try:
        words = shlex.split(command) if isinstance(command, str) else [os.fspath(word) for word in command]
    except (ValueError, TypeError) as error:
        raise ValueError(f"{command!r} is not a command: {error}. Give one line of text, or a list of words") from None
    if not any(words[:1]):
        raise ValueError("There is no command to run: give one line of text, or a list of words")
    if isinstance(command, str) and not SHELL_WORDS.isdisjoint(words):
        raise ValueError(
            f"No shell reads this command, so {min(SHELL_WORDS.intersection(words))} means nothing in it. "
            f"To have one: {['sh', '-c', command]}"
        )
    return words


def unrunnable(program: str) -> tuple[int, str]:
    """Return the status of a program that cannot be run, and the reason."""
    if os.path.isdir(program):
        return NOT_RUNNABLE, f"{program} is a folder, not a program."
    if os.path.exists(program):
        return NOT_RUNNABLE, f"{program} may not be run: it is not marked as executable. For Python: python {program}"
    return NOT_FOUND, f"There is no program {program} here. {how_to_install(program)}"


def current_folder() -> bytes:
    """Return this notebook's folder, in which programs start."""
    try:
        return os.getcwdb()
    except FileNotFoundError:
        raise LabError(
            "This notebook's folder was deleted or moved, and a program has to start somewhere: "
            "os.chdir(...) to a folder that exists"
        ) from None


def signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal
        return f"signal {number}"


def wait_until_listening(program: Program, agent: AgentClient, port: int, timeout_s: float) -> None:
    """Wait until something inside listens on the port.

    Raises `LabError` if the program ends first, `TimeoutError` if it takes
    longer than `timeout_s`.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        running = program.running  # read first: a parent may end once its child listens
        if is_listening(agent, port):
            return
        if not running:
            program.wait()
            raise LabError(f"{shlex.join(program.command)} ended before it listened on port {port}. It said: {program}")
        if time.monotonic() > deadline:
            raise TimeoutError(f"{shlex.join(program.command)} does not listen on port {port} after {timeout_s} s")
        time.sleep(0.005)

"""Programs inside the lab: wait for one, or leave one running."""

from __future__ import annotations

import os
import select
import shlex
import signal
import threading
import time
from pathlib import Path

from tcpkit.lab.errors import LabError
from tcpkit.lab.ground import Ground
from tcpkit.lab.tools import find, how_to_install, search_path

NOT_FOUND = 127  # the exit status by which a shell says the same
MOST_OUTPUT = 1 << 24  # bytes kept of what a program prints
GRACE_S = 2.0  # between asking a program to end and ending it


class Program:
    """A program in the lab. Shows what it printed, errors included.

    A program that does not exist has ended with status 127, and its output
    says how to get it.
    """

    def __init__(self, ground: Ground, command: str | list[str]) -> None:
        self.command = split(command)
        self._ground = ground
        self._output = bytearray()
        self._status: int | None = None
        self._status_pipe, self._thread = None, None
        if find(self.command[0]) is None and not Path(self.command[0]).exists():
            self._status = NOT_FOUND
            self._output += f"There is no program {self.command[0]} here. {how_to_install(self.command[0])}".encode()
        else:
            self._start()

    def _start(self) -> None:
        reading, writing = os.pipe()
        self._status_pipe, status = os.pipe()
        try:
            reply, _ = self._ground.ask(
                "start",
                (writing, status),
                command=self.command,
                folder=os.getcwd(),
                environment=dict(os.environ) | {"PATH": search_path()},
            )
        except BaseException:
            os.close(reading)
            os.close(self._status_pipe)
            raise
        finally:
            os.close(writing)
            os.close(status)
        self.pid = reply["pid"]
        self._thread = threading.Thread(target=self._read, args=(reading,), daemon=True)
        self._thread.start()

    def _read(self, reading: int) -> None:
        """Keep what the program prints, so that it never waits for us."""
        with open(reading, "rb", buffering=0) as pipe:
            while piece := pipe.read(1 << 16):
                self._output += piece[: MOST_OUTPUT - len(self._output)]

    @property
    def output(self) -> str:
        """Return what the program has printed so far."""
        return self._output.decode(errors="replace")

    @property
    def running(self) -> bool:
        """Say whether the program still runs."""
        return self._poll(0) is None

    @property
    def status(self) -> int | None:
        """Return the exit status; minus the signal that ended it; None while it runs."""
        return self._poll(0)

    def wait(self, timeout_s: float | None = None) -> int:
        """Wait for the end, and return the exit status.

        `TimeoutError` if it still runs after `timeout_s`; `LabClosed` if the
        lab ended first.
        """
        status = self._poll(timeout_s)
        if status is None:
            raise TimeoutError(f"{shlex.join(self.command)} still runs after {timeout_s} s: .stop() ends it")
        return status

    def stop(self) -> int:
        """End the program, politely at first, and return its exit status."""
        for sign, grace_s in ((signal.SIGTERM, GRACE_S), (signal.SIGKILL, None)):
            if self._poll(0) is None:
                self._ground.ask("signal", pid=self.pid, signal=int(sign))
                self._poll(grace_s)
        return self.wait()

    def _poll(self, timeout_s: float | None) -> int | None:
        """Return the exit status if it is known within the time."""
        if self._status is None and select.select([self._status_pipe], [], [], timeout_s)[0]:
            said = os.read(self._status_pipe, 16)
            os.close(self._status_pipe)
            # A grandchild may hold the output open: do not wait for it for ever.
            self._thread.join(0.5)
            self._status = int(said) if said else -signal.SIGKILL
            if not said:
                self._ground.check()
        return self._status

    def __repr__(self) -> str:
        said = self.output.rstrip("\n")
        status = self.status
        if status is None:
            return "\n".join(filter(None, [f"running: {shlex.join(self.command)}", said]))
        if status in (0, NOT_FOUND):
            return said
        ending = f"exit status {status}" if status > 0 else f"ended by {signal.Signals(-status).name}"
        return "\n".join(filter(None, [said, f"({ending})"]))


def split(command: str | list[str]) -> list[str]:
    """Return the words of a command; there is no shell to do it."""
    try:
        words = shlex.split(command) if isinstance(command, str) else [os.fspath(word) for word in command]
    except (ValueError, TypeError) as error:
        raise ValueError(f"{command!r} is not a command: {error}. Give one line of text, or a list of words") from None
    if not words:
        raise ValueError("There is no command to run: give one line of text, or a list of words")
    return words


def wait_until_listening(program: Program, ground: Ground, port: int, timeout_s: float) -> None:
    """Wait until something inside listens on the port.

    Raises `LabError` if the program ends first, `TimeoutError` if it takes
    longer than `timeout_s`.
    """
    wanted = f":{port:04X} 00000000:0000 0A "  # local port, no remote, LISTEN: as /proc/net/tcp writes it
    deadline = time.monotonic() + timeout_s
    while wanted not in ground.network("tcp"):
        if not program.running:
            raise LabError(f"{shlex.join(program.command)} ended before it listened on port {port}. It said: {program}")
        if time.monotonic() > deadline:
            raise TimeoutError(f"{shlex.join(program.command)} does not listen on port {port} after {timeout_s} s")
        time.sleep(0.005)

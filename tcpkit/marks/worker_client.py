"""The judge's end of a desk: starts one, asks it, and ends it with all it started."""

from __future__ import annotations

import builtins
import io
import json
import os
import pickle
import shutil
import signal
import site
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tcpkit.check.plain import plain
from tcpkit.lab import Lab
from tcpkit.marks.values import Late, Lost, StandIn, decode, receive, send

LOOK_S = 10.0
GRACE_S = 2.0  # between an interrupt and the end
CHANGEABLE = bytearray, list, dict, set
ROOT = Path(__file__).parents[2]
DESK = sys.executable, "-P", "-m", "tcpkit.marks.desk"


class Absent(Exception):
    """Say that the learner has nothing under this name."""


class Pickler(pickle.Pickler):
    """Write arguments, with a lab by name: over there it is lent already."""

    def persistent_id(self, value: object) -> str | None:
        return "the lab" if isinstance(value, Lab) else None


def pickled(value: object) -> bytes:
    """Return what the desk will read the value from."""
    written = io.BytesIO()
    Pickler(written).dump(value)
    return written.getvalue()


def sendable(argument: object) -> object:
    """Return the argument, or a stand-in for what cannot be sent."""
    try:
        pickled(argument)
    except Exception:
        return StandIn()
    return argument


class Seat:
    """A learner's process, from this side."""

    def __init__(self, folder: Path, data: Path, until: float) -> None:
        self.until = until
        self.why_lost = ""  # why it must not be asked any more
        self.has_ended = False  # by itself, and not because we gave up on it
        home = Path(tempfile.mkdtemp(dir=folder))
        if data.is_dir():
            shutil.copytree(data, home / data.name)
        self.channel, theirs = socket.socketpair()
        lifeline, self.lifeline = os.pipe()
        with theirs:
            fds = theirs.fileno(), lifeline
            bounds = *map(str, fds), str(max(until - time.monotonic(), 1))
            self.process = subprocess.Popen(
                [*DESK, *bounds],
                cwd=home,
                env=environment(home),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=fds,
                start_new_session=True,
            )
        os.close(lifeline)
        try:
            self._answer(until - time.monotonic())  # it is ready
        except (Late, Lost) as error:
            self.lose(str(error))

    def end(self) -> None:
        """End the process, and everything that it started."""
        self.channel.close()
        with suppress(OSError):
            os.close(self.lifeline)
        for send_signal in (lambda: os.killpg(self.process.pid, signal.SIGKILL), self.process.kill):
            with suppress(OSError):
                send_signal()
        self.process.wait()

    def run(self, source: str, seconds: float) -> bool:
        """Run a cell; say whether it came to its end in time."""
        try:
            self._request({"do": "run", "source": source})
            self._answer(seconds)
        except Late:
            self.interrupt()
            return False
        except Lost as error:
            self.lose(str(error))
            return False
        return True

    def lose(self, why: str) -> None:
        """Note that the process is gone, or no process of ours any more."""
        self.why_lost, self.has_ended = why, True

    def interrupt(self) -> None:
        """Stop a cell as a notebook's stop button does; give up on one that goes on."""
        with suppress(OSError):
            os.killpg(self.process.pid, signal.SIGINT)
        try:
            self._answer(GRACE_S)
        except (Late, Lost):
            self.why_lost = "it did not stop"

    def lend(self, lab: Lab) -> None:
        """Let the learner's functions use a lab of the judge's."""
        ground = lab._ground
        self._request({"do": "lend", "pid": ground.pid, "kind": lab.kind})
        self._answer(GRACE_S)
        with suppress(OSError):
            socket.send_fds(self.channel, [b"\0"], [ground._control.fileno()])
        self._answer(GRACE_S)

    def look(self, name: str) -> object:
        """Return what the learner has under a name; `Absent` for nothing."""
        self._request({"do": "look", "name": name})
        match self._answer(LOOK_S):
            case {"is": "nothing"}:
                raise Absent(name)
            case {"is": "class", "value": str(called)}:
                return type(called, (), {})
            case {"is": "function"}:
                return Function(self, name)
            case {"is": "value", "value": list(value)}:
                return _decoded(value)
        raise Lost("no answer to a look")

    def call(self, name: str, arguments: tuple) -> dict:
        """Call a function over there, and return what was said of it."""
        self._request({"do": "call", "name": name, "arguments": tuple(map(sendable, arguments))})
        return self._answer(self.until - time.monotonic())

    def _request(self, request: dict) -> None:
        self.channel.settimeout(GRACE_S)
        send(self.channel, pickled(request))

    def _answer(self, wait_s: float) -> dict:
        frame = receive(self.channel, min(time.monotonic() + wait_s, self.until))
        try:
            answer = json.loads(frame)
        except (ValueError, RecursionError):
            raise Lost("no JSON") from None
        if not isinstance(answer, dict):
            raise Lost("no answer")
        return answer


def environment(home: Path) -> dict[str, str]:
    """Return the variables of a desk: none of the teacher's own."""
    fixed = {
        "HOME": str(home),
        "TMPDIR": str(home),
        "IPYTHONDIR": str(home),
        "LANG": "C.UTF-8",
        "MPLBACKEND": "agg",
        "OMP_NUM_THREADS": "1",  # numpy takes memory for each
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": str(ROOT),
        "PYTHONUSERBASE": site.getuserbase(),  # found by HOME otherwise
    }
    return fixed | {"PATH": os.environ.get("PATH", os.defpath)}


class Function:
    """A learner's function, called where it lives.

    A check sees what it would see of the function itself: value, exception,
    and arguments that it changed.
    """

    def __init__(self, seat: Seat, name: str) -> None:
        self.seat = seat
        self.name = name

    def __call__(self, *arguments: object) -> object:
        if self.seat.why_lost:
            raise Lost(self.seat.why_lost)
        self.seat.why_lost = "it was left in the middle of a call"  # unless we get to the end
        try:
            said = self.seat.call(self.name, arguments)
            _change(arguments, said["arguments"])
            value = _decoded(said["returned"]) if "returned" in said else None
        except Late:
            self.seat.why_lost = "its time was over"
            raise
        except (Lost, LookupError, TypeError, ValueError) as error:
            self.seat.lose(str(error))
            raise Lost(str(error)) from None
        self.seat.why_lost = ""
        if "raised" in said:
            raise _error(str(said["raised"]), str(said.get("message", "")))
        return value


def _decoded(parts: object) -> object:
    try:
        return decode(parts)
    except (ValueError, TypeError, RecursionError) as error:
        raise Lost(f"a value that is none: {type(error).__name__}") from None


def _change(arguments: Sequence[object], parts: Sequence[list]) -> None:
    """Do to our own arguments what was done to their copies over there."""
    for mine, theirs in zip(arguments, parts, strict=True):
        if not isinstance(mine, CHANGEABLE):
            continue
        now = _decoded(theirs)
        if plain(now) == plain(mine):
            continue
        if isinstance(mine, bytearray | list):
            mine[:] = now
        else:
            mine.clear()
            mine.update(now)


def _error(name: str, message: str) -> BaseException:
    """Return an exception of that name: Python's own, or one made for it."""
    if name == "error":
        return struct.error(message)
    known = getattr(builtins, name, None)
    if not (isinstance(known, type) and issubclass(known, BaseException)):
        known = type(name, (Exception,), {})
    try:
        return known(message)
    except Exception:
        return Exception(message)

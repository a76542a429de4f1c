"""Start a worker, send it requests, and end it with all that it started.

The judge's end of the socket to a learner's process.
"""

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

from tcpkit.check.values import plain
from tcpkit.lab import Lab
from tcpkit.marks.messages import Late, Lost, StandIn, decode, receive, send

LOOK_S = 10.0
GRACE_S = 2.0  # between an interrupt and the end
CHANGEABLE = bytearray, list, dict, set
ROOT = Path(__file__).parents[2]
WORKER = sys.executable, "-P", "-m", "tcpkit.marks.worker"


class Absent(Exception):
    """Say that the learner has nothing under this name."""


class Pickler(pickle.Pickler):
    """Pickle arguments; a lab by name, as the worker has a reference to it."""

    def persistent_id(self, value: object) -> str | None:
        return "the lab" if isinstance(value, Lab) else None


def pickled(value: object) -> bytes:
    """Return the bytes from which the worker reads the value."""
    written = io.BytesIO()
    Pickler(written).dump(value)
    return written.getvalue()


def sendable(argument: object, lent: Lab | None) -> object:
    """Return the argument, or a stand-in for what cannot be sent: a conversation, a lab that was not lent."""
    try:
        if isinstance(argument, Lab) and argument is not lent:
            return StandIn()
        pickled(argument)
    except Exception:
        return StandIn()
    return argument


class WorkerClient:
    """A learner's process, as the judge uses it."""

    def __init__(self, folder: Path, data: Path, until: float, protected: bool = True) -> None:
        self.until = until
        self.why_lost = ""  # why it gets no more requests
        self.has_ended = False  # by itself, and not because we gave up on it
        self.lent: Lab | None = None
        home = Path(tempfile.mkdtemp(dir=folder))
        if data.is_dir():
            shutil.copytree(data, home / data.name)
        self.channel, theirs = socket.socketpair()
        lifeline, self.lifeline = os.pipe()
        with theirs:
            fds = theirs.fileno(), lifeline
            bounds = *map(str, fds), str(max(until - time.monotonic(), 1)), str(protected)
            self.process = subprocess.Popen(
                [*WORKER, *bounds],
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
            self._answer(until - time.monotonic())  # which says that it is ready
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
        """Run a cell; say whether it ended in time."""
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
        """Record that the process has ended, or answers wrongly."""
        self.why_lost, self.has_ended = why, True

    def interrupt(self) -> None:
        """Interrupt a cell as a notebook does; give up on one that goes on."""
        with suppress(OSError):
            os.killpg(self.process.pid, signal.SIGINT)
        try:
            self._answer(GRACE_S)
        except (Late, Lost):
            self.why_lost = "it did not stop"

    def lend(self, lab: Lab) -> None:
        """Let the learner's functions use a lab of the judge's."""
        self.lent = lab
        self._request({"do": "lend", "pid": lab._agent.pid, "kind": lab.kind})
        self._answer(GRACE_S)
        with suppress(OSError):
            socket.send_fds(self.channel, [b"\0"], [lab._agent._control.fileno()])
        self._answer(GRACE_S)

    def look(self, name: str) -> object:
        """Return the value of a learner's name; `Absent` if there is none."""
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
        """Call a learner's function, and return the worker's answer."""
        self._request({"do": "call", "name": name, "arguments": arguments})
        return self._answer(self.until - time.monotonic())

    def _request(self, request: dict) -> None:
        self.channel.settimeout(GRACE_S)
        send(self.channel, pickled(request))

    def _answer(self, wait_s: float) -> dict:
        message = receive(self.channel, min(time.monotonic() + wait_s, self.until))
        try:
            answer = json.loads(message)
        except (ValueError, RecursionError):
            raise Lost("no JSON") from None
        if not isinstance(answer, dict):
            raise Lost("no answer")
        return answer


def environment(home: Path) -> dict[str, str]:
    """Return a worker's environment variables: none are the teacher's own."""
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
        "PYTHONUSERBASE": site.getuserbase(),  # by default it depends on HOME
    }
    return fixed | {"PATH": os.environ.get("PATH", os.defpath)}


class Function:
    """A learner's function, which is called in the worker.

    A check sees what it would see of the function itself: value, exception,
    and arguments that it changed.
    """

    def __init__(self, worker: WorkerClient, name: str) -> None:
        self.worker = worker
        self.name = name
        self.has_kept_back = False  # an argument that cannot be sent

    def __call__(self, *arguments: object) -> object:
        if self.worker.why_lost:
            raise Lost(self.worker.why_lost)
        self.worker.why_lost = "it was left in the middle of a call"  # unless the call returns
        try:
            sent = tuple(sendable(argument, self.worker.lent) for argument in arguments)
            self.has_kept_back |= any(isinstance(each, StandIn) for each in sent)
            answer = self.worker.call(self.name, sent)
            _change(arguments, answer["arguments"])
            value = _decoded(answer["returned"]) if "returned" in answer else None
        except Late:
            self.worker.why_lost = "its time was over"
            raise
        except (Lost, LookupError, TypeError, ValueError) as error:
            self.worker.lose(str(error))
            raise Lost(str(error)) from None
        self.worker.why_lost = ""
        if "raised" in answer:
            raise _error(str(answer["raised"]), str(answer.get("message", "")))
        return value


def _decoded(parts: object) -> object:
    try:
        return decode(parts)
    except (ValueError, TypeError, RecursionError) as error:
        raise Lost(f"a value that is none: {type(error).__name__}") from None


def _change(arguments: Sequence[object], parts: Sequence[list]) -> None:
    """Change our own arguments as the worker's copies were changed."""
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
    """Return an exception of that name: Python's own, or a new class."""
    if name == "error":
        return struct.error(message)
    known = getattr(builtins, name, None)
    if not (isinstance(known, type) and issubclass(known, BaseException)):
        known = type(name, (Exception,), {})
    try:
        return known(message)
    except Exception:
        return Exception(message)

"""Start a worker, send it requests, and end it with all that it started.

The judge's end of the socket to a learner's process.
"""

from __future__ import annotations

import asyncio
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
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import CoroutineType, FunctionType, GeneratorType, coroutine

from tcpkit.check.lesson14_lines import Line as ScriptedLine
from tcpkit.check.lesson19_copying import End
from tcpkit.check.values import plain
from tcpkit.lab import Lab
from tcpkit.lab.cables.door import Line
from tcpkit.lab.talk import Talk
from tcpkit.marks.messages import CHANGEABLE, Late, Lost, decode, receive, send

LOOK_S = 10.0
GRACE_S = 2.0  # between an interrupt and the end
NUMBERS = {"seq", "ack", "window"}
LINE = {"get": {"unread", "room", "has_ended", "error"}, "call": {"recv", "send", "turned"}}
ASKED = {  # of what a function is handed and stays here, by that function
    Talk: {
        "get": NUMBERS | {"port", "source_port"},
        "set": NUMBERS,
        "call": {"say", "hear", "hear_all", "dial", "hang_up"},
    },
    FunctionType: {"call": {"__call__"}},
    ScriptedLine: LINE,
    Line: LINE,
    End: {"call": {"recv", "send", "sendall", "shutdown", "close"}},
    GeneratorType: {"call": {"send"}},  # what is awaited there
    CoroutineType: {"call": {"send"}},
    asyncio.Future: {"call": set()},  # it only passes through, to the loop
}
ROOT = Path(__file__).parents[2]
WORKER = sys.executable, "-P", "-m", "tcpkit.marks.worker"


class Absent(Exception):
    """Say that the learner has nothing under this name."""


class Pickler(pickle.Pickler):
    """Pickle what the worker is sent; a lab, and what `ASKED` has, by number, since they stay here."""

    def __init__(self, file: io.BytesIO, worker: WorkerClient) -> None:
        super().__init__(file)
        self.worker = worker

    def persistent_id(self, value: object) -> tuple[str, int] | None:
        if isinstance(value, Lab):
            return "lab", self.worker.labs.index(value)
        is_named = isinstance(value, FunctionType) and "<" not in value.__qualname__  # pickled as its name
        if isinstance(value, tuple(ASKED)) and not is_named:
            self.worker.handed.append(value)
            return "handed", len(self.worker.handed) - 1
        return None


class WorkerClient:
    """A learner's process, as the judge uses it."""

    def __init__(self, folder: Path, data: Path, until: float, protected: bool = True) -> None:
        self.until = until
        self.why_lost = ""  # why it gets no more requests
        self.has_ended = False  # by itself, and not because we gave up on it
        self.labs: list[Lab] = []  # that it was lent
        self.numbers: dict[tuple[int | None, str], object] = {}  # that the object called last holds
        self.handed: list[object] = []  # what its functions were handed and stays here
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

    def lend(self, lab: Lab, replaces: bool = False) -> None:
        """Let the learner's functions use a lab of the judge's; it may replace the notebook's own."""
        self.labs.append(lab)
        self._request({"do": "lend", "pid": lab._agent.pid, "kind": lab.kind, "replaces": replaces})
        self._answer(GRACE_S)
        with suppress(OSError):
            socket.send_fds(self.channel, [b"\0"], [lab._agent._control.fileno()])
        self._answer(GRACE_S)

    def look(self, name: str) -> object:
        """Return the value of a learner's name; `Absent` if there is none."""
        self._request({"do": "look", "name": name, "of": None})
        return self._seen(self._answer(LOOK_S), name, None)

    def read(self, name: str, of: int) -> object:
        """Return an attribute of an object that the worker has made; `Absent` if there is none."""
        if (of, name) in self.numbers:
            return self.numbers[of, name]
        with self._exchange():
            self._request({"do": "look", "name": name, "of": of})
            answer = self._answer(self.until - time.monotonic())
        return self._seen(answer, name, of)

    def set(self, name: str, of: int, value: object) -> None:
        """Set an attribute of an object that the worker has made."""
        with self._exchange():
            self._request({"do": "set", "name": name, "value": value, "of": of})
            self._answer(self.until - time.monotonic())
            self.numbers = {}

    def call(self, name: str, of: int | None, arguments: tuple) -> object:
        """Call a learner's function: return its value or raise its error, and change the arguments as it did."""
        with self._exchange():
            for lab in arguments:
                if isinstance(lab, Lab) and lab not in self.labs:
                    self.lend(lab)
            self._request({"do": "call", "name": name, "arguments": arguments, "of": of})
            while "ask" in (answer := self._answer(self.until - time.monotonic())):
                self._request(self._served(*answer["ask"]))
            value = self._value(answer)
            _change(arguments, answer["arguments"])
            self.numbers = {(of, str(each)): _decoded(one) for each, one in answer.get("numbers", {}).items()}
        if "raised" not in answer:
            return value
        if answer["raised"] == "StopIteration":
            raise StopIteration(value)
        raise _error(str(answer["raised"]), str(answer.get("message", "")))

    @contextmanager
    def _exchange(self) -> Iterator[None]:
        """Give the worker up unless the block ends well: an answer that comes later would be taken for another."""
        if self.why_lost:
            raise Lost(self.why_lost)
        self.why_lost = "it was left in the middle of a call"
        try:
            yield
        except Late:
            self.why_lost = "its time was over"
            raise
        except (Lost, LookupError, TypeError, ValueError) as error:
            self.lose(str(error))
            raise Lost(str(error)) from None
        self.why_lost = ""

    def _served(self, number: int, what: str, name: str, arguments: list, fields: list) -> dict:
        """Do what a learner's function asks of something that it was handed: no more than `ASKED` has."""
        thing, given, named = self.handed[number], _decoded(arguments), _decoded(fields)
        may = next(may for kind, may in ASKED.items() if isinstance(thing, kind))
        try:
            if what == "get" and name in may["call"]:
                return {"is": "method"}
            if name not in may.get(what, ()):
                raise AttributeError(f"'{type(thing).__name__}' object has no attribute '{name}' here")
            if what == "set":
                return {"returned": setattr(thing, name, *given)}
            if what == "get":
                return {"returned": getattr(thing, name)}
            returned = getattr(thing, name)(*given, **named)
            return {"returned": returned, "numbers": {each: getattr(thing, each) for each in may.get("get", ())}}
        except Exception as error:
            return {"raised": error}

    def _value(self, answer: dict) -> object:
        """Return the value in an answer; a socket follows it."""
        if "made" in answer:
            return (_coroutine if answer.get("is") == "coroutine" else Made)(self, answer["made"])
        if "handed" in answer:
            return self.handed[answer["handed"]]
        if "passed" not in answer:
            return _decoded(answer.get("returned") or answer.get("value") or ["None"])
        self.channel.settimeout(GRACE_S)
        _, (descriptor,), _, _ = socket.recv_fds(self.channel, 1, 1)
        return socket.socket(fileno=descriptor)

    def _seen(self, answer: dict, name: str, of: int | None) -> object:
        match answer:
            case {"is": "nothing"}:
                raise Absent(name)
            case {"is": "class", "value": str(called)}:
                return _class(self, name, called)
            case {"is": "function"}:
                return lambda *arguments: self.call(name, of, arguments)
            case {"is": "value", "value": list(value)}:
                return _decoded(value)
        raise Lost("no answer to a look")

    def _request(self, request: dict) -> None:
        written = io.BytesIO()
        Pickler(written, self).dump(request)
        self.channel.settimeout(GRACE_S)
        send(self.channel, written.getvalue())

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


async def _coroutine(worker: WorkerClient, number: int) -> object:
    """Return what a learner's coroutine returns: each of its steps is taken in the worker."""
    return await _steps(worker, number)


@coroutine
def _steps(worker: WorkerClient, number: int) -> Generator[object, object, object]:
    how: str = "send"
    given: object = None
    while True:
        try:
            waits_for = worker.call(how, number, (given,))
        except StopIteration as end:
            return end.value
        try:
            how, given = "send", (yield waits_for)
        except (Exception, asyncio.CancelledError) as error:
            how, given = "throw", error


class Made:
    """An object of a learner's class: its attributes are read, set and called in the worker."""

    def __init__(self, worker: WorkerClient, number: int) -> None:
        self.__dict__.update(_worker=worker, _number=number)

    def __getattr__(self, name: str) -> object:
        try:
            value = self._worker.read(name, self._number)
        except Absent:
            raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'") from None
        if callable(value):
            self.__dict__[name] = value  # a method stays one
        return value

    def __setattr__(self, name: str, value: object) -> None:
        self._worker.set(name, self._number, value)


def _class(worker: WorkerClient, name: str, called: str) -> type:
    """Return a class whose objects are made in the worker, by the learner's class of that name."""

    def make(made: Made, *arguments: object) -> None:
        made.__dict__.update(vars(worker.call(name, None, arguments)))

    return type(called, (Made,), {"__init__": make})


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
    known = getattr(builtins, name, None) or getattr(asyncio, name, None)
    if not (isinstance(known, type) and issubclass(known, BaseException)):
        known = type(name, (Exception,), {})
    try:
        return known(message)
    except Exception:
        return Exception(message)

"""The learner's process: runs the cells, and calls a function on request.

The judge trusts none of its answers; `worker_client` is the judge's end.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import os
import pickle
import signal
import socket
import sys
import threading
import weakref
from collections.abc import Generator
from types import CoroutineType
from typing import Any

from tcpkit.check.values import plain
from tcpkit.lab import Lab
from tcpkit.lab.agent_client import AgentClient
from tcpkit.marks import sandbox
from tcpkit.marks.messages import CHANGEABLE, encode, receive, send

FIRST_OWN_ID = 1 << 40  # of requests to the lab's agent; the judge's begin at 1


class AgentProcess:
    """The agent's process, as seen from a process that did not start it."""

    stderr = io.BytesIO()

    def poll(self) -> None:
        """Return None: the agent runs, or the socket to it says that it ended."""

    def wait(self) -> int:
        return 0


class LentAgent(AgentClient):
    """A client of the judge's agent, by the judge's socket to it."""

    def __init__(self, control: socket.socket, pid: int, kind: str) -> None:
        self.kind, self.pid = kind, pid
        self.kept = []
        self._owner = os.getpid()
        self._lock = threading.Lock()
        self._ids = itertools.count(FIRST_OWN_ID)
        self._control = control
        self._process = AgentProcess()
        self.close = weakref.finalize(self, control.close)  # the judge ends the agent


def lent_lab(control: socket.socket, pid: int, kind: str) -> Lab:
    """Return a lab in the judge's network."""
    lab = Lab.__new__(Lab)
    lab._agent = LentAgent(control, pid, kind)
    lab._raw = lab._scapy = None
    lab._enders = {}
    lab._far_ends = {}
    return lab


class Unpickler(pickle.Unpickler):
    """Read what the judge sends: a lab comes as the number of one that was lent, what stays there as its number."""

    def __init__(self, file: io.BytesIO, worker: Worker) -> None:
        super().__init__(file)
        self.worker = worker

    def persistent_load(self, named: tuple[str, int]) -> object:
        kind, number = named
        return self.worker.labs[number] if kind == "lab" else InTheJudge(self.worker, number)


def encoded(value: object) -> list:
    """Return any value as JSON has it; a range by its three numbers, as it may hold more than there is room for.

    >>> encoded(range(0, 2**32))
    ['range', '0', '100000000', '1']
    """
    if type(value) is range:
        return ["range", *(f"{each:x}" for each in (value.start, value.stop, value.step))]
    return encode(plain(value))


class InTheJudge:
    """An object that stays in the judge: its names are read, set and called there."""

    def __init__(self, worker: Worker, number: int) -> None:
        self.__dict__.update(_worker=worker, _number=number)

    def __getattr__(self, name: str) -> object:
        if (self._number, name) in self._worker.numbers:
            return self._worker.numbers[self._number, name]
        answer = self._worker.ask(self._number, "get", name)
        if "returned" in answer:
            return answer["returned"]

        def method(*given: object, **fields: object) -> object:
            return self._worker.ask(self._number, "call", name, *given, **fields)["returned"]

        self.__dict__[name] = method  # it is asked for once
        return method

    def __setattr__(self, name: str, value: object) -> None:
        self._worker.ask(self._number, "set", name, value)

    def recv_into(self, buffer: bytearray | memoryview, size: int = 0) -> int:
        """Receive into a buffer, which stays here."""
        data = self.recv(size or len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def __call__(self, *given: object) -> object:
        return self._worker.ask(self._number, "call", "__call__", *given)["returned"]

    def __await__(self) -> Generator[object, None, object]:
        while True:
            try:
                waits_for = self.send(None)
            except StopIteration as end:
                return end.value
            yield waits_for


class Worker:
    """A notebook's namespace, and one method for each kind of request."""

    def __init__(self, channel: socket.socket) -> None:
        from IPython.core.interactiveshell import InteractiveShell
        from traitlets.config import Config

        self.channel = channel
        self.labs: list[Lab] = []  # that the judge has lent
        self.made: list[object] = []  # by the learner's classes and coroutine functions
        self.numbers: dict[tuple[int, str], object] = {}  # of what was asked last in the judge
        self.passed: socket.socket | None = None  # goes to the judge with the next answer
        settings = Config()
        settings.HistoryManager.enabled = False
        self.shell = InteractiveShell.instance(config=settings)
        self.names = self.shell.user_ns

    def serve(self) -> None:
        """Report that we are ready, and answer requests until the socket closes."""
        send(self.channel, b"{}")
        while True:
            request, self.numbers = self._received(), {}
            answer = getattr(self, f"do_{request.pop('do')}")(**request)
            send(self.channel, json.dumps(answer).encode())
            if self.passed is not None:
                socket.send_fds(self.channel, [b"\0"], [self.passed.fileno()])
                self.passed.close()
                self.passed = None

    def ask(self, number: int, what: str, name: str, *arguments: object, **fields: object) -> dict:
        """Have the judge get, set or call a name of an object of its own, and return what came of it."""
        given = [encode(plain(each)) for each in (arguments, fields)]
        send(self.channel, json.dumps({"ask": [number, what, name, *given]}).encode())
        answer = self._received()
        self.numbers = {(number, each): value for each, value in answer.get("numbers", {}).items()}
        if "raised" in answer:
            raise answer["raised"]
        return answer

    def _received(self) -> dict:
        return Unpickler(io.BytesIO(receive(self.channel)), self).load()

    def do_run(self, source: str) -> dict:
        """Run a cell; what it raises is not reported."""
        with contextlib.suppress(BaseException):
            signal.signal(signal.SIGINT, signal.default_int_handler)
            self.shell.run_cell(source, store_history=False)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a late one must not interrupt the next cell
        return {}

    def do_lend(self, pid: int, kind: str, replaces: bool) -> dict:
        """Receive a lab of the judge's; it may replace the notebook's labs."""
        send(self.channel, b"{}")  # ready for the descriptor
        _, (descriptor,), _, _ = socket.recv_fds(self.channel, 1, 1)
        self.labs.append(lent_lab(socket.socket(fileno=descriptor), pid, kind))
        for name in [name for name, value in self.names.items() if replaces and isinstance(value, Lab)]:
            self.names[name] = self.labs[-1]
        return {}

    def do_look(self, name: str, of: int | None) -> dict:
        """Say what a name is bound to, in the notebook or in an object: a function, a class, a value, nothing."""
        try:
            value = self._named(name, of)
        except BaseException:
            return {"is": "nothing"}
        if of is None and isinstance(value, type):
            return {"is": "class", "value": value.__name__}
        if callable(value):
            return {"is": "function"}
        return {"is": "value", "value": encode(plain(value))}

    def do_call(self, name: str, arguments: tuple, of: int | None) -> dict:
        """Call a learner's function; return its value or error, and the arguments.

        An object of a class and a coroutine stay here, and have a number; what is the judge's own goes back as its
        number; a socket follows as a descriptor.
        """
        try:
            called = self._named(name, of)
            value = called(*arguments)
            if isinstance(called, type) or isinstance(value, CoroutineType):
                self.made.append(value)
                answer = {
                    "made": len(self.made) - 1,
                    "is": "coroutine" if isinstance(value, CoroutineType) else "object",
                }
            elif isinstance(value, InTheJudge):
                answer = {"handed": value.__dict__["_number"]}
            elif isinstance(value, socket.socket) and value.fileno() >= 0:
                self.passed = value
                answer = {"passed": True}
            else:
                answer = {"returned": encoded(value)}
            if of is not None:  # most that is read next, such as the `next` of a reassembler
                held = getattr(self.made[of], "__dict__", {}).items()
                answer["numbers"] = {name: encode(plain(one)) for name, one in held if type(one) in (int, float)}
        except BaseException as error:
            answer = {"raised": type(error).__name__}
            with contextlib.suppress(BaseException):
                answer["message"] = str(error)[:1_000]
            if isinstance(error, StopIteration):  # a coroutine has returned
                answer["value"] = encode(plain(error.value))
        return answer | {"arguments": [isinstance(one, CHANGEABLE) and encode(plain(one)) for one in arguments]}

    def do_set(self, name: str, value: object, of: int) -> dict:
        """Set an attribute of an object."""
        with contextlib.suppress(BaseException):
            setattr(self.made[of], name, value)
        return {}

    def _named(self, name: str, of: int | None) -> Any:
        return self.names[name] if of is None else getattr(self.made[of], name)


def main() -> None:
    """Enter the sandbox, and serve."""
    channel_fd, lifeline, seconds, protected = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4]
    try:
        sandbox.enter_own_process_tree(lifeline)
    except OSError:
        if protected == "True":  # in the judge's own namespaces a cell could change the judge
            raise
        sandbox.end_with_parent()
    sandbox.limit(seconds)
    sandbox.limit_processes()
    sys.path.insert(0, "")  # as in a notebook
    with contextlib.suppress(Exception):  # the judge has closed the socket
        Worker(socket.socket(fileno=channel_fd)).serve()
    os._exit(0)  # runs nothing that a cell registered for the end


if __name__ == "__main__":
    main()

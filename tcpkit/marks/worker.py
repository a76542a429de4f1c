"""The learner's process: runs the cells, and calls a function when asked.

Nothing that is said here is believed; `seat` is the judge's end of it.
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

from tcpkit.check.plain import plain
from tcpkit.lab import Lab
from tcpkit.lab.ground import Ground
from tcpkit.marks import cage
from tcpkit.marks.values import encode, receive, send

FIRST_OWN_ID = 1 << 40  # of requests to the lab's agent; the judge counts from 1


class Agent:
    """The judge's agent, as far as somebody else's process can know it."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.stderr = io.BytesIO()

    def poll(self) -> None:
        """Return None: it runs, or the socket to it says that it does not."""

    def wait(self) -> int:
        return 0


class Lent(Ground):
    """The judge's network, by its socket to the agent there."""

    def __init__(self, control: socket.socket, pid: int, kind: str) -> None:
        self.kind = kind
        self._belongings: list[socket.socket] = []
        self.idle_taps: list = []
        self._owner = os.getpid()
        self._lock = threading.Lock()
        self._ids = itertools.count(FIRST_OWN_ID)
        self._control = control
        self._agent = Agent(pid)
        self.close = weakref.finalize(self, control.close)  # it is the judge's to end


def lent_lab(control: socket.socket, pid: int, kind: str) -> Lab:
    """Return a lab in the judge's network."""
    lab = Lab.__new__(Lab)
    lab._ground = Lent(control, pid, kind)
    lab._raw = None
    lab._enders = {}
    lab._far_ends = {}
    return lab


class Unpickler(pickle.Unpickler):
    """Read what the judge sends, its lab by name."""

    def __init__(self, file: io.BytesIO, lab: Lab | None) -> None:
        super().__init__(file)
        self.lab = lab

    def persistent_load(self, name: str) -> object:
        return self.lab


class Desk:
    """A notebook's namespace, and what may be done with it."""

    def __init__(self, channel: socket.socket) -> None:
        from IPython.core.interactiveshell import InteractiveShell
        from traitlets.config import Config

        self.channel = channel
        self.lab: Lab | None = None
        settings = Config()
        settings.HistoryManager.enabled = False
        self.shell = InteractiveShell.instance(config=settings)
        self.names = self.shell.user_ns

    def serve(self) -> None:
        """Say that we are ready, and do what the judge asks until it is done."""
        send(self.channel, b"{}")
        while True:
            request = Unpickler(io.BytesIO(receive(self.channel)), self.lab).load()
            answer = getattr(self, f"do_{request.pop('do')}")(**request)
            send(self.channel, json.dumps(answer).encode())

    def do_run(self, source: str) -> dict:
        """Run a cell; whatever it raises is its own affair."""
        with contextlib.suppress(BaseException):
            signal.signal(signal.SIGINT, signal.default_int_handler)
            self.shell.run_cell(source, store_history=False)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # one that comes too late is not for the next cell
        return {}

    def do_lend(self, pid: int, kind: str) -> dict:
        """Take the judge's lab, and let it stand for the notebook's own."""
        send(self.channel, b"{}")  # ready for the descriptor
        _, (descriptor,), _, _ = socket.recv_fds(self.channel, 1, 1)
        self.lab = lent_lab(socket.socket(fileno=descriptor), pid, kind)
        for name in [name for name, value in self.names.items() if isinstance(value, Lab)]:
            self.names[name] = self.lab
        return {}

    def do_look(self, name: str) -> dict:
        """Say what stands behind a name: a function, a class, a value, nothing."""
        if name not in self.names:
            return {"is": "nothing"}
        value = self.names[name]
        if isinstance(value, type):
            return {"is": "class", "value": value.__name__}
        if callable(value):
            return {"is": "function"}
        return {"is": "value", "value": encode(plain(value))}

    def do_call(self, name: str, arguments: tuple) -> dict:
        """Call a function of the learner's, and say what came of it."""
        try:
            said = {"returned": encode(plain(self.names[name](*arguments)))}
        except BaseException as error:
            said = {"raised": type(error).__name__}
            with contextlib.suppress(BaseException):
                said["message"] = str(error)[:1_000]
        return said | {"arguments": [encode(plain(argument)) for argument in arguments]}


def main() -> None:
    """Shut the desk off, and serve."""
    channel_fd, lifeline, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    cage.hide(lifeline)
    cage.limit(seconds)
    sys.path.insert(0, "")  # as in a notebook
    with contextlib.suppress(Exception):  # the judge is done with us
        Desk(socket.socket(fileno=channel_fd)).serve()
    os._exit(0)  # whatever a cell has left to run at the end


if __name__ == "__main__":
    main()

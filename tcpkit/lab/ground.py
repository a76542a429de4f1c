"""The owner's side of the agent: start it, ask it, notice when it is gone."""

from __future__ import annotations

import itertools
import json
import os
import socket
import subprocess
import sys
import threading
import weakref
from pathlib import Path

from tcpkit.lab.errors import LabClosed

AGENT = Path(__file__).with_name("agent.py")
LARGEST_REPLY = 1 << 16  # bytes
GONE = (
    "The lab is gone: {why}. Sockets that you already hold go on working, among themselves; for anything else, "
    "make a new one: lab = Lab()"
)


class Refused(OSError):
    """Say which step of making the ground the system refused (`.filename`)."""


class Ground:
    """A network to stand on: an agent that lives in it, and answers requests.

    `kind` is "namespace" or "direct". Raises `Refused` when the agent cannot
    enter such a network.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._agent = subprocess.Popen(
                [sys.executable, "-I", "-S", AGENT, str(theirs.fileno()), str(os.getpid()), kind],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # an interrupt of the notebook is not for the agent
            )
        self.close = weakref.finalize(self, _end, self._control, self._agent)
        hello = self._control.recv(LARGEST_REPLY)
        if not hello:
            raise LabClosed(GONE.format(why=self._last_words()))
        refusal = json.loads(hello)
        if refusal:
            self.close()
            raise Refused(refusal["errno"], refusal["message"], refusal["where"])

    @property
    def pid(self) -> int:
        """Return the agent's process id."""
        return self._agent.pid

    def network(self, name: str) -> str:
        """Return the text of /proc/net/`name`, as seen inside."""
        try:
            return Path(f"/proc/{self.pid}/net/{name}").read_text()
        except OSError:
            self.check()
            raise

    def check(self) -> None:
        """Raise `LabClosed` if the agent is gone."""
        if not self.close.alive:
            raise LabClosed(GONE.format(why="it was closed"))
        if self._agent.poll() is not None:
            raise LabClosed(GONE.format(why=self._last_words()))

    def ask(self, do: str, descriptors: tuple[int, ...] = (), **request: object) -> tuple[dict, list[int]]:
        """Return the agent's answer, and the descriptors that came with it.

        `OSError` is what the request met inside; `LabClosed`: no agent.
        """
        with self._lock:
            self.check()
            number = next(self._ids)
            message = json.dumps({"do": do, "id": number, **request}).encode()
            try:
                socket.send_fds(self._control, [message], descriptors)
                reply, handed = self._reply(number)
            except ConnectionError:
                raise LabClosed(GONE.format(why=self._last_words())) from None
        if reply.get("errno"):
            raise OSError(reply["errno"], reply["message"], reply["where"])
        return reply, handed

    def _reply(self, number: int) -> tuple[dict, list[int]]:
        """Wait for the answer to this request, past those that nobody awaits.

        An interrupted cell leaves its answer behind in the socket.
        """
        while True:
            message, handed, _, _ = socket.recv_fds(self._control, LARGEST_REPLY, 4)
            if not message:
                raise ConnectionResetError
            reply = json.loads(message)
            if reply["id"] == number:
                return reply, handed
            for descriptor in handed:
                os.close(descriptor)

    def _last_words(self) -> str:
        """Say how the agent ended, and what it printed."""
        status = self._agent.wait()
        said = self._agent.stderr.read().decode(errors="replace").strip().splitlines()
        how = f"its agent was ended by signal {-status}" if status < 0 else "its agent stopped"
        return f"{how} ({said[-1]})" if said else how


def _end(control: socket.socket, agent: subprocess.Popen) -> None:
    """Close the control socket, which ends the agent, and see it end."""
    control.close()
    agent.wait()
    agent.stderr.close()

"""Open a socket inside the lab, and send other requests to its agent.

The agent (agent.py) is a process in the lab's network; `AgentClient` is its
client in the notebook's process. All requests to the lab's kernel pass here.
"""

from __future__ import annotations

import errno
import itertools
import marshal
import os
import socket
import struct
import subprocess
import sys
import threading
import weakref
from contextlib import suppress
from pathlib import Path
from socket import socket as Socket  # its name within a class that has a method `socket`
from typing import Protocol, TypeVar

from tcpkit.lab.errors import LabClosed, LabError
from tcpkit.lab.interrupt import uninterrupted

AGENT = Path(__file__).with_name("agent.py")
LARGEST_REQUEST = 1 << 18  # bytes; agent.py receives no larger one, and many systems send no larger one
LARGEST_REPLY = 1 << 16
MOST_DESCRIPTORS = 1  # the agent hands over one socket at a time
GONE = (
    "The {what} is gone: {why}. Make a new one, {again}, and run again the cells that opened or started something in it"
)


class Closable(Protocol):
    """Something that a lab closes when it ends."""

    def close(self) -> None:
        """Release memory, descriptors and threads."""


Kept = TypeVar("Kept", bound=Closable)


class Refused(OSError):
    """Say which step of entering the network was refused (`.filename`)."""


class AgentClient:
    """An agent in a network of its own, and the requests that it answers.

    `kind` is "namespace" or "direct". `within` is the agent of a lab that
    gets another network by this one, of that name; it ends with the lab's
    agent. Raises `Refused` when the agent cannot enter such a network.
    """

    def __init__(self, kind: str, within: AgentClient | None = None, name: str = "") -> None:
        self.kind, self.name = kind, name
        self.kept: list[Closable] = []  # closed with the lab, the last first
        # Of each talk so far: the host's address, its port and the kernel's.
        self.talks: set[tuple[str, int, int]] = set()
        self.serving: list[int] = []  # threads whose event loops serve (`Host.asyncio`), once for each port
        self._owner = os.getpid()
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self._process: subprocess.Popen
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        owner, entered_kind = (within._process.pid, f"within:{within.pid}") if within else (self._owner, kind)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", AGENT, str(theirs.fileno()), str(owner), entered_kind],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # a Jupyter interrupt must not reach the agent
            )
        self.close = weakref.finalize(self, _end, self._owner, self._control, self._process, self.kept)
        hello = self._control.recv(LARGEST_REPLY)
        if not hello:
            raise self._gone(self._how_it_ended())
        entered = marshal.loads(hello)
        if "errno" in entered:
            self.close()
            raise Refused(entered["errno"], entered["message"], entered["where"])
        self.pid: int = entered["pid"]  # as /proc has it

    def proc_net(self, name: str) -> str:
        """Return the text of the lab's /proc/net/`name`, or "" without one."""
        self.check()
        try:
            return Path(f"/proc/{self.pid}/net/{name}").read_text()
        except OSError:
            self.request("nothing")  # raises `LabClosed` if the agent has ended meanwhile
            return ""

    def check(self) -> None:
        """Raise `LabClosed` if the agent is gone."""
        if os.getpid() != self._owner:
            raise LabClosed("This lab belongs to the process that made it, and this is a copy: lab = Lab() here too")
        if not self.close.alive:
            raise self._gone("it was closed")
        with uninterrupted():  # an interrupt inside poll() could leave its lock taken
            has_ended = self._process.poll() is not None
        if has_ended:
            raise self._gone(self._how_it_ended())

    def _gone(self, why: str) -> LabClosed:
        what, again = "lab", "lab = Lab()"
        if self.name:
            what, again = f"network {self.name!r}", f"lab.namespace({self.name!r})"
        return LabClosed(GONE.format(what=what, why=why, again=again))

    def socket(self, family: int, type: int, protocol: int = 0) -> Socket:
        """Return a socket of this network."""
        _, (made,) = self.request("socket", family=int(family), type=int(type), protocol=int(protocol))
        if type & socket.SOCK_NONBLOCK:
            made.setblocking(False)  # sets Python's own record of it too
        return made

    def keep(self, one: Kept) -> Kept:
        """Close this object when the lab ends; return the object."""
        self.kept.append(one)
        return one

    def let_go(self, one: Closable) -> None:
        """Undo `keep`: the caller closes the object."""
        if one in self.kept:
            self.kept.remove(one)

    def request(self, do: str, descriptors: tuple[int, ...] = (), **details: object) -> tuple[dict, list[Socket]]:
        """Return the agent's answer, and the sockets that came with it.

        Raises the `OSError` that the agent met, or `LabClosed` without one.
        """
        with self._lock, uninterrupted():
            self.check()
            number = next(self._ids)
            message = marshal.dumps({"do": do, "id": number, **details})
            try:
                self._send(message, descriptors)
                reply, handed = self._reply(number)
            except OSError as error:
                if not isinstance(error, ConnectionError) and error.errno != errno.EBADF:
                    raise
                raise self._gone(self._how_it_ended()) from None
        if reply.get("errno"):
            raise OSError(reply["errno"], reply["message"])
        if len(handed) < reply["descriptors"]:
            raise OSError(errno.EMFILE, "This process has too many files and sockets open to take one more: close some")
        return reply, handed

    def _send(self, message: bytes, descriptors: tuple[int, ...]) -> None:
        try:
            if len(message) > LARGEST_REQUEST:
                raise OSError(errno.EMSGSIZE, os.strerror(errno.EMSGSIZE))
            socket.send_fds(self._control, [message], descriptors)
        except OSError as error:
            if error.errno != errno.EMSGSIZE:
                raise
            raise LabError(
                f"{len(message):,} bytes are too many to hand to the lab at once. A command goes together with "
                "the environment: put long words into a file, or large variables out of os.environ"
            ) from None

    def _reply(self, number: int) -> tuple[dict, list[Socket]]:
        """Wait for the answer to this request, and discard older answers.

        A cell that was interrupted twice leaves its answer in the socket.
        """
        while True:
            message, handed = receive(self._control)
            if not message:
                raise ConnectionResetError
            reply = marshal.loads(message)
            if reply["id"] == number:
                return reply, handed
            for one in handed:
                one.close()

    def _how_it_ended(self) -> str:
        """Say how the agent ended, and what it printed."""
        status, printed = self._process.wait(), list[str]()
        with suppress(ValueError):  # read before, and closed with the lab
            printed = self._process.stderr.read().decode(errors="replace").strip().splitlines()  # type: ignore[union-attr]  # a pipe
        how = f"its agent was ended by signal {-status}" if status < 0 else "its agent stopped"
        return f"{how} ({printed[-1]})" if printed else how


def receive(control: socket.socket) -> tuple[bytes, list[socket.socket]]:
    """Return a message and the sockets that came with it.

    Unlike those of `socket.recv_fds`, no other program inherits them.
    """
    number = struct.Struct("i")
    space = socket.CMSG_SPACE(MOST_DESCRIPTORS * number.size)
    message, extras, _, _ = control.recvmsg(LARGEST_REPLY, space, socket.MSG_CMSG_CLOEXEC)
    return message, [socket.socket(fileno=fd) for *_, data in extras for (fd,) in number.iter_unpack(data)]


def _end(owner: int, control: socket.socket, agent: subprocess.Popen, kept: list[Closable]) -> None:
    """Close what was kept, end the agent by its control socket, and wait."""
    while kept:  # closing one may let go of others
        kept.pop().close()
    if os.getpid() == owner:  # a copy of this process must not end the lab
        with suppress(OSError):  # the agent may be gone; shut down first, as a copy may hold the socket open
            control.shutdown(socket.SHUT_RDWR)
        control.close()
        agent.wait()
        agent.stderr.close()  # type: ignore[union-attr]  # a pipe

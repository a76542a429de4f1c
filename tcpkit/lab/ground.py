"""The owner's side of the agent: start it, ask it, notice when it is gone."""

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
from typing import TYPE_CHECKING, Protocol, TypeVar

from tcpkit.lab.errors import LabClosed, LabError
from tcpkit.lab.interrupt import uninterrupted

if TYPE_CHECKING:
    from tcpkit.lab.tap import Tap

AGENT = Path(__file__).with_name("agent.py")
LARGEST_REQUEST = 1 << 18  # bytes; agent.py receives no larger one, and many systems send no larger one
LARGEST_REPLY = 1 << 16
MOST_DESCRIPTORS = 1  # the agent hands over one socket at a time
GONE = (
    "The lab is gone: {why}. Make a new one, lab = Lab(), and run again the cells that opened or started "
    "something in it"
)


class Closable(Protocol):
    """What a lab can close when it ends."""

    def close(self) -> None:
        """Give back what it holds."""


Belonging = TypeVar("Belonging", bound=Closable)


class Refused(OSError):
    """Say which step of making the ground the system refused (`.filename`)."""


class Ground:
    """A network to stand on: an agent that lives in it, and answers requests.

    `kind` is "namespace" or "direct". Raises `Refused` when the agent cannot
    enter such a network.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._belongings: list[Closable] = []  # closed with the lab, the last first
        self.idle_taps: list[Tap] = []  # and so are these: the next capture takes one
        self._owner = os.getpid()
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._agent = subprocess.Popen(
                [sys.executable, "-I", "-S", AGENT, str(theirs.fileno()), str(self._owner), kind],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # an interrupt of the notebook is not for the agent
            )
        self.close = weakref.finalize(
            self, _end, self._owner, self._control, self._agent, self._belongings, self.idle_taps
        )
        hello = self._control.recv(LARGEST_REPLY)
        if not hello:
            raise LabClosed(GONE.format(why=self._last_words()))
        refusal = marshal.loads(hello)
        if refusal:
            self.close()
            raise Refused(refusal["errno"], refusal["message"], refusal["where"])

    @property
    def pid(self) -> int:
        """Return the agent's process id."""
        return self._agent.pid

    def network(self, name: str) -> str:
        """Return the text of /proc/net/`name`, as seen inside; "" if there is none."""
        self.check()
        try:
            return Path(f"/proc/{self.pid}/net/{name}").read_text()
        except OSError:
            self.ask("nothing")  # has the agent ended meanwhile?
            return ""

    def check(self) -> None:
        """Raise `LabClosed` if the agent is gone."""
        if os.getpid() != self._owner:
            raise LabClosed("This lab belongs to the process that made it, and this is a copy: lab = Lab() here too")
        if not self.close.alive:
            raise LabClosed(GONE.format(why="it was closed"))
        with uninterrupted():  # poll() takes a lock that an interrupt at the wrong moment would leave taken
            has_ended = self._agent.poll() is not None
        if has_ended:
            raise LabClosed(GONE.format(why=self._last_words()))

    def socket(self, family: int, type: int, protocol: int = 0) -> socket.socket:
        """Return a socket of this network."""
        _, (made,) = self.ask("socket", family=int(family), type=int(type), protocol=int(protocol))
        if type & socket.SOCK_NONBLOCK:
            made.setblocking(False)  # Python keeps a note of its own
        return made

    def keep(self, one: Belonging) -> Belonging:
        """Return what from now on is closed with the lab: a socket, or the like."""
        self._belongings.append(one)
        return one

    def let_go(self, one: Closable) -> None:
        """Forget what was closed before the lab was."""
        if one in self._belongings:
            self._belongings.remove(one)

    def idle_tap(self, interface: str) -> Tap | None:
        """Return a tap on the interface that nobody uses now, if there is one."""
        for number, tap in enumerate(self.idle_taps):
            if tap.interface == interface:
                return self.idle_taps.pop(number)
        return None

    def close_taps(self, interface: str) -> None:
        """Close the taps of an interface that goes away."""
        for tap in [tap for tap in self.idle_taps if tap.interface == interface]:
            self.idle_taps.remove(tap)
            tap.close()

    def ask(self, do: str, descriptors: tuple[int, ...] = (), **request: object) -> tuple[dict, list[socket.socket]]:
        """Return the agent's answer, and the sockets that came with it.

        `OSError` is what the request met inside; `LabClosed`: no agent.
        """
        with self._lock, uninterrupted():
            self.check()
            number = next(self._ids)
            message = marshal.dumps({"do": do, "id": number, **request})
            try:
                self._send(message, descriptors)
                reply, handed = self._reply(number)
            except OSError as error:
                if not isinstance(error, ConnectionError) and error.errno != errno.EBADF:
                    raise
                raise LabClosed(GONE.format(why=self._last_words())) from None
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

    def _reply(self, number: int) -> tuple[dict, list[socket.socket]]:
        """Wait for the answer to this request, past those that nobody awaits.

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

    def _last_words(self) -> str:
        """Say how the agent ended, and what it printed."""
        status, said = self._agent.wait(), []
        with suppress(ValueError):  # read before, and closed with the lab
            said = self._agent.stderr.read().decode(errors="replace").strip().splitlines()
        how = f"its agent was ended by signal {-status}" if status < 0 else "its agent stopped"
        return f"{how} ({said[-1]})" if said else how


def receive(control: socket.socket) -> tuple[bytes, list[socket.socket]]:
    """Return a message and the sockets that came with it.

    `socket.recv_fds` would let other programs inherit them.
    """
    number = struct.Struct("i")
    room = socket.CMSG_SPACE(MOST_DESCRIPTORS * number.size)
    message, extras, _, _ = control.recvmsg(LARGEST_REPLY, room, socket.MSG_CMSG_CLOEXEC)
    return message, [socket.socket(fileno=fd) for *_, data in extras for (fd,) in number.iter_unpack(data)]


def _end(
    owner: int, control: socket.socket, agent: subprocess.Popen, belongings: list[Closable], taps: list[Tap]
) -> None:
    """Close the control socket, which ends the agent, and see it end."""
    for one in (*reversed(belongings), *taps):
        one.close()
    if os.getpid() == owner:  # a copy of this process must not end the lab
        with suppress(OSError):  # the agent may be gone; and a copy may hold the socket open: so shut it down first
            control.shutdown(socket.SHUT_RDWR)
        control.close()
        agent.wait()
        agent.stderr.close()

"""One connection as coroutines see it, and the three that make it awaitable."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from tcpkit.lab.cables.loop_relay import LoopRelay
from tcpkit.lab.errors import numbered
from tcpkit.stack.connection import Connection

MOST = 1 << 16  # bytes read, or handed over, at once
Result = TypeVar("Result")


class Turned(Protocol):
    """What can be waited for: a line, or a port where lines come in."""

    async def turned(self) -> None:
        """Return when the stack was turned once more."""


class Line:
    """A connection of a stack in an event loop. Only `turned` waits.

    `turned` returns when the stack was turned once more: it took in what had
    come, and sent what was to be sent, perhaps for another line.
    """

    def __init__(self, relay: LoopRelay, connection: Connection) -> None:
        self.connection = connection
        self.local, self.remote = connection.local, connection.remote
        self.turned = relay.turned
        self._do = relay.do

    @property
    def unread(self) -> int:
        """Return how many bytes wait to be read."""
        return self.connection.unread

    @property
    def has_ended(self) -> bool:
        """Say whether all that the other side sent was read, and no more will come."""
        return self.connection.has_ended

    @property
    def room(self) -> int:
        """Return how many bytes `send` would take now."""
        snd = self.connection.snd
        return max(0, self.connection.settings.send_buffer - (snd.end - min(snd.una, snd.end)))

    @property
    def error(self) -> OSError | None:
        """Return why the connection broke, or None."""
        return numbered(self.connection.error) if self.connection.error else None

    def recv(self, most: int = MOST) -> bytes:
        """Return what has come, `most` bytes at most, perhaps b""; `OSError` if it broke."""
        return self._told(lambda now: self.connection.recv(most))

    def send(self, data: bytes) -> int:
        """Take bytes to send, as many as there is room for; return how many."""
        return self._told(lambda now: self.connection.send(data))

    def close(self) -> None:
        """Send no more; what the other side sends still comes."""
        self._do(lambda now: self.connection.close())

    def release(self) -> None:
        """Close both ways."""
        self._do(lambda now: self.connection.release())

    def abort(self) -> None:
        """End at once, with an RST."""
        self._do(lambda now: self.connection.abort())

    def _told(self, call: Callable[[float], Result]) -> Result:
        try:
            return self._do(call)
        except OSError as error:
            raise numbered(error) from None

    def __repr__(self) -> str:
        return f"{self.local[0]}:{self.local[1]} to {self.remote[0]}:{self.remote[1]}, {self.connection.state}"


async def until(line: Turned, predicate: Callable[[], object]) -> None:
    """Return once the predicate is true. Built in lesson 14."""
    while not predicate():
        await line.turned()


async def read(line: Line, most: int = MOST) -> bytes:
    """Return at least one byte, or b"" at the end. Built in lesson 14."""
    await until(line, lambda: line.unread or line.has_ended or line.error)
    return line.recv(most)


async def write(line: Line, data: bytes) -> None:
    """Return when all of the data is taken. Built in lesson 14."""
    while data:
        data = data[line.send(data) :]
        await until(line, lambda: line.room or line.error)


@dataclass(frozen=True)
class Door:
    """Three coroutines that make a TCP awaitable; you write them in lesson 14."""

    until: Callable[[Turned, Callable[[], object]], Awaitable[None]] = until
    read: Callable[[Line, int], Awaitable[bytes]] = read
    write: Callable[[Line, bytes], Awaitable[None]] = write


DOOR = Door()

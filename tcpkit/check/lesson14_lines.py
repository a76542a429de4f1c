"""Lesson 14's coroutines, driven by hand: a line whose turns are a script, and then real streams over a lab."""

from __future__ import annotations

import asyncio
import random
import types
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from tcpkit.check.deadline import Deadline
from tcpkit.stack.stack import Stack

TURN, CANCEL, GOES_ON = "the next turn", "was cancelled", "goes on when it is cancelled"
MOST_TURNS, MOST_LOOKS = 200, 60  # before a coroutine is said to wait for ever; between two turns
MOST_ROOM = 4  # to which a turn fills the room up
SIZE = 3_000_000
DATA = random.Random(14).randbytes(SIZE)
SENT = f"Then {SIZE:,} bytes were sent to the kernel and back, and "
CAME = f"Then {SIZE:,} bytes went to the kernel and back, by asyncio's own streams over it: equal."
ECHO = """
import socket, sys
server = socket.create_server((sys.argv[1], 8000))
connection, _ = server.accept()
while data := connection.recv(1 << 16):
    connection.sendall(data)
connection.close()
"""
PATIENCE_S = 5.0
UNENDED = {
    *("asks without a turn", "never waits", "waits for ever", "waits for something else"),
    *("no coroutine", CANCEL, GOES_ON),
}
Event = object  # bytes that come, an int of room, an error, END, or None: news for another connection
END = "end"


class Held(Exception):
    """Somebody looks at a line again and again, and never lets a turn happen."""


class Line:
    """A line without a network: at each turn, the next event of a script happens."""

    def __init__(self, *script: Event, room: int = 0) -> None:
        self._script = iter(script)
        self._came, self._ended, self._error, self._room = b"", False, None, room
        self.sent, self._looks, self.turns = b"", 0, 0

    @types.coroutine
    def turned(self) -> Iterator[str]:
        """Return when the next event has happened."""
        yield TURN

    def turn(self) -> Event:
        """Let the next event happen; return it."""
        event = next(self._script, None)
        self._looks, self.turns = 0, self.turns + 1
        if isinstance(event, bytes):
            self._came += event
        elif isinstance(event, int):
            self._room = min(self._room + event, MOST_ROOM)
        elif isinstance(event, OSError):
            self._error = event
        self._ended |= event == END
        return event

    def look(self) -> None:
        self._looks += 1
        if self._looks > MOST_LOOKS:
            raise Held

    @property
    def unread(self) -> int:
        self.look()
        return len(self._came)

    @property
    def room(self) -> int:
        self.look()
        return self._room

    @property
    def has_ended(self) -> bool:
        self.look()
        return self._ended and not self._came

    @property
    def error(self) -> OSError | None:
        self.look()
        return self._error

    def recv(self, most: int = 65_536) -> bytes:
        self.look()
        if self._error and not self._came:
            raise self._error
        came, self._came = self._came[:most], self._came[most:]
        return came

    def send(self, data: bytes) -> int:
        self.look()
        if self._error:
            raise self._error
        taken = bytes(data[: self._room])
        self.sent, self._room = self.sent + taken, self._room - len(taken)
        return len(taken)


def driven(make: Callable[[], Any], line: Line) -> object:
    """Make a coroutine and run it turn by turn; return what it returned, or in words how it did not."""
    made = None
    try:
        made = make()
        if not isinstance(made, Coroutine):
            return made if made is ... else "no coroutine"
        asked = made.send(None)
        while line.turns < MOST_TURNS:
            if asked is None:
                return "asks without a turn"
            if asked != TURN:
                return "waits for something else"
            if line.turn() is CANCEL:
                return _cancelled(made)
            asked = made.send(None)
        return "waits for ever"
    except StopIteration as end:
        return end.value
    except Held:
        return "never waits"
    except RuntimeError as error:
        if str(error) != "no running event loop":
            raise
        return "waits for something else"  # of asyncio's, such as `asyncio.sleep`
    finally:
        with suppress(RuntimeError, AttributeError):  # it goes on; there is none
            made.close()


def _cancelled(made: Coroutine) -> str:
    """Cancel a coroutine that waits; return how it took that."""
    try:
        made.throw(asyncio.CancelledError())
    except asyncio.CancelledError:
        return CANCEL
    except StopIteration:
        pass
    return GOES_ON


async def until(line: Any, predicate: Callable[[], object]) -> None:
    while not predicate():
        await line.turned()


async def read(line: Any, most: int = 65_536) -> bytes:
    await until(line, lambda: line.unread or line.has_ended or line.error)
    return line.recv(most)


async def write(line: Any, data: bytes) -> None:
    while data:
        data = data[line.send(data) :]
        await until(line, lambda: line.room or line.error)


def there_and_back(lab: Any, **ours: Callable) -> str:
    """Send three megabytes there and back, by asyncio's streams over these coroutines; return what went wrong."""
    door = types.SimpleNamespace(**{"until": until, "read": read, "write": write} | ours)

    async def main() -> bytes:
        host = lab.host()
        lab.start(["python", "-c", ECHO, host.gateway], port=8000)
        async with host.asyncio(Stack(host.address), door=door):
            reader, writer = await asyncio.open_connection(host.gateway, 8000)
            sending = asyncio.create_task(_send(writer))
            came = await reader.read()
            await sending
            writer.close()
            return came

    async def in_time() -> bytes:
        return await asyncio.wait_for(main(), PATIENCE_S * Deadline.slack)

    # In a thread of its own: the notebook's loop runs in this one.
    with ThreadPoolExecutor(1) as pool:
        try:
            came = pool.submit(asyncio.run, in_time()).result()
        except TimeoutError:
            return f"{SENT}after {PATIENCE_S:g} seconds they had not come."
    return "" if came == DATA else f"{SENT}{len(came):,} came."


async def _send(writer: asyncio.StreamWriter) -> None:
    writer.write(DATA)
    await writer.drain()
    writer.write_eof()

"""asyncio's transport over a line: what a protocol of asyncio, and TLS, ask of a connection."""

from __future__ import annotations

import asyncio
import socket
from asyncio.constants import _SendfileMode
from asyncio.transports import _FlowControlMixin
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Any

from tcpkit.lab.cables.door import MOST, Door, Line
from tcpkit.lab.cables.loop_relay import LoopRelay, begun, name_of
from tcpkit.lab.errors import LabError
from tcpkit.stack.settings import wrong


class SocketLookAlike:
    """Answers those who ask a transport for its socket; there is none."""

    family, type, proto = socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP

    def __init__(self, local: tuple[str, int], remote: tuple[str, int] | None = None) -> None:
        self._local, self._remote = local, remote
        self._options: dict[tuple[int, int], Any] = {}

    def fileno(self) -> int:
        """Return -1: there is no descriptor."""
        return -1

    def getsockname(self) -> tuple[str, int]:
        """Return the stack's end."""
        return self._local

    def getpeername(self) -> tuple[str, int]:
        """Return the other end."""
        if self._remote is None:
            raise OSError("Nobody is at the other end: this port listens")
        return self._remote

    def setsockopt(self, level: int, option: int, value: Any, length: int | None = None) -> None:
        """Remember an option; it changes nothing."""
        self._options[level, option] = value

    def getsockopt(self, level: int, option: int, length: int = 0) -> Any:
        """Return what was set, or 0."""
        return self._options.get((level, option), 0)


class Transport(_FlowControlMixin):
    """A line as asyncio's protocols know connections: one task reads, one writes, both through the door."""

    _maybe_pause_protocol: Callable[[], None]
    _maybe_resume_protocol: Callable[[], None]
    _start_tls_compatible = True
    _sendfile_compatible = _SendfileMode.FALLBACK

    def __init__(
        self, relay: LoopRelay, line: Line, door: Door, protocol: asyncio.BaseProtocol, on_lost: Callable[..., None]
    ) -> None:
        look_alike = SocketLookAlike(line.local, line.remote)
        super().__init__({"peername": line.remote, "sockname": line.local, "socket": look_alike}, relay.loop)
        self._relay, self._line, self._door, self._on_lost = relay, line, door, on_lost
        self._loop = relay.loop
        self._protocol: Any = protocol
        self._may_read, self._has_news = asyncio.Event(), asyncio.Event()
        self._may_read.set()
        self._unsent = bytearray()  # not yet handed to the door
        self._has_eof = self._is_closing = self._is_lost = False
        self._loop.call_soon(protocol.connection_made, self)
        self._tasks = [self._loop.create_task(self._run(part)) for part in (self._read, self._write)]

    async def _run(self, part: Callable[[], Awaitable[None]]) -> None:
        """Run one of the two tasks; its error ends the connection."""
        try:
            await part()
        except (OSError, LabError) as error:
            self._force_close(error)
        except Exception as error:  # the protocol's
            context = {"message": "The protocol raised an error", "exception": error}
            self._loop.call_exception_handler({**context, "transport": self, "protocol": self._protocol})
            self._force_close(error)

    async def _read(self) -> None:
        while True:
            await self._may_read.wait()
            data = await self._relay.watched(self._next)
            await self._may_read.wait()
            if not data:
                break
            self._deliver(data)
        if not self._protocol.eof_received():
            self.close()

    async def _next(self) -> bytes:
        """Return what the door reads."""
        data = await begun(self._door.read, self._line, MOST)
        if not isinstance(data, bytes):
            raise wrong(f"What `{name_of(self._door.read)}` returned", data, 'return bytes, b"" only at the end')
        return data

    def _deliver(self, data: bytes) -> None:
        if not isinstance(self._protocol, asyncio.BufferedProtocol):
            self._protocol.data_received(data)
            return
        left = memoryview(data)
        while left:
            space: Any = self._protocol.get_buffer(len(left))
            count = min(len(space), len(left))
            space[:count] = left[:count]
            self._protocol.buffer_updated(count)
            left = left[count:]

    async def _write(self) -> None:
        while self._unsent or not self._is_closing:
            if self._unsent:
                data = bytes(self._unsent[:MOST])
                await self._relay.watched(self._door.write, self._line, data)
                del self._unsent[: len(data)]
                self._maybe_resume_protocol()
                continue
            if self._has_eof:
                self._line.close()
            self._has_news.clear()
            await self._has_news.wait()
        self._line.release()
        self._lose(None)

    def _force_close(self, error: BaseException | None) -> None:
        """Drop what was not handed over, and close both ways; asyncio's TLS calls this as well."""
        with suppress(LabError):
            self._line.release()
        self._lose(error)

    def _lose(self, error: BaseException | None) -> None:
        if self._is_lost:
            return
        self._is_lost = self._is_closing = True
        self._unsent.clear()
        for task in self._tasks:
            if task is not asyncio.current_task():
                task.cancel()
        self._loop.call_soon(self._protocol.connection_lost, error)
        self._loop.call_soon(self._on_lost, self)

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Let another protocol have what comes."""
        self._protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Return the protocol that has what comes."""
        return self._protocol

    def is_closing(self) -> bool:
        """Say whether it was closed, or is lost."""
        return self._is_closing

    def close(self) -> None:
        """Read no more; close both ways once all that was written is taken."""
        if not self._is_closing:
            self._is_closing = True
            self._tasks[0].cancel()
            self._has_news.set()

    def abort(self) -> None:
        """Drop what was not handed over, and close both ways."""
        self._force_close(None)

    def pause_reading(self) -> None:
        """Take nothing from the line: once its buffer is full, its window closes."""
        self._may_read.clear()

    def resume_reading(self) -> None:
        """Read on."""
        self._may_read.set()

    def is_reading(self) -> bool:
        """Say whether what comes is read."""
        return self._may_read.is_set() and not self._is_closing

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Hand over bytes; `pause_writing` is called when too many wait."""
        if not isinstance(data, bytes | bytearray | memoryview):
            raise TypeError(f"data is bytes; this is {type(data).__name__}. A text becomes bytes by .encode()")
        if self._has_eof:
            raise RuntimeError("Cannot call write() after write_eof()")
        if self._is_closing:
            return
        self._unsent += data
        self._has_news.set()
        self._maybe_pause_protocol()

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        """Hand over several pieces at once."""
        self.write(b"".join(list_of_data))

    def can_write_eof(self) -> bool:
        """Return True: TCP can end one way."""
        return True

    def write_eof(self) -> None:
        """Send no more after this; what comes is still read."""
        self._has_eof = True
        self._has_news.set()

    def get_write_buffer_size(self) -> int:
        """Return how many bytes the door has not taken yet."""
        return len(self._unsent)

"""Dial from a stack in an event loop, and listen on it; no call blocks the loop."""

from __future__ import annotations

import asyncio
import errno
import socket
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from tcpkit.lab.arguments import checked_port, is_address
from tcpkit.lab.cables.door import Door, Line, until
from tcpkit.lab.cables.loop_relay import LoopRelay
from tcpkit.lab.cables.transport import Transport
from tcpkit.lab.errors import LabError
from tcpkit.stack.connection import Connection
from tcpkit.stack.settings import Settings
from tcpkit.stack.stack import EPHEMERAL, Listener, Stack
from tcpkit.stack.states import CLOSED, SYN_RECEIVED, SYN_SENT, TIME_WAIT
from tcpkit.wire.errors import shown

SEND_BUFFER = 1 << 16  # bytes: what a deaf other side can make us keep before a writer waits
FINISH_S = 1.0  # for what is open at the end
Result = TypeVar("Result")


class Place(Protocol):
    """What a stack runs on: a host."""

    gateway: str  # the kernel's address on the cable
    serving: list[int]  # the threads whose event loops serve, once for each port


class Lines:
    """The lines that others open to a port, as they come: `async for line in lines:`."""

    def __init__(self, ports: Ports, listener: Listener) -> None:
        self.listener = listener
        self._ports = ports
        self.turned = ports.relay.turned
        ports.open.append(self)
        ports.serving.append(ports.thread)

    async def __anext__(self) -> Line:
        listener = self.listener
        while not listener.is_closed:
            await self._ports.awaited(self._ports.door.until, self, lambda: listener.ready or listener.is_closed)
            if connection := listener.accept():
                return Line(self._ports.relay, connection)
        raise StopAsyncIteration

    def __aiter__(self) -> Lines:
        return self

    def close(self) -> None:
        """Take no more lines; those that nobody has taken are aborted."""
        if self in self._ports.open:
            self._ports.open.remove(self)
            self._ports.serving.remove(self._ports.thread)
            self.listener.close()
            with suppress(LabError):
                self._ports.relay.do(lambda now: None)


class Ports:
    """What dials and listens in an event loop, at a place such as a host."""

    def __init__(self, relay: LoopRelay, stack: Stack, place: Place, door: Door) -> None:
        self.relay, self.stack, self.door = relay, stack, door
        self.gateway, self.serving = place.gateway, place.serving
        self.thread = threading.get_ident()
        self.open: list[Lines] = []
        self.transports: set[Transport] = set()
        self._settings: Settings = replace(stack.settings, send_buffer=min(SEND_BUFFER, stack.settings.send_buffer))
        self._before = set(stack.connections)

    async def awaited(self, function: Callable[..., Awaitable[Result]], *arguments: Any) -> Result:
        """Await one of the door's coroutines."""
        return await self.relay.watched(function, *arguments)

    def check_way(self, address: str) -> None:
        """Raise `OSError` in the lab's words if there is no way to the address."""
        if not is_address(address):
            raise no_name(address)
        if address == self.stack.address:
            raise OSError(
                errno.EADDRNOTAVAIL,
                f"{address} is this stack itself, and what it sends goes out onto the cable. Dial it from the kernel: "
                'await lab.start("curl ...")',
            )
        if address.rpartition(".")[0] != self.gateway.rpartition(".")[0]:
            raise OSError(
                errno.ENETUNREACH,
                f"There is no way from here to {address}: nothing leaves the lab. The kernel's address is "
                f"{self.gateway}",
            )

    async def dial(self, address: str, port: int, source_port: int | None = None) -> Line:
        """Return a line to a port there, once it is open."""
        self.check_way(address)
        local = None if source_port is None else checked_port(source_port)
        remote, settings = (address, checked_port(port)), self._settings
        line = Line(self.relay, self.relay.do(lambda now: self.stack.connect(*remote, now, local, settings)))
        try:
            await self.awaited(
                self.door.until, line, lambda: line.connection.state not in (SYN_SENT, SYN_RECEIVED) or line.error
            )
            if line.error:
                raise line.error
            return line
        except BaseException:
            with suppress(LabError):
                line.abort()
            raise

    def listen(self, port: int, backlog: int = 100) -> Lines:
        """Take lines on a port; 0 is one that is free."""
        try:
            listener = self.relay.do(lambda now: self._listener(port, backlog))
        except OSError as error:
            raise OSError(errno.EADDRINUSE, str(error)) from None
        return Lines(self, listener)

    def _listener(self, port: int, backlog: int) -> Listener:
        if port:
            return self.stack.listen(checked_port(port), backlog, self._settings)
        for free in EPHEMERAL:
            with suppress(OSError):
                return self.stack.listen(free, backlog, self._settings)
        raise OSError("Every port of this stack has a listener")

    def transport(
        self, line: Line, protocol: asyncio.BaseProtocol, on_lost: Callable[[Transport], None] | None = None
    ) -> Transport:
        """Return asyncio's transport over a line; the protocol is told of it soon."""

        def lost(transport: Transport) -> None:
            self.transports.discard(transport)
            if on_lost:
                on_lost(transport)

        made = Transport(self.relay, line, self.door, protocol, lost)
        self.transports.add(made)
        return made

    async def finish(self) -> None:
        """Close all that is open; abort what has not ended after a second."""
        with suppress(LabError):
            for lines in [*self.open]:
                lines.close()
            for transport in [*self.transports]:
                transport.close()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ended(), FINISH_S)
        for transport in [*self.transports]:
            transport.abort()

    def abort(self) -> None:
        """Abort what is still open."""
        with suppress(LabError):
            self.relay.do(lambda now: self._each_left(Connection.abort))

    async def _ended(self) -> None:
        await until(self.relay, lambda: not self.transports)
        self.relay.do(lambda now: self._each_left(Connection.release))
        await until(self.relay, lambda: not self._left())

    def _each_left(self, call: Callable[[Connection], None]) -> None:
        for connection in self._left():
            call(connection)

    def _left(self) -> list[Connection]:
        ours = [one for one in self.stack.connections if one not in self._before]
        return [one for one in ours if one.state not in (CLOSED, TIME_WAIT)]


def no_name(name: object) -> OSError:
    """Return the error for a name: nobody is asked for its address."""
    return socket.gaierror(
        socket.EAI_NONAME, f"There are no names in the lab, and no IPv6: write an IPv4 address, not {shown(name)}"
    )

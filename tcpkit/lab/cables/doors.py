"""The doors of asyncio on a host: inside `async with`, they lead through a stack."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Protocol

from tcpkit.lab.cables.asyncio_calls import AsyncioCalls
from tcpkit.lab.cables.carrier import StackEnd
from tcpkit.lab.cables.door import Door, Line
from tcpkit.lab.cables.loop_relay import LoopRelay
from tcpkit.lab.cables.ports import Lines, Place, Ports
from tcpkit.lab.errors import LabError


class Host(Place, Protocol):
    """What the doors are on."""

    def relay_in_loop(self, doors: Doors) -> LoopRelay:
        """Return what carries packets for the doors' stack in the running loop."""

    def stopped(self, running: Any) -> None:
        """Go on without these doors."""


class Doors:
    """Asyncio's doors, led through a stack, in one `async with`; no thread.

    Inside it the running loop's calls dial and listen through the stack:
    `asyncio.open_connection`, `asyncio.start_server`, and libraries that call
    the loop. `dial` and `listen` give you lines, without asyncio's transports.
    At the end what is open is closed, and aborted after a second.
    """

    def __init__(self, host: Host, end: StackEnd, door: Door) -> None:
        self.end = end
        self._host, self._door = host, door
        self._ports: Ports | None = None

    async def __aenter__(self) -> Doors:
        if self._ports is not None:
            raise LabError("These doors were entered before: make new ones, async with host.asyncio(stack):")
        relay = self._host.relay_in_loop(self)
        self._ports = Ports(relay, self.end.stack, self._host, self._door)
        self._calls = AsyncioCalls(self._ports)
        try:
            self._calls.lead()
        except BaseException:
            self._leave()
            raise
        return self

    async def __aexit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            await self._opened.finish()
        finally:
            self._calls.let_go()
            self._leave()
        if error is None or (isinstance(error, Exception) and not isinstance(error, LabError)):
            self._opened.relay.check_failure()  # the reason of whatever a library said

    async def dial(self, address: str, port: int, source_port: int | None = None) -> Line:
        """Return a line to a port there, once it is open; `OSError` if it cannot be had."""
        return await self._opened.dial(address, port, source_port)

    def listen(self, port: int, backlog: int = 100) -> Lines:
        """Listen on a port: `async for line in doors.listen(80):`."""
        return self._opened.listen(port, backlog)

    @property
    def _opened(self) -> Ports:
        if self._ports is None:
            raise LabError("These doors are not open: async with host.asyncio(stack) as doors:")
        return self._ports

    def _leave(self) -> None:
        self._opened.abort()
        self._opened.relay.close()
        self._host.stopped(self)

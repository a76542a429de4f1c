"""asyncio's own calls, led through a stack: what `open_connection`, `start_server` and libraries call."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
import weakref
from asyncio.sslproto import SSLProtocol
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, NoReturn

from tcpkit.lab.cables.door import Line
from tcpkit.lab.cables.ports import Lines, Ports, no_name
from tcpkit.lab.cables.transport import SocketLookAlike, Transport
from tcpkit.lab.errors import LabError

Factory = Callable[[], asyncio.BaseProtocol]
LED = (
    "create_connection",
    "create_server",
    "create_datagram_endpoint",
    "sock_connect",
    "getaddrinfo",
    "getnameinfo",
)
TLS_LIMITS = ("ssl_handshake_timeout", "ssl_shutdown_timeout")


class AsyncioCalls:
    """The calls of an event loop that lead to `ports` between `lead` and `let_go`."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._loop = ports.relay.loop
        self._own: Any = type(self._loop)  # its calls as they were
        self._lines: weakref.WeakKeyDictionary[socket.socket, Line] = weakref.WeakKeyDictionary()  # by `sock_connect`

    def lead(self) -> None:
        """Take the calls over."""
        if LED[0] in getattr(self._loop, "__dict__", ()):
            raise LabError("This event loop's calls lead through a stack already: leave that `async with` first")
        try:
            for name in LED:
                setattr(self._loop, name, getattr(self, name))
        except (AttributeError, TypeError):
            self.let_go()
            kind = f"{self._own.__module__}.{self._own.__name__}"
            raise LabError(
                f"This event loop, {kind}, lets nobody lead its calls elsewhere. Run the program in asyncio's own"
            ) from None

    def let_go(self) -> None:
        """Give the calls back."""
        for name in LED:
            getattr(self._loop, "__dict__", {}).pop(name, None)

    async def create_connection(
        self,
        protocol_factory: Factory,
        host: str | None = None,
        port: int | str | None = None,
        *,
        ssl: ssl.SSLContext | bool | None = None,
        sock: socket.socket | None = None,
        local_addr: tuple[str, int] | None = None,
        server_hostname: str | None = None,
        **more: Any,
    ) -> tuple[asyncio.Transport, asyncio.BaseProtocol]:
        """Dial, and return a transport and its protocol."""
        if sock is not None and sock not in self._lines:  # of this machine's kernel, or the lab's
            more |= {"sock": sock, "ssl": ssl, "server_hostname": server_hostname}
            return await self._own.create_connection(self._loop, protocol_factory, **more)
        name = host if server_hostname is None else server_hostname
        if ssl and name is None:
            raise ValueError("You must set server_hostname when using ssl without a host")
        line = await self._line(sock, host, port, local_addr)
        protocol = protocol_factory()
        if not ssl:
            plain = self._ports.transport(line, protocol)
            await asyncio.sleep(0)  # meanwhile the protocol is told
            return plain, protocol
        waiter = self._loop.create_future()
        tls = self._tls(protocol, ssl, more, waiter=waiter, server_hostname=name)
        transport = self._ports.transport(line, tls)
        try:
            await waiter
        except BaseException:
            transport.close()
            raise
        return tls._app_transport, protocol

    async def _line(self, sock: Any, host: str | None, port: int | str | None, local: tuple[str, int] | None) -> Line:
        """Return the line that `sock_connect` opened in place of a socket, or else a new one."""
        if sock is not None:
            sock.close()
            return self._lines.pop(sock)
        if host is None or port is None:
            raise ValueError("host and port was not specified and no sock specified")
        return await self._ports.dial(host, int(port), (local[1] or None) if local else None)

    def _tls(self, protocol: asyncio.BaseProtocol, context: Any, more: dict[str, Any], **role: Any) -> Any:
        """Return TLS between a transport and this protocol, as asyncio's own loop makes it."""
        role = {"waiter": None, **role, **{name: more[name] for name in TLS_LIMITS if name in more}}
        return SSLProtocol(self._loop, protocol, None if context is True else context, **role)  # type: ignore[arg-type]

    async def create_server(
        self,
        protocol_factory: Factory,
        host: str | Iterable[str] | None = None,
        port: int | None = None,
        *,
        sock: socket.socket | None = None,
        backlog: int = 100,
        ssl: ssl.SSLContext | None = None,
        start_serving: bool = True,
        **more: Any,
    ) -> asyncio.AbstractServer:
        """Listen on a port of the stack, and return the server."""
        if sock is not None:  # of this machine's kernel, or the lab's
            more |= {"sock": sock, "ssl": ssl, "backlog": backlog, "start_serving": start_serving}
            return await self._own.create_server(self._loop, protocol_factory, **more)
        for one in [host] if host is None or isinstance(host, str) else host:
            self._check_own(one)

        def begin(line: Line, on_lost: Callable[[Transport], None]) -> Transport:
            protocol = protocol_factory()
            told = self._tls(protocol, ssl, more, server_side=True) if ssl else protocol
            return self._ports.transport(line, told, on_lost)

        server = Server(self._ports, self._ports.listen(port or 0, backlog), begin)
        if start_serving:
            await server.start_serving()
        return server

    def _check_own(self, host: str | None) -> None:
        if host not in (None, "", "0.0.0.0", self._ports.stack.address):
            raise OSError(
                errno.EADDRNOTAVAIL,
                f"{host} is not this stack's: listen at {self._ports.stack.address}, its only address",
            )

    async def sock_connect(self, sock: socket.socket, address: tuple[str, int]) -> None:
        """Dial in place of a socket, which stays unconnected; `create_connection(sock=...)` takes the line."""
        if sock.family == socket.AF_UNIX:
            return await self._own.sock_connect(self._loop, sock, address)
        self._lines[sock] = await self._ports.dial(*address[:2])

    async def getaddrinfo(self, host: str | None, port: int | str | None, **ignored: object) -> list[tuple[Any, ...]]:
        """Return an address for an address; there are no names."""
        host = host or self._ports.stack.address
        if host not in ("0.0.0.0", self._ports.stack.address):
            self._ports.check_way(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (host, int(port or 0)))]

    async def getnameinfo(self, sockaddr: tuple[str, int], flags: int = 0) -> NoReturn:
        """Raise `socket.gaierror`: there are no names."""
        raise no_name(sockaddr[0])

    async def create_datagram_endpoint(self, *arguments: object, **named: object) -> NoReturn:
        """Raise `OSError`: the stack speaks TCP."""
        raise OSError(errno.EPROTONOSUPPORT, "This stack speaks TCP only, and nothing leaves the lab: no datagrams")


class Server(asyncio.AbstractServer):
    """A server as asyncio's; its connections end at the stack."""

    def __init__(
        self, ports: Ports, lines: Lines, begin: Callable[[Line, Callable[[Transport], None]], Transport]
    ) -> None:
        self._lines, self._begin = lines, begin
        self._loop = ports.relay.loop
        self._address = ports.stack.address
        self._open: set[Transport] = set()
        self._serving: asyncio.Task[None] | None = None
        self._is_closed = False
        self._is_over = asyncio.Event()

    @property
    def sockets(self) -> tuple[SocketLookAlike, ...]:
        """Return what tells the address, until the server is closed."""
        return () if self._is_closed else (SocketLookAlike((self._address, self._lines.listener.port)),)

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """Return the event loop."""
        return self._loop

    def is_serving(self) -> bool:
        """Say whether it takes connections."""
        return self._serving is not None and not self._is_closed

    async def start_serving(self) -> None:
        """Take connections."""
        if self._serving is None and not self._is_closed:
            self._serving = self._loop.create_task(self._serve())

    async def serve_forever(self) -> None:
        """Take connections until this is cancelled."""
        if self._is_closed:
            raise RuntimeError(f"server {self!r} is closed")
        await self.start_serving()
        try:
            await asyncio.shield(self._serving)  # type: ignore[arg-type]
        finally:
            self.close()
            await self.wait_closed()

    async def wait_closed(self) -> None:
        """Return when it is closed and its connections have ended."""
        await self._is_over.wait()

    def close(self) -> None:
        """Take no more connections; those that are open go on."""
        if not self._is_closed:
            self._is_closed = True
            self._lines.close()
            if self._serving:
                self._serving.cancel()
            self._look()

    def close_clients(self) -> None:
        """Close the connections that are open."""
        for transport in [*self._open]:
            transport.close()

    def abort_clients(self) -> None:
        """Abort the connections that are open."""
        for transport in [*self._open]:
            transport.abort()

    async def _serve(self) -> None:
        with suppress(LabError):  # who else waits is told
            async for line in self._lines:
                try:
                    self._open.add(self._begin(line, self._lost))
                except Exception as error:  # the protocol's
                    self._loop.call_exception_handler({"message": "A protocol could not begin", "exception": error})

    def _lost(self, transport: Transport) -> None:
        self._open.discard(transport)
        self._look()

    def _look(self) -> None:
        if self._is_closed and not self._open:
            self._is_over.set()

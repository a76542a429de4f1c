"""asyncio over our stack: its own calls, transports and servers, against the real kernel."""

import asyncio
import errno
import hashlib
import random
import socket
import subprocess
import threading
from contextlib import suppress

import pytest
from processes import PATIENCE_S

from tcpkit.lab import LabError
from tcpkit.lab.cables import doors as _  # noqa: F401
from tcpkit.stack.link import Link
from tcpkit.stack.settings import Settings
from tcpkit.stack.stack import Stack
from tcpkit.stack.states import State

KERNEL, US = "10.0.0.1", "10.0.0.2"
DATA = random.Random(14).randbytes(3_000_000)
SUM = f"{len(DATA)} {hashlib.sha256(DATA).hexdigest()}"


def run(main):
    """Run a coroutine to its end in a loop of its own."""
    return asyncio.run(asyncio.wait_for(main, PATIENCE_S))


async def kernel_server(lab, serve, port=8000, **more):
    """Serve with a listener of the lab's kernel, in this same loop."""
    return await asyncio.start_server(serve, sock=lab.listen(port, KERNEL), **more)


async def echo(reader, writer):
    with suppress(ConnectionError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
        writer.close()


async def there_and_back(reader, writer, data):
    """Send data and an end; return what comes back."""

    async def send():
        writer.write(data)
        await writer.drain()
        writer.write_eof()

    sending = asyncio.create_task(send())
    came = await reader.read()
    await sending
    writer.close()
    await writer.wait_closed()
    return came


# Dialled and listened


@pytest.mark.parametrize("link", [None, Link(loss=0.02, reordering=0.02, duplication=0.02, seed=3)])
def test_streams_to_the_kernel_and_back(lab, link):
    async def main():
        await kernel_server(lab, echo)
        async with host.asyncio(Stack(US, Settings(rto_min_s=0.05))):
            threads = threading.active_count()
            reader, writer = await asyncio.open_connection(KERNEL, 8000)
            assert await there_and_back(reader, writer, DATA) == DATA
            assert threading.active_count() <= threads
            assert writer.get_extra_info("peername") == (KERNEL, 8000)
            assert writer.get_extra_info("sockname")[0] == US

    host = lab.host(link=link)
    run(main())


def test_the_kernel_dials_a_server(lab):
    async def main():
        async with host.asyncio(Stack(US)):
            server = await asyncio.start_server(echo, US, 80)
            assert server.sockets[0].getsockname() == (US, 80)
            assert server.is_serving()
            with lab.socket() as client:
                client.settimeout(PATIENCE_S)
                await asyncio.to_thread(client.connect, (US, 80))
                came = await asyncio.to_thread(exchanged, client, DATA)
            assert came == SUM
            async with server:
                pass
            assert (server.sockets, server.is_serving()) == ((), False)
            with lab.socket() as client, pytest.raises(ConnectionRefusedError):
                await asyncio.to_thread(client.connect, (US, 80))

    host = lab.host()
    run(main())


def exchanged(client, data):
    """Send data over the kernel's socket, and say what came back."""
    sending = threading.Thread(target=lambda: (client.sendall(data), client.shutdown(socket.SHUT_WR)))
    sending.start()
    came = b"".join(iter(lambda: client.recv(1 << 16), b""))
    sending.join()
    return f"{len(came)} {hashlib.sha256(came).hexdigest()}"

"""Talk in an event loop: the kernel's side of a test of asyncio, and what both sides say."""

import asyncio
import random
import socket
import struct
from contextlib import suppress

from processes import PATIENCE_S

from tcpkit.stack.stack import Stack

KERNEL, US = "10.0.0.1", "10.0.0.2"
DATA = random.Random(14).randbytes(3_000_000)


def run(main):
    """Run a coroutine to its end in a loop of its own."""
    return asyncio.run(asyncio.wait_for(main, PATIENCE_S))


def inside(host, main, settings=None, door=None):
    """Run `main(doors)` inside the doors of a new stack, in a loop of its own."""

    async def entered():
        async with host.asyncio(Stack(US, settings), door) as doors:
            return await main(doors)

    return run(entered())


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


async def kernel_client(lab, port=80):
    """Dial us by a socket of the kernel's; return its streams."""
    client = lab.socket()
    await asyncio.to_thread(client.connect, (US, port))
    return await asyncio.open_connection(sock=client)


def reset(writer):
    """Close the kernel's side by an RST."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()

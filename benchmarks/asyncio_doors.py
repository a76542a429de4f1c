"""asyncio's streams and asyncpg over our own stack, next to the same programs over the kernel's sockets.

The far end is the kernel's each time. By the processor's time in this process:
that of other programs on this machine, and of PostgreSQL, does not count.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial

import asyncpg

from benchmarks.measure import Rates, Result, bytes_s, duration, times_or_part
from tcpkit import Lab, LabUnavailable
from tcpkit.lab import postgres
from tcpkit.lab.cables.host import Host
from tcpkit.stack.stack import Stack

ROUNDS = 9
OURS, KERNEL, ECHO_PORT, PAGE_PORT = "10.0.0.2", "10.0.0.1", 8000, 8001
DATA = bytes(3_000_000)
PAGES, PAGE = 100, bytes(1000)
PIECE = 1 << 16
US, THEM = "ours", "the kernel's"
ROWS = 1000
QUERY = f"SELECT repeat('x', 1000) FROM generate_series(1, {ROWS})"
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Dial = Callable[[int], Awaitable[Streams]]


def results() -> Iterator[Result]:
    """Measure by turns; a round's ratio is that of its own two figures."""
    try:
        with Lab() as lab:
            times = asyncio.run(measured(lab))
    except LabUnavailable as error:
        yield Result(f"missing: {error}", {})
        return
    (echoed, pages, rows) = times
    rates: Rates = {who: [2 * len(DATA) / taken for taken in found] for who, found in echoed.items()}
    figures = {who: bytes_s(statistics.median(found)) for who, found in rates.items()}
    yield Result("3 MB there and back", figures, found=ratio(rates[US], rates[THEM]))
    figures = {who: duration(statistics.median(found)) for who, found in pages.items()}
    yield Result(f"{PAGES} pages at once", figures, found=ratio(pages[THEM], pages[US]))
    figures = {who: duration(statistics.median(found)) for who, found in rows.items()}
    yield Result(f"asyncpg, {ROWS:,} rows of 1,000 bytes", figures, found=ratio(rows[THEM], rows[US]))


def ratio(ours: list[float], theirs: list[float]) -> str:
    """Return our speed as a part of the kernel's."""
    return f"{times_or_part(statistics.median(own / other for own, other in zip(ours, theirs, strict=True)))} {THEM}"


async def measured(lab: Lab) -> list[dict[str, list[float]]]:
    """Return the processor's seconds of each round: of what is echoed, of the pages, of the rows; by whose TCP."""
    host = lab.host(OURS)
    for serve, port in ((echo, ECHO_PORT), (page, PAGE_PORT)):
        await asyncio.start_server(serve, sock=lab.listen(port, KERNEL, backlog=2 * PAGES))
    times: list[dict[str, list[float]]] = [{US: [], THEM: []} for _ in range(2)]
    async with host.asyncio(Stack(OURS)):
        dials = {US: partial(asyncio.open_connection, KERNEL), THEM: partial(kernels, lab)}
        for _ in range(ROUNDS):
            for found, work in zip(times, (there_and_back, all_pages), strict=True):
                for who, dial in dials.items():
                    start = time.process_time()
                    await work(dial)
                    found[who].append(time.process_time() - start)
    return [*times, await fetched(lab, host)]


async def fetched(lab: Lab, host: Host) -> dict[str, list[float]]:
    """Return the processor's seconds of each fetch of the rows, by whose TCP."""
    times: dict[str, list[float]] = {US: [], THEM: []}
    with postgres.start(lab) as database:
        for _ in range(ROUNDS):
            async with host.asyncio(Stack(OURS)):
                times[US].append(await fetch(database.url))
            with by_the_kernel(lab):
                times[THEM].append(await fetch(database.url))
    return times


async def fetch(url: str) -> float:
    """Return the processor's seconds of one fetch; the one before it prepares the query."""
    connection = await asyncpg.connect(url)
    await connection.fetch(QUERY)
    start = time.process_time()
    count = len(await connection.fetch(QUERY))
    taken = time.process_time() - start
    await connection.close()
    if count != ROWS:
        raise RuntimeError(f"{count} rows came")
    return taken


@contextmanager
def by_the_kernel(lab: Lab) -> Iterator[None]:
    """Let what asks the loop for a connection get one by a socket of the kernel's."""
    loop = asyncio.get_running_loop()
    kernels_own = loop.create_connection

    def connected(protocol: Callable[[], asyncio.BaseProtocol], address: str, port: int, **_: object) -> Awaitable:
        dialled = lab.socket()
        dialled.connect((address, port))
        return kernels_own(protocol, sock=dialled)

    loop.create_connection = connected  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        del loop.create_connection


async def kernels(lab: Lab, port: int) -> Streams:
    """Dial by a socket of the kernel's."""
    dialled = lab.socket()
    dialled.connect((KERNEL, port))
    return await asyncio.open_connection(sock=dialled)


async def there_and_back(dial: Dial) -> None:
    """Send data, and read as much."""
    reader, writer = await dial(ECHO_PORT)
    writer.write(DATA)
    await reader.readexactly(len(DATA))
    writer.close()
    await writer.wait_closed()


async def all_pages(dial: Dial) -> None:
    """Ask for all pages at once."""

    async def one() -> None:
        reader, writer = await dial(PAGE_PORT)
        writer.write(b"GET / HTTP/1.0\r\n\r\n")
        await reader.readexactly(len(PAGE))
        writer.close()
        await writer.wait_closed()

    await asyncio.gather(*(one() for _ in range(PAGES)))


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send back what comes, to the end."""
    while data := await reader.read(PIECE):
        writer.write(data)
        await writer.drain()
    writer.close()


async def page(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one request."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(PAGE)
    writer.close()

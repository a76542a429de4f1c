"""asyncio over our stack: its own calls, transports and servers, against the real kernel."""

import asyncio
import socket
import threading

import pytest
from in_a_loop import DATA, KERNEL, US, echo, inside, kernel_client, kernel_server, reset, there_and_back
from processes import PATIENCE_S

from tcpkit.stack.link import Link
from tcpkit.stack.settings import Settings

# Dialled and listened


@pytest.mark.parametrize("link", [None, Link(loss=0.02, reordering=0.02, duplication=0.02, seed=3)])
def test_streams_to_the_kernel_and_back(lab, link):
    async def main(doors):
        await kernel_server(lab, echo)
        threads = threading.active_count()
        reader, writer = await asyncio.open_connection(KERNEL, 8000)
        assert await there_and_back(reader, writer, DATA) == DATA
        assert threading.active_count() == threads
        assert writer.get_extra_info("peername") == (KERNEL, 8000)
        assert writer.get_extra_info("sockname")[0] == US
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        assert (sock.fileno(), sock.getpeername()) == (-1, (KERNEL, 8000))
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1

    inside(lab.host(link=link), main, Settings(rto_min_s=0.05))


def dialled(lab, data):
    """Dial our port 80 by a socket of the kernel's, in a thread; return all that comes back."""
    with lab.socket() as client:
        client.settimeout(PATIENCE_S)
        client.connect((US, 80))
        sending = threading.Thread(target=lambda: (client.sendall(data), client.shutdown(socket.SHUT_WR)))
        sending.start()
        came = b"".join(iter(lambda: client.recv(1 << 16), b""))
        sending.join()
        return came


def test_the_kernel_dials_a_server(lab, host):
    async def main(doors):
        server = await asyncio.start_server(echo, None, 80)
        assert (server.sockets[0].getsockname(), server.is_serving()) == ((US, 80), True)
        assert await asyncio.to_thread(dialled, lab, DATA) == DATA
        async with server:
            pass
        assert (server.sockets, server.is_serving()) == ((), False)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.to_thread(dialled, lab, b"")
        again = await asyncio.start_server(echo, "0.0.0.0", 80, start_serving=False)
        forever = asyncio.create_task(again.serve_forever())
        assert await asyncio.to_thread(dialled, lab, b"once more") == b"once more"
        forever.cancel()
        with pytest.raises(asyncio.CancelledError):
            await forever
        assert not again.is_serving()

    inside(host, main)


@pytest.mark.parametrize("how", ["close_clients", "abort_clients"])
def test_a_server_ends_its_clients(lab, host, how):
    async def main(doors):
        server = await asyncio.start_server(echo, US, 80)
        client = await kernel_client(lab)
        server.close()
        ending = asyncio.create_task(server.wait_closed())
        await asyncio.sleep(0)
        assert not ending.done()
        getattr(server, how)()
        assert await client[0].read() == b""
        await ending

    inside(host, main)


def test_lines_without_transports(lab, host):
    async def main(doors):
        lines = doors.listen(80)
        client_reads, client_writes = await kernel_client(lab)
        line = await anext(lines)
        client_writes.write(b"ping")
        while not line.unread:
            await line.turned()
        assert (line.unread, line.recv(2), line.recv(), line.recv()) == (4, b"pi", b"ng", b"")
        assert line.send(b"pong") == 4
        line.close()
        assert await client_reads.read() == b"pong"
        assert not line.has_ended
        client_writes.close()
        while not line.has_ended:
            await line.turned()
        assert (line.error, line.room) == (None, 1 << 16)
        lines.close()
        assert [line async for line in lines] == []
        with pytest.raises(ConnectionRefusedError):
            await doors.dial(KERNEL, 81)
        await kernel_server(lab, echo)
        assert (await doors.dial(KERNEL, 8000, 5000)).local == (US, 5000)

    inside(host, main)


def test_sockets_of_the_kernel_s_stay_its_own(lab, host, tmp_path):
    """A Unix socket reaches no network; one of the lab's was dialled by whoever made it."""

    async def main(doors):
        await asyncio.start_unix_server(echo, tmp_path / "socket")
        assert await there_and_back(*await asyncio.open_unix_connection(tmp_path / "socket"), DATA) == DATA
        await kernel_server(lab, echo)
        client = lab.socket()
        client.connect((KERNEL, 8000))
        assert await there_and_back(*await asyncio.open_connection(sock=client), DATA) == DATA
        assert doors.end.stack.connections == ()

    inside(host, main)


# asyncio's transport, held to asyncio's own over the kernel's sockets


class Noted(asyncio.Protocol):
    """Notes what it is told."""

    def __init__(self):
        self.told, self.keeps_open, self.lost = [], True, asyncio.Event()

    def connection_made(self, transport):
        self.told.append("made")
        self.transport = transport

    def data_received(self, data):
        self.told.append(bytes(data))
        if data == b"!":
            raise KeyError("of the protocol's own")

    def eof_received(self):
        self.told.append("end")
        return self.keeps_open

    def connection_lost(self, error):
        self.told.append(error if error is None else (type(error), *error.args[:1]))
        self.lost.set()

    def pause_writing(self):
        self.told.append("pause")

    def resume_writing(self):
        self.told.append("resume")

    async def hears(self, what):
        while what not in self.told and not (isinstance(what, bytes) and what in self.data):
            await asyncio.sleep(0.001)

    @property
    def data(self):
        return b"".join(one for one in self.told if isinstance(one, bytes))


class Buffered(Noted, asyncio.BufferedProtocol):
    """Takes bytes in a buffer of three."""

    data_received = None

    def get_buffer(self, size):
        self.buffer = bytearray(3)
        return self.buffer

    def buffer_updated(self, count):
        self.data_received_in_buffer(bytes(self.buffer[:count]))

    data_received_in_buffer = Noted.data_received


async def paused(noted, peer):
    noted.transport.pause_reading()
    assert not noted.transport.is_reading()
    peer[1].write(b"later")
    await asyncio.sleep(0.05)
    assert noted.told == ["made"]
    noted.transport.resume_reading()
    assert noted.transport.is_reading()
    await noted.hears(b"later")


async def half_closed(noted, peer):
    noted.transport.write(b"all")
    assert noted.transport.can_write_eof()
    noted.transport.write_eof()
    with pytest.raises(RuntimeError):
        noted.transport.write(b"more")
    assert await peer[0].read() == b"all"
    peer[1].write(b"answer")
    await noted.hears(b"answer")
    peer[1].close()
    await noted.hears("end")
    assert not noted.transport.is_closing()
    noted.transport.close()


async def closes_when_the_peer_does(noted, peer):
    noted.keeps_open = False
    peer[1].close()
    await noted.lost.wait()


async def closed_with_all_written(noted, peer):
    noted.transport.writelines([DATA[:1000], bytearray(DATA[1000:2000]), memoryview(DATA)[2000:]])
    noted.transport.close()
    noted.transport.close()
    noted.transport.write(b"too late")
    assert noted.transport.is_closing()
    assert await peer[0].read() == DATA


async def closed_while_the_peer_keeps_its_side_open(noted, peer):
    noted.transport.close()
    await noted.lost.wait()
    assert await peer[0].read() == b""


async def closed_and_the_peer_sends_on(noted, peer):
    noted.transport.close()
    await noted.lost.wait()
    assert await peer[0].read() == b""
    with pytest.raises(ConnectionError):
        await writes_on(peer[1])


async def writes_on(writer):
    while True:
        writer.write(b"on")
        await writer.drain()
        await asyncio.sleep(0.001)


async def aborted(noted, peer):
    noted.transport.write(DATA)
    noted.transport.abort()
    await noted.lost.wait()
    assert DATA.startswith(await peer[0].read())


async def reset_by_the_peer(noted, peer):
    reset(peer[1])
    await noted.lost.wait()


async def written_faster_than_read(noted, peer):
    peer[1].transport.pause_reading()
    noted.transport.set_write_buffer_limits(high=1000, low=100)
    assert noted.transport.get_write_buffer_limits() == (100, 1000)
    noted.transport.write(DATA * 5)
    await noted.hears("pause")
    assert noted.transport.get_write_buffer_size() > 1000
    peer[1].transport.resume_reading()
    assert await peer[0].readexactly(len(DATA) * 5) == DATA * 5
    await noted.hears("resume")
    assert noted.transport.get_write_buffer_size() <= 100


async def a_protocol_for_another(noted, peer):
    other = Noted()
    assert noted.transport.get_protocol() is noted
    noted.transport.set_protocol(other)
    peer[1].write(b"for the other")
    await other.hears(b"for the other")
    noted.transport.set_protocol(noted)


async def a_protocol_that_raises(noted, peer):
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda loop, context: noted.told.append(repr(context["exception"])))
    peer[1].write(b"!")
    await noted.lost.wait()
    loop.set_exception_handler(None)
    assert len([one for one in noted.told if isinstance(one, str) and "(" in one]) == 1, "the loop's handler is told"


async def what_is_no_bytes(noted, peer):
    with pytest.raises(TypeError):
        noted.transport.write("text")
    noted.transport.write(b"")


SCENES = [
    paused,
    half_closed,
    closes_when_the_peer_does,
    closed_with_all_written,
    closed_while_the_peer_keeps_its_side_open,
    closed_and_the_peer_sends_on,
    aborted,
    reset_by_the_peer,
    written_faster_than_read,
    a_protocol_for_another,
    a_protocol_that_raises,
    what_is_no_bytes,
]


@pytest.mark.parametrize("kind", [Noted, Buffered])
@pytest.mark.parametrize("scene", SCENES)
def test_a_transport_does_what_asyncio_s_own_does(lab, host, scene, kind):
    """The same scene over the kernel's sockets and over our stack: a protocol is told the same."""

    async def played(connect):
        accepted = asyncio.get_running_loop().create_future()
        server = await kernel_server(lab, lambda *streams: accepted.set_result(streams), limit=1 << 24)
        transport, noted = await connect()
        peer = await accepted
        await scene(noted, peer)
        transport.close()
        await noted.lost.wait()
        peer[1].close()
        server.close()
        flow = () if scene is written_faster_than_read else ("pause", "resume")  # elsewhere it depends on buffers
        return noted.data, [one for one in noted.told if not isinstance(one, bytes) and one not in flow]

    async def both(doors):
        loop = asyncio.get_running_loop()

        async def kernels():
            client = lab.socket()
            client.connect((KERNEL, 8000))
            return await loop.create_connection(kind, sock=client)

        told = await played(kernels)
        assert await played(lambda: loop.create_connection(kind, KERNEL, 8000)) == told

    inside(host, both)

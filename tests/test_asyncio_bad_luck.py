"""asyncio over our stack when things go wrong: networks, cancelled calls, notebooks, and a learner's code."""

import asyncio
import errno
import gc
import os
import signal
import socket
import threading
import time

import httpx
import pytest
from in_a_loop import DATA, KERNEL, US, echo, inside, kernel_client, kernel_server, reset, run, there_and_back
from processes import eventually
from test_safety import SIGNATURE, heard, listener  # noqa: F401  # a fixture

from tcpkit.lab import LabError
from tcpkit.lab.cables import watched_lock
from tcpkit.lab.cables.door import DOOR, Door, read
from tcpkit.stack.link import Link
from tcpkit.stack.reassembler import Reassembler
from tcpkit.stack.settings import Pieces, Settings
from tcpkit.stack.stack import Stack

# Who may wait for whom


def test_ten_megabytes_at_a_sleeping_reader(lab, host):
    async def serves(reader, writer):
        writer.write(DATA * 4)
        await writer.drain()
        writer.close()

    async def main(doors):
        await kernel_server(lab, serves)
        reader, writer = await asyncio.open_connection(KERNEL, 8000)
        (connection,) = doors.end.stack.connections
        while connection.unread < 150_000 or connection.rcv.right - connection.rcv.nxt > 3000:
            await asyncio.sleep(0.01)
        assert connection.unread < 200_000
        assert await reader.read() == DATA * 4
        writer.close()

    inside(host, main)


def test_a_writer_waits_for_a_sleeping_kernel(lab, host):
    async def main(doors):
        accepted = asyncio.get_running_loop().create_future()
        await kernel_server(lab, lambda *streams: accepted.set_result(streams), limit=1000)
        _, writer = await asyncio.open_connection(KERNEL, 8000)
        peer, sent, is_full = await accepted, 0, False
        while not is_full:
            writer.write(DATA[:10_000])
            sent += 10_000
            is_full = not (await asyncio.wait([asyncio.create_task(writer.drain())], timeout=0.5))[0]
        (connection,) = doors.end.stack.connections
        assert connection.snd.end - connection.snd.una <= 1 << 16
        writer.write_eof()
        assert len(await peer[0].read()) == sent

    inside(host, main)


def test_a_loop_that_stands_still_for_two_seconds(lab, host):
    async def main(doors):
        await kernel_server(lab, echo)
        reader, writer = await asyncio.open_connection(KERNEL, 8000)
        writer.write(b"before")
        time.sleep(2)
        assert await reader.readexactly(6) == b"before"
        assert await there_and_back(reader, writer, DATA) == DATA

    inside(host, main)


# Errors of the network


def failed(kind, number, words, main, host, settings=None):
    async def fails(doors):
        with pytest.raises(kind, match=words) as caught:
            await main(doors)
        assert (type(caught.value), caught.value.errno) == (kind, number)

    inside(host, fails, settings)


WAYS = [
    (ConnectionRefusedError, errno.ECONNREFUSED, "Nobody listens", lambda: asyncio.open_connection(KERNEL, 81)),
    (TimeoutError, errno.ETIMEDOUT, "not answered for 1 s", lambda: asyncio.open_connection("10.0.0.77", 81)),
    (OSError, errno.ENETUNREACH, "no way from here to 8.8.8.8", lambda: asyncio.open_connection("8.8.8.8", 53)),
    (OSError, errno.EADDRNOTAVAIL, "is this stack itself", lambda: asyncio.open_connection(US, 80)),
    (OSError, errno.EADDRNOTAVAIL, "its only address", lambda: asyncio.start_server(echo, "127.0.0.1", 80)),
    (socket.gaierror, socket.EAI_NONAME, "no names in the lab", lambda: asyncio.open_connection("localhost", 80)),
    (socket.gaierror, socket.EAI_NONAME, "no names in the lab", lambda: asyncio.open_connection("::1", 80)),
    (socket.gaierror, socket.EAI_NONAME, "no names", lambda: asyncio.get_running_loop().getnameinfo(("8.8.8.8", 53))),
    (
        OSError,
        errno.EPROTONOSUPPORT,
        "TCP only",
        lambda: asyncio.get_running_loop().create_datagram_endpoint(
            asyncio.DatagramProtocol, remote_addr=("8.8.8.8", 53)
        ),
    ),
]


@pytest.mark.parametrize(("kind", "number", "words", "way"), WAYS)
def test_a_way_that_is_none_is_told(host, kind, number, words, way):
    failed(kind, number, words, lambda doors: way(), host, Settings(give_up_open_s=1))


def test_a_port_in_use(host):
    async def twice(doors):
        for _ in range(2):
            await asyncio.start_server(echo, US, 80)

    failed(OSError, errno.EADDRINUSE, "Port 80 of 10.0.0.2 has a listener", twice, host)


def test_port_0_is_one_that_is_free(lab, host):
    async def main(doors):
        servers = [await asyncio.start_server(echo, US, 0) for _ in range(2)]
        ports = [server.sockets[0].getsockname()[1] for server in servers]
        assert len({*ports}) == 2
        for port in ports:
            assert await there_and_back(*await kernel_client(lab, port), b"here") == b"here"

    inside(host, main)


def test_a_cable_pulled_in_mid_answer(lab, host):
    async def pulled(doors):
        await kernel_server(lab, echo)
        reader, writer = await asyncio.open_connection(KERNEL, 8000)
        writer.write(b"before")
        assert await reader.readexactly(6) == b"before"
        host.pull()
        writer.write(b"after")
        try:
            await reader.readexactly(5)
        finally:
            host.plug()

    failed(TimeoutError, errno.ETIMEDOUT, "not answered for 1 s", pulled, host, Settings(give_up_s=1, rto_min_s=0.1))


def test_an_rst_in_mid_stream(lab, host):
    async def resets(reader, writer):
        writer.write(b"half")
        await writer.drain()
        reset(writer)

    async def read_on(doors):
        await kernel_server(lab, resets)
        reader, _ = await asyncio.open_connection(KERNEL, 8000)
        await reader.readexactly(8)

    failed(ConnectionResetError, errno.ECONNRESET, "with an RST", read_on, host)


# Cancelled


def test_a_cancelled_dial_leaves_nothing(host):
    async def main(doors):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.open_connection("10.0.0.77", 80), 0.05)
        assert doors.end.stack.connections == ()

    inside(host, main)


def test_a_cancelled_read_loses_nothing(lab, host):
    async def drips(reader, writer):
        for byte in DATA[:10]:
            writer.write(bytes([byte]))
            await asyncio.sleep(0.03)
        writer.close()

    async def main(doors):
        await kernel_server(lab, drips)
        line, came, cancelled = await doors.dial(KERNEL, 8000), b"", 0
        while len(came) < 10:
            try:
                came += await asyncio.wait_for(read(line), 0.005)
            except TimeoutError:
                cancelled += 1
        assert came == DATA[:10]
        assert cancelled > 5

    inside(host, main)


# Entered and left


def test_doors_are_entered_once_and_alone(lab, host):
    async def main(doors):
        with pytest.raises(LabError, match="entered before"):
            await doors.__aenter__()
        other = lab.host("10.0.1.2").asyncio(Stack("10.0.1.2"))
        with pytest.raises(LabError, match="through a stack already"):
            async with other:
                pass
        await kernel_server(lab, echo)
        assert await there_and_back(*await asyncio.open_connection(KERNEL, 8000), DATA) == DATA
        with pytest.raises(LabError, match="not open"):
            await host.asyncio(Stack(US)).dial(KERNEL, 8000)

    inside(host, main)
    with pytest.raises(ValueError, match="it would hear nothing"):
        host.asyncio(Stack("10.0.0.3"))


def test_left_by_an_exception_the_loop_is_as_before(lab, host):
    async def main():
        loop = asyncio.get_running_loop()
        before, stack = {**vars(loop)}, Stack(US)
        doors = host.asyncio(stack)

        async def fails():
            async with doors:
                await kernel_server(lab, echo)
                _, writer = await asyncio.open_connection(KERNEL, 8000)
                writers.append(writer)
                await asyncio.start_server(echo, US, 80)
                writer.write(DATA)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await fails()
        assert {*vars(loop)} == {*before}
        assert writers[0].transport.is_closing()
        with pytest.raises(LabError, match="was stopped"):
            await doors.dial(KERNEL, 8000)
        async with host.asyncio(stack):  # again, and the port is free
            await asyncio.start_server(echo, US, 80)
            assert await there_and_back(*await asyncio.open_connection(KERNEL, 8000), DATA) == DATA
        with host.run(stack) as running:  # as before, in a thread
            assert running.dial(KERNEL, 8000)

    writers = []
    run(main())


def test_what_the_peer_keeps_open_is_aborted_after_a_second(lab, host):
    async def main(doors):
        accepted = asyncio.get_running_loop().create_future()
        await kernel_server(lab, lambda *streams: accepted.set_result(streams))
        return await asyncio.open_connection(KERNEL, 8000), await accepted

    inside(host, main)
    assert lab.counters()["TcpEstabResets"] == 1


def test_a_copy_of_this_process_leaves_our_loop_alone(lab, host):
    async def main(doors):
        await kernel_server(lab, echo)
        streams = await asyncio.open_connection(KERNEL, 8000)
        if not (child := os.fork()):
            try:
                lab.close()
            finally:
                os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        assert await there_and_back(*streams, DATA) == DATA

    inside(host, main)


class Rigid(asyncio.SelectorEventLoop):
    """A loop that takes no attributes, as uvloop's."""

    def __setattr__(self, name, value):
        if name == "create_connection":
            raise AttributeError(name)
        super().__setattr__(name, value)


def test_a_loop_that_takes_no_attributes(host):
    async def main():
        with pytest.raises(LabError, match=r"test_asyncio_bad_luck\.Rigid, lets nobody lead its calls"):
            async with host.asyncio(Stack(US)):
                pass

    with asyncio.Runner(loop_factory=Rigid) as runner:
        runner.run(main())


@pytest.mark.parametrize("ends", ["lab.close()", "host.close()", "host.run(Stack('10.0.0.2'))"])
@pytest.mark.parametrize("link", [None, Link()])
def test_the_lab_ends_inside(lab, link, ends):
    async def main(doors):
        await kernel_server(lab, echo)
        reader, _ = await asyncio.open_connection(KERNEL, 8000)
        waiting = asyncio.create_task(reader.read())
        await asyncio.sleep(0.05)
        eval(ends, {"lab": lab, "host": host, "Stack": Stack})
        with pytest.raises(LabError, match="was stopped"):
            await waiting

    async def serving(doors):
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: said.append(context["message"]))
        await asyncio.start_server(echo, US, 80)
        await main(doors)

    host, said = lab.host(link=link), []
    inside(host, serving)
    gc.collect()
    assert not [message for message in said if "never retrieved" in message]


# Programs


def test_a_program_is_awaited(lab, host):
    async def main():
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: said.append(context["message"]))
        programs = await asyncio.gather(*(lab.start("sleep 0.3") for _ in range(20)))
        assert [program.status for program in programs] == [0] * 20
        assert (await lab.start("sh -c 'echo out; exit 3'")).status == 3
        assert (await lab.start("no such program")).status == 127
        ended = lab.start("true")
        ended.wait()
        assert await ended is ended
        brief = lab.start("sleep 0.2")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(brief, 0.01)
        assert await brief is brief
        long = lab.start("sleep 1000")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(long, 0.05)
        assert long.running
        asyncio.get_running_loop().call_later(0.05, lab.close)
        with pytest.raises(LabError, match="it was closed"):
            await long

    said = []
    run(main())
    assert said == []


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_loop_that_has_ended_before_the_program(lab):
    async def gives_up():
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(program, 0.01)

    program = lab.start("sleep 0.3")
    run(gives_up())
    threads = threading.active_count()
    assert program.wait() == 0
    eventually(lambda: threading.active_count() < threads)  # what reads its output has ended, without an error


def test_waiting_for_a_program_that_asks_one_s_own_server_is_told(lab, host):
    async def main(doors):
        assert lab.run("true").status == 0
        server = await asyncio.start_server(echo, US, 80)
        with pytest.raises(
            LabError, match=r"Your server lives in this event loop, .* await lab\.start\('sleep 1000'\)"
        ):
            lab.run("sleep 1000")
        server.close()
        assert lab.run("true").status == 0
        await asyncio.start_server(echo, US, 80)

    inside(host, main)
    assert lab.run("true").status == 0


# Nothing leaves


def test_the_machine_s_network_hears_nothing(lab, host, listener):  # noqa: F811
    name = f"{SIGNATURE.hex()}.invalid"

    async def main(doors):
        await kernel_server(lab, echo)
        assert await there_and_back(*await asyncio.open_connection(KERNEL, 8000), SIGNATURE * 1000)
        for place in (name, "192.0.2.1", "127.0.0.1", "localhost"):
            with pytest.raises(OSError, match=r"in the lab|leaves the lab"):
                await asyncio.open_connection(place, 8000)
            async with httpx.AsyncClient(trust_env=False) as client:
                with pytest.raises(httpx.ConnectError):
                    await client.post(f"http://{place}:8000/", content=SIGNATURE)
            with pytest.raises(OSError, match=r"in the lab|leaves the lab"):
                await asyncio.get_running_loop().getaddrinfo(place, 80)

    inside(host, main)
    assert heard(listener) == {}
    assert heard(listener, name[:30].encode()) == {}


# A learner's code


def endless():
    while True:
        pass


class Endless(Reassembler):
    def add(self, at, data):
        endless()


class Wrong(Reassembler):
    def add(self, at, data):
        return {}[at]


async def spins(line, predicate):
    while not predicate():
        pass


async def sleeps(line, most=1):
    time.sleep(1000)


async def swallows(line, most=1):
    while True:
        try:
            line.recv()
        except Exception:
            continue


async def catches_all(line, most=1):
    while True:
        try:
            time.sleep(1000)
        except:  # noqa: E722
            continue


async def raises(line, most=1):
    return {}[most]


async def gives_none(line, most=1):
    await DOOR.read(line, most)


def is_plain(line, most=1):
    return b""


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(watched_lock, "LONGEST_HOLD_S", 1.0)


PLACE = r"test_asyncio_bad_luck\.py, line \d+"
ENDED = rf"The stack on 10\.0\.0\.2 has not come back for 1 s: it is in {{}}, {PLACE}\. It was ended\. Mend it"
LEARNERS = [
    (Door(until=spins), None, ENDED.format("spins")),
    (Door(read=sleeps), None, ENDED.format("sleeps")),
    (Door(read=swallows), None, ENDED.format("swallows")),
    (Door(read=catches_all), None, ENDED.format("catches_all")),
    (None, Endless, ENDED.format("endless")),
    (Door(read=raises), None, rf"it raised KeyError: 65536 \(raises, {PLACE}\)"),
    (None, Wrong, rf"it raised KeyError: 0 \(Wrong\.add, {PLACE}\)"),
    (Door(read=gives_none), None, "What `gives_none` returned is None: return bytes"),
    (Door(read=is_plain), None, "`is_plain` is no coroutine: write `async def is_plain"),
]


@pytest.mark.parametrize(("door", "piece", "words"), LEARNERS)
def test_a_learner_s_code_that_fails_is_named_and_the_next_runs(lab, host, impatient, door, piece, words):
    async def main(doors):
        server = await kernel_server(lab, echo)

        async def talks():
            reader, writer = await asyncio.open_connection(KERNEL, 8000)
            writer.write(b"to be read")
            await reader.readexactly(10)

        for call in (talks, lambda: doors.dial(KERNEL, 8000)):
            with pytest.raises(LabError, match=words):
                await call()
        server.close()

    settings = Settings(pieces=Pieces(reassembler=piece or Reassembler))
    with pytest.raises(LabError, match=words):
        inside(host, main, settings, door)

    async def goes_on(doors):
        await kernel_server(lab, echo)
        assert await there_and_back(*await asyncio.open_connection(KERNEL, 8000), DATA) == DATA

    inside(host, goes_on)


def test_an_alarm_of_somebody_else_s_stays_and_ours_goes(lab, host):
    def rings(*_):
        raise AssertionError

    async def main(doors):
        assert signal.getsignal(signal.SIGALRM) is rings
        await kernel_server(lab, echo)
        assert await there_and_back(*await asyncio.open_connection(KERNEL, 8000), DATA) == DATA

    before = signal.getsignal(signal.SIGALRM)
    inside(host, lambda doors: asyncio.sleep(0))
    assert signal.getsignal(signal.SIGALRM) is before
    assert not any(signal.getitimer(signal.ITIMER_REAL))
    signal.signal(signal.SIGALRM, rings)
    signal.setitimer(signal.ITIMER_REAL, 10_000)
    try:
        inside(host, main)
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 5000
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_one_s_own_long_work_is_not_ended(lab, host, impatient):
    async def main(doors):
        ends = time.monotonic() + 2
        while time.monotonic() < ends:
            pass

    inside(host, main)

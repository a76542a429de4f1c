"""The lab's door: sockets, sending, asking, closing, and many labs at once."""

import contextlib
import errno
import os
import signal
import socket
import struct
import threading
from socket import AF_INET, AF_PACKET, IPPROTO_TCP, SOCK_DGRAM, SOCK_NONBLOCK, SOCK_RAW, SOCK_STREAM

import pytest
from processes import eventually, is_alive, python

from tcpkit.lab import Lab, LabClosed
from tcpkit.lab.errors import LabError
from tcpkit.lab.flows import KernelFlow
from tcpkit.stack.link import Link
from tcpkit.story import scenes
from tcpkit.wire import Flags, Segment, TCPHeader
from tcpkit.wire.story_syn import story_syn

STORY_SYN = scenes()[2].buffer
STORY_RST = bytes.fromhex(
    "4500 0028 0000 4000 4006 3cce 7f00 0001 7f00 0001 1f40 231d 0000 0000 0000 002d 5014 0000 6f44 0000"
)


def syn(port, source_port=8989):
    return Segment(TCPHeader(source_port, port, flags=Flags.SYN)).with_checksum("127.0.0.1", "127.0.0.1")


# Plain sockets, inside


def test_socket_is_a_plain_socket_of_another_network(lab):
    made = lab.socket(AF_INET, SOCK_STREAM)
    assert type(made) is socket.socket
    assert (made.family, made.type, made.gettimeout()) == (AF_INET, SOCK_STREAM, None)
    made.bind(("127.0.0.1", 0))
    made.listen()
    made.setblocking(False)
    # A listener of the machine's own may have the same port, so what counts is what arrives.
    with socket.socket() as outside, contextlib.suppress(ConnectionRefusedError):
        outside.connect(made.getsockname())
    with pytest.raises(BlockingIOError):
        made.accept()
    with lab.socket() as inside:
        inside.connect(made.getsockname())
        made.accept()[0].close()
    made.close()


def test_socket_of_every_type(lab):
    with lab.socket(AF_INET, SOCK_DGRAM) as one, lab.socket(AF_INET, SOCK_DGRAM) as other:
        one.bind(("127.0.0.1", 5000))
        other.sendto(b"hello", ("127.0.0.1", 5000))
        assert one.recv(10) == b"hello"
    with lab.socket(AF_INET, SOCK_RAW, IPPROTO_TCP) as raw:
        assert (raw.type, raw.proto) == (SOCK_RAW, IPPROTO_TCP)
    with lab.socket(AF_PACKET, SOCK_RAW) as packet:
        packet.bind(("lo", 0))
    with lab.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK) as hasty:
        assert hasty.gettimeout() == 0.0
        hasty.listen()
        with pytest.raises(BlockingIOError):
            hasty.accept()


def test_socket_keeps_the_default_timeout(lab):
    socket.setdefaulttimeout(7.5)
    try:
        with lab.socket() as patient:
            assert patient.gettimeout() == 7.5
    finally:
        socket.setdefaulttimeout(None)


def test_socket_is_not_inherited_by_other_programs(lab):
    with lab.socket() as made:
        assert not made.get_inheritable()


def test_socket_that_the_kernel_refuses(lab):
    with pytest.raises(OSError, match="not supported"):
        lab.socket(AF_INET, SOCK_STREAM, 77)
    with pytest.raises(OSError, match="not supported"):
        lab.socket(12345)
    assert lab.run("true").status == 0


def test_socket_when_no_descriptor_is_free(lab):
    code = """if True:
        import os, resource, socket
        from tcpkit.lab import Lab
        lab = Lab()
        held = []
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (60, most))
        try:
            while True:
                held.append(lab.socket())
        except OSError as error:
            print(error)
        held.clear()
        lab.socket().close()
        print("goes on")
    """
    assert python(code).splitlines() == [
        "[Errno 24] This process has too many files and sockets open to take one more: close some",
        "goes on",
    ]


def test_the_network_is_empty_but_for_loopback(lab):
    names = lab.run(["python", "-c", "import socket; print([name for _, name in socket.if_nameindex()])"]).output
    assert "'lo'" in names
    assert set(eval(names)) <= {"lo", "tunl0", "sit0", "ip6tnl0", "gre0", "gretap0", "erspan0", "ip_vti0", "ip6_vti0"}


# Send and ask


def test_the_storys_syn_brings_the_storys_reset(lab):
    raw = lab.socket(AF_INET, SOCK_RAW, IPPROTO_TCP)
    raw.settimeout(10)
    raw.sendto(STORY_SYN, ("127.0.0.1", 0))
    assert raw.recv(100)[20:] == STORY_SYN
    assert raw.recv(100) == STORY_RST
    raw.close()


def test_ask_returns_replies_only(lab):
    (reply,) = lab.ask(STORY_SYN)
    assert bytes(reply) == STORY_RST[20:]
    assert (reply.flags, reply.ack) == (Flags.RST | Flags.ACK, 45)


def test_ask_takes_a_segment_and_a_listener_answers(lab):
    with lab.listen(8002):
        flags = [reply.flags for reply in lab.ask(syn(8002))]
    assert flags[0] == Flags.SYN | Flags.ACK


def test_ask_hears_silence(lab):
    assert lab.ask(scenes()[0].buffer) == []
    assert lab.ask(b"") == []
    assert lab.ask(b"abc") == []


def test_ask_port_to_itself_is_no_reply(lab):
    same = syn(8000, source_port=8000)
    assert [reply.flags for reply in lab.ask(same)] == [Flags.RST | Flags.ACK]


def test_ask_survives_hostile_replies(lab):
    """Another one in the lab answers with nonsense while we ask."""
    answers = threading.Event()

    def hostile():
        with lab.socket(AF_INET, SOCK_RAW, IPPROTO_TCP) as raw:
            for size in range(64):
                raw.sendto(struct.pack("!HH", 8000, 8989) + b"\xff" * size, ("127.0.0.1", 0))
            answers.set()

    thread = threading.Thread(target=hostile)
    thread.start()
    for _ in range(3):
        lab.ask(STORY_SYN)
    thread.join()
    assert answers.is_set()


def test_send_reaches_the_lab(lab):
    before = lab.counters()
    lab.send(STORY_SYN)
    lab.send(Segment.parse(STORY_SYN))
    lab.send(bytearray(STORY_SYN))
    lab.send(memoryview(STORY_SYN))
    assert (lab.counters() - before)["TcpOutRsts"] == 4


def test_send_hoards_nothing_that_it_hears(lab):
    for _ in range(200):
        lab.send(STORY_SYN)
    waiting = 0
    with contextlib.suppress(BlockingIOError):
        while lab._raw.recv(100, socket.MSG_DONTWAIT):
            waiting += 1
    assert waiting < 20


def test_send_up_to_the_largest_packet(lab):
    with lab.capture() as packets:
        lab.send(STORY_SYN.ljust(65_515, b"\0"))
    assert len(packets[0].data) == 65_535
    for call in (lab.send, lab.ask):
        with pytest.raises(ValueError, match=r"has 65,516 bytes.*at most 65,515.*Send less"):
            call(STORY_SYN.ljust(65_516, b"\0"))


@pytest.mark.parametrize("header", ["text", 64, None, [1, 2], 1.5, object(), ...])
def test_send_what_is_not_bytes(lab, header):
    for call in (lab.send, lab.ask):
        with pytest.raises(TypeError, match=r"a packet is bytes or a Segment; this is .*struct\.pack"):
            call(header)


def test_send_to_where_nothing_is(lab):
    for call in (lab.send, lab.ask):
        with pytest.raises(OSError, match=r"no way from here to 192\.0\.2\.1: nothing leaves the lab"):
            call(STORY_SYN, "192.0.2.1")
        for destination in ("localhost", "example.com", "", 8000, None, "::1"):
            with pytest.raises(ValueError, match="is no IPv4 address"):
                call(STORY_SYN, destination)


# Listening, and ports


def test_listen_and_connect(lab):
    with lab.listen(8000) as listener, lab.socket() as client:
        client.connect(("127.0.0.1", 8000))
        server, _ = listener.accept()
        with server:
            server.sendall(b"hello")
        assert client.recv(10) == b"hello"


@pytest.mark.parametrize("again", [lambda lab: lab.listen(8000), lambda lab: lab.start("sleep 99", port=8000)])
def test_port_in_use(lab, again):
    with lab.socket() as other:
        other.bind(("127.0.0.1", 8000))
        other.listen()
        with pytest.raises(OSError, match=r"uses port 8000 already.*another port") as caught:
            again(lab)
    assert caught.value.errno == errno.EADDRINUSE
    lab.listen(8000).close()


def test_cell_that_listens_may_be_run_twice(lab):
    listener = lab.listen(8000)
    earlier, listener = listener, lab.listen(8000)
    assert earlier.fileno() == -1
    assert listener.getsockname() == ("127.0.0.1", 8000)


def test_cell_that_starts_a_server_may_be_run_twice(lab):
    serve = ["python", "-c", "import socket; socket.create_server(('127.0.0.1', 8000)).accept()"]
    earlier = lab.start(serve, port=8000)
    server = lab.start(serve, port=8000)
    assert not earlier.running
    assert server.running


def test_a_port_is_free_as_soon_as_its_listener_is_closed(lab):
    """The agent has a copy of each socket that it hands over, for a moment more: now and then it is stopped in that."""
    for _ in range(40):
        with lab.socket() as other:
            os.kill(lab._agent.pid, signal.SIGSTOP)
            other.bind(("127.0.0.1", 8000))
            other.listen()
        threading.Timer(0.02, os.kill, (lab._agent.pid, signal.SIGCONT)).start()
        with pytest.raises(LabError, match="ended before it listened on port 8000"):
            lab.start("true", port=8000)


def test_listen_again_after_a_conversation(lab):
    for _ in range(3):  # a cell that is run three times
        with lab.listen(8000) as listener, lab.socket() as client:
            client.connect(("127.0.0.1", 8000))
            listener.accept()[0].close()


@pytest.mark.parametrize("port", [0, -1, 65_536, 10**9])
def test_port_out_of_range(lab, port):
    for call in (lab.listen, lambda port: lab.start("true", port=port)):
        with pytest.raises(ValueError, match=f"there is no port {port}: ports run from 1 to 65535"):
            call(port)


@pytest.mark.parametrize("port", ["8000", True, 80.0, None, b"80"])
def test_port_of_another_type(lab, port):
    with pytest.raises(TypeError, match="a port is a number from 1 to 65535"):
        lab.listen(port)


# The end


CALLS = {
    "socket": lambda lab: lab.socket(),
    "send": lambda lab: lab.send(STORY_SYN),
    "ask": lambda lab: lab.ask(STORY_SYN),
    "ask_each": lambda lab: lab.ask_each([STORY_SYN]),
    "explain": lambda lab: lab.explain(STORY_SYN),
    "capture": lambda lab: lab.capture(),
    "run": lambda lab: lab.run("true"),
    "run what is not there": lambda lab: lab.run("no-such-program"),
    "start": lambda lab: lab.start("true"),
    "start with a port": lambda lab: lab.start("true", port=8000),
    "counters": lambda lab: lab.counters(),
    "sockets": lambda lab: lab.sockets(),
    "listen": lambda lab: lab.listen(8000),
    "source": lambda lab: lab.source(b""),
    "sink": lambda lab: lab.sink(),
    "host": lambda lab: lab.host(),
    "cable": lambda lab: lab.cable(Lab()),
    "congestion_controls": lambda lab: lab.congestion_controls(),
    "share": lambda lab: lab.share(Lab(), [KernelFlow("reno")], Link(rate_bit_s=1e6), 0.1),
    "namespace": lambda lab: lab.namespace("box"),
    "path": lambda lab: lab.path,
    "wire": lambda lab: lab.wire(Lab()),
    "road": lambda lab: lab.road(),
    "scapy": lambda lab: lab.scapy().__enter__(),
}


def test_every_call_is_tried_below():
    public = {name for name in vars(Lab) if not name.startswith("_")} - {"close", "kind"}
    assert public == {call.split()[0] for call in CALLS}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_closed_lab_says_so(lab, call):
    lab.send(STORY_SYN)
    lab.close()
    with pytest.raises(LabClosed, match=r"it was closed.*lab = Lab\(\)"):
        call(lab)
    lab.close()
    assert repr(lab) == "closed lab"
    assert lab.kind == "namespace"


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_killed_agent_is_noticed(lab, call):
    lab.send(STORY_SYN)
    held = lab.socket(AF_INET, SOCK_RAW, IPPROTO_TCP)
    held.settimeout(10)
    os.kill(lab._agent.pid, signal.SIGKILL)
    eventually(lambda: not is_alive(lab._agent.pid))
    with pytest.raises(LabClosed, match=r"ended by signal 9.*lab = Lab\(\)"):
        call(lab)
    held.sendto(STORY_SYN, ("127.0.0.1", 0))  # what goes on working
    assert held.recv(100)[20:] == STORY_SYN
    assert held.recv(100) == STORY_RST
    held.close()
    with Lab() as another:
        assert another.ask(STORY_SYN)


def test_lab_closes_at_the_end_of_its_block():
    with Lab() as lab:
        pid = lab._agent.pid
    assert not is_alive(pid)
    with pytest.raises(LabClosed):
        lab.counters()


def test_lab_says_what_it_is(lab):
    assert repr(lab) == "private network · Linux · no root"
    assert lab.kind == "namespace"


def test_unknown_kind_is_named():
    with pytest.raises(ValueError, match="no kind of lab 'nonsense': choose one of 'namespace', 'direct'"):
        Lab("nonsense")


# Many


def test_labs_do_not_see_each_other(lab):
    with Lab() as other, lab.capture() as ours, other.capture() as theirs:
        lab.send(syn(1111))
        other.send(syn(2222))
        listener = lab.listen(8000)
        other.listen(8000).close()
        listener.close()
    assert {packet.segment.destination_port for packet in ours} == {1111, 8989}
    assert {packet.segment.destination_port for packet in theirs} == {2222, 8989}


def test_twenty_labs_at_once():
    answers, failures = [], []

    def work(port):
        try:
            with Lab() as lab, lab.capture() as packets:
                answers.append((port, [reply.source_port for reply in lab.ask(syn(port))]))
            assert [packet.segment.source_port for packet in packets] == [8989, port]
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(port,)) for port in range(7000, 7020)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert sorted(answers) == [(port, [port]) for port in range(7000, 7020)]


def test_one_lab_in_many_threads(lab):
    failures = []

    def work(number):
        try:
            for _ in range(20):
                with lab.listen(9000 + number) as listener:
                    assert listener.getsockname() == ("127.0.0.1", 9000 + number)
                assert [reply.source_port for reply in lab.ask(syn(6000 + number, 5000 + number))] == [6000 + number]
                lab.send(syn(6000 + number, 5000 + number))
                lab.counters()
            assert lab.run(f"echo {number}").output == f"{number}\n"
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_lab_closed_while_other_threads_use_it():
    lab = Lab()
    started, wrong = threading.Barrier(5), []

    def work():
        started.wait()
        try:
            while True:
                lab.socket().close()
                lab.counters()
        except LabClosed:
            pass
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    started.wait()
    lab.close()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_packet_with_an_ip_header_of_its_own(lab):
    packet = story_syn(5).packet("127.0.0.1", "127.0.0.1")
    for call in (lab.send, lab.ask, lab.explain):
        with pytest.warns(UserWarning, match=r"begins with an IP header of its own.* Send the bytes after it"):
            said = call(packet)
    assert str(said).startswith("These bytes begin with an IP header of their own")
    assert max(map(len, str(said).split("\n"))) <= 90  # columns: JupyterLab shows them without scrolling


@pytest.mark.parametrize("make", [lambda lab, bad: lab.cable(bad), lambda lab, bad: lab.host(link=bad)])
@pytest.mark.parametrize("bad", [5, "x", object()])
def test_a_cable_or_link_of_another_type(lab, make, bad):
    with pytest.raises(TypeError, match=r"a cable joins two labs, and this is|link is a Link, such as"):
        make(lab, bad)


def test_mtu_of_lo(lab):
    mtus = []
    for mtu in (68, 1500, 65_536):
        with Lab(mtu=mtu) as other:
            mtus.append(other.run("ip link show lo").output.split("mtu ")[1].split()[0])
    assert mtus == ["68", "1500", "65536"]
    assert " mtu 65536 " in lab.run("ip link show lo").output


@pytest.mark.parametrize("mtu", [0, -1, 67, 65_537, 10**10])
def test_an_mtu_that_lo_cannot_have(mtu):
    with pytest.raises(ValueError, match="a lab's largest packet has from 68 to 65,536 bytes"):
        Lab(mtu=mtu)


@pytest.mark.parametrize("mtu", ["1500", 1500.0, True])
def test_an_mtu_of_another_type(mtu):
    with pytest.raises(TypeError, match="mtu is a number of bytes"):
        Lab(mtu=mtu)


def test_the_machines_own_lo_keeps_its_mtu(direct, monkeypatch):
    with pytest.raises(PermissionError):
        direct._agent.request("set_mtu", mtu=65_536)  # lo's own, so that nothing moves if it is not refused
    monkeypatch.setattr("tcpkit.lab.lab.start_agent", None)  # it is refused before there is one
    with pytest.raises(LabError, match=r"lo is this machine's own.*Lab\(mtu=\.\.\.\)"):
        Lab("direct", mtu=1500)

"""A host of one's own, on a cable to the real kernel."""

import contextlib
import ctypes
import errno
import fcntl
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from socket import AF_INET, AF_PACKET, SOCK_DGRAM, SOCK_RAW

import pytest
from processes import PATIENCE_S, descriptors, eventually, is_alive, python

from tcpkit.lab import Lab, LabClosed, LabError
from tcpkit.lab.cables.interfaces import IFF_RUNNING
from tcpkit.lab.cables.packet_port import BATCH
from tcpkit.lab.cables.veth import Veth
from tcpkit.stack.link import Link
from tcpkit.wire import Flags, IPv4Header, Segment, TCPHeader

KERNEL, US = "10.0.0.1", "10.0.0.2"
SYN_ACK = Flags.SYN | Flags.ACK
ETH_P_ALL, ETH_P_ARP, ETH_P_IP = 3, 0x0806, 0x0800


def packet(source_port, port, flags=Flags.SYN, data=b"", source=US, destination=KERNEL, **fields):
    segment = Segment(TCPHeader(source_port, port, flags=flags, **fields), data)
    segment = bytes(segment.with_checksum(source, destination))
    return bytes(IPv4Header(source, destination, 20 + len(segment))) + segment


def answer(host):
    """Return the next segment that arrives; patiently, as nothing here is timed."""
    return Segment.parse(host.recv(PATIENCE_S)[20:])


def until(host, flags):
    """Return the next segment with these flags: the kernel may say others twice."""
    while (segment := answer(host)).flags != flags:
        pass
    return segment


def all_that_waits(host):
    """Return the packets that have arrived, and were not received yet."""
    packets = []
    with contextlib.suppress(TimeoutError):
        while True:
            packets.append(host.recv(0.01))
    return packets


@pytest.fixture
def host(lab):
    return lab.host()


# Packets both ways


def test_a_listener_of_the_kernels_answers_and_the_kernel_sends_no_reset(lab, host):
    with lab.listen(8000, KERNEL) as listener, host.capture() as packets:
        host.send(packet(5000, 8000, seq=100))
        theirs = answer(host)
        assert (theirs.flags, theirs.ack) == (SYN_ACK, 101)
        host.send(packet(5000, 8000, Flags.ACK, seq=101, ack=(theirs.seq + 1) % 2**32))
        host.send(packet(5000, 8000, Flags.ACK | Flags.PSH, b"hello", seq=101, ack=(theirs.seq + 1) % 2**32))
        server, address = listener.accept()
        with server:
            assert address == (US, 5000)
            assert server.recv(100) == b"hello"
            assert until(host, Flags.ACK).ack == 106
    assert not any(Flags.RST in one.segment.flags for one in packets)


def test_what_the_kernel_says_arrives_and_no_kernel_answers_it(lab, host):
    before = lab.counters()
    with host.capture() as packets, lab.socket() as client:
        client.setblocking(False)
        client.connect_ex((US, 80))
        syn = answer(host)
        assert (syn.flags, syn.destination_port) == (Flags.SYN, 80)
        host.send(packet(80, syn.source_port, SYN_ACK, ack=(syn.seq + 1) % 2**32))
        assert until(host, Flags.ACK).ack == 1
    assert client.fileno() == -1
    assert {one.source for one in packets if one.segment.destination_port == 80} == {KERNEL}
    moved = str(lab.counters() - before)  # the far end is no part of the kernel, and adds nothing to what it counts
    assert moved == "TcpActiveOpens +1  TcpInSegs +1  TcpOutSegs +2  TcpExtTCPDelivered +1"


def test_what_goes_to_the_host_is_nothing_the_kernel_receives(lab, host):
    def received():
        names, values = (line.split() for line in lab._agent.proc_net("snmp").splitlines() if line[:3] == "Ip:")
        return values[names.index("InReceives")]

    before = received()
    with lab.socket(AF_INET, SOCK_DGRAM) as sender:
        sender.sendto(b"x", (US, 9))
        host.recv(PATIENCE_S)
    assert received() == before
    host.send(packet(5000, 81))
    answer(host)
    assert received() != before


def test_the_kernels_end_is_not_said_to_run_before_it_does(lab, monkeypatch):
    """Else the first packets, which are sent before the kernel has seen the carrier, would be lost."""
    plug, before, after = Veth.plug, [], []

    def looking(veth):
        before.append(veth._interfaces.flags(veth.near_name) & IFF_RUNNING)
        plug(veth)
        after.append(veth._interfaces.flags(veth.near_name) & IFF_RUNNING)

    monkeypatch.setattr(Veth, "plug", looking)
    lab.host("10.7.7.2")
    assert (before, after) == ([0], [IFF_RUNNING])


def test_a_closed_port_resets(host):
    host.send(packet(5000, 81, seq=7))
    assert (until(host, Flags.RST | Flags.ACK)).ack == 8


def test_recv_of_nothing_says_so(host):
    with pytest.raises(TimeoutError, match=r"Nothing came to 10\.0\.0\.2 within 0\.01 s\..*host\.capture\(\)"):
        host.recv(0.01)


def test_many_packets_wait_in_order_and_none_is_lost(lab, host):
    with lab.socket(AF_INET, SOCK_DGRAM) as sender:
        for number in range(3000):  # more than once round the memory that the kernel shares with us
            sender.sendto(struct.pack("I", number), (US, 9))
            if number % 1000 == 999:
                got = [struct.unpack_from("I", host.recv(PATIENCE_S), 28)[0] for _ in range(1000)]
                assert got == list(range(number - 999, number + 1))
    assert host.dropped == 0


def test_what_found_no_room_is_counted(lab, host):
    with lab.socket(AF_INET, SOCK_DGRAM) as sender:
        for _ in range(7000):
            sender.sendto(bytes(1000), (US, 9))
    assert host.dropped > 0
    got = len(all_that_waits(host))
    assert got + host.dropped == 7000
    assert f"({host.dropped:,} packets came faster than they were taken)" in repr(host)


def test_a_flood_is_taken_in_batches(lab, host):
    """Between two of them, timers run."""
    with lab.socket(AF_INET, SOCK_DGRAM) as sender:
        for _ in range(3 * BATCH):
            sender.sendto(b"x", (US, 9))
    assert [len(host._packet_port.take()) for _ in range(4)] == [BATCH, BATCH, BATCH, 0]


def test_what_others_send_from_our_end_is_no_arrival(lab, host):
    with lab.socket(AF_PACKET, SOCK_DGRAM) as other:
        other.sendto(packet(5000, 81), ("host0", ETH_P_IP, 0, 0, b"\x02\0\x0a\0\0\1"))
    assert answer(host).flags == Flags.RST | Flags.ACK


@pytest.mark.parametrize("mtu", [68, 1500, 9000, 65_535])
def test_the_largest_packet_both_ways(lab, mtu):
    host = lab.host(mtu=mtu)
    with lab.socket(AF_INET, SOCK_DGRAM) as kernels, host.capture() as packets:
        kernels.bind((KERNEL, 7))
        data = bytes(number % 251 for number in range(mtu - 28))
        for _ in range(300):  # several times round
            kernels.sendto(data, (US, 9))
            arrived = host.recv(PATIENCE_S)
            assert (len(arrived), arrived[28:]) == (mtu, data)
        swapped = arrived[12:16], arrived[16:20]
        host.send(arrived[:12] + swapped[1] + swapped[0] + struct.pack("!HH", 9, 7) + arrived[24:])
        assert kernels.recv(mtu) == data
    assert {len(one.data) for one in packets} == {mtu}
    with pytest.raises(ValueError, match=f"has {mtu + 1:,} bytes, and the cable carries {mtu:,}"):
        host.send(bytes(mtu + 1))


def test_tcpdump_finds_every_checksum_right(lab, host):
    with host.capture() as packets, lab.listen(8000, KERNEL):
        host.send(packet(5000, 8000))
        theirs = until(host, SYN_ACK)
        host.send(packet(5000, 8000, Flags.RST, seq=1, ack=theirs.seq))
        host.send(packet(5000, 81))
        until(host, Flags.RST | Flags.ACK)
    words = packets.tcpdump("-v")
    assert len(packets) >= 5
    assert words.count("(correct)") == len(packets)
    assert "incorrect" not in words


def test_a_wrong_checksum_is_noticed_by_the_kernel(lab, host):
    before = lab.counters()
    broken = bytearray(packet(5000, 81))
    broken[-3] ^= 1
    host.send(bytes(broken))
    host.send(packet(5001, 81))
    assert until(host, Flags.RST | Flags.ACK).destination_port == 5001
    assert (lab.counters() - before)["TcpInCsumErrors"] == 1


# linux/ethtool.h: how to ask for each
OFFLOADS = {"rx checksum": 0x14, "tx checksum": 0x16, "scatter-gather": 0x18, "TSO": 0x1E, "GSO": 0x23, "GRO": 0x2B}
SIOCETHTOOL = 0x8946


def is_on(inside, interface, offload):
    value = ctypes.create_string_buffer(struct.pack("II", OFFLOADS[offload], 0))
    fcntl.ioctl(inside, SIOCETHTOOL, struct.pack("16sP16x", interface.encode(), ctypes.addressof(value)))
    return bool(struct.unpack("II", value.raw[:8])[1])


def test_offloads_are_off_at_both_ends(lab, host):
    lab.run("ip link add other0 type veth peer name other1")  # one that nobody looked after
    with lab.socket() as inside:
        assert {offload for offload in OFFLOADS if is_on(inside, "other0", offload)} >= {"tx checksum", "TSO", "GSO"}
        for interface in ("cable0", "host0"):
            assert [offload for offload in OFFLOADS if is_on(inside, interface, offload)] == []


# Around it: ARP, IPv6, names, routes


def ears(lab, name):
    """Return a socket that hears everything on an interface."""
    made = lab.socket(AF_PACKET, SOCK_RAW)
    made.bind((name, ETH_P_ALL))
    made.settimeout(PATIENCE_S)
    return made


def test_nothing_but_ipv4_and_arp_crosses_the_cable(lab, host):
    ear = ears(lab, "cable0")
    host.pull()
    host.plug()  # what an interface says, it says when it comes up
    lab.run("ip neigh del 10.0.0.2 dev cable0")
    with lab.socket(AF_INET, SOCK_DGRAM) as sender:
        sender.sendto(b"x", (US, 9))
        host.recv(PATIENCE_S)
        time.sleep(2.5)  # router solicitations and multicast reports come within two seconds
        sender.sendto(b"last", (US, 9))
    types = []
    while b"last" not in (frame := ear.recv(100)):
        types.append(struct.unpack_from("!H", frame, 12)[0])
    ear.close()
    assert set(types) == {ETH_P_ARP, ETH_P_IP}


def test_arp_is_answered_while_somebody_receives(lab, host):
    assert "PERMANENT" in lab.run("ip neigh show 10.0.0.2").output
    lab.run("ip neigh del 10.0.0.2 dev cable0")
    with lab.socket(AF_INET, SOCK_DGRAM) as sender, host.capture() as packets:
        sender.sendto(b"hello", (US, 9))
        assert host.recv(PATIENCE_S)[28:] == b"hello"
    assert [one.data[28:] for one in packets] == [b"hello"]  # a capture is of IPv4
    assert "02:00:0a:00:00:02" in lab.run("ip neigh show 10.0.0.2").output


def test_arp_for_others_and_broken_arp_is_left_alone(lab, host):
    ear = ears(lab, "cable0")
    hardware, broadcast = b"\x02\0\x0a\0\0\1", b"\xff" * 6
    question = struct.pack("!HHBBH", 1, ETH_P_IP, 6, 4, 1) + hardware + socket.inet_aton(KERNEL) + bytes(6)
    asked = [socket.inet_aton(one) for one in ("10.0.0.3", "10.0.0.1", US)]
    reply = question[:7] + b"\2" + question[8:] + asked[2]
    for body in (question, question + asked[0], question + asked[1], reply, b""):
        ear.send(broadcast + hardware + struct.pack("!H", ETH_P_ARP) + body)
    ear.send(broadcast + hardware + struct.pack("!H", ETH_P_ARP) + question + asked[2])
    with pytest.raises(TimeoutError):
        host.recv(0.05)
    with lab.socket(AF_INET, SOCK_DGRAM) as sender:
        sender.sendto(b"last", (US, 9))
    own, replies = b"\x02\0\x0a\0\0\2", []
    while b"last" not in (frame := ear.recv(100)):
        replies += [frame] if frame[6:12] == own else []
    ear.close()
    reply = struct.pack("!HHBBH", 1, ETH_P_IP, 6, 4, 2) + own + asked[2] + hardware + asked[1]
    assert replies == [hardware + own + struct.pack("!H", ETH_P_ARP) + reply]


def test_the_kernel_does_not_forward(lab, host):
    host.send(packet(5000, 8000, destination="10.0.5.5"))
    other = lab.host("10.0.5.5")
    host.send(packet(5000, 8000, destination="10.0.5.5"))
    with pytest.raises(TimeoutError):
        other.recv(0.05)


def test_hosts_in_one_network_and_in_another(lab):
    hosts = [lab.host(address) for address in ("10.0.0.2", "10.0.0.3", "192.168.7.200")]
    with lab.socket(AF_INET, SOCK_DGRAM) as sender:
        for host in hosts:
            sender.sendto(host.address.encode(), (host.address, 9))
    for host in hosts:
        host.send(packet(5000, 81, source=host.address, destination=host.gateway))
        arrived = host.recv(PATIENCE_S)
        assert arrived[28:].decode() == host.address
        assert socket.inet_ntoa(arrived[12:16]) == host.gateway
        assert until(host, Flags.RST | Flags.ACK).source_port == 81
    hosts[0].close()
    with lab.socket(AF_INET, SOCK_DGRAM) as sender:
        sender.sendto(b"still here", ("10.0.0.3", 9))
    assert hosts[1].recv(PATIENCE_S)[28:] == b"still here"


def test_a_cell_that_makes_a_host_may_be_run_twice(lab):
    first = lab.host()
    held = descriptors()
    for _ in range(3):
        second = lab.host()
        with second.capture() as packets:  # of this cable, though one before had its name
            second.send(packet(5000, 81))
            assert answer(second).flags == Flags.RST | Flags.ACK
        assert len(packets) == 2
        second.close()
        assert len(descriptors()) < len(held)
    second = lab.host()
    assert len(descriptors()) == len(held)
    assert repr(first) == "10.0.0.2 (closed)"
    assert repr(second) == "10.0.0.2, on a cable to the kernel's 10.0.0.1"
    second.send(packet(5000, 81))
    assert answer(second).flags == Flags.RST | Flags.ACK
    with pytest.raises(LabError, match=r"This host was closed.*lab\.host\('10\.0\.0\.2'\)"):
        first.recv()


# A cable pulled, and put back


def test_a_cable_pulled_and_put_back(lab, host):
    with lab.listen(8000, KERNEL) as listener, lab.socket() as client:
        client.setblocking(False)
        host.pull()
        for _ in range(3):
            host.send(packet(5000, 8000))
        assert client.connect_ex((US, 80)) in (errno.EINPROGRESS, errno.EHOSTUNREACH, errno.ENETUNREACH)
        with pytest.raises(TimeoutError):
            host.recv(0.05)
        assert "(3 were sent into a pulled cable)" in repr(host)
        host.plug()
        host.send(packet(5001, 8000))
        assert until(host, SYN_ACK).destination_port == 5001
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_the_first_packet_after_a_pull_is_not_lost(host):
    with host.capture() as packets:
        host.pull()
        host.plug()
        host.send(packet(5000, 8000))
    assert len(packets) >= 1
    assert "pulled" not in repr(host)


# What cannot be had


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("10.0.0.1", "is the kernel's own end"),
        ("127.0.0.1", "is the kernel's own end"),
        ("10.0.0.0", "means the network as a whole"),
        ("10.0.0.255", "means the network as a whole"),
        ("127.0.0.2", "can be no host's"),
        ("224.0.0.5", "can be no host's"),
        ("0.0.0.5", "can be no host's"),
        ("255.255.255.255", "can be no host's"),
        ("example.com", "is no IPv4 address"),
        ("", "is no IPv4 address"),
        ("::2", "is no IPv4 address"),
        (None, "is no IPv4 address"),
        (10, "is no IPv4 address"),
    ],
)
def test_addresses_that_no_host_has(lab, address, message):
    with pytest.raises(ValueError, match=message):
        lab.host(address)


def test_an_address_that_the_kernel_has(lab):
    lab.run("ip address add 10.0.3.7/32 dev lo")
    with pytest.raises(ValueError, match=r"10\.0\.3\.7 is an address of the lab's kernel already"):
        lab.host("10.0.3.7")


@pytest.mark.parametrize("mtu", [0, -1, 67, 65_536, 10**10])
def test_an_mtu_out_of_range(lab, mtu):
    with pytest.raises(ValueError, match="from 68 to 65,535 bytes"):
        lab.host(mtu=mtu)


@pytest.mark.parametrize("mtu", ["1500", None, 1500.0, True])
def test_an_mtu_of_another_type(lab, mtu):
    with pytest.raises(TypeError, match="mtu is a number of bytes"):
        lab.host(mtu=mtu)


@pytest.mark.parametrize("data", ["text", None, 1, [1], object()])
def test_send_what_is_not_bytes(host, data):
    with pytest.raises(TypeError, match=r"a packet is bytes; this is .*struct\.pack"):
        host.send(data)


def test_send_a_segment_without_its_ip_header(host):
    with pytest.raises(TypeError, match=r"this is a Segment, and a host sends whole IP packets.*IPv4Header"):
        host.send(Segment(TCPHeader(1, 2)))


def test_nonsense_is_sent_as_it_is(lab, host):
    for data in (b"", b"\0", b"\x45", bytes(20), b"\xff" * 1500):
        host.send(data)
    host.send(bytearray(packet(5000, 81)))
    host.send(memoryview(packet(5001, 81)))
    assert [until(host, Flags.RST | Flags.ACK).destination_port for _ in range(2)] == [5000, 5001]


def test_direct_is_refused(direct):
    before = socket.if_nameindex()
    with pytest.raises(LabError, match=r"one on this machine itself: take a private network, with Lab\(\)"):
        direct.host()
    assert socket.if_nameindex() == before


# The end

CALLS = {
    "send": lambda host: host.send(b""),
    "recv": lambda host: host.recv(0.01),
    "capture": lambda host: host.capture(),
    "pull": lambda host: host.pull(),
    "plug": lambda host: host.plug(),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("link", [None, Link()], ids=["plain", "link"])
def test_every_call_after_the_labs_end(lab, call, link):
    host = lab.host(link=link)
    lab.close()
    with pytest.raises(LabClosed, match=r"it was closed.*lab = Lab\(\)"):
        call(host)
    host.close()
    lab.close()


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_killed_agent_is_noticed(lab, host, call):
    os.kill(lab._agent.pid, signal.SIGKILL)
    eventually(lambda: not is_alive(lab._agent.pid))
    with pytest.raises(LabClosed, match="ended by signal 9"):
        call(host)


def test_nothing_stays_open(lab):
    before = descriptors()
    with Lab() as other:
        for link in (None, Link()):
            other.host(link=link)
            with other.host("10.0.0.3", link=link) as host, host.capture():
                pass
            with pytest.raises(LabError, match="was closed"):
                host.send(b"")
    assert descriptors() == before


def test_a_killed_owner_leaves_nothing():
    code = """if True:
        import os, signal
        from tcpkit.lab import Lab
        lab = Lab()
        host = lab.host()
        print(lab._agent.pid, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE_S)
    agent = int(done.stdout)
    eventually(lambda: not is_alive(agent))


def test_a_process_that_ends_with_a_host_ends():
    code = "from tcpkit.lab import Lab; from tcpkit.stack.link import Link; lab = Lab(); host = lab.host(link=Link())"
    assert python(code) == ""

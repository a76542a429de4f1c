"""Two kernels on one cable, in real time."""

import gc
import os
import signal
import socket
import threading
from socket import AF_INET, SOCK_DGRAM

import pytest
from processes import PATIENCE_S, descriptors, eventually, is_alive

from tcpkit.lab import Lab, LabClosed, LabError
from tcpkit.stack.link import Link
from tcpkit.wire import Flags

HERE, THERE = "10.1.0.1", "10.1.0.2"


@pytest.fixture
def other(lab):
    with Lab() as made:
        yield made


def exchange(lab, other, size=0, here=HERE, there=THERE):
    """Connect from the first to the second, and carry so many bytes each way."""
    data = bytes(number % 251 for number in range(size))
    with other.listen(8000, there) as listener, lab.socket() as client:
        for one in (client, listener):
            one.settimeout(PATIENCE_S)
        client.connect((there, 8000))
        server, (address, _) = listener.accept()
        server.settimeout(PATIENCE_S)
        assert address == here
        with server:
            for sender, receiver in ((client, server), (server, client)):
                thread = threading.Thread(target=sender.sendall, args=(data,))
                thread.start()
                got = bytearray()
                while len(got) < size:
                    got += receiver.recv(1 << 20)
                thread.join()
                assert got == data


def test_a_connection_from_lab_to_lab(lab, other):
    with lab.cable(other) as cable, cable.capture() as packets:
        exchange(lab, other, 1_000_000)
        assert repr(cable) == "a cable between 10.1.0.1 and 10.1.0.2"
    assert packets[0].segment.flags == Flags.SYN
    assert {packet.source for packet in packets} == {HERE, THERE}
    assert packets.tcpdump("-v").count("(correct)") == len(packets)
    assert cable.dropped == 0


@pytest.mark.parametrize("mtu", [576, 65_535])
def test_other_sizes(lab, other, mtu):
    with lab.cable(other, mtu=mtu) as cable, cable.capture() as packets:
        exchange(lab, other, 300_000)
    assert mtu // 2 < max(len(packet.data) for packet in packets) <= mtu


def test_nothing_goes_round_in_circles(lab, other):
    """A packet that is carried leaves the other end; it must not count as arriving there."""
    with lab.cable(other) as cable, cable.capture() as packets:
        exchange(lab, other)
    segments = [packet.data for packet in packets]
    assert len(set(segments)) == len(segments)


def test_through_a_link(lab, other):
    link = Link(delay_s=0.005, loss=0.02, reordering=0.02, duplication=0.02, corruption=0.02, seed=3)
    with lab.cable(other, link=link):
        before = other.counters()
        exchange(lab, other, 300_000)
        assert (other.counters() - before)["TcpInCsumErrors"] > 0


def test_a_seed_loses_the_same_packets(lab, other):
    link = Link(loss=0.2, seed=8)
    pipe = link.pipe()
    for number in range(100):
        pipe.send(str(number).encode(), 0.0)
    expected = pipe.poll(1.0)
    with (
        lab.cable(other, link=link),
        lab.socket(AF_INET, SOCK_DGRAM) as sender,
        other.socket(AF_INET, SOCK_DGRAM) as receiver,
    ):
        receiver.bind((THERE, 9))
        receiver.settimeout(PATIENCE_S)
        for number in range(100):
            sender.sendto(str(number).encode(), (THERE, 9))
        assert [receiver.recv(100) for _ in expected] == expected


def test_three_labs_in_a_row(lab, other):
    """Each cable of one lab is a cable of its own; and no kernel forwards."""
    with Lab() as third:
        lab.cable(other)
        other.cable(third, addresses=("10.2.0.1", "10.2.0.2"))
        exchange(lab, other, 1000)
        exchange(other, third, 1000, "10.2.0.1", "10.2.0.2")
        with lab.socket() as client, pytest.raises(OSError, match="unreachable"):
            client.connect(("10.2.0.2", 8000))


def test_a_cable_beside_a_host(lab, other):
    host = lab.host("10.1.0.3")
    lab.cable(other)
    exchange(lab, other, 1000)
    with lab.socket(AF_INET, SOCK_DGRAM) as sender:
        sender.sendto(b"x", (host.address, 9))
        assert host.recv(PATIENCE_S)[-1:] == b"x"


def test_a_cell_that_lays_a_cable_may_be_run_twice(lab, other):
    first = lab.cable(other)
    gc.collect()
    held = descriptors()
    for _ in range(3):
        second = lab.cable(other)
    assert len(descriptors()) == len(held)
    assert repr(first) == "a cable between 10.1.0.1 and 10.1.0.2 (taken away)"
    exchange(lab, other, 1000)
    second.close()
    second.close()
    with pytest.raises(LabError, match=r"This cable was taken away.*lab\.cable\(other\)"):
        second.capture()


def test_pulled_and_put_back(lab, other):
    with lab.cable(other) as cable, lab.socket(AF_INET, SOCK_DGRAM) as sender:
        with other.socket(AF_INET, SOCK_DGRAM) as receiver:
            receiver.bind((THERE, 9))
            receiver.settimeout(PATIENCE_S)
            cable.pull()
            sender.sendto(b"lost", (THERE, 9))
            cable.plug()
            sender.sendto(b"kept", (THERE, 9))
            assert receiver.recv(100) == b"kept"
        exchange(lab, other, 1000)


# What cannot be had


@pytest.mark.parametrize(
    ("addresses", "message"),
    [
        ((HERE, HERE), "two addresses, one for each lab"),
        ((HERE,), "two addresses, one for each lab"),
        ((HERE, THERE, "10.1.0.3"), "two addresses, one for each lab"),
        ((HERE, "127.0.0.1"), "can be no host's"),
        ((HERE, "example.com"), "is no IPv4 address"),
        (("10.1.0.0", THERE), "means the network as a whole"),
    ],
)
def test_addresses_that_cannot_be(lab, other, addresses, message):
    with pytest.raises(ValueError, match=message):
        lab.cable(other, addresses=addresses)
    exchange_needs = lab.cable(other)  # nothing was left half done
    exchange(lab, other, 100)
    exchange_needs.close()


def test_a_lab_and_itself(lab):
    with pytest.raises(ValueError, match="A cable joins two labs, and these are one"):
        lab.cable(lab)


def test_a_mtu_out_of_range(lab, other):
    with pytest.raises(ValueError, match="from 68 to 65,535 bytes"):
        lab.cable(other, mtu=10)


def test_an_address_that_the_other_kernel_has(lab, other):
    lab.run("ip address add 10.1.0.2/32 dev lo")
    with pytest.raises(ValueError, match=r"10\.1\.0\.2 is an address of the lab's kernel already"):
        lab.cable(other)


def test_the_machines_own_loopback_gets_no_cable(lab, direct):
    before = socket.if_nameindex()
    for one, two in ((lab, direct), (direct, lab)):
        with pytest.raises(LabError, match="one on this machine itself"):
            one.cable(two)
    assert socket.if_nameindex() == before


# The end


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("end", ["close", "kill"])
def test_it_ends_with_either_lab(lab, other, which, end):
    cable = lab.cable(other, link=Link(delay_s=0.001))
    ending = (lab, other)[which]
    if end == "close":
        ending.close()
    else:
        os.kill(ending._agent.pid, signal.SIGKILL)
        eventually(lambda: not is_alive(ending._agent.pid))
    for call in (cable.capture, cable.pull, cable.plug):
        with pytest.raises(LabClosed, match="The lab is gone"):
            call()
    if end == "close":
        assert not cable._relay._thread.is_alive()
        assert cable._relay._failure is None
    survivor = (other, lab)[which]
    cable.close()
    with Lab() as third:
        survivor.cable(third)
        exchange(survivor, third, 1000)


def test_nothing_stays():
    gc.collect()
    before = descriptors()
    for closes in (True, False):
        with Lab() as lab, Lab() as other:
            cable = lab.cable(other)
            if closes:
                cable.close()
        assert descriptors() == before
        assert not [thread for thread in threading.enumerate() if "cable" in thread.name]

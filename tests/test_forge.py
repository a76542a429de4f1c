"""Packets with somebody else's address as their source: they stay in the lab, and end with the call that sends them."""

import contextlib
import itertools
import signal
import socket
import threading
import time

import pytest
from lesson_cells import code_cells, run
from processes import PATIENCE_S, eventually

from tcpkit.lab import Lab, LabError
from tcpkit.lab.cables.interfaces import IFLA_AF_SPEC, INET_CONF, Interfaces
from tcpkit.lab.cables.netlink import attribute
from tcpkit.stack.link import Link
from tcpkit.wire import Flags, Segment, TCPHeader

KERNEL, FRIEND, LIAR = "10.0.0.1", "10.0.0.2", "10.6.0.66"
RP_FILTER, STRICT = 8, 1  # linux/ip.h: a source must be reached by the interface that it came in by
SYN = Segment(TCPHeader(7000, 8000, flags=Flags.SYN))


def rsts():
    """Yield RSTs for ever."""
    return (Segment(TCPHeader(7000, 8000, seq=seq % 2**32, flags=Flags.RST)) for seq in itertools.count())


@pytest.fixture
def hosts(lab):
    return lab.host(FRIEND), lab.host(LIAR)


def heard(friend, liar):
    """Return the flags on each cable while a SYN is forged."""
    with friend.capture() as friends, liar.capture() as liars:
        liar.forge(SYN, FRIEND)
    return [" ".join(str(packet.segment.flags) for packet in packets) for packets in (liars, friends)]


def test_the_answer_goes_where_the_source_says(lab, hosts):
    with lab.listen(8000, KERNEL):
        assert heard(*hosts) == ["S", "S."]
        with lab.host(LIAR, link=Link()) as behind_a_link:
            assert heard(hosts[0], behind_a_link) == ["S", "S."]


@pytest.mark.parametrize("outside", ["192.0.2.1", "8.8.8.8", "255.255.255.255", "224.0.0.1"])
def test_addresses_outside_are_refused_in_the_labs_words(lab, hosts, outside):
    _, liar = hosts
    with liar.capture() as packets:
        for addresses in ((outside,), (FRIEND, outside)):
            with pytest.raises(OSError, match=rf"There is no way from here to {outside}: nothing leaves the lab\."):
                liar.forge(SYN, *addresses)
    assert len(packets) == 0


@pytest.mark.parametrize("name", ["example.org", "", None, 7, b"\n\0\0\1"])
def test_an_address_is_one_in_numbers(hosts, name):
    with pytest.raises(ValueError, match="is no IPv4 address: write one with numbers"):
        hosts[1].forge(SYN, name)


@pytest.mark.parametrize("thing", [b"\x45", [SYN, b"\x45"], [None]])
def test_only_segments_are_forged(hosts, thing):
    with pytest.raises(TypeError, match="forge sends Segments, one or many; this is "):
        hosts[1].forge(thing, FRIEND)


def arrived(lab):
    """Return how many segments the kernel has counted."""
    return lab.counters()["TcpInSegs"]


@pytest.mark.parametrize("link", [None, Link()], ids=["", "a link"])
def test_a_flood_ends_with_its_cell(lab, link):
    def stop(*_):
        raise KeyboardInterrupt

    lab.host(FRIEND)
    liar, before = lab.host(LIAR, link=link), signal.signal(signal.SIGALRM, stop)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with contextlib.suppress(KeyboardInterrupt):
            liar.forge(rsts(), FRIEND)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    time.sleep(0.05)  # what a link still holds
    count = arrived(lab)
    assert count > 100
    time.sleep(0.2)
    assert arrived(lab) == count


@pytest.mark.parametrize("link", [None, Link()], ids=["", "a link"])
@pytest.mark.parametrize("ends", ["the lab", "its host", "a new host"])
def test_a_flood_that_outlives_its_cell_ends(ends, link):
    """A learner may send in a thread: it ends with its host, and that ends with the lab or with a cell run again."""
    lab, errors = Lab(), []
    lab.host(FRIEND)
    liar = lab.host(LIAR, link=link)

    def flood():
        try:
            liar.forge(rsts(), FRIEND)
        except LabError as error:
            errors.append(error)

    thread = threading.Thread(target=flood, daemon=True)
    thread.start()
    eventually(lambda: arrived(lab) > 100)
    {"the lab": lab.close, "its host": liar.close, "a new host": lambda: lab.host(LIAR)}[ends]()
    thread.join(PATIENCE_S)
    assert errors
    lab.close()


def strict(configure):
    def wrapped(self, name, forward=False):
        configure(self, name, forward)
        checks = attribute(INET_CONF, [attribute(RP_FILTER, STRICT)])
        self.set(name, attribute(IFLA_AF_SPEC, [attribute(socket.AF_INET, [checks])]))

    return wrapped


def test_a_kernel_with_strict_routes_believes_only_the_friends_own_cable(lab, monkeypatch):
    """As on machines with rp_filter 1: lesson 21 tries both cables."""
    monkeypatch.setattr(Interfaces, "configure", strict(Interfaces.configure))
    friend, liar = lab.host(FRIEND), lab.host(LIAR)
    with lab.listen(8000, KERNEL):
        assert heard(friend, liar) == ["S", ""]
        assert heard(friend, friend) == ["S S.", "S S."]


def test_lesson_21_shows_the_same_there(lab, monkeypatch):
    monkeypatch.setattr(Interfaces, "configure", strict(Interfaces.configure))
    world = run(code_cells("21_attack"))
    with world["lab"]:
        assert [len(packets) for packets in world["cables"].values()] == [0, 2]
        assert world["address"] == FRIEND
        assert world["moved"]["TcpExtTCPChallengeACK"] == 1

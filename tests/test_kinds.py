"""Which kinds of lab can be had, and what is said where none can."""

import os
import signal
import socket
from socket import AF_INET, AF_PACKET, IPPROTO_TCP, SOCK_RAW

import pytest
from processes import eventually, mark, marked, start_family
from test_lab import STORY_SYN, syn

from tcpkit.lab import Lab, LabUnavailable
from tcpkit.lab import lab as lab_module
from tcpkit.wire import Flags

# The machine's own loopback, by name only


@pytest.fixture
def direct():
    try:
        with pytest.warns(UserWarning, match="no private network"):
            made = Lab("direct")
    except LabUnavailable as error:
        pytest.skip(str(error))
    with made:
        yield made


def test_direct_is_never_chosen(monkeypatch):
    monkeypatch.setattr(lab_module, "AUTOMATIC", ())
    with pytest.raises(LabUnavailable):
        Lab()


def test_direct_stays_on_loopback(direct):
    assert direct.kind == "direct"
    assert repr(direct).startswith("this machine's own loopback · Linux · ")
    with direct.socket(AF_INET, SOCK_RAW, IPPROTO_TCP) as raw:
        assert raw.getsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, 16).rstrip(b"\0") == b"lo"
    with pytest.raises(OSError, match="nothing leaves the lab"):
        direct.send(STORY_SYN, "192.0.2.1")
    for family in (AF_PACKET, socket.AF_NETLINK):
        with pytest.raises(PermissionError, match="could reach the machine's own network"):
            direct.socket(family, SOCK_RAW)


def test_direct_captures_loopback(direct):
    with direct.capture() as packets:
        (reply,) = direct.ask(syn(1, source_port=2))  # port 1: nothing listens there
    assert reply.flags == Flags.RST | Flags.ACK
    assert Flags.RST in [packet.segment.flags & Flags.RST for packet in packets if packet.segment.source_port == 1]


def test_direct_leaves_nothing_either(direct):
    seconds, pid = mark(), direct._ground.pid
    start_family(direct, seconds)
    if os.getuid():
        pytest.skip("only root's direct lab can end what hides: this run is an ordinary user's")
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: not marked(seconds))

"""Nothing of a lab reaches the machine: not its network, not its disk."""

import os
import socket
import struct
import subprocess
import sys
from pathlib import Path
from socket import AF_INET, AF_PACKET, SOCK_DGRAM, SOCK_RAW

import pytest

from tcpkit.lab import Lab, LabError
from tcpkit.stack.link import Link
from tcpkit.story import scenes
from tcpkit.wire import Flags, IPv4Header, Segment, TCPHeader
from tcpkit.wire.story_syn import story_syn

ETH_P_ALL, SO_RCVBUFFORCE, SOL_PACKET, PACKET_STATISTICS = 3, 33, 263, 6
SIGNATURE = os.urandom(16)  # in every packet below: other programs use this machine's network as well


def broken_packets():
    """Yield segments of all kinds, each with the signature in its data."""
    for offset in range(16):
        yield bytes(story_syn(offset))[:20] + SIGNATURE
    for flags in range(64):
        segment = Segment(TCPHeader(8989, 8000, flags=Flags(flags)), SIGNATURE)
        yield bytes(segment.with_checksum("127.0.0.1", "127.0.0.1"))
    yield from (SIGNATURE, SIGNATURE * 4000, *(scene.buffer[:20] + SIGNATURE for scene in scenes()))


def send_all(lab):
    """Send them in every way that a lab has."""
    with lab.capture() as packets, lab.listen(8002):
        for data in broken_packets():
            lab.send(data)
        lab.ask(bytes(story_syn(5, 0))[:20] + SIGNATURE)
        with lab.socket(AF_PACKET, SOCK_DGRAM) as frame:
            for data in broken_packets():
                frame.sendto(data[:1000], ("lo", 0x0800))
        with lab.socket(AF_INET, SOCK_DGRAM) as datagram:
            datagram.sendto(SIGNATURE, ("127.0.0.1", 9))
        with lab.socket() as client:
            client.connect(("127.0.0.1", 8002))
            client.sendall(SIGNATURE)
    assert sum(SIGNATURE in packet.data for packet in packets) > 100


FOREIGN = ("192.0.2.1", "255.255.255.255", "224.0.0.1", "127.0.0.1", "10.0.0.1")


def send_from_elsewhere(lab):
    """Send from addresses that the lab's kernel does not own: a host's, another lab's."""
    for link in (None, Link(duplication=1.0)):
        with lab.host(link=link) as host, host.capture() as packets:
            for destination in FOREIGN:
                host.send(bytes(IPv4Header(host.address, destination, 36, protocol=17)) + SIGNATURE)
            for data in broken_packets():
                host.send((bytes(IPv4Header(host.address, host.gateway, 20 + len(data[:1000]))) + data)[:1020])
        assert sum(SIGNATURE in packet.data for packet in packets) > 80
    with lab.namespace("box") as box, lab.wire(box), lab.capture("eth0", frames=True) as packets:
        for socket_, destination in ((lab.socket(AF_INET, SOCK_DGRAM), "10.1.0.2"), (box.socket(), "10.1.0.1")):
            with socket_:
                socket_.connect_ex((destination, 9))
                socket_.send(SIGNATURE) if destination == "10.1.0.2" else None
        box.send(bytes(story_syn(5, 0))[:20] + SIGNATURE, "10.1.0.1")
    assert sum(SIGNATURE in packet.data for packet in packets) >= 2
    with Lab() as other, lab.cable(other), other.listen(8002, "10.1.0.2") as listener, lab.socket() as client:
        client.connect(("10.1.0.2", 8002))
        client.sendall(SIGNATURE)
        with listener.accept()[0] as connection:
            assert connection.recv(100) == SIGNATURE


def interfaces():
    return sorted(name for _, name in socket.if_nameindex())


def listener_outside():
    """Return a packet socket that gets what all of the machine's interfaces carry."""
    made = socket.socket(AF_PACKET, SOCK_RAW, socket.htons(ETH_P_ALL))
    made.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 26)
    made.settimeout(60)
    return made


@pytest.fixture
def listener():
    try:
        made = listener_outside()
    except PermissionError:
        pytest.skip("only root can listen on the machine's own network: test_an_ordinary_users_counters counts instead")
    with made:
        yield made


def heard(listener, signature=SIGNATURE):
    """Return how often each interface carried the signature so far."""
    last, found = os.urandom(16), {}
    send_outside(last)  # when the listener hears this, it has heard all before it
    data = b""
    while last not in data:
        data, (interface, *_) = listener.recvfrom(1 << 17)
        found[interface] = found.get(interface, 0) + (signature in data)
    dropped = struct.unpack("II", listener.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))[1]
    assert not dropped, "other programs made so much traffic that the listener may have missed ours"
    return {interface: times for interface, times in found.items() if times}


def send_outside(data):
    """Send one harmless packet on the machine's own loopback."""
    with socket.socket(AF_INET, SOCK_DGRAM) as sender, socket.socket(AF_INET, SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        sender.sendto(data, receiver.getsockname())


def test_the_machines_network_hears_nothing(lab, listener):
    send_all(lab)
    send_from_elsewhere(lab)
    assert heard(listener) == {}


def test_no_name_is_looked_up(lab, listener):
    from scapy.layers.inet import IP  # here: it writes into a cache, and the test of files imports this module

    name = f"{SIGNATURE.hex()}.invalid"
    for call in (
        lambda: lab.listen(8000, name),
        lambda: lab.send(SIGNATURE * 2, name),
        lambda: lab.ask(SIGNATURE * 2, name),
        lambda: lab.explain(SIGNATURE * 2, name),
        lambda: lab.host(name),
        lambda: lab.cable(Lab(), addresses=(name, "10.1.0.2")),
        lambda: lab.wire(lab.namespace("box"), addresses=(name, "10.1.0.2/24")),
    ):
        with pytest.raises(ValueError, match="is no IPv4 address: write one with numbers"):
            call()
    with lab.scapy(), pytest.raises(LabError, match="is a name"):
        IP(dst=name).src  # noqa: B018 (scapy looks it up here)
    assert heard(listener, SIGNATURE.hex().encode()) == {}


def test_the_listener_above_is_not_deaf(listener):
    send_outside(SIGNATURE)
    assert heard(listener)["lo"] >= 1


def test_direct_keeps_to_loopback(listener):
    """One harmless packet: a SYN to port 1, where nothing listens."""
    with pytest.warns(UserWarning, match="no private network"):
        direct = Lab("direct")
    syn = Segment(TCPHeader(2, 1, flags=Flags.SYN), SIGNATURE)
    with direct:
        direct.send(syn.with_checksum("127.0.0.1", "127.0.0.1"))
    assert set(heard(listener)) == {"lo"}


def machines_errors():
    names, values = (line.split() for line in Path("/proc/net/snmp").read_text().splitlines() if line[:4] == "Tcp:")
    return int(values[names.index("InErrs")])


def test_an_ordinary_users_counters(lab):
    """What the machine itself counts: broken TCP segments that arrived anywhere."""
    before, inside = machines_errors(), lab.counters()
    for _ in range(20):
        send_all(lab)
    send_from_elsewhere(lab)
    moved = lab.counters() - inside
    assert moved["TcpInErrs"] >= 300
    assert machines_errors() - before < 10  # other programs' broken segments count too; hardly ever is there one


def test_no_interface_comes_or_stays(lab):
    before = interfaces()
    with Lab() as other:
        send_all(other)
        with other.host(), lab.cable(other), lab.wire(lab.namespace("box")):
            assert interfaces() == before
    assert interfaces() == before


def test_no_file_is_written(tmp_path):
    """A lab that may write nowhere, and in a folder of its own."""
    code = """if True:
        import sys
        sys.path.insert(0, sys.argv[1])
        from test_safety import send_all, send_from_elsewhere
        from tcpkit.lab import Lab
        with Lab() as lab:
            send_all(lab)
            send_from_elsewhere(lab)
            lab.run("ss -tln")
            lab.start("sleep 100000")
    """
    for name in ("tmp", "home", "folder"):
        (tmp_path / name).mkdir()
    environment = os.environ | {
        "TMPDIR": str(tmp_path / "tmp"),
        "HOME": str(tmp_path / "home"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    subprocess.run(
        [sys.executable, "-c", code, os.path.dirname(__file__)], check=True, env=environment, cwd=tmp_path / "folder"
    )
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["folder", "home", "tmp"]

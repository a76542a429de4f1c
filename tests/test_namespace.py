"""Several networks in one lab, and the wires between them."""

import contextlib
import doctest
import errno
import gc
import json
import os
import signal
import socket
import threading
from pathlib import Path

import pytest
from processes import children, descriptors, eventually, is_alive, mark, marked, python, start_family
from seccomp import can_refuse

from tcpkit.lab import Lab, LabClosed, LabError, kinds, refusals
from tcpkit.lab.agent_client import Refused
from tcpkit.story import scenes

STORY_SYN = scenes()[2].buffer


@pytest.fixture
def box(lab):
    return lab.namespace("box")


def meet(one, other, address, port=5432):
    """Return what arrives when one network sends a few bytes to the other's address."""
    with other.listen(port, address) as listener, one.socket() as client:
        client.settimeout(30)
        client.connect((address, port))
        client.sendall(b"over a wire")
        with listener.accept()[0] as connection:
            return connection.recv(100)


def interfaces(network):
    return {line.partition(":")[0].strip() for line in network._agent.proc_net("dev").splitlines() if ":" in line}


def test_one_kernel_looks_things_up_by_network(lab, box):
    with lab.listen(8000):
        here, there = lab.ask(STORY_SYN), box.ask(STORY_SYN)
    assert [str(reply.flags) for reply in (here[0], *there)] == ["S.", "R."]
    assert repr(box) == 'network "box" in the lab · no root'
    assert repr(box.run(["python", "-c", "print('here')"])) == "here"
    assert len(box.sockets()) == 0
    assert (box.kind, interfaces(box)) == ("namespace", {"lo"})


def test_programs_in_a_network_are_the_ordinary_user_with_three_capabilities(lab, box):
    said = [one.run("sh -c 'id -u; grep CapEff /proc/self/status'").output for one in (lab, box)]
    assert said[0] == said[1]
    assert said[1].split() == [said[0].split()[0], "CapEff:", "0000000000003400"]


@pytest.mark.parametrize("name", ["", " ", "a\nb", 7, None])
def test_what_is_no_name(lab, name):
    with pytest.raises(ValueError, match="A network has a name, such as 'box'"):
        lab.namespace(name)


def test_a_cell_that_is_run_twice(lab):
    first = lab.namespace("box")
    wire = lab.wire(first)
    second = lab.namespace("box")
    assert wire.is_closed
    with pytest.raises(LabClosed, match=r"The network 'box' is gone: it was closed. .* lab.namespace\('box'\)"):
        first.run("true")
    one, two = lab.wire(second), lab.wire(second)
    assert (one.is_closed, two.is_closed) == (True, False)
    assert meet(lab, second, "10.1.0.2") == b"over a wire"


@pytest.mark.parametrize("how", ["close", "collect", "kill the lab", "kill the network"])
def test_all_ends_with_the_lab(how):
    before, living = descriptors(), children()
    seconds, lab = mark(), Lab()
    box = lab.namespace("box")
    pids = lab._agent.pid, box._agent.pid
    program, wire = start_family(box, seconds), lab.wire(box)
    with contextlib.suppress(LabClosed), box.capture("eth0", frames=True):
        if how == "close":
            lab.close()
        elif how == "kill the lab":
            os.kill(pids[0], signal.SIGKILL)
            eventually(lambda: not is_alive(pids[1]))
        elif how == "kill the network":
            os.kill(pids[1], signal.SIGKILL)
            eventually(lambda: not marked(seconds))
            lab.run("true")
            lab.namespace("box").close()
    with contextlib.suppress(LabClosed):
        wire.close()
    del program, lab, box, wire
    gc.collect()
    eventually(lambda: not any(map(is_alive, pids)) and not marked(seconds))
    eventually(lambda: descriptors() == before)
    eventually(lambda: children() == living)
    eventually(lambda: threading.active_count() == 1)


REFUSED = """if True:
    import sys
    sys.path.insert(0, sys.argv[1])
    from seccomp import refuse
    from tcpkit.lab import Lab, LabUnavailable
    lab = Lab()
    refuse("unshare")
    try:
        lab.namespace("box")
    except LabUnavailable as error:
        print(error, lab.run("echo the lab goes on"), sep="\\n")
"""


def test_a_network_that_cannot_be_had(lab):
    if not can_refuse():
        pytest.skip("the numbers of this machine's system calls are not in tests/seccomp.py")
    assert python(REFUSED, os.path.dirname(__file__)).splitlines() == [
        f"The network 'box' cannot be had here: this system refuses another network (unshare: "
        f"Operation not permitted): {refusals.FILTER}",
        refusals.OPEN_FILTER,
        "the lab goes on",
    ]


def test_too_many_networks(monkeypatch):
    monkeypatch.setattr(refusals, "_read", lambda path: "7\n")
    error = Refused(errno.ENOSPC, os.strerror(errno.ENOSPC), "unshare")
    why, remedy = kinds.explain_entering(error, is_within=True)
    assert why.endswith("the limit on networks is reached (user.max_net_namespaces is 7)")
    assert "max_net_namespaces=10000" in remedy


def test_the_machines_own_network_has_no_others(direct):
    with pytest.raises(LabError, match="take a private one, lab = Lab"):
        direct.namespace("box")
    with pytest.raises(LabError, match="take a private network"):
        direct.wire(Lab())
    with pytest.raises(LabError, match="a capture keeps to lo"):
        direct.capture("eth0")


def test_a_wire_by_hand_through_the_path(lab, box):
    if lab.run("ip -V").status:
        pytest.skip("the program ip is not installed here")
    for network, command in (
        (lab, f"ip link add web0 type veth peer name eth0 netns {box.path}"),
        (lab, "ip addr add 172.17.0.1/24 dev web0"),
        (lab, "ip link set web0 up"),
        (box, "ip addr add 172.17.0.2/24 dev eth0"),
        (box, "ip link set eth0 up"),
    ):
        assert repr(network.run(command)) == ""
    assert box.path == box.path != lab.path
    assert meet(lab, box, "172.17.0.2") == b"over a wire"


def test_the_path_can_be_used_at_once(lab):
    """Its process has no more rights than the lab's programs when it is named; before, they may not look at it."""
    if lab.run("ip -V").status:
        pytest.skip("the program ip is not installed here")
    for number in range(10):
        path = lab.namespace("box").path
        assert repr(lab.run(f"ip link add web{number} type veth peer name eth0 netns {path}")) == ""


def test_a_capture_of_an_interface_that_was_made_anew(lab):
    for _ in range(2):
        wire = lab.wire(lab.namespace("box"), names=("web0", "eth0"))
        with lab.capture("web0") as packets:
            meet(lab, lab._networks["box"], "10.1.0.2")
        assert len(packets) > 5
        wire._networks[0].remove("web0")  # as `ip link del` would: the lab does not know


def test_a_wire_as_the_kernel_shows_it(lab, box):
    wire = lab.wire(box, ("172.17.0.1/24", "172.17.0.2/24"), ("web0", "eth0"))
    assert repr(wire) == "a wire from web0 172.17.0.1/24 to eth0 172.17.0.2/24"
    if lab.run("ip -V").status:
        pytest.skip("the program ip is not installed here")
    (end,) = [one for one in json.loads(box.run("ip -json addr").output) if one["ifname"] == "eth0"]
    assert (end["address"], end["mtu"]) == ("02:00:ac:11:00:02", 1500)
    assert [(one["family"], one["local"], one["prefixlen"]) for one in end["addr_info"]] == [("inet", "172.17.0.2", 24)]
    wire.close()
    wire.close()
    assert repr(wire).endswith(" (taken away)")
    assert (interfaces(lab), interfaces(box)) == ({"lo"}, {"lo"})


def test_checksums_are_finished_on_a_wire(lab, box):
    lab.wire(box)
    with lab.capture("eth0") as packets:
        meet(lab, box, "10.1.0.2")
    assert packets.table()["checksum_ok"].all()


@pytest.mark.parametrize("forward", [False, True])
def test_forwarding_is_per_wire(lab, box, forward):
    far = lab.namespace("far")
    lab.wire(box, ("10.1.0.1/24", "10.1.0.2/24"), ("eth0", "left"), forward=forward)
    box.wire(far, ("10.2.0.1/24", "10.2.0.2/24"), ("right", "eth0"), forward=forward)
    for network, gateway in ((lab, "10.1.0.2"), (far, "10.2.0.1")):
        if network.run(f"ip route add default via {gateway}").status:
            pytest.skip("the program ip is not installed here")
    with lab.socket() as client, far.listen(7, "10.2.0.2"):
        client.settimeout(0.5)
        assert client.connect_ex(("10.2.0.2", 7)) == (0 if forward else socket.errno.EAGAIN)


def test_what_a_wire_cannot_be(lab, box):
    with pytest.raises(TypeError, match="a wire joins two networks, and this is 'box'"):
        lab.wire("box")
    with pytest.raises(ValueError, match="these are one"):
        lab.wire(lab)
    with Lab() as other, pytest.raises(LabError, match=r'take other = lab.namespace\("other"\)'):
        lab.wire(other)
    for addresses, words in (
        (("10.1.0.1", "10.1.0.2"), "does not say how large its network is"),
        (("10.1.0.1/24", "10.1.0.1/24"), "Both ends have the address"),
        (("10.1.0.1/24",), "A wire has two addresses"),
        ("10.1.0.1/24", "A wire has two addresses"),
        (("10.1.0.1/99", "10.1.0.2/24"), "does not say how large"),
        (("127.0.0.1/8", "10.1.0.2/24"), "can be no host's"),
    ):
        with pytest.raises(ValueError, match=words):
            lab.wire(box, addresses)
    for name in ("", "sixteen letters!", "a/b", "a b", "é"):
        with pytest.raises(ValueError, match="cannot be an interface's name"):
            lab.wire(box, names=("eth0", name))
    with pytest.raises(LabError, match="has an interface 'lo' already"):
        lab.wire(box, names=("eth0", "lo"))
    assert interfaces(lab) == interfaces(box) == {"lo"}


def test_a_second_wire_needs_names_of_its_own(lab, box):
    first = lab.wire(box)
    with pytest.raises(LabError, match=r"has an interface 'eth0' already\. Choose other names"):
        lab.wire(lab.namespace("other"))
    assert meet(lab, box, "10.1.0.2") == b"over a wire"
    assert not first.is_closed


def test_an_interface_that_is_not_there(lab):
    with pytest.raises(LabError, match=r"This network has no interface 'web0'\. It has lo"), lab.capture("web0"):
        pass


def test_frames_have_arp_and_their_ethernet_header(lab, box, tmp_path):
    lab.wire(box)
    with lab.capture("eth0", frames=True) as packets:
        meet(lab, box, "10.1.0.2")
        with lab.socket(type=socket.SOCK_DGRAM) as datagram:
            datagram.sendto(b"nobody listens", ("10.1.0.2", 9))
    asked, answered, syn = packets[:3]
    assert repr(packets).splitlines()[:2] == [
        "ARP, Request who-has 10.1.0.2 tell 10.1.0.1, length 28",
        "ARP, Reply 10.1.0.2 is-at 02:00:0a:01:00:02, length 28",
    ]
    assert [packet.link[:6].hex(":") for packet in (asked, answered, syn)] == [
        "ff:ff:ff:ff:ff:ff",
        "02:00:0a:01:00:01",
        "02:00:0a:01:00:02",
    ]
    drawn = repr(packets.ladder()).splitlines()
    assert ["ARP" in line for line in drawn[1:3]] == [True, True]
    assert "<" in drawn[2]
    assert ("UDP" in drawn[-2], "ICMP" in drawn[-1]) == (True, True)
    assert "ARP, Request who-has" in packets.tcpdump("-t")
    assert len(packets.table()) == len(packets)
    packets.save(tmp_path / "frames.pcap")
    again = type(packets[:1]).load(tmp_path / "frames.pcap")
    assert (len(again), again.skipped) == (len(packets) - 2, {"ARP": 2})
    with lab.capture("eth0") as plain:
        meet(lab, box, "10.1.0.2", 5433)
    assert {packet.link for packet in plain} == {b""}


def test_the_page_on_several_networks_is_true(lab):
    page = Path(__file__).parents[1] / "docs" / "lab.md"
    result = doctest.testfile(str(page), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert (result.failed, result.attempted) == (0, 13)

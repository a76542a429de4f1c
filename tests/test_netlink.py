"""Netlink messages: what they say, by pyroute2's reading, and who may say them."""

import errno

import pytest

from tcpkit.lab import Lab
from tcpkit.lab.cables import interfaces, netlink, veth
from tcpkit.lab.cables.netlink import Message, answers, attribute, interface, opened, request

NEAR, FAR = "10.0.0.1", "10.0.0.2"


@pytest.fixture
def messages(lab, monkeypatch):
    """All messages that make a cable, in order; not those that clear away what an earlier test left behind."""
    sent = []

    def recording(inside, *more):
        sent.extend((inside, message) for message in more)
        request(inside, *more)

    monkeypatch.setattr(interfaces, "request", recording)
    cable = veth.Veth(lab._agent, NEAR, FAR, 1400)
    cable.remove()
    return [message for inside, message in sent if inside is cable._interfaces._netlink]


def read(message, kind):
    """Return a message as pyroute2 reads it."""
    read = kind(message.pack(7))
    read.decode()
    assert read["header"]["length"] == len(message.pack(7))
    assert (read["header"]["sequence_number"], read["header"]["flags"] & 5) == (7, 5)
    return read


def test_pyroute2_reads_the_same_in_them(messages):
    pytest.importorskip("pyroute2", reason="pyroute2 is not in this environment; `make test` installs it")
    from pyroute2.netlink.rtnl.ifaddrmsg import ifaddrmsg
    from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg
    from pyroute2.netlink.rtnl.ndmsg import ndmsg
    from pyroute2.netlink.rtnl.rtmsg import rtmsg

    made, *settings = messages
    made, removed = read(made, ifinfmsg), read(settings.pop(), ifinfmsg)
    peer = made.get_nested("IFLA_LINKINFO", "IFLA_INFO_DATA", "VETH_INFO_PEER")
    assert made.get_nested("IFLA_LINKINFO", "IFLA_INFO_KIND") == "veth"
    ends = [[end.get_attr(f"IFLA_{name}") for name in ("IFNAME", "MTU", "ADDRESS")] for end in (made, peer)]
    assert ends == [["cable0", 1400, "02:00:0a:00:00:01"], ["host0", 1400, "02:01:0a:00:00:02"]]
    assert removed.get_attr("IFLA_IFNAME") == "cable0"
    kinds = {netlink.NEW_ADDRESS: ifaddrmsg, netlink.NEW_ROUTE: rtmsg, netlink.NEW_NEIGHBOUR: ndmsg}
    address, route, neighbour = (read(one, kinds[one.kind]) for one in settings if one.kind in kinds)
    assert (address["prefixlen"], address.get_attr("IFA_LOCAL")) == (24, NEAR)
    assert address.get_attr("IFA_BROADCAST") == "10.0.0.255"
    assert (route["dst_len"], route.get_attr("RTA_DST"), route.get_attr("RTA_PREFSRC")) == (32, FAR, NEAR)
    assert (neighbour.get_attr("NDA_DST"), neighbour.get_attr("NDA_LLADDR")) == (FAR, "02:00:0a:00:00:02")
    assert neighbour["ifindex"] == route.get_attr("RTA_OIF") == address["index"]


def test_an_attribute_is_padded_and_its_length_is_not():
    assert attribute(3, "abc") == b"\x08\0\x03\0abc\0"
    assert attribute(3, b"abcde") == b"\x09\0\x03\0abcde\0\0\0"
    assert attribute(4, 1500) == b"\x08\0\x04\0\xdc\x05\0\0"
    assert attribute(18, [attribute(1, b""), attribute(2, b"")]) == b"\x0c\0\x12\0\x04\0\x01\0\x04\0\x02\0"


def test_the_first_refusal_is_told_with_what_it_was_for(lab):
    with opened(lab._agent) as inside:
        nonsense = Message("take away what is not there", netlink.DELETE_INTERFACE, interface(attribute(3, "nothing0")))
        with pytest.raises(OSError, match="take away what is not there: No such device") as caught:
            request(inside, nonsense, Message("and another", netlink.DELETE_INTERFACE, b""))
        assert caught.value.errno == errno.ENODEV
        with pytest.raises(OSError, match="take away"):  # no answer was left over
            request(inside, nonsense)


def test_answers_that_are_none_are_passed_over():
    other = netlink.HEADER.pack(20, 16, 0, 5, 0) + bytes(4)
    good = netlink.HEADER.pack(36, netlink.ANSWER, 0, 6, 0) + bytes(20)
    assert answers(other + good) == {6: 0}


def test_two_labs_make_the_same_cable_and_do_not_see_each_others(lab):
    with Lab() as other:
        ends = [(lab, FAR), (other, FAR), (lab, "10.0.0.3")]
        names = [veth.Veth(one._agent, NEAR, far, 1500).near_name for one, far in ends]
    assert names == ["cable0", "cable0", "cable1"]

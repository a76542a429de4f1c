"""A road of networks: who knows the way, who says what died, and a loop."""

import socket
import struct
import time

import pytest
from processes import eventually

from tcpkit.lab import LabError
from tcpkit.wire import WireError

IP_TTL = socket.IP_TTL


def trace(road, most=6):
    """Return who answers to a packet with TTL 1, 2, 3 ...; "*" for nobody."""
    found = []
    with road.you.socket(type=socket.SOCK_RAW, proto=socket.IPPROTO_ICMP) as heard:
        for ttl in range(1, most + 1):
            with road.you.socket(type=socket.SOCK_DGRAM) as probe:
                probe.setsockopt(socket.IPPROTO_IP, IP_TTL, ttl)
                probe.sendto(b"", (road.destination, 33434 + ttl))
            found.append(sender(heard, 33434 + ttl))
            if found[-1] == road.destination:
                break
    return found


def sender(heard, port, patience_s=1.0):
    """Return who quotes a packet to this port."""
    deadline = time.monotonic() + patience_s
    while (left := deadline - time.monotonic()) > 0:
        heard.settimeout(left)
        try:
            data, (address, _) = heard.recvfrom(1000)
        except TimeoutError:
            break
        if struct.unpack_from("!H", data, 50) == (port,):
            return address
    return "*"


def test_everybody_knows_the_next_step(lab):
    road = lab.road()
    assert repr(road) == "a road: you 10.1.0.2 - r1 - r2 - site 10.3.0.80"
    assert trace(road) == ["10.1.0.1", "10.2.0.2", "10.3.0.80"]
    if lab.run("ip -V").status:
        pytest.skip("the program ip is not installed here")
    routes = [repr(network.run("ip route")).split(" \n") for network in (road.you, *road.routers, road.site)]
    assert routes[0][0] == "default via 10.1.0.1 dev eth0"
    assert routes[1][0] == "default via 10.2.0.2 dev right"
    assert routes[2][0] == "10.1.0.0/24 via 10.2.0.1 dev left"
    assert routes[3][0] == "default via 10.3.0.1 dev eth0"


def test_a_silent_router_carries_and_does_not_talk(lab):
    road = lab.road()
    road.silence(1)
    road.silence(1)
    assert trace(road) == ["10.1.0.1", "*", "10.3.0.80"]


@pytest.mark.parametrize("routers", [1, 4])
def test_other_roads(lab, routers):
    road = lab.road(routers, seed=routers)
    hops = trace(road)
    assert hops[0] == road.address.removesuffix(".2") + ".1"
    assert (len(hops), hops[-1]) == (routers + 1, road.destination)
    assert road.networks != lab.road(routers, seed=routers + 1).networks
    assert lab.road(routers, seed=routers).networks == road.networks


def test_a_loop_ends(lab):
    road = lab.road()
    road.bend()
    road.bend()
    probe = lab.socket(type=socket.SOCK_DGRAM)
    probe.bind(("10.1.0.2", 40000))
    with road.routers[0].capture("right") as between, lab.capture("eth0") as own, probe:
        probe.sendto(b"", ("10.7.0.1", 33434))
    assert [packet.ip.ttl for packet in between if packet.protocol == "UDP"] == list(range(63, 0, -1))
    assert [(packet.source, packet.protocol) for packet in own] == [("10.1.0.2", "UDP"), ("10.2.0.2", "ICMP")]
    assert list(own.account()["words"]) == ["port 40000 to port 33434", "time exceeded: 10.1.0.2 to 10.7.0.1"]
    with pytest.raises(WireError, match="not TCP"):
        _ = own[1].segment


def test_a_cell_that_is_run_twice(lab):
    first, second = lab.road(3), lab.road(1)
    assert trace(second) == ["10.1.0.1", "10.2.0.80"]
    assert repr(first).endswith("(closed)")
    with pytest.raises(LabError, match=r"Make it anew: road = lab.road\(\)"):
        first.bend()
    eventually(lambda: all(not network._agent.close.alive for network in first.routers))


def test_what_a_road_cannot_be(lab):
    for routers in (0, 9, 2.5, True, "2"):
        with pytest.raises(ValueError, match="A road has 1 to 8 routers"):
            lab.road(routers)
    road = lab.road(1)
    with pytest.raises(LabError, match="A loop needs two routers"):
        road.bend()
    for router in (1, -1, "r1"):
        with pytest.raises(ValueError, match="This road has routers 0 to 0"):
            road.silence(router)

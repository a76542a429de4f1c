"""What lesson 20 judges by: the route table of a kernel, and roads with a known number of routers."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from ipaddress import ip_address, ip_network
from typing import Any
from weakref import WeakKeyDictionary

from tcpkit.check.exercise import Exercise, NotAsked

Routes = dict[str, str]
RAW, DATAGRAM = 3, 2  # Linux: SOCK_RAW, SOCK_DGRAM
ICMP, SOL_IP, IP_TTL = 1, 0, 2  # IPPROTO_ICMP; level and name of the option for a packet's TTL
FIRST_PORT = 33434  # of traceroute

# Route tables

NO_IP = (
    "A kernel is asked by the program `ip`: install the package iproute2 (`sudo apt install iproute2`) and try again."
)

MIXED = {  # never from wide to narrow, so that "the first" and "the widest" differ
    "10.20.16.0/20": "10.1.0.20",
    "0.0.0.0/0": "10.1.0.10",
    "10.20.30.40/32": "10.1.0.32",
    "10.0.0.0/8": "10.1.0.8",
    "10.20.30.0/24": "10.1.0.24",
    "10.20.0.0/16": "10.1.0.16",
}
NO_DEFAULT = {net: router for net, router in MIXED.items() if net != "0.0.0.0/0"}
ASKED = ("10.20.30.40", "10.20.30.41", "10.20.17.5", "10.20.99.1", "10.99.1.1", "172.16.0.1")
BY_ALPHABET = {  # the longer prefix is the earlier text, or as long a text
    "10.20.100.0/24": "10.1.0.24",
    "10.20.96.0/20": "10.1.0.20",
    "10.0.0.0/16": "10.1.0.16",
    "10.0.0.0/8": "10.1.0.8",
}


def by_chance(seed: int = 20) -> tuple[Routes, tuple[str, ...]]:
    """Return a table of seven routes, and twenty addresses, most of them near its networks."""
    chance = random.Random(seed)
    lengths = chance.sample((8, 12, 16, 20, 22, 24, 28), 6)
    lengths.insert(2, 0)
    nets = [ip_network((0x0A320000 | chance.randrange(1 << 16), length), strict=False) for length in lengths]
    near = [0x0A320000 | chance.randrange(1 << 16) for _ in range(8)]
    near += [int(chance.choice(nets[3:]).network_address) + chance.randrange(16) for _ in range(8)]
    near += [chance.randrange(0x0B000000, 0xDF000000) for _ in range(4)]
    routes = {str(net): f"10.1.0.{100 + place}" for place, net in enumerate(nets)}
    return routes, tuple(str(ip_address(each)) for each in near)


def lookups() -> tuple[tuple[str, Routes], ...]:
    """Return the inputs: an address and a table."""
    seeded, addresses = by_chance()
    mixed = [(address, routes) for routes in (MIXED, NO_DEFAULT) for address in ASKED]
    mixed += [(address, BY_ALPHABET) for address in ("10.20.100.5", "10.0.0.5", "10.20.97.1", "10.1.2.3")]
    return (*mixed, *((address, seeded) for address in addresses))


def longest(destination: str, routes: Routes) -> str | None:
    """Return the router whose network holds the address and has the longest prefix."""
    fitting = [net for net in routes if ip_address(destination) in ip_network(net)]
    return routes.get(max(fitting, key=lambda net: ip_network(net).prefixlen, default=""))


def looked_up(lab: Any, exercise: Exercise) -> list[str | None]:
    """Return for each input which router a kernel takes, in a lab of its own."""
    found: list[str | None] = []
    tables: list[Routes] = []
    for _, routes in exercise.inputs:
        tables += [routes] if routes not in tables else []
    with type(lab)("namespace") as own:
        far = own.namespace("far")
        own.wire(far, ("10.1.0.2/24", "10.1.0.1/24"))
        for routes in tables:
            addresses = [address for address, table in exercise.inputs if table == routes]
            found += _asked(own, routes, addresses)
    return found


def _asked(own: Any, routes: Routes, addresses: Sequence[str]) -> list[str | None]:
    lines = ["route flush scope global", *(f"route add {net} via {router}" for net, router in routes.items())]
    lines += [f"route get {address}" for address in addresses]
    said = own.run(["sh", "-c", 'printf "%s\n" "$@" | ip -force -batch - 2>&1', "sh", *lines]).output
    via = dict(re.findall(r"^(\S+) via (\S+)", said, re.MULTILINE))
    if not via and any(longest(address, routes) for address in addresses):  # there is no `ip` here, or another one
        raise NotAsked(NO_IP)
    return [via.get(address) for address in addresses]


def pick(choose: Callable[..., Any], **key: Any) -> Callable[..., object]:
    """Return an answer that chooses among the networks that hold the address."""

    def answer(destination: str, routes: Mapping[str, str]) -> object:
        fitting = [net for net in routes if ip_address(destination) in ip_network(net)]
        return routes[choose(fitting, **key)] if fitting else None

    return answer


def by_text(begin: Callable[[str], str]) -> Callable[..., object]:
    """Return an answer that compares how texts begin."""

    def answer(destination: str, routes: Mapping[str, str]) -> object:
        fitting = [net for net in routes if destination.startswith(begin(net.split("/")[0]))]
        return routes[max(fitting, key=lambda net: int(net.split("/")[1]))] if fitting else None

    return answer


def without_zeros(address: str) -> str:
    """Return an address without its last parts that are 0."""
    return re.sub(r"(\.?\b0)+$", "", address)


def default_first(destination: str, routes: Mapping[str, str]) -> object:
    return routes.get("0.0.0.0/0") or longest(destination, routes)


def no_default(destination: str, routes: Routes) -> object:
    return longest(destination, {net: router for net, router in routes.items() if net != "0.0.0.0/0"})


# Roads

ROADS: WeakKeyDictionary[Any, dict[tuple, Any]] = WeakKeyDictionary()  # in each lab, those that one answer has walked


def trace(you: Any, destination: str, most: int = 8, timeout_s: float = 0.3) -> list[str]:
    """Return who answers to TTL 1, 2, 3 ...; built in lesson 20."""
    found: list[str] = []
    for ttl in range(1, most + 1):
        with you.socket(type=RAW, proto=ICMP) as icmp, you.socket(type=DATAGRAM) as probe:
            icmp.settimeout(timeout_s)
            probe.setsockopt(SOL_IP, IP_TTL, ttl)
            probe.sendto(b"", (destination, FIRST_PORT + ttl))
            found.append("*")
            with suppress(TimeoutError):
                found[-1] = icmp.recvfrom(1000)[1][0]
        if found[-1] == destination:
            break
    return found


def walked(lab: Any, answer: Callable[..., object], routers: int, seed: int, silent: tuple, most: int) -> object:
    """Return whom an answer finds on a road; without a lab, whatever it makes of that."""
    road = lab and road_in(lab, routers, seed, silent)
    return answer(road.you, road.destination, most, 0.3) if road else answer(None, "10.3.0.80", most, 0.3)


def road_in(lab: Any, *which: Any) -> Any:
    """Return a road that nobody has walked, or one alone: a router sends six such answers at once, and few after."""
    roads = ROADS.setdefault(lab, {})
    if which in roads:
        return roads.pop(which)
    routers, seed, silent = which
    roads[which] = lab.namespace(f"you{seed}").road(routers, seed)
    for router in silent:
        roads[which].silence(router)
    return roads[which]


def from_zero(you: Any, *_: object) -> object:
    with you.socket(type=DATAGRAM) as probe:
        return probe.setsockopt(SOL_IP, IP_TTL, 0)


def is_site(row: object) -> bool:
    """Say whether a row is the road's last address: a router has another number there."""
    return str(row).endswith(".80")


def until(got: tuple, right: tuple) -> bool:
    silence = right.index("*")
    return got in (right[:silence], right[: silence + 1])


def own(right: tuple[str, ...]) -> str:
    """Return your own address on the road: the first router's, with another end."""
    return f"{right[0].rpartition('.')[0]}.2"

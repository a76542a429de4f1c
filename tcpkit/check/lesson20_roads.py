"""What lesson 20 judges by: a kernel's route table, the name server, and roads whose routers are known."""

from __future__ import annotations

import random
import re
import struct
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from tcpkit.check.exercise import Exercise
from tcpkit.wire.ipv4 import LOOPBACK

Routes = dict[str, str]
RAW, DATAGRAM = 3, 2  # Linux: SOCK_RAW, SOCK_DGRAM
ICMP, SOL_IP, IP_TTL = 1, 0, 2  # IPPROTO_ICMP; level and name of the option for a packet's TTL
FIRST_PORT = 33434  # of traceroute

# Route tables

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


def by_chance(seed: int = 20) -> tuple[Routes, tuple[str, ...]]:
    """Return a table of seven routes, and twenty addresses, most of them near its networks."""
    chance = random.Random(seed)
    lengths = chance.sample((0, 8, 12, 16, 20, 22, 24, 28), 7)
    nets = [ip_network((0x0A320000 | chance.randrange(1 << 16), length), strict=False) for length in lengths]
    near = [int(ip_address("10.50.0.0")) + chance.randrange(1 << 16) for _ in range(8)]
    near += [int(chance.choice(nets).network_address) + chance.randrange(16) for _ in range(8)]
    near += [chance.randrange(0x0B000000, 0xDF000000) for _ in range(4)]
    routes = {str(net): f"10.1.0.{100 + place}" for place, net in enumerate(nets)}
    return routes, tuple(str(ip_address(each)) for each in near)


def lookups() -> tuple[tuple[str, Routes], ...]:
    """Return the inputs: an address and a table."""
    seeded, addresses = by_chance()
    mixed = [(address, routes) for routes in (MIXED, NO_DEFAULT) for address in ASKED]
    return (*mixed, *((address, seeded) for address in addresses))


def longest(destination: str, routes: Routes) -> str | None:
    """Return the router whose network holds the address and has the longest prefix."""
    fitting = [net for net in routes if ip_address(destination) in ip_network(net)]
    return routes.get(max(fitting, key=lambda net: ip_network(net).prefixlen, default=""))


def looked_up(lab: Any, exercise: Exercise) -> list[str | None]:
    """Return for each input which router a kernel takes, in a lab of its own; where `ip` is missing, which one ours."""
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
    try:
        said = own.run(["sh", "-c", f"printf '{';'.join(lines)}' | tr ';' '\\n' | ip -force -batch - 2>&1"])
    except OSError:
        return [longest(address, routes) for address in addresses]
    via = dict(re.findall(r"^(\S+) via (\S+)", said.output, re.MULTILINE))
    if not via:
        return [longest(address, routes) for address in addresses]
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


# The name server

NAMES = Path(__file__).parents[2] / "notebooks" / "data" / "dns.py"
SERVERS: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()  # in each lab, the socket that asks it
RECURSION = 2  # the byte that says whether to ask further; the server repeats it
LARGEST = 512  # bytes of a DNS message in UDP; RFC 1035, 2.3.4


def query(name: str, number: int) -> bytes:
    """Return a DNS question for an IPv4 address."""
    labels = [label.encode() for label in name.rstrip(".").split(".")]
    spelled = b"".join(bytes([len(label)]) + label for label in labels)
    return struct.pack("!6H", number, 0x0100, 1, 0, 0, 0) + spelled + b"\0" + struct.pack("!2H", 1, 1)


def answered(lab: Any, answer: Callable[..., object], name: str, number: int) -> object:
    """Return the right question if the server answers the learner's as it answers that one; else what came."""
    got = answer(name, number)
    if not isinstance(got, bytes | bytearray) or len(got) > LARGEST or lab is None:
        return got
    right = query(name, number)
    return right if _said(lab, bytes(got)) == _said(lab, right) else got


def _said(lab: Any, question: bytes) -> bytes:
    """Return what the server answers, but for the flag that it repeats; nothing if it stays silent."""
    if lab not in SERVERS:
        lab.start(["python", str(NAMES), LOOPBACK], port=53)
        SERVERS[lab] = lab.socket(type=DATAGRAM)
        SERVERS[lab].settimeout(2)
    asker, after = SERVERS[lab], query("after.it", 0xFFFF)
    for each in (question, after):  # the server answers in order: nobody has to wait for silence
        asker.sendto(each, (LOOPBACK, 53))
    first = asker.recv(LARGEST)
    if first.endswith(after[12:]):
        return b""
    asker.recv(LARGEST)
    return first[:RECURSION] + bytes([first[RECURSION] & 0xFE]) + first[RECURSION + 1 :]


def spelled(counts: str = "!6H", one: Callable[[bytes], bytes] | None = None, end: bytes = b"\0\0\1\0\1") -> Any:
    """Return an answer that writes the right question, but for what is handed over."""

    def answer(name: str, number: int) -> bytes:
        labels = name.rstrip(".").encode().split(b".")
        spelled = b"".join(map(one or (lambda label: bytes([len(label)]) + label), labels))
        return struct.pack(counts, number, 0x0100, 1, 0, 0, 0) + spelled + end

    return answer


def whole(change: Callable[[str], bytes]) -> Any:
    """Return an answer that writes the name as a whole."""
    right = spelled()
    return lambda name, number: right(name, number)[:12] + change(name.rstrip(".")) + b"\0\0\1\0\1"


# Roads


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


def walked(lab: Any, answer: Callable[..., object], routers: int, seed: int, silent: int | None) -> object:
    """Return whom an answer finds on a new road; addresses of every kind as text."""
    if lab is None:
        return answer(None, "10.3.0.80", 8, 0.3)
    road = lab.road(routers, seed)
    if silent is not None:
        road.silence(silent)
    return answer(lab, road.destination, 8, 0.3)


def from_zero(you: Any, *_: object) -> object:
    with you.socket(type=DATAGRAM) as probe:
        return probe.setsockopt(SOL_IP, IP_TTL, 0)


def until(got: tuple, right: tuple) -> bool:
    silence = right.index("*")
    return got in (right[:silence], right[: silence + 1])


def own(right: tuple[str, ...]) -> str:
    """Return your own address on the road: the first router's, with another end."""
    return f"{right[0].rpartition('.')[0]}.2"

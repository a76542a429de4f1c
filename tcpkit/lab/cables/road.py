"""A road: you, routers in a row, and a site, each a network of one lab, with wires and routes."""

from __future__ import annotations

import random
import socket
import struct
from contextlib import closing, suppress
from itertools import pairwise
from typing import Any

from tcpkit.lab.cables.interfaces import Interfaces
from tcpkit.lab.cables.netlink import Message, attribute
from tcpkit.lab.errors import LabError
from tcpkit.lab.interrupt import uninterrupted
from tcpkit.wire.errors import shown

MOST_ROUTERS = 8
SITE = 80  # the last number of its address
# linux/fib_rules.h, linux/rtnetlink.h
NEW_RULE, BLACKHOLE, ARRIVING_ON, PROTOCOL = 32, 6, 3, 22
ICMP = b"\1"
Lab = Any  # a `tcpkit.lab.Lab`: its module imports this one


class Road:
    """The networks `you`, `routers` and `site`, joined until `close`.

    `networks` are the numbers of the wires, such as "10.1.0.0/24". A router's
    interface towards you is `left`, the other one `right`; you and the site
    have `eth0`. Each of them knows the next step, and no more.
    """

    def __init__(self, you: Lab, routers: int, seed: int) -> None:
        if not isinstance(routers, int) or isinstance(routers, bool) or not 1 <= routers <= MOST_ROUTERS:
            raise ValueError(f"A road has 1 to {MOST_ROUTERS} routers; this is {shown(routers)}")
        count = routers + 1
        numbers = random.Random(seed).sample(range(1, 255), count) if seed else range(1, count + 1)
        self.networks = [f"10.{number}.0.0/24" for number in numbers]
        self.you, self.is_closed = you, False
        self._names = [*(f"r{one}" for one in range(1, count)), "site"]
        self._made: list[Lab] = []
        with uninterrupted():
            try:
                for name in self._names:
                    self._made.append(you.namespace(name))
                self._lay(numbers)
                self._set_routes(numbers)
            except BaseException:
                self.close()
                raise

    @property
    def routers(self) -> list[Lab]:
        """Return the routers, from yours to the site's."""
        return self._made[:-1]

    @property
    def site(self) -> Lab:
        """Return the network at the far end."""
        return self._made[-1]

    @property
    def address(self) -> str:
        """Return your own address."""
        return self.networks[0].replace("0.0/24", "0.2")

    @property
    def destination(self) -> str:
        """Return the site's address."""
        return self.networks[-1].replace("0.0/24", f"0.{SITE}")

    def _lay(self, numbers: Any) -> None:
        row = [self.you, *self._made]
        for number, (near, far) in zip(numbers, pairwise(row), strict=True):
            is_first, is_last = near is self.you, far is self.site
            ends = 2 if is_first else 1, SITE if is_last else 1 if is_first else 2
            names = "eth0" if is_first else "right", "eth0" if is_last else "left"
            addresses = tuple(f"10.{number}.0.{end}/24" for end in ends)
            near.wire(far, addresses, names, forward=True)

    def _set_routes(self, numbers: Any) -> None:
        """Send forth what is not behind; a router sends back what is."""
        back = [f"10.{number}.0.1" for number in numbers]
        self._route(self.you, "0.0.0.0/0", back[0])
        self._route(self.site, "0.0.0.0/0", back[-1])
        for place, router in enumerate(self.routers):
            if place + 1 < len(self.routers):
                self._route(router, "0.0.0.0/0", f"10.{numbers[place + 1]}.0.2")
            for network in self.networks[:place]:
                self._route(router, network, back[place])

    def _route(self, network: Lab, destination: str, gateway: str) -> None:
        with closing(Interfaces(network._agent)) as interfaces, suppress(FileExistsError):  # it was set before
            interfaces.route(destination, gateway)

    def silence(self, router: int) -> None:
        """Let a router send no ICMP any more; the first one is 0."""
        self._check()
        if not isinstance(router, int) or not 0 <= router < len(self.routers):
            raise ValueError(f"This road has routers 0 to {len(self.routers) - 1}; this is {shown(router)}")
        rule = struct.pack("=8BI", socket.AF_INET, 0, 0, 0, 0, 0, 0, BLACKHOLE, 0)
        body = rule + attribute(ARRIVING_ON, "lo") + attribute(PROTOCOL, ICMP)  # what it sends itself comes from lo
        with closing(Interfaces(self.routers[router]._agent)) as interfaces, suppress(FileExistsError):
            interfaces.request(Message("keep a router silent", NEW_RULE, body))

    def bend(self) -> None:
        """Let the last router send back what it does not know: a loop."""
        self._check()
        if len(self.routers) < 2:
            raise LabError("A loop needs two routers: road = lab.road(routers=2)")
        number = self.networks[-2].split(".")[1]
        self._route(self.routers[-1], "0.0.0.0/0", f"10.{number}.0.1")

    def _check(self) -> None:
        if self.is_closed:
            raise LabError("This road was closed. Make it anew: road = lab.road()")
        for network in (self.you, *self._made):
            network._agent.check()

    def close(self) -> None:
        """Close the routers and the site, and with them the wires."""
        self.is_closed = True
        for network in self._made:
            network.close()

    def __repr__(self) -> str:
        row = " - ".join([f"you {self.address}", *self._names[:-1], f"site {self.destination}"])
        return f"a road: {row}{' (closed)' if self.is_closed else ''}"

"""A wire between two networks of one lab: a pair of the kernel's own interfaces, one in each.

Nothing of ours carries the packets: who has which address is asked by ARP,
as on any Ethernet.
"""

from __future__ import annotations

import os
import weakref
from contextlib import suppress
from ipaddress import IPv4Interface
from types import TracebackType

from tcpkit.lab.agent_client import AgentClient
from tcpkit.lab.arguments import check_host_address
from tcpkit.lab.cables.interfaces import IFLA_ADDRESS, IFLA_IFNAME, Interfaces, hardware_address, veth
from tcpkit.lab.cables.netlink import attribute
from tcpkit.lab.capture_ring import close_idle_rings, interfaces
from tcpkit.lab.errors import LabError, LabUnavailable
from tcpkit.lab.interrupt import uninterrupted
from tcpkit.wire.errors import shown

IFLA_NET_NS_FD = 28  # linux/if_link.h
LONGEST_NAME = 15  # characters of an interface's name; linux/if.h
Agents = tuple[AgentClient, AgentClient]


class Wire:
    """Two networks of one lab, joined until `close`.

    It ends with the network that is closed first.
    """

    def __init__(
        self, agents: Agents, addresses: tuple[IPv4Interface, IPv4Interface], names: tuple[str, str], forward: bool
    ) -> None:
        self.addresses, self.names = tuple(map(str, addresses)), names
        self.is_closed = False
        self._agents = [weakref.ref(agent) for agent in agents]  # they keep the wire: they would keep themselves
        self._networks = [Interfaces(agent) for agent in agents]
        try:
            self._join(agents[1], addresses)
            for network, address, name in zip(self._networks, addresses, names, strict=True):
                network.configure(name, forward)
                network.request(network.address(name, address))
                network.set(name, up=True)
            self._networks[0].wait_until_plugged(names[0])  # the end that is up last carries at once
        except BaseException:
            self.close()
            raise
        for agent in agents:
            agent.keep(self)

    def _join(self, other: AgentClient, addresses: tuple[IPv4Interface, IPv4Interface]) -> None:
        """Make both ends, the far one in the other network."""
        near, far = (
            [attribute(IFLA_IFNAME, name), attribute(IFLA_ADDRESS, hardware_address(str(address.ip)))]
            for name, address in zip(self.names, addresses, strict=True)
        )
        with open(f"/proc/{other.pid}/ns/net", "rb") as network:
            self._networks[0].request(veth(near, [*far, attribute(IFLA_NET_NS_FD, network.fileno())]))

    @property
    def ends(self) -> list[tuple[AgentClient | None, str]]:
        """Return the networks that there still are, each with its interface's name."""
        return [(agent(), name) for agent, name in zip(self._agents, self.names, strict=True)]

    def close(self) -> None:
        """Remove the wire from both networks."""
        if self.is_closed:
            return
        with uninterrupted():
            self.is_closed = True
            self._networks[0].remove(self.names[0])
            for network in self._networks:
                network.close()
            for agent, name in self.ends:
                if agent is not None:
                    agent.let_go(self)
                    close_idle_rings(agent, name)

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        near, far = (f"{name} {address}" for name, address in zip(self.names, self.addresses, strict=True))
        return f"a wire from {near} to {far}{' (taken away)' if self.is_closed else ''}"


def lay(agents: Agents, addresses: tuple[str, str], names: tuple[str, str], forward: bool) -> Wire:
    """Return a new wire between two networks; an older one with these ends is taken away first."""
    check_networks(agents)
    ends = read_pair(addresses, "addresses", ("10.1.0.1/24", "10.1.0.2/24"))
    parsed = (read_address(ends[0]), read_address(ends[1]))
    if parsed[0].ip == parsed[1].ip:
        raise ValueError(f"Both ends have the address {parsed[0].ip}: each needs one of its own")
    names = read_pair(names, "names", ("eth0", "eth0"))
    with uninterrupted():  # a wire that was laid is noted down, or its names would be lost
        for agent, name in zip(agents, names, strict=True):
            free_name(agent, name, agents)
        return Wire(agents, parsed, names, forward)


def check_networks(agents: Agents) -> None:
    """Raise an error unless a wire can join these two."""
    if agents[0] is agents[1]:
        raise ValueError('A wire joins two networks, and these are one: box = lab.namespace("box"); lab.wire(box)')
    for agent in agents:
        agent.check()
        if agent.kind == "direct":
            raise LabUnavailable(
                "A wire needs a network interface, and in this kind of lab that would be one on this machine itself: "
                "take a private network, with Lab()"
            )
    if len({os.readlink(f"/proc/{agent.pid}/ns/user") for agent in agents}) == 2:
        raise LabError(
            'These are two labs, and a wire joins networks of one lab: take other = lab.namespace("other"). '
            "lab.cable(other) joins two labs"
        )


def read_pair(values: object, what: str, example: tuple[str, str]) -> tuple[str, str]:
    """Return the two texts; raise `ValueError` unless they are two."""
    if not isinstance(values, tuple | list) or len(values) != 2 or not all(isinstance(one, str) for one in values):
        raise ValueError(f"A wire has two {what}, one for each end, such as {example}; these are {shown(values)}")
    return values[0], values[1]


def read_address(text: str) -> IPv4Interface:
    """Return an address with its network's length; raise `ValueError` for anything else."""
    address, slash, _ = text.partition("/")
    check_host_address(address)
    with suppress(ValueError):
        if slash:
            return IPv4Interface(text)
    raise ValueError(f"{text!r} does not say how large its network is: write it as in '10.1.0.1/24'")


def free_name(agent: AgentClient, name: str, agents: Agents) -> None:
    """Take away an older wire of these networks with this end; raise if the name cannot be had."""
    if not 0 < len(name) <= LONGEST_NAME or not name.isascii() or not name.isprintable() or set(name) & set("/: "):
        raise ValueError(
            f"{shown(name)} cannot be an interface's name: it has 1 to {LONGEST_NAME} letters and digits, as eth0 has"
        )
    for wire in [one for one in agent.kept if isinstance(one, Wire)]:
        if (agent, name) in wire.ends and {other for other, _ in wire.ends} == set(agents):
            wire.close()
    if name in interfaces(agent):
        raise LabError(
            f"One of the two networks has an interface {name!r} already. Choose other names: names=('eth1', 'eth1')"
        )

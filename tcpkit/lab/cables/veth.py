"""The two joined interfaces of a cable inside the lab (veth(4)).

The near end is the kernel's, and has an address. The far end has none: what
arrives there is for a packet socket (`packet_port`). It takes some 2 ms.
"""

from __future__ import annotations

import socket
import struct
from contextlib import suppress
from ipaddress import IPv4Interface
from itertools import count

from tcpkit.lab.agent_client import AgentClient
from tcpkit.lab.cables.interfaces import (
    IFLA_ADDRESS,
    IFLA_IFNAME,
    IFLA_MTU,
    MAIN_TABLE,
    RTA_DESTINATION,
    RTA_INTERFACE,
    RTA_SOURCE,
    SCOPE_LINK,
    STATIC,
    UNICAST,
    Interfaces,
    hardware_address,
    veth,
)
from tcpkit.lab.cables.netlink import NEW_NEIGHBOUR, NEW_ROUTE, Message, attribute

NDA_ADDRESS, NDA_HARDWARE, PERMANENT = 1, 2, 0x80  # linux/neighbour.h
PREFIX = 24
ETHERNET_IPV4 = b"\x08\x00"


class Veth:
    """A cable from the kernel's `near` address to the `far` one.

    The kernel is told a hardware address for the far one that is not the far
    interface's own: so it takes packets to it for another machine's.
    """

    def __init__(self, agent: AgentClient, near: str, far: str, mtu: int) -> None:
        self.near_name = self.far_name = ""
        self.near, self.far, self.mtu = near, far, mtu
        self.near_hardware, self.far_hardware = hardware_address(near), hardware_address(far)
        self._interfaces = Interfaces(agent)
        try:
            self._make()
        except BaseException:
            self.remove()
            raise

    @property
    def frame_header(self) -> bytes:
        """Return the 14 bytes in front of a packet from far to near."""
        return self.near_hardware + self.far_hardware + ETHERNET_IPV4

    def _make(self) -> None:
        for number in count():
            with suppress(FileExistsError):  # another cable has the name
                self._join(f"cable{number}", f"host{number}")
                break
        for name in (self.near_name, self.far_name):
            self._interfaces.configure(name)
        self._interfaces.set(self.near_name, up=True)
        self.plug()
        self._interfaces.request(*self._addresses())

    def _join(self, near_name: str, far_name: str) -> None:
        """Make the two interfaces, each the other's far end."""
        near = self._named(near_name, self.near_hardware)
        self._interfaces.request(veth(near, self._named(far_name, b"\x02\1" + self.far_hardware[2:])))
        self.near_name, self.far_name = near_name, far_name

    def _named(self, name: str, hardware: bytes) -> list[bytes]:
        return [attribute(IFLA_IFNAME, name), attribute(IFLA_MTU, self.mtu), attribute(IFLA_ADDRESS, hardware)]

    def _addresses(self) -> list[Message]:
        """Return the near end's address, and the route to the far one."""
        near, far = socket.inet_aton(self.near), socket.inet_aton(self.far)
        index = self._interfaces.index(self.near_name)
        # A route to this one address: other cables may be in the same /24.
        route = attribute(RTA_DESTINATION, far) + attribute(RTA_INTERFACE, index) + attribute(RTA_SOURCE, near)
        neighbour = attribute(NDA_ADDRESS, far) + attribute(NDA_HARDWARE, self.far_hardware)
        to_host = struct.pack("=8BI", socket.AF_INET, 32, 0, 0, MAIN_TABLE, STATIC, SCOPE_LINK, UNICAST, 0)
        of_host = struct.pack("=BxxxiHBB", socket.AF_INET, index, PERMANENT, 0, 0)
        return [
            self._interfaces.address(self.near_name, IPv4Interface(f"{self.near}/{PREFIX}")),
            Message(f"set a route to {self.far}", NEW_ROUTE, to_host + route),
            Message(f"say where {self.far} is", NEW_NEIGHBOUR, of_host + neighbour),
        ]

    def forward(self) -> None:
        """Let the kernel forward what comes from the far end."""
        self._interfaces.forward(self.near_name, True)

    def route(self, address: str) -> None:
        """Send packets for this address to the far end, which forwards them."""
        self._interfaces.route(f"{address}/32", self.far)

    def pull(self) -> None:
        """Pull the far end out: the near end has no carrier then."""
        self._interfaces.set(self.far_name, up=False)

    def plug(self) -> None:
        """Put the far end back in, and wait until the near one has noticed."""
        self._interfaces.set(self.far_name, up=True)
        self._interfaces.wait_until_plugged(self.near_name)

    def remove(self) -> None:
        """Remove both interfaces, and with them their addresses and routes."""
        self._interfaces.remove(self.near_name)
        self.close()

    def close(self) -> None:
        """Close the socket; the kernel removes the cable with its network."""
        self._interfaces.close()

"""The interfaces, addresses and routes of one network, set by netlink messages.

No program is started and no module imported: each message takes the kernel
some tens of microseconds.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import socket
import struct
import time
from contextlib import suppress
from ipaddress import IPv4Interface, IPv4Network

from tcpkit.lab.agent_client import AgentClient
from tcpkit.lab.cables.netlink import (
    DELETE_INTERFACE,
    NEW_ADDRESS,
    NEW_INTERFACE,
    NEW_ROUTE,
    SET_INTERFACE,
    Message,
    attribute,
    interface,
    opened,
    request,
)

# linux/if_link.h, linux/veth.h, linux/ip.h
IFLA_ADDRESS, IFLA_IFNAME, IFLA_MTU, IFLA_OPERSTATE, IFLA_LINKINFO, IFLA_AF_SPEC = 1, 3, 4, 16, 18, 26
INFO_KIND, INFO_DATA, VETH_PEER = 1, 2, 1
INET_CONF, FORWARDING = 1, 1
INET6_ADDRESSES, NONE = 8, b"\1"  # IFLA_INET6_ADDR_GEN_MODE
# linux/if_addr.h, linux/rtnetlink.h
IFA_ADDRESS, IFA_LOCAL, IFA_BROADCAST = 1, 2, 4
RTA_DESTINATION, RTA_INTERFACE, RTA_GATEWAY, RTA_SOURCE = 1, 4, 5, 7
MAIN_TABLE, BY_HAND, STATIC, SCOPE_ALL, SCOPE_LINK, UNICAST = 254, 3, 4, 0, 253, 1
# linux/ethtool.h: checksums received and sent, scatter-gather, TSO, GSO and GRO
SIOCETHTOOL = 0x8946
OFFLOADS = (0x15, 0x17, 0x19, 0x1F, 0x24, 0x2C)
# linux/sockios.h, linux/if.h
SIOCGIFFLAGS, SIOCGIFINDEX = 0x8913, 0x8933
IFF_UP, IFF_RUNNING = 1, 0x40
NOT_YET = b"\5"  # IF_OPER_DORMANT
LONGEST_MS = 1000  # for an interface to notice that its other end is up


def hardware_address(address: str) -> bytes:
    """Return the Ethernet address of who has this IPv4 address: 02:00, and its four bytes."""
    return b"\x02\0" + socket.inet_aton(address)


def veth(near: list[bytes], far: list[bytes]) -> Message:
    """Return the message that makes two joined interfaces (veth(4)) with these attributes."""
    kind = [attribute(INFO_KIND, b"veth"), attribute(INFO_DATA, [attribute(VETH_PEER, interface(*far))])]
    # Without the state it counts as running before the kernel has seen its carrier, and loses what it sends.
    state = attribute(IFLA_OPERSTATE, NOT_YET)
    return Message("make a cable", NEW_INTERFACE, interface(*near, state, attribute(IFLA_LINKINFO, kind)))


class Interfaces:
    """The interfaces of one network; each is given by its name."""

    def __init__(self, agent: AgentClient) -> None:
        self._netlink = opened(agent)

    def close(self) -> None:
        """Close the socket; the interfaces stay."""
        self._netlink.close()

    def request(self, *messages: Message) -> None:
        """Send messages in one go; raise `OSError` for the first one refused."""
        request(self._netlink, *messages)

    def configure(self, name: str, forward: bool = False) -> None:
        """Switch off IPv6 and all that leaves checksums unfinished; switch forwarding on or off."""
        self.forward(name, forward)
        with suppress(OSError):  # there may be no IPv6 here at all
            mode = attribute(INET6_ADDRESSES, NONE)
            self.set(name, attribute(IFLA_AF_SPEC, [attribute(socket.AF_INET6, [mode])]))
        for offload in OFFLOADS:
            self._switch_off(name, offload)

    def forward(self, name: str, is_on: bool) -> None:
        """Let the kernel forward what arrives here, or not."""
        forwarding = attribute(INET_CONF, [attribute(FORWARDING, int(is_on))])
        self.set(name, attribute(IFLA_AF_SPEC, [attribute(socket.AF_INET, [forwarding])]))

    def address(self, name: str, address: IPv4Interface) -> Message:
        """Return the message that gives the kernel an address here."""
        own, broadcast = address.ip.packed, address.network.broadcast_address.packed
        body = struct.pack("=4BI", socket.AF_INET, address.network.prefixlen, 0, 0, self.index(name))
        body += attribute(IFA_LOCAL, own) + attribute(IFA_ADDRESS, own) + attribute(IFA_BROADCAST, broadcast)
        return Message(f"give the kernel {address.ip}", NEW_ADDRESS, body)

    def route(self, network: str, gateway: str) -> None:
        """Send what is for this network to the gateway, as `ip route add` does."""
        target = IPv4Network(network)
        fixed = (socket.AF_INET, target.prefixlen, 0, 0, MAIN_TABLE, BY_HAND, SCOPE_ALL, UNICAST, 0)
        body = struct.pack("=8BI", *fixed) + attribute(RTA_GATEWAY, socket.inet_aton(gateway))
        if target.prefixlen:
            body += attribute(RTA_DESTINATION, target.network_address.packed)
        self.request(Message(f"set a route to {network}", NEW_ROUTE, body))

    def wait_until_plugged(self, name: str) -> None:
        """Wait until an interface that is up has noticed that its other end is, too."""
        for _ in range(LONGEST_MS):
            flags = self.flags(name)
            if flags & IFF_RUNNING or not flags & IFF_UP:
                break
            time.sleep(0.001)
        self.set(name)  # changes nothing, but waits for a change that is going on

    def remove(self, name: str) -> None:
        """Remove an interface and its other end, and with them their addresses and routes."""
        with suppress(OSError):  # perhaps they are gone, or were never made
            self.request(Message("remove a cable", DELETE_INTERFACE, interface(attribute(IFLA_IFNAME, name))))

    def set(self, name: str, *attributes: bytes, up: bool | None = None) -> None:
        """Set attributes of an interface."""
        body = interface(*attributes, index=self.index(name), up=up)
        self.request(Message(f"set up {name}", SET_INTERFACE, body))

    def index(self, name: str) -> int:
        """Return the kernel's number of an interface."""
        return struct.unpack_from("16xi", self._ioctl(SIOCGIFINDEX, name))[0]

    def flags(self, name: str) -> int:
        """Return what the kernel says of an interface: IFF_UP, IFF_RUNNING."""
        return struct.unpack_from("16xH", self._ioctl(SIOCGIFFLAGS, name))[0]

    def _switch_off(self, name: str, offload: int) -> None:
        value = ctypes.create_string_buffer(struct.pack("II", offload, 0))
        argument = struct.pack("16sP16x", name.encode(), ctypes.addressof(value))
        try:
            fcntl.ioctl(self._netlink, SIOCETHTOOL, argument)
        except OSError as error:
            if error.errno != errno.EOPNOTSUPP:  # the interface has no such offload
                raise

    def _ioctl(self, number: int, name: str) -> bytes:
        return fcntl.ioctl(self._netlink, number, struct.pack("16s24x", name.encode()))

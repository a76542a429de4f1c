"""The two joined interfaces of a cable inside the lab (veth(4)).

The near end is the kernel's, and has an address. The far end has none: what
arrives there is for a packet socket (`packet_port`). Netlink messages make
the cable; no program is started and no module imported: it takes some 2 ms.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import socket
import struct
import time
from contextlib import suppress
from itertools import count

from tcpkit.lab.agent_client import AgentClient
from tcpkit.lab.cables.netlink import (
    DELETE_INTERFACE,
    NEW_ADDRESS,
    NEW_INTERFACE,
    NEW_NEIGHBOUR,
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
# linux/if_addr.h, linux/rtnetlink.h, linux/neighbour.h
IFA_ADDRESS, IFA_LOCAL, IFA_BROADCAST = 1, 2, 4
RTA_DESTINATION, RTA_INTERFACE, RTA_GATEWAY, RTA_SOURCE = 1, 4, 5, 7
MAIN_TABLE, STATIC, SCOPE_ALL, SCOPE_LINK, UNICAST = 254, 4, 0, 253, 1
NDA_ADDRESS, NDA_HARDWARE, PERMANENT = 1, 2, 0x80
PREFIX = 24
# linux/ethtool.h: checksums received and sent, scatter-gather, TSO, GSO and GRO
SIOCETHTOOL = 0x8946
OFFLOADS = (0x15, 0x17, 0x19, 0x1F, 0x24, 0x2C)
# linux/sockios.h, linux/if.h
SIOCGIFFLAGS, SIOCGIFINDEX = 0x8913, 0x8933
IFF_UP, IFF_RUNNING = 1, 0x40
NOT_YET = b"\5"  # IF_OPER_DORMANT
LONGEST_MS = 1000  # for an interface to notice that it is plugged in
ETHERNET_IPV4 = b"\x08\x00"


class Veth:
    """A cable from the kernel's `near` address to the `far` one.

    The kernel is told a hardware address for the far one that is not the far
    interface's own: so it takes packets to it for another machine's.
    """

    def __init__(self, agent: AgentClient, near: str, far: str, mtu: int) -> None:
        self.near_name = self.far_name = ""
        self.near, self.far, self.mtu = near, far, mtu
        self.near_hardware, self.far_hardware = (b"\x02\0" + socket.inet_aton(one) for one in (near, far))
        self._netlink = opened(agent)
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
            self._configure(name)
        self._set(self.near_name, up=True)
        self.plug()
        request(self._netlink, *self._addresses(self._index(self.near_name)))

    def _join(self, near_name: str, far_name: str) -> None:
        """Make the two interfaces, each the other's far end."""
        far = interface(*self._named(far_name, b"\x02\1" + self.far_hardware[2:]))
        kind = [attribute(INFO_KIND, b"veth"), attribute(INFO_DATA, [attribute(VETH_PEER, far)])]
        # Without the state it counts as running before the kernel has seen its carrier, and loses what it sends.
        state = attribute(IFLA_OPERSTATE, NOT_YET)
        near = interface(*self._named(near_name, self.near_hardware), state, attribute(IFLA_LINKINFO, kind))
        request(self._netlink, Message("make a cable", NEW_INTERFACE, near))
        self.near_name, self.far_name = near_name, far_name

    def _named(self, name: str, hardware: bytes) -> list[bytes]:
        return [attribute(IFLA_IFNAME, name), attribute(IFLA_MTU, self.mtu), attribute(IFLA_ADDRESS, hardware)]

    def _configure(self, name: str) -> None:
        """Switch off forwarding, IPv6 and all that leaves checksums unfinished."""
        self._forward(name, False)
        with suppress(OSError):  # there may be no IPv6 here at all
            mode = attribute(INET6_ADDRESSES, NONE)
            self._set(name, attribute(IFLA_AF_SPEC, [attribute(socket.AF_INET6, [mode])]))
        for offload in OFFLOADS:
            self._switch_off(name, offload)

    def _forward(self, name: str, is_on: bool) -> None:
        forwarding = attribute(INET_CONF, [attribute(FORWARDING, int(is_on))])
        self._set(name, attribute(IFLA_AF_SPEC, [attribute(socket.AF_INET, [forwarding])]))

    def _switch_off(self, name: str, offload: int) -> None:
        value = ctypes.create_string_buffer(struct.pack("II", offload, 0))
        argument = struct.pack("16sP16x", name.encode(), ctypes.addressof(value))
        try:
            fcntl.ioctl(self._netlink, SIOCETHTOOL, argument)
        except OSError as error:
            if error.errno != errno.EOPNOTSUPP:  # the interface has no such offload
                raise

    def _addresses(self, index: int) -> list[Message]:
        """Return the near end's address, and the route to the far one."""
        near, far = socket.inet_aton(self.near), socket.inet_aton(self.far)
        broadcast = near[:3] + b"\xff"
        address = attribute(IFA_LOCAL, near) + attribute(IFA_ADDRESS, near) + attribute(IFA_BROADCAST, broadcast)
        # A route to this one address: other cables may be in the same /24.
        route = attribute(RTA_DESTINATION, far) + attribute(RTA_INTERFACE, index) + attribute(RTA_SOURCE, near)
        neighbour = attribute(NDA_ADDRESS, far) + attribute(NDA_HARDWARE, self.far_hardware)
        to_host = struct.pack("=8BI", socket.AF_INET, 32, 0, 0, MAIN_TABLE, STATIC, SCOPE_LINK, UNICAST, 0)
        of_host = struct.pack("=BxxxiHBB", socket.AF_INET, index, PERMANENT, 0, 0)
        on_cable = struct.pack("=4BI", socket.AF_INET, PREFIX, 0, 0, index)
        return [
            Message(f"give the kernel {self.near}", NEW_ADDRESS, on_cable + address),
            Message(f"set a route to {self.far}", NEW_ROUTE, to_host + route),
            Message(f"say where {self.far} is", NEW_NEIGHBOUR, of_host + neighbour),
        ]

    def forward(self) -> None:
        """Let the kernel forward what comes from the far end."""
        self._forward(self.near_name, True)

    def route(self, address: str) -> None:
        """Send packets for this address to the far end, which forwards them."""
        to_host = struct.pack("=8BI", socket.AF_INET, 32, 0, 0, MAIN_TABLE, STATIC, SCOPE_ALL, UNICAST, 0)
        destination = attribute(RTA_DESTINATION, socket.inet_aton(address))
        gateway = attribute(RTA_GATEWAY, socket.inet_aton(self.far))
        interface_index = attribute(RTA_INTERFACE, self._index(self.near_name))
        body = to_host + destination + gateway + interface_index
        request(self._netlink, Message(f"set a route to {address}", NEW_ROUTE, body))

    def pull(self) -> None:
        """Pull the far end out: the near end has no carrier then."""
        self._set(self.far_name, up=False)

    def plug(self) -> None:
        """Put the far end back in, and wait until the near one has noticed."""
        self._set(self.far_name, up=True)
        for _ in range(LONGEST_MS):
            flags = self._flags(self.near_name)
            if flags & IFF_RUNNING or not flags & IFF_UP:
                break
            time.sleep(0.001)
        self._set(self.near_name)  # changes nothing, but waits for a change that is going on

    def remove(self) -> None:
        """Remove both interfaces, and with them their addresses and routes."""
        with suppress(OSError):  # perhaps they are gone, or were never made
            request(
                self._netlink,
                Message("remove a cable", DELETE_INTERFACE, interface(attribute(IFLA_IFNAME, self.near_name))),
            )
        self.close()

    def close(self) -> None:
        """Close the socket; the kernel removes the cable with its network."""
        self._netlink.close()

    def _set(self, name: str, *attributes: bytes, up: bool | None = None) -> None:
        request(
            self._netlink,
            Message(f"set up {name}", SET_INTERFACE, interface(*attributes, index=self._index(name), up=up)),
        )

    def _index(self, name: str) -> int:
        return struct.unpack_from("16xi", self._ioctl(SIOCGIFINDEX, name))[0]

    def _flags(self, name: str) -> int:
        return struct.unpack_from("16xH", self._ioctl(SIOCGIFFLAGS, name))[0]

    def _ioctl(self, number: int, name: str) -> bytes:
        return fcntl.ioctl(self._netlink, number, struct.pack("16s24x", name.encode()))

"""The sockets that scapy uses inside the lab.

Scapy opens a packet socket for each call and closes it after; the kernel
takes some 20 ms for that, a thousand times as long as for an answer. Here
the sockets stay open: a call takes an idle one, and puts it back.
"""

from __future__ import annotations

import socket
import time
import warnings
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from tcpkit.lab.agent_client import AgentClient, Closable
from tcpkit.lab.errors import LabError
from tcpkit.lab.replies import send_inside
from tcpkit.wire import checksum
from tcpkit.wire.ipv4 import LOOPBACK

if TYPE_CHECKING:
    from scapy.packet import Packet
    from scapy.supersocket import SuperSocket

INTERFACE, ETH_P_IP = "lo", 0x0800  # linux/if_ether.h
DISCARD = 9  # RFC 863; nothing is sent there
ETHERNET = 14  # bytes of the header that lo fills in
LARGEST = 1 << 16  # bytes of a packet, with room for that header
SMALL_BUFFER, LARGE_BUFFER = 0, 1 << 22  # bytes; the kernel makes of them what it allows
MOST_STALE = 10_000  # packets; a buffer holds far fewer
MOST_OWN = 512  # own packets that a socket remembers, to skip them when they arrive
ONLY_IPV4 = "The lab speaks IPv4: take IP(...) instead of IPv6(...)"
NO_ANSWER = (
    "The kernel answers no Ethernet frame that is put on lo: it takes its own addresses there for forged. Take send, "
    "sr1 and sr, with IP(...) and no Ether(...) in front"
)
PUT_RIGHT = (
    "The kernel puts right the {} of IP's header before it sends. To send it wrong, send from a host's address: "
    'lab.host("10.0.0.2"), and IP(src="10.0.0.2", dst="10.0.0.1", ...)'
)


class Sniffers:
    """Packet sockets in the lab, one for each call that listens now."""

    def __init__(self, agent: AgentClient, far_ends: dict[str, Closable]) -> None:
        self.agent = agent
        self._far_ends = far_ends
        self._idle: list[socket.socket] = []
        self._raw: socket.socket | None = None

    def take(self) -> socket.socket:
        """Return a socket that gets all packets in the lab from now on."""
        self.agent.check()
        try:
            sniffer = self._idle.pop()
        except IndexError:
            sniffer = self.agent.keep(self.fresh())
        sniffer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, LARGE_BUFFER)
        with suppress(BlockingIOError):
            for _ in range(MOST_STALE):
                sniffer.recv(LARGEST, socket.MSG_DONTWAIT)  # discards an earlier packet
        return sniffer

    def fresh(self) -> socket.socket:
        """Return a new socket that no other call will use."""
        # Arriving IPv4 only, on all interfaces: what leaves one arrives at lo or at a far end.
        sniffer = self.agent.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_IP))
        if self.agent.kind == "direct":
            sniffer.bind((INTERFACE, ETH_P_IP))
        return sniffer

    def put_back(self, sniffer: socket.socket) -> None:
        """Keep a socket for the next call that listens."""
        if sniffer.fileno() != -1:  # else it was closed with the lab
            sniffer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)  # fills at once, and costs nothing
            self._idle.append(sniffer)

    def source(self, destination: str) -> str:
        """Return the address from which the lab's kernel sends to this one."""
        if destination.startswith("127."):
            return LOOPBACK
        with self.agent.socket(socket.AF_INET, socket.SOCK_DGRAM) as chooser:
            try:
                chooser.connect((destination, DISCARD))  # sends nothing
                return chooser.getsockname()[0]
            except OSError:
                return "0.0.0.0"  # scapy's word for no way

    def send(self, data: bytes, source: str, destination: str) -> int:
        """Send an IPv4 packet: a host's by its cable, and as it is.

        In any other the kernel fills in an id of 0, length and checksum.
        """
        self.agent.check()
        host: Any = self._far_ends.get(source)
        if hasattr(host, "send"):  # a cable has none: its far end is another kernel's
            host.send(data)
            return len(data)
        if self._raw is None:
            self._raw = self.agent.keep(self.agent.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW))
        sent = send_inside(self._raw, self.agent.kind, data, destination)
        if wrong := wrong_fields(data):
            warnings.warn(PUT_RIGHT.format(wrong), stacklevel=3)
        return sent


def no_ipv6(*_: object, **__: object) -> None:
    """Raise `LabError`: the lab has no socket for IPv6."""
    raise LabError(ONLY_IPV4)


def wrong_fields(data: bytes) -> str:
    """Name the fields of an IP header that the kernel would put right."""
    header, length = data[: (data[0] & 15) * 4], int.from_bytes(data[2:4])
    wrong = ["len"] if length != len(data) else []
    wrong += ["chksum"] if checksum(header) else []
    return " and ".join(wrong)


def layer2_socket(sniffers: Sniffers) -> type[SuperSocket]:
    """Return a class of scapy's sockets: Ethernet frames in the lab."""
    from scapy.layers.l2 import Ether
    from scapy.supersocket import SuperSocket

    class Layer2(SuperSocket):
        """Ethernet frames: sends on lo, listens everywhere in the lab."""

        desc = "the lab, layer 2"

        def __init__(self, *_: object, filter: str | None = None, nofilter: int = 0, **__: object) -> None:
            wanted = None if nofilter else filter
            self.is_filtered = bool(wanted)
            self.iface = INTERFACE
            self.ins: Any = filtered(sniffers.fresh(), wanted) if wanted else sniffers.take()
            self.outs: Any = self.ins

        def recv_raw(self, x: int = LARGEST) -> tuple[type[Packet], bytes, None]:
            return Ether, self.ins.recv(x), None

        def send(self, packet: Packet) -> int:
            warnings.warn(NO_ANSWER, stacklevel=2)
            packet.sent_time = time.time()
            return self.outs.sendto(bytes(packet), (INTERFACE, ETH_P_IP))

        def close(self) -> None:
            if not self.closed and hasattr(self, "ins"):
                self.closed = True
                (socket.socket.close if self.is_filtered else sniffers.put_back)(self.ins)

    return Layer2


def layer3_socket(sniffers: Sniffers, layer2: Any) -> type[SuperSocket]:
    """Return a class of scapy's sockets: IPv4 packets in the lab."""
    from scapy.layers.inet import IP

    class Layer3(layer2):
        """IPv4 packets in the lab, without those that this socket sent."""

        desc = "the lab, layer 3"

        def __init__(self, *arguments: object, **options: object) -> None:
            super().__init__(*arguments, **options)
            self.sent: deque[bytes] = deque(maxlen=MOST_OWN)  # bounded: a call that only sends never removes one

        def recv(self, x: int = LARGEST, **options: Any) -> Packet | None:
            data = self.ins.recv(x)[ETHERNET:]
            if data in self.sent:
                self.sent.remove(data)
                return None
            return IP(data, **options)

        def send(self, packet: Packet) -> int:
            if not isinstance(packet, IP):
                raise LabError(f"At layer 3 the lab sends IPv4 packets, IP(...); this is {type(packet).__name__}")
            data = bytes(packet)
            self.sent.append(data)
            packet.sent_time = time.time()
            return sniffers.send(data, packet.src, packet.dst)

    return Layer3


def filtered(sniffer: socket.socket, words: str) -> socket.socket:
    """Return the socket, with a packet filter attached (pcap-filter(7))."""
    from scapy.arch import attach_filter

    try:
        attach_filter(sniffer, words, INTERFACE)
    except BaseException:
        sniffer.close()
        raise
    return sniffer

"""Let Scapy send and listen inside the lab: `send`, `sr1`, `sr`, `sniff`.

Scapy opens a packet socket for each call and closes it after; the kernel
takes some 20 ms for that, a thousand times as long as for an answer. Here
the sockets stay open: a call takes an idle one, and puts it back.
"""

from __future__ import annotations

import socket
import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack, suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any

from tcpkit.lab.agent_client import AgentClient
from tcpkit.lab.errors import LabError
from tcpkit.lab.replies import send_inside

if TYPE_CHECKING:
    from scapy.packet import Packet
    from scapy.supersocket import SuperSocket

INTERFACE, ETH_P_IP = "lo", 0x0800  # linux/if_ether.h
ETHERNET = 14  # bytes of the header that lo fills in
LARGEST = 1 << 16  # bytes of a packet, with room for that header
SMALL_BUFFER, LARGE_BUFFER = 0, 1 << 22  # bytes; the kernel makes of them what it allows
MOST_STALE = 10_000  # packets; a buffer holds far fewer
MOST_OWN = 512  # own packets that a socket remembers, to skip them when they arrive
NOT_HERE = "Scapy is not installed in this Python. To get it: pip install scapy"
ONLY_IPV4 = "The lab speaks IPv4: take IP(...) instead of IPv6(...)"


class Sniffers:
    """Packet sockets on lo, one for each call that listens now."""

    def __init__(self, agent: AgentClient) -> None:
        self.agent = agent
        self._idle: list[socket.socket] = []
        self._raw: socket.socket | None = None

    def take(self) -> socket.socket:
        """Return a socket that gets all packets on lo from now on."""
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
        sniffer = self.agent.socket(socket.AF_PACKET, socket.SOCK_RAW)
        sniffer.bind((INTERFACE, ETH_P_IP))  # arriving IPv4 only: on lo all that leaves arrives as well
        return sniffer

    def put_back(self, sniffer: socket.socket) -> None:
        """Keep a socket for the next call that listens."""
        if sniffer.fileno() != -1:  # else it was closed with the lab
            sniffer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)  # fills at once, and costs nothing
            self._idle.append(sniffer)

    def send(self, data: bytes, destination: str) -> int:
        """Send an IPv4 packet; the kernel fills in an id and a checksum of 0."""
        self.agent.check()
        if self._raw is None:
            self._raw = self.agent.keep(self.agent.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW))
        return send_inside(self._raw, self.agent.kind, data, destination)


class ScapyInside:
    """Point scapy at the lab: `with lab.scapy():`.

    In the block scapy's functions send and listen in the lab, whatever
    interface they are given, in every thread of this process; after it they
    are as before. May be entered again, also inside another one's block.
    """

    def __init__(self, agent: AgentClient) -> None:
        self._sniffers = Sniffers(agent)
        self._changes: list[ExitStack] = []

    def __enter__(self) -> ScapyInside:
        try:
            from scapy import sendrecv
            from scapy.config import conf
            from scapy.interfaces import NetworkInterface
        except ImportError:
            raise LabError(NOT_HERE) from None
        self._sniffers.agent.check()
        layer2 = layer2_socket(self._sniffers)
        layer3 = layer3_socket(self._sniffers, layer2)
        with ExitStack() as changes:
            for name, made in (
                ("L3socket", layer3),
                ("L3socket6", no_ipv6),
                ("L2socket", layer2),
                ("L2listen", layer2),
            ):
                put(changes, conf, name, made)
            # Scapy calls the interface's methods first, and the one of lo does not read `conf`.
            put(changes, NetworkInterface, "l3socket", lambda _, ipv6=False: no_ipv6 if ipv6 else layer3)
            for name in ("l2socket", "l2listen"):
                put(changes, NetworkInterface, name, lambda _: layer2)
            put(changes, sendrecv, "sndrcv", without_thread(sendrecv.sndrcv))
            self._changes.append(changes.pop_all())
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._changes.pop().close()


def put(changes: ExitStack, place: object, name: str, value: object) -> None:
    """Set an attribute until `changes` closes."""
    changes.callback(setattr, place, name, getattr(place, name))
    setattr(place, name, value)


def without_thread(sndrcv: Callable[..., object]) -> Callable[..., object]:
    """Return scapy's `sndrcv`, without its thread for a single packet.

    Scapy starts a thread that sends while the caller listens. With many
    packets that is needed, or their answers overflow the socket's buffer;
    with one it takes longer than the answer does.
    """

    def send_and_listen(socket: SuperSocket, packets: Any, *more: object, **options: object) -> object:
        if not more and getattr(packets, "__iterlen__", int)() == 1:
            options.setdefault("threaded", False)
        return sndrcv(socket, packets, *more, **options)

    return send_and_listen


def no_ipv6(*_: object, **__: object) -> None:
    """Raise `LabError`: the lab has no socket for IPv6."""
    raise LabError(ONLY_IPV4)


def layer2_socket(sniffers: Sniffers) -> type[SuperSocket]:
    """Return a class of scapy's sockets: Ethernet frames on the lab's lo."""
    from scapy.layers.l2 import Ether
    from scapy.supersocket import SuperSocket

    class Layer2(SuperSocket):
        """Ethernet frames on the lab's lo."""

        desc = "the lab's lo, layer 2"

        def __init__(self, *_: object, filter: str | None = None, nofilter: int = 0, **__: object) -> None:
            self.is_filtered = bool(filter) and not nofilter
            self.iface = INTERFACE
            self.ins = self.outs = filtered(sniffers.fresh(), filter) if self.is_filtered else sniffers.take()

        def recv_raw(self, x: int = LARGEST) -> tuple[type[Packet], bytes, None]:
            return Ether, self.ins.recv(x), None

        def close(self) -> None:
            if not self.closed and hasattr(self, "ins"):
                self.closed = True
                (socket.socket.close if self.is_filtered else sniffers.put_back)(self.ins)

    return Layer2


def layer3_socket(sniffers: Sniffers, layer2: type[SuperSocket]) -> type[SuperSocket]:
    """Return a class of scapy's sockets: IPv4 packets on the lab's lo."""
    from scapy.layers.inet import IP

    class Layer3(layer2):
        """IPv4 packets on the lab's lo, without those that this socket sent."""

        desc = "the lab's lo, layer 3"

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
            return sniffers.send(data, packet.dst)

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

"""Scapy inside the lab: its own `send`, `sr1`, `sr`, `sniff`, on lab sockets.

Scapy opens a packet socket for each call and closes it after; the kernel
takes some 20 ms for that, a thousand times as long as for an answer. Here
the sockets stay open: a call takes one that is idle, and puts it back.
"""

from __future__ import annotations

import errno
import os
import socket
import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack, suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any

from tcpkit.lab.errors import LabError
from tcpkit.lab.ground import Ground

if TYPE_CHECKING:
    from scapy.packet import Packet
    from scapy.supersocket import SuperSocket

INTERFACE, ETH_P_IP = "lo", 0x0800  # linux/if_ether.h
ETHERNET = 14  # bytes of the header that lo fills in
LARGEST = 1 << 16  # bytes of a packet, with room for that header
SMALL_BUFFER, LARGE_BUFFER = 0, 1 << 22  # bytes; the kernel makes of them what it allows
MOST_STALE = 10_000  # packets; a buffer holds far fewer
MOST_UNHEARD = 512  # packets that are our own when they come back
NOT_HERE = "Scapy is not installed in this Python. To get it: pip install scapy"
ONLY_IPV4 = "The lab speaks IPv4: take IP(...) instead of IPv6(...)"


class Ears:
    """Sockets that hear everything on lo, one for each call that listens now."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self._idle: list[socket.socket] = []
        self._raw: socket.socket | None = None

    def take(self) -> socket.socket:
        """Return a socket that hears from now on what arrives on lo."""
        self.ground.check()
        try:
            ear = self._idle.pop()
        except IndexError:
            ear = self.ground.keep(self.fresh())
        ear.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, LARGE_BUFFER)
        with suppress(BlockingIOError):
            for _ in range(MOST_STALE):
                ear.recv(LARGEST, socket.MSG_DONTWAIT)  # it was sent before
        return ear

    def fresh(self) -> socket.socket:
        """Return such a socket that nobody else will use."""
        ear = self.ground.socket(socket.AF_PACKET, socket.SOCK_RAW)
        ear.bind((INTERFACE, ETH_P_IP))  # arriving IPv4 only: on lo all that leaves arrives as well
        return ear

    def give_back(self, ear: socket.socket) -> None:
        """Take a socket back, for the next one who listens."""
        if ear.fileno() != -1:  # else it was closed with the lab
            ear.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)  # meanwhile it keeps next to nothing
            self._idle.append(ear)

    def send(self, data: bytes, destination: str) -> int:
        """Send an IPv4 packet; the kernel fills in an id and a checksum of 0."""
        self.ground.check()
        if self._raw is None:
            self._raw = self.ground.keep(self.ground.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW))
        try:
            if self.ground.kind == "direct" and not destination.startswith("127."):
                raise OSError(errno.ENETUNREACH, os.strerror(errno.ENETUNREACH))
            return self._raw.sendto(data, (destination, 0))
        except OSError as error:
            if error.errno != errno.ENETUNREACH:
                raise
            raise no_way(destination) from None


def no_way(destination: str) -> OSError:
    """Return the error for a packet to somewhere outside."""
    words = f"There is no way from here to {destination}: nothing leaves the lab. Try 127.0.0.1"
    return OSError(errno.ENETUNREACH, words)


class ScapyInside:
    """Point scapy at the lab: `with lab.scapy():`.

    In the block scapy's functions send and listen in the lab, whatever
    interface they are told, in every thread of this process; after it they
    are as before. May be entered again, and inside another's block.
    """

    def __init__(self, ground: Ground) -> None:
        self._ears = Ears(ground)
        self._changes: list[ExitStack] = []

    def __enter__(self) -> ScapyInside:
        try:
            from scapy import sendrecv
            from scapy.config import conf
            from scapy.interfaces import NetworkInterface
        except ImportError:
            raise LabError(NOT_HERE) from None
        self._ears.ground.check()
        layer2 = layer2_socket(self._ears)
        layer3 = layer3_socket(self._ears, layer2)
        with ExitStack() as changes:
            for name, made in (
                ("L3socket", layer3),
                ("L3socket6", no_ipv6),
                ("L2socket", layer2),
                ("L2listen", layer2),
            ):
                put(changes, conf, name, made)
            # Scapy asks the interface first; that of lo answers without a look at `conf`.
            put(changes, NetworkInterface, "l3socket", lambda _, ipv6=False: no_ipv6 if ipv6 else layer3)
            for name in ("l2socket", "l2listen"):
                put(changes, NetworkInterface, name, lambda _: layer2)
            put(changes, sendrecv, "sndrcv", without_thread(sendrecv.sndrcv))
            self._changes.append(changes.pop_all())
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._changes.pop().close()


def put(changes: ExitStack, place: object, name: str, value: object) -> None:
    """Set an attribute, and note down how to put it back."""
    changes.callback(setattr, place, name, getattr(place, name))
    setattr(place, name, value)


def without_thread(sndrcv: Callable[..., object]) -> Callable[..., object]:
    """Return scapy's `sndrcv`, which sends a single packet in the caller's thread.

    Scapy starts a thread that sends while the caller listens. Many packets
    need that, or their answers find no room; for one it takes longer than
    the answer does.
    """

    def send_and_listen(socket: SuperSocket, packets: Any, *more: object, **options: object) -> object:
        if not more and getattr(packets, "__iterlen__", int)() == 1:
            options.setdefault("threaded", False)
        return sndrcv(socket, packets, *more, **options)

    return send_and_listen


def no_ipv6(*_: object, **__: object) -> None:
    """Refuse: the lab has no socket for it."""
    raise LabError(ONLY_IPV4)


def layer2_socket(ears: Ears) -> type[SuperSocket]:
    """Return scapy's kind of socket for Ethernet frames, with the lab behind."""
    from scapy.layers.l2 import Ether
    from scapy.supersocket import SuperSocket

    class Layer2(SuperSocket):
        """Ethernet frames on the lab's lo."""

        desc = "the lab's lo, layer 2"

        def __init__(self, *_: object, filter: str | None = None, nofilter: int = 0, **__: object) -> None:
            self.is_filtered = bool(filter) and not nofilter
            self.iface = INTERFACE
            self.ins = self.outs = filtered(ears.fresh(), filter) if self.is_filtered else ears.take()

        def recv_raw(self, x: int = LARGEST) -> tuple[type[Packet], bytes, None]:
            return Ether, self.ins.recv(x), None

        def close(self) -> None:
            if not self.closed and hasattr(self, "ins"):
                self.closed = True
                (socket.socket.close if self.is_filtered else ears.give_back)(self.ins)

    return Layer2


def layer3_socket(ears: Ears, layer2: type[SuperSocket]) -> type[SuperSocket]:
    """Return scapy's kind of socket for IPv4 packets, with the lab behind."""
    from scapy.layers.inet import IP

    class Layer3(layer2):
        """IPv4 packets on the lab's lo, but for those that this socket sent."""

        desc = "the lab's lo, layer 3"

        def __init__(self, *arguments: object, **options: object) -> None:
            super().__init__(*arguments, **options)
            self.sent: deque[bytes] = deque(maxlen=MOST_UNHEARD)  # who only sends hears none of it

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
            return ears.send(data, packet.dst)

    return Layer3


def filtered(ear: socket.socket, words: str) -> socket.socket:
    """Return the socket, which from now on hears only what these words name."""
    from scapy.arch import attach_filter

    try:
        attach_filter(ear, words, INTERFACE)
    except BaseException:
        ear.close()
        raise
    return ear

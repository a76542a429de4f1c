"""Send and receive IPv4 packets at the far end of a cable.

Arriving packets come through memory shared with the kernel (PACKET_RX_RING,
TPACKET_V2; linux/if_packet.h): a socket's ordinary buffer may hold no more
than 200 packets, and Python may be busy elsewhere while thousands arrive.
Unlike version 3 (`capture_ring`), version 2 hands over each packet at once.
"""

from __future__ import annotations

import errno
import mmap
import socket
import struct
from contextlib import suppress

from tcpkit.lab.agent_client import AgentClient, Closable
from tcpkit.lab.arguments import check_host_address, check_mtu
from tcpkit.lab.cables.veth import Veth
from tcpkit.lab.capture_ring import close_idle_rings
from tcpkit.lab.errors import LabError, LabUnavailable
from tcpkit.stack.link import Link
from tcpkit.wire.errors import shown

SOL_PACKET, PACKET_RX_RING, PACKET_STATISTICS, PACKET_VERSION, PACKET_IGNORE_OUTGOING = 263, 5, 6, 10, 23
TPACKET_V2 = 1
ETH_P_ALL = 3
BLOCK_BYTES, BLOCKS = 1 << 20, 8
FRAME_MORE = 96  # bytes in front of a packet in the ring, and to align the next
PLACE = struct.Struct("I4xIHH")  # status, captured bytes; offsets of the frame and of its packet
OURS, KERNELS = 1, bytes(4)
BATCH = 64  # packets; between two batches, timers run
LOST_IN = {errno.ENETDOWN, errno.ENOBUFS, errno.EAGAIN}  # a cable that is pulled, a buffer that is full
HARDWARE = 6  # bytes of an Ethernet address
IPV4, ARP = b"\x08\x00", b"\x08\x06"
# RFC 826: Ethernet, IPv4, the lengths of their addresses, request or reply.
WHO_HAS, IS_AT = (struct.pack("!HHBBH", 1, 0x0800, HARDWARE, 4, operation) for operation in (1, 2))
ARP_BYTES = 28


class PacketPort:
    """The far end of a new cable: sends from its address, receives for it."""

    def __init__(self, agent: AgentClient, near: str, far: str, mtu: int) -> None:
        self.veth = Veth(agent, near, far, mtu)
        self.lost = 0  # packets sent into a cable that was pulled
        self._dropped = 0
        try:
            self._open(agent, self.veth)
        except BaseException:
            self.veth.remove()
            raise

    def _open(self, agent: AgentClient, veth: Veth) -> None:
        self._header = veth.frame_header
        frame = (veth.mtu + FRAME_MORE) & ~15
        starts = range(0, BLOCK_BYTES - frame + 1, frame)
        self._places = [block * BLOCK_BYTES + start for block in range(BLOCKS) for start in starts]
        self._at = 0
        self._socket = agent.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK)
        ring = struct.pack("4I", BLOCK_BYTES, BLOCKS, frame, len(self._places))
        for option, value in ((PACKET_IGNORE_OUTGOING, 1), (PACKET_VERSION, TPACKET_V2), (PACKET_RX_RING, ring)):
            self._socket.setsockopt(SOL_PACKET, option, value)
        self._ring = mmap.mmap(self._socket.fileno(), BLOCK_BYTES * BLOCKS)
        self._socket.bind((veth.far_name, ETH_P_ALL))

    def descriptors(self) -> tuple[int, ...]:
        """Return the descriptor that is readable when a packet has arrived."""
        return (self._socket.fileno(),)

    def next_deadline(self) -> float | None:
        """Return None: a cable has no timers."""
        return None

    def take(self, now: float = 0.0) -> list[bytes]:
        """Return the packets that have arrived, `BATCH` at most.

        ARP requests for our address are answered.
        """
        packets, requests, ring, at = list[bytes](), list[bytes](), self._ring, self._at
        while len(packets) < BATCH:
            start = self._places[at]
            status, captured, frame, packet = PLACE.unpack_from(ring, start)
            if not status & OURS:
                break
            data, kind = ring[start + packet : start + frame + captured], ring[start + packet - 2 : start + packet]
            if kind == IPV4:
                packets.append(data)
            elif kind == ARP:
                requests.append(data)
            ring[start : start + len(KERNELS)] = KERNELS
            at = (at + 1) % len(self._places)
        self._at = at
        for request in requests:
            self._answer(request)
        if not packets:
            self._clear_error()
        return packets

    def put(self, packets: list[bytes], now: float = 0.0) -> None:
        """Send packets; while the cable is pulled they are lost."""
        self._clear_error()
        for packet in packets:
            try:
                self._socket.send(self._header + packet)
            except OSError as error:
                if error.errno not in LOST_IN:
                    raise self._explained(error, len(packet)) from None
                self.lost += 1

    def dropped(self) -> int:
        """Return how many packets have found the ring full so far."""
        with suppress(OSError):  # closed: the count is complete
            _, drops = struct.unpack("II", self._socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
            self._dropped += drops
        return self._dropped

    def close(self) -> None:
        """Close the sockets; the kernel removes the cable with the network."""
        self.dropped()
        self._ring.close()
        self._socket.close()
        self.veth.close()

    def remove(self, agent: AgentClient) -> None:
        """Remove the cable from a lab that goes on."""
        self.veth.remove()
        self.close()
        agent.let_go(self)
        close_idle_rings(agent, self.veth.near_name)

    def _answer(self, request: bytes) -> None:
        """Answer an ARP request for our address, and no other."""
        own, address = self.veth.far_hardware, socket.inet_aton(self.veth.far)
        sender, target = request[len(WHO_HAS) :][: HARDWARE + 4], request[ARP_BYTES - 4 : ARP_BYTES]
        if request.startswith(WHO_HAS) and target == address:
            with suppress(OSError):  # the cable was pulled meanwhile
                self._socket.send(sender[:HARDWARE] + own + ARP + IS_AT + own + address + sender)

    def _clear_error(self) -> None:
        """Clear the error that a pull has left, or the next `send` would raise it."""
        with suppress(OSError):  # closed: `send` says it
            self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)

    def _explained(self, error: OSError, size: int) -> Exception:
        if error.errno == errno.EMSGSIZE:
            return ValueError(f"a packet of {size:,} bytes is too large: the cable carries {self.veth.mtu:,}")
        return LabError(f"The cable of {self.veth.far} is gone ({error.strerror}). Make it anew: lab.host(...)")


def check_link(link: Link | None) -> None:
    """Raise `TypeError` unless a cable can have this link: it has two ways, as a Link, a Drop or a Recut."""
    if link is not None and not hasattr(link, "both_ways"):
        raise TypeError(f"link is a Link, such as Link(delay_s=0.01), or None; this is {shown(link)}")


def free_address(agent: AgentClient, far_ends: dict[str, Closable], address: str, mtu: int) -> None:
    """Close what the lab had at a far address; raise if it cannot be one."""
    if agent.kind == "direct":
        raise LabUnavailable(
            "A cable needs a network interface, and in this kind of lab that would be one on this machine itself: "
            "take a private network, with Lab()"
        )
    agent.check()
    check_host_address(address)
    check_mtu(mtu)
    if address in far_ends:
        far_ends[address].close()
        del far_ends[address]
    refuse_own(agent, address)


def refuse_own(agent: AgentClient, address: str) -> None:
    """Raise `ValueError` if the lab's kernel itself has the address."""
    with agent.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        try:
            any_socket.bind((address, 0))
        except OSError:
            return
    raise ValueError(f"{address} is an address of the lab's kernel already, and it would answer: take another")

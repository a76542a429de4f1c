"""The far end of a cable: IPv4 packets out of it, and into it.

Arriving packets come through memory shared with the kernel (PACKET_RX_RING,
TPACKET_V2; linux/if_packet.h): a system's ordinary buffer may hold no more
than 200 packets, and Python may be busy elsewhere while thousands come.
Unlike version 3 (`tap`), version 2 hands over each packet at once.
"""

from __future__ import annotations

import errno
import mmap
import socket
import struct
from contextlib import suppress

from tcpkit.lab.errors import LabError
from tcpkit.lab.ground import Ground
from tcpkit.lab.veth import Veth

SOL_PACKET, PACKET_RX_RING, PACKET_STATISTICS, PACKET_VERSION, PACKET_IGNORE_OUTGOING = 263, 5, 6, 10, 23
TPACKET_V2 = 1
ETH_P_ALL = 3
BLOCK_BYTES, BLOCKS = 1 << 20, 8
FRAME_MORE = 96  # bytes in front of a packet in the ring, and room to align the next
PLACE = struct.Struct("I4xIHH")  # status, captured bytes; offsets of the frame and of its packet
OURS, KERNELS = 1, bytes(4)
BATCH = 64  # packets; between two batches, timers run
LOST_IN = {errno.ENETDOWN, errno.ENOBUFS, errno.EAGAIN}  # a cable that is pulled, an end that is full
HARDWARE = 6  # bytes of an Ethernet address
IPV4, ARP = b"\x08\x00", b"\x08\x06"
# RFC 826: Ethernet, IPv4, the lengths of their addresses, the question and the answer.
WHO_HAS, IS_AT = (struct.pack("!HHBBH", 1, 0x0800, HARDWARE, 4, operation) for operation in (1, 2))
ARP_BYTES = 28


class Adapter:
    """The far end of a new cable, for whoever speaks from its address."""

    def __init__(self, ground: Ground, near: str, far: str, mtu: int) -> None:
        self.cable = Veth(ground, near, far, mtu)
        self.lost = 0  # packets sent into a cable that was pulled
        self._dropped = 0
        try:
            self._open(ground, self.cable)
        except BaseException:
            self.cable.remove()
            raise

    def _open(self, ground: Ground, cable: Veth) -> None:
        self._header = cable.frame_header
        frame = (cable.mtu + FRAME_MORE) & ~15
        starts = range(0, BLOCK_BYTES - frame + 1, frame)
        self._places = [block * BLOCK_BYTES + start for block in range(BLOCKS) for start in starts]
        self._at = 0
        self._socket = ground.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK)
        ring = struct.pack("4I", BLOCK_BYTES, BLOCKS, frame, len(self._places))
        for option, value in ((PACKET_IGNORE_OUTGOING, 1), (PACKET_VERSION, TPACKET_V2), (PACKET_RX_RING, ring)):
            self._socket.setsockopt(SOL_PACKET, option, value)
        self._ring = mmap.mmap(self._socket.fileno(), BLOCK_BYTES * BLOCKS)
        self._socket.bind((cable.far_name, ETH_P_ALL))

    def descriptors(self) -> tuple[int, ...]:
        """Return what becomes readable when something arrives."""
        return (self._socket.fileno(),)

    def next_deadline(self) -> float | None:
        """Return None: a cable does nothing by itself."""
        return None

    def take(self, now: float = 0.0) -> list[bytes]:
        """Return the packets that have arrived, `BATCH` at most.

        ARP requests for our address are answered on the way.
        """
        packets, questions, ring, at = [], [], self._ring, self._at
        while len(packets) < BATCH:
            start = self._places[at]
            status, captured, frame, packet = PLACE.unpack_from(ring, start)
            if not status & OURS:
                break
            data, kind = ring[start + packet : start + frame + captured], ring[start + packet - 2 : start + packet]
            if kind == IPV4:
                packets.append(data)
            elif kind == ARP:
                questions.append(data)
            ring[start : start + len(KERNELS)] = KERNELS
            at = (at + 1) % len(self._places)
        self._at = at
        for question in questions:
            self._answer(question)
        if not packets:
            self._forget_error()
        return packets

    def put(self, packets: list[bytes], now: float = 0.0) -> None:
        """Send packets; into a cable that is pulled they are lost."""
        for packet in packets:
            try:
                self._socket.send(self._header + packet)
            except OSError as error:
                if error.errno not in LOST_IN:
                    raise self._explained(error, len(packet)) from None
                self.lost += 1

    def dropped(self) -> int:
        """Return how many packets found no room here, in all."""
        with suppress(OSError):  # closed: what was counted before stands
            _, drops = struct.unpack("II", self._socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
            self._dropped += drops
        return self._dropped

    def close(self) -> None:
        """Let go of the cable, which ends with its network."""
        self.dropped()
        self._ring.close()
        self._socket.close()
        self.cable.close()

    def detach(self, ground: Ground) -> None:
        """Take the cable away, and forget it."""
        self.cable.remove()
        self.close()
        ground.let_go(self)
        ground.close_taps(self.cable.near_name)

    def _answer(self, request: bytes) -> None:
        """Answer an ARP request for our address; others are not ours."""
        own, address = self.cable.far_hardware, socket.inet_aton(self.cable.far)
        asker, asked = request[len(WHO_HAS) :][: HARDWARE + 4], request[ARP_BYTES - 4 : ARP_BYTES]
        if request.startswith(WHO_HAS) and asked == address:
            with suppress(OSError):  # asked and then pulled
                self._socket.send(asker[:HARDWARE] + own + ARP + IS_AT + own + address + asker)

    def _forget_error(self) -> None:
        """Read that the cable was pulled; else the next packet would bear it."""
        self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)

    def _explained(self, error: OSError, size: int) -> Exception:
        if error.errno == errno.EMSGSIZE:
            return ValueError(f"a packet of {size:,} bytes is too large: the cable carries {self.cable.mtu:,}")
        return LabError(f"The cable of {self.cable.far} is gone ({error.strerror}). Make it anew: lab.host(...)")

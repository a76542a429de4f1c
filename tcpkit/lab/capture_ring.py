"""Memory shared with the kernel, which writes captured packets into it.

The kernel writes arriving packets into the blocks of a ring (PACKET_RX_RING,
TPACKET_V3; linux/if_packet.h), and hands over a block when it is full or
RETIRE_MS old. A packet socket's ordinary buffer holds 256 packets, this ring
some 40,000 small ones. Opening takes the kernel 20 ms, and so does closing:
a ring is paused between two recordings, not closed.
"""

from __future__ import annotations

import array
import errno
import mmap
import select
import socket
import struct
import time
from collections.abc import Iterator

from tcpkit.capture import Packet
from tcpkit.lab.agent_client import AgentClient
from tcpkit.lab.errors import LabError

SOL_PACKET, PACKET_RX_RING, PACKET_STATISTICS, PACKET_VERSION = 263, 5, 6, 10
TPACKET_V3 = 2
SO_ATTACH_FILTER = 26  # asm-generic/socket.h
# linux/filter.h: load two bytes, compare them, keep so many bytes of the packet
LOAD, IF_EQUAL, RETURN = 0x28, 0x15, 6
ETHERTYPE_AT = 0xFFFF_F000  # SKF_AD_OFF + SKF_AD_PROTOCOL: the packet's type, which is not in its bytes
ETH_P_ALL, ETH_P_IP, ETH_P_ARP = 3, 0x0800, 0x0806
NOTHING = [(RETURN, 0, 0, 0)]
KEEP = (RETURN, 0, 0, 1 << 18)
IPV4 = [(LOAD, 0, 0, ETHERTYPE_AT), (IF_EQUAL, 0, 1, ETH_P_IP), KEEP, *NOTHING]
IPV4_AND_ARP = [IPV4[0], (IF_EQUAL, 1, 0, ETH_P_IP), (IF_EQUAL, 0, 1, ETH_P_ARP), KEEP, *NOTHING]
LINK_HEADER = 14  # bytes of an Ethernet header
BLOCK_BYTES, BLOCKS = 1 << 17, 64
RETIRE_MS = 4  # hand over a block that is not full after this time
OURS, UNFINISHED = 1, 8  # linux/if_packet.h: TP_STATUS_USER, TP_STATUS_CSUMNOTREADY
BLOCK = struct.Struct("8xIIII")  # status, packets, offset of the first, bytes used
STATUS_AT = 8
PACKET = struct.Struct("IIII4xIH")  # next, seconds, nanoseconds, captured bytes; status, offset of the first


class CaptureRing:
    """The packets that cross one interface, from `resume` to `pause`.

    With `frames`, those of ARP too, and the Ethernet header of each.
    """

    def __init__(self, agent: AgentClient, interface: str = "lo", frames: bool = False) -> None:
        self.interface, self.frames = interface, frames
        self._socket = agent.socket(socket.AF_PACKET, socket.SOCK_RAW if frames else socket.SOCK_DGRAM)
        self._socket.setsockopt(SOL_PACKET, PACKET_VERSION, TPACKET_V3)
        frame = 1 << 11  # the kernel wants a number here; version 3 packs packets by their size
        ring = struct.pack("7I", BLOCK_BYTES, BLOCKS, frame, BLOCK_BYTES // frame * BLOCKS, RETIRE_MS, 0, 0)
        self._socket.setsockopt(SOL_PACKET, PACKET_RX_RING, ring)
        self._ring = mmap.mmap(self._socket.fileno(), BLOCK_BYTES * BLOCKS)
        self._current = 0
        self._since_ns = 0
        self.pause()
        # On lo each packet leaves and arrives: ETH_P_IP shows only what arrives.
        try:
            self._socket.bind((interface, ETH_P_IP if interface == "lo" else ETH_P_ALL))
        except OSError as error:
            self.close()
            if error.errno != errno.ENODEV:
                raise
            raise LabError(
                f"This network has no interface {interface!r}. It has {', '.join(interfaces(agent))}"
            ) from None

    def is_bound(self) -> bool:
        """Say whether the interface is still the one that the ring was made for."""
        return self._socket.getsockname()[0] == self.interface

    def resume(self) -> None:
        """Discard earlier packets, and let new ones in."""
        while self.take() is not None:
            pass
        self._since_ns = time.time_ns()  # the clock of the packets' timestamps
        self._filter(IPV4_AND_ARP if self.frames else IPV4)

    def pause(self) -> None:
        """Let no more packets in."""
        self._filter(NOTHING)

    def _filter(self, instructions: list[tuple[int, int, int, int]]) -> None:
        program = array.array("Q", b"".join(struct.pack("HBBI", *one) for one in instructions))
        start, count = program.buffer_info()
        self._socket.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HP", count, start))

    def wait(self, timeout_ms: int) -> bool:
        """Say whether the kernel hands over a block within this time."""
        waiting = select.poll()
        waiting.register(self._socket, select.POLLIN)
        self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)  # clears what an interface that went down has left
        return bool(waiting.poll(timeout_ms))

    def take(self) -> bytes | None:
        """Return the next block, and give its memory back to the kernel."""
        start = self._current * BLOCK_BYTES
        status, _, _, used = BLOCK.unpack_from(self._ring, start)
        if not status & OURS:
            return None
        block = self._ring[start : start + used]
        struct.pack_into("I", self._ring, start + STATUS_AT, 0)
        self._current = (self._current + 1) % BLOCKS
        return block

    @staticmethod
    def count(block: bytes) -> int:
        """Return how many packets a block has."""
        return BLOCK.unpack_from(block)[1]

    def packets(self, block: bytes) -> Iterator[Packet]:
        """Yield the packets of a block."""
        _, count, at, _ = BLOCK.unpack_from(block)
        for _ in range(count):
            step, seconds, nanoseconds, size, status, data = PACKET.unpack_from(block, at)
            time_ns = seconds * 10**9 + nanoseconds
            if time_ns >= self._since_ns:  # the first block may begin with packets from before `resume`
                frame, link = block[at + data : at + data + size], LINK_HEADER if self.frames else 0
                yield Packet(time_ns, frame[link:], 0, bool(status & UNFINISHED), frame[:link])
            at += step

    def drops(self) -> int:
        """Return how many packets found the ring full since the last call."""
        _, drops, _ = struct.unpack("III", self._socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 12))
        return drops

    def close(self) -> None:
        """Give the ring's memory back."""
        self._ring.close()
        self._socket.close()


def interfaces(agent: AgentClient) -> list[str]:
    """Return the names of the interfaces that a network has."""
    return [line.partition(":")[0].strip() for line in agent.proc_net("dev").splitlines() if ":" in line]


def take_idle_ring(agent: AgentClient, interface: str, frames: bool = False) -> CaptureRing | None:
    """Return a ring on the interface that no recording uses, or None.

    It is no longer closed with the lab: the caller uses or closes it.
    """
    for ring in [one for one in agent.kept if isinstance(one, CaptureRing) and one.interface == interface]:
        if ring.frames == frames:
            agent.let_go(ring)
            if ring.is_bound():
                return ring
            ring.close()  # the interface of that name is another one now
    return None


def close_idle_rings(agent: AgentClient, interface: str) -> None:
    """Close the rings on an interface that is being taken away."""
    for frames in (False, True):
        while ring := take_idle_ring(agent, interface, frames):
            ring.close()

"""A tap on an interface of the lab: a ring of memory shared with the kernel.

The kernel writes arriving packets into blocks (PACKET_RX_RING, TPACKET_V3;
linux/if_packet.h), and hands over each that is full or has waited a while. A
packet socket's ordinary buffer holds 256 packets, this ring some 40,000 small
ones. To open or close one takes the kernel 20 ms each; so a tap is paused
between two captures, not closed.
"""

from __future__ import annotations

import array
import mmap
import select
import socket
import struct
import time
from collections.abc import Iterator

from tcpkit.capture import Packet
from tcpkit.lab.ground import Ground

SOL_PACKET, PACKET_RX_RING, PACKET_STATISTICS, PACKET_VERSION = 263, 5, 6, 10
TPACKET_V3 = 2
SO_ATTACH_FILTER = 26  # asm-generic/socket.h
# linux/filter.h; the kernel's packet filter: load two bytes, go on if they are so, keep so many bytes of the packet
LOAD, IF_EQUAL, RETURN = 0x28, 0x15, 6
ETHERTYPE_AT = 0xFFFF_F000  # SKF_AD_OFF + SKF_AD_PROTOCOL: not in the packet, but known of it
ETH_P_ALL, ETH_P_IP = 3, 0x0800
NOTHING = [(RETURN, 0, 0, 0)]
IPV4 = [(LOAD, 0, 0, ETHERTYPE_AT), (IF_EQUAL, 0, 1, ETH_P_IP), (RETURN, 0, 0, 1 << 18), (RETURN, 0, 0, 0)]
BLOCK_BYTES, BLOCKS = 1 << 17, 64
RETIRE_MS = 4  # hand over a block that is not full after this time
OURS = 1  # linux/if_packet.h: TP_STATUS_USER
BLOCK = struct.Struct("8xIIII")  # status, packets, offset of the first, bytes used
STATUS_AT = 8
PACKET = struct.Struct("IIII8xH")  # next, seconds, nanoseconds, captured bytes; offset of the data


class Tap:
    """Everything that crosses one interface, from `resume` to `pause`."""

    def __init__(self, ground: Ground, interface: str = "lo") -> None:
        self.interface = interface
        self._socket = ground.socket(socket.AF_PACKET, socket.SOCK_DGRAM)
        self._socket.setsockopt(SOL_PACKET, PACKET_VERSION, TPACKET_V3)
        frame = 1 << 11  # the kernel wants a number here; version 3 packs packets by their size
        ring = struct.pack("7I", BLOCK_BYTES, BLOCKS, frame, BLOCK_BYTES // frame * BLOCKS, RETIRE_MS, 0, 0)
        self._socket.setsockopt(SOL_PACKET, PACKET_RX_RING, ring)
        self._ring = mmap.mmap(self._socket.fileno(), BLOCK_BYTES * BLOCKS)
        self._current = 0
        self._since_ns = 0
        self.pause()
        # On lo each packet leaves and arrives, and counts once: so only what arrives.
        self._socket.bind((interface, ETH_P_IP if interface == "lo" else ETH_P_ALL))

    def resume(self) -> None:
        """Begin anew: what came before is forgotten."""
        while self.take() is not None:
            pass
        self._since_ns = time.time_ns()  # the clock of the packets' own stamps
        self._let_in(IPV4)

    def pause(self) -> None:
        """Let no more packets in."""
        self._let_in(NOTHING)

    def _let_in(self, instructions: list[tuple[int, int, int, int]]) -> None:
        program = array.array("Q", b"".join(struct.pack("HBBI", *one) for one in instructions))
        start, count = program.buffer_info()
        self._socket.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HP", count, start))

    def wait(self, timeout_ms: int) -> bool:
        """Say whether a block is handed over within this time."""
        waiting = select.poll()
        waiting.register(self._socket, select.POLLIN)
        return bool(waiting.poll(timeout_ms))

    def take(self) -> bytes | None:
        """Return the next block, and give its place back to the kernel."""
        start = self._current * BLOCK_BYTES
        status, _, _, used = BLOCK.unpack_from(self._ring, start)
        if not status & OURS:
            return None
        block = self._ring[start : start + used]
        struct.pack_into("I", self._ring, start + STATUS_AT, 0)
        self._current = (self._current + 1) % BLOCKS
        return block

    def packets(self, block: bytes) -> Iterator[Packet]:
        """Yield the packets of a block."""
        _, count, at, _ = BLOCK.unpack_from(block)
        for _ in range(count):
            step, seconds, nanoseconds, size, data = PACKET.unpack_from(block, at)
            time_ns = seconds * 10**9 + nanoseconds
            if time_ns >= self._since_ns:  # the first block may begin with what came before we resumed
                yield Packet(time_ns, block[at + data : at + data + size])
            at += step

    def drops(self) -> int:
        """Return how many packets found the ring full since last asked."""
        _, drops, _ = struct.unpack("III", self._socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 12))
        return drops

    def close(self) -> None:
        """Give the ring's memory back."""
        self._ring.close()
        self._socket.close()

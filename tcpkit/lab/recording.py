"""Capture what crosses an interface of the lab, without losing any of it.

The kernel writes packets into a ring of blocks that we share with it
(PACKET_RX_RING, TPACKET_V3; linux/if_packet.h); a thread takes out the full
ones. A packet socket's ordinary buffer holds 256 packets, this ring some
70,000 small ones.
"""

from __future__ import annotations

import mmap
import select
import socket
import struct
import threading
import time
from collections.abc import Iterator
from types import TracebackType

from tcpkit.capture import Capture, Packet
from tcpkit.lab.ground import Ground

SOL_PACKET, PACKET_RX_RING, PACKET_STATISTICS, PACKET_VERSION = 263, 5, 6, 10
TPACKET_V3 = 2
ETH_P_IP = 0x0800
BLOCK_BYTES, BLOCKS = 1 << 18, 64
RETIRE_MS = 5  # hand over a block that is not full after this time
BLOCK = struct.Struct("8xIII")  # status, packets, offset of the first
PACKET = struct.Struct("IIII8xH")  # next, seconds, nanoseconds, captured bytes; offset of the data
QUIET_MS = 25  # a capture ends when nothing came for so long ...
LONGEST_END_S = 1.0  # ... or when this has passed


class Recording(Capture):
    """A capture that is being made: `with lab.capture() as packets`.

    Empty until the block ends; then it holds what crossed the interface.
    """

    def __init__(self, ground: Ground, interface: str = "lo") -> None:
        super().__init__(())
        self._ground = ground
        _, (descriptor,) = ground.ask("socket", family=socket.AF_PACKET, type=socket.SOCK_DGRAM, protocol=0)
        self._socket = socket.socket(fileno=descriptor)
        self._ring = open_ring(self._socket)
        # Only arriving IPv4: on lo each packet leaves and arrives, and counts once.
        self._socket.bind((interface, ETH_P_IP))
        self._blocks: list[bytes] = []
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._drain, daemon=True)

    def __enter__(self) -> Recording:
        self._thread.start()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._ending.set()
        self._thread.join()
        _, drops, _ = struct.unpack("III", self._socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 12))
        self._ring.close()
        self._socket.close()
        self.packets = tuple(packet for block in self._blocks for packet in read_block(block))
        self.dropped = drops
        self._blocks.clear()
        if error is None:
            self._ground.check()

    def _drain(self) -> None:
        """Take full blocks out of the ring until asked to end, and quiet."""
        waiting = select.poll()
        waiting.register(self._socket, select.POLLIN)
        current, deadline = 0, None
        while deadline is None or time.monotonic() < deadline:
            came = self._take(current)
            if came:
                current = (current + 1) % BLOCKS
            elif not waiting.poll(QUIET_MS) and self._ending.is_set():
                break
            if self._ending.is_set() and deadline is None:
                deadline = time.monotonic() + LONGEST_END_S

    def _take(self, number: int) -> bool:
        """Copy one block and give it back to the kernel, if it is ours."""
        start = number * BLOCK_BYTES
        status, _, _ = BLOCK.unpack_from(self._ring, start)
        if not status & 1:
            return False
        used = struct.unpack_from("I", self._ring, start + 20)[0]
        self._blocks.append(self._ring[start : start + used])
        struct.pack_into("I", self._ring, start + 8, 0)
        return True


def open_ring(packet_socket: socket.socket) -> mmap.mmap:
    """Give the packet socket a ring, and return the memory it shares."""
    packet_socket.setsockopt(SOL_PACKET, PACKET_VERSION, TPACKET_V3)
    frame = 1 << 11  # the kernel wants a number here; version 3 packs packets by their size
    frames = BLOCK_BYTES // frame * BLOCKS
    request = struct.pack("7I", BLOCK_BYTES, BLOCKS, frame, frames, RETIRE_MS, 0, 0)
    packet_socket.setsockopt(SOL_PACKET, PACKET_RX_RING, request)
    return mmap.mmap(packet_socket.fileno(), BLOCK_BYTES * BLOCKS)


def read_block(block: bytes) -> Iterator[Packet]:
    """Yield the packets of a block."""
    _, count, at = BLOCK.unpack_from(block)
    for _ in range(count):
        step, seconds, nanoseconds, size, data = PACKET.unpack_from(block, at)
        start = at + data
        yield Packet(seconds * 10**9 + nanoseconds, block[start : start + size])
        at += step

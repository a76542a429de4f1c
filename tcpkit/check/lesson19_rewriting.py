"""Packets of lesson 19 with other addresses, and a real transfer whose packets an answer rewrites."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from typing import Any

from tcpkit.check.lesson19_copying import PORT, hang_up, read_all
from tcpkit.wire import Flags, Segment, TCPHeader, checksum, tcp_checksum
from tcpkit.wire.checksum import address_bytes
from tcpkit.wire.ipv4 import dotted

SIZE, PATIENCE_S = 300_000, 4.0
GATE, INSIDE, SERVER = "10.0.0.2", "10.9.0.2", "10.9.0.1"  # where it is called; who the server sees; and the server
CAME = (
    f"Then the lab's kernel called {GATE}:{PORT}, which nobody owns. Your function rewrote each packet: {SIZE:,} bytes "
    f"came from another network's {SERVER}, and its server had seen {INSIDE}."
)
NOT_CAME = "Then the lab's kernel called {}:{} through your function: {:,} bytes came back, of {:,}."


def with_addresses(
    packet: bytes, source: str, destination: str, sums: str = "ip tcp", size: int = 0, is_stale: bool = False
) -> bytes:
    """Return the packet with these addresses, and these sums right; the causes have a slip in it."""
    size = size or (packet[0] & 15) * 4
    header = packet[:12] + address_bytes(source) + address_bytes(destination) + packet[20:size]
    if "ip" in sums:
        summed = header if is_stale else header[:10] + bytes(2) + header[12:]
        header = header[:10] + checksum(summed).to_bytes(2, "big") + header[12:]
    segment = packet[size:]
    if "tcp" in sums and len(segment) >= 20:
        segment = segment[:16] + tcp_checksum(source, destination, segment).to_bytes(2, "big") + segment[18:]
    return header + segment


def address_at(packet: bytes, at: int) -> str:
    """Return the address at this place, as people write it."""
    return dotted(packet[at : at + 4])


def packet_of(source: str, destination: str, data: bytes, options: bytes = b"") -> bytes:
    """Return an IPv4 packet with a TCP segment, both sums right."""
    segment = bytes(Segment(TCPHeader(40_000, PORT, seq=len(data), flags=Flags.ACK), data))
    size = 20 + len(options) + len(segment)
    start = bytes([0x45 + len(options) // 4, 0, *size.to_bytes(2, "big")]) + bytes.fromhex("1c2b400040060000")
    return with_addresses(start + bytes(8) + options + segment, source, destination)


def rewritten(lab: Any, answer: Callable[..., bytes]) -> str:
    """Return what is wrong with a transfer whose packets go through an answer, both ways; "" for nothing."""
    data, seen = random.Random(SIZE).randbytes(SIZE), []

    def serve() -> None:
        with suppress(OSError), listener.accept()[0] as connection:
            connection.settimeout(PATIENCE_S)
            seen.append(connection.getpeername()[0])
            connection.sendall(data)

    def ask() -> bytes:
        with suppress(OSError):
            client.connect((GATE, PORT))
        return read_all(client)

    with type(lab)("namespace") as other, ExitStack() as opened:
        pool = opened.enter_context(ThreadPoolExecutor(2))
        outside, inside = lab.host(GATE), other.host(INSIDE)
        listener = opened.enter_context(other.listen(PORT, SERVER))
        client = opened.enter_context(lab.socket())
        for end in (listener, client):
            end.settimeout(PATIENCE_S)
            opened.callback(hang_up, end)  # before the threads are waited for
        _, asked = pool.submit(serve), pool.submit(ask)
        ends = time.monotonic() + PATIENCE_S
        while not asked.done() and time.monotonic() < ends:
            for host, to, addresses in ((outside, inside, (INSIDE, SERVER)), (inside, outside, (GATE, "10.0.0.1"))):
                with suppress(TimeoutError):
                    while True:
                        to.send(answer(host.recv(0.001), *addresses))
        came = asked.result()
    return "" if (came, seen) == (data, [INSIDE]) else NOT_CAME.format(GATE, PORT, len(came), SIZE)

"""Packets of lesson 19 with other addresses, and a real transfer whose packets an answer rewrites."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from functools import partial
from typing import Any

from tcpkit.check.lesson19_copying import PORT, hang_up, read_all
from tcpkit.wire import Flags, Segment, TCPHeader, checksum, tcp_checksum
from tcpkit.wire.checksum import address_bytes, pseudo_header
from tcpkit.wire.ipv4 import dotted

SIZE, PATIENCE_S = 300_000, 4.0
GATE, INSIDE, SERVER = "10.0.0.2", "10.9.0.2", "10.9.0.1"  # where it is called; who the server sees; and the server
CAME = (
    f"Then the lab's kernel called {GATE}:{PORT}, which nobody owns. Your function rewrote each packet: {SIZE:,} bytes "
    f"came from another network's {SERVER}, and its server had seen {INSIDE}."
)
NOT_CAME = "Then the lab's kernel called {}:{} through your function: {:,} bytes came back, of {:,}."


def with_addresses(
    packet: bytes, source: str, destination: str, sums: str = "ip tcp", size: int = 0, stale: str = ""
) -> bytes:
    """Return the packet with these addresses, and these sums right; the causes have a slip in it."""
    size = size or (packet[0] & 15) * 4
    header = packet[:12] + address_bytes(source) + address_bytes(destination) + packet[20:size]
    if "ip" in sums:
        summed = header if "ip" in stale else header[:10] + bytes(2) + header[12:]
        header = header[:10] + checksum(summed).to_bytes(2, "big") + header[12:]
    segment = packet[size:]
    if "tcp" in sums and len(segment) >= 20:
        total = tcp_checksum(source, destination, segment)
        if "tcp" in stale:
            total = checksum(pseudo_header(source, destination, len(segment)) + segment)
        segment = segment[:16] + total.to_bytes(2, "big") + segment[18:]
    return header + segment


def replaced(packet: bytes, source: str, destination: str) -> bytes:
    """Return the packet with the old addresses replaced wherever they stand."""
    for at, new in ((12, source), (16, destination)):
        packet = packet.replace(packet[at : at + 4], address_bytes(new))
    return with_addresses(packet, source, destination)


def with_exchanged_sums(packet: bytes) -> list[bytes]:
    """Return the packet with the bytes of IP's sum exchanged, of TCP's, and of both."""
    made = [packet]
    for at in (10, (packet[0] & 15) * 4 + 16):
        made += [each[:at] + each[at : at + 2][::-1] + each[at + 2 :] for each in made]
    return made[1:]


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


SLIPS = {
    "You leave both checksums as they were: two sums cover an address, IP's and TCP's.": (
        partial(with_addresses, sums="")
    ),
    "IP's checksum is the old one. The kernel drops such a packet before TCP, and no TCP counter moves.": (
        partial(with_addresses, sums="tcp")
    ),
    "TCP's checksum is the old one. It covers the addresses too (lesson 03): TcpInCsumErrors moves.": (
        partial(with_addresses, sums="ip")
    ),
    "You change the destination only. The answer goes to the old source, which is on another cable.": (
        lambda packet, source, destination: with_addresses(packet, address_at(packet, 12), destination)
    ),
    "You change the source only: the packet still goes where it went.": (
        lambda packet, source, destination: with_addresses(packet, source, address_at(packet, 16))
    ),
    "The addresses are exchanged: bytes 12 to 15 are the source, 16 to 19 the destination.": (
        lambda packet, source, destination: with_addresses(packet, destination, source)
    ),
    "A checksum was computed with the old one still in its field: the field counts as zero.": (
        *(partial(with_addresses, stale=which) for which in ("ip", "tcp", "ip tcp")),
    ),
    "You take 20 bytes for the header. With options it is longer: see the low half of byte 0.": (
        partial(with_addresses, size=20)
    ),
    "You take the low half of byte 0 for bytes. It counts words of 32 bits (lesson 02).": (
        lambda packet, source, destination: with_addresses(packet, source, destination, size=packet[0] & 15)
    ),
    "You replace the old addresses wherever their bytes stand, in the data too. Change bytes 12 to 19.": replaced,
    "The packet comes back as it was.": lambda packet, source, destination: packet,
}

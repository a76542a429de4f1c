"""Scapy's TCP_client, speaking through a host of a lab. Needs scapy to import."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from scapy.layers.inet import IP, TCP_client
from scapy.packet import Packet, Raw
from scapy.supersocket import SuperSocket

from tcpkit.lab.cables.host import Host

PIECE = 1460  # bytes; scapy sends what it is given as one segment


class Wire(SuperSocket):
    """What scapy takes for a network card: it can be waited for, and is a host's."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._near, self.ins = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    def recv(self, size: int = 65_535, **_: object) -> Packet:
        """Return the next packet."""
        return IP(self.ins.recv(size))

    def send(self, packet: Packet) -> int:
        """Send a packet."""
        data = bytes(packet)
        self._host.send(data)
        return len(data)

    def close(self) -> None:
        """Stop carrying, while the host is still there."""
        self.ins.close()
        self._thread.join()

    def _carry(self) -> None:
        """Carry what arrives at the host to here."""
        with suppress(OSError), self._near:
            while self.ins.fileno() >= 0:
                with suppress(TimeoutError):
                    self._near.send(self._host.recv(0.1))


@contextmanager
def dialled(host: Host, address: str, port: int) -> Iterator[SuperSocket]:
    """Dial, and close in the end."""
    wire = Wire(host)
    client = TCP_client.tcplink(Raw, address, port, srcip=host.address, recvsock=lambda **_: wire, ll=lambda **_: wire)
    try:
        yield client
    finally:
        client.close()
        wire.close()


def read(client: SuperSocket, size: int) -> None:
    """Read so many bytes."""
    while size:
        size -= len(client.recv())


def write(client: SuperSocket, size: int) -> None:
    """Send so many bytes."""
    for at in range(0, size, PIECE):
        client.send(bytes(min(PIECE, size - at)))

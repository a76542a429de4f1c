"""Packets for the tests of the room `draw`: as few attributes as it asks for."""

from dataclasses import dataclass

from tcpkit.wire import Flags, Segment, TCPHeader
from tcpkit.wire.tcp import LETTERS

CLIENT, SERVER = ("127.0.0.1", 40_000), ("127.0.0.1", 8_000)
CALLS = {
    0: ("client", "connect"),
    2: ("server", "accept"),
    3: [("client", "sendall"), ("server", "recv")],
    5: [("server", "sendall"), ("client", "recv")],
    7: ("server", "close"),
    8: ("client", "close"),
}


@dataclass(frozen=True)
class FakePacket:
    source: str
    destination: str
    segment: Segment
    time_ns: int = 0


def packet(start, end, flags, data=b"", **fields):
    """Return a packet with flags as tcpdump writes them."""
    value = Flags(sum(1 << LETTERS.index(letter) for letter in flags))
    header = TCPHeader(start[1], end[1], flags=value, **fields)
    return FakePacket(start[0], end[0], Segment(header, data))


def one_get(client=CLIENT, server=SERVER, **fields):
    """Return the ten packets of one GET."""
    there, back = (client, server), (server, client)
    return [
        packet(*there, "S", **fields),
        packet(*back, "S.", **fields),
        packet(*there, ".", **fields),
        packet(*there, "P.", b"GET / HTTP/1.0\r\nHost: story\r\n\r\n", **fields),
        packet(*back, ".", **fields),
        packet(*back, "P.", b"hello\n", **fields),
        packet(*there, ".", **fields),
        packet(*back, "F.", **fields),
        packet(*there, "F.", **fields),
        packet(*back, ".", **fields),
    ]


def story():
    """Return the last two packets of the seed."""
    mine, port = ("127.0.0.1", 8989), ("127.0.0.1", 8000)
    return [packet(mine, port, "S", bytes(44)), packet(port, mine, "R.", ack=45)]

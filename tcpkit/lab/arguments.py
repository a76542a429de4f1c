"""Check what callers hand to a lab: packets, ports, addresses, an MTU."""

from __future__ import annotations

import socket

from tcpkit.wire import Segment

MOST_DATA = 65_515  # bytes; IP's length has 16 bits, and its header takes 20
LEAST_MTU, MOST_MTU = 68, 65_535  # RFC 791: what every network carries, and what a length can say


def segment_bytes(segment: Segment | bytes) -> bytes:
    """Return the bytes to send; raise an error for anything else."""
    if not isinstance(segment, Segment | bytes | bytearray | memoryview):
        kind = type(segment).__name__
        raise TypeError(f"a packet is bytes or a Segment; this is {kind}. struct.pack and bytes.fromhex make bytes")
    data = bytes(segment)
    if len(data) > MOST_DATA:
        raise ValueError(
            f"this packet has {len(data):,} bytes; one IP packet carries at most {MOST_DATA:,} "
            "(65,535 with the IP header). Send less at a time"
        )
    return data


def packet_bytes(packet: bytes, most: int) -> bytes:
    """Return the bytes of an IP packet; raise an error for anything else."""
    if isinstance(packet, Segment):
        raise TypeError(
            "this is a Segment, and a host sends whole IP packets: put bytes(IPv4Header(source, destination, "
            "len(bytes(segment)))) in front of its bytes"
        )
    if not isinstance(packet, bytes | bytearray | memoryview):
        raise TypeError(f"a packet is bytes; this is {type(packet).__name__}. struct.pack and bytes.fromhex make bytes")
    if len(packet) > most:
        raise ValueError(f"this packet has {len(packet):,} bytes, and the cable carries {most:,}: send less at once")
    return bytes(packet)


def checked_port(port: int) -> int:
    """Return the port; raise an error unless it is a port's number."""
    if not isinstance(port, int) or isinstance(port, bool):
        raise TypeError(f"a port is a number from 1 to 65535; this is {type(port).__name__} {port!r}")
    if not 1 <= port <= 65_535:
        raise ValueError(f"there is no port {port}: ports run from 1 to 65535 (16 bits)")
    return port


def is_address(text: str) -> bool:
    """Say whether the text is an IPv4 address in numbers, and no name."""
    try:
        return bool(socket.inet_pton(socket.AF_INET, text))
    except (OSError, TypeError):
        return False


def checked_address(address: str, example: str) -> str:
    """Return the address; raise `ValueError` unless it is one in numbers."""
    if not is_address(address):
        raise ValueError(f"{address!r} is no IPv4 address: write one with numbers, such as {example!r}")
    return address


def check_host_address(address: str) -> None:
    """Raise `ValueError` unless a host can have this address."""
    first, *_, last = socket.inet_aton(checked_address(address, "10.0.0.2"))
    if not 1 <= first <= 223 or first == 127:
        raise ValueError(f"{address} can be no host's: it means many hosts, or none. Take one like '10.0.0.2'")
    if last in (0, 255):
        raise ValueError(f"{address} means the network as a whole: a host's last number is from 1 to 254")


def check_mtu(mtu: int) -> None:
    """Raise an error unless a cable can carry packets of this size."""
    if not isinstance(mtu, int) or isinstance(mtu, bool):
        raise TypeError(f"mtu is a number of bytes; this is {type(mtu).__name__}")
    if not LEAST_MTU <= mtu <= MOST_MTU:
        raise ValueError(f"mtu is {mtu:,}: a cable's largest packet has from {LEAST_MTU} to {MOST_MTU:,} bytes")

"""Check what callers hand to a lab: packets, ports, addresses, an MTU."""

from __future__ import annotations

import math
import numbers
import socket
import warnings

from tcpkit.wire import IPv4Header, Segment, WireError
from tcpkit.wire.checksum import PROTOCOL_TCP
from tcpkit.wire.errors import shown

OWN_HEADER = (
    "This packet begins with an IP header of its own, and the kernel puts one in front of what you send: it reads "
    "yours as TCP. Send the bytes after it, data[20:] where it has no options; or whole, by lab.host(...).send"
)
MOST_DATA = 65_515  # bytes; IP's length has 16 bits, and its header takes 20
MOST_S = 1e6  # longer waits are cut to this: eleven days
LEAST_MTU, MOST_MTU = 68, 65_535  # RFC 791: what every network carries, and what a length can say
MOST_LOOPBACK_MTU = 65_536  # Linux's own for lo


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
    if begins_with_ip_header(data):
        warnings.warn(OWN_HEADER, stacklevel=3)
    return data


def begins_with_ip_header(data: bytes) -> bool:
    """Say whether the bytes are a whole IP packet, not a TCP segment."""
    try:
        header = IPv4Header.parse(data)
    except WireError:
        return False
    if header.protocol != PROTOCOL_TCP:
        return False
    is_usual = header.checksum == 0 or header.checksum_is_right()
    return header.total_length == len(data) or (header.total_length == 0 and is_usual)


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


def data_bytes(data: bytes) -> bytes:
    """Return the bytes of a stream's data; raise an error for anything else."""
    if not isinstance(data, bytes | bytearray | memoryview):
        raise TypeError(f"data is bytes; this is {type(data).__name__}. A text becomes bytes by .encode()")
    return bytes(data)


def checked_timeout(timeout_s: float, most: float = MOST_S) -> float:
    """Return the time, at most `most`; raise an error for what is no time."""
    if not isinstance(timeout_s, numbers.Real) or isinstance(timeout_s, bool):
        raise TypeError(f"timeout_s is a number of seconds, such as 0.5; this is {shown(timeout_s)}")
    if math.isnan(timeout_s) or timeout_s < 0:
        raise ValueError(
            f"timeout_s is {shown(timeout_s)}: nobody can wait so long. Write seconds from 0 on, such as 0.5"
        )
    return float(min(timeout_s, most))


def checked_port(port: int) -> int:
    """Return the port; raise an error unless it is a port's number."""
    if not isinstance(port, int) or isinstance(port, bool):
        raise TypeError(f"a port is a number from 1 to 65535; this is {type(port).__name__} {shown(port)}")
    if not 1 <= port <= 65_535:
        raise ValueError(f"there is no port {shown(port)}: ports run from 1 to 65535 (16 bits)")
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
        raise ValueError(f"{shown(address)} is no IPv4 address: write one with numbers, such as {example!r}")
    return address


def check_host_address(address: str) -> None:
    """Raise `ValueError` unless a host can have this address."""
    first, *_, last = socket.inet_aton(checked_address(address, "10.0.0.2"))
    if not 1 <= first <= 223 or first == 127:
        raise ValueError(f"{address} can be no host's: it means many hosts, or none. Take one like '10.0.0.2'")
    if last in (0, 255):
        raise ValueError(f"{address} means the network as a whole: a host's last number is from 1 to 254")


def check_mtu(mtu: int, most: int = MOST_MTU, carrier: str = "a cable") -> None:
    """Raise an error unless the carrier can carry packets of this size."""
    if not isinstance(mtu, int) or isinstance(mtu, bool):
        raise TypeError(f"mtu is a number of bytes; this is {type(mtu).__name__}")
    if not LEAST_MTU <= mtu <= most:
        raise ValueError(f"mtu is {shown(mtu)}: {carrier}'s largest packet has from {LEAST_MTU} to {most:,} bytes")

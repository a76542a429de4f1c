"""What is handed to a lab, checked: packets, addresses, ports."""

from __future__ import annotations

import errno
import socket

from tcpkit.lab.errors import PortInUse
from tcpkit.wire import Segment

MOST_DATA = 65_515  # bytes; IP's length has 16 bits, and its header takes 20


def segment_bytes(segment: Segment | bytes) -> bytes:
    """Return the bytes to send; say what is wrong with anything else."""
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


def is_address(text: str) -> bool:
    """Say whether the text is an IPv4 address in numbers: no name is looked up."""
    try:
        return bool(socket.inet_pton(socket.AF_INET, text))
    except (OSError, TypeError):
        return False


def checked_port(port: int) -> int:
    """Return the port, if it is one."""
    if not isinstance(port, int) or isinstance(port, bool):
        raise TypeError(f"a port is a number from 1 to 65535; this is {type(port).__name__} {port!r}")
    if not 1 <= port <= 65_535:
        raise ValueError(f"there is no port {port}: ports run from 1 to 65535 (16 bits)")
    return port


def port_in_use(port: int) -> PortInUse:
    """Return the error that says so."""
    return PortInUse(
        errno.EADDRINUSE,
        f"Something inside the lab uses port {port} already (lab.sockets() shows it). "
        "Close it with .close() or .stop(), or take another port",
    )

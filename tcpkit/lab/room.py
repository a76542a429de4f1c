"""Is there room for a cable: what it takes, and what stands in its way."""

from __future__ import annotations

import socket

from tcpkit.lab.errors import LabError
from tcpkit.lab.given import is_address
from tcpkit.lab.ground import Closable, Ground

LEAST_MTU, MOST_MTU = 68, 65_535  # RFC 791: what every network carries, and what a length can say


def make_room(ground: Ground, others: dict[str, Closable], far: str, mtu: int) -> None:
    """Close what this lab had at the far address; raise if none can be there."""
    if ground.kind == "direct":
        raise LabError(
            "A cable needs a network interface, and in this kind of lab that would be one on this machine itself: "
            "take a private network, with Lab()"
        )
    ground.check()
    check_address(far)
    check_mtu(mtu)
    earlier = others.pop(far, None)
    if earlier is not None:
        earlier.close()
    refuse_own(ground, far)


def check_address(address: str) -> None:
    """Raise `ValueError` unless a machine can have this address."""
    if not is_address(address):
        raise ValueError(f"{address!r} is no IPv4 address: write one with numbers, such as '10.0.0.2'")
    first, *_, last = socket.inet_aton(address)
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


def refuse_own(ground: Ground, address: str) -> None:
    """Raise `ValueError` if the lab's kernel itself has the address."""
    with ground.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        try:
            any_socket.bind((address, 0))
        except OSError:
            return
    raise ValueError(f"{address} is an address of the lab's kernel already, and it would answer: take another")

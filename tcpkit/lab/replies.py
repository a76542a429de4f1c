"""Send segments, and collect the replies to each.

A raw socket gets all TCP packets that arrive in the lab. On lo those are also
the ones that it sent itself; they are no replies.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
import time
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress

from tcpkit.lab.agent_client import AgentClient
from tcpkit.lab.arguments import checked_address
from tcpkit.wire import Segment
from tcpkit.wire.ipv4 import LOOPBACK

LARGEST = 1 << 16  # bytes
SO_MEMINFO, MEMINFO_BYTES, DROPS_AT = 55, 36, 32  # asm-generic/socket.h; linux/sock_diag.h: SK_MEMINFO_DROPS
LOST = (
    "{:,} packets in the lab came faster than they could be read, so silence may be an answer that was lost. Ask again "
    "when less is sent, or ask for fewer at once"
)
REFUSED = {  # why the kernel sends a packet no further, and what to do
    errno.ENETUNREACH: f"There is no way from here to {{}}: nothing leaves the lab. Try {LOOPBACK}; 10.0.0.1 "
    "is there once a cable is: `host = lab.host()` first",
    errno.EACCES: f"{{}} means many machines at once, and a raw socket sends to one. Try {LOOPBACK}",
    errno.EMSGSIZE: "This packet is too large for the way to {}: send less at a time",
    errno.EINVAL: "The kernel does not send this packet to {}: its IP header is damaged. Its length (ihl) is 5 to 15 "
    "words of 4 bytes, and no more than the packet has",
}
LONGEST_S = 10.0  # after this a sender that never stops is no longer listened to


def send_inside(raw: socket.socket, kind: str, data: bytes, destination: str) -> int:
    """Send by a raw socket of a lab of this kind; return how many bytes.

    `OSError` says why the kernel refuses it, such as that no packet leaves
    the lab.
    """
    try:
        if kind == "direct" and not destination.startswith("127."):
            raise OSError(errno.ENETUNREACH, os.strerror(errno.ENETUNREACH))
        return raw.sendto(data, (destination, 0))  # no port here: the ports are in the bytes
    except OSError as error:
        if error.errno not in REFUSED:
            raise
        raise OSError(error.errno, REFUSED[error.errno].format(destination)) from None


def check_inside(agent: AgentClient, address: str) -> None:
    """Raise `OSError` unless the lab's kernel knows a way to this address; nothing is sent."""
    with agent.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        try:
            any_socket.connect((checked_address(address, "10.0.0.2"), 9))
        except OSError as error:
            if error.errno not in REFUSED:
                raise
            raise OSError(error.errno, REFUSED[error.errno].format(address)) from None


def ask_each(
    raw: socket.socket, send_one: Callable[[bytes], object], segments: Sequence[bytes], quiet_s: float
) -> list[list[Segment]]:
    """Send the segments, and return the replies to each.

    A reply comes from a segment's destination port to its source port. Two
    segments between the same ports could not be told apart: `ValueError`.
    Ends when nothing arrived for `quiet_s`. Warns if packets arrived that
    found no room: then a silence may be an answer that was lost.
    """
    replies: dict[bytes, list[Segment]] = {data[2:4] + data[:2]: [] for data in segments}
    if len(replies) < len(segments):
        raise ValueError("two of these segments run between the same ports: give each a source port of its own")
    due = Counter(segments)  # our own, which arrive as well
    deadline = time.monotonic() + LONGEST_S
    for data in segments:
        send_one(data)
        with suppress(BlockingIOError):  # read what is there: the socket's buffer holds some 250 packets
            while time.monotonic() < deadline:
                keep_reply(raw.recv(LARGEST, socket.MSG_DONTWAIT), due, replies)
    with suppress(TimeoutError, BlockingIOError):
        while (left_s := deadline - time.monotonic()) > 0:
            raw.settimeout(min(quiet_s, left_s))
            keep_reply(raw.recv(LARGEST), due, replies)
    lost = drops(raw)
    if lost and not all(replies.values()):
        warnings.warn(LOST.format(lost), stacklevel=4)
    return list(replies.values())


def drops(raw: socket.socket) -> int:
    """Return how many packets found the socket's buffer full."""
    return struct.unpack_from("I", raw.getsockopt(socket.SOL_SOCKET, SO_MEMINFO, MEMINFO_BYTES), DROPS_AT)[0]


def keep_reply(packet: bytes, due: Counter[bytes], replies: dict[bytes, list[Segment]]) -> None:
    """Add a packet to the replies, if it is one."""
    data = packet[(packet[0] & 15) * 4 :]
    if due[data]:
        due[data] -= 1
    elif data[:4] in replies and len(data) >= 20:
        replies[data[:4]].append(Segment.parse(data))

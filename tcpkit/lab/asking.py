"""Ask the kernel: send segments, and read what comes back to their ports.

A raw socket hears all TCP that arrives in the lab, what it sent itself on lo
included; that is no reply.
"""

from __future__ import annotations

import socket
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress

from tcpkit.wire import Segment

LARGEST = 1 << 16  # bytes
LONGEST_S = 10.0  # somebody who never stops talking is cut off

Send = Callable[[bytes], None]


def ask_each(raw: socket.socket, send: Send, segments: Sequence[bytes], quiet_s: float) -> list[list[Segment]]:
    """Send the segments, and return the replies to each.

    A reply comes from the port that a segment went to, to the port that it
    came from; so two segments between the same ports would be confused, and
    `ValueError` says so. Ends when nothing was heard for `quiet_s`.
    """
    replies: dict[bytes, list[Segment]] = {data[2:4] + data[:2]: [] for data in segments}
    if len(replies) < len(segments):
        raise ValueError("two of these segments run between the same ports: give each a source port of its own")
    due = Counter(segments)  # our own, which we shall hear as well
    deadline = time.monotonic() + LONGEST_S
    for data in segments:
        send(data)
        with suppress(BlockingIOError):  # read what is there: the socket's buffer holds some 250 packets
            while time.monotonic() < deadline:
                keep_reply(raw.recv(LARGEST, socket.MSG_DONTWAIT), due, replies)
    raw.settimeout(quiet_s)
    with suppress(TimeoutError):
        while time.monotonic() < deadline:
            keep_reply(raw.recv(LARGEST), due, replies)
    return list(replies.values())


def keep_reply(packet: bytes, due: Counter[bytes], replies: dict[bytes, list[Segment]]) -> None:
    """Put a packet to the replies, if it is one."""
    data = packet[(packet[0] & 15) * 4 :]
    if due[data]:
        due[data] -= 1
    elif data[:4] in replies and len(data) >= 20:
        replies[data[:4]].append(Segment.parse(data))

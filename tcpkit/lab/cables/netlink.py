"""Make interfaces, addresses and routes in the lab's kernel (rtnetlink).

It does what the program `ip` does, and starts no program. A message is a
header, a fixed part, and attributes, which may hold attributes. The kernel
checks the sender's rights: the lab's owner has them, also from outside.
"""

from __future__ import annotations

import os
import socket
import struct
from dataclasses import dataclass

from tcpkit.lab.agent_client import AgentClient

# linux/rtnetlink.h, linux/netlink.h
NEW_INTERFACE, DELETE_INTERFACE, SET_INTERFACE, NEW_ADDRESS, NEW_ROUTE, NEW_NEIGHBOUR = 16, 17, 19, 20, 24, 28
ANSWER = 2  # NLMSG_ERROR; its error is 0 when all went well
REQUEST, ACKNOWLEDGE, EXCLUSIVE, CREATE = 1, 4, 0x200, 0x400
HEADER = struct.Struct("=IHHII")  # length, kind, flags, number, sender
LENGTH_AND_KIND = struct.Struct("=HH")
IFF_UP = 1
LARGEST_ANSWER = 1 << 16

Value = bytes | str | int | list[bytes]


@dataclass(frozen=True)
class Message:
    """One request, and its purpose in words."""

    what: str
    kind: int
    body: bytes

    def pack(self, number: int) -> bytes:
        """Return the message's bytes; the kernel's answer repeats the number."""
        flags = REQUEST | ACKNOWLEDGE | (0 if self.kind in (SET_INTERFACE, DELETE_INTERFACE) else CREATE | EXCLUSIVE)
        return HEADER.pack(HEADER.size + len(self.body), self.kind, flags, number, 0) + self.body


def attribute(kind: int, value: Value) -> bytes:
    """Return an attribute: length, kind, value, and up to three zeros."""
    if isinstance(value, str):
        value = value.encode() + b"\0"
    elif isinstance(value, int):
        value = struct.pack("=I", value)
    elif isinstance(value, list):
        value = b"".join(value)
    return LENGTH_AND_KIND.pack(LENGTH_AND_KIND.size + len(value), kind) + value + bytes(-len(value) % 4)


def interface(*attributes: bytes, index: int = 0, up: bool | None = None) -> bytes:
    """Return the fixed part about an interface (ifinfomsg), and attributes."""
    return struct.pack("=BxHiII", 0, 0, index, bool(up), 0 if up is None else IFF_UP) + b"".join(attributes)


def request(inside: socket.socket, *messages: Message) -> None:
    """Send messages in one go; raise `OSError` for the first one refused."""
    inside.send(b"".join(message.pack(number) for number, message in enumerate(messages)))
    errors: dict[int, int] = {}
    while len(errors) < len(messages):
        errors |= answers(inside.recv(LARGEST_ANSWER))
    for number, message in enumerate(messages):
        if errors[number]:
            raise OSError(-errors[number], f"{message.what}: {os.strerror(-errors[number])}")


def answers(data: bytes) -> dict[int, int]:
    """Return the error (0: none) of each message that was answered."""
    errors, at = {}, 0
    while at < len(data):
        length, kind, _, number, _ = HEADER.unpack_from(data, at)
        if kind == ANSWER:
            (errors[number],) = struct.unpack_from("=i", data, at + HEADER.size)
        at += (length + 3) & ~3
    return errors


def opened(agent: AgentClient) -> socket.socket:
    """Return a socket of the lab's that takes such messages."""
    return agent.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)

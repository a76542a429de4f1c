"""PyTCP, on a TAP device of its own, against the kernel: run me in a lab.

`python pytcp_side.py KERNEL OURS PORT ROLE BYTES` dials the kernel, and reads
or sends so many bytes; ROLE is the kernel's.
"""

from __future__ import annotations

import subprocess
import sys
import threading

NAME = "tap0"
PIECE = 1 << 16  # bytes


def main() -> None:
    """Carry the bytes, then wait to be ended."""
    kernel, ours, port, role, size = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4], int(sys.argv[5])
    connection = dialled(kernel, ours, port)
    if role == "receives":
        connection.send(bytes(size))
    while role == "sends" and size:
        size -= len(connection.recv(PIECE))
    threading.Event().wait()  # its threads have work to do; the kernel's side knows when all is there


def dialled(kernel: str, ours: str, port: int):
    """Return a connection by PyTCP from our address to the kernel's."""
    from pytcp import TcpIpStack, config
    from pytcp.lib import socket

    config.LOG_CHANEL = set()
    stack = TcpIpStack(interface=NAME, ip4_address=f"{ours}/24", ip4_gateway=kernel)
    config.IP6_SUPPORT = False  # or it would look for a router
    for words in (f"link set {NAME} up", f"address add {kernel}/24 dev {NAME}"):
        subprocess.run(["ip", *words.split()], check=True)
    stack.start()
    connection = socket.socket(family=socket.AF_INET4, type=socket.SOCK_STREAM)
    connection.connect((kernel, port))
    return connection


if __name__ == "__main__":
    main()

"""A plain program with the kernel's sockets: somebody dials, and data goes one way.

`python kernel_side.py sends 8000 1000000` prints how many seconds
that took, from the connection's opening until all is acknowledged (or, with
`receives`, read).
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import sys
import termios
import time

PIECE = 1 << 18  # bytes
LOOK_AGAIN_S = 0.0002


def main() -> None:
    """Wait to be dialled, once."""
    role, port, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    with socket.create_server(("", port)) as listener:
        connection, _ = listener.accept()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"reno")  # as our own
    start = time.perf_counter()
    (send if role == "sends" else receive)(connection, size)
    print(time.perf_counter() - start, flush=True)


def send(connection: socket.socket, size: int) -> None:
    """Send so many bytes, and wait until they are acknowledged."""
    left = memoryview(os.urandom(PIECE))  # not zeros: to sum them takes another time
    while size:
        size -= connection.send(left[:size])
    while struct.unpack("i", fcntl.ioctl(connection, termios.TIOCOUTQ, bytes(4)))[0]:
        if connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            sys.exit("it was reset")
        time.sleep(LOOK_AGAIN_S)


def receive(connection: socket.socket, size: int) -> None:
    """Read so many bytes."""
    while size:
        piece = connection.recv(PIECE)
        if not piece:
            sys.exit(f"it ended {size} bytes early")
        size -= len(piece)


if __name__ == "__main__":
    main()

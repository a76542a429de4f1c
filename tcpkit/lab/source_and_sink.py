"""Two ordinary programs on the kernel's sockets: one sends, one receives.

Each is a process of its own: a thread of the notebook would take the turns of
the stack at the other end.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING

from tcpkit.lab.arguments import checked_port, checked_timeout, data_bytes
from tcpkit.lab.interrupt import uninterrupted
from tcpkit.wire.errors import shown

if TYPE_CHECKING:
    from tcpkit.lab.program import Program

PYTHON = "python", "-I", "-S", "-c"  # leaves out what is installed: starts in half the time
SOURCE = """
import socket, sys, threading
data = open(sys.argv[2], "rb").read()
def serve(connection):
    try:
        with connection:
            connection.sendall(data)
    except ConnectionError as error:
        print(error, flush=True)
server = socket.create_server(("", int(sys.argv[1])))
while True:
    threading.Thread(target=serve, args=server.accept()[:1]).start()
"""
SINK = """
import hashlib, socket, sys, time
port, pause_s, buffer = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
if buffer:
    server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
server.bind(("", port))
server.listen()
connection, _ = server.accept()
time.sleep(pause_s)
count, digest = 0, hashlib.sha256()
while data := connection.recv(1 << 16):
    count += len(data)
    digest.update(data)
print(count, digest.hexdigest(), end="")
"""


def source(start: Callable[..., Program], data: bytes, port: int) -> Program:
    """Return a program that sends the data to each who dials the port."""
    data, port = data_bytes(data), checked_port(port)
    with ExitStack() as files:
        with uninterrupted():
            file = files.enter_context(tempfile.NamedTemporaryFile())  # the program reads it before it listens
        file.write(data)
        file.flush()
        return start([*PYTHON, SOURCE, str(port), file.name], port=port)


def sink(start: Callable[..., Program], port: int, pause_s: float, buffer: int | None) -> Program:
    """Return a program that reads one connection to its end."""
    port, pause_s = checked_port(port), checked_timeout(pause_s)
    if buffer is not None and (not isinstance(buffer, int) or isinstance(buffer, bool) or not 0 < buffer < 1 << 30):
        raise ValueError(f"buffer is a number of bytes, or None for the kernel's own; this is {shown(buffer)}")
    return start([*PYTHON, SINK, str(port), str(pause_s), str(buffer or 0)], port=port)

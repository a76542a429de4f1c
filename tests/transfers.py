"""Bulk transfers between our own stack and the kernel of a lab."""

from __future__ import annotations

import hashlib
import os
import random
import time
from contextlib import contextmanager

from tcpkit.stack.settings import Settings
from tcpkit.stack.stack import Stack
from tcpkit.stack.states import State

OURS, KERNEL = "10.0.0.2", "10.0.0.1"
PORT = 8000
ENOUGH_S = float(os.environ.get("TRANSFER_S", "240"))  # for a transfer; one of a broken stack may never end

# An ordinary program with the kernel's sockets: it dials or is dialled, sends and receives at once, and
# prints how much came, and its hash. With an initial sequence number to begin at, it asks the kernel for that
# (TCP_REPAIR, which a program inside a lab may use).
KERNEL_SIDE = r"""
import hashlib, random, socket, sys, threading
role, address, port, size, seed, isn = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
if role == "dials":
    connection = socket.socket()
    if isn >= 0:
        repair, queue, queue_seq, off, send_queue = 19, 20, 21, -1, 2
        connection.setsockopt(socket.IPPROTO_TCP, repair, 1)
        connection.setsockopt(socket.IPPROTO_TCP, queue, send_queue)
        connection.setsockopt(socket.IPPROTO_TCP, queue_seq, isn.to_bytes(4, sys.byteorder))
        connection.setsockopt(socket.IPPROTO_TCP, repair, off)
    connection.connect((address, port))
else:
    connection, _ = socket.create_server(("", port)).accept()

def send():
    connection.sendall(random.Random(seed).randbytes(size))
    connection.shutdown(socket.SHUT_WR)

threading.Thread(target=send).start()
seen, count = hashlib.sha256(), 0
while piece := connection.recv(1 << 20):
    seen.update(piece)
    count += len(piece)
print(count, seen.hexdigest())
"""


def digest(data: bytes) -> str:
    return f"{len(data)} {hashlib.sha256(data).hexdigest()}"


class Pump:
    """Our side's user: sends all its data, closes, and reads all that comes."""

    def __init__(self, connection, data: bytes) -> None:
        self.connection = connection
        self._left = memoryview(data)
        self._seen, self._count = hashlib.sha256(), 0

    def __call__(self) -> bool:
        """Do what can be done now; say whether all is done."""
        connection = self.connection
        while piece := connection.recv(1 << 18):
            self._seen.update(piece)
            self._count += len(piece)
        if connection.state in (State.ESTABLISHED, State.CLOSE_WAIT) and not connection.snd.wants_fin:
            self._left = self._left[connection.send(self._left[: 1 << 18]) :]
            if not self._left:
                connection.close()
        return connection.has_ended and connection.state in (State.TIME_WAIT, State.CLOSED)

    @property
    def seen(self) -> str:
        return f"{self._count} {self._seen.hexdigest()}"


@contextmanager
def at_work(lab, settings: Settings | None = None, link=None):
    """Put our stack to work on a host of the lab."""
    settings = settings or Settings()
    stack = Stack(OURS, settings)
    with lab.host(OURS, link=link, mtu=settings.mtu) as host, host.run(stack) as running:
        yield stack, running


def wait_until_over(lab) -> None:
    """Wait until the kernel's side, too, knows that all has arrived."""
    deadline = time.monotonic() + ENOUGH_S
    while unsure := set(lab.sockets().state) & {"FIN-WAIT-1", "CLOSING", "LAST-ACK"}:
        assert time.monotonic() < deadline, f"the kernel still waits for an answer: {unsure}"
        time.sleep(0.01)


def both_ways(lab, role: str, size: int, settings: Settings | None = None, link=None, isn: int = -1, dial=None):
    """Send `size` bytes each way at once; return what arrived and what should have, for both.

    `role` is our side's: it "dials" or "is dialled".
    """
    ours, theirs = random.Random(1).randbytes(size), random.Random(2).randbytes(size)
    with at_work(lab, settings, link) as (stack, running):
        arguments = [KERNEL_SIDE, "listens" if role == "dials" else "dials", OURS, str(PORT), str(size), "2", str(isn)]
        if role == "dials":
            program = lab.start(["python", "-c", *arguments], port=PORT)
            dial = dial or (lambda stack, now: stack.connect(KERNEL, PORT, now))
            connection = running.do(lambda now: dial(stack, now))
        else:
            listener = running.do(lambda now: stack.listen(PORT))
            program = lab.start(["python", "-c", *arguments])
            connection = running.wait_for(listener.accept, ENOUGH_S)
        pump = Pump(connection, ours)
        running.wait_for(pump, ENOUGH_S)
        assert program.wait(ENOUGH_S) == 0, program.output
        wait_until_over(lab)
        return (pump.seen, program.output.strip()), (digest(theirs), digest(ours))

"""What becomes of a conversation through a proxy that copies with an answer of lesson 19, in the kernel of a lab."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, suppress
from typing import Any

from tcpkit.check.call import Function
from tcpkit.check.values import show_size

PATIENCE_S = 2.0  # for what comes at once inside the lab
PORT = 5432
SHUT_RD, SHUT_WR, SHUT_RDWR = 0, 1, 2  # as `socket` has them
ENOUGH = 50  # reads after the end
MOST_SENT = 30_000  # bytes that one `send` takes


class End:
    """A proxy's end of a connection, as `copy` gets it: the socket, but it gives and takes short pieces.

    It notes what is called, and raises where an answer would wait or go on for ever.
    """

    def __init__(self, made: Any, is_source: bool) -> None:
        self._socket, self._is_source, self._sizes = made, is_source, itertools.cycle((65_536, 3_000, 65_536, 100))
        self.calls: list[str] = []

    def recv(self, size: int, *flags: int) -> bytes:
        """Return a piece, as the socket's `recv` does."""
        self.calls.append("recv")
        if not self._is_source or self.calls.count("end") == ENOUGH:
            raise ConnectionError("nothing comes here")
        data = self._socket.recv(min(size, next(self._sizes)), *flags)
        self.calls += [] if data else ["end"]
        return data

    def recv_into(self, buffer: Any, size: int = 0) -> int:
        """Receive a piece into the buffer, and return its length."""
        data = self.recv(size or len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def send(self, data: bytes) -> int:
        """Send a part, and return its length."""
        self.calls += ["part"] if len(data) > MOST_SENT else []
        self.sendall(data[:MOST_SENT])
        return min(len(data), MOST_SENT)

    def sendall(self, data: bytes) -> None:
        """Send all, as the socket's `sendall` does."""
        self.calls += ["late"] if "shut writing" in self.calls else []
        self._socket.sendall(data)

    def shutdown(self, how: int) -> None:
        self.calls.append({SHUT_RD: "shut reading", SHUT_WR: "shut writing"}.get(how, "shut both"))
        self._socket.shutdown(how)

    def close(self) -> None:
        self.calls.append("close")
        self._socket.close()

    def __enter__(self) -> End:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __getattr__(self, name: str) -> Any:
        self.calls.append(name)
        return getattr(self._socket, name)


def copied(lab: Any, answer: Function, there: int, back: int) -> object:
    """Return how much came both ways; else what was seen, for the lesson's signs."""
    data = [random.Random(size).randbytes(size) for size in (there, back)]
    with ExitStack() as opened:
        pool = opened.enter_context(ThreadPoolExecutor(2))
        (client, near), (far, server) = (_joined(lab, opened) for _ in range(2))
        opened.callback(hang_up, client, server)  # before the threads are waited for
        reading = [pool.submit(_serve, server, data[1]), pool.submit(_ask, client, data[0])]
        called: list[str] = []
        for ends in ((End(near, True), End(far, False)), (End(far, True), End(near, False))):
            try:
                given = answer(*ends)
            except OSError:
                if not [*_called(*ends)]:
                    raise
            else:
                if show_size(given):
                    return given
            if facts := [*_called(*ends)]:
                return "seen", *facts
            called += ends[0].calls + ends[1].calls
        wait(reading, PATIENCE_S if called else 0)
        hang_up(client, server)
        came = [each.result() for each in reading]
    parts = [f"{len(got):,} of {len(sent):,} bytes" for got, sent in zip(came, data, strict=True)]
    words = f"{parts[0]} came there, {parts[1]} back"
    if came == data:
        return "seen", words
    facts = ["part"] if "part" in called else [] if "recv" in called else ["nothing"]
    return "seen", *facts, words if [*map(len, came)] != [there, back] else f"{words}, and not those that were sent"


def _called(source: End, target: End) -> Iterator[str]:
    """Yield what is wrong with the calls of one direction."""
    yield from ["exchanged"] if "recv" in target.calls else []
    yield from ["for ever"] if source.calls.count("end") == ENOUGH else []
    yield from ["late"] if "late" in target.calls else []
    yield from ["closes"] if "close" in source.calls + target.calls else []
    yield from ["both"] if "shut both" in source.calls + target.calls else []
    yield from ["wrong end"] if "shut writing" in source.calls else []
    if "end" in source.calls:
        yield from ["no end"] if {"shut writing", "shut both", "close"}.isdisjoint(target.calls) else []
    elif "recv" in source.calls:
        yield "one recv" if source.calls.count("recv") == 1 else "short"


def _joined(lab: Any, opened: ExitStack) -> tuple[Any, Any]:
    """Return both ends of a new connection inside the lab."""
    with lab.listen(PORT) as listener:
        one = opened.enter_context(lab.socket())
        one.connect(("127.0.0.1", PORT))
        return one, opened.enter_context(listener.accept()[0])


def _ask(client: Any, data: bytes) -> bytes:
    """Send the question and its end; return what comes back."""
    with suppress(OSError):
        client.sendall(data)
        client.shutdown(SHUT_WR)
    return read_all(client)


def _serve(server: Any, data: bytes) -> bytes:
    """Read the question to its end, and return it; then send the answer."""
    question = read_all(server)
    with suppress(OSError):
        server.sendall(data)
        server.shutdown(SHUT_WR)
    return question


def read_all(end: Any) -> bytes:
    """Return all bytes that come, until the end or an error."""
    pieces = []
    with suppress(OSError):
        while data := end.recv(65_536):
            pieces.append(data)
    return b"".join(pieces)


def hang_up(*ends: Any) -> None:
    """End the connections, so that nobody waits on them."""
    for end in ends:
        with suppress(OSError):
            end.shutdown(SHUT_RDWR)

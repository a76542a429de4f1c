"""What becomes of a conversation through a proxy that copies with an answer of lesson 19, in the kernel of a lab."""

from __future__ import annotations

import itertools
import random
import time
from collections import Counter
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
PAUSE_S = 0.3  # of the client, in the middle of what it says


class End:
    """A proxy's end of a connection, as `copy` gets it: the socket, but it gives and takes short pieces.

    A source has a target. It notes what is called, and raises where an answer would wait or go on for ever.
    """

    def __init__(self, made: Any, target: End | None = None) -> None:
        self._socket, self._target, self._sizes = made, target, itertools.cycle((65_536, 3_000, 65_536, 100))
        self.passed = 0  # bytes that came out of it, or went into it
        self.calls: Counter[str] = Counter()

    def recv(self, size: int, *flags: int) -> bytes:
        """Return a piece, as the socket's `recv` does."""
        self.calls["recv"] += 1
        if self._target is None or self.calls["end"] == ENOUGH:
            raise ConnectionError("nothing comes here")
        self.calls["keeps"] += self.passed > self._target.passed
        data = self._socket.recv(min(size, next(self._sizes)), *flags)
        self.passed += len(data)
        self.calls["end"] += not data
        return data

    def recv_into(self, buffer: Any, size: int = 0) -> int:
        """Receive a piece into the buffer, and return its length."""
        data = self.recv(size or len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def send(self, data: bytes) -> int:
        """Send a part, and return its length."""
        taken = data[: len(data) * 3 // 4 or 1]
        self.calls["part"] += len(data) > len(taken)
        self.sendall(taken)
        return len(taken)

    def sendall(self, data: bytes) -> None:
        """Send all, as the socket's `sendall` does."""
        self.calls["late"] += self.calls["shut writing"] > 0
        self.passed += len(data)
        self._socket.sendall(data)

    def shutdown(self, how: int) -> None:
        self.calls[{SHUT_RD: "shut reading", SHUT_WR: "shut writing"}.get(how, "shut both")] += 1
        self._socket.shutdown(how)

    def close(self) -> None:
        self.calls["close"] += 1
        self._socket.close()

    def __enter__(self) -> End:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __getattr__(self, name: str) -> Any:
        self.calls[name] += 1
        return getattr(self._socket, name)


def copied(lab: Any, answer: Function, there: int, back: int) -> object:
    """Return how much came both ways; else what was seen, for the lesson's signs."""
    data = [random.Random(size).randbytes(size) for size in (there, back)]
    with ExitStack() as opened:
        pool = opened.enter_context(ThreadPoolExecutor(2))
        (client, near), (far, server) = (_joined(lab, opened) for _ in range(2))
        opened.callback(hang_up, client, server)  # before the threads are waited for
        reading = [pool.submit(_serve, server, data[1]), pool.submit(_ask, client, data[0])]
        called: Counter[str] = Counter()
        for source, target in ((near, far), (far, near)):
            ends = End(source, to := End(target)), to
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
    facts = ["part"] if called["part"] else [] if called["recv"] else ["nothing"]
    return "seen", *facts, words if [*map(len, came)] != [there, back] else f"{words}, and not those that were sent"


def _called(source: End, target: End) -> Iterator[str]:
    """Yield what is wrong with the calls of one direction."""
    taken, given = source.calls, target.calls
    wrong = {
        "exchanged": given["recv"],
        "for ever": taken["end"] == ENOUGH,
        "late": given["late"],
        "keeps": taken["keeps"] and source.passed == target.passed,
        "closes": taken["close"] + given["close"],
        "both": taken["shut both"] + given["shut both"],
        "wrong end": taken["shut writing"],
        "no end": taken["end"] and not given["shut writing"] + given["shut both"] + given["close"],
        "one recv": taken["recv"] == 1 and not taken["end"],
        "short": taken["recv"] > 1 and not taken["end"],
    }
    yield from (name for name, is_so in wrong.items() if is_so)


def _joined(lab: Any, opened: ExitStack) -> tuple[Any, Any]:
    """Return both ends of a new connection inside the lab."""
    with lab.listen(PORT) as listener:
        one = opened.enter_context(lab.socket())
        one.connect(("127.0.0.1", PORT))
        return one, opened.enter_context(listener.accept()[0])


def _ask(client: Any, data: bytes) -> bytes:
    """Send the question with a pause in it, and its end; return what comes back."""
    with suppress(OSError):
        client.sendall(data[:-1])
        time.sleep(PAUSE_S)
        client.sendall(data[-1:])
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

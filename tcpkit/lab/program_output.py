"""The output that a program has printed so far, and its exit status.

A thread reads it, so that the program never waits for us. The thread holds no
reference to the lab, so that a lab nobody uses can be collected meanwhile.
"""

from __future__ import annotations

import select
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from io import FileIO

MOST_OUTPUT = 1 << 24  # bytes kept of what a program prints
PIPE_BYTES = 1 << 20  # the most that a pipe holds (/proc/sys/fs/pipe-max-size)


class ProgramOutput:
    """What a program has printed so far, and how it ended."""

    def __init__(self) -> None:
        self.ended = threading.Event()
        self.status: int | None = None
        self.is_cut_off = False  # the lab ended before the program did
        self._calls: list[Callable[[], object]] = []  # at the end
        self._output = bytearray()
        self._left_out = 0  # bytes

    def end_at_once(self, status: int, words: str) -> None:
        """Store the status and the reason of a program that never ran."""
        self._output += words.encode(errors="replace")
        self.status = status
        self._say_ended()

    def follow(self, output: int, status: int) -> None:
        """Read two pipes in a thread, and close them at their end."""
        pipes = FileIO(output), FileIO(status)
        threading.Thread(target=self._read, args=pipes, daemon=True).start()

    def _read(self, output: FileIO, status: FileIO) -> None:
        """Read the output first, then the status.

        All that the program itself printed is in the pipe when its status
        comes. A child of it may hold the output open, and go on printing.
        """
        waiting = select.poll()
        for pipe in (output, status):
            waiting.register(pipe, select.POLLIN)
        printed_since = 0  # bytes since the status came
        while not (output.closed and status.closed):
            ready = {descriptor for descriptor, _ in waiting.poll()}
            has_status = not status.closed and status.fileno() in ready
            if not output.closed and output.fileno() in ready and printed_since < PIPE_BYTES:
                piece = output.read(1 << 16)
                self._keep(piece)
                printed_since += len(piece) if has_status else 0
                finished = output if not piece else None
            else:
                self._end(status.read(16))
                printed_since, finished = 0, status
            if finished is not None:
                waiting.unregister(finished)
                finished.close()

    def _keep(self, piece: bytes) -> None:
        kept = piece[: MOST_OUTPUT - len(self._output)]
        self._output += kept
        self._left_out += len(piece) - len(kept)

    def _end(self, status: bytes) -> None:
        self.is_cut_off = not status
        self.status = int(status or -signal.SIGKILL)
        self._say_ended()

    def when_ended(self, call: Callable[[], object]) -> None:
        """Call this at the end, in whatever thread; perhaps twice."""
        self._calls.append(call)
        if self.ended.is_set():
            call()

    def _say_ended(self) -> None:
        self.ended.set()
        for call in self._calls:
            with suppress(RuntimeError):  # the event loop that waited is closed
                call()

    def text(self) -> str:
        """Return the output, as far as it was kept."""
        text = bytes(self._output).decode(errors="replace")
        return f"{text}\n({self._left_out:,} more bytes were not kept)\n" if self._left_out else text

"""What a program tells the lab: its output, and in the end its status.

Two threads write it down, so that the program never waits for us. They know
nothing of the lab, and so keep none alive.
"""

from __future__ import annotations

import signal
import threading

MOST_OUTPUT = 1 << 24  # bytes kept of what a program prints
LINGER_S = 0.5  # how long output may go on coming after the end


class Tale:
    """The output of a program so far, and how it ended."""

    def __init__(self) -> None:
        self.ended = threading.Event()
        self.status: int | None = None
        self.is_cut_off = False  # the lab ended before the program did
        self._output = bytearray()
        self._left_out = 0  # bytes

    def end_at_once(self, status: int, words: str) -> None:
        """Note down a program that never ran."""
        self._output += words.encode(errors="replace")
        self.status = status
        self.ended.set()

    def follow(self, output: int, status: int) -> None:
        """Begin to read two pipes, and close them when all is read."""
        reader = threading.Thread(target=self._read, args=(output,), daemon=True)
        reader.start()
        threading.Thread(target=self._await_end, args=(status, reader), daemon=True).start()

    def _read(self, output: int) -> None:
        with open(output, "rb", buffering=0) as pipe:
            while piece := pipe.read(1 << 16):
                kept = piece[: MOST_OUTPUT - len(self._output)]
                self._output += kept
                self._left_out += len(piece) - len(kept)

    def _await_end(self, status: int, reader: threading.Thread) -> None:
        with open(status, "rb", buffering=0) as pipe:
            said = pipe.read(16)
        reader.join(LINGER_S)  # a child may hold the output open: do not wait for it for ever
        self.is_cut_off = not said
        self.status = int(said or -signal.SIGKILL)
        self.ended.set()

    def text(self) -> str:
        """Return the output, as far as it was kept."""
        said = bytes(self._output).decode(errors="replace")
        return f"{said}\n({self._left_out:,} more bytes were not kept)\n" if self._left_out else said

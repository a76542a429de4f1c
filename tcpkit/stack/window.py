"""Windows: how much the other side may send, and when to probe a closed one."""

LARGEST = 65_535  # without window scaling: the field has 16 bits
LARGEST_SHIFT = 14  # RFC 7323, 2.3
LONGEST_S = 60.0  # between two probes of a closed window


class ReceiveWindow:
    """The window offered, of `size` bytes at most; its right edge never moves back, and only by a step worth sending.

    Silly-window avoidance (RFC 9293, 3.8.6.2.2). Built in lesson 13.
    """

    def __init__(self, size: int, mss: int) -> None:
        self.size, self.step = size, min(size // 2, mss)
        self.right = 0  # the first number that the other side may not send

    def open(self, nxt: int, unread: int) -> int:
        """Return the window to offer, in bytes from `nxt` on, with so many bytes still unread."""
        wanted = nxt + max(0, self.size - unread)
        if wanted - self.right >= self.step:
            self.right = wanted
        return max(0, self.right - nxt)

    def is_worth_telling(self, nxt: int, unread: int) -> bool:
        """Say whether reading has freed enough for a window update."""
        return nxt + self.size - unread - self.right >= self.step


def shift_for(size: int) -> int:
    """Return the scale with which a window of this size fits 16 bits (RFC 7323, 2.2).

    >>> shift_for(65_535), shift_for(65_536), shift_for(1 << 20)
    (0, 1, 5)
    """
    return min(max(0, size.bit_length() - LARGEST.bit_length()), LARGEST_SHIFT)


class PersistTimer:
    """Ask for a window that data waits for, else a lost update stops both (RFC 9293, 3.8.6.1). Built in lesson 13."""

    def __init__(self) -> None:
        self.deadline: float | None = None
        self._wait_s = 0.0

    def start(self, now: float, timeout_s: float) -> None:
        """Wait for one retransmission timeout, unless it runs already."""
        if self.deadline is None:
            self._wait_s, self.deadline = timeout_s, now + timeout_s

    def expired(self, now: float) -> bool:
        """Say whether to probe now; if so, wait twice as long for the next."""
        if self.deadline is None or now < self.deadline:
            return False
        self._wait_s = min(2 * self._wait_s, LONGEST_S)
        self.deadline = now + self._wait_s
        return True

    def stop(self) -> None:
        """Stop waiting: the window is open, or nothing is left to send."""
        self.deadline = None

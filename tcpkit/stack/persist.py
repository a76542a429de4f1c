"""When to ask whether a closed window has opened (RFC 9293, 3.8.6.1)."""

LONGEST_S = 60.0


class PersistTimer:
    """Runs while there is data, nothing under way, and no window for it.

    Without it one lost window update would leave both sides waiting for ever.
    Built in lesson 13.
    """

    def __init__(self) -> None:
        self.deadline: float | None = None
        self._wait_s = 0.0

    def start(self, now: float, timeout_s: float) -> None:
        """Begin to wait for one retransmission timeout, unless it waits already."""
        if self.deadline is None:
            self._wait_s = timeout_s
            self.deadline = now + timeout_s

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

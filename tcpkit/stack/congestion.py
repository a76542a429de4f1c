"""How much may be under way: Reno (RFC 5681; byte counting, RFC 3465).

A congestion control is a class of four calls and two numbers. It hears what
happened, and answers with `cwnd`, in bytes.
"""

from typing import Protocol


class Congestion(Protocol):
    """What a connection asks of a congestion control; it is made with the MSS, in bytes."""

    cwnd: int  # bytes that may be under way
    ssthresh: float  # bytes; below it, slow start

    def on_ack(self, acked: int, now: float, rtt_s: float) -> None: ...  # so many bytes came, the window being in use
    def on_loss(self, flight: int, now: float) -> None: ...  # something of a window is lost; bytes under way
    def on_timeout(self, flight: int, now: float) -> None: ...  # nothing came back in time
    def on_idle(self) -> None: ...  # nothing was sent for a retransmission timeout


def initial_window(mss: int) -> int:
    """Return how many bytes may go before the first ACK (RFC 6928)."""
    return min(10 * mss, max(2 * mss, 14_600))


class Reno:
    """Slow start, then one MSS more each round trip; half as much after a loss.

    Built in lesson 16.
    """

    def __init__(self, mss: int) -> None:
        self.mss = mss
        self.cwnd = initial_window(mss)
        self.ssthresh = float("inf")
        self._acked = 0  # bytes acknowledged since cwnd last grew

    def on_ack(self, acked: int, now: float, rtt_s: float) -> None:
        if self.cwnd < self.ssthresh:  # slow start; two MSS, as an ACK may stand for two segments
            self.cwnd += min(acked, 2 * self.mss)
            return
        self._acked += acked  # congestion avoidance
        if self._acked >= self.cwnd:
            self._acked -= self.cwnd
            self.cwnd += self.mss

    def on_loss(self, flight: int, now: float) -> None:
        self.ssthresh = max(flight // 2, 2 * self.mss)
        self.cwnd = int(self.ssthresh)
        self._acked = 0

    def on_timeout(self, flight: int, now: float) -> None:
        self.on_loss(flight, now)
        self.cwnd = self.mss

    def on_idle(self) -> None:
        self.cwnd = min(self.cwnd, initial_window(self.mss))

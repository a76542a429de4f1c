"""How much may be under way: Reno (RFC 5681; byte counting, RFC 3465), and CUBIC (RFC 9438)."""

from typing import Protocol

C = 0.4  # segments/s^3: how fast CUBIC's curve rises (RFC 9438, 5.1)
BETA = 0.7  # what is left of the window after a loss (4.6)
ALPHA = 3 * (1 - BETA) / (1 + BETA)  # the growth that is fair to Reno (4.3)


class Congestion(Protocol):
    """What a connection needs of a congestion control; it is made with the MSS, in bytes."""

    cwnd: int  # bytes that may be under way
    ssthresh: float  # bytes; below it, slow start

    def on_ack(self, acked: int, now: float, rtt_s: float) -> None: ...  # so many bytes, the window being in use
    def on_loss(self, flight: int, now: float) -> None: ...  # something of a window is lost; bytes under way
    def on_timeout(self, flight: int, now: float) -> None: ...  # nothing came back in time
    def on_idle(self) -> None: ...  # nothing was sent for a retransmission timeout


def initial_window(mss: int) -> int:
    """Return how many bytes may go before the first ACK (RFC 6928)."""
    return min(10 * mss, max(2 * mss, 14_600))


class Reno:
    """Slow start, then one MSS more each round trip; half as much after a loss. Built in lesson 16."""

    def __init__(self, mss: int) -> None:
        self.mss = mss
        self.cwnd = initial_window(mss)
        self.ssthresh = float("inf")
        self._acked = 0  # bytes acknowledged since cwnd last grew
        self._limit = 2 * mss  # what an ACK adds in slow start, L: it may stand for two segments (RFC 3465, 2.3)

    def on_ack(self, acked: int, now: float, rtt_s: float) -> None:
        if self.cwnd < self.ssthresh:  # slow start
            self.cwnd += min(acked, self._limit)
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
        self.cwnd = self._limit = self.mss  # an ACK may jump over much that arrived before

    def on_idle(self) -> None:
        self.cwnd, self._limit = min(self.cwnd, initial_window(self.mss)), 2 * self.mss


class Cubic(Reno):
    """Slow start as Reno's; then a cubic curve through the window of the last loss."""

    def __init__(self, mss: int) -> None:
        super().__init__(mss)
        self._prior = 0.0  # segments: the window at the last loss, cwnd_prior
        self._most = 0.0  # segments: where the curve is flat, W_max
        self._began_at: float | None = None  # when this curve began
        self._plateau_s = 0.0  # from the beginning of the curve to W_max, K
        self._as_reno = 0.0  # segments: where Reno would be, W_est

    def on_ack(self, acked: int, now: float, rtt_s: float) -> None:
        if self.cwnd < self.ssthresh:
            super().on_ack(acked, now, rtt_s)
            return
        cwnd = self.cwnd / self.mss
        if self._began_at is None:  # a curve begins: where it is flat depends on how much was given up (4.2)
            self._most, self._began_at, self._as_reno = max(self._most, cwnd), now, cwnd
            self._plateau_s = ((self._most - cwnd) / C) ** (1 / 3)
        growth = ALPHA if self._as_reno < self._prior else 1
        self._as_reno += growth * (acked / self.mss) / cwnd
        target = self._curve(now - self._began_at + rtt_s)
        if self._curve(now - self._began_at) < self._as_reno:
            cwnd = max(cwnd, self._as_reno)
        else:
            target = min(max(target, cwnd), 1.5 * cwnd)
            cwnd += (target - cwnd) / cwnd * (acked / self.mss)
        self.cwnd = max(self.cwnd, int(cwnd * self.mss))

    def on_loss(self, flight: int, now: float) -> None:
        self._prior = cwnd = self.cwnd / self.mss
        # Fast convergence: below the last maximum, leave bandwidth to a new connection (4.7).
        self._most = cwnd * (1 + BETA) / 2 if cwnd < self._most else cwnd
        self.ssthresh = max(int(flight * BETA), 2 * self.mss)
        self.cwnd = int(self.ssthresh)
        self._began_at = None

    def on_timeout(self, flight: int, now: float) -> None:
        super().on_timeout(flight, now)
        self._most = 0.0  # begin flat at the window that slow start reaches (4.8)

    def on_idle(self) -> None:
        super().on_idle()
        self._began_at = None  # the curve did not rise while nothing was sent (5.8)

    def _curve(self, elapsed_s: float) -> float:
        return C * (elapsed_s - self._plateau_s) ** 3 + self._most

"""Reno with the two rules of lesson 16 in place of its own."""

from __future__ import annotations

from collections.abc import Callable

from tcpkit.stack.congestion import Reno


def congestion_of(after_ack: Callable[..., int], after_loss: Callable[..., int]) -> type[Reno]:
    """Return a congestion control that asks these two for `cwnd`."""

    class OfTwoRules(Reno):
        def on_ack(self, acked: int, now: float, rtt_s: float) -> None:
            counted = min(acked, self._limit) if self.cwnd < self.ssthresh else acked  # RFC 3465, 2.3
            self.cwnd = after_ack(self.cwnd, self.ssthresh, counted, self.mss)

        def on_loss(self, flight: int, now: float) -> None:
            self.cwnd = self.ssthresh = after_loss(flight, self.mss)

    return OfTwoRules

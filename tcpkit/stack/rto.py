"""How long to wait before data is sent again (RFC 6298)."""


class RTO:
    """The retransmission timeout, by round trips. RFC 6298 wants 1 s at least; Linux 0.2 s. Built in lesson 12.

    >>> rto = RTO(minimum_s=0.2); rto.measured(0.1); round(rto.timeout_s, 3)
    0.3
    """

    def __init__(self, minimum_s: float = 1.0, maximum_s: float = 60.0, granularity_s: float = 0.001) -> None:
        self.minimum_s, self.maximum_s, self.granularity_s = minimum_s, maximum_s, granularity_s
        self.srtt_s: float | None = None
        self.rttvar_s = 0.0
        self.timeout_s = 1.0  # before the first round trip is seen (2.1)

    def measured(self, rtt_s: float) -> None:
        """Take in one round trip, of data that was sent once (Karn)."""
        if self.srtt_s is None:
            self.srtt_s, self.rttvar_s = rtt_s, rtt_s / 2
        else:
            self.rttvar_s += (abs(self.srtt_s - rtt_s) - self.rttvar_s) / 4
            self.srtt_s += (rtt_s - self.srtt_s) / 8
        wanted = self.srtt_s + max(self.granularity_s, 4 * self.rttvar_s)
        self.timeout_s = min(max(self.minimum_s, wanted), self.maximum_s)

    def back_off(self) -> None:
        """Wait twice as long the next time (5.5)."""
        self.timeout_s = min(2 * self.timeout_s, self.maximum_s)

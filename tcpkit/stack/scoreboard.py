"""Which data under way has arrived, and which is lost (RFC 6675; RFC 6582: one segment a duplicate ACK)."""

from bisect import bisect_left

DUP_THRESH = 3  # segments that arrive beyond one before that one is lost
MOST_RANGES = 2000  # that have arrived; a bound on time: more come only from an attacker


class Scoreboard:
    """The numbers between SND.UNA and SND.NXT, sorted by what became of them."""

    def __init__(self, mss: int, has_sack: bool) -> None:
        self.mss, self.has_sack = mss, has_sack
        self.duplicates = 0  # ACKs in a row that acknowledged nothing new
        self.lost_below = 0  # what is below and not sacked is lost
        self.sent_again_below = 0  # HighRxt: what is lost and below was sent once more
        self.is_recovering = False
        self.recovery_until = -1  # RecoveryPoint, of the last recovery too: `recover` of RFC 6582
        self.timed_out_at: int | None = None  # SND.UNA at the timeout, if one began the recovery
        self.must_send = False  # the first lost segment is sent at once, whatever the window
        self.sacked = Ranges()

    def sack(self, left: int, right: int) -> None:
        """Note that a range has arrived."""
        if len(self.sacked) < MOST_RANGES:
            self.duplicates += self.sacked.held(left, right) < right - left
            self.sacked.add(left, right)

    def duplicate(self) -> None:
        """Note an ACK of nothing new while data is under way."""
        self.duplicates += not self.has_sack  # with SACK, only a new range counts

    def acked(self, una: int, count: int) -> None:
        """Note that `count` more bytes, all below `una`, have arrived."""
        segments = -(-count // self.mss)
        self.sacked.drop_below(una)
        if self.is_recovering and una >= self.recovery_until:
            self.is_recovering, self.timed_out_at = False, None
        self.duplicates = max(0, self.duplicates - segments + 1) if self.is_recovering and not self.has_sack else 0
        if self.is_recovering and not self.has_sack:  # a partial ACK: the next one is lost too
            self.lost_below = max(self.lost_below, min(una + self.mss, self.recovery_until))
            self.must_send = True

    def find_lost(self, una: int) -> bool:
        """Update what is lost; say whether that begins a recovery."""
        if (edge := self._lost_edge(una)) is None:
            return False
        self.lost_below = max(self.lost_below, edge)
        return not self.is_recovering

    def _lost_edge(self, una: int) -> int | None:
        """Return the number below which what is not sacked is lost."""
        if not self.sacked and self.duplicates < DUP_THRESH:  # the usual case
            return None
        beyond = 0
        for ranges, (left, right) in enumerate(reversed(self.sacked), 1):
            beyond += right - left
            if beyond > (DUP_THRESH - 1) * self.mss or ranges >= DUP_THRESH:
                return left
        is_new = una > self.recovery_until or self.has_sack  # else copies made them (RFC 6582, 3.2)
        return una + self.mss if self.duplicates >= DUP_THRESH and is_new and not self.is_recovering else None

    def begin_recovery(self, una: int, nxt: int) -> None:
        """Begin to send again what is lost, until all sent so far has arrived."""
        self.is_recovering, self.recovery_until = True, nxt
        self.lost_below = min(self.lost_below, nxt)
        self.sent_again_below, self.must_send = una, True

    def timed_out(self, una: int, nxt: int) -> None:
        """Count all data under way as lost, also what was sacked (RFC 2018, 8)."""
        self.sacked.clear()
        self.duplicates = 0
        self.begin_recovery(una, nxt)
        self.timed_out_at, self.lost_below = una, nxt

    def to_send_again(self, una: int, is_lost: bool = True) -> tuple[int, int] | None:
        """Return the next range that is lost and was not sent again; or one that more has arrived beyond."""
        if not self.is_recovering:
            return None
        left, right = self.sacked.gap(max(una, self.sent_again_below))
        right = min(right or self.lost_below, self.lost_below) if is_lost else right or left
        return (left, right) if left < right else None

    def sent_again(self, right: int) -> None:
        """Note that lost data was sent again up to here."""
        self.sent_again_below = right
        self.must_send = False

    def pipe(self, una: int, nxt: int) -> int:
        """Return how many bytes are under way (RFC 6675, 4)."""
        if not self.is_recovering:  # at most two duplicates make room for something new (RFC 3042)
            arrived = 0 if self.has_sack else min(self.duplicates, DUP_THRESH - 1) * self.mss
            return max(0, self._missing(una, nxt) - arrived)
        under_way = self._missing(una, max(una, self.sent_again_below)) + self._missing(max(una, self.lost_below), nxt)
        return max(0, under_way - (0 if self.has_sack else self.duplicates * self.mss))

    def _missing(self, left: int, right: int) -> int:
        held = self.sacked.held(left, right) if self.sacked else 0
        return max(0, right - left - held)


class Ranges(list[tuple[int, int]]):
    """A set of numbers, as ranges in order that neither touch nor overlap.

    >>> ranges = Ranges(); ranges.add(3, 5); ranges.add(9, 12); ranges.add(5, 7); ranges
    [(3, 7), (9, 12)]
    """

    def add(self, left: int, right: int) -> None:
        """Put in the numbers from left up to, and without, right."""
        if left >= right:
            return
        first = last = bisect_left(self, left, key=lambda each: each[1])  # all before it end before `left`
        while last < len(self) and self[last][0] <= right:
            left, right = min(left, self[last][0]), max(right, self[last][1])
            last += 1
        self[first:last] = [(left, right)]

    def drop_below(self, number: int) -> None:
        """Take out everything below the number."""
        self[:] = [(max(left, number), right) for left, right in self if right > number]

    def held(self, left: int, right: int) -> int:
        """Return how many of the numbers from left to right are in."""
        return sum(max(0, min(right, end) - max(left, begin)) for begin, end in self)

    def gap(self, number: int) -> tuple[int, int | None]:
        """Return the first number from here on that is out, and where that gap ends, if it does."""
        for left, right in self:
            if number < left:
                return number, left
            number = max(number, right)
        return number, None

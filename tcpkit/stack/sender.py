"""The sending side: its sequence space, the bytes written, and what may be sent now."""

from tcpkit.stack.scoreboard import Scoreboard
from tcpkit.stack.settings import Settings, wrong

SMALLEST_MSS = 48  # bytes, as Linux: a smaller one would make us send more headers than data


class Sender:
    """One side's send variables (RFC 9293, 3.3.1): SND.UNA is `una`. A SYN is numbered before the data, a FIN after."""

    def __init__(self, settings: Settings, iss: int) -> None:
        self.iss = self.una = self.nxt = iss
        self.highest = iss  # after the last number ever sent: a probe leaves `nxt` where it is
        self.wnd = self.largest_wnd = 0  # bytes, as the other side said, scaled
        self.wl1 = self.wl2 = 0  # the segment that said so
        self.mss = settings.mss  # bytes of data a segment
        self.shift = 0  # of the other side's window
        self.urgent_until = iss  # SND.UP
        self.wants_fin = False
        # As of the last poll: between two polls many ACKs may come, and what they allow was not sent yet.
        self.is_full = False  # the congestion window: else it need not grow
        self.was_under_way = 0  # bytes
        self.rto = settings.pieces.rto(settings.rto_min_s, settings.rto_max_s)
        self.srtt_s = 0.0  # RFC 6298's; a learner's RTO may keep it elsewhere
        self.persist = settings.pieces.persist()
        self.scoreboard = Scoreboard(self.mss, has_sack=False)
        self.congestion = settings.pieces.congestion(self.mss)
        self._buffer = bytearray()  # from the number `_first` on
        self._first = iss + 1
        self.end = iss + 1  # after the last byte written: the number of the FIN
        self._settings = settings

    def agree(self, mss: int, header: int, shift: int, has_sack: bool) -> None:
        """Take in what the other side's SYN said; each segment has `header` bytes of options."""
        self.mss = max(1, min(self.mss, max(mss, SMALLEST_MSS)) - header)
        self.shift = shift
        self.scoreboard = Scoreboard(self.mss, has_sack)
        self.congestion = self._settings.pieces.congestion(self.mss)

    @property
    def timeout_s(self) -> float:
        if not isinstance(self.rto.timeout_s, (int, float)) or not self.rto.timeout_s > 0:
            raise wrong("`timeout_s` of the RTO", self.rto.timeout_s, "make it a number of seconds above 0")
        return self.rto.timeout_s

    @property
    def flight(self) -> int:
        return self.nxt - self.una

    def write(self, data: bytes | memoryview) -> int:
        """Take in bytes to send, as many as fit the buffer; return how many."""
        taken = memoryview(data)[: max(0, self._settings.send_buffer - len(self._buffer))]
        self._buffer += taken
        self.end += len(taken)
        return len(taken)

    def data(self, left: int, right: int) -> bytes:
        """Return the bytes with these numbers."""
        return bytes(self._buffer[left - self._first : right - self._first])

    def acked(self, ack: int) -> int:
        """Forget what was acknowledged; return how many numbers."""
        count, self.una = ack - self.una, ack
        self.nxt = max(self.nxt, ack)
        arrived = min(ack, self.end) - self._first
        if arrived > 0:
            del self._buffer[:arrived]
            self._first += arrived
        self.scoreboard.acked(ack, count)
        return count

    def new_window(self, seq: int, ack: int, window: int) -> None:
        """Take in a segment's window, unless an older segment says it than the last (3.10.7.4)."""
        if (self.wl1, self.wl2) <= (seq, ack):
            self.wnd, self.wl1, self.wl2 = window, seq, ack
            self.largest_wnd = max(self.largest_wnd, window)

    @property
    def has_unsent(self) -> bool:
        return self.nxt < self.end + self.wants_fin

    def to_send(self) -> tuple[int, int] | None:
        """Return the numbers of the next segment that may go now, or None (NextSeg and step C of RFC 6675, 4 and 5)."""
        board = self.scoreboard
        pipe = board.pipe(self.una, self.nxt)
        cwnd = self.congestion.cwnd
        if not isinstance(cwnd, (int, float)) or cwnd != cwnd:
            raise wrong("`cwnd` of the congestion control", cwnd, "make it a number of bytes")
        room = cwnd - pipe if pipe else self.mss
        if not (self.has_unsent or board.is_recovering) or (room <= 0 and not board.must_send):
            return None
        left, limit = board.to_send_again(self.una) or self._unsent() or board.to_send_again(self.una, False) or (0, 0)
        right = min(limit, left + self.mss, max(left, self.end))
        if left == limit or (right - left > room and not (board.must_send and left < self.nxt)):
            return None
        return left, right + (self.wants_fin and right == self.end < limit)  # with the FIN, if that is next

    def _unsent(self) -> tuple[int, int] | None:
        """Return the range that is new and fits the other side's window, if it is worth a segment."""
        usable = self.una + self.wnd - self.nxt
        size = min(self.end - self.nxt, self.mss, usable)
        return (self.nxt, self.nxt + usable) if self.has_unsent and usable > 0 and self._is_worth_it(size) else None

    def _is_worth_it(self, size: int) -> bool:
        """Say whether to send no more than this (RFC 9293, 3.8.6.2.1; Nagle, 3.7.4)."""
        if size >= self.mss:
            return True
        is_all = size == self.end - self.nxt
        may_be_small = self.flight == 0 or not self._settings.nagle
        return (is_all and (self.wants_fin or may_be_small)) or (may_be_small and size >= max(1, self.largest_wnd // 2))

    def probe(self) -> tuple[int, int]:
        """Return the numbers to send into a window that is closed or too small; `nxt` stays: they may be dropped."""
        usable = max(1, self.una + self.wnd - self.nxt)
        right = max(self.nxt + 1, min(self.nxt + min(usable, self.mss), self.end))  # one number, if only for the FIN
        self.highest = max(self.highest, right)
        return self.nxt, right

    def sent(self, left: int, right: int) -> bool:
        """Note that a segment with these numbers is sent; say whether all in it is new."""
        if left < self.nxt:
            self.scoreboard.sent_again(right)
            return False
        is_new = left >= self.highest
        self.nxt, self.highest = right, max(self.highest, right)
        return is_new

"""What goes out: the send sequence space, the writer's bytes, and what may be sent now."""

from tcpkit.stack.scoreboard import Scoreboard
from tcpkit.stack.settings import Settings

SMALLEST_MSS = 48  # bytes, as Linux: a smaller one would make us send more headers than data


class Sender:
    """One side's send variables (RFC 9293, 3.3.1): SND.UNA is `una`.

    The numbers of SYN and FIN stand before and behind those of the data.
    """

    def __init__(self, settings: Settings, iss: int) -> None:
        self.iss = self.una = self.nxt = iss
        self.highest = iss  # behind the last number ever sent: a probe leaves `nxt` where it is
        self.wnd = self.largest_wnd = 0  # bytes, as the other side said, scaled
        self.wl1 = self.wl2 = 0  # the segment that said so
        self.mss = settings.mss  # bytes of data a segment
        self.shift = 0  # of the other side's window
        self.urgent_until = iss  # SND.UP
        self.wants_fin = False
        # At the last poll: many ACKs may come between two, and what they make room for was not sent yet.
        self.is_full = False  # the congestion window: else it need not grow
        self.was_under_way = 0  # bytes
        self.rto = settings.pieces.rto(settings.rto_min_s, settings.rto_max_s)
        self.persist = settings.pieces.persist()
        self.scoreboard = Scoreboard(self.mss, has_sack=False)
        self.congestion = settings.pieces.congestion(self.mss)
        self._buffer = bytearray()  # from the number `_first` on
        self._first = iss + 1
        self.end = iss + 1  # behind the last byte written: the number of the FIN
        self._settings = settings

    def agree(self, mss: int, header: int, shift: int, has_sack: bool) -> None:
        """Take in what the other side's SYN said; `header` bytes of options go with each segment."""
        self.mss = max(1, min(self.mss, max(mss, SMALLEST_MSS)) - header)
        self.shift = shift
        self.scoreboard = Scoreboard(self.mss, has_sack)
        self.congestion = self._settings.pieces.congestion(self.mss)

    @property
    def flight(self) -> int:
        return self.nxt - self.una

    @property
    def fin_is_acked(self) -> bool:
        return self.wants_fin and self.una > self.end

    def write(self, data: bytes) -> int:
        """Take in bytes to send, as many as there is room for; return how many."""
        taken = memoryview(data)[: max(0, self._settings.send_buffer - len(self._buffer))]
        self._buffer += taken
        self.end += len(taken)
        return len(taken)

    def data(self, left: int, right: int) -> bytes:
        """Return the bytes with these numbers."""
        return bytes(memoryview(self._buffer)[left - self._first : right - self._first])

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
        """Take in the window of a segment, unless it is older than the last one that said (3.10.7.4)."""
        if (self.wl1, self.wl2) <= (seq, ack):
            self.wnd, self.wl1, self.wl2 = window, seq, ack
            self.largest_wnd = max(self.largest_wnd, window)

    @property
    def has_unsent(self) -> bool:
        return self.nxt < self.end + self.wants_fin

    def to_send(self) -> tuple[int, int] | None:
        """Return the numbers of the next segment that may go now, or None."""
        if not self.has_unsent and not self.scoreboard.is_recovering:
            return None
        cwnd, pipe = self.congestion.cwnd, self.scoreboard.pipe(self.una, self.nxt)
        if (again := self.scoreboard.to_send_again(self.una)) and (pipe < cwnd or self.scoreboard.must_send):
            left, right = again
            return left, self._with_fin(min(right, left + self.mss), limit=right)
        room = self.una + self.wnd - self.nxt
        size = min(self.end - self.nxt, self.mss, room)
        if not self.has_unsent or room < 1 or (pipe and pipe + size > cwnd) or not self._is_worth_it(size, room):
            return None
        return self.nxt, self._with_fin(self.nxt + size, limit=self.nxt + room)

    def _with_fin(self, right: int, limit: int) -> int:
        """Return the end of a segment with the FIN, if that comes next and may go."""
        return right + 1 if self.wants_fin and right == self.end < limit else right

    def _is_worth_it(self, size: int, room: int) -> bool:
        """Say whether to send no more than this (RFC 9293, 3.8.6.2.1; Nagle, 3.7.4)."""
        if size >= self.mss:
            return True
        is_all = size == self.end - self.nxt
        may_be_small = self.flight == 0 or not self._settings.nagle
        return (is_all and (self.wants_fin or may_be_small)) or (may_be_small and size >= max(1, self.largest_wnd // 2))

    def probe(self) -> tuple[int, int]:
        """Return the numbers to send into a window that is closed or too small.

        They may not be taken in: `nxt` stays, and they will be sent once more.
        """
        room = max(1, self.una + self.wnd - self.nxt)
        right = min(self.nxt + min(room, self.mss), self.end)
        right = max(right, self.nxt + 1)  # nothing but the FIN is left
        self.highest = max(self.highest, right)
        return self.nxt, right

    def sent(self, left: int, right: int) -> bool:
        """Hear that a segment with these numbers goes out; say whether all in it is new."""
        if left < self.nxt:
            self.scoreboard.sent_again(right)
            return False
        is_new = left >= self.highest
        self.nxt = right
        self.highest = max(self.highest, right)
        return is_new

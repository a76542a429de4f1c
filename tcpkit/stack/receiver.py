"""The receiving side: its sequence space, the bytes to read, and when to acknowledge."""

from tcpkit.stack.settings import Settings, wrong
from tcpkit.stack.window import LARGEST

MOST_DUPLICATES = 100  # ACKs of out-of-order segments that are owed at most


class Receiver:
    """One side's receive variables (RFC 9293, 3.3.1): RCV.NXT is `nxt`."""

    def __init__(self, settings: Settings, irs: int, shift: int) -> None:
        self.irs, self.shift = irs, shift
        self.nxt = irs + 1
        self.right = self.nxt + min(settings.receive_buffer, LARGEST)  # the edge that the other side was told
        self.fin_at: int | None = None  # the number of the other side's FIN
        self.has_ended = False  # the FIN has come, and all before it
        self.urgent_until = self.nxt  # RCV.UP
        self.unread = bytearray()
        self.reassembler = settings.pieces.reassembler()
        self.mss = settings.mss
        self.promised = settings.pieces.window(min(settings.receive_buffer, LARGEST << shift), self.mss)
        self.promised.open(self.nxt, 0)  # our SYN tells it, as far as its field reaches
        self._told_at, self._told = (-1, 0), 0  # the latest window field, and for which place and bytes unread
        self._delay_s = settings.delayed_ack_s
        self._unacknowledged = 0  # bytes since the last ACK
        self._latest: list[int] = []  # places of the latest segments out of order, the last first
        self.owes_ack, self.owed_duplicates = False, 0
        self.ack_deadline: float | None = None

    def is_acceptable(self, seq: int, length: int) -> bool:
        """Say whether a segment falls into the window (RFC 9293, 3.4, table 6); an empty one also at its right edge."""
        return self.nxt <= seq <= self.right if length == 0 else seq < self.right and seq + length > self.nxt

    def take(self, seq: int, data: bytes, fin: bool, now: float) -> None:
        """Take in the text and the FIN of an acceptable segment."""
        if fin and seq + len(data) < self.right:
            self.fin_at = seq + len(data)
        data = data[: max(0, self.right - seq)]
        first = self.irs + 1
        if seq < first:
            data, seq = data[first - seq :], first
        ready = self.reassembler.add(seq - first, data) if data else b""
        if not isinstance(ready, (bytes, bytearray, memoryview)):
            raise wrong("What `add` returned", ready, 'return the bytes that are in order now, b"" if there are none')
        if not isinstance(self.reassembler.next, int):
            raise wrong("`next` of the reassembler", self.reassembler.next, "count the bytes that were returned")
        was, self.nxt = self.nxt, first + self.reassembler.next
        self.unread += ready
        if self.nxt == self.fin_at:
            self.nxt += 1
            self.has_ended = True
        self._acknowledge(seq, len(ready), was, now)

    def _acknowledge(self, seq: int, taken: int, was: int, now: float) -> None:
        """Decide when to acknowledge (RFC 5681, 4.2)."""
        if self.nxt == was:  # out of order, or old: acknowledge at once
            self.owed_duplicates = min(self.owed_duplicates + 1, MOST_DUPLICATES)
            if seq > was:
                self._latest = [seq, *self._latest[:3]]
            return
        self._unacknowledged += taken
        if self._unacknowledged >= 2 * self.mss or self.has_ended or self._latest:
            self.owes_ack = True
        elif self.ack_deadline is None:
            self.ack_deadline = now + self._delay_s
        if self._latest and not self.reassembler.ranges():
            self._latest.clear()

    def read(self, most: int) -> bytes:
        """Return bytes in order, and free their space."""
        data = bytes(memoryview(self.unread)[:most])
        del self.unread[:most]
        is_due_soon = self.ack_deadline is not None and self.right - self.nxt >= 2 * self.mss
        if data and not self.has_ended and not is_due_soon:  # else the delayed ACK tells the window in time
            self.owes_ack = self.owes_ack or self.promised.is_worth_telling(self.nxt, len(self.unread))
        return data

    def window_field(self) -> int:
        """Return the window to tell, rounded up to a multiple of its scale: what was offered once is accepted."""
        if (place := (self.nxt, len(self.unread))) != self._told_at:
            window = self.promised.open(*place)
            if not isinstance(window, int) or window < 0:
                raise wrong("What `open` returned", window, "return the window, a whole number of bytes, 0 or more")
            self._told_at, self._told = place, min(-(-window >> self.shift), LARGEST)
            self.right = max(self.right, self.nxt + (self._told << self.shift))
        return self._told

    def acknowledged(self) -> None:
        """Note that a segment with an ACK is sent."""
        self.owes_ack, self.ack_deadline, self._unacknowledged = False, None, 0

    def sack_blocks(self, most: int) -> tuple[tuple[int, int], ...]:
        """Return the ranges out of order, the latest first (RFC 2018, 4)."""
        if not self._latest or not most:
            return ()
        first = self.irs + 1
        ranges = [(first + left, first + right) for left, right in self.reassembler.ranges()]
        latest = [each for at in self._latest for each in ranges if each[0] <= at < each[1]]
        return tuple(dict.fromkeys(latest + ranges))[:most]

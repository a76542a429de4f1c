"""Put the data of a stream back in order."""

from bisect import bisect_left

MOST_WAITING = 4096  # pieces; a bound on memory: more come only from an attacker


class Reassembler:
    """Take pieces of a stream in any order, and return its bytes in order.

    Pieces may come late, twice, or overlap; positions count from the first byte of the stream, 0. What was taken first
    stays. Built in lesson 11.

    >>> stream = Reassembler()
    >>> stream.add(3, b"def"), stream.add(0, b"abcd")
    (b'', b'abcdef')
    """

    def __init__(self) -> None:
        self.next = 0  # the position of the first byte not yet returned
        self._waiting: list[tuple[int, bytes]] = []  # in order, none overlaps another

    def add(self, at: int, data: bytes) -> bytes:
        """Take a piece; return what is now in order, perhaps b""."""
        if at == self.next and not self._waiting:  # how nearly all pieces come
            self.next += len(data)
            return data
        if at < self.next:  # its beginning was returned already
            data, at = data[self.next - at :], self.next
        if data and (at == self.next or len(self._waiting) < MOST_WAITING):
            self._keep(at, data)
        return self._in_order()

    def _keep(self, at: int, data: bytes) -> None:
        """Keep the new parts of a piece, each between those that wait."""
        place = bisect_left(self._waiting, at, key=lambda each: each[0] + len(each[1]))
        while data:
            there, held = self._waiting[place] if place < len(self._waiting) else (at + len(data), b"")
            if at < there:  # new, up to the next one that waits
                self._waiting.insert(place, (at, data[: there - at]))
                place += 1
            past = there + len(held)
            data, at = data[max(0, past - at) :], max(at, past)
            place += 1

    def _in_order(self) -> bytes:
        """Return what waits from `next` on, without a gap."""
        ready = []
        for at, data in self._waiting:
            if at != self.next:
                break
            ready.append(data)
            self.next += len(data)
        del self._waiting[: len(ready)]
        return b"".join(ready)

    def ranges(self) -> list[tuple[int, int]]:
        """Return the ranges that wait behind a gap, for a SACK."""
        joined: list[tuple[int, int]] = []
        for at, data in self._waiting:
            if joined and joined[-1][1] == at:
                joined[-1] = joined[-1][0], at + len(data)
            else:
                joined.append((at, at + len(data)))
        return joined

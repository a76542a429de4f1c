"""Ranges of sequence numbers, as a SACK tells them."""

from bisect import bisect_left


class Ranges:
    """A set of numbers, kept as ranges that neither touch nor overlap.

    >>> ranges = Ranges(); ranges.add(3, 5); ranges.add(9, 12); ranges.add(5, 7); list(ranges)
    [(3, 7), (9, 12)]
    """

    def __init__(self) -> None:
        self._ranges: list[tuple[int, int]] = []

    def __iter__(self):
        return iter(self._ranges)

    def __len__(self) -> int:
        return len(self._ranges)

    def add(self, left: int, right: int) -> None:
        """Put in the numbers from left up to, and without, right."""
        if left >= right:
            return
        first = bisect_left(self._ranges, left, key=lambda each: each[1])  # all before it end before `left`
        last = first
        while last < len(self._ranges) and self._ranges[last][0] <= right:
            left, right = min(left, self._ranges[last][0]), max(right, self._ranges[last][1])
            last += 1
        self._ranges[first:last] = [(left, right)]

    def drop_below(self, number: int) -> None:
        """Take out everything below the number."""
        self._ranges = [(max(left, number), right) for left, right in self._ranges if right > number]

    def clear(self) -> None:
        """Take out everything."""
        self._ranges.clear()

    def count(self, left: int, right: int) -> int:
        """Return how many of the numbers from left to right are in."""
        return sum(max(0, min(right, end) - max(left, begin)) for begin, end in self._ranges)

    def gap(self, number: int) -> tuple[int, int | None]:
        """Return the first number from here on that is out, and where that gap ends.

        None: it has no end.
        """
        for left, right in self._ranges:
            if number < left:
                return number, left
            number = max(number, right)
        return number, None

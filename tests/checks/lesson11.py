"""Lesson 11: right answers written in other ways, wrong ones with the words they get, guesses."""

import heapq

from tcpkit.check import lesson11_reassemblers as reassemblers
from tcpkit.check.lesson11_reassemblers import Right

LONGER = {"Whole, cut anew": 3_010_203}
ALL = {"Append": False, "Strict": True, "Whole": True}


def branches(next, at, data):
    if at + len(data) <= next:
        return b""
    return data if at > next else data[next - at :]


class Heap(Right):
    def __init__(self):
        self.next, self.kept = 0, []

    def ranges(self):
        return [(at, at + len(data)) for at, data in self.kept]

    def add(self, at, data):
        heapq.heappush(self.kept, (at, data))
        ready = b""
        while self.kept and self.kept[0][0] <= self.next:
            at, data = heapq.heappop(self.kept)
            ready += data[self.next - at :]
            self.next = max(self.next, at + len(data))
        return ready


class Positions(Right):
    def ranges(self):
        return [(at, at + 1) for at in self.kept]

    def add(self, at, data):
        self.kept |= dict(enumerate(data, at))
        ready = []
        while self.next in self.kept:
            ready.append(self.kept.pop(self.next))
            self.next += 1
        return bytes(ready)


class Cuts(Right):
    def keep(self, at, data):
        super().keep(max(at, self.next), data[max(0, self.next - at) :])


class Recursive(Right):
    def add(self, at, data):
        self.keep(at, data)
        low = min(self.kept, default=self.next + 1)
        if low > self.next:
            return b""
        new = self.take(low)
        return new + (self.add(self.next, b"") if self.kept else b"")


def changed(change, words):
    return type("Changed", (Right,), {"add": lambda self, at, data: change(self, Right.add(self, at, data))}), words


class Behind(Right):
    def __init__(self):
        self.next, self.inner = 0, Right()
        self.kept = self.inner.kept

    def add(self, at, data):
        return self.inner.add(at, data)


CLOTHES = {
    "new_bytes": """
        data[max(0, next - at) :] ;; data[next - at :] if next > at else data
        bytes(b for i, b in enumerate(data) if at + i >= next) ;; bytearray(data)[max(0, next - at) :]
        branches(next, at, data) ;; memoryview(data)[max(next, at) - at :] ;; data[next - min(at, next) :]
        data.removeprefix(data[: max(0, next - at)])
    """,
    "Reassembler": [
        *((each, "") for each in (Right, Heap, Positions, Cuts, Recursive)),
        *(changed(lambda _, ready, kind=kind: kind(ready), "") for kind in (bytearray, memoryview, bytes)),
    ],
}
WRONG = {
    "new_bytes": """
        data => You return the piece whole.
        data[next - at :] => Python counts from the end
        data if at >= next else b"" ;; data if at + len(data) > next else b"" => A piece can be half old
        data[next:] => `next` counts from the first byte of the stream
        data[: max(0, at + len(data) - next)] if at < next else data => in front
        data[: next - at] if at < next else data => in front
        data[next - at + 1 :] if at < next else data ;; data[max(0, next - at + 1) :] => `next` itself is missing
        data[next - at :] if at <= next else b"" => It is new, only too early
        data[max(0, next - at - 1) :] => one old byte too many
        None => it returned None
        (next, data) => The answer is bytes.
        str(data) => The answer is bytes.
        b"" => You return b'' for every input.
        data[::-1] => How many did you expect?
    """,
    "Reassembler": [
        (reassemblers.Append, "as Append does"),
        *((each, "as Strict does") for each in (reassemblers.Strict, reassemblers.Equal)),
        (reassemblers.Exact, "exactly at `next`"),
        (reassemblers.Whole, "Cut off what was taken already, as in 11.1."),
        (reassemblers.Shorter, "(3, 9), then (3, 5). Keep the longer one."),
        (reassemblers.First, "(3, 5), then (3, 9). Keep the longer one."),
        (reassemblers.Once, "may free several"),
        (reassemblers.All, "a second gap behind it"),
        (type("Stays", (Right,), {"ranges": lambda self: [(0, self.next)]}), "take out of `kept` what"),
        (type("Shared", (Right,), {"kept": {}, "__init__": lambda self: setattr(self, "next", 0)}), "of another one"),
        (Behind, "`next` does not say how many were taken"),
        changed(lambda stream, ready: ready + ready, "more bytes than are new"),
        changed(lambda stream, ready: ready[:-1], "Some bytes never come out"),
        changed(lambda stream, ready: ready[::-1], "What did you expect there?"),
        changed(lambda stream, ready: [ready], "something else than bytes: you returned (b'',), (b'abcdef',)"),
        changed(lambda stream, ready: stream.next, "something else than bytes: you returned 0, 6"),
        changed(lambda stream, ready: None, "it returned None. Does it reach a `return` with an answer?"),
        changed(lambda stream, ready: stream.kept[99], "it raised KeyError: 99"),
        (type("Empty", (), {}), "it raised AttributeError: 'Empty' object has no attribute 'add'"),
        (lambda: None, "Hand over the class itself: `class Reassembler:`."),
    ],
}

Watched = type("Watched", (), {"early": 105})
GUESSES = r"""
    recall(5000) => PASS 11.0 recall\nByte 5000 is still missing.
    recall(6500) => TRY AGAIN 11.0 recall: An ack names the next byte that is missing.
    recall(5500) => TRY AGAIN 11.0 recall: The 500 bytes have the numbers 6000 to 6499.
    guess_early("a", Watched) => YOU SAID a: none. WE SAW more than 80.\nThe link
    guess_early("b", Watched) => YOU SAID b: about 35, one in twenty. WE SAW more than 80.\nEvery packet that passes
    guess_early("c", Watched) => AS YOU SAID c: more than 80.\nEvery packet
    guess_brought("W", ALL) => YOU SAID W. WE SAW SW.\nStrict is right
    guess_brought("aw", ALL) => YOU SAID AW. WE SAW SW.\nAppend counts
    guess_brought(["S"], ALL) => YOU SAID S. WE SAW SW.\nWhole keeps
    guess_brought("W, S", ALL) => AS YOU SAID SW.\nStrict is right too
    guess_brought("W", {"Append": False, "Whole": True}) => NOT SEEN YET
    guess_overlap("a", LONGER) => YOU SAID a: yes. WE SAW a longer file.\nIts author's test
    guess_overlap("b", LONGER) => AS YOU SAID b: the file becomes longer.\nIt takes the whole piece
    guess_overlap("c", LONGER) => YOU SAID c: the transfer hangs. WE SAW a longer file.\nAll bytes
"""

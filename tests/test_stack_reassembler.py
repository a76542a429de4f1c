"""The reassembler, against a plain one that keeps every byte by its position."""

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tcpkit.stack.reassembler import MOST_WAITING, Reassembler

STREAM = bytes(range(256)) * 4


class Plain:
    """Keeps the first byte that came for each position; the oracle."""

    def __init__(self):
        self.next, self.held = 0, {}

    def add(self, at, data):
        for position, byte in enumerate(data, at):
            if position >= self.next:
                self.held.setdefault(position, byte)
        ready = bytearray()
        while self.next in self.held:
            ready.append(self.held.pop(self.next))
            self.next += 1
        return bytes(ready)

    def ranges(self):
        firsts = sorted(at for at in self.held if at - 1 not in self.held)
        return [(first, next(at for at in range(first, 10_000) if at not in self.held)) for first in firsts]


pieces = st.lists(st.tuples(st.integers(0, 40), st.binary(max_size=25)), max_size=40)


@given(pieces)
@example([(3, b"def"), (0, b"abcd")])
@example([(5, b"new"), (2, b"around it"), (0, b"ab")])
@example([(2, b"cd"), (6, b"gh"), (1, b"BCDEFGHI"), (0, b"a")])
@example([(0, b"abc"), (1, b"x"), (3, b"")])
def test_any_pieces_in_any_order_even_if_they_contradict(pieces):
    ours, plain = Reassembler(), Plain()
    for at, data in pieces:
        assert ours.add(at, data) == plain.add(at, data)
        assert ours.next == plain.next
        assert ours.ranges() == plain.ranges()


@given(st.data())
def test_any_cut_in_any_order_gives_the_stream(data):
    cuts = sorted(data.draw(st.sets(st.integers(1, 199), max_size=20)) | {0, 200})
    pieces = list(pairwise(cuts))
    order = data.draw(st.permutations(pieces + data.draw(st.lists(st.sampled_from(pieces), max_size=5))))
    ours = Reassembler()
    assert b"".join(ours.add(left, STREAM[left:right]) for left, right in order) == STREAM[:200]
    assert ours.next == 200
    assert ours.ranges() == []


def held(reassembler):
    return sum(len(data) for _, data in reassembler._waiting)


@given(st.lists(st.tuples(st.integers(1, 100), st.integers(0, 30)), max_size=60))
def test_it_holds_no_byte_twice(cuts):
    ours = Reassembler()
    for at, size in cuts:
        ours.add(at, STREAM[at : at + size])
    assert held(ours) == sum(right - left for left, right in ours.ranges()) <= 130


def test_the_same_pieces_once_more_take_no_more_memory():
    ours = Reassembler()
    for _ in range(3):
        for at in range(1, 1000, 2):
            ours.add(at, STREAM[at : at + 1])
            ours.add(at - 1 if at > 1 else at, STREAM[max(1, at - 1) : at + 1])
    assert len(ours._waiting) <= 1000
    assert held(ours) == 999


def test_it_holds_only_so_many_crumbs_and_loses_none_that_comes_again():
    ours = Reassembler()
    for at in range(1, 3 * MOST_WAITING, 2):
        ours.add(at, b"x")
    assert len(ours._waiting) == MOST_WAITING
    got = b"".join(ours.add(at, b"x") for at in range(3 * MOST_WAITING))
    assert got == b"x" * (3 * MOST_WAITING)
    assert not ours._waiting


def test_what_comes_in_order_is_passed_on_as_it_came():
    data = b"a segment's data"
    assert Reassembler().add(0, data) is data, "nearly all pieces come in order: no copy is made"


@pytest.mark.parametrize("at", [0, 5, 10])
def test_what_was_returned_is_not_returned_again(at):
    ours = Reassembler()
    ours.add(0, STREAM[:10])
    assert ours.add(at, STREAM[at:10]) == b""
    assert ours.add(at, STREAM[at:11]) == STREAM[10:11]

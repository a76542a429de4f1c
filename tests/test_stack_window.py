"""The receive window: a promise that is kept, told in steps worth sending."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpkit.stack.receiver import Receiver
from tcpkit.stack.settings import Settings
from tcpkit.stack.window import LARGEST, LARGEST_SHIFT, ReceiveWindow, shift_for

sizes = st.integers(0, 300_000)
# A share of what may come, then a share of what may be read, each in thousandths.
steps = st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1000)), max_size=40)


@given(sizes, st.integers(1, 9000), steps)
def test_the_right_edge_never_moves_back_and_never_promises_too_much(size, mss, steps):
    window = ReceiveWindow(size, mss)
    nxt, unread, edge = 1, 0, 0
    for come, read in steps:
        room = window.open(nxt, unread)
        assert nxt + room >= edge or edge == 0
        assert room + unread <= size
        edge = nxt + room
        nxt, unread = nxt + room * come // 1000, unread + room * come // 1000
        unread -= unread * read // 1000


@given(sizes, st.integers(1, 9000), steps)
def test_the_right_edge_moves_by_steps_worth_sending(size, mss, steps):
    window = ReceiveWindow(size, mss)
    nxt, unread, edge = 1, 0, window.open(1, 0) + 1
    for come, read in steps:
        room = edge - nxt
        nxt, unread = nxt + room * come // 1000, unread + room * come // 1000
        unread -= unread * read // 1000
        moved = nxt + window.open(nxt, unread) - edge
        assert moved == 0 or moved >= min(size // 2, mss)
        edge += moved


def test_a_reader_of_single_bytes_makes_few_window_updates():
    window = ReceiveWindow(10_000, 1000)
    nxt = 1 + window.open(1, 0)
    told = 0
    for unread in range(9_999, -1, -1):
        if window.is_worth_telling(nxt, unread):
            assert window.open(nxt, unread) >= 1000
            told += 1
    assert told == 10


def test_a_small_buffer_is_told_by_halves():
    window = ReceiveWindow(1000, 1460)
    nxt = 1 + window.open(1, 0)
    assert next(unread for unread in range(1000, -1, -1) if window.open(nxt, unread)) == 500


@given(sizes, st.integers(1, 9000))
def test_once_all_is_read_the_whole_buffer_is_open_again_or_nearly(size, mss):
    window = ReceiveWindow(size, mss)
    nxt = 1 + window.open(1, 0)
    assert window.open(nxt, 0) == size


@pytest.mark.parametrize("shift", range(LARGEST_SHIFT + 1))
def test_with_every_shift_all_that_was_told_is_taken_in(shift):
    size = (LARGEST << shift) - 12_345 * (shift > 0)
    receiver = Receiver(Settings(receive_buffer=size), irs=0, shift=shift)
    edge = 0
    for come in (1, 2, 3, 1447, 1448, 1449, 4097, 65_535, 99_999) * 20:
        told = receiver.nxt + (receiver.window_field() << shift)
        assert told > edge - (1 << shift), "rounding may take back less than one unit"
        edge = max(edge, told)
        assert receiver.right == edge, "what was told once is acceptable for ever"
        receiver.take(receiver.nxt, bytes(min(come, edge - receiver.nxt)), False, 0.0)
        assert len(receiver.unread) < size + (1 << shift), "rounding up promises less than one unit too much"
        receiver.read(come // 2)


@given(st.integers(0, 1 << 32))
def test_a_shift_is_the_least_with_which_the_window_fits(size):
    shift = shift_for(size)
    assert 0 <= shift <= LARGEST_SHIFT
    if shift < LARGEST_SHIFT:
        assert size >> shift <= LARGEST
    assert shift == 0 or size >> (shift - 1) > LARGEST


@pytest.mark.parametrize("size", [0, 1, 500, 65_535, 65_536, 1 << 20])
def test_nothing_beyond_what_was_told_is_acceptable(size):
    shift = shift_for(size)
    receiver = Receiver(Settings(receive_buffer=size), irs=0, shift=shift)
    told_with_the_syn = min(size, LARGEST)
    assert receiver.is_acceptable(1, told_with_the_syn + 1) is (size > 0), "one that begins in the window is cut"
    assert not receiver.is_acceptable(1 + told_with_the_syn, 1)
    receiver.take(1, bytes(told_with_the_syn + 100), False, 0.0)
    assert len(receiver.unread) == told_with_the_syn

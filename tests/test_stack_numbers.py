"""Sequence numbers that wrap, and the places in the stream that they mean."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tcpkit.stack.numbers import HALF, MODULUS, before, place
from tcpkit.wire import Seq

numbers = st.integers(0, MODULUS - 1)
places = st.integers(-(2**33), 2**40)


@given(numbers, numbers)
@example(0, HALF)
@example(HALF, 0)
@example(MODULUS - 1, 0)
@example(0, HALF - 1)
@example(0, HALF + 1)
def test_order_is_that_of_seq(a, b):
    assert before(a, b) is (Seq(a) < b)


@pytest.mark.parametrize("a", [0, 1, HALF - 1, HALF, MODULUS - 1])
def test_nothing_comes_before_itself_or_its_antipode(a):
    assert not before(a, a)
    assert not before(a, (a + HALF) % MODULUS)


@given(numbers, places)
@example(3, MODULUS - 6)
@example(MODULUS - 6, MODULUS + 3)
@example(0, 0)
@example(HALF, 0)
@example(HALF + 1, 0)
@example(HALF, 5 * MODULUS)
def test_a_place_is_the_nearest_that_the_number_means(number, near):
    found = place(number, near)
    assert found % MODULUS == number
    turns = [number + MODULUS * (near // MODULUS + turn) for turn in (-1, 0, 1)]
    assert abs(found - near) == min(abs(turn - near) for turn in turns)


@given(places, st.integers(-HALF + 1, HALF - 1))
def test_a_place_comes_back_from_the_wire(near, away):
    assert place((near + away) % MODULUS, near) == near + away


def test_it_asks_the_order_that_was_handed_in():
    def plain(a, b):
        return a < b

    assert place(3, near=MODULUS - 6) == MODULUS + 3
    assert place(3, MODULUS - 6, plain) == 3, "a plain comparison puts what wrapped a whole circle back"

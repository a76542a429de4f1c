"""Places in a stream, from sequence numbers that wrap."""

from hypothesis import example, given
from hypothesis import strategies as st

from tcpkit.stack.numbers import place
from tcpkit.wire.seq import HALF, MODULUS

numbers = st.integers(0, MODULUS - 1)
places = st.integers(-(2**33), 2**40)


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


def test_the_order_can_be_handed_in():
    def plain(a, b):
        return a < b

    assert place(3, near=MODULUS - 6) == MODULUS + 3
    assert place(3, MODULUS - 6, plain) == 3, "a plain comparison puts what wrapped a whole circle back"

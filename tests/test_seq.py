"""Sequence numbers, against plain arithmetic modulo 2**32."""

import pickle

import numpy
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tcpkit.wire import Seq, WireError

TOP = 2**32
HALF = 2**31

numbers = st.integers(0, TOP - 1)
counts = st.integers(-(2**40), 2**40)


@given(numbers, counts)
@example(TOP - 1, 1)
@example(0, -1)
def test_adding_and_stepping_back_wrap(start, count):
    forward, back = Seq(start) + count, Seq(start) - count
    assert forward == (start + count) % TOP
    assert back == (start - count) % TOP
    assert type(forward) is type(back) is Seq
    assert count + Seq(start) == forward


@given(numbers, st.integers(-HALF, HALF - 1))
@example(0, -HALF)
@example(7, HALF - 1)
def test_a_distance_is_what_leads_back(start, distance):
    there = Seq((start + distance) % TOP)
    assert there - Seq(start) == distance
    assert type(there - Seq(start)) is int
    assert int(there) - Seq(start) == distance
    assert Seq(start) + (there - Seq(start)) == there


@given(numbers, st.integers(1, HALF - 1))
@example(TOP - 1, 1)
@example(0, HALF - 1)
def test_order_goes_the_short_way_round(start, ahead):
    early, late = Seq(start), Seq((start + ahead) % TOP)
    for one, other in [(early, late), (early, int(late)), (int(early), late)]:
        assert one < other
        assert one <= other
        assert other > one
        assert other >= one
        assert not one > other
        assert not one >= other
        assert not other < one
        assert not other <= one


@given(numbers)
def test_half_the_circle_apart_neither_comes_first(start):
    one, other = Seq(start), Seq((start + HALF) % TOP)
    assert one != other
    assert one - other == other - one == -HALF
    for first, second in [(one, other), (other, one)]:
        assert not first < second
        assert not first > second
        assert not first <= second
        assert not first >= second


@given(numbers, numbers)
def test_equality_and_hash_are_those_of_the_number(one, other):
    assert (Seq(one) == Seq(other)) == (Seq(one) == other) == (one == other)
    assert (Seq(one) != Seq(other)) == (one != other)
    assert hash(Seq(one)) == hash(one)
    assert Seq(one) <= one
    assert Seq(one) >= one
    assert not Seq(one) < one
    assert not Seq(one) > one


@given(numbers, numbers)
def test_never_both_before_and_after(one, other):
    assume(one != other)
    assert (Seq(one) < Seq(other)) + (Seq(one) > Seq(other)) == ((one - other) % TOP != HALF)


@pytest.mark.parametrize("value", [-1, TOP, TOP + 5, 2**64])
def test_a_number_out_of_range(value):
    with pytest.raises(WireError, match=f"{value} is not a sequence number: they run from 0 to 4294967295"):
        Seq(value)
    with pytest.raises(WireError, match="they run from 0"):
        assert Seq(5) < value


@pytest.mark.parametrize("value", [1.0, 1.5, "5", None, b"5", [5]])
def test_what_is_not_a_whole_number(value):
    with pytest.raises(WireError, match="that is a whole number"):
        Seq(value)
    for use in (
        lambda: Seq(5) + value,
        lambda: Seq(5) - value,
        lambda: Seq(5) < value,
        lambda: Seq(5) > value,
        lambda: Seq(6) <= value,
        lambda: Seq(4) >= value,
    ):
        with pytest.raises((TypeError, WireError)):
            use()
    assert Seq(5) != "5"


def test_numpy_counts_count():
    assert Seq(TOP - 1) + numpy.uint8(2) == 1
    assert Seq(1) - numpy.int64(2) == TOP - 1
    assert Seq(TOP - 1) < numpy.int64(5)


def test_true_counts_as_one_as_it_does_in_python():
    assert Seq(True) == 1
    assert repr(Seq(True)) == "Seq(1)"
    assert Seq(TOP - 1) + True == 0


def test_prints_as_a_number_and_shows_what_it_is():
    assert (str(Seq(7)), f"{Seq(7)}", repr(Seq(7))) == ("7", "7", "Seq(7)")
    assert pickle.loads(pickle.dumps(Seq(7))) - Seq(8) == -1

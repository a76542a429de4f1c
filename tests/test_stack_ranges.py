"""Ranges of numbers, against a plain set of them."""

from hypothesis import example, given
from hypothesis import strategies as st

from tcpkit.stack.scoreboard import Ranges

edges = st.integers(0, 25)
steps = st.lists(st.tuples(st.sampled_from(["add", "add", "add", "drop_below", "clear"]), edges, edges), max_size=30)


def runs(numbers):
    """Return the runs of neighbours in a set, as (first, behind the last)."""
    firsts = sorted(number for number in numbers if number - 1 not in numbers)
    lasts = sorted(number + 1 for number in numbers if number + 1 not in numbers)
    return list(zip(firsts, lasts, strict=True))


def walk(steps):
    """Do the same with `Ranges` and with a set; return both."""
    ranges, numbers = Ranges(), set()
    for what, left, right in steps:
        if what == "add":
            ranges.add(left, right)
            numbers |= set(range(left, right))
        elif what == "drop_below":
            ranges.drop_below(left)
            numbers = {number for number in numbers if number >= left}
        elif left == 0:
            ranges.clear()
            numbers = set()
    return ranges, numbers


@given(steps)
@example([("add", 5, 7), ("add", 3, 5)])
@example([("add", 3, 5), ("add", 5, 7)])
@example([("add", 3, 5), ("add", 7, 9), ("add", 5, 7)])
def test_they_hold_what_a_set_holds(steps):
    ranges, numbers = walk(steps)
    assert list(ranges) == runs(numbers)
    assert len(ranges) == len(runs(numbers))


@given(steps, edges, edges)
def test_they_count_as_a_set_does(steps, left, right):
    ranges, numbers = walk(steps)
    assert ranges.held(left, right) == len(numbers & set(range(left, right)))


@given(steps, edges)
def test_a_gap_is_the_next_run_of_what_is_out(steps, number):
    ranges, numbers = walk(steps)
    left = next(each for each in range(number, 200) if each not in numbers)
    right = next((each for each in range(left, 200) if each in numbers), None)
    assert ranges.gap(number) == (left, right)

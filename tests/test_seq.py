"""Sequence numbers: which comes first, the short way round a circle of 2**32."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tcpkit.wire import before
from tcpkit.wire.seq import HALF, MODULUS

numbers = st.integers(0, MODULUS - 1)


@given(numbers, st.integers(1, HALF - 1))
@example(MODULUS - 1, 1)
@example(0, HALF - 1)
def test_what_lies_less_than_half_the_circle_ahead_comes_later(start, ahead):
    assert before(start, (start + ahead) % MODULUS) is True
    assert before((start + ahead) % MODULUS, start) is False


@pytest.mark.parametrize("a", [0, 1, HALF - 1, HALF, MODULUS - 1])
def test_nothing_comes_before_itself_or_its_antipode(a):
    assert not before(a, a)
    assert not before(a, (a + HALF) % MODULUS)

"""The retransmission timeout, against RFC 6298's formulas in exact fractions."""

from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tcpkit.stack.rto import RTO

times = st.floats(0.0005, 30)


def by_the_rfc(rtts):
    """Return SRTT and RTTVAR after these round trips (2.2, 2.3)."""
    first, *more = map(Fraction, rtts)
    srtt, rttvar = first, first / 2
    for rtt in more:
        rttvar = Fraction(3, 4) * rttvar + Fraction(1, 4) * abs(srtt - rtt)
        srtt = Fraction(7, 8) * srtt + Fraction(1, 8) * rtt
    return srtt, rttvar


def test_before_the_first_round_trip_it_is_a_second():
    assert RTO().timeout_s == 1.0


@given(st.lists(times, min_size=1, max_size=30))
@example([0.1])
@example([0.1, 0.1, 0.1, 2.0])
def test_it_is_the_rfcs(rtts):
    rto = RTO(minimum_s=0.0, maximum_s=1e9)
    for rtt in rtts:
        rto.measured(rtt)
    srtt, rttvar = by_the_rfc(rtts)
    assert rto.srtt_s == pytest.approx(float(srtt))
    assert rto.timeout_s == pytest.approx(float(srtt + max(Fraction("0.001"), 4 * rttvar)))


@given(st.lists(st.floats(0, 1e7), min_size=1, max_size=30), st.floats(0.01, 1), st.floats(1, 100))
def test_it_stays_between_minimum_and_maximum(rtts, minimum, maximum):
    rto = RTO(minimum, maximum)
    for rtt in rtts:
        rto.measured(rtt)
        assert minimum <= rto.timeout_s <= maximum
        rto.back_off()
        assert minimum <= rto.timeout_s <= maximum


def test_the_minimum_of_the_rfc_is_a_second_and_another_may_be_had():
    rfc, linux = RTO(), RTO(minimum_s=0.2)
    for rto in (rfc, linux):
        rto.measured(0.01)
    assert (rfc.timeout_s, linux.timeout_s) == (1.0, 0.2)


def test_a_steady_round_trip_leaves_the_clocks_grain():
    rto = RTO(minimum_s=0.0, granularity_s=0.05)
    for _ in range(200):
        rto.measured(0.3)
    assert rto.timeout_s == pytest.approx(0.35)


def test_backing_off_doubles_up_to_the_maximum():
    rto = RTO()
    waits = []
    for _ in range(8):
        waits.append(rto.timeout_s)
        rto.back_off()
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]


def test_a_round_trip_ends_the_backing_off():
    rto = RTO(minimum_s=0.2)
    rto.measured(0.1)
    before = rto.timeout_s
    rto.back_off()
    rto.back_off()
    assert rto.timeout_s == 4 * before
    rto.measured(0.1)
    assert rto.timeout_s < before

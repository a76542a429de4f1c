"""Reno against RFC 5681, CUBIC against the formulas of RFC 9438."""

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tcpkit.stack.congestion import Cubic, Reno, initial_window

MSS = 1000
C, BETA = 0.4, 0.7  # RFC 9438, 5.1 and 4.6

both = pytest.mark.parametrize("kind", [Reno, Cubic])


def lost_at(kind, segments):
    """Return a control that lost something when so many segments were under way, and was otherwise new."""
    control = kind(MSS)
    control.cwnd = segments * MSS
    control.on_loss(segments * MSS, now=0.0)
    return control


def round_trip(control, now, rtt_s=0.1):
    """Acknowledge one window, segment by segment."""
    count = control.cwnd // MSS
    for number in range(count):
        control.on_ack(MSS, now + rtt_s * number / count, rtt_s)


@pytest.mark.parametrize(
    ("mss", "window"), [(1460, 14_600), (1448, 14_480), (536, 5360), (1, 10), (4312, 14_600), (9000, 18_000)]
)
def test_the_initial_window_is_that_of_rfc_6928(mss, window):
    assert initial_window(mss) == Reno(mss).cwnd == Cubic(mss).cwnd == window


@both
def test_slow_start_doubles_each_round_trip(kind):
    control = kind(MSS)
    for _ in range(4):
        before = control.cwnd
        round_trip(control, 0.0)
        assert control.cwnd == 2 * before


@both
def test_slow_start_doubles_also_if_every_second_segment_is_acknowledged(kind):
    control = kind(MSS)
    for _ in range(5):
        control.on_ack(2 * MSS, 0.0, 0.1)
    assert control.cwnd == 20 * MSS


@both
def test_an_ack_of_very_much_opens_slow_start_by_two_segments_only(kind):
    control = kind(MSS)
    control.on_ack(100 * MSS, 0.0, 0.1)
    assert control.cwnd == 12 * MSS, "RFC 3465, 2.3: a burst must not follow"


def test_reno_halves_and_then_grows_by_one_segment_a_round_trip():
    reno = lost_at(Reno, 40)
    assert reno.cwnd == reno.ssthresh == 20 * MSS
    for number in range(1, 6):
        round_trip(reno, 0.1 * number)
        assert reno.cwnd == (20 + number) * MSS


def test_reno_counts_bytes_whatever_an_ack_brings():
    """RFC 3465: what one ACK brings too much counts towards the next window."""
    reno = lost_at(Reno, 40)
    acked = 0
    for _ in range(100):
        reno.on_ack(3 * MSS, 0.0, 0.1)
        acked += 3
    windows = 0
    while acked >= 20 + windows:
        acked -= 20 + windows
        windows += 1
    assert reno.cwnd == (20 + windows) * MSS


def test_reno_goes_over_to_congestion_avoidance_at_ssthresh():
    reno = lost_at(Reno, 40)
    reno.on_timeout(40 * MSS, 0.0)
    sizes = [reno.cwnd // MSS]
    for _ in range(7):
        round_trip(reno, 0.0)
        sizes.append(reno.cwnd // MSS)
    assert sizes == [1, 2, 4, 8, 16, 20, 21, 22]


@both
@pytest.mark.parametrize("flight", [0, 1, MSS, 2857])
def test_ssthresh_is_two_segments_at_least(kind, flight):
    control = kind(MSS)
    control.on_loss(flight, 0.0)
    assert control.ssthresh == control.cwnd == 2 * MSS


@both
def test_after_a_timeout_one_segment(kind):
    control = kind(MSS)
    control.on_timeout(30 * MSS, 0.0)
    assert control.cwnd == MSS
    assert control.ssthresh == (15 if kind is Reno else 21) * MSS


@both
def test_after_idle_the_initial_window_and_no_more(kind):
    wide, narrow = lost_at(kind, 80), lost_at(kind, 4)
    for control in (wide, narrow):
        control.on_idle()
    assert (wide.cwnd, narrow.cwnd) == (10 * MSS, narrow.cwnd)
    assert narrow.cwnd < 10 * MSS


events = st.lists(
    st.tuples(
        st.sampled_from(["on_ack"] * 6 + ["on_loss", "on_timeout", "on_idle"]),
        st.integers(0, 3_000_000),
        st.floats(-1e4, 1e9),
        st.floats(0, 5e6),
    ),
    max_size=60,
)


ROUNDED = [
    ("on_loss", 0, 0.0, 0.0),
    ("on_ack", 57_649, 0.0, 0.0),
    ("on_ack", 57_649, 6.0, 0.0),
    ("on_ack", 0, 0.0, 0.0),
]


@both
@given(events=events, mss=st.sampled_from([1, 536, 1460, 65_495]))
@example(events=ROUNDED, mss=1460)  # 47,004 bytes are no whole segments
def test_whatever_happens_one_segment_may_go_and_the_numbers_are_whole(kind, events, mss):
    control = kind(mss)
    for what, count, now, rtt_s in events:
        before = control.cwnd
        if what == "on_ack":
            control.on_ack(count, now, rtt_s)
            assert before <= control.cwnd <= before + max(2 * mss, count)
        elif what == "on_idle":
            control.on_idle()
        else:
            getattr(control, what)(count, now)
        assert type(control.cwnd) is int
        assert control.cwnd >= mss


# CUBIC.


def curve(elapsed_s, most, begin):
    """Return W_cubic(t), in segments (RFC 9438, 4.2, figures 1 and 2)."""
    plateau_s = ((most - begin) / C) ** (1 / 3)
    return C * (elapsed_s - plateau_s) ** 3 + most


def follow(control, until_s, rtt_s=0.1, began_at=0.0):
    """Acknowledge window after window; yield (time, window in segments) after each."""
    now = began_at
    while now < until_s:
        round_trip(control, now, rtt_s)
        now += rtt_s
        yield now, control.cwnd / MSS


def test_cubic_keeps_seven_tenths():
    assert lost_at(Cubic, 1000).cwnd == 700 * MSS


def test_cubic_follows_its_curve_up_to_the_old_window_and_beyond():
    control = lost_at(Cubic, 1000)
    plateau_s = (300 / C) ** (1 / 3)
    assert plateau_s == pytest.approx(9.09, abs=0.01)
    seen = dict(follow(control, 14.0))
    for now, cwnd in seen.items():
        assert cwnd == pytest.approx(curve(now, 1000, 700), rel=0.01)
    assert any(now < plateau_s - 1 for now in seen)
    assert max(seen.values()) > 1040, "the convex part, behind the old window"


def test_cubic_grows_slowest_at_the_old_window():
    seen = list(follow(lost_at(Cubic, 1000), 18.0))
    growth = [(later - sooner, now) for (_, sooner), (now, later) in pairwise(seen)]
    assert min(growth)[1] == pytest.approx(9.1, abs=1.5)


def test_cubic_converges_fast_where_it_did_not_reach_the_old_window():
    control = lost_at(Cubic, 1000)
    for _ in follow(control, 3.0):
        pass
    reached = control.cwnd / MSS
    assert reached < 1000
    control.on_loss(control.cwnd, 3.0)
    begin = control.cwnd / MSS
    assert begin == pytest.approx(0.7 * reached, abs=1)
    most = reached * (1 + BETA) / 2
    assert most < reached
    for now, cwnd in follow(control, 12.0, began_at=3.0):
        assert cwnd == pytest.approx(curve(now - 3.0, most, begin), rel=0.01)


def test_cubic_begins_flat_after_a_timeout():
    control = lost_at(Cubic, 1000)
    control.on_timeout(700 * MSS, 0.0)
    assert control.cwnd == MSS
    while control.cwnd < control.ssthresh:
        control.on_ack(2 * MSS, 0.0, 0.1)
    begin = control.cwnd / MSS
    for now, cwnd in follow(control, 3.0):
        friendly = begin + 3 * (1 - BETA) / (1 + BETA) * now / 0.1
        assert cwnd == pytest.approx(max(curve(now, begin, begin), friendly), rel=0.03), now


@pytest.mark.parametrize("rtt_s", [0.001, 0.01, 0.1])
@pytest.mark.parametrize("segments", [6, 20, 100])
def test_cubic_is_never_below_its_estimate_of_reno(rtt_s, segments):
    """RFC 9438, 4.3: W_est grows by alpha * acked / cwnd; by 1, once it is back at the old window."""
    control = lost_at(Cubic, segments)
    estimate, alpha = control.cwnd / MSS, 3 * (1 - BETA) / (1 + BETA)
    for number in range(3000):
        growth = alpha if estimate < segments else 1.0
        estimate += growth * MSS / control.cwnd
        before = control.cwnd / MSS
        control.on_ack(MSS, number * rtt_s / before, rtt_s)
        assert control.cwnd / MSS >= estimate - 1 / MSS
        if curve(number * rtt_s / before, segments, 0.7 * segments) < estimate:
            assert control.cwnd / MSS <= max(before, estimate) + 1 / MSS, "nor above, where the curve is lower"


def test_over_a_short_way_cubic_keeps_up_with_reno():
    reno, cubic = lost_at(Reno, 20), lost_at(Cubic, 20)
    sums = {reno: 0, cubic: 0}
    for control in sums:
        now = 0.0
        for _ in range(400):
            if control.cwnd >= 20 * MSS:
                control.on_loss(control.cwnd, now)
            round_trip(control, now, 0.002)
            sums[control] += control.cwnd
            now += 0.002
    assert sums[cubic] >= 0.95 * sums[reno]


def test_cubic_does_not_shrink_when_the_clock_runs_back():
    control = lost_at(Cubic, 1000)
    for _ in follow(control, 5.0):
        pass
    before = control.cwnd
    control.on_ack(MSS, 1.0, 0.1)
    assert control.cwnd == before


def test_cubic_does_not_rise_while_nothing_is_sent():
    control = lost_at(Cubic, 100)
    round_trip(control, 0.0)
    control.on_idle()
    while control.cwnd < control.ssthresh:
        control.on_ack(2 * MSS, 3600.0, 0.1)
    before = control.cwnd
    round_trip(control, 3600.0)
    assert control.cwnd <= 1.1 * before, "an hour of silence is no reason for a burst"

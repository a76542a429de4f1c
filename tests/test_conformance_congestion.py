"""Congestion and loss: RFC 5681, 6582, 6675, 3042 and 6928; the other side takes segments of 1,000 bytes."""

import pytest
from stack_trace import OFFERS, any_isn, established

from tcpkit.stack.congestion import Cubic, Reno
from tcpkit.stack.settings import Pieces
from tcpkit.wire import MSS, NOP, SACK, SACKPermitted

WITH_SACK = (*OFFERS, SACKPermitted())
INITIAL = 10_000  # bytes: ten segments


def sending(isns, offers=OFFERS, size=100_000, **settings):
    """A connection that has sent its initial window: the numbers 1 to 10,001."""
    t = established(isns, offers=offers, **settings)
    t.us.send(bytes(size))
    assert t.texts() == segments(1, 10_001)
    return t


def segments(left, right):
    """Return full segments, as `texts` does."""
    return [(first, first + 1000) for first in range(left, right, 1000)]


def acks(t, ack, *blocks, times=1):
    """An ACK comes, or some, with a SACK if there are blocks."""
    wire = tuple(((t.iss + left) % 2**32, (t.iss + right) % 2**32) for left, right in blocks)
    for _ in range(times):
        t.comes(".", seq=1, ack=ack, options=(NOP(), NOP(), SACK(wire)) if blocks else ())
    return t


def cwnd(t):
    return t.us.snd.congestion.cwnd


# Slow start and congestion avoidance.


@any_isn
def test_initial_window(isns):
    sending(isns).silent()


@pytest.mark.parametrize(("mtu", "mss", "window"), [(1500, 1460, 14_600), (9000, 8960, 17_920), (576, 536, 5360)])
def test_initial_window_in_bytes(mtu, mss, window):
    t = established(offers=(MSS(mss),), mtu=mtu)
    assert cwnd(t) == window


@any_isn
def test_slow_start_doubles_each_round_trip(isns):
    t = sending(isns)
    for number in range(1, 11):
        acks(t, 1 + 1000 * number)
        assert cwnd(t) == INITIAL + 1000 * number
    assert len(t.texts()) == 20


@any_isn
def test_slow_start_counts_bytes(isns):
    """An ACK of a part of a segment counts for a part; one of many segments for two."""
    t = sending(isns)
    acks(t, 101)
    assert cwnd(t) == INITIAL + 100
    acks(t, 10_001)
    assert cwnd(t) == INITIAL + 100 + 2000


@any_isn
def test_congestion_avoidance_adds_a_segment_each_round_trip(isns):
    t = sending(isns)
    t.us.snd.congestion.ssthresh = INITIAL
    for number in range(1, 10):
        acks(t, 1 + 1000 * number)
        assert cwnd(t) == INITIAL
    acks(t, 10_001)
    assert cwnd(t) == INITIAL + 1000


@any_isn
def test_window_that_is_not_used_does_not_grow(isns):
    t = established(isns)
    for number in range(50):
        t.us.send(bytes(100))
        t.poll()
        t.unseen.clear()
        acks(t, 101 + 100 * number)
    assert cwnd(t) == INITIAL


@any_isn
def test_window_is_forgotten_after_an_idle_time(isns):
    t = sending(isns, size=30_000)
    for ack in range(1001, 30_002, 1000):
        acks(t, ack).poll()
    t.unseen.clear()
    assert cwnd(t) > 2 * INITIAL
    t.after(0.5)
    t.us.send(bytes(30_000))
    assert len(t.texts()) > 20  # too short an idle time
    while t.us.snd.una < t.us.snd.end:
        acks(t, t.us.snd.nxt - t.us.snd.iss).poll()
    t.unseen.clear()
    t.after(t.us.snd.rto.timeout_s + 0.1)
    t.us.send(bytes(30_000))
    assert len(t.texts()) == 10


# Timeouts.


@any_isn
def test_timeout_begins_again_with_one_segment(isns):
    t = sending(isns)
    t.at_deadline()
    assert t.texts() == [(1, 1001)]
    assert (cwnd(t), t.us.snd.congestion.ssthresh) == (1000, 5000)
    acks(t, 1001)
    assert t.texts() == segments(1001, 3001)
    acks(t, 3001)  # of two segments: it counts for one (RFC 3465, 2.3)
    assert t.texts() == segments(3001, 6001)


@any_isn
def test_second_timeout_of_the_same_data_does_not_halve_again(isns):
    t = sending(isns)
    for _ in range(3):
        t.at_deadline()
        assert t.texts() == [(1, 1001)]
    assert t.us.snd.congestion.ssthresh == 5000


@any_isn
def test_after_a_timeout_what_arrived_is_not_sent_again(isns):
    """An ACK of all that waits at the other side jumps over it."""
    t = sending(isns)
    t.at_deadline()
    assert t.texts() == [(1, 1001)]
    acks(t, 10_001)
    assert t.texts()[0] == (10_001, 11_001)


@any_isn
def test_timeout_takes_back_what_was_sacked(isns):
    """Who has told a range may drop it (RFC 2018, 8)."""
    t = sending(isns, WITH_SACK)
    acks(t, 1, (2001, 3001))
    t.poll()
    t.unseen.clear()
    t.at_deadline()
    sent = t.texts()
    for ack in (1001, 2001, 3001):
        acks(t, ack)
        sent += t.texts()
    assert (2001, 3001) in sent


# Fast retransmit and fast recovery, without SACK (RFC 5681, 3.2; RFC 6582).


@any_isn
def test_third_duplicate_ack_sends_what_is_missing(isns):
    t = sending(isns)
    acks(t, 1)
    assert t.texts() == [(10_001, 11_001)]  # limited transmit: something new for each that left the network
    acks(t, 1)
    assert t.texts() == [(11_001, 12_001)]
    acks(t, 1)
    assert t.texts()[0] == (1, 1001)


@any_isn
def test_fast_recovery_halves_the_window(isns):
    t = sending(isns)
    for _ in range(3):
        acks(t, 1)
    assert t.texts() == [(1, 1001)]
    assert (cwnd(t), t.us.snd.congestion.ssthresh) == (5000, 5000)
    acks(t, 1, times=3)  # three and three have arrived of ten, and one was sent again
    assert t.texts() == [(10_001, 11_001)]
    acks(t, 1)
    assert t.texts() == [(11_001, 12_001)]
    acks(t, 10_001)
    assert t.texts() == segments(12_001, 15_001)
    assert cwnd(t) == 5000
    assert not t.us.snd.scoreboard.is_recovering


@any_isn
def test_loss_halves_what_was_under_way_however_many_acks_come_at_once(isns):
    """What ACKs make room for would have been sent between them: ten segments would be under way, not five."""
    t = sending(isns)
    for ack in range(1001, 6001, 1000):
        acks(t, ack)
    acks(t, 5001, times=3)
    assert (cwnd(t), t.us.snd.congestion.ssthresh) == (5000, 5000)


@any_isn
@pytest.mark.parametrize("offers", [OFFERS, WITH_SACK], ids=["plain", "SACK"])
def test_limited_transmit_does_not_count_as_under_way(isns, offers):
    """Half of the window is left, not half of what the first two duplicates let out beyond it."""
    t = sending(isns, offers)
    for right in (2001, 3001, 4001):
        acks(t, 1, *[(1001, right)] * (offers is WITH_SACK)).poll()
    assert (cwnd(t), t.us.snd.congestion.ssthresh) == (5000, 5000)


@any_isn
def test_limited_transmit_sends_two_segments(isns):
    """However many duplicates come that begin no recovery (RFC 3042, 2)."""
    t = sending(isns, size=10_000)
    t.at_deadline()
    t.texts()
    acks(t, 10_001)
    t.us.send(bytes(20_000))
    t.texts()
    acks(t, 10_001, times=10).poll()
    assert t.us.snd.flight == cwnd(t) + 2000


@any_isn
def test_duplicate_acks_at_recover_begin_no_recovery(isns):
    """Copies that were not needed made them, be it after a timeout or after a fast recovery (RFC 6582, 3.2)."""
    for times_out in (True, False):
        t = sending(isns, size=10_000)
        if times_out:
            t.at_deadline()
        else:
            acks(t, 1, times=3)
        t.poll()
        acks(t, 10_001)
        t.us.send(bytes(4000))
        t.texts()
        was = t.us.snd.congestion.ssthresh
        acks(t, 10_001, times=5)
        assert (10_001, 11_001) not in t.texts()
        assert t.us.snd.congestion.ssthresh == was
        acks(t, 11_001)  # of something new: from here on they count
        acks(t, 11_001, times=3)
        assert t.texts()[0] == (11_001, 12_001)


@any_isn
@pytest.mark.parametrize("kind", [Reno, Cubic])
def test_slow_start_after_a_timeout_adds_one_segment_for_an_ack(isns, kind):
    """The ACK jumps over what arrived before: that has not left the network now (RFC 3465, 2.3)."""
    t = sending(isns, pieces=Pieces(congestion=kind))
    t.at_deadline()
    t.texts()
    acks(t, 3001)
    assert cwnd(t) == 2000
    while t.us.snd.una < t.us.snd.end:
        acks(t, t.us.snd.nxt - t.us.snd.iss).poll()
    t.after(100)
    t.us.snd.congestion.ssthresh = 100_000
    t.us.send(bytes(100_000))
    t.poll()
    was = cwnd(t)
    acks(t, 110_001 - 7000)  # after an idle time, a slow start like the first
    assert cwnd(t) == was + 2000


@any_isn
def test_partial_ack_sends_the_next_that_is_missing(isns):
    t = sending(isns)
    acks(t, 1, times=6)
    assert t.texts()[0] == (1, 1001)
    acks(t, 4001)
    assert t.texts()[0] == (4001, 5001)
    acks(t, 7001)
    assert t.texts()[0] == (7001, 8001)
    assert t.us.snd.congestion.ssthresh == 5000
    acks(t, 10_001)
    assert not t.us.snd.scoreboard.is_recovering


@any_isn
def test_partial_ack_sends_at_once(isns):
    """However full the network seems."""
    t = sending(isns)
    acks(t, 1, times=3)
    assert t.texts() == [(1, 1001)]
    acks(t, 2001)
    assert t.texts()[0] == (2001, 3001)


@any_isn
def test_duplicate_acks_after_a_recovery_count_from_zero(isns):
    """Packets that came twice made more duplicate ACKs than there were segments."""
    t = sending(isns)
    acks(t, 1, times=15)
    t.texts()
    acks(t, 11_001)
    assert not t.us.snd.scoreboard.is_recovering
    acks(t, 11_001, times=2)
    assert (11_001, 12_001) not in t.texts()
    acks(t, 11_001)
    assert t.texts()[0] == (11_001, 12_001)


@any_isn
def test_timeout_in_a_recovery(isns):
    t = sending(isns)
    acks(t, 1, times=3)
    t.texts()
    t.at_deadline()
    assert t.texts() == [(1, 1001)]
    assert cwnd(t) == 1000


@any_isn
def test_duplicate_acks_of_before_a_timeout_begin_no_recovery(isns):
    """They tell of what was sent before it (RFC 6582, 4)."""
    t = sending(isns)
    t.at_deadline()
    assert t.texts() == [(1, 1001)]
    acks(t, 1, times=5)
    assert (1, 1001) not in t.texts()
    assert t.us.snd.congestion.ssthresh == 5000


@any_isn
@pytest.mark.parametrize(
    "other",
    [
        {"data": b"x"},  # data that the other side sends
        {"window": 40_000},  # a new window
        {"flags": "F."},
    ],
    ids=str,
)
def test_what_is_no_duplicate_ack(isns, other):
    t = sending(isns)
    acks(t, 1, times=2)
    t.texts()
    t.comes(other.get("flags", "."), seq=1, ack=1, data=other.get("data", b""), window=other.get("window", 65_535))
    assert (1, 1001) not in t.texts()


@any_isn
def test_acks_are_no_duplicates_when_nothing_is_under_way(isns):
    t = established(isns)
    acks(t, 1, times=5)
    t.us.send(bytes(3000))
    assert t.texts() == segments(1, 3001)
    acks(t, 1, times=2).silent()


# With SACK (RFC 6675).


@any_isn
def test_three_ranges_beyond_make_it_lost(isns):
    t = sending(isns, WITH_SACK)
    acks(t, 1, (1001, 1501))
    acks(t, 1, (2001, 2501), (1001, 1501))
    assert (1, 1001) not in t.texts()
    acks(t, 1, (3001, 3501), (2001, 2501), (1001, 1501))
    assert t.texts()[0] == (1, 1001)


@any_isn
def test_two_segments_and_a_byte_beyond_make_it_lost(isns):
    t = sending(isns, WITH_SACK)
    acks(t, 1, (2001, 4001))
    assert (1, 1001) not in t.texts()
    acks(t, 1, (2001, 4002))
    assert t.texts()[0] == (1, 1001)
    assert t.us.snd.congestion.ssthresh == 5000


@any_isn
def test_all_gaps_are_filled_in_one_round_trip(isns):
    """Only what is missing goes again, and each once."""
    t = sending(isns, WITH_SACK, size=10_000)
    sent = []
    for right in range(2001, 10_002, 1000):
        holes = [(2001, 3001), (4001, 6001)]
        arrived = [(max(1001, left), min(top, right)) for left, top in ((1001, 2001), (3001, 4001), (6001, 10_001))]
        acks(t, 1, *[(left, top) for left, top in arrived if left < top])
        sent += t.texts()
    again = [each for each in sent if each[0] < 10_001]
    assert again == [(1, 1001), *holes[:1], *segments(4001, 6001)]


@any_isn
def test_pipe_is_what_is_under_way(isns):
    """Not what was sacked, not what is lost, but what was sent again."""
    t = sending(isns, WITH_SACK)
    board = t.us.snd.scoreboard
    una, nxt = t.us.snd.una, t.us.snd.nxt
    assert board.pipe(una, nxt) == 10_000
    acks(t, 1, (1001, 3001))
    assert board.pipe(una, nxt) == 8000
    assert sending(isns, WITH_SACK).us.snd.scoreboard.pipe(una, nxt) == 10_000
    last = acks(sending(isns, WITH_SACK), 1, (9001, 10_001))
    assert last.us.snd.scoreboard.pipe(una, nxt) == 9000
    acks(t, 1, (1001, 4001))
    assert board.pipe(una, nxt) == 6000  # the first is lost
    assert t.texts() == [(1, 1001)]
    assert board.pipe(una, nxt) == 7000


@any_isn
def test_recovery_keeps_to_the_window(isns):
    """But for the first that is missing, which goes at once."""
    t = sending(isns, WITH_SACK)
    snd = t.us.snd
    for right in range(1501, 10_002, 500):
        acks(t, 1, (1001, right))
        before = snd.scoreboard.pipe(snd.una, snd.nxt)
        first = 1000 * ((1, 1001) in t.texts())
        assert snd.scoreboard.pipe(snd.una, snd.nxt) <= max(cwnd(t), before + first)
    assert cwnd(t) == snd.congestion.ssthresh


@any_isn
def test_one_recovery_a_window(isns):
    t = sending(isns, WITH_SACK)
    acks(t, 1, (1001, 5001))
    t.texts()
    halved = t.us.snd.congestion.ssthresh
    acks(t, 1, (1001, 5001), (6001, 10_001))
    t.texts()
    acks(t, 5001, (6001, 10_001))
    t.texts()
    assert t.us.snd.congestion.ssthresh == halved
    acks(t, 10_001)
    assert not t.us.snd.scoreboard.is_recovering


@any_isn
@pytest.mark.parametrize(
    "block",
    [(-5000, -1000), (50_001, 60_001), (9001, 12_001), (5001, 4001), (3001, 3001), (1, 2**31), (1, 5001)],
    ids=["old", "never sent", "half never sent", "turned round", "empty", "all and more", "what the ACK misses"],
)
def test_sack_that_cannot_be_is_ignored(isns, block):
    t = sending(isns, WITH_SACK)
    acks(t, 1, block, times=5).silent()
    assert t.us.snd.scoreboard.pipe(t.us.snd.una, t.us.snd.nxt) == 10_000


@any_isn
def test_sack_is_ignored_unless_agreed_on(isns):
    t = sending(isns)
    t.comes(
        ".",
        seq=1,
        ack=1,
        window=60_000,
        options=(NOP(), NOP(), SACK((((t.iss + 1001) % 2**32, (t.iss + 9001) % 2**32),))),
    )
    t.silent()


@any_isn
def test_recovery_with_nothing_new_sends_what_may_be_lost(isns):
    """A hole below the highest SACK, though too little has arrived beyond it to say so (RFC 6675, 4, NextSeg 3)."""
    t = sending(isns, WITH_SACK, size=10_000)
    for right in (2001, 3001, 4001):
        acks(t, 1, (1001, right))
    assert t.texts() == [(1, 1001)]
    acks(t, 5001, (8001, 9001))
    assert t.texts() == [(5001, 6001)]  # 4,000 are under way, and 5,000 may be
    acks(t, 6001, (8001, 9001))
    assert t.texts() == [(6001, 7001), (7001, 8001)]
    acks(t, 9001)
    t.silent()  # what was sent last may be under way still


@any_isn
def test_new_data_goes_before_what_may_be_lost(isns):
    t = sending(isns, WITH_SACK, size=20_000)
    for right in (2001, 3001, 4001):
        acks(t, 1, (1001, right))
    t.texts()
    acks(t, 10_001 - 5000, (8001, 9001))
    assert t.texts() == [(10_001, 11_001)]


@any_isn
def test_recovery_sends_only_where_a_segment_fits(isns):
    """RFC 6675, 5, step C: what is under way grows to the window, and not beyond it."""
    t = sending(isns, WITH_SACK, size=10_000)
    t.us.close()
    t.poll()  # the FIN's number makes what is under way no whole segments
    snd = t.us.snd
    for right in (5001, 6001, 7001, 7501):
        acks(t, 1, (4001, right)).poll()
        assert snd.scoreboard.pipe(snd.una, snd.nxt) <= cwnd(t)


# CUBIC instead (RFC 9438).


@any_isn
def test_cubic_keeps_seven_tenths(isns):
    t = sending(isns, WITH_SACK, pieces=Pieces(congestion=Cubic))
    acks(t, 1, (1001, 4001))
    t.texts()
    assert (cwnd(t), t.us.snd.congestion.ssthresh) == (7000, 7000)

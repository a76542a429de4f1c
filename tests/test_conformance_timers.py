"""Timers: RFC 6298; RFC 9293, 3.8.1, 3.8.3 and 3.8.4; RFC 7323, 4 and 5."""

import pytest
from stack_trace import OFFERS, any_isn, close_wait, closed, established, fin_wait_2, syn_received, syn_sent, time_wait

from tcpkit.stack.settings import Settings
from tcpkit.wire import NOP, Timestamps

STAMPED = (*OFFERS, Timestamps(500, 0))


def stamp(value, echo=0):
    return NOP(), NOP(), Timestamps(value, echo)


def write(t, size=100):
    """Send data that begins a flight; return the first number."""
    first = t.us.snd.nxt - t.us.snd.iss
    t.us.send(bytes(size))
    t.goes("P.", seq=first)
    return first


# The retransmission timeout (RFC 6298).


@any_isn
def test_first_timeout_is_a_second(isns):
    assert established(isns).us.snd.rto.timeout_s == 1.0
    t = syn_sent(isns)
    assert t.at_deadline() == 1.0


@any_isn
def test_timeout_follows_the_round_trips(isns):
    """SRTT + 4 RTTVAR, by the RFC's own weights."""
    t = syn_sent(isns, rto_min_s=0.0)
    t.after(0.2).comes("S.", seq=0, ack=1, options=OFFERS)
    t.goes(".")
    rto = t.us.snd.rto
    assert rto.timeout_s == pytest.approx(0.2 + 4 * 0.1)
    write(t)
    t.after(0.3).comes(".", seq=1, ack=101)
    rttvar = 0.75 * 0.1 + 0.25 * 0.1
    assert (rto.srtt_s, rto.rttvar_s) == (pytest.approx(0.875 * 0.2 + 0.125 * 0.3), pytest.approx(rttvar))
    assert rto.timeout_s == pytest.approx(0.2125 + 4 * rttvar)


@any_isn
@pytest.mark.parametrize(("minimum_s", "timeout_s"), [(1.0, 1.0), (0.2, 0.2), (3.0, 3.0)])
def test_timeout_has_a_minimum(isns, minimum_s, timeout_s):
    t = established(isns, rto_min_s=minimum_s)
    write(t)
    t.after(0.001).comes(".", seq=1, ack=101)
    write(t)
    assert t.at_deadline() == pytest.approx(timeout_s)


@any_isn
def test_timeout_doubles(isns):
    """The same data again and again, up to a maximum."""
    t = established(isns, give_up_s=1000.0)
    write(t)
    waits = []
    for _ in range(9):
        waits.append(t.at_deadline())
        t.goes("P.", seq=1)
        t.silent()
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


@any_isn
def test_timer_is_off_when_all_is_acknowledged(isns):
    t = established(isns)
    write(t)
    t.comes(".", seq=1, ack=101).silent()
    assert t.us.next_deadline() is None


@any_isn
def test_timer_restarts_with_each_ack_of_new_data(isns):
    t = established(isns)
    t.us.send(bytes(3000))
    t.poll()
    t.after(0.9).comes(".", seq=1, ack=1001)
    assert t.us.next_deadline() == pytest.approx(t.now + t.us.snd.rto.timeout_s)
    t.after(0.9).comes(".", seq=1, ack=1001)  # nothing new: it goes on
    assert t.us.next_deadline() < t.now + t.us.snd.rto.timeout_s


@any_isn
def test_karn_takes_no_time_from_what_was_sent_twice(isns):
    t = established(isns)
    before = t.us.snd.rto.srtt_s
    write(t)
    t.at_deadline()
    t.goes("P.", seq=1)
    t.after(0.01).comes(".", seq=1, ack=101)
    assert t.us.snd.rto.srtt_s == before
    assert t.us.snd.rto.timeout_s == 2.0  # stays backed off until a round trip is seen
    write(t)
    t.after(0.01).comes(".", seq=1, ack=201)
    assert t.us.snd.rto.srtt_s != before
    assert t.us.snd.rto.timeout_s == 1.0


@any_isn
def test_karn_takes_no_time_from_data_behind_what_was_sent_twice(isns):
    """Its ACK waited for the gap to be filled."""
    t = established(isns)
    t.us.send(bytes(5000))
    t.poll()
    before = t.us.snd.rto.srtt_s
    for _ in range(3):
        t.comes(".", seq=1, ack=1)
    t.unseen.clear()
    t.goes(".", seq=1)
    t.after(0.5).comes(".", seq=1, ack=5001)
    assert t.us.snd.rto.srtt_s == before


@any_isn
def test_syn_sent_twice_makes_the_first_timeout_3_s(isns):
    t = syn_sent(isns)
    t.at_deadline()
    t.goes("S")
    t.comes("S.", seq=0, ack=1)
    t.goes(".")
    write(t)
    assert t.at_deadline() == 3.0


@any_isn
@pytest.mark.parametrize("offers", [OFFERS, STAMPED], ids=["plain", "timestamps"])
def test_after_a_lost_syn_or_its_answer_one_segment_goes_first(isns, offers):
    t = syn_sent(isns)
    t.at_deadline()
    again = t.goes("S")
    echo = [Timestamps(500, option.value) for option in again.options if isinstance(option, Timestamps)]
    t.after(0.1).comes("S.", seq=0, ack=1, options=(*OFFERS, *echo) if offers is STAMPED else OFFERS)
    t.goes(".")
    t.us.send(bytes(5000))
    t.goes(".", seq=1)
    t.silent()
    assert t.us.snd.rto.timeout_s == 3.0
    t = syn_received(isns)
    t.at_deadline()
    t.goes("S.")
    t.comes(".", seq=1, ack=1)
    t.us.send(bytes(5000))
    t.goes(".", seq=1)
    t.silent()


# Giving up (R2).


@any_isn
def test_syn_is_given_up_after_three_minutes(isns):
    t = syn_sent(isns)
    began, syns = t.now, 1
    while t.state == "SYN-SENT":
        t.at_deadline()
        t.poll()
        syns += len(t.unseen)
        t.unseen.clear()
    assert 180 <= t.now - began <= 240
    assert syns == 8
    assert isinstance(t.us.error, TimeoutError)
    assert t.us.next_deadline() is None


@any_isn
def test_syn_ack_is_given_up(isns):
    t = syn_received(isns)
    began = t.now
    while t.state == "SYN-RECEIVED":
        t.at_deadline()
        t.poll()
    assert 180 <= t.now - began <= 240


@any_isn
@pytest.mark.parametrize("builder", [established, close_wait])
def test_data_is_given_up_after_100_s(isns, builder):
    t = builder(isns)
    write(t)
    began, copies = t.now, 0
    while t.state != "CLOSED":
        t.at_deadline()
        t.poll()
        copies += len(t.unseen)
        t.unseen.clear()
    assert 100 <= t.now - began <= 160
    assert copies >= 3
    with pytest.raises(TimeoutError, match="not answered for 100 s"):
        t.us.send(b"x")


@any_isn
def test_trouble_is_seen_before_the_end(isns):
    """How often data went in vain can be asked for (R1 is 3)."""
    t = established(isns)
    write(t)
    for times in (1, 2, 3):
        t.at_deadline()
        t.goes("P.", seq=1)
        assert t.us.retransmissions == times
    t.comes(".", seq=1, ack=101)
    assert t.us.retransmissions == 0
    t = syn_sent(isns)
    t.at_deadline()
    t.goes("S")
    assert t.us.retransmissions == 1


@any_isn
def test_patience_is_the_users_to_set(isns):
    t = established(isns, give_up_s=10.0)
    write(t)
    t.after(10).silent()
    assert t.state == "CLOSED"
    t = established(isns, give_up_s=float("inf"))
    write(t)
    for _ in range(100):
        t.at_deadline()
        t.goes("P.", seq=1)
    assert t.state == "ESTABLISHED"


@any_isn
@pytest.mark.parametrize("patience_s", [0.5, 10.0, 100.0])
def test_patience_ends_to_the_second(isns, patience_s):
    """Whatever timer would be next: of data, a SYN, a probe, or a keep-alive."""
    data, probe = established(isns, give_up_s=patience_s), established(isns, window=0, give_up_s=patience_s)
    silent = established(isns, keep_alive_s=7200.0, give_up_s=patience_s)
    probe.us.send(b"x")
    write(data)
    for t in (probe, silent):  # asks for the first time
        t.silent().at_deadline()
        t.goes(".")
    for t in (
        data,
        probe,
        silent,
        syn_sent(isns, give_up_open_s=patience_s),
        syn_received(isns, give_up_open_s=patience_s),
    ):
        began = t.now
        while t.state != "CLOSED":
            t.at_deadline()
            t.poll()
        assert t.now - began == pytest.approx(patience_s)
        assert isinstance(t.us.error, TimeoutError)


@any_isn
def test_patience_begins_anew_with_each_answer(isns):
    """Of a window that stays closed for long, and of probes that are further apart than we are patient."""
    t = established(isns, window=0, give_up_s=10.0)
    t.us.send(b"x")
    t.silent()
    for _ in range(20):
        t.at_deadline()
        t.goes(".", seq=1)
        t.after(0.5).comes(".", seq=1, ack=1, window=0)
        t.silent()
    assert t.state == "ESTABLISHED"


@any_isn
def test_data_that_is_never_acknowledged_is_given_up_whatever_else_comes(isns):
    """The other side goes on sending, but ours does not arrive."""
    t = established(isns)
    write(t)
    began = t.now
    for number in range(1000):
        t.after(1).comes("P.", seq=1 + number, ack=1, data=b"x")
        t.us.recv()
        t.poll()
        if t.state == "CLOSED":
            break
    assert 100 <= t.now - began <= 160


@any_isn
def test_data_that_moves_slowly_is_not_given_up(isns):
    t = established(isns)
    t.us.send(bytes(10_000))
    for number in range(1, 10):
        t.after(90).poll()
        t.comes(".", seq=1, ack=1 + 1000 * number)
    assert t.state == "ESTABLISHED"


@any_isn
def test_lost_fin_is_given_up(isns):
    t = established(isns)
    t.us.close()
    while t.state != "CLOSED":
        t.poll()
        t.at_deadline()
        t.poll()
    assert isinstance(t.us.error, TimeoutError)


# Keep-alive.


@any_isn
def test_keep_alive_is_off(isns):
    t = established(isns)
    t.after(10**7).silent()
    assert (t.us.next_deadline(), t.state) == (None, "ESTABLISHED")
    assert Settings().keep_alive_s is None


@any_isn
@pytest.mark.parametrize("interval_s", [7200.0, 30.0])
def test_keep_alive_asks_after_a_silence(isns, interval_s):
    """An old number and no data: a side that is there answers."""
    t = established(isns, keep_alive_s=interval_s)
    t.silent()
    for _ in range(5):
        assert t.at_deadline() == interval_s
        t.goes(".", seq=0, ack=1, data=b"")
        t.silent()
        t.comes(".", seq=1, ack=1)
        t.silent()


@any_isn
def test_keep_alive_waits_anew_when_something_comes(isns):
    t = established(isns, keep_alive_s=7200.0)
    t.after(7000)
    t.comes("P.", seq=1, ack=1, data=b"x").poll().after(1).poll()
    t.unseen.clear()
    assert t.at_deadline() == 7199


@any_isn
def test_keep_alive_does_not_ask_while_data_is_under_way(isns):
    t = established(isns, keep_alive_s=5.0)
    t.silent().after(4.5)
    write(t)
    for quarters in range(1, 80):
        t.after(0.25).poll()
        assert len(t.unseen) == (quarters in (4, 12, 28, 60)), quarters  # the data, once more
        t.unseen.clear()


@any_isn
def test_keep_alive_does_not_take_one_lost_answer_for_the_end(isns):
    t = established(isns, keep_alive_s=7200.0)
    t.silent().at_deadline()
    t.goes(".", seq=0)
    assert t.at_deadline() == 75
    t.goes(".", seq=0)  # asked again
    t.comes(".", seq=1, ack=1).silent()
    assert t.at_deadline() == 7200
    assert t.state == "ESTABLISHED"


@any_isn
def test_keep_alive_ends_what_is_dead(isns):
    t = established(isns, keep_alive_s=7200.0)
    asked, began = 0, t.now
    while t.state == "ESTABLISHED":
        t.poll()
        asked += len(t.unseen)
        if t.state == "ESTABLISHED":
            t.unseen.clear()
            t.at_deadline()
    assert asked >= 2
    assert not t.unseen
    assert 7300 <= t.now - began <= 7500
    assert isinstance(t.us.error, TimeoutError)


@any_isn
def test_keep_alive_of_the_other_side_is_answered(isns):
    t = established(isns)
    t.comes("P.", seq=1, ack=1, data=b"x").poll().after(1).poll()
    t.unseen.clear()
    for data in (b"", b"?"):  # without and with a byte of nothing
        t.comes(".", seq=1, ack=1, data=data)
        t.goes(".", seq=1, ack=2)
    assert t.us.recv() == b"x"


@any_isn
def test_keep_alive_works_when_half_closed(isns):
    t = fin_wait_2(isns, keep_alive_s=7200.0)
    t.silent().at_deadline()
    t.goes(".", seq=1)


# Timestamps (RFC 7323).


@any_isn
def test_timestamps_echo_what_came(isns):
    t = established(isns, offers=STAMPED)
    t.us.send(b"x")
    assert t.goes("P.").options[-1] == Timestamps(int(t.now * 1000), 500)
    t.after(0.5).comes("P.", seq=1, ack=2, data=b"y", options=stamp(900, int(t.now * 1000))).after(0.5)
    assert t.goes(".").options[-1] == Timestamps(int(t.now * 1000), 900)


@any_isn
def test_timestamp_of_the_end_of_a_handshake_is_echoed(isns):
    t = syn_received(isns, offers=STAMPED)
    t.comes(".", seq=1, ack=1, options=stamp(600))
    t.us.send(b"x")
    assert t.goes("P.").options[2].echo == 600


@any_isn
def test_timestamp_to_echo_is_of_the_segment_that_comes_next(isns):
    """Not of one out of order: the echo would hide how long the gap took (RFC 7323, 4.3)."""
    t = established(isns, offers=STAMPED)
    t.comes(".", seq=11, ack=1, data=bytes(10), options=stamp(700))
    assert t.goes(".", ack=1).options[2].echo == 500
    t.comes(".", seq=1, ack=1, data=bytes(10), options=stamp(800))
    assert t.goes(".", ack=21).options[2].echo == 800


@any_isn
def test_timestamp_to_echo_moves_with_the_data(isns):
    t = established(isns, offers=STAMPED)
    for number in range(4):
        t.comes("P.", seq=1 + 10 * number, ack=1, data=bytes(10), options=stamp(600 + number)).after(1)
        assert t.goes(".", ack=11 + 10 * number).options[2].echo == 600 + number


@any_isn
def test_delayed_ack_echoes_the_earliest(isns):
    """The time that the ACK waited is part of the round trip."""
    t = established(isns, offers=STAMPED)
    t.comes(".", seq=1, ack=1, data=bytes(10), options=stamp(700))
    t.comes(".", seq=11, ack=1, data=bytes(10), options=stamp(800)).after(1)
    assert t.goes(".", ack=21).options[2].echo == 700


@any_isn
def test_round_trip_by_timestamps(isns):
    """Also of what was sent twice: the echo says which copy arrived."""
    t = established(isns, offers=STAMPED)
    assert t.us.snd.rto.srtt_s == 0.0
    t.us.send(b"x")
    t.goes("P.")
    t.at_deadline()
    sent_at = int(t.goes("P.").options[2].value)
    t.after(0.25).comes(".", seq=1, ack=2, options=stamp(900, sent_at))
    assert t.us.snd.rto.srtt_s == pytest.approx(0.25 / 8, abs=0.001)


@any_isn
def test_no_round_trip_from_an_echo_older_than_the_timeout(isns):
    """Our data arrived at once, its ACK was lost: the copy's ACK brings the first one's echo."""
    t = established(isns, offers=STAMPED)
    t.us.send(b"x")
    sent_at = int(t.goes("P.").options[2].value)
    t.at_deadline()
    again_at = int(t.goes("P.").options[2].value)
    t.after(0.01).comes(".", seq=1, ack=2, options=stamp(900, sent_at))
    assert t.us.snd.rto.srtt_s == 0.0
    assert t.us.snd.rto.timeout_s == 2.0  # stays backed off until a round trip is seen
    assert again_at - sent_at == 1000
    t.us.send(b"y")
    fresh_at = int(t.goes("P.").options[2].value)
    t.after(0.01).comes(".", seq=1, ack=3, options=stamp(901, fresh_at))
    assert t.us.snd.rto.timeout_s == 1.0


@any_isn
def test_round_trip_is_of_the_data_that_was_timed(isns):
    """Not ended by an ACK of what was sent before its last byte."""
    t = established(isns)
    t.us.send(bytes(1000))
    t.poll()
    t.after(0.25).comes(".", seq=1, ack=501)
    assert t.us.snd.rto.srtt_s == 0.0
    t.after(0.25).comes(".", seq=1, ack=1001)
    assert t.us.snd.rto.srtt_s == pytest.approx(0.5 / 8)


@any_isn
def test_timestamps_wrap(isns):
    """After 50 days of milliseconds; a round trip over that is right."""
    t = closed(isns)
    t.now = 2**32 / 1000 - 0.125
    t.us.dial(t.now)
    t.goes("S")
    t.comes("S.", seq=0, ack=1, options=STAMPED)
    t.goes(".")
    t.us.send(b"x")
    sent_at = t.goes("P.").options[2].value
    assert 2**32 - 126 <= sent_at < 2**32
    t.after(0.25).comes(".", seq=1, ack=2, options=stamp(900, sent_at))
    assert t.us.snd.rto.srtt_s == pytest.approx(0.25 / 8, abs=0.001)
    t.us.send(b"x")
    assert t.goes("P.").options[2].value in (124, 125)


@any_isn
def test_no_round_trip_without_news(isns):
    """Only an ACK of new data tells a time: an old echo on a lone segment does not (RFC 7323, 4.1)."""
    t = established(isns, offers=STAMPED)
    was = t.us.snd.rto.srtt_s
    t.after(50).comes("P.", seq=1, ack=1, data=b"x", options=stamp(900, 1))
    assert t.us.snd.rto.srtt_s == was


@any_isn
def test_paws_drops_what_is_older(isns):
    t = established(isns, offers=STAMPED)
    t.comes("P.", seq=1, ack=1, data=b"new", options=stamp(1000))
    t.poll()
    t.comes("P.", seq=4, ack=1, data=b"old", options=stamp(999))
    t.goes(".", ack=4)
    assert t.us.recv() == b"new"


@any_isn
def test_paws_where_timestamps_wrap(isns):
    t = established(isns, offers=(*OFFERS, Timestamps(2**32 - 10, 0)))
    t.comes("P.", seq=1, ack=1, data=b"a", options=stamp(5))
    t.comes("P.", seq=2, ack=1, data=b"b", options=stamp(2**32 - 5))
    assert t.us.recv() == b"a"


@any_isn
def test_paws_forgets_after_24_days(isns):
    """The other side's clock may have gone half round."""
    t = established(isns, offers=STAMPED)
    t.after(24 * 86_400 - 1)
    t.comes("P.", seq=1, ack=1, data=b"x", options=stamp(499))
    assert t.us.recv() == b""
    t.after(2)
    t.comes("P.", seq=1, ack=1, data=b"x", options=stamp(499))
    assert t.us.recv() == b"x"


@any_isn
def test_paws_does_not_stop_an_rst(isns):
    t = established(isns, offers=STAMPED)
    t.comes("R", seq=1, options=stamp(1))
    assert t.state == "CLOSED"


@any_isn
def test_rst_leaves_the_timestamp_to_echo(isns):
    """Whatever its number, and with data or without."""
    for seq, data in ((0, bytes(50)), (1, b"why"), (500, b""), (-1, b"")):
        t = established(isns, offers=STAMPED)
        t.comes("P.", seq=1, ack=1, data=b"x", options=stamp(2000)).after(1).poll()
        t.comes("R", seq=seq, data=data, options=stamp(7))
        assert t.us.ts_recent == 2000


@any_isn
@pytest.mark.parametrize("flags", [".", "S.", "S", ""], ids=["ACK", "SYN-ACK", "SYN", "no flag"])
def test_refused_segment_leaves_the_timestamp_to_echo(isns, flags):
    """Its number is right, its ACK is not: the honest data that follows must pass PAWS."""
    for ack in (99_999, 2, -70_000):
        t = established(isns, offers=STAMPED)
        t.comes(flags, seq=1, ack=ack if "." in flags else None, data=b"x", options=stamp(900_000)).poll()
        t.comes("P.", seq=1, ack=1, data=b"honest", options=stamp(501))
        assert t.us.recv() == b"honest"


@any_isn
def test_rst_needs_no_timestamp(isns):
    t = established(isns, offers=STAMPED)
    t.comes("R", seq=1)
    assert t.state == "CLOSED"


@any_isn
def test_segment_without_the_timestamp_agreed_on_is_dropped(isns):
    t = established(isns, offers=STAMPED)
    t.comes("P.", seq=1, ack=1, data=b"x").silent()
    assert t.us.unread == 0


@any_isn
def test_no_timestamps_unless_both_agreed(isns):
    t = established(isns)
    t.us.send(b"x")
    assert t.goes("P.").options == ()
    t = established(isns, offers=STAMPED, timestamps=False)
    t.us.send(b"x")
    assert t.goes("P.").options == ()
    t.comes(".", seq=1, ack=2, options=stamp(900, 1))
    assert t.us.snd.rto.srtt_s == 0.0


@any_isn
def test_timestamps_take_their_room_from_the_data(isns):
    t = established(isns, offers=STAMPED)
    t.us.send(bytes(2000))
    assert t.texts()[0] == (1, 989)


@any_isn
def test_time_wait_ends_with_time(isns):
    t = time_wait(isns, time_wait_s=240.0)
    assert t.at_deadline() == 240
    t.silent()
    assert t.state == "CLOSED"

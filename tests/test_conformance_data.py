"""Data: RFC 9293, 3.4, 3.7.4, 3.8.5, 3.8.6.3 and 3.10.7.4, from the ACK on; RFC 5961, 5; RFC 2018."""

import pytest
from stack_trace import (
    EVERY_STATE,
    EVERY_SYNCHRONIZED_STATE,
    RCV_NXT,
    SND_NXT,
    STATES,
    any_isn,
    close_wait,
    established,
    fin_wait_2,
    syn_sent,
)

from tcpkit.wire import MSS, NOP, SACK, SACKPermitted, Timestamps

FULL = 1460  # our MSS: the largest segment that we said we take


# The way in.


@any_isn
def test_data_is_delivered_and_acknowledged(isns):
    t = established(isns)
    t.comes("P.", seq=1, ack=1, data=b"hello").comes("P.", seq=6, ack=1, data=b" world")
    assert t.us.recv() == b"hello world"
    t.at_deadline()
    t.goes(".", seq=1, ack=12)
    t.silent()


@any_isn
def test_segments_out_of_order_wait(isns):
    t = established(isns)
    t.comes(".", seq=4, ack=1, data=b"def")
    t.goes(".", ack=1)  # at once: the other side must learn what is missing
    assert t.us.recv() == b""
    t.comes(".", seq=1, ack=1, data=b"abc")
    t.goes(".", ack=7)  # at once: the gap is filled
    assert t.us.recv() == b"abcdef"
    t.comes(".", seq=7, ack=1, data=b"ghi").silent()  # in order again: it may wait


@any_isn
def test_each_segment_out_of_order_is_answered(isns):
    """Also when they come together: three of these ACKs begin a fast retransmit."""
    t = established(isns)
    for number in range(1, 6):
        t.comes(".", seq=1 + 3 * number, ack=1, data=b"abc")
    for _ in range(5):
        t.goes(".", ack=1)
    t.silent()


@any_isn
def test_part_of_a_gap_filled_is_acknowledged_at_once(isns):
    t = established(isns)
    t.comes(".", seq=7, ack=1, data=b"ghi")
    t.goes(".", ack=1)
    t.comes(".", seq=1, ack=1, data=b"abc")
    t.goes(".", ack=4)


@any_isn
@pytest.mark.parametrize(
    ("seq", "data", "read"),
    [
        (-2, b"012abc", b"abc"),  # half of it came before
        (4, b"defgh", b""),  # ahead of what is missing
        (1, b"abcdefgh", b"abcdefgh"),  # over all
    ],
)
def test_only_what_is_new_is_taken(isns, seq, data, read):
    t = established(isns)
    t.comes(".", seq=seq, ack=1, data=data)
    assert t.us.recv() == read
    t.comes(".", seq=1, ack=1, data=b"abc")
    assert read + t.us.recv() == b"abcdefgh"[: t.us.rcv.nxt - t.us.rcv.irs - 1]


@any_isn
def test_what_overlaps_is_taken_once(isns):
    t = established(isns)
    t.comes("P.", seq=1, ack=1, data=b"abc")
    t.comes("P.", seq=2, ack=1, data=b"bcdef")  # begins in what was taken
    t.comes("P.", seq=6, ack=1, data=b"fgh")
    assert t.us.recv() == b"abcdefgh"


@any_isn
def test_data_that_comes_again_is_acknowledged_again(isns):
    """Its ACK may have been lost: each time, at once."""
    t = established(isns)
    t.comes("P.", seq=1, ack=1, data=b"abc").at_deadline()
    t.goes(".", ack=4)
    for _ in range(20):
        t.comes("P.", seq=1, ack=1, data=b"abc")
        t.goes(".", ack=4)
    t.silent()
    assert t.us.recv() == b"abc"


@any_isn
def test_data_beyond_the_window_is_not_taken(isns):
    t = established(isns, receive_buffer=10)
    t.comes(".", seq=1, ack=1, data=b"0123456789ABC")
    assert t.us.recv() == b"0123456789"
    t.goes(".", ack=11)
    t.us.send(b"ours")
    t.goes("P.", seq=1)
    t.comes(".", seq=40, ack=5, data=b"far")
    t.goes(".", ack=11)
    assert t.us.recv() == b""
    assert t.us.snd.una - t.us.snd.iss == 1  # nothing in it counts


@any_isn
def test_ack_from_the_edge_of_the_window_counts(isns):
    """The other side has filled the window, and what it sent is lost or under way."""
    t = established(isns, receive_buffer=10)
    t.us.send(b"ours")
    t.goes("P.", seq=1)
    t.comes(".", seq=11, ack=5)
    assert t.us.snd.una - t.us.snd.iss == 5


@any_isn
def test_acks_are_gathered(isns):
    """All that has come is looked at before one ACK goes out for it."""
    t = established(isns)
    for number in range(10):
        t.comes(".", seq=1 + number * FULL, ack=1, data=bytes(FULL))
    t.goes(".", ack=1 + 10 * FULL)
    t.silent()


@any_isn
def test_ack_of_every_second_full_segment(isns):
    t = established(isns)
    for number in range(0, 10, 2):
        t.comes(".", seq=1 + number * FULL, ack=1, data=bytes(FULL)).silent()
        t.comes(".", seq=1 + (number + 1) * FULL, ack=1, data=bytes(FULL))
        t.goes(".", ack=1 + (number + 2) * FULL)
        t.silent()


@any_isn
def test_reader_that_keeps_up_costs_no_more_acks(isns):
    """Each read makes room for a segment; the delayed ACK tells of it, while there is room for two more."""
    t = established(isns)
    for number in range(1, 9):
        t.comes(".", seq=1 + (number - 1) * FULL, ack=1, data=bytes(FULL))
        assert t.us.recv() == bytes(FULL)
        if number % 2 == 0:
            t.goes(".", ack=1 + number * FULL)
        t.silent()
    narrow = established(isns, receive_buffer=2 * FULL)
    narrow.comes(".", seq=1, ack=1, data=bytes(FULL)).us.recv()
    narrow.goes(".", ack=1 + FULL, window=2 * FULL)
    narrow.silent()


@any_isn
def test_ack_of_every_second_full_segment_with_timestamps(isns):
    """They leave less room for data: 12 bytes of each segment are theirs."""
    t = established(isns, offers=(MSS(1000), Timestamps(1, 0)))
    stamp = (NOP(), NOP(), Timestamps(1, 0))
    t.comes(".", seq=1, ack=1, data=bytes(FULL - 12), options=stamp).silent()
    t.comes(".", seq=1 + FULL - 12, ack=1, data=bytes(FULL - 12), options=stamp)
    t.goes(".", ack=1 + 2 * (FULL - 12))


@any_isn
def test_delayed_ack_goes_in_time(isns):
    t = established(isns)
    t.comes("P.", seq=1, ack=1, data=b"x").silent()
    assert 0 < t.us.next_deadline() - t.now < 0.5
    t.comes("P.", seq=2, ack=1, data=b"y")  # does not begin the wait anew
    t.after(0.5)
    t.goes(".", ack=3)
    t.silent()


@any_isn
def test_ack_rides_on_data(isns):
    t = established(isns)
    t.comes("P.", seq=1, ack=1, data=b"ping")
    t.us.send(b"pong")
    t.goes("P.", seq=1, ack=5, data=b"pong")
    t.silent()
    t.comes(".", seq=5, ack=5).after(1).silent()


@any_isn
def test_duplicate_ack_is_not_eaten_by_data(isns):
    """Data that goes at the same time is no duplicate ACK, and has no room for a SACK."""
    t = established(isns, offers=(MSS(1000), SACKPermitted()))
    t.comes(".", seq=4, ack=1, data=b"def")
    t.us.send(b"pong")
    t.goes("P.", seq=1, ack=1, data=b"pong")
    assert blocks(t.goes(".", ack=1), t) == [(4, 7)]
    t.silent()


@any_isn
@EVERY_SYNCHRONIZED_STATE
def test_segment_without_ack_is_dropped(isns, name):
    t = STATES[name](isns)
    t.comes("P", seq=RCV_NXT.get(name, 1), data=b"x").silent()
    assert (t.state, t.us.unread) == (name, 0)


@any_isn
@pytest.mark.parametrize("name", ["CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT"])
def test_data_behind_a_fin_is_not_taken(isns, name):
    t = STATES[name](isns)
    t.comes("P.", seq=2, ack=1, data=b"more")
    t.goes(".", ack=2)
    assert (t.state, t.us.unread) == (name, 0)


# ACKs.


@any_isn
@EVERY_STATE
def test_ack_of_what_was_never_sent(isns, name):
    """It acknowledges nothing: no state moves by it. A connection that is not yet open resets it."""
    t = STATES[name](isns)
    t.comes("P.", seq=RCV_NXT.get(name, 1), ack=10_000, data=b"x")
    if name in ("CLOSED", "LISTEN"):
        t.silent()
    elif name in ("SYN-SENT", "SYN-RECEIVED"):
        t.goes("R", seq=10_000)
    else:
        t.goes(".", seq=SND_NXT.get(name, 1), ack=RCV_NXT.get(name, 1))
    t.silent()
    assert (t.state, t.us.unread) == (name, 0)


@any_isn
@pytest.mark.parametrize(("ack", "is_taken"), [(-500, True), (-501, False), (-70_000, False)])
def test_data_with_an_ack_too_old(isns, ack, is_taken):
    """Blind data: who does not know our numbers guesses an ACK outside of the largest window seen."""
    t = established(isns, window=500)
    t.comes("P.", seq=1, ack=1 + ack, window=500, data=b"forged")
    assert (t.us.recv() == b"forged") is is_taken
    if not is_taken:
        t.goes(".", seq=1, ack=1)
        t.silent()


@any_isn
def test_old_ack_moves_nothing(isns):
    t = established(isns)
    t.us.send(bytes(3000))
    t.poll()
    t.comes(".", seq=1, ack=2001).comes(".", seq=1, ack=1001)
    assert t.us.snd.una - t.us.snd.iss == 2001


# The way out.


@any_isn
def test_push_marks_the_last_of_what_was_written(isns):
    t = established(isns)
    t.us.send(bytes(2500))
    t.goes(".", seq=1, data=bytes(1000))
    t.goes(".", seq=1001, data=bytes(1000))
    t.comes(".", seq=1, ack=2001)
    t.goes("P.", seq=2001, data=bytes(500))


@any_isn
def test_small_writes_are_put_together(isns):
    """Segments as large as may be, not one a write."""
    t = established(isns)
    for _ in range(30):
        t.us.send(bytes(100))
    assert t.texts() == [(1, 1001), (1001, 2001), (2001, 3001)]


@any_isn
def test_nagle_waits_while_data_is_under_way(isns):
    t = established(isns)
    t.us.send(b"a")
    t.goes("P.", seq=1, data=b"a")
    t.us.send(b"b")
    t.us.send(b"c")
    t.silent()
    t.comes(".", seq=1, ack=2)
    t.goes("P.", seq=2, data=b"bc")


@any_isn
def test_nagle_lets_full_segments_go(isns):
    t = established(isns)
    t.us.send(b"a")
    t.poll()
    t.us.send(bytes(1500))
    assert t.texts() == [(1, 2), (2, 1002)]


@any_isn
def test_nagle_can_be_switched_off(isns):
    t = established(isns, nagle=False)
    for number, letter in enumerate((b"a", b"b", b"c"), 1):
        t.us.send(letter)
        t.goes("P.", seq=number, data=letter)


@any_isn
def test_nothing_written_waits_for_ever(isns):
    """There is no PUSH call: what is written goes, at the latest when what is under way was acknowledged."""
    t = established(isns)
    for size in (1, 999, 1000, 1001, 30_000):
        t.us.send(bytes(size))
        while t.us.snd.una < t.us.snd.end:
            assert t.texts()
            t.comes(".", seq=1, ack=t.us.snd.nxt - t.us.snd.iss)


# Urgent data.


@any_isn
def test_urgent_pointer_stands_behind_urgent_data(isns):
    t = established(isns)
    t.us.send(b"calm")
    t.poll()
    t.comes(".", seq=1, ack=5)
    t.unseen.clear()
    t.us.send(b"!!!", urgent=True)
    t.goes("P.U", seq=5, data=b"!!!", urgent=3)
    t.comes(".", seq=1, ack=8)
    t.us.send(b"calm")
    t.goes("P.", seq=8, data=b"calm", urgent=0)


@any_isn
def test_urgent_data_of_any_length(isns):
    """All segments that the pointer reaches from have it, and it points to the same place."""
    t = established(isns)
    size = 165_536  # so that one segment is just out of reach
    t.us.send(bytes(size), urgent=True)
    seen = 0
    while t.us.snd.una < t.us.snd.end:
        segments = t.poll().unseen
        for segment in segments:
            first = (segment.seq - t.iss) % 2**32
            is_near = size + 1 - first <= 65_535
            assert ("U" in str(segment.flags)) is is_near
            assert segment.urgent == (size + 1 - first if is_near else 0)
            seen += is_near
        t.comes(".", seq=1, ack=(segments[-1].seq - t.iss) % 2**32 + len(segments[-1].data))
        segments.clear()
    assert seen > 60


@any_isn
def test_urgent_data_is_told(isns):
    t = established(isns)
    assert not t.us.has_urgent
    t.comes("P.U", seq=1, ack=1, data=b"ab!c", urgent=3)
    assert t.us.has_urgent
    t.us.recv(2)
    assert t.us.has_urgent
    t.us.recv(1)
    assert not t.us.has_urgent
    t.comes("P.U", seq=5, ack=1, data=b"!", urgent=1)
    assert t.us.has_urgent


@any_isn
def test_urgent_data_before_a_fin_is_told(isns):
    t = established(isns)
    t.comes("FP.U", seq=1, ack=1, data=b"!", urgent=1)
    assert t.us.has_urgent
    t.us.recv()
    assert not t.us.has_urgent


@any_isn
def test_urgent_pointer_ahead_of_the_data_is_told(isns):
    t = established(isns)
    t.comes(".U", seq=1, ack=1, urgent=100)
    assert t.us.has_urgent
    t.comes("P.U", seq=1, ack=1, data=bytes(99), urgent=100)
    t.us.recv()
    assert t.us.has_urgent
    t.comes("P.", seq=100, ack=1, data=b"!")
    t.us.recv()
    assert not t.us.has_urgent


@any_isn
def test_urgent_pointer_does_not_go_back(isns):
    t = established(isns)
    t.comes(".U", seq=1, ack=1, urgent=100).comes(".U", seq=1, ack=1, urgent=0)
    assert t.us.has_urgent


@any_isn
def test_urgent_pointer_needs_its_flag(isns):
    t = established(isns)
    t.comes("P.", seq=1, ack=1, data=b"calm", urgent=3)
    assert not t.us.has_urgent


@any_isn
def test_urgent_behind_a_fin_is_ignored(isns):
    t = close_wait(isns)
    t.comes(".U", seq=2, ack=1, urgent=100)
    assert not t.us.has_urgent


# SACK, the receiving side (RFC 2018).


def blocks(segment, t):
    """Return the ranges of a SACK, relative."""
    sacks = [option for option in segment.options if isinstance(option, SACK)]
    return [((left - t.irs) % 2**32, (right - t.irs) % 2**32) for sack in sacks for left, right in sack.blocks]


@any_isn
def test_sack_tells_what_came_out_of_order(isns):
    """The first block is the latest to come, the others stand behind it."""
    t = established(isns, offers=(MSS(1000), SACKPermitted()))
    t.comes(".", seq=11, ack=1, data=bytes(10))
    assert blocks(t.goes(".", ack=1), t) == [(11, 21)]
    t.comes(".", seq=31, ack=1, data=bytes(10))
    assert blocks(t.goes(".", ack=1), t) == [(31, 41), (11, 21)]
    t.comes(".", seq=21, ack=1, data=bytes(5))
    assert blocks(t.goes(".", ack=1), t) == [(11, 26), (31, 41)]
    t.comes(".", seq=1, ack=1, data=bytes(10))
    assert blocks(t.goes(".", ack=26), t) == [(31, 41)]
    t.comes(".", seq=26, ack=1, data=bytes(5))
    assert blocks(t.goes(".", ack=41), t) == []


@any_isn
@pytest.mark.parametrize(("offers", "most"), [((), 4), ((Timestamps(1, 0),), 3)])
def test_sack_fits_the_header(isns, offers, most):
    t = established(isns, offers=(MSS(1000), SACKPermitted(), *offers))
    for number in range(6):
        t.comes(".", seq=11 + 20 * number, ack=1, data=bytes(10), options=offers)
    t.poll()
    assert len(blocks(t.unseen[-1], t)) == most
    assert t.unseen[-1].data_offset <= 15


@any_isn
def test_no_sack_unless_both_agreed(isns):
    t = established(isns)
    t.comes(".", seq=11, ack=1, data=bytes(10))
    assert not t.goes(".", ack=1).options
    t = established(isns, offers=(MSS(1000), SACKPermitted()), sack=False)
    t.comes(".", seq=11, ack=1, data=bytes(10))
    assert not t.goes(".", ack=1).options


# Calls at the wrong time.


@any_isn
def test_send_says_how_much_it_took(isns):
    t = established(isns, send_buffer=100)
    assert (t.us.send(bytes(80)), t.us.send(bytes(80)), t.us.send(b"x")) == (80, 20, 0)
    t.poll()
    t.comes(".", seq=1, ack=51)
    assert t.us.send(bytes(80)) == 50


@EVERY_STATE
def test_send_in_every_state(name):
    t = STATES[name]()
    if name in ("SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "CLOSE-WAIT"):
        assert t.us.send(b"x") == 1
        return
    with pytest.raises(OSError, match="cannot send"):
        t.us.send(b"x")


@EVERY_STATE
def test_recv_in_every_state(name):
    """Nothing has come: nothing is returned, and nothing is raised."""
    assert STATES[name]().us.recv() == b""


@any_isn
def test_half_closed_takes_data(isns):
    t = fin_wait_2(isns)
    t.comes("P.", seq=1, ack=2, data=b"still here")
    assert t.us.recv() == b"still here"


@any_isn
def test_half_closed_sends_data(isns):
    t = close_wait(isns)
    t.us.send(b"still here")
    t.goes("P.", seq=1, ack=2, data=b"still here")


def test_syn_sent_reads_nothing():
    assert not syn_sent().us.has_ended

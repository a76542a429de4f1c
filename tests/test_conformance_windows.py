"""Windows: RFC 9293, 3.8.6; RFC 7323, 2."""

import pytest
from stack_trace import ISNS, any_isn, established, syn_received, syn_sent

from tcpkit.wire import MSS, WindowScale

SCALED = (MSS(1000), WindowScale(7))


# What the other side offers.


@any_isn
def test_no_more_is_sent_than_the_window_holds(isns):
    t = established(isns, window=2500)
    t.us.send(bytes(5000))
    assert t.texts() == [(1, 1001), (1001, 2001)]  # 500 more would be silly: see below
    t.comes(".", seq=1, ack=2001, window=3000)
    assert t.texts() == [(2001, 3001), (3001, 4001), (4001, 5001)]


@any_isn
def test_window_is_unsigned(isns):
    t = established(isns, window=65_535, nagle=False)
    t.us.send(bytes(65_535))
    assert t.texts()[-1] == (9_001, 10_001)
    t.us.snd.congestion.cwnd = 10**6
    assert t.texts()[-1] == (65_001, 65_536)


@any_isn
def test_window_is_counted_from_the_ack(isns):
    t = established(isns, window=2000)
    t.us.send(bytes(6000))
    assert t.texts() == [(1, 1001), (1001, 2001)]
    t.comes(".", seq=1, ack=1001, window=2000)
    assert t.texts() == [(2001, 3001)]


@any_isn
def test_old_segment_does_not_set_the_window(isns):
    t = established(isns, window=1000)
    t.us.send(bytes(3000))
    t.poll()
    t.unseen.clear()
    t.comes("P.", seq=11, ack=1, data=b"x", window=1000)  # a later one came first
    t.comes("P.", seq=1, ack=1, data=bytes(10), window=9999)
    assert t.us.snd.wnd == 1000
    t.comes(".", seq=12, ack=1, window=3000)
    assert t.texts() == [(1001, 2001), (2001, 3001)]


@any_isn
def test_shrunken_window(isns):
    """The usable window is negative: nothing new goes, what is under way is sent again, and ends nothing."""
    t = established(isns, window=5000, give_up_s=20.0)
    t.us.send(bytes(8000))
    assert t.texts()[-1] == (4001, 5001)
    t.comes(".", seq=1, ack=1001, window=500)
    t.silent()
    for _ in range(30):
        t.at_deadline()
        t.goes(".", seq=1001)
        t.silent()
        t.comes(".", seq=1, ack=1001, window=0)
    assert t.state == "ESTABLISHED"
    t.comes(".", seq=1, ack=5001, window=5000)
    assert t.texts()[0] == (5001, 6001)


# Silly windows, sending.


@any_isn
def test_sender_waits_for_a_window_worth_using(isns):
    """A full segment, or half of the largest window seen, or all that there is."""
    t = established(isns, window=1600, nagle=False)
    t.us.send(bytes(5000))
    assert t.texts() == [(1, 1001)]
    t.comes(".", seq=1, ack=1001, window=700)
    t.silent()
    t.comes(".", seq=1, ack=1001, window=800)
    assert t.texts() == [(1001, 1801)]


@any_isn
def test_half_a_window_waits_while_data_is_under_way(isns):
    """With Nagle's algorithm, as any small segment does."""
    for nagle, sent in ((True, []), (False, [(1001, 2000)])):
        t = established(isns, window=1600, nagle=nagle)
        t.us.send(bytes(5000))
        assert t.texts() == [(1, 1001)]
        t.comes(".", seq=1, ack=1, window=1999)
        assert t.texts() == sent


@any_isn
def test_sender_does_not_wait_with_the_last(isns):
    t = established(isns, window=5000, nagle=False)
    t.us.send(bytes(1100))
    assert t.texts() == [(1, 1001), (1001, 1101)]


@any_isn
def test_sender_does_not_wait_for_ever_for_a_window_worth_using(isns):
    t = established(isns, window=4000)
    t.us.send(bytes(4000))
    assert len(t.texts()) == 4
    t.comes(".", seq=1, ack=4001, window=100)
    t.us.send(bytes(500))
    t.silent()
    assert t.at_deadline() <= 1.0
    t.goes(".", seq=4001, data=bytes(100))
    t.comes(".", seq=1, ack=4101, window=4000)
    assert t.texts() == [(4101, 4501)]


# What we offer.


@any_isn
def test_window_tells_the_room_for_data(isns):
    t = established(isns, receive_buffer=10_000)
    t.comes("P.", seq=1, ack=1, data=bytes(3000))
    assert t.goes(".", ack=3001).window == 7000
    t.us.recv(3000)
    assert t.goes(".", ack=3001).window == 10_000


@any_isn
def test_window_does_not_shrink(isns):
    """Its right edge stays where it was told, until it moves on."""
    t = established(isns, receive_buffer=20_000)
    edge = 0
    for number in range(40):
        t.comes(".", seq=1 + 500 * number, ack=1, data=bytes(500)).at_deadline()
        segment = t.goes(".", ack=501 + 500 * number)
        right = (segment.ack - t.irs) % 2**32 + segment.window
        assert right >= edge
        edge = right
        if number % 3 == 0:
            t.us.recv(700)
        t.poll()
        t.unseen.clear()


@any_isn
def test_receiver_opens_no_silly_window(isns):
    """The edge moves by a full segment or half of the buffer, however slowly the reader reads."""
    t = established(isns, receive_buffer=10_000)
    t.comes("P.", seq=1, ack=1, data=bytes(10_000))
    t.goes(".", ack=10_001, window=0)
    opened = []
    for _ in range(100):
        t.us.recv(100)
        t.poll()
        opened += [segment.window for segment in t.unseen]
        t.unseen.clear()
    steps = [after - before for before, after in zip([0, *opened], opened, strict=False)]
    assert steps
    assert min(steps) >= 1460
    assert opened[-1] + 1460 > 10_000 - 1460


@any_isn
def test_receiver_with_a_small_buffer_opens_half_of_it(isns):
    t = established(isns, receive_buffer=100)
    t.comes("P.", seq=1, ack=1, data=bytes(100)).at_deadline()
    t.goes(".", window=0)
    t.us.recv(49)
    t.silent()
    t.us.recv(1)
    t.goes(".", window=50)


@any_isn
def test_no_window_is_told_behind_a_fin(isns):
    t = established(isns, receive_buffer=1000)
    t.comes("FP.", seq=1, ack=1, data=bytes(999))
    t.goes(".", ack=1001)
    t.us.recv()
    t.silent()


@any_isn
def test_zero_window_is_told_for_as_long_as_nobody_reads(isns):
    t = established(isns, receive_buffer=4)
    t.comes("P.", seq=1, ack=1, data=b"full").at_deadline()
    t.goes(".", ack=5, window=0)
    for _ in range(50):
        t.after(60)
        t.comes(".", seq=5, ack=1, data=b"?")
        t.goes(".", ack=5, window=0)
    assert t.us.recv() == b"full"
    t.goes(".", ack=5, window=4)
    t.comes(".", seq=5, ack=1, data=b"?")
    assert t.us.recv() == b"?"


@any_isn
def test_zero_window_takes_acks_and_urgent_pointers(isns):
    t = established(isns, receive_buffer=4)
    t.us.send(b"ours")
    t.poll()
    t.comes("P.", seq=1, ack=1, data=b"full")
    t.poll()
    t.unseen.clear()
    t.comes("P.U", seq=5, ack=5, data=b"!", urgent=1)
    assert (t.us.snd.una - t.us.snd.iss, t.us.unread) == (5, 4)
    t.us.send(b"more")
    t.poll()
    t.comes("P.", seq=9, ack=9, data=b"far")  # not the next: nothing in it counts
    assert t.us.snd.una - t.us.snd.iss == 5
    t.us.recv()
    assert t.us.has_urgent


# Zero-window probes.


@any_isn
def test_zero_window_is_probed(isns):
    """The first after a retransmission timeout, the next at twice the distance, each with a byte."""
    t = established(isns, window=0)
    t.us.send(b"hello")
    t.silent()
    waits = []
    for _ in range(10):
        waits.append(t.at_deadline())
        t.goes(".", seq=1, data=b"h")
        t.silent()
        t.comes(".", seq=1, ack=1, window=0)
    assert waits == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0, 60.0]
    t.comes(".", seq=1, ack=1, window=100)
    t.goes("P.", seq=1, data=b"hello")
    t.comes(".", seq=1, ack=6).silent()
    assert t.us.next_deadline() is None


@any_isn
def test_probe_that_was_taken(isns):
    t = established(isns, window=0)
    t.us.send(b"hello")
    t.poll().at_deadline()
    t.goes(".", seq=1, data=b"h")
    t.comes(".", seq=1, ack=2, window=100)
    t.goes("P.", seq=2, data=b"ello")


@any_isn
def test_fin_probes_a_zero_window(isns):
    t = established(isns, window=0)
    t.us.close()
    t.silent()
    t.at_deadline()
    t.goes("F.", seq=1)
    t.comes(".", seq=1, ack=2, window=0)
    assert t.state == "FIN-WAIT-2"


@any_isn
def test_window_closed_for_an_hour(isns):
    """As long as the probes are answered the connection stays, with few of them."""
    t = established(isns, window=0)
    t.us.send(b"paper")
    end, probes = t.now + 3600, 0
    t.poll()
    while t.now < end:
        t.at_deadline()
        t.goes(".", seq=1, data=b"p")
        t.comes(".", seq=1, ack=1, window=0)
        probes += 1
    assert t.state == "ESTABLISHED"
    assert 60 <= probes <= 70
    t.comes(".", seq=1, ack=1, window=1000)
    t.goes("P.", seq=1, data=b"paper")


@any_isn
def test_zero_window_of_who_has_vanished(isns):
    """Probes that nobody answers end the connection."""
    t = established(isns, window=0)
    t.us.send(b"paper")
    t.poll()
    began = t.now
    while t.state == "ESTABLISHED":
        t.unseen.clear()
        t.at_deadline()
        t.poll()
    assert not t.unseen
    assert 100 <= t.now - began <= 200
    assert isinstance(t.us.error, TimeoutError)


@any_isn
def test_window_shrunk_to_zero_is_probed(isns):
    t = established(isns, window=2000)
    t.us.send(bytes(3000))
    assert t.texts() == [(1, 1001), (1001, 2001)]
    t.comes(".", seq=1, ack=2001, window=0)
    t.silent()
    t.at_deadline()
    t.goes(".", seq=2001, data=bytes(1))


# Window scale (RFC 7323, 2).


@any_isn
def test_windows_are_scaled_both_ways(isns):
    t = established(isns, offers=SCALED, window=1000, receive_buffer=1 << 20)
    assert t.us.snd.wnd == 1000  # with a SYN it is not scaled
    t.comes(".", seq=1, ack=1, window=100)
    assert t.us.snd.wnd == 100 << 7
    t.comes("P.", seq=1, ack=1, data=bytes(1460)).comes("P.", seq=1461, ack=1, data=bytes(1460))
    scaled = t.goes(".", ack=2921).window << 5
    assert 0 <= scaled - ((1 << 20) - 2920) < 1 << 5  # rounded up: a promise is not taken back


@any_isn
def test_all_of_a_scaled_window_can_be_used(isns):
    t = established(isns, offers=SCALED, receive_buffer=1 << 20)
    t.comes(".", seq=1_000_001, ack=1, data=b"far")
    t.goes(".", ack=1)
    assert t.us.rcv.reassembler.ranges() == [(1_000_000, 1_000_003)]


@any_isn
def test_window_of_a_syn_is_not_scaled(isns):
    t = syn_sent(isns, receive_buffer=1 << 20)
    t.us.snd.nxt = t.us.snd.iss
    assert t.goes("S").window == 65_535
    t = syn_received(isns, offers=SCALED, receive_buffer=1 << 20, window=500)
    assert t.us.snd.wnd == 500


@any_isn
def test_window_of_a_syn_ack_is_not_scaled_in_a_simultaneous_open(isns):
    t = syn_sent(isns)
    t.comes("S", seq=0, options=SCALED, window=500)
    t.goes("S.", seq=0, ack=1)
    t.comes("S.", seq=0, ack=1, options=SCALED, window=640)
    assert t.state == "ESTABLISHED"
    assert 640 >> 7 << 7 <= t.us.snd.wnd <= 640


@pytest.mark.parametrize("isns", [ISNS["plain"]])
def test_no_scale_unless_both_agreed(isns):
    t = established(isns, receive_buffer=1 << 20, window=100)
    t.comes("P.", seq=1, ack=1, data=bytes(1460), window=200).comes("P.", seq=1461, ack=1, data=bytes(1460), window=200)
    assert (t.us.snd.wnd, t.goes(".").window) == (200, 65_535 - 2920)
    t = established(isns, offers=SCALED, window_scale=False, window=100)
    t.comes(".", seq=1, ack=1, window=200)
    assert t.us.snd.wnd == 200


@pytest.mark.parametrize(("shift", "meant"), [(0, 0), (14, 14), (15, 14), (255, 14)])
def test_scale_is_at_most_14(shift, meant):
    t = established(offers=(MSS(1000), WindowScale(shift)))
    t.comes(".", seq=1, ack=1, window=3)
    assert t.us.snd.wnd == 3 << meant


def test_window_of_a_gigabyte():
    t = established(offers=(MSS(1000), WindowScale(14)))
    t.comes(".", seq=1, ack=1, window=65_535)
    assert t.us.snd.wnd == 65_535 << 14


@any_isn
@pytest.mark.parametrize(
    "settings", [{}, {"receive_buffer": 20_000, "window_scale": False}, {"receive_buffer": 1}], ids=str
)
def test_read_of_nothing_tells_no_window(isns, settings):
    """Our SYN has told it; nor do the first few bytes make room worth telling."""
    t = established(isns, **settings)
    assert t.us.recv() == b""
    t.silent()
    t = syn_received(isns, **settings).comes(".", seq=1, ack=1)
    assert t.us.recv() == b""
    t.silent()
    assert t.us.rcv.promised.is_worth_telling(t.us.rcv.nxt, 0) is (settings.get("receive_buffer") == 1)
    t.comes("P.", seq=1, ack=1, data=b"x")
    assert t.us.recv() == b"x"
    assert t.us.rcv.owes_ack is (settings.get("receive_buffer") == 1)  # all of the buffer is room again

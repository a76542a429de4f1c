"""Resets: RFC 9293, 3.5.2, 3.5.3 and 3.10.5; RFC 5961, 3 and 7."""

import pytest
from stack_trace import OFFERS, RCV_NXT, SND_NXT, STATES, SYNCHRONIZED, any_isn, established, looped, syn_sent

from tcpkit.wire import NOP, Timestamps

WINDOW = 65_535  # what our SYN offers
OPEN = ("SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT")
HAVE_A_WINDOW = ("SYN-RECEIVED", *SYNCHRONIZED)


@any_isn
@looped(name=STATES, flags=("R", "R.", "FR.", "RP.", "SR", "SR."))
def test_rst_with_the_number_that_comes_next(isns, name, flags):
    """It ends the connection, and its user is told, unless the connection was done already."""
    t = STATES[name](isns)
    t.comes(flags, seq=RCV_NXT.get(name, 1), ack=SND_NXT.get(name, 1) if "." in flags else None)
    t.silent()
    if name in ("CLOSED", "LISTEN") or (name == "SYN-SENT" and "." not in flags):
        assert (t.state, t.us.error) == (name, None)
    else:
        assert (t.state, t.us.next_deadline()) == ("CLOSED", None)
        error = {"SYN-SENT": ConnectionRefusedError} | dict.fromkeys(OPEN, ConnectionResetError)
        assert type(t.us.error) is error.get(name, type(None))


@any_isn
@looped(name=HAVE_A_WINDOW, offset=(1, 1000, WINDOW - 2))
def test_rst_elsewhere_in_the_window_is_challenged(isns, name, offset):
    """A blind attacker hits the window sooner than the number."""
    t = STATES[name](isns)
    t.comes("R", seq=RCV_NXT.get(name, 1) + offset)
    t.goes(".", seq=SND_NXT.get(name, 1), ack=RCV_NXT.get(name, 1))
    t.silent()
    assert (t.state, t.us.error) == (name, None)


@any_isn
@looped(name=HAVE_A_WINDOW, offset=(-1, -70_000, WINDOW + 1, 10_000_000))
def test_rst_out_of_the_window_is_not_answered(isns, name, offset):
    t = STATES[name](isns)
    t.comes("R", seq=RCV_NXT.get(name, 1) + offset).silent()
    assert (t.state, t.us.error) == (name, None)


@any_isn
@pytest.mark.parametrize("name", ["ESTABLISHED", "CLOSE-WAIT", "TIME-WAIT"])
@pytest.mark.parametrize(("offset", "size"), [(-1, 1), (-1, 2), (-500, 70_000), (WINDOW, 0), (WINDOW, 9)])
def test_rst_counts_by_its_number_and_not_by_its_data(isns, name, offset, size):
    t = STATES[name](isns)
    t.comes("R", seq=RCV_NXT.get(name, 1) + offset, data=bytes(min(size, 60_000))).silent()
    assert (t.state, t.us.error) == (name, None)


@any_isn
@looped(ack=(-1, 0, 2, 5_000))
def test_rst_for_another_syn_is_ignored(isns, ack):
    t = syn_sent(isns)
    t.comes("R.", seq=0, ack=ack).silent()
    assert t.state == "SYN-SENT"


@any_isn
def test_rst_may_bring_data(isns):
    t = established(isns)
    t.comes("R", seq=1, data=b"why it was reset").silent()
    assert (t.state, t.us.unread) == ("CLOSED", 0)


@any_isn
def test_rst_is_taken_while_the_window_is_zero(isns):
    t = established(isns, receive_buffer=4)
    t.comes("P.", seq=1, ack=1, data=b"full")
    t.poll()
    t.comes("R", seq=5)
    assert t.state == "CLOSED"


@any_isn
@looped(name=STATES, seq=(0, 1, 2, 500, -1, 10**6), ack=(None, 0, 1, 2, 500, -1))
def test_no_rst_answers_an_rst(isns, name, seq, ack):
    t = STATES[name](isns)
    t.comes("R" if ack is None else "R.", seq=seq, ack=ack).poll()
    assert not [segment for segment in t.unseen if "R" in str(segment.flags)]


@any_isn
@looped(name=STATES)
def test_abort_in_every_state(isns, name):
    """An RST goes to a side that does not yet know the end, with the number that it expects next."""
    t = STATES[name](isns)
    t.us.abort()
    if name in OPEN:
        t.goes("R.", seq=SND_NXT.get(name, 1))
    t.silent()
    assert (t.state, t.us.next_deadline()) == ("CLOSED", None)
    if name != "CLOSED":
        with pytest.raises(ConnectionAbortedError, match="You aborted"):
            t.us.recv()


@any_isn
def test_abort_drops_what_waits(isns):
    t = established(isns)
    t.us.send(bytes(2500))
    t.poll()
    t.unseen.clear()
    t.us.abort()
    t.goes("R.", seq=2001)
    t.after(100).silent()


@any_isn
@pytest.mark.parametrize(("window", "expected"), [(0, 10_001), (300, 10_301), (999, 11_000)])
def test_abort_after_a_probe(isns, window, expected):
    """The number is behind all that the other side has room for: it took that much of the probe, and no more."""
    t = established(isns)
    t.us.send(bytes(50_000))
    t.texts()
    t.comes(".", seq=1, ack=10_001, window=window).silent().at_deadline()
    t.goes(".", seq=10_001, data=bytes(max(1, window)))
    t.us.abort()
    t.goes("R.", seq=expected, ack=1)
    t.silent()


@any_isn
def test_abort_in_a_window_that_has_shrunk(isns):
    t = established(isns)
    t.us.send(bytes(5000))
    t.texts()
    t.comes(".", seq=1, ack=1001, window=0).us.abort()
    t.goes("R.", seq=5001)


@any_isn
def test_abort_has_the_timestamps_agreed_on(isns):
    """RFC 7323, 3.2: once they are agreed on, all segments have them, and an RST should."""
    for offers, echo in ((OFFERS, None), ((*OFFERS, Timestamps(500, 0)), 500)):
        t = established(isns, offers=offers)
        t.us.abort()
        t.after(0.25)
        options = (NOP(), NOP(), Timestamps(int(t.now * 1000), echo)) if echo else ()
        t.goes("R.", seq=1, ack=1, options=options)


@any_isn
@looped(name=SYNCHRONIZED)
def test_half_open_other_side_resets_us(isns, name):
    """The other side has forgotten the connection, dials anew, and answers our challenge (RFC 9293, figure 9)."""
    t = STATES[name](isns)
    t.comes("S", seq=123_456)
    challenge = t.goes(".")
    t.comes("R", seq=(challenge.ack - t.irs) % 2**32)
    assert t.state == "CLOSED"


@any_isn
@pytest.mark.parametrize("offset", [1, 500, WINDOW - 2])
def test_other_syn_in_syn_received_is_challenged(isns, offset):
    """A forged one ends nothing; who did begin anew answers the challenge, and dials again."""
    t = STATES["SYN-RECEIVED"](isns)
    t.comes("S", seq=1 + offset)
    challenge = t.goes(".", seq=1, ack=1)
    t.silent()
    assert (t.state, t.us.error) == ("SYN-RECEIVED", None)
    t.comes("R", seq=(challenge.ack - t.irs) % 2**32).silent()
    assert t.state == "CLOSED"


@any_isn
def test_challenges_are_limited(isns):
    """Ten a second: a flood is not answered by a flood (RFC 5961, 7)."""
    t = established(isns)
    sent = 0
    for _ in range(100):
        t.comes("R", seq=500).poll()
        sent += len(t.unseen)
        t.unseen.clear()
    assert sent == 10
    t.after(1.0)
    t.comes("S", seq=0)
    t.goes(".", seq=1, ack=1)


@any_isn
def test_every_kind_of_challenge_is_limited(isns):
    t = established(isns)
    for _ in range(10):
        t.comes("R", seq=500)
        t.goes(".")
    t.comes("S", seq=9).silent()  # a SYN
    t.comes(".", seq=1, ack=50_000).silent()  # an ACK of what was never sent
    t.comes(".", seq=10**6, ack=1).silent()  # out of the window
    t.comes(".", seq=-10, ack=1).silent()  # old, and without data
    t.comes("P.", seq=10**6, ack=1, data=b"x").silent()  # data out of the window

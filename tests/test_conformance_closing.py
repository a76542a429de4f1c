"""Closing: RFC 9293, 3.6, 3.10.4 and step 8 of 3.10.7.4."""

import pytest
from stack_trace import (
    EVERY_STATE,
    STATES,
    any_isn,
    close_wait,
    closing,
    established,
    fin_wait_1,
    fin_wait_2,
    last_ack,
    time_wait,
)

from tcpkit.stack.states import State

TWO_MSL_S = 60.0  # as Settings has it


@any_isn
def test_we_close_first(isns):
    t = established(isns)
    t.us.close()
    t.goes("F.", seq=1, ack=1)
    assert t.state == "FIN-WAIT-1"
    t.comes(".", seq=1, ack=2).silent()
    assert t.state == "FIN-WAIT-2"
    t.comes("F.", seq=1, ack=2)
    t.goes(".", seq=2, ack=2)
    assert t.state == "TIME-WAIT"
    t.silent()
    assert t.at_deadline() == TWO_MSL_S
    t.silent()
    assert (t.state, t.us.error, t.us.next_deadline()) == ("CLOSED", None, None)


@any_isn
def test_the_other_side_closes_first(isns):
    t = established(isns)
    t.comes("F.", seq=1, ack=1)
    t.goes(".", seq=1, ack=2)
    assert t.state == "CLOSE-WAIT"
    t.us.close()
    t.goes("F.", seq=1, ack=2)
    assert t.state == "LAST-ACK"
    t.comes(".", seq=2, ack=2).silent()
    assert (t.state, t.us.error, t.us.next_deadline()) == ("CLOSED", None, None)


@any_isn
def test_both_close_at_once(isns):
    t = fin_wait_1(isns)
    t.comes("F.", seq=1, ack=1)
    t.goes(".", seq=2, ack=2)
    assert t.state == "CLOSING"
    t.comes(".", seq=2, ack=2).silent()
    assert t.us.path[-3:] == [State.FIN_WAIT_1, State.CLOSING, State.TIME_WAIT]
    assert t.at_deadline() == TWO_MSL_S


@any_isn
def test_fin_that_acknowledges_ours(isns):
    t = fin_wait_1(isns)
    t.comes("F.", seq=1, ack=2)
    t.goes(".", seq=2, ack=2)
    assert t.state == "TIME-WAIT"


@any_isn
@EVERY_STATE
def test_fin_in_every_state(isns, name):
    """Where the state follows from the table; where no SYN was seen, a FIN says nothing."""
    follows = {
        "SYN-RECEIVED": "CLOSE-WAIT",  # its ACK opens the connection first
        "ESTABLISHED": "CLOSE-WAIT",
        "FIN-WAIT-1": "CLOSING",
        "FIN-WAIT-2": "TIME-WAIT",
    }
    t = STATES[name](isns)
    t.comes("F.", seq=1, ack={"FIN-WAIT-2": 2, "CLOSED": 0, "LISTEN": 0}.get(name, 1))
    assert t.state == follows.get(name, name)
    if name in ("CLOSED", "LISTEN", "SYN-SENT"):
        t.silent()
    else:
        t.goes(".", ack=2)  # also for a FIN that came before
        t.silent()
    assert (t.us.time_wait_until is None) is (t.state != "TIME-WAIT")


@any_isn
def test_fin_with_data(isns):
    t = established(isns)
    t.comes("FP.", seq=1, ack=1, data=b"bye")
    t.goes(".", ack=5)
    assert (t.state, t.us.has_ended, t.us.recv(), t.us.has_ended) == ("CLOSE-WAIT", False, b"bye", True)


@any_isn
def test_fin_waits_for_the_data_before_it(isns):
    t = established(isns)
    t.comes("F.", seq=4, ack=1)
    t.goes(".", ack=1)
    assert t.state == "ESTABLISHED"
    t.comes("P.", seq=1, ack=1, data=b"bye")
    t.goes(".", ack=5)
    assert (t.state, t.us.recv(), t.us.has_ended) == ("CLOSE-WAIT", b"bye", True)


@any_isn
def test_fin_beyond_the_window_waits_for_room(isns):
    t = established(isns, receive_buffer=3)
    t.comes("FP.", seq=1, ack=1, data=b"bye").at_deadline()
    t.goes(".", ack=4, window=0)
    assert t.state == "ESTABLISHED"
    assert t.us.recv() == b"bye"
    t.goes(".", ack=4, window=3)
    t.comes("F.", seq=4, ack=1)
    t.goes(".", ack=5)
    assert t.state == "CLOSE-WAIT"


@any_isn
def test_all_that_was_written_goes_before_the_fin(isns):
    t = established(isns)
    t.us.send(bytes(1500))
    t.us.close()
    t.goes(".", seq=1, data=bytes(1000))
    t.goes("FP.", seq=1001, data=bytes(500))
    t.comes(".", seq=1, ack=1501)  # all but the FIN
    assert t.state == "FIN-WAIT-1"
    t.comes(".", seq=1, ack=1502)
    assert t.state == "FIN-WAIT-2"


@any_isn
def test_fin_waits_for_the_window(isns):
    t = established(isns, window=1000)
    t.us.send(bytes(1000))
    t.us.close()
    t.goes("P.", seq=1, data=bytes(1000))
    t.silent()
    t.comes(".", seq=1, ack=1001, window=1)
    t.goes("F.", seq=1001)


@any_isn
@pytest.mark.parametrize("builder", [fin_wait_1, closing, last_ack])
def test_lost_fin_is_sent_again(isns, builder):
    t = builder(isns)
    t.at_deadline()
    t.goes("F.", seq=1)


@any_isn
def test_lost_data_and_fin_are_sent_again(isns):
    t = established(isns)
    t.us.send(bytes(500))
    t.us.close()
    t.goes("FP.", seq=1, data=bytes(500))
    t.at_deadline()
    t.goes("FP.", seq=1, data=bytes(500))


@any_isn
def test_closing_waits_for_the_ack_of_our_fin(isns):
    t = closing(isns)
    t.comes(".", seq=2, ack=1).silent()
    assert t.state == "CLOSING"
    t.comes(".", seq=2, ack=2)
    assert t.state == "TIME-WAIT"


@any_isn
def test_last_ack_waits_for_the_ack_of_our_fin(isns):
    t = last_ack(isns)
    t.comes(".", seq=2, ack=1).silent()
    assert t.state == "LAST-ACK"


@any_isn
def test_time_wait_answers_a_fin_and_waits_anew(isns):
    """Our ACK of it was lost."""
    t = time_wait(isns)
    t.after(TWO_MSL_S - 1)
    for _ in range(20):
        t.comes("F.", seq=1, ack=2)
        t.goes(".", seq=2, ack=2)
    assert t.us.next_deadline() == t.now + TWO_MSL_S
    t.after(TWO_MSL_S - 1).silent()
    assert t.state == "TIME-WAIT"
    t.after(1).silent()
    assert t.state == "CLOSED"


@any_isn
def test_time_wait_is_not_longer_for_other_segments(isns):
    t = time_wait(isns)
    t.after(TWO_MSL_S - 1)
    t.comes(".", seq=2, ack=2).comes("P.", seq=2, ack=2, data=b"x").comes("R", seq=100)
    t.comes("P.", seq=0, ack=2, data=b"x").comes(".", seq=90_000, ack=2)
    t.poll().after(1).poll()
    assert t.state == "CLOSED"


@any_isn
def test_time_wait_has_no_other_timer(isns):
    t = time_wait(isns, keep_alive_s=30.0)
    t.after(45).silent()
    assert t.us.next_deadline() == t.us.time_wait_until


@any_isn
def test_close_twice_sends_one_fin(isns):
    t = fin_wait_1(isns)
    t.us.close()
    t.silent()
    assert t.state == "FIN-WAIT-1"


@EVERY_STATE
def test_close_in_every_state(name):
    follows = {
        "LISTEN": "CLOSED",
        "SYN-SENT": "CLOSED",
        "SYN-RECEIVED": "FIN-WAIT-1",
        "ESTABLISHED": "FIN-WAIT-1",
        "CLOSE-WAIT": "LAST-ACK",
    }
    t = STATES[name]()
    t.us.close()
    assert t.state == follows.get(name, name)


@any_isn
def test_half_close(isns):
    """Each direction is closed by itself: after our FIN the other side goes on, and is acknowledged."""
    t = fin_wait_2(isns)
    for number in range(5):
        t.comes("P.", seq=1 + 100 * number, ack=2, data=bytes(100)).at_deadline()
        t.goes(".", seq=2, ack=101 + 100 * number)
    assert len(t.us.recv()) == 500
    t.comes("F.", seq=501, ack=2)
    t.goes(".", seq=2, ack=502)
    assert t.state == "TIME-WAIT"


# RELEASE: no call of RFC 9293's, but what a program's close does (3.6.1).


@EVERY_STATE
def test_release_in_every_state(name):
    """As CLOSE, where nothing is unread."""
    t, closed = STATES[name](), STATES[name]()
    t.us.release(), closed.us.close()
    t.poll(), closed.poll()
    assert (t.state, t.us.error) == (closed.state, None)
    assert [t.line(each) for each in t.unseen] == [closed.line(each) for each in closed.unseen]


@any_isn
@pytest.mark.parametrize("name", ["ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2"])
@pytest.mark.parametrize(("seq", "flags"), [(1, "P."), (1, "FP."), (500, ".")])
def test_data_after_a_release_is_reset(isns, name, seq, flags):
    """It is lost, and the other side learns it: also where something before it is missing."""
    t = STATES[name](isns)
    t.us.release()
    t.poll().unseen.clear()
    t.comes(flags, seq=seq, ack=2, data=b"too late")
    t.goes("R.", seq=2, ack=1)
    t.silent()
    assert (t.state, t.us.next_deadline()) == ("CLOSED", None)
    with pytest.raises(ConnectionAbortedError, match="released"):
        t.us.recv()


@any_isn
def test_release_with_unread_data_resets(isns):
    for flags, ack in (("P.", 5), ("FP.", 6)):
        t = established(isns)
        t.comes(flags, seq=1, ack=1, data=b"read").us.release()
        t.goes("R.", seq=1, ack=ack)
        t.silent()
        assert t.state == "CLOSED"
        assert t.us.recv() == b"read"
        with pytest.raises(ConnectionAbortedError, match="before you had read all"):
            t.us.recv()


@any_isn
@pytest.mark.parametrize("name", ["CLOSING", "LAST-ACK", "TIME-WAIT"])
def test_release_behind_both_fins_changes_nothing(isns, name):
    t = STATES[name](isns)
    t.us.rcv.unread += b"read"
    t.us.release()
    t.silent()
    assert (t.state, t.us.error) == (name, None)


@any_isn
def test_what_comes_again_after_a_release_is_acknowledged(isns):
    """It was read before."""
    t = established(isns)
    t.comes("P.", seq=1, ack=1, data=b"read")
    t.us.recv(), t.us.release()
    t.goes("F.", seq=1, ack=5)
    t.comes("P.", seq=1, ack=2, data=b"read")
    t.goes(".", seq=2, ack=5)
    t.comes("F.", seq=5, ack=2)
    t.goes(".", seq=2, ack=6)
    assert (t.state, t.us.error) == ("TIME-WAIT", None)


@any_isn
def test_all_that_was_written_goes_before_the_fin_of_a_release(isns):
    t = established(isns, window=1000)
    t.us.send(bytes(2000))
    t.us.release()
    t.goes(".", seq=1)
    t.comes(".", seq=1, ack=1001, window=5000)
    t.goes("FP.", seq=1001)


@any_isn
@pytest.mark.parametrize("data", [b"", b"for nobody"])
def test_window_that_stays_closed_after_a_release_ends_it(isns, data):
    """Each probe is answered; without a release the connection would stay (MUST-37)."""
    t = established(isns, window=0)
    t.us.send(data)
    t.us.release()
    t.poll()
    began = t.now
    while t.state == "FIN-WAIT-1" and t.now < began + 1000:
        t.at_deadline()
        t.poll()
        if t.unseen:
            t.unseen.clear()
            t.comes(".", seq=1, ack=1, window=0)
    assert (t.state, type(t.us.error)) == ("CLOSED", TimeoutError)
    assert 100 <= t.now - began < 165


@any_isn
@pytest.mark.parametrize("closes_first", [False, True])
def test_fin_wait_2_ends_a_minute_after_a_release(isns, closes_first):
    """The other side has vanished; with CLOSE alone it may go on sending for ever."""
    t = established(isns)
    if closes_first:
        t.us.close()
        t.goes("F.")
        t.comes(".", seq=1, ack=2).comes("P.", seq=1, ack=2, data=b"x")
        t.us.recv()
        t.after(10**6).goes(".", ack=2)  # a delayed ACK
        assert (t.state, t.us.next_deadline()) == ("FIN-WAIT-2", None)
        t.comes("P.", seq=2, ack=2, data=b"y")
        t.us.recv()
    t.us.release()
    t.poll().comes(".", seq=1 + 2 * closes_first, ack=2).poll()
    assert t.state == "FIN-WAIT-2"
    began = t.now
    while t.us.next_deadline() is not None:
        t.at_deadline()
        t.poll()
    assert (t.state, t.us.error, t.now - began) == ("CLOSED", None, pytest.approx(60))
    released = established(isns)
    released.us.release()
    released.poll().comes(".", seq=1, ack=2).poll().after(59).comes("F.", seq=1, ack=2).poll()
    assert released.us.time_wait_until == released.now + TWO_MSL_S


@any_isn
def test_the_user_learns_how_it_ended(isns):
    """By an end of the stream, or by an error that says what happened."""
    t = close_wait(isns)
    assert (t.us.recv(), t.us.has_ended, t.us.error) == (b"", True, None)
    t = established(isns)
    t.comes("P.", seq=1, ack=1, data=b"last words").comes("R", seq=11)
    assert t.us.recv() == b"last words"
    with pytest.raises(ConnectionResetError, match="RST"):
        t.us.recv()
    with pytest.raises(ConnectionResetError, match="RST"):
        t.us.send(b"x")

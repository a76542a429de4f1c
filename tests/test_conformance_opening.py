"""Opening: RFC 9293, 3.5, 3.10.1, 3.10.7.2 and 3.10.7.3."""

import pytest
from stack_trace import (
    EVERY_STATE,
    STATES,
    SYNCHRONIZED,
    any_isn,
    closed,
    established,
    listening,
    syn_received,
    syn_sent,
    time_wait,
)

from tcpkit.stack.states import State
from tcpkit.wire import Timestamps

CLOSED, SYN_SENT, SYN_RECEIVED, ESTABLISHED = State.CLOSED, State.SYN_SENT, State.SYN_RECEIVED, State.ESTABLISHED


@any_isn
def test_active_open(isns):
    t = closed(isns)
    t.us.dial(t.now)
    t.goes("S", seq=0)
    assert t.state == "SYN-SENT"
    t.comes("S.", seq=0, ack=1)
    t.goes(".", seq=1, ack=1, data=b"")
    t.silent()
    assert t.us.path == [CLOSED, SYN_SENT, ESTABLISHED]


@any_isn
def test_passive_open(isns):
    t = listening(isns).silent()
    t.comes("S", seq=0)
    t.goes("S.", seq=0, ack=1)
    t.silent()
    t.comes(".", seq=1, ack=1).silent()
    assert t.us.path == [CLOSED, State.LISTEN, SYN_RECEIVED, ESTABLISHED]


@any_isn
def test_simultaneous_open(isns):
    t = syn_sent(isns)
    t.comes("S", seq=0)
    t.goes("S.", seq=0, ack=1)
    t.comes("S.", seq=0, ack=1)
    assert t.us.path == [CLOSED, SYN_SENT, SYN_RECEIVED, ESTABLISHED]
    t.silent()
    t.us.send(b"hello")
    t.goes("P.", seq=1, ack=1, data=b"hello")


@any_isn
def test_simultaneous_open_ends_with_a_bare_ack_too(isns):
    t = syn_sent(isns)
    t.comes("S", seq=0)
    t.goes("S.", seq=0, ack=1)
    t.comes(".", seq=1, ack=1).silent()
    assert t.state == "ESTABLISHED"


@any_isn
def test_syn_ack_of_a_simultaneous_open_brings_data(isns):
    t = syn_sent(isns)
    t.comes("S", seq=0)
    t.goes("S.", seq=0, ack=1)
    t.comes("SP.", seq=0, ack=1, data=b"early")
    assert t.us.recv() == b"early"


@any_isn
def test_simultaneous_open_with_timestamps_that_vanish(isns):
    """The SYN has them, the SYN-ACK forgets them."""
    t = syn_sent(isns)
    t.comes("S", seq=0, options=(Timestamps(500, 0),))
    t.goes("S.", seq=0, ack=1)
    t.comes("S.", seq=0, ack=1)
    assert t.state == "ESTABLISHED"


@any_isn
def test_lost_syn_is_sent_again(isns):
    t = syn_sent(isns)
    t.at_deadline()
    t.goes("S", seq=0)
    t.comes("S.", seq=0, ack=1)
    t.goes(".", seq=1, ack=1)


@any_isn
def test_lost_syn_ack_is_sent_again(isns):
    t = syn_received(isns)
    t.at_deadline()
    t.goes("S.", seq=0, ack=1)


@any_isn
def test_syn_that_comes_again_is_answered_again(isns):
    t = syn_received(isns)
    t.comes("S", seq=0)
    t.goes("S.", seq=0, ack=1)
    t.silent()
    t.comes(".", seq=1, ack=1)
    assert t.state == "ESTABLISHED"


@any_isn
def test_syn_ack_that_comes_again_is_acknowledged_again(isns):
    t = established(isns)
    t.comes("S.", seq=0, ack=1)
    t.goes(".", seq=1, ack=1)
    t.silent()
    assert t.state == "ESTABLISHED"


@any_isn
def test_unknown_flags_and_reserved_bits_are_ignored(isns):
    """Nor are any sent: who offers ECN is told that we do not speak it."""
    t = listening(isns)
    t.comes("SEW", seq=0, reserved=15)
    assert t.goes("S.", seq=0, ack=1).header.reserved == 0
    t.comes("P.EW", seq=1, ack=1, data=b"x", reserved=15)
    assert t.us.recv() == b"x"


@any_isn
@pytest.mark.parametrize("ack", [-1, 0, 2, 2**30])
def test_syn_ack_of_another_syn_is_reset(isns, ack):
    """An old SYN of ours was answered (RFC 9293, figure 8)."""
    t = syn_sent(isns)
    t.comes("S.", seq=0, ack=ack)
    t.goes("R", seq=ack % 2**32)
    t.silent()
    assert t.state == "SYN-SENT"
    t.comes("S.", seq=0, ack=1)
    assert t.state == "ESTABLISHED"


@any_isn
def test_half_open_other_side_is_reset(isns):
    """It thinks an old connection open, and acknowledges what that one sent (figure 9)."""
    t = syn_sent(isns)
    t.comes(".", seq=300, ack=7_000)
    t.goes("R", seq=7_000)
    assert t.state == "SYN-SENT"


@any_isn
def test_syn_sent_waits_for_a_syn(isns):
    t = syn_sent(isns)
    t.comes(".", seq=0, ack=1).comes("P.", seq=1, ack=1, data=b"x").comes("F", seq=0).comes("", seq=0).silent()
    assert t.state == "SYN-SENT"


@any_isn
@pytest.mark.parametrize("ack", [0, 2, 12_345])
def test_wrong_ack_of_our_syn_is_reset(isns, ack):
    t = syn_received(isns)
    t.comes(".", seq=1, ack=ack)
    t.goes("R", seq=ack)
    t.silent()
    assert t.state == "SYN-RECEIVED"
    t.comes(".", seq=1, ack=1)
    assert t.state == "ESTABLISHED"


@any_isn
def test_data_with_the_ack_of_our_syn(isns):
    t = syn_received(isns)
    t.comes("P.", seq=1, ack=1, data=b"GET /")
    assert t.us.recv() == b"GET /"


@any_isn
def test_fin_with_the_ack_of_our_syn(isns):
    t = syn_received(isns)
    t.comes("F.", seq=1, ack=1)
    t.goes(".", seq=1, ack=2)
    assert t.us.path[-2:] == [ESTABLISHED, State.CLOSE_WAIT]


@any_isn
def test_data_on_a_syn_is_not_delivered_before_the_handshake_is_done(isns):
    """It may be dropped: the other side sends it again, as it is not acknowledged."""
    t = listening(isns)
    t.comes("S", seq=0, data=b"early")
    t.goes("S.", seq=0, ack=1)
    assert t.us.recv() == b""
    t.comes("P.", seq=1, ack=1, data=b"early")
    assert t.us.recv() == b"early"


@any_isn
def test_syn_received_remembers_who_dialled(isns):
    """An RST ends both; only who dialled is told that the connection was refused."""
    passive = syn_received(isns)
    passive.comes("R", seq=1)
    assert (passive.state, type(passive.us.error)) == ("CLOSED", ConnectionResetError)
    active = syn_sent(isns)
    active.comes("S", seq=0)
    active.goes("S.", seq=0, ack=1)
    active.comes("R", seq=1)
    assert (active.state, type(active.us.error)) == ("CLOSED", ConnectionRefusedError)


@any_isn
@pytest.mark.parametrize("name", ["SYN-RECEIVED", *SYNCHRONIZED])
@pytest.mark.parametrize("seq", [100, 70_000, -5_000])
def test_syn_in_the_middle_is_only_challenged(isns, name, seq):
    """Whatever its number: a host that really lost the connection answers the ACK with an RST (RFC 5961, 4.2)."""
    t = STATES[name](isns)
    t.comes("S", seq=seq)
    challenge = t.goes(".")
    assert challenge.ack == (t.us.rcv.nxt) % 2**32
    t.silent()
    assert t.state == name


@any_isn
def test_syn_for_closed_and_listen(isns):
    t = closed(isns)
    t.comes("S", seq=0).silent()  # the stack answers for what does not exist
    assert t.state == "CLOSED"
    t = listening(isns)
    t.comes("S", seq=77)
    t.goes("S.", seq=0, ack=78)


@any_isn
@pytest.mark.parametrize("flags", [".", "R", "R.", "S.", "SR", "F", "", "F.", "P.U"])
def test_only_a_syn_moves_listen(isns, flags):
    t = listening(isns)
    t.comes(flags, seq=5, ack=5 if "." in flags else None).silent()
    assert t.state == "LISTEN"


@EVERY_STATE
def test_open_is_possible_once(name):
    """What exists already cannot be opened."""
    t = STATES[name]()
    if name == "CLOSED":
        t.us.dial(t.now)
        assert t.state == "SYN-SENT"
        return
    with pytest.raises(LookupError, match="active open"):
        t.us.dial(t.now)


@any_isn
def test_data_written_before_the_handshake_is_done_goes_with_its_end(isns):
    t = syn_sent(isns)
    assert t.us.send(b"hello") == 5
    t.silent()
    t.comes("S.", seq=0, ack=1)
    t.goes("P.", seq=1, ack=1, data=b"hello")
    t.silent()


@any_isn
def test_close_before_the_handshake_is_done(isns):
    t = syn_received(isns)
    t.us.send(b"bye")
    t.us.close()
    t.silent()
    assert t.state == "FIN-WAIT-1"
    t.comes(".", seq=1, ack=1)
    t.goes("FP.", seq=1, ack=1, data=b"bye")
    t.comes(".", seq=1, ack=5)
    assert t.state == "FIN-WAIT-2"


@pytest.mark.parametrize("builder", [listening, syn_sent])
def test_close_of_what_is_not_open_leaves_nothing(builder):
    t = builder()
    t.us.close()
    t.silent()
    assert (t.state, t.us.next_deadline()) == ("CLOSED", None)


@any_isn
def test_time_wait_takes_no_syn_by_itself(isns):
    """The stack looks whether it may be opened again; the old connection only says what it expects."""
    t = time_wait(isns)
    t.comes("S", seq=1)
    t.goes(".", seq=2, ack=2)
    assert t.state == "TIME-WAIT"

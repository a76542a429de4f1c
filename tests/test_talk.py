"""A conversation by hand with the real kernel, and its end."""

import errno
import os
import signal
import time
from contextlib import contextmanager, suppress
from socket import AF_INET, SOCK_DGRAM

import pytest
from processes import PATIENCE_S, eventually

from tcpkit.lab import Lab, LabClosed, LabError
from tcpkit.lab.talk import Talk
from tcpkit.stack.link import Link
from tcpkit.stack.stack import Stack
from tcpkit.wire import MSS, Flags, WireError, next_ack

PORT = 8000
ACK, FIN, PSH, RST, SYN = Flags.ACK, Flags.FIN, Flags.PSH, Flags.RST, Flags.SYN


@pytest.fixture
def me(lab):
    """Return a host; something listens on PORT."""
    host = lab.host()
    with lab.listen(PORT, host.gateway) as host.listener:
        yield host


def states(lab, talk):
    table = lab.sockets()
    return list(table[table.remote == f"{talk.host.address}:{talk.source_port}"].state)


def test_a_conversation(lab, me):
    with me.talk(PORT, seq=2**32 - 1) as talk, me.capture() as packets:
        syn_ack = talk.dial(options=(MSS(1000),))
        server, caller = me.listener.accept()
        assert (syn_ack.ack, talk.seq, talk.ack, caller) == (0, 0, next_ack(syn_ack), (me.address, talk.source_port))
        said = talk.say(PSH | ACK, b"hello")
        assert (said.seq, talk.seq, talk.hear(PATIENCE_S).ack, server.recv(100)) == (0, 5, 5, b"hello")
        server.sendall(b"yes")
        assert talk.hear(PATIENCE_S).data == b"yes"
        assert talk.ack == next_ack(syn_ack), "hear changes nothing"
    assert [str(one.segment.flags) for one in packets] == ["S", "S.", ".", "P.", ".", "P."]
    assert packets[3].segment == said
    assert packets[0].segment.options == (MSS(1000),)
    assert packets.tcpdump("-v").count("(correct)") == 6
    with server, pytest.raises(ConnectionResetError):
        server.recv(100)


def test_a_field_that_is_given_goes_out_as_given(me):
    with me.talk(81, seq=100, window=500) as talk:
        assert (talk.say(SYN).ack, talk.seq) == (0, 101)
        talk.ack = 7
        said = talk.say(FIN | ACK, b"abc")
        assert (said.seq, said.ack, said.window, talk.seq) == (101, 7, 500, 105)
        said = talk.say(ACK | FIN, b"abc", seq=9, ack=8, window=1, urgent=3, checksum=0x1234)
        assert (said.seq, said.ack, said.window, said.urgent, said.checksum) == (9, 8, 1, 3, 0x1234)
        assert talk.seq == 105, "with seq= nothing moves"
        assert talk.say(RST, ack=6).ack == 6


def test_each_talk_hears_its_own_and_host_recv_whatever_comes(lab, me):
    first, second = me.talk(PORT), me.talk(PORT)
    with first, second, lab.socket(AF_INET, SOCK_DGRAM) as other:
        for talk in (first, second):
            talk.say(SYN)
            other.sendto(b"no TCP", (me.address, talk.source_port))
        assert second.hear(PATIENCE_S).destination_port == second.source_port
        assert [each.flags for each in first.hear_all()] == [SYN | ACK]
        assert second.hear_all(0) == []
        other.sendto(b"whatever", (me.address, first.source_port))
        assert me.recv(PATIENCE_S)[28:] == b"whatever"


def test_no_port_twice_in_a_lab_whatever_becomes_of_the_host(lab, me):
    ports = [me.talk(PORT).source_port for _ in range(2)]
    with lab.host("10.0.0.3") as another:
        ports += [another.talk(PORT).source_port]
    me.talk(PORT, source_port=8992)
    again = lab.host()
    ports += [again.talk(PORT).source_port, again.talk(PORT).source_port]
    assert ports == [8989, 8990, 8991, 8993, 8994]
    with pytest.raises(ValueError, match=r"from port 8992 to port 8000 .* still keep .*: host\.talk\(8000\)"):
        again.talk(PORT, source_port=8992)
    assert again.talk(81, source_port=8992).source_port == 8992, "to another port it is another connection"


def wrong_third_packet(talk):
    talk.say(SYN)
    talk.hear(PATIENCE_S)
    talk.say(ACK, ack=77)
    assert talk.hear(PATIENCE_S).flags == RST


def speaks_on(talk, number=0, flags=ACK, data=b""):
    talk.dial()
    talk.seq = (talk.seq + number) % 2**32
    if flags:
        talk.say(flags, data)


def says_nonsense_later(talk):
    talk.say(SYN)
    vars(talk).update(seq="x", ack=-1, window=None)


BEFORE_THE_END = {  # what was said, and the kernel's state then
    "nothing": (lambda talk: None, []),
    "a SYN": (lambda talk: talk.say(SYN), ["SYN-RECEIVED"]),
    "a SYN, and its answer was heard": (lambda talk: (talk.say(SYN), talk.hear(PATIENCE_S)), ["SYN-RECEIVED"]),
    "a third packet with another ack": (wrong_third_packet, ["SYN-RECEIVED"]),
    "all right": (speaks_on, ["ESTABLISHED"]),
    "seq one too low": (lambda talk: speaks_on(talk, -1, None), ["ESTABLISHED"]),
    "seq one too high": (lambda talk: speaks_on(talk, 1, None), ["ESTABLISHED"]),
    "seq far away": (lambda talk: speaks_on(talk, 2**31, None), ["ESTABLISHED"]),
    "data after a gap": (lambda talk: speaks_on(talk, 5, ACK, b"world"), ["ESTABLISHED"]),
    "data, and nothing was heard": (lambda talk: speaks_on(talk, 0, ACK, bytes(500)), ["ESTABLISHED"]),
    "all right, then nonsense": (lambda talk: (talk.dial(), vars(talk).update(seq="x", ack=-1)), ["ESTABLISHED"]),
    "FIN": (lambda talk: speaks_on(talk, 0, FIN | ACK), ["CLOSE-WAIT"]),
    "RST": (lambda talk: speaks_on(talk, 0, RST), []),
}


@pytest.mark.parametrize("seq", [0, 2**32 - 2])
def test_the_kernel_forgets_whatever_was_said(lab, me, seq):
    for name, (speak, state) in BEFORE_THE_END.items():
        with me.talk(PORT, seq=seq) as talk:
            speak(talk)
            assert states(lab, talk) == state, name
        assert states(lab, talk) == [], name


def test_the_kernel_forgets_whatever_it_said(lab, me):
    for ends in ("answers", "closes", "waits"):
        with me.talk(PORT) as talk:
            talk.dial()
            server, _ = me.listener.accept()
            with server:
                server.sendall(b"some data")
                if ends == "closes":
                    server.close()
                elif ends == "waits":
                    server.close()
                    for each in talk.hear_all():
                        talk.ack = next_ack(each)
                    talk.say(ACK)
                    talk.say(FIN | ACK)
                    assert eventually(lambda talk=talk: states(lab, talk)) == ["TIME-WAIT"]
        assert states(lab, talk) == [], ends


def test_the_kernel_that_called_is_told(lab, me):
    with lab.socket() as client:
        client.bind((me.gateway, 40_000))
        client.setblocking(False)
        with me.talk(40_000, source_port=80) as talk:
            assert client.connect_ex((me.address, 80)) == errno.EINPROGRESS
            assert talk.hear(PATIENCE_S).flags == SYN
            assert states(lab, talk) == ["SYN-SENT"]
        assert states(lab, talk) == []
        assert client.connect_ex((me.address, 80)) == errno.ECONNREFUSED


def test_a_link_delays_and_doubles_and_the_kernel_forgets(lab):
    me = lab.host(link=Link(delay_s=0.02, duplication=0.5, seed=1))
    with lab.listen(PORT, me.gateway):
        for speak in (Talk.dial, says_nonsense_later, lambda talk: speaks_on(talk, 0, ACK, bytes(500))):
            with me.talk(PORT) as talk:
                speak(talk)
            assert states(lab, talk) == []


def test_nothing_of_an_earlier_talk_is_in_a_later_capture(lab, me):
    with me.talk(PORT) as talk:
        talk.dial()
        server, _ = me.listener.accept()
        server.sendall(b"said again after 200 ms, if it were not for the end")
    with server, me.capture() as packets:
        time.sleep(0.5)
    assert len(packets) == 0


# Bad luck


def test_a_listener_that_is_not_there(lab, me):
    with me.talk(8001) as talk:
        words = r"Nothing listens on port 8001 of 10\.0\.0\.1: .* was R\.\. First lab\.listen\(8001, '10\.0\.0\.1'\)"
        with pytest.raises(ConnectionRefusedError, match=words):
            talk.dial()
        with lab.listen(8001, me.gateway):
            assert talk.dial().flags == SYN | ACK, "and then it works"


def test_dialling_twice(me):
    with me.talk(PORT) as talk:
        talk.dial()
        with pytest.raises(ConnectionRefusedError, match=r"was \., not S\. : the kernel keeps a connection .* 8989"):
            talk.dial()


def test_silence_is_said_as_host_recv_says_it(me):
    with me.talk(PORT) as talk, pytest.raises(TimeoutError, match=r"Nothing came to 10\.0\.0\.2 within 0\.01 s\."):
        talk.hear(0.01)


@contextmanager
def interrupted_at(monkeypatch, method, call):
    """Send this process an interrupt in the given call of a method of talks."""
    calls, real = [], getattr(Talk, method)

    def method_of_it(*arguments, **fields):
        calls.append(arguments)
        if len(calls) == call:
            os.kill(os.getpid(), signal.SIGINT)
        return real(*arguments, **fields)

    with monkeypatch.context() as patch:
        patch.setattr(Talk, method, method_of_it)
        yield


@pytest.mark.parametrize(("method", "call"), [("say", 1), ("say", 2), ("hear", 1), ("say", 3), ("hang_up", 1)])
def test_an_interrupt_ends_the_talk_and_the_cell_runs_again(lab, me, monkeypatch, method, call):
    with pytest.raises(KeyboardInterrupt), interrupted_at(monkeypatch, method, call), me.talk(PORT) as talk:
        talk.dial()
    assert (talk.is_over, me.talks, states(lab, talk)) == (True, {}, [])
    with me.talk(PORT) as again:
        assert again.dial().flags == SYN | ACK


def test_a_talk_left_open_stops_no_later_one(lab, me):
    left = me.talk(PORT)
    left.dial()
    left.say(ACK, b"hello")
    with lab.listen(PORT, me.gateway) as listener, me.talk(PORT) as talk:  # as when its cell is run again
        talk.dial()
        listener.accept()[0].close()
        assert talk.hear(PATIENCE_S).flags == FIN | ACK
    assert states(lab, left) == [], "its listener was closed"


def test_a_talk_that_is_over(me):
    with me.talk(PORT) as talk:
        pass
    assert repr(talk) == "a talk from 10.0.0.2:8989 to 10.0.0.1:8000 (over)"
    for call in (talk.dial, talk.hear, talk.hear_all, lambda: talk.say(SYN)):
        with pytest.raises(LabError, match=r"This talk is over: .*host\.talk\(8000\)"):
            call()


def test_host_or_lab_closed_in_the_block():
    with Lab() as lab:
        with lab.host() as me, me.talk(PORT) as talk:
            me.close()
            with pytest.raises(LabError, match="This host was closed"):
                talk.say(SYN)
        with lab.host() as me, me.talk(PORT) as talk:
            lab.close()
            with pytest.raises(LabClosed):
                talk.hear()
    with pytest.raises(LabClosed):
        me.talk(PORT)


def test_while_a_stack_runs_it_gets_the_packets(me):
    with me.run(Stack(me.address)), pytest.raises(LabError, match=r"A stack runs on 10\.0\.0\.2.*Stop it first"):
        me.talk(PORT)
    with me.talk(PORT) as talk:
        with me.run(Stack(me.address)), pytest.raises(LabError, match="Stop it first"):
            talk.hear()
        assert talk.dial()


@pytest.mark.parametrize(
    ("speak", "error", "words"),
    [
        (lambda talk: talk.say("S"), TypeError, r"flags are bits, such as Flags\.SYN \| Flags\.ACK; these are 'S'"),
        (lambda talk: talk.say(None), TypeError, "flags are bits"),
        (lambda talk: talk.say(SYN, "text"), WireError, "data is text"),
        (lambda talk: talk.say(SYN, seq=2**32), WireError, "seq is 4294967296: its 32 bits hold"),
        (lambda talk: talk.say(SYN, window=-1), WireError, "window is -1"),
        (lambda talk: talk.say(ACK, bytes(1461)), ValueError, "1,501 bytes, and the cable carries 1,500"),
        (lambda talk: talk.hear("soon"), TypeError, "timeout_s is a number of seconds"),
        (lambda talk: talk.host.talk("http"), TypeError, "a port is a number"),
        (lambda talk: talk.host.talk(80, source_port=0), ValueError, "there is no port 0"),
    ],
)
def test_what_cannot_be_said(me, speak, error, words):
    with me.talk(PORT) as talk:
        with pytest.raises(error, match=words):
            speak(talk)
        assert talk.seq == 0, "nothing was sent"
        with suppress(TimeoutError):
            assert talk.hear(0).flags is None

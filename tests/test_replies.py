"""Many questions to the kernel at once, each with its own answer."""

import random
import socket

import pytest

from tcpkit.lab import LabClosed, replies
from tcpkit.wire import Flags, Segment, TCPHeader

LOOPBACK = "127.0.0.1"


def segment(source_port, port=8000, flags=Flags.SYN, data=b"", **fields):
    return Segment(TCPHeader(source_port, port, flags=flags, **fields), data).with_checksum(LOOPBACK, LOOPBACK)


def test_every_segment_gets_its_own_answer_and_silence_is_empty(lab):
    asked = [
        segment(9000, data=bytes(44)),
        segment(9001, flags=Flags.RST),
        segment(9002, port=9000, data=b"abc"),
        segment(9003, flags=Flags.ACK, ack=7),
    ]
    replies = lab.ask_each(asked)
    assert [[(reply.flags, reply.seq, reply.ack) for reply in each] for each in replies] == [
        [(Flags.RST | Flags.ACK, 0, 45)],
        [],
        [(Flags.RST | Flags.ACK, 0, 4)],
        [(Flags.RST, 7, 0)],
    ]
    for one, each in zip(asked, replies, strict=True):
        assert all(reply.destination_port == one.source_port for reply in each)


def test_more_segments_than_a_sockets_buffer_holds(lab):
    sizes = random.Random(4).choices(range(900), k=1_000)
    replies = lab.ask_each(segment(20_000 + at, data=bytes(size)) for at, size in enumerate(sizes))
    assert [[reply.ack for reply in each] for each in replies] == [[size + 1] for size in sizes]


def test_a_listener_answers_among_closed_ports(lab):
    with lab.listen(8002):
        closed, listening = lab.ask_each([segment(9000), segment(9001, port=8002)])
    assert [reply.flags for reply in closed] == [Flags.RST | Flags.ACK]
    assert listening[0].flags == Flags.SYN | Flags.ACK


def test_nothing_asked_is_nothing_answered(lab):
    assert lab.ask_each([]) == []


def test_two_between_the_same_ports_would_be_confused(lab):
    with pytest.raises(ValueError, match="give each a source port of its own"):
        lab.ask_each([segment(9000), segment(9000, flags=Flags.FIN)])


def test_a_segment_that_comes_from_a_port_asked_is_no_answer_to_itself(lab):
    there, back = segment(9000, port=9001), segment(9001, port=9000)
    replies = lab.ask_each([there, back])
    assert [[str(reply.flags) for reply in each] for each in replies] == [["R."], ["R."]]


def test_bad_things_to_ask(lab):
    with pytest.raises(TypeError, match="a packet is bytes or a Segment; this is str"):
        lab.ask_each(["SYN"])
    lab.close()
    with pytest.raises(LabClosed, match=r"lab = Lab\(\)"):
        lab.ask_each([segment(9000)])


@pytest.mark.parametrize("timeout_s", [None, "1", True, float("nan"), -1])
def test_a_time_that_is_none(lab, timeout_s):
    with lab.host() as host:
        for call in (lab.ask, lambda one, _, s: lab.ask_each([one], LOOPBACK, s), lambda *_: host.recv(timeout_s)):
            with pytest.raises((TypeError, ValueError), match="timeout_s is"):
                call(segment(9000), LOOPBACK, timeout_s)


def test_a_long_silence_is_not_waited_for(lab, monkeypatch):
    monkeypatch.setattr(replies, "LONGEST_S", 0.2)
    assert lab.ask(segment(9000, flags=Flags.RST), timeout_s=float("inf")) == []


def test_answers_that_found_no_room_are_no_silence(lab, monkeypatch):
    """A flood of others' packets, while the socket is not read."""
    flood, asked = segment(9001, flags=Flags.RST, data=bytes(900)), segment(9000)
    send = lab._send

    def send_after_a_flood(raw, data, destination):
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 0)
        for _ in range(50):
            send(other, bytes(flood), destination)
        send(raw, data, destination)

    with lab.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP) as other:
        monkeypatch.setattr(lab, "_send", send_after_a_flood)
        with pytest.warns(UserWarning, match="silence may be an answer that was lost. Ask again"):
            assert lab.ask(asked) == []

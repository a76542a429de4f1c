"""Exercises whose answers speak with the kernel, on two of the kind that lessons have."""

import time
from dataclasses import replace

import pytest

from tcpkit.check import lesson18, lesson19, lesson20, lesson21
from tcpkit.check.exercise import NO_LAB
from tcpkit.check.live_talk import NO_CABLE, LiveExercise, live_talk, read
from tcpkit.lab import Lab, LabUnavailable
from tcpkit.wire import Flags, next_ack

ACK, FIN, PSH, SYN = Flags.ACK, Flags.FIN, Flags.PSH, Flags.SYN


def third(lab, answer, first):
    """Send the third packet that an answer names, and data behind it."""
    with live_talk(lab, seq=first) as live:
        syn, syn_ack = live.talk.say(SYN), live.talk.hear()
        flags, seq, ack = answer(syn, syn_ack)
        live.talk.say(flags, seq=seq, ack=ack)
        live.talk.say(PSH | ACK, b"hello", seq=seq, ack=ack)
        return live.state, read(live.accept())


def after_fin(lab, answer, last_words):
    """Let an answer end the connection, while the program says its last words and closes."""
    with live_talk(lab) as live:
        live.talk.dial()
        program = live.accept()
        program.sendall(last_words)
        live.talk.say(FIN | ACK)
        assert read(program) == b""
        program.close()
        answer(live.talk)
        return live.state, live.moved.get("TcpOutRsts", 0)


def right_end(talk):
    while True:
        segment = talk.hear()
        talk.ack = next_ack(segment)
        if segment.data or segment.flags & FIN:
            talk.say(ACK)
        if segment.flags & FIN:
            return


third_packet = LiveExercise(
    "7.1 third_packet",
    right=lambda syn, syn_ack: (ACK, next_ack(syn), next_ack(syn_ack)),
    inputs=((0,), (2**32 - 1,)),
    converse=third,
    causes={"Their SYN took a number too.": lambda syn, syn_ack: (ACK, next_ack(syn), syn_ack.seq)},
    signs={"The program waits for it for ever.": lambda got, right, first: got[0] == right[0]},
    meaning="The line is open.",
)
close_first = LiveExercise(
    "9.1 close_first",
    right=right_end,
    inputs=((b"",), (b"bye",)),
    converse=after_fin,
    signs={"It waits for the ACK of its own FIN.": lambda got, right, words: got[0] == "LAST-ACK"},
    meaning="Gone.",
)


@pytest.mark.parametrize(
    ("check", "answer", "words"),
    [
        (third_packet, third_packet.right, "PASS 7.1 third_packet\nThe line is open."),
        (third_packet, lambda syn, syn_ack: ..., "TODO 7.1"),
        (third_packet, lambda syn, syn_ack: (ACK, next_ack(syn), syn_ack.seq), "Their SYN took"),
        (third_packet, lambda syn, syn_ack: (ACK, (syn.seq + 2) % 2**32, next_ack(syn_ack)), "The program waits"),
        (third_packet, lambda syn, syn_ack: (ACK, 2**32, 0), "For first=0 it raised WireError: seq is 4294967296"),
        (third_packet, lambda syn: 0, "It is called with 2 values (syn, syn_ack)"),
        (close_first, right_end, "PASS 9.1"),
        (close_first, lambda talk: ..., "TODO 9.1"),
        (close_first, lambda talk: talk.hear_all(), "It waits for the ACK"),
        (close_first, lambda talk: talk.hang_up(), "TRY AGAIN 9.1"),
    ],
)
def test_what_the_kernel_did_is_judged(lab, check, answer, words):
    with lab.listen(8000):
        before = lab.counters()
        assert words in check(answer, lab).message
        assert str(lab.counters() - before) == str(before - before), "the learner's lab is left alone"


def test_a_server_of_the_lab_takes_the_listeners_place(lab):
    serve = "import socket; one = socket.create_server(('', 8001)).accept()[0]; one.sendall(bytes(30)); one.recv(1)"
    lab.start(["python", "-c", serve], port=8001)
    with live_talk(lab, 8001, listens=False) as live:
        live.talk.dial()
        assert live.talk.hear().data == bytes(30)
        assert (live.listener, live.unsent, live.state) == (None, 30, "ESTABLISHED")
        live.talk.hang_up()
        assert live.unsent is None


def test_an_answer_that_never_ends_is_cut_off_and_leaves_nothing_open(lab):
    made = []

    class Noted(Lab):
        def __init__(self, kind=None):
            super().__init__(kind)
            made.append(self)

    lab.__class__ = Noted
    endless = [lambda syn, syn_ack: time.sleep(100_000), lambda syn, syn_ack: [None for _ in iter(int, 1)]]
    for answer in endless:
        check = replace(third_packet, limit_s=0.5)
        assert "had not finished after 0.5 seconds" in check(answer, lab).message
    assert list(map(repr, made)) == ["closed lab", "closed lab"]


def test_without_a_lab_that_has_cables(lab, monkeypatch):
    stub = lambda syn, syn_ack: ...  # noqa: E731
    for thing in (None, "lab", 7, object()):
        assert third_packet(third_packet.right, thing).sentence == NO_LAB.format(name="third_packet")
    lab.close()
    assert third_packet(third_packet.right, lab).status == "PASS", "it is only asked for another one"

    def refuse(self, kind=None):
        raise LabUnavailable("none here")

    monkeypatch.setattr(Lab, "__init__", refuse)
    assert third_packet(third_packet.right, lab).sentence == "none here."
    monkeypatch.setattr(Lab, "kind", "direct")
    assert third_packet(third_packet.right, lab).sentence == NO_CABLE
    assert third_packet(stub, lab).message == third_packet(stub).message == "TODO 7.1 third_packet"


ANOTHER = [lesson18.chattiest, lesson19.copy, lesson20.next_hop, lesson20.dns_query, lesson20.traceroute]
CARRYING = [lesson19.rewrite, lesson21.sweep, lesson21.on_rst]


@pytest.mark.parametrize("check", ANOTHER + CARRYING, ids=lambda check: check.name)
def test_where_no_other_lab_can_be_had_it_says_why(check, lab, monkeypatch):
    def refuse(*_):
        raise LabUnavailable("Another network cannot be had here: a limit is reached.\nRaise it.")

    monkeypatch.setattr(Lab, "__init__", refuse)
    monkeypatch.setattr(Lab, "namespace", refuse)
    said = check(check.right, lab)
    assert said.sentence.endswith("Another network cannot be had here: a limit is reached.\nRaise it.")
    assert said.status == ("PASS" if check in CARRYING else "TRY AGAIN")
    assert ("The transfer is left out: " in said.sentence) == (check in CARRYING)

"""lab.explain: each answer and each silence gets its own two sentences."""

import ctypes
import re
import socket
import struct

import pytest
from processes import eventually

from tcpkit.lab import Lab, LabClosed
from tcpkit.lab.counters import Counters
from tcpkit.lab.explain import Cause, Evidence, explain, judge
from tcpkit.wire import Flags, Segment, TCPHeader, complaints

HOST = "127.0.0.1"
CLOSED, OPEN, FULL, WALLED = 8000, 8002, 8003, 8004
SO_ATTACH_FILTER = 26


def segment(port, flags=Flags.SYN, data=b"", **fields):
    made = Segment(TCPHeader(8989, port, flags=flags, **fields), data)
    return made if "checksum" in fields else made.with_checksum(HOST, HOST)


@pytest.fixture
def inside(lab):
    """A lab with a listener, one whose queue is full, and one behind a wall."""
    listener, full, walled = lab.listen(OPEN), lab.listen(FULL, backlog=0), lab.listen(WALLED)
    waiting = lab.socket()
    waiting.connect((HOST, FULL))
    nothing = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0))  # a filter that keeps 0 bytes
    walled.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HP", 1, ctypes.addressof(nothing)))
    yield lab
    for one in (listener, full, walled, waiting):
        one.close()


NOT_BY_COUNTERS = "The kernel dropped it without counting an error: its counters alone do not show that."
ANSWERED = [
    (segment(CLOSED), "Answered: [R.]. Nobody listens on port 8000, and the kernel says so."),
    (segment(CLOSED, Flags.FIN), "Answered: [R.]. Nobody listens on port 8000, and the kernel says so."),
    (segment(CLOSED, Flags.ACK), "Answered: [R]. Nobody listens on port 8000, and the kernel says so."),
    (
        segment(OPEN, data=bytes(44)),
        "Answered: [S.]. A program listens on port 8002, and the kernel agrees to a connection for it.",
    ),
    (
        segment(OPEN, Flags.ACK),
        "Answered: [R]. A program listens on port 8002, but this segment claims a connection that never was.",
    ),
]
SILENT = [
    (
        Cause.TOO_FEW_BYTES,
        bytes(12),
        f"No answer: 12 bytes are no TCP header ([|tcp]). {NOT_BY_COUNTERS}",
    ),
    (Cause.TOO_FEW_BYTES, b"", f"No answer: 0 bytes are no TCP header ([|tcp]). {NOT_BY_COUNTERS}"),
    (
        Cause.HEADER_LENGTH,
        segment(CLOSED, data=bytes(44), data_offset=1),
        "No answer: bad hdr length 4 - too short, < 20. The kernel found the same: TcpInErrs moved.",
    ),
    (
        Cause.HEADER_LENGTH,
        segment(OPEN, data_offset=15),
        f"No answer: bad hdr length 60 - too long, > 20. {NOT_BY_COUNTERS}",
    ),
    (
        Cause.CHECKSUM,
        segment(OPEN, data=bytes(44), checksum=0xAF57),
        "No answer: cksum 0xaf57 (incorrect -> 0x6f55). "
        "The kernel found the same: TcpInErrs and TcpInCsumErrors moved.",
    ),
    (
        Cause.RESET,
        segment(OPEN, Flags.RST),
        "No answer: this is an RST, and nobody answers an RST. "
        "It says nothing about port 8002: closed, listening or connected, it is silent.",
    ),
    (
        Cause.LISTENER,
        segment(OPEN, Flags.FIN),
        "No answer: a program listens on port 8002, and a listener waits for a SYN. "
        "No error counter moves for that: the counters alone do not show that.",
    ),
    (Cause.LISTENER, segment(OPEN, Flags(0)), "a listener waits for a SYN."),
    (Cause.LISTENER, segment(OPEN, Flags.SYN | Flags.FIN), "and Linux lets a listener drop a SYN with FIN."),
    (
        Cause.QUEUE_FULL,
        segment(FULL),
        "No answer: a program listens on port 8003, but does not accept, and its queue is full. "
        "The kernel counted that: TcpExtListenOverflows moved.",
    ),
    (
        Cause.NOT_TOLD,
        segment(WALLED),
        "No answer, and it cannot be told why. tcpdump finds nothing wrong, no error counter moved, "
        "and a program listens on port 8004.",
    ),
]


def words_of(told):
    return repr(told).replace("\n", " ")


def two_sentences(told):
    assert max(map(len, repr(told).split("\n"))) <= 90  # columns
    return all(re.fullmatch(r"[A-Zt].*[A-Za-z0-9)\]]\.", each) for each in (told.first, told.second))


@pytest.mark.parametrize(("sent", "words"), ANSWERED)
def test_answers(inside, sent, words):
    told = inside.explain(sent)
    assert (told.cause, words_of(told)) == (Cause.ANSWERED, words)
    assert two_sentences(told)


@pytest.mark.parametrize(("cause", "sent", "words"), SILENT)
def test_silences(inside, cause, sent, words):
    told = inside.explain(sent)
    assert told.cause == cause
    assert words in words_of(told)
    assert two_sentences(told)
    assert told == inside.explain(bytes(sent))


def test_every_cause_is_tried():
    elsewhere = {Cause.ANSWERED, Cause.IP_HEADER}  # the latter in test_lab.py
    assert {cause for cause, *_ in SILENT} | elsewhere == set(Cause)


def test_a_connection_speaks_for_itself(inside):
    with inside.socket() as client:
        client.bind((HOST, 8989))
        client.connect((HOST, OPEN))
        answered, silent = inside.explain(segment(OPEN)), inside.explain(segment(OPEN, Flags.FIN))
        reset = inside.explain(segment(OPEN, Flags.RST, seq=1 << 31))
    assert words_of(answered).startswith(
        "Answered: [.]. Port 8002 is connected with yours (ESTABLISHED), and the kernel"
    )
    assert silent.cause == Cause.NOT_TOLD
    assert words_of(silent).endswith("no error counter moved, and port 8002 is connected with yours (ESTABLISHED).")
    assert reset.cause == Cause.RESET


def test_a_listener_on_every_address_is_found(inside):
    with inside.listen(8010, address="0.0.0.0"):
        assert inside.explain(segment(8010, Flags.FIN)).cause == Cause.LISTENER
    with inside.listen(8011, address="127.0.0.2"):
        assert words_of(inside.explain(segment(8011))).startswith("Answered: [R.]. Nobody listens on port 8011")
        there = Segment(TCPHeader(8989, 8011, flags=Flags.SYN)).with_checksum(HOST, "127.0.0.2")
        assert words_of(inside.explain(there, "127.0.0.2")).startswith("Answered: [S.]. A program listens on port 8011")


def test_the_checksum_is_judged_by_the_addresses_it_went_to(inside):
    for_here = segment(CLOSED)
    assert inside.explain(for_here, "127.0.0.2").cause == Cause.CHECKSUM


def test_nothing_is_left_behind(inside):
    before = len(inside.sockets())
    inside.explain(segment(OPEN))
    assert len(inside.sockets()) == before


def test_what_is_no_packet_is_said():
    with Lab() as lab:
        with pytest.raises(TypeError, match="a packet is bytes or a Segment; this is str"):
            lab.explain("SYN")
        with pytest.raises(OSError, match="nothing leaves the lab"):
            lab.explain(segment(CLOSED), "192.0.2.1")
    with pytest.raises(LabClosed):
        lab.explain(segment(CLOSED))


# What the three witnesses may and may not prove, without a lab


def evidence(sent, moved=(), state="", is_alone=True, replies=()):
    faults = [each for each in complaints(bytes(sent)) if each.field in ("data_offset", "checksum")]
    return Evidence(bytes(sent), faults[0] if faults else None, tuple(replies), Counters(moved), state, is_alone)


def test_counters_that_somebody_else_moved_prove_nothing():
    short, sum_ = segment(CLOSED, data_offset=1), segment(CLOSED, checksum=1)
    for sent, cause in ((short, Cause.HEADER_LENGTH), (sum_, Cause.CHECKSUM)):
        told = judge(evidence(sent, {"TcpInErrs": 5, "TcpInCsumErrors": 2}, is_alone=False))
        assert told.cause == cause
        assert words_of(told).endswith(
            "Something else spoke at the same time, so the kernel's counters prove nothing here."
        )
    syn = judge(evidence(segment(FULL), {"TcpExtListenOverflows": 1}, "LISTEN", is_alone=False))
    assert syn.cause == Cause.NOT_TOLD
    assert "the counters were moved by something else too" in words_of(syn)


def test_witnesses_that_disagree_leave_it_untold():
    told = judge(evidence(segment(CLOSED, data_offset=1), {"TcpInErrs": 1, "TcpInCsumErrors": 1}))
    assert told.cause == Cause.NOT_TOLD
    assert words_of(told).endswith(
        "The kernel does not agree: TcpInErrs and TcpInCsumErrors moved, so it cannot be told for sure."
    )
    told = judge(evidence(segment(CLOSED, checksum=1)))
    assert words_of(told).endswith("The kernel does not agree: no error counter moved, so it cannot be told for sure.")


def test_nobody_there_and_no_answer():
    told = judge(evidence(segment(CLOSED)))
    assert words_of(told).endswith("tcpdump finds nothing wrong, no error counter moved, and nobody is on port 8000.")


def test_traffic_of_others_is_noticed(inside):
    """What another program sends meanwhile must not count as our packet's."""
    sent = bytes(segment(CLOSED, data_offset=1))

    def send():
        inside.send(sent)
        inside.send(segment(9999, Flags.RST))

    told = explain(inside._agent, send, inside.counters, sent, HOST)
    assert words_of(told).endswith(
        "Something else spoke at the same time, so the kernel's counters prove nothing here."
    )


def test_traffic_that_no_capture_shows_is_noticed_by_the_count(inside):
    sent, counts = bytes(segment(CLOSED, data_offset=1)), iter((100, 200))

    def counters():
        return Counters(dict(inside.counters()) | {"TcpInSegs": next(counts)})

    told = explain(inside._agent, lambda: inside.send(sent), counters, sent, HOST)
    assert words_of(told).endswith(
        "Something else spoke at the same time, so the kernel's counters prove nothing here."
    )


def test_a_connection_that_is_over_goes_before_the_listener(inside):
    listener = inside.listen(8010)
    with inside.socket() as client:
        client.bind((HOST, 8989))
        client.connect((HOST, 8010))
        server, _ = listener.accept()
        server.close()
        assert client.recv(1) == b""
    eventually(lambda: "TIME-WAIT" in set(inside.sockets()["state"]))  # not at once on a busy machine
    told = inside.explain(segment(8010, Flags.ACK))
    assert "Port 8010 is connected with yours (TIME-WAIT)" in words_of(told)


def test_options_that_tcpdump_finds_bad_are_no_cause_of_silence(inside):
    sent = Segment(TCPHeader(8989, OPEN, flags=Flags.FIN, data_offset=6), bytes.fromhex("02ff0000"))
    sent = sent.with_checksum(HOST, HOST)
    assert complaints(bytes(sent))
    assert inside.explain(sent).cause == Cause.LISTENER

"""Complaints are tcpdump's, in its order, and name the field."""

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_tcpdump import has_multipath, installed, needs_tcpdump, segment

from tcpkit.capture import Capture
from tcpkit.capture.real import real_tcpdump
from tcpkit.capture.tcpdump import tcpdump
from tcpkit.wire import Complaint, Flags, Segment, TCPHeader, WireError, complaints

HOME = bytes([127, 0, 0, 1])
SYN = bytes.fromhex("231d1f40 00000000 00000000 50020000 6f570000") + bytes(44)
MARKS = re.compile(
    r"bad hdr length \d+ - too \w+, [<>] \d+|cksum 0x\w{4} \(incorrect -> 0x\w{4}\)"
    r"|\[len \d+\]|\[bad opt\]|invalid sack|\(invalid\)|\[\|tcp\]"
)


def changed(**places):
    """The story's good SYN with some bytes changed: `b12=0x10`."""
    data = bytearray(SYN)
    for place, byte in places.items():
        data[int(place[1:])] = byte
    return bytes(data)


def with_options(listed):
    """A segment with these option bytes, all else right."""
    header = bytes.fromhex("231d1f40 00000000 00000000 50020000 00000000")
    size = (20 + len(listed)) // 4
    return Segment.parse(header[:12] + bytes([size << 4]) + header[13:] + listed).with_checksum(
        "127.0.0.1", "127.0.0.1"
    )


def test_nothing_is_wrong_with_the_story_s_last_syn():
    assert complaints(SYN) == ()
    assert complaints(Segment.parse(SYN)) == ()


@pytest.mark.parametrize(
    ("data", "field", "words"),
    [
        (changed(b12=0x10), "data_offset", "bad hdr length 4 - too short, < 20"),
        (changed(b12=0x00), "data_offset", "bad hdr length 0 - too short, < 20"),
        (changed(b12=0x4F), "data_offset", "bad hdr length 16 - too short, < 20"),
        (changed(b12=0xF0)[:20], "data_offset", "bad hdr length 60 - too long, > 20"),
        (changed(b16=0x00, b17=0x0F), "checksum", "cksum 0x000f (incorrect -> 0x6f57)"),
        (changed(b16=0xAF), "checksum", "cksum 0xaf57 (incorrect -> 0x6f57)"),
        (with_options(bytes.fromhex("02030101")), "options", "[len 3]"),
        (with_options(bytes.fromhex("02050101")), "options", "[bad opt]"),
        (with_options(bytes.fromhex("05060102 01010101")), "options", "invalid sack"),
        (with_options(bytes.fromhex("1d030101")), "options", "(invalid)"),
        (with_options(bytes.fromhex("22050102 03010101")), "options", "(invalid)"),
        (with_options(bytes.fromhex("fe05f989 07010101")), "options", "(invalid)"),
        (with_options(bytes.fromhex("01010102")), "options", "[|tcp]"),
        (b"", "source_port", "[|tcp]"),
        (SYN[:3], "destination_port", "[|tcp]"),
        (SYN[:12], "data_offset", "[|tcp]"),
        (SYN[:19], "urgent", "[|tcp]"),
    ],
)
def test_what_is_wrong_is_named(data, field, words):
    assert complaints(data) == (Complaint(field, words),)
    assert words in tcpdump(Capture.of(data), "-v")


def test_every_field_named_is_a_field_of_the_header():
    assert {complaint.field for size in range(20) for complaint in complaints(SYN[:size])} == {
        *("source_port", "destination_port", "seq", "ack", "data_offset", "flags", "window", "checksum", "urgent")
    }
    for field in ("options", "checksum", "data_offset"):
        assert hasattr(TCPHeader(1, 2), field)


def test_several_come_in_tcpdump_s_order():
    damaged = bytearray(bytes(with_options(bytes.fromhex("02030101 00000000"))) + b"x")
    assert [complaint.field for complaint in complaints(bytes(damaged))] == ["checksum", "options"]


def test_an_impossible_length_ends_the_reading():
    assert len(complaints(changed(b12=0x10, b16=0))) == 1


def test_the_addresses_count():
    assert complaints(SYN, "10.0.0.1", "127.0.0.1")[0].field == "checksum"
    moved = Segment.parse(SYN).with_checksum("10.0.0.1", "10.0.0.2")
    assert complaints(moved, "10.0.0.1", "10.0.0.2") == ()
    with pytest.raises(WireError, match="not an IPv4 address"):
        complaints(SYN, "localhost")


def test_both_zeros_of_the_checksum_are_taken():
    header = TCPHeader(8989, 8000, flags=Flags.SYN)
    short = 0xFFFF - int.from_bytes(bytes(Segment(header).with_checksum("127.0.0.1", "127.0.0.1"))[16:18], "big")
    port = (8000 - short) % 0xFFFF  # makes the sum come out as ffff, so that the checksum is 0
    for field in (0x0000, 0xFFFF):
        assert complaints(TCPHeader(8989, port, flags=Flags.SYN, checksum=field).__bytes__()) == ()
    wrong = complaints(bytes(TCPHeader(8989, port, flags=Flags.SYN, checksum=1)))
    assert [str(complaint) for complaint in wrong] == ["cksum 0x0001 (incorrect -> 0xffff)"]


@given(st.binary(max_size=100))
def test_any_bytes_at_all_are_judged(data):
    assert [complaint.words for complaint in complaints(data)] == marks(tcpdump(Capture.of(data), "-v"))


def marks(told):
    """What tcpdump complained of, in its order."""
    return MARKS.findall(told)


@needs_tcpdump
def test_complaints_are_those_of_the_real_tcpdump():
    draw = random.Random(2020)
    segments = [one for one in (segment(draw, HOME, HOME) for _ in range(3_000)) if not has_multipath(one)]
    captures = sum((Capture.of(one) for one in segments), Capture())
    told = re.split(r"^IP ", real_tcpdump(captures, "-t -v"), flags=re.MULTILINE)[1:]
    assert len(told) == len(segments) > 1_500, installed()
    for one, words in zip(segments, told, strict=True):
        assert [complaint.words for complaint in complaints(one)] == marks(words), words


@pytest.mark.parametrize("value", [64, -1, 1 << 40, 1 << 20_000, "abc", None], ids=lambda value: type(value).__name__)
def test_what_is_no_segment_is_not_taken_for_one(value):
    with pytest.raises(WireError, match="segment is "):
        complaints(value)

"""A packet gives its headers, or says why it has none."""

import contextlib
import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpkit.capture import Packet
from tcpkit.wire import Flags, IPv4Header, Segment, TCPHeader, WireError

SEGMENT = Segment(TCPHeader(8989, 8000, seq=7, flags=Flags.SYN), b"data").with_checksum("10.0.0.1", "10.0.0.2")


def packet(segment=SEGMENT, padding=b"", **fields):
    payload = bytes(segment)
    return Packet(5, bytes(IPv4Header.carrying(payload, "10.0.0.1", "10.0.0.2", **fields)) + payload + padding)


def test_gives_segment_and_addresses():
    seen = packet()
    assert (seen.segment, seen.source, seen.destination) == (SEGMENT, "10.0.0.1", "10.0.0.2")
    assert seen.ip.total_length == 44


def test_padding_and_options_of_ip_are_no_part_of_the_segment():
    assert packet(padding=bytes(6)).segment == SEGMENT
    assert packet(options=b"\1\1\1\0").segment == SEGMENT


def test_a_segment_cut_by_the_capture_is_what_there_is():
    whole = packet()
    assert Packet(5, whole.data[:-3], bytes_cut=3).segment.data == b"d"


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        (packet(protocol=17), "protocol 17, not TCP"),
        (packet(fragment_offset=3), "later piece of a larger one, from byte 24 on"),
        (Packet(0, b""), "0 bytes are too few for an IPv4 header"),
        (Packet(0, b"\x50" + bytes(39)), "not IPv4"),
        (Packet(0, b"\x60" + bytes(38)), "39 bytes are too few for an IPv6 header"),
        (Packet(0, b"\x60" + bytes(39)), "this packet carries protocol 0, not TCP"),
        (Packet(0, packet().data[:39]), "19 bytes are too few for a TCP header"),
    ],
)
def test_a_packet_without_a_segment_says_why(seen, why):
    with pytest.raises(WireError, match=why):
        _ = seen.segment


def test_a_first_piece_has_a_segment():
    assert packet(flags=1).segment == SEGMENT  # more fragments follow


def test_equal_where_time_and_bytes_are():
    assert packet() == packet()
    assert packet().bytes_cut == 0
    assert len({packet(), packet()}) == 1
    seen = packet()
    _ = seen.segment  # what was read of it makes no difference
    assert seen == packet() != dataclasses.replace(seen, time_ns=6) != dataclasses.replace(seen, bytes_cut=1)


def test_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        packet().data = b""


def test_reads_as_tcpdump_s_line():
    assert repr(packet()) == "IP 10.0.0.1.8989 > 10.0.0.2.8000: Flags [S], seq 7:11, win 0, length 4"


@given(st.binary(max_size=80))
def test_any_bytes_give_a_segment_or_a_wire_error(data):
    for seen in (Packet(0, data), Packet(0, b"\x45" + data)):
        assert repr(seen)
        with contextlib.suppress(WireError):
            assert isinstance(seen.segment, Segment)

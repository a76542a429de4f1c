"""What is in a packet, or why it is dropped: each kind of damage by its word."""

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tcpkit.stack.envelope import open_packet, packet_of
from tcpkit.stack.stack import address_key
from tcpkit.wire import Flags, Segment, TCPHeader, checksum

US, THEM = "10.0.0.2", "10.0.0.1"
SEGMENT = Segment(TCPHeader(40_000, 80, seq=7, ack=9, flags=Flags.ACK, window=500), b"hello")
PACKET = SEGMENT.packet(THEM, US)

TOO_SHORT = "too short for an IPv4 and a TCP header"
LENGTHS = "lengths or a version that cannot be"
NOT_FOR_US = "not for us"
FRAGMENT = "a fragment"
NO_HOST = "from no single host"
IPV4_CHECKSUM = "a wrong IPv4 checksum"
TCP_CHECKSUM = "a wrong TCP checksum"
OFFSET = "a data offset that cannot be"
WORDS = {TOO_SHORT, LENGTHS, NOT_FOR_US, FRAGMENT, NO_HOST, IPV4_CHECKSUM, TCP_CHECKSUM, OFFSET}


def changed(at, new, packet=PACKET):
    """Return the packet with other bytes at one place, its IPv4 checksum right again."""
    packet = packet[:at] + new + packet[at + len(new) :]
    header = packet[:10] + b"\0\0" + packet[12 : 4 * (packet[0] & 15)]
    return packet[:10] + checksum(header).to_bytes(2, "big") + packet[12:]


def with_offset(words):
    """Return a packet whose TCP header claims this length, its checksum right."""
    header = TCPHeader(40_000, 80, flags=Flags.ACK, data_offset=words)
    return Segment(header, bytes(20)).packet(THEM, US)


@given(st.binary(max_size=3000), st.integers(0, 255), st.integers(0, 255))
def test_a_segment_goes_as_wire_would_send_it(data, ttl, tos):
    segment = Segment(SEGMENT.header, data)
    assert packet_of(segment, THEM, US, ttl, tos) == segment.packet(THEM, US, ttl=ttl, tos=tos)


@given(st.binary(max_size=3000))
def test_a_sealed_packet_is_opened_as_its_bytes_are(data):
    """One of this process is not parsed, so its segment still has the checksum 0 of a segment that is not sent yet."""
    packet = packet_of(Segment(SEGMENT.header, data), THEM, US, 64, 0, is_sealed=True)
    (key, ours), (key_in_bytes, parsed) = open_packet(packet, US), open_packet(bytes(packet), US)
    assert ours.header.checksum == 0
    assert (key, replace(parsed, header=replace(parsed.header, checksum=0))) == (key_in_bytes, ours)
    assert open_packet(packet, THEM) == NOT_FOR_US
    assert open_packet(packet[:-1] + bytes([packet[-1] ^ 1]), US) in WORDS


def test_a_whole_packet_is_opened():
    key, segment = open_packet(PACKET, US)
    assert (segment.seq, segment.data) == (7, b"hello")
    assert key == address_key((THEM, 40_000), 80), "so that its connection is found"


@pytest.mark.parametrize(
    ("packet", "word"),
    [
        (b"", TOO_SHORT),
        (PACKET[:39], TOO_SHORT),
        (changed(0, b"\x65"), LENGTHS),  # version 6
        (changed(0, b"\x44"), LENGTHS),  # a header of 16 bytes
        (changed(0, b"\x4f"), LENGTHS),  # a header as long as the packet
        (changed(2, b"\xff\xff"), LENGTHS),  # longer than what came
        (changed(2, b"\x00\x27"), LENGTHS),  # no room for a TCP header
        (PACKET[:-1], LENGTHS),
        (changed(9, b"\x11"), NOT_FOR_US),  # UDP
        (changed(19, b"\x03"), NOT_FOR_US),
        (changed(6, b"\x20\x00"), FRAGMENT),  # more follow
        (changed(6, b"\x00\x01"), FRAGMENT),  # the last one
        (changed(12, b"\x00"), NO_HOST),
        (changed(12, b"\xe0"), NO_HOST),  # multicast
        (changed(12, b"\xff\xff\xff\xff"), NO_HOST),  # everybody
        (PACKET[:10] + b"\x12\x34" + PACKET[12:], IPV4_CHECKSUM),
        (PACKET[:-1] + b"\x00", TCP_CHECKSUM),
        (changed(36, b"\x00\x00"), TCP_CHECKSUM),  # no checksum is a wrong one
        (changed(12, b"\x0b"), TCP_CHECKSUM),  # from elsewhere: the pseudo-header knows
        (with_offset(0), OFFSET),
        (with_offset(4), OFFSET),
        (with_offset(11), OFFSET),
    ],
)
def test_what_is_wrong_with_it_is_told(packet, word):
    assert open_packet(packet, US) == word


@pytest.mark.parametrize("words", [5, 10])
def test_an_offset_up_to_the_end_is_right(words):
    assert isinstance(open_packet(with_offset(words), US), tuple)


def test_do_not_fragment_and_the_bit_of_evil_are_no_fragments():
    for flags in (b"\x40\x00", b"\x80\x00", b"\xc0\x00"):
        assert isinstance(open_packet(changed(6, flags), US), tuple)


def test_options_of_ipv4_are_passed_over():
    packet = SEGMENT.packet(THEM, US, options=bytes((1, 1, 1, 0)))
    assert packet[0] == 0x46
    assert open_packet(packet, US)[1].data == b"hello"


def test_what_stands_behind_the_packet_is_left_out():
    """Ethernet fills short frames up."""
    assert open_packet(PACKET + bytes(6), US) == open_packet(PACKET, US)


@pytest.mark.parametrize("data", [b"", b"\0", b"\xff", b"\xff\xff", b"odd", bytes(1460), b"\xff" * 1461])
def test_both_zeros_of_the_checksum_are_right(data):
    """In ones' complement 0x0000 and 0xffff are one; sums that come out even are no damage."""
    for seq in range(300):
        packet = Segment(TCPHeader(1, 2, seq=seq * 0x1010101 % 2**32), data).packet(THEM, US)
        assert isinstance(open_packet(packet, US), tuple)


@given(st.integers(0, 8 * len(PACKET) - 1))
def test_any_one_bit_turned_over_is_seen(bit):
    at, bit = divmod(bit, 8)
    assert open_packet(PACKET[:at] + bytes([PACKET[at] ^ 1 << bit]) + PACKET[at + 1 :], US) in WORDS


@given(st.binary(max_size=120))
@example(b"\x45" + bytes(39))
def test_noise_is_told_by_one_of_few_words(packet):
    assert open_packet(packet, US) in WORDS


@given(st.binary(max_size=60), st.integers(0, len(PACKET)), st.booleans())
def test_noise_in_a_whole_packet_raises_nothing(noise, at, rightly_summed):
    packet = PACKET[:at] + noise + PACKET[at + len(noise) :]
    if rightly_summed:
        body = Segment(SEGMENT.header, noise).packet(THEM, US)
        packet = changed(min(at, 19), noise[: max(0, 20 - at)], body)
    answer = open_packet(packet, US)
    assert isinstance(answer, tuple) or answer in WORDS


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_any_options_and_data_with_right_checksums_are_opened(options, data):
    options = options[: len(options) // 4 * 4]
    header = bytes(SEGMENT.header)[:12] + bytes([(5 + len(options) // 4) << 4]) + bytes(SEGMENT.header)[13:20]
    _, segment = open_packet(Segment.parse(header + options + data).packet(THEM, US), US)
    assert segment.data == data

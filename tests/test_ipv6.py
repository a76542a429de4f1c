"""The IPv6 header: addresses as the system writes them, fields as scapy reads them."""

import socket

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scapy.layers.inet import TCP
from scapy.layers.inet6 import IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop, PadN

from tcpkit.wire import WireError
from tcpkit.wire.ipv6 import IPv6Header, colons

PARTS = st.sampled_from([b"\0\0", b"\0\1", b"\x20\x01", b"\xff\xff", b"\x0a\0"])


@example(bytes(12) + b"\1\2\3\4")
@example(bytes(15) + b"\1")
@example(bytes(10) + b"\xff\xff\1\2\3\4")
@given(st.lists(PARTS, min_size=8, max_size=8).map(b"".join))
def test_addresses_are_written_as_the_system_writes_them(address):
    assert colons(address) == socket.inet_ntop(socket.AF_INET6, address)


@pytest.mark.parametrize(
    ("between", "size"),
    [
        ((), 0),
        ((IPv6ExtHdrHopByHop(options=[PadN(optdata=bytes(12))]),), 16),
        ((IPv6ExtHdrDestOpt(), IPv6ExtHdrFragment(offset=0, m=1)), 16),
    ],
)
def test_tcp_is_found_behind_extension_headers(between, size):
    packet = IPv6(src="2001:db8::1", dst="fe80::2")
    for header in between:
        packet /= header
    data = bytes(packet / TCP(sport=7, dport=8, seq=9) / b"data")
    header = IPv6Header.parse(data)
    assert (header.source, header.destination) == ("2001:db8::1", "fe80::2")
    assert (header.protocol, header.header_length, header.fragment_offset) == (6, 40 + size, 0)
    assert header.total_length == len(data)
    assert TCP(data[header.header_length :]).seq == 9


def test_a_later_fragment_is_one_and_is_read_no_further():
    header = IPv6Header.parse(bytes(IPv6() / IPv6ExtHdrFragment(offset=3, nh=0) / bytes(40)))
    assert (header.protocol, header.header_length, header.fragment_offset) == (0, 48, 3)


@pytest.mark.parametrize(
    ("data", "why"), [(b"\x60" + bytes(38), "39 bytes are too few"), (b"E" + bytes(60), "version 4")]
)
def test_what_is_no_header_is_refused(data, why):
    with pytest.raises(WireError, match=why):
        IPv6Header.parse(data)


@given(st.binary(min_size=34, max_size=120).map(lambda data: b"\x60" + bytes(5) + data))
def test_any_bytes_are_read(data):
    assert IPv6Header.parse(data).header_length >= 40

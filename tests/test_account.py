"""What each packet is for, in words; whatever the bytes are, a table and no error."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpkit.capture import Capture, Packet
from tcpkit.capture.real import real_tcpdump
from tcpkit.capture.tcpdump import tcpdump
from tcpkit.wire import Flags, IPv4Header, Segment, TCPHeader

YOU, ROUTER, SITE = "10.1.0.2", "10.1.0.1", "10.3.0.80"
TO_ROUTER = bytes.fromhex("02000a010001 02000a010002 0800")
TO_ALL = bytes.fromhex("ffffffffffff 02000a010002 0806")
ASKS = bytes.fromhex("0001 0800 06 04 0001 02000a010002 0a010002 000000000000 0a010001")
TELLS = bytes.fromhex("0001 0800 06 04 0002 02000a010001 0a010001 02000a010002 0a010002")
NAME = b"\4page\7example\0"
QUESTION = struct.pack("!6H", 0x1234, 0x0100, 1, 0, 0, 0) + NAME + b"\0\1\0\1"
ANSWER = struct.pack("!6H", 0x1234, 0x8180, 1, 1, 0, 0) + NAME + b"\0\1\0\1\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4\x0a\3\0\x50"
NO_NAME = struct.pack("!6H", 0x1234, 0x8183, 1, 0, 0, 0) + NAME + b"\0\1\0\1"
ALIAS = struct.pack("!6H", 1, 0x8180, 1, 1, 0, 0) + NAME + b"\0\1\0\1\xc0\x0c\0\5\0\1\0\0\1\x2c\0\4\1a\xc0\x0c"


def ip(protocol, data, source=YOU, destination=SITE, link=TO_ROUTER):
    return Packet(0, bytes(IPv4Header.carrying(data, source, destination, protocol=protocol)) + data, link=link)


def udp(data, ports=(40053, 53)):
    return ip(17, struct.pack("!4H", *ports, 8 + len(data), 0) + data)


def tcp(data, flags=Flags.PSH | Flags.ACK, port=443):
    return ip(6, bytes(Segment(TCPHeader(40000, port, flags=flags), data)))


def icmp(kind, code, quoted=b""):
    return ip(1, bytes([kind, code]) + bytes(6) + quoted)


QUOTED = ip(17, bytes(8), destination="10.7.0.1").data[:28]
WORDS = [
    (Packet(0, ASKS, link=TO_ALL), "ARP", 28, "who has 10.1.0.1?"),
    (Packet(0, TELLS, link=TO_ALL), "ARP", 28, "10.1.0.1 is at 02:00:0a:01:00:01"),
    (udp(QUESTION), "DNS", 30, "question: page.example"),
    (udp(ANSWER), "DNS", 46, "answer: page.example is 10.3.0.80"),
    (udp(NO_NAME), "DNS", 30, "answer: page.example, error 3"),
    (udp(ALIAS), "DNS", 46, "answer: page.example"),
    (udp(QUESTION[:20]), "DNS", 20, "cut short, or no DNS"),
    (udp(b"", (5, 6)), "UDP", 0, "port 5 to port 6"),
    (tcp(b"", Flags.SYN), "TCP", 0, "S"),
    (tcp(b"hello"), "TLS", 5, "P. more of a record"),
    (tcp(b"\x16\3\1\0\5\1\0\0\1\0"), "TLS", 10, "P. ClientHello"),
    (
        tcp(b"\x16\3\3\0\1\2\x14\3\3\0\1\1\x17\3\3\0\1.\x17\3\3\0\x63."),
        "TLS",
        24,
        "P. ServerHello, change cipher spec, encrypted",
    ),
    (tcp(b"hello", port=8000), "TCP", 5, "P."),
    (tcp(b"GET /secret HTTP/1.0\r\n\r\n", port=8000), "HTTP", 24, "P. GET /secret HTTP/1.0"),
    (tcp(b"HTTP/1.1 200 OK\r\n", port=8000), "HTTP", 17, "P. HTTP/1.1 200 OK"),
    (icmp(11, 0, QUOTED), "ICMP", 36, "time exceeded: 10.1.0.2 to 10.7.0.1"),
    (icmp(3, 3, QUOTED), "ICMP", 36, "port unreachable: 10.1.0.2 to 10.7.0.1"),
    (icmp(11, 0), "ICMP", 8, "time exceeded"),
    (icmp(8, 0), "ICMP", 8, "echo request"),
    (icmp(40, 1), "ICMP", 8, "type 40, code 1"),
    (ip(47, b"abc"), "IP", 3, "protocol 47"),
    (ip(6, b"abc"), "TCP", 0, "no TCP header"),
    (ip(17, b"abc"), "IP", 3, "protocol 17"),
    (Packet(0, b"abc"), "", 3, "no IP header"),
    (Packet(0, b"abc", link=TO_ALL), "", 3, "no IP header"),
]


@pytest.mark.parametrize(("packet", "layer", "length", "words"), WORDS, ids=[row[-1] for row in WORDS])
def test_words(packet, layer, length, words):
    row = Capture([packet]).account().loc[1]
    assert (row["layer"], row["length"], row["words"]) == (layer, length, words)


def test_who_sends_to_whom_and_who_is_next():
    frames = Capture([Packet(0, ASKS, link=TO_ALL), udp(QUESTION), ip(6, b"", link=b""), ip(6, b"", link=bytes(14))])
    table = frames.account()
    assert list(table.columns) == ["from", "to", "next_hop", "ttl", "layer", "length", "words"]
    assert table.index.name == "n"
    ends = table[["from", "to", "next_hop"]].values.tolist()
    assert ends[:3] == [[YOU, ROUTER, "everybody"], [YOU, SITE, ROUTER], [YOU, SITE, ""]]
    assert ends[3][2] == "00:00:00:00:00:00"
    assert table["ttl"].tolist() == ["", 64, 64, 64]
    assert Capture().account().empty


@given(st.binary(max_size=80), st.sampled_from([b"", TO_ROUTER, TO_ALL]), st.sampled_from([None, 1, 6, 17]))
def test_hostile_packets_are_named(data, link, protocol):
    packet = Packet(0, data, link=link) if protocol is None else ip(protocol, data, link=link)
    if protocol == 17:
        packet = udp(data)
    capture = Capture([packet])
    assert len(capture.account()) == 1
    assert all([repr(capture), repr(packet), capture._repr_html_(), repr(capture.ladder())])


def test_arp_in_tcpdumps_own_words():
    frames = [Packet(0, data, link=TO_ALL) for data in (ASKS, TELLS, ASKS[:18] + bytes(6) + ASKS[24:])]
    frames.append(Packet(0, ASKS[:18] + b"\2\0\1\2\3\4" + ASKS[24:], link=TO_ALL))
    real = real_tcpdump(frames, "-t")
    if real is None:
        pytest.skip("tcpdump 4.99 is not installed here")
    assert tcpdump(frames, "-t") == real

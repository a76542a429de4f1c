"""Captures that people bring: a sample of damaged files, and the page that tells how to look at one's own."""

import doctest
from ipaddress import IPv6Address
from pathlib import Path

import fuzz_captures
from test_pcapng import interface, packet, section

from tcpkit.wire import Flags, Segment, TCPHeader

PAGE = Path(__file__).parents[1] / "docs" / "captures.md"
SYN, ACK, PUSH, RST = Flags.SYN, Flags.ACK, Flags.PSH | Flags.ACK, Flags.RST | Flags.ACK
OURS, THEIRS = "192.168.1.20", "192.168.1.1"


def test_a_sample_of_the_damaged_files():
    outcomes = fuzz_captures.run(1_500, seed=2)
    assert sum(outcomes.values()) == 1_500
    assert min(outcomes["read"], outcomes["damaged"], outcomes["refused"]) > 100


def test_the_same_files_from_the_same_seed():
    assert fuzz_captures.run(200, 3) == fuzz_captures.run(200, 3)


def frame(source, destination, header, data=b""):
    """An Ethernet frame with a segment in it, over IPv4 or IPv6."""
    segment = Segment(header, data)
    if ":" not in source:
        return bytes(12) + b"\x08\0" + segment.packet(source, destination)
    ends = IPv6Address(source).packed + IPv6Address(destination).packed
    return bytes(12) + b"\x86\xdd" + bytes.fromhex("6000000000140640") + ends + bytes(segment)


def example():
    """The file of the page."""
    near, far, near_6, far_6 = (50522, 8000), (8000, 50522), (50530, 8000), (8000, 50530)
    frames = [
        bytes(12) + b"\x08\x06" + bytes(46),
        frame(OURS, THEIRS, TCPHeader(*near, 1000, 0, SYN, 64240)),
        bytes(12) + b"\x88\xcc" + bytes(46),
        frame(THEIRS, OURS, TCPHeader(*far, 5000, 1001, SYN | ACK, 65160)),
        frame(OURS, THEIRS, TCPHeader(*near, 1001, 5001, ACK, 502)),
        frame("2001:db8::20", "2001:db8::1", TCPHeader(*near_6, 7000, 0, SYN, 64800)),
        frame(OURS, THEIRS, TCPHeader(*near, 1001, 5001, PUSH, 502), b"GET / HTTP/1.0\r\n\r\n"),
        frame("2001:db8::1", "2001:db8::20", TCPHeader(*far_6, 0, 7001, RST)),
        bytes(12) + b"\x08\x06" + bytes(46),
        frame(THEIRS, OURS, TCPHeader(*far, 5001, 1019, ACK, 509)),
    ]
    return section() + interface() + b"".join(map(packet, frames))


def test_the_page_on_ones_own_capture_is_true(tmp_path, monkeypatch):
    (tmp_path / "mine.pcapng").write_bytes(example())
    monkeypatch.chdir(tmp_path)
    result = doctest.testfile(str(PAGE), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert (result.failed, result.attempted) == (0, 9)

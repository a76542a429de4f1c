"""The table has a row for each packet, and says what is missing."""

import subprocess
import sys

import pandas
import pytest
from test_pcap import IP6
from test_tcpdump import SEED, datagram, datagram_6, packets

from tcpkit.capture import Capture, Packet
from tcpkit.capture.tcpdump import tcpdump
from tcpkit.wire import Flags, IPv4Header, Segment, TCPHeader, WireError, checksum, complaints
from tcpkit.wire.ipv6 import pseudo_header6

COLUMNS = [
    "time",
    "src",
    "dst",
    "sport",
    "dport",
    "flags",
    "seq",
    "ack",
    "window",
    "data_offset",
    "length",
    "checksum_ok",
]


def test_the_story_s_table():
    table = Capture.load(SEED).table()
    assert list(table.columns) == COLUMNS
    assert table.drop(columns="time").to_numpy().tolist() == [
        ["127.0.0.1", "127.0.0.1", 8989, 8000, "S", 0, 0, 0, 1, 44, True],
        ["127.0.0.1", "127.0.0.1", 8989, 8000, "S", 0, 0, 0, 5, 44, False],
        ["127.0.0.1", "127.0.0.1", 8989, 8000, "S", 0, 0, 0, 5, 44, True],
        ["127.0.0.1", "127.0.0.1", 8000, 8989, "R.", 0, 45, 0, 5, 0, True],
    ]
    assert table.time[0] == pandas.Timestamp("2020-05-04 16:30:56.898509", tz="UTC")


def test_kinds_of_columns_do_not_depend_on_the_packets():
    kinds = Capture.load(SEED).table().dtypes
    assert (Capture(packets(3, 200)).table().dtypes == kinds).all()
    empty = Capture().table()
    assert (empty.dtypes == kinds).all()
    assert len(empty) == 0
    assert (Capture([Packet(0, b"")]).table().dtypes == kinds).all()


@pytest.mark.parametrize("kind", [datagram, datagram_6])
def test_rows_agree_with_the_packets_read_one_by_one(monkeypatch, kind):
    seen = packets(11, 1_500, kind)
    table = Capture(seen).table()
    monkeypatch.setattr("tcpkit.capture.table.AT_ONCE", 7)
    pandas.testing.assert_frame_equal(table, Capture(seen).table())
    assert len(table) == len(seen)
    assert 1_000 < table.seq.count() < len(seen)
    for packet, row in zip(seen, table.itertuples(), strict=True):
        assert row.time.value == packet.time_ns
        try:
            segment = packet.segment
        except WireError:
            assert pandas.isna(row.seq)
            assert pandas.isna(row.flags)
            continue
        assert (row.src, row.dst, row.sport, row.dport) == (
            *(packet.source, packet.destination),
            *(segment.source_port, segment.destination_port),
        )
        assert (row.flags, row.seq, row.ack, row.window) == (
            str(segment.flags),
            segment.seq,
            segment.ack,
            segment.window,
        )
        assert row.data_offset == segment.data_offset


@pytest.mark.parametrize("flip", [None, 20, 25, 37, 43])
def test_checksum_ok_is_the_complaint_s_other_side(flip):
    segment = bytearray(bytes(Segment(TCPHeader(1, 2, flags=Flags.SYN), b"data").with_checksum("10.0.0.1", "10.0.0.2")))
    if flip:
        segment[flip - 20] ^= 4
    row = Capture.of(bytes(segment), "10.0.0.1", "10.0.0.2").table().iloc[0]
    is_complained_of = any(complaint.field == "checksum" for complaint in complaints(segment, "10.0.0.1", "10.0.0.2"))
    assert row.checksum_ok == (not is_complained_of) == (flip is None)


def test_what_is_not_there_is_missing():
    payload = bytes(Segment(TCPHeader(1, 2), b"data"))
    whole = bytes(IPv4Header.carrying(payload, "10.0.0.1", "10.0.0.2")) + payload
    other = bytes(IPv4Header.carrying(payload, "10.0.0.1", "10.0.0.2", protocol=17)) + payload
    later = bytes(IPv4Header.carrying(payload, "10.0.0.1", "10.0.0.2", fragment_offset=1)) + payload
    first = bytes(IPv4Header.carrying(payload, "10.0.0.1", "10.0.0.2", flags=1)) + payload
    table = Capture(Packet(0, data) for data in (whole[:-1], other, later, first, b"\x60", whole)).table()
    assert table.sport.isna().tolist() == [False, True, True, False, True, False]
    assert table.checksum_ok.isna().tolist() == [True, True, True, True, True, False]
    assert table.src.isna().tolist() == [False, False, False, False, True, False]
    assert table.length.tolist()[0] == 4


def test_a_source_route_s_last_address_is_the_one_summed():
    payload = bytes(Segment(TCPHeader(1, 2), b"data").with_checksum("10.0.0.1", "10.9.9.9"))
    route = b"\x83\x07\x04" + bytes([10, 9, 9, 9])  # loose source route; RFC 791, 3.1
    whole = bytes(IPv4Header.carrying(payload, "10.0.0.1", "10.0.0.2", options=route + b"\0")) + payload
    row = Capture([Packet(0, whole)]).table().iloc[0]
    assert (row.dst, row.checksum_ok) == ("10.0.0.2", True)


def test_a_bare_ip_header_has_addresses():
    row = Capture([Packet(0, bytes(IPv4Header("10.0.0.1", "10.0.0.2")))]).table().iloc[0]
    assert (row.src, row.dst) == ("10.0.0.1", "10.0.0.2")
    assert pandas.isna(row.sport)


@pytest.mark.parametrize("kind", [datagram, datagram_6])
def test_checksums_are_as_tcpdump_says(kind):
    seen = packets(12, 1_500, kind)
    lines = [tcpdump([packet], "-t -v") for packet in seen]
    rows = Capture(seen).table()
    compared = [(is_ok, line) for is_ok, line in zip(rows.checksum_ok, lines, strict=True) if ", cksum 0x" in line]
    assert len(compared) > 500
    assert [line for is_ok, line in compared if bool(is_ok) != ("(correct)" in line)] == []


@pytest.mark.parametrize("at", [2, 4])
def test_a_length_of_0_says_nothing_and_what_was_recorded_counts(at):
    """The kernel leaves it at 0 where the network card is to cut the packet."""
    payload = bytes(Segment(TCPHeader(1, 2), bytes(70_000)))
    packet = (IP6[:40] if at == 4 else bytes(IPv4Header("10.0.0.1", "10.0.0.2"))) + payload
    data = packet[:at] + b"\0\0" + packet[at + 2 :]
    seen = Capture([Packet(0, data), Packet(0, data[:100], len(data) - 100)])
    assert len(seen[0].segment.data) == 70_000
    assert seen.table().length.tolist() == [70_000, 70_000]
    assert seen.table().checksum_ok.isna().tolist() == [False, True]


def test_a_large_ipv6_segment_is_summed_with_all_of_its_length():
    bare = bytes(Segment(TCPHeader(1, 2), bytes(70_000)))
    right = checksum(pseudo_header6(IP6[8:24], IP6[24:40], len(bare)) + bare)
    data = IP6[:4] + b"\0\0" + IP6[6:40] + bare[:16] + right.to_bytes(2, "big") + bare[18:]
    assert Capture([Packet(0, data)]).table().checksum_ok.tolist() == [True]


def test_fragments_of_ipv6():
    """The first has a TCP header, and a checksum over more than there is; a later one has neither."""
    options = bytes([6, 0, 1, 4, 0, 0, 0, 0])
    made = []
    for kind, bits, rest in ((6, 1, IP6[40:]), (60, 8, options + IP6[40:])):
        behind = bytes([kind, 0, 0, bits, 0, 0, 0, 7]) + rest
        made.append(Packet(0, IP6[:5] + bytes([len(behind), 44, 64]) + IP6[8:40] + behind))
    table = Capture(made).table()
    assert table.sport.isna().tolist() == [False, True]
    assert table.checksum_ok.isna().tolist() == [True, True]


@pytest.mark.parametrize("size", [4, 5, 6, 7])
def test_padding_is_not_counted(size):
    payload = bytes(Segment(TCPHeader(1, 2), b"payload"[:size]).with_checksum("10.0.0.1", "10.0.0.2"))
    whole = bytes(IPv4Header.carrying(payload, "10.0.0.1", "10.0.0.2")) + payload
    row = Capture([Packet(0, whole + b"\xff\xfe\xfd\xfc\xfb")]).table().iloc[0]
    assert (row.length, row.checksum_ok) == (size, True)


def test_pandas_is_loaded_only_for_a_table():
    code = f"""
import sys
from tcpkit.capture import Capture
seen = Capture.load({str(SEED)!r})
repr(seen), seen._repr_html_(), seen.tcpdump("-v -X")
heavy = {{"numpy", "pandas", "matplotlib", "scapy"}}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
seen.table()
assert "pandas" in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)

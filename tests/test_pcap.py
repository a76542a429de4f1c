"""pcap files: what others write is read, what is damaged says where."""

import io
import struct
from pathlib import Path

import dpkt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_tcpdump import needs_tcpdump, packets

from tcpkit.capture import Capture, CaptureError, Packet
from tcpkit.capture.pcap import Contents, read_pcap, write_pcap
from tcpkit.capture.real import _run
from tcpkit.capture.tcpdump import tcpdump

DATA = Path(__file__).parents[1] / "notebooks" / "data"

IP = Capture.of(bytes.fromhex("231d1f40 00000000 00000000 50020000 6f570000") + bytes(44))[0].data
SEED = [Packet(1_588_609_856_898_509_001, IP), Packet(1_588_609_857_000_000_999, IP + b"pad"), Packet(0, IP[:50], 34)]
MAC = bytes(12)
FRAMES = {  # link type: frames that hold IPv4, frames that do not
    0: ([b"\2\0\0\0" + IP, b"\0\0\0\2" + IP], [b"\x1e\0\0\0" + IP, b"\2\0", b""]),
    1: (
        [MAC + b"\x08\0" + IP, MAC + b"\x81\0\0\7\x08\0" + IP, MAC + b"\x88\xa8\0\1\x81\0\0\7\x08\0" + IP],
        [MAC + b"\x86\xdd" + IP, MAC + b"\x08\x06" + IP, MAC + b"\x08", MAC + b"\x81\0\0", b""],
    ),
    101: ([IP], [b"\x60" + IP[1:], b""]),
    113: ([bytes(14) + b"\x08\0" + IP], [bytes(14) + b"\x86\xdd" + IP, bytes(15)]),
    228: ([IP, b"\x55" + IP[1:]], []),
    276: ([b"\x08\0" + bytes(18) + IP], [b"\x86\xdd" + bytes(18) + IP, b"\x08\0" + bytes(17)]),
}


def pcap(frames, link_type, order="<", magic=0xA1B2C3D4):
    """A file as another program might write it."""
    data = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, link_type)
    for number, frame in enumerate(frames):
        data += struct.pack(order + "IIII", 1_588_609_856, number, len(frame), len(frame)) + frame
    return data


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(("magic", "step_ns"), [(0xA1B2C3D4, 1_000), (0xA1B23C4D, 1)])
def test_both_byte_orders_and_both_clocks_are_read(order, magic, step_ns):
    contents = read_pcap(pcap([IP, IP], 101, order, magic))
    assert contents.packets == tuple(Packet(1_588_609_856 * 10**9 + number * step_ns, IP) for number in (0, 1))
    assert contents.error is None


@pytest.mark.parametrize("link_type", FRAMES)
def test_ipv4_is_found_in_every_kind_of_frame(link_type):
    good, others = FRAMES[link_type]
    contents = read_pcap(pcap([*good, *others], link_type))
    assert [packet.data[1:] for packet in contents.packets] == [IP[1:]] * len(good)
    assert contents.skipped == len(others)


@needs_tcpdump
@pytest.mark.parametrize("link_type", FRAMES)
def test_ipv4_stands_where_tcpdump_finds_it(link_type):
    file = pcap([frame for frame in FRAMES[link_type][0] if frame[-len(IP) :] == IP], link_type)
    told = [line[line.index("IP ") :] for line in _run(["tcpdump", "-n", "-t", "-r", "-"], file).splitlines()]
    assert told == tcpdump(read_pcap(file).packets, "-t").split("\n")


def test_the_note_on_checksums_above_the_link_type_is_left_aside():
    assert len(read_pcap(pcap([MAC + b"\x08\0" + IP], 0x24000001)).packets) == 1


def test_what_is_written_is_read_again():
    assert read_pcap(write_pcap(SEED)).packets == tuple(SEED)
    many = packets(7, 300)
    assert read_pcap(write_pcap(many)).packets == tuple(many)


def test_another_reader_reads_what_is_written():
    reader = dpkt.pcap.Reader(io.BytesIO(write_pcap(SEED)))
    assert reader.datalink() == 228
    assert [(int(time * 1_000), data) for time, data in reader] == [
        (packet.time_ns // 10**6, packet.data) for packet in SEED
    ]


def test_what_another_writer_writes_is_read():
    file = io.BytesIO()
    writer = dpkt.pcap.Writer(file, linktype=1)
    writer.writepkt(MAC + b"\x08\0" + IP, ts=12.5)
    assert read_pcap(file.getvalue()).packets == (Packet(12_500_000_000, IP),)


def test_every_byte_of_a_file_is_known():
    assert write_pcap([Packet(3_000_000_002, b"data", 7)]).hex(" ", 4) == (
        "4d3cb2a1 02000400 00000000 00000000 00000400 e4000000 03000000 02000000 04000000 0b000000 64617461"
    )


def test_a_packet_of_the_largest_size_is_believed():
    assert len(read_pcap(pcap([b"E" * 262_144], 228)).packets) == 1
    assert read_pcap(pcap([b"E" * 262_145], 228)).error.offset == 24


def test_a_time_that_does_not_fit_is_refused():
    for time_ns in (-1, 2**32 * 10**9):
        with pytest.raises(CaptureError, match="does not fit a pcap file"):
            write_pcap([Packet(time_ns, IP)])


GOOD = pcap([IP, IP, IP], 228)
SECOND_AT = 24 + 16 + len(IP)
THIRD_AT = 24 + 2 * (16 + len(IP))


@pytest.mark.parametrize(
    ("data", "offset", "before", "why"),
    [
        (b"", 0, 0, "the file is empty"),
        (b"\xd4", 0, 0, "no pcap file: it begins with d4,"),
        (b"garbage, all of it", 0, 0, "no pcap file: it begins with 67 61 72 62"),
        (b"\x0a\x0d\x0d\x0a" + bytes(40), 0, 0, "pcapng"),
        (GOOD[:4], 4, 0, "the file ends after 4 bytes"),
        (GOOD[:23], 23, 0, "the file ends after 23 bytes"),
        (GOOD[:4] + b"\3" + GOOD[5:], 4, 0, "version 3.4"),
        (GOOD[:20] + b"\x93\0\0\0", 20, 0, "link type is 147"),
        (GOOD[:30], 24, 0, "in the header of packet 1, which begins at byte 24: 16 bytes should follow, 6 do"),
        (GOOD[:60], 24, 0, "in the bytes of packet 1, which begins at byte 24: 84 bytes should follow, 20 do"),
        (GOOD[:-1], THIRD_AT, 2, "in the bytes of packet 3"),
        (GOOD[: THIRD_AT + 3], THIRD_AT, 2, "in the header of packet 3"),
        (
            GOOD[: SECOND_AT + 8] + b"\xff\xff\xff\x7f" + GOOD[SECOND_AT + 12 :],
            SECOND_AT,
            1,
            "packet 2 claims 2147483647 bytes",
        ),
    ],
)
def test_damage_is_located_and_what_came_before_is_kept(data, offset, before, why):
    contents = read_pcap(data)
    assert why in str(contents.error)
    assert contents.error.offset == offset
    assert contents.packets == contents.error.packets == read_pcap(GOOD).packets[:before]


def test_a_file_without_packets_is_no_error():
    assert read_pcap(GOOD[:24]) == read_pcap(write_pcap([])) != read_pcap(GOOD)
    assert (read_pcap(GOOD[:24]).error, read_pcap(GOOD[:24]).skipped) == (None, 0)
    assert read_pcap(b"").skipped == Contents(()).skipped == 0


@given(st.binary(max_size=200), st.sampled_from(sorted(FRAMES)), st.sampled_from([0xA1B2C3D4, 0xA1B23C4D]))
def test_any_bytes_are_read_or_refused(data, link_type, magic):
    for file in (data, pcap([], link_type, "<", magic) + data, pcap([data], link_type)):
        contents = read_pcap(file)
        assert contents.error is None or 0 <= contents.error.offset <= len(file)
        assert all(len(packet.data) <= 200 for packet in contents.packets)


@given(st.integers(0, len(GOOD) - 1))
def test_every_cut_is_noticed_unless_between_packets(size):
    contents = read_pcap(GOOD[:size])
    assert (contents.error is None) == (size in (24, SECOND_AT, THIRD_AT))
    assert len(contents.packets) == max(0, (size - 24) // (16 + len(IP)))


def test_first_syn_is_the_first_packet_of_the_story():
    assert list(Capture.load(DATA / "first_syn.pcap")) == list(Capture.load(DATA / "seed.pcap"))[:1]

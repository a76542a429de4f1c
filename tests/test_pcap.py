"""pcap files and frames: what others write is read, what is damaged says where."""

import io
import re
import struct
from collections import Counter
from pathlib import Path

import dpkt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_tcpdump import needs_tcpdump, packets

from tcpkit.capture import Capture, CaptureError, Packet
from tcpkit.capture.file_kinds import Contents, read_contents
from tcpkit.capture.frames import READERS
from tcpkit.capture.pcap import write_pcap
from tcpkit.capture.real import _run
from tcpkit.capture.tcpdump import tcpdump

DATA = Path(__file__).parents[1] / "notebooks" / "data"

IP = Capture.of(bytes.fromhex("231d1f40 00000000 00000000 50020000 6f570000") + bytes(44))[0].data
SEED = [Packet(1_588_609_856_898_509_001, IP), Packet(1_588_609_857_000_000_999, IP + b"pad"), Packet(0, IP[:50], 34)]
MAC = bytes(12)
IP6 = bytes.fromhex("6000000000140640" + "00" * 15 + "01" + "00" * 15 + "02") + IP[20:40]
PPP = b"\x88\x64\x11\0\0\7\0\x56"
SHORT = "too short for a link header"
FRAMES = {  # link type: frames that hold IP; frames that do not, and what they are
    0: (
        [b"\2\0\0\0" + IP, b"\0\0\0\2" + IP, *(bytes((family, 0, 0, 0)) + IP6 for family in (24, 28, 30))],
        [(b"\7\0\0\0" + IP, "address family 7"), (b"\2\0", SHORT), (b"", SHORT)],
    ),
    1: (
        [
            MAC + b"\x08\0" + IP,
            MAC + b"\x81\0\0\7\x08\0" + IP,
            MAC + b"\x88\xa8\0\1\x81\0\0\7\x08\0" + IP,
            MAC + b"\x91\0\0\1\x81\0\0\7\x86\xdd" + IP6,
            MAC + b"\x86\xdd" + IP6,
            MAC + PPP + b"\0\x21" + IP,
            MAC + PPP + b"\0\x57" + IP6,
        ],
        [
            (MAC + b"\x08\x06" + IP, "ARP"),
            (MAC + b"\x81\0\0\7\x88\xcc" + IP, "LLDP"),
            (MAC + b"\x12\x34" + IP, "EtherType 0x1234"),
            (MAC + b"\0\x54" + IP, "802.3 without an EtherType"),
            (MAC + PPP + b"\xc0\x21" + IP, "PPP protocol 0xc021"),
            *((frame, SHORT) for frame in (MAC + b"\x08", MAC + b"\x81\0\0", b"")),
        ],
    ),
    12: ([IP, IP6], []),
    14: ([IP, IP6], []),
    101: ([IP, IP6], []),
    108: ([b"\0\0\0\2" + IP, b"\0\0\0\x18" + IP6], [(b"\0\0\0\7" + IP, "address family 7")]),
    113: (
        [bytes(14) + b"\x08\0" + IP, bytes(14) + b"\x81\0\0\7\x86\xdd" + IP6],
        [(bytes(14) + b"\x08\x06" + IP, "ARP"), (bytes(15), SHORT)],
    ),
    228: ([IP, b"\x55" + IP[1:]], []),
    229: ([IP6], []),
    276: (
        [b"\x08\0" + bytes(18) + IP, b"\x86\xdd" + bytes(18) + IP6],
        [(b"\x08\x06" + bytes(18) + IP, "ARP"), (b"\x08\0" + bytes(17), SHORT)],
    ),
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
    contents = read_contents(pcap([IP, IP], 101, order, magic))
    assert contents.packets == tuple(Packet(1_588_609_856 * 10**9 + number * step_ns, IP) for number in (0, 1))
    assert contents.error is None


def test_a_file_of_an_old_linux_has_longer_record_headers():
    record = struct.pack("<IIII", 7, 1, len(IP), len(IP)) + bytes(8) + IP
    assert read_contents(pcap([], 228, magic=0xA1B2CD34) + record * 2).packets == (Packet(7_000_001_000, IP),) * 2


@pytest.mark.parametrize("link_type", FRAMES)
def test_ip_is_found_in_every_kind_of_frame_and_others_are_counted_by_kind(link_type):
    good, others = FRAMES[link_type]
    contents = read_contents(pcap([*good, *(frame for frame, _ in others)], link_type))
    assert [packet.data[-39:] for packet in contents.packets] == [frame[-39:] for frame in good]
    assert {len(packet.data) for packet in contents.packets} <= {len(IP), len(IP6)}
    assert contents.skipped == Counter(kind for _, kind in others)


def test_every_link_type_that_is_read_has_its_frames():
    assert FRAMES.keys() == READERS.keys()


@needs_tcpdump
@pytest.mark.parametrize("link_type", [each for each in FRAMES if each != 14])  # OpenBSD's RAW: others' tcpdump refuses
def test_ip_stands_where_tcpdump_finds_it(link_type):
    file = pcap([frame for frame in FRAMES[link_type][0] if b"\x55" + IP[1:] not in frame], link_type)
    told = re.findall(r"IP6? \S+ > .*", _run(["tcpdump", "-n", "-t", "-r", "-"], file))
    assert told == tcpdump(read_contents(file).packets, "-t").split("\n")


def test_the_note_on_checksums_above_the_link_type_is_left_aside():
    assert len(read_contents(pcap([MAC + b"\x08\0" + IP], 0x24000001)).packets) == 1


def test_what_is_written_is_read_again():
    assert read_contents(write_pcap(SEED)).packets == tuple(SEED)
    many = packets(7, 300)
    assert read_contents(write_pcap(many)).packets == tuple(many)


def test_another_reader_reads_what_is_written():
    reader = dpkt.pcap.Reader(io.BytesIO(write_pcap(SEED)))
    assert reader.datalink() == 228
    assert [(int(time * 1_000), data) for time, data in reader] == [
        (packet.time_ns // 10**6, packet.data) for packet in SEED
    ]


def test_with_ipv6_the_file_says_that_it_holds_both():
    both = [*SEED, Packet(1, IP6)]
    assert write_pcap(both)[20] == 101
    assert read_contents(write_pcap(both)).packets == tuple(both)


def test_what_another_writer_writes_is_read():
    file = io.BytesIO()
    writer = dpkt.pcap.Writer(file, linktype=1)
    writer.writepkt(MAC + b"\x08\0" + IP, ts=12.5)
    assert read_contents(file.getvalue()).packets == (Packet(12_500_000_000, IP),)


def test_every_byte_of_a_file_is_known():
    assert write_pcap([Packet(3_000_000_002, b"Data", 7)]).hex(" ", 4) == (
        "4d3cb2a1 02000400 00000000 00000000 00000400 e4000000 03000000 02000000 04000000 0b000000 44617461"
    )


def test_a_packet_of_the_largest_size_is_believed():
    assert len(read_contents(pcap([b"E" * 262_144], 228)).packets) == 1
    assert read_contents(pcap([b"E" * 262_145], 228)).error.offset == 24


def test_a_time_that_does_not_fit_is_refused():
    for time_ns in (-1, 2**32 * 10**9):
        with pytest.raises(CaptureError, match="does not fit a pcap file"):
            write_pcap([Packet(time_ns, IP)])


GOOD = pcap([IP, IP, IP], 228)
SECOND_AT = 24 + 16 + len(IP)
THIRD_AT = 24 + 2 * (16 + len(IP))


@pytest.mark.parametrize(
    ("data", "offset", "why"),
    [
        (b"", 0, "the file is empty"),
        (b"\xd4", 0, "no capture file: it begins with d4,"),
        (b"\0garbage, all of it", 0, "no capture file: it begins with 00 67 61 72"),
        (
            b"IP 127.0.0.1.8989 > 127.0.0.1.8000: Flags [S]\n",
            0,
            "it is text. tcpdump saves packets, not words, with -w",
        ),
        (b"\x89PNG\r\n\x1a\n", 0, "it is a picture"),
        (b"\x28\xb5\x2f\xfd" + bytes(40), 0, "it is packed by zstd. Unpack it: `zstd -d FILE`"),
        (GOOD[:4], 4, "the file ends after 4 bytes"),
        (GOOD[:23], 23, "the file ends after 23 bytes"),
        (GOOD[:4] + b"\3" + GOOD[5:], 4, "version 3.4"),
        (GOOD[:20] + b"\x93\0\0\0", 20, "link type 147 .*`tcpdump -i any -w FILE`"),
    ],
)
def test_what_is_no_capture_file_is_said_to_be_what_it_is(data, offset, why):
    with pytest.raises(CaptureError, match=why) as caught:
        read_contents(data)
    assert (caught.value.offset, caught.value.packets) == (offset, ())


@pytest.mark.parametrize(
    ("data", "offset", "before", "why"),
    [
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
    contents = read_contents(data)
    assert why in str(contents.error)
    assert contents.error.offset == offset
    assert contents.packets == contents.error.packets == read_contents(GOOD).packets[:before]


def test_a_file_without_packets_is_no_error():
    assert read_contents(GOOD[:24]) == read_contents(write_pcap([])) == Contents()


@given(st.integers(24, len(GOOD) - 1))
def test_every_cut_is_noticed_unless_between_packets(size):
    contents = read_contents(GOOD[:size])
    assert (contents.error is None) == (size in (24, SECOND_AT, THIRD_AT))
    assert len(contents.packets) == (size - 24) // (16 + len(IP))


def test_first_syn_is_the_first_packet_of_the_story():
    assert list(Capture.load(DATA / "first_syn.pcap")) == list(Capture.load(DATA / "seed.pcap"))[:1]

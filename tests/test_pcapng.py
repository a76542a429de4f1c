"""pcapng files, and what gzip packs: read as other readers do, and damage says where."""

import gzip
import io
import struct
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP as ScapyIP
from scapy.utils import PcapNgReader, PcapNgWriter
from test_pcap import GOOD, IP, IP6, MAC, pcap
from test_tcpdump import needs_tcpdump

from tcpkit.capture import Capture, CaptureError, Packet
from tcpkit.capture.file_kinds import LARGEST, read_contents
from tcpkit.capture.real import _run
from tcpkit.capture.tcpdump import tcpdump

FRAME = MAC + b"\x08\0" + IP
HIGH, LOW = divmod(1_588_609_856_898_509, 2**32)  # microseconds


def block(kind, body, order="<"):
    """One block: its type, its length, the body on a multiple of four bytes, its length once more."""
    body += bytes(-len(body) % 4)
    length = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + length + body + length


def section(order="<", major=1):
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, major, 0, -1), order)


def interface(link_type=1, options=(), snapshot_length=0, order="<"):
    listed = b"".join(
        struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4) for code, value in options
    )
    return block(1, struct.pack(order + "HHI", link_type, 0, snapshot_length) + listed, order)


def packet(frame=FRAME, which=0, high=HIGH, low=LOW, cut=0, order="<"):
    fields = struct.pack(order + "IIIII", which, high, low, len(frame), len(frame) + cut)
    comment = struct.pack(order + "HH4sI", 1, 4, b"good", 0)
    return block(6, fields + frame + bytes(-len(frame) % 4) + comment, order)


def simple(frame=FRAME, wire=None, order="<"):
    return block(3, struct.pack(order + "I", len(frame) if wire is None else wire) + frame, order)


TWO = section() + interface(101) + interface(1) + packet(IP) + packet(FRAME, which=1) + packet(IP6)
WHOLE = section() + interface() + packet() * 3
STEP = len(packet())
PACKETS = {made[:4] for order in "<>" for made in (packet(order=order), simple(order=order))}
FIRST_AT = len(WHOLE) - 3 * STEP


@pytest.mark.parametrize("order", "<>")
def test_packets_are_read_in_both_byte_orders(order):
    old = block(2, struct.pack(order + "HHIIII", 0, 0, HIGH, LOW, len(FRAME), len(FRAME)) + FRAME, order)
    statistics = block(5, bytes(12), order)
    blocks = (
        section(order) + interface(order=order) + statistics + packet(cut=5, order=order) + old + simple(order=order)
    )
    time_ns = 1_588_609_856_898_509_000
    assert read_contents(blocks).packets == (Packet(time_ns, IP, 5), Packet(time_ns, IP), Packet(0, IP))


def test_each_packet_has_the_link_type_of_its_interface():
    assert [packet.data for packet in read_contents(TWO).packets] == [IP, IP, IP6]


def test_a_new_section_has_interfaces_of_its_own():
    contents = read_contents(TWO + section(">") + interface(1, order=">") + packet(order=">"))
    assert [packet.data for packet in contents.packets] == [IP, IP, IP6, IP]


@pytest.mark.parametrize(
    ("options", "time_ns"),
    [
        ((), 5_000_001_000),
        (((9, b"\x09"),), 5_000_001),
        (((9, b"\x00"),), 5_000_001_000_000_000),
        (((9, b"\x8a"),), 4_882_813_476_562),
        (((2, b"lo"), (9, b"\x06"), (14, struct.pack("<q", -5)), (0, b"")), 1_000),
        (((0, b""), (9, b"\x09")), 5_000_001_000),
    ],
)
def test_each_interface_counts_time_in_its_own_units(options, time_ns):
    assert (
        read_contents(section() + interface(1, options) + packet(high=0, low=5_000_001)).packets[0].time_ns == time_ns
    )


def test_a_simple_packet_is_cut_where_its_interface_says():
    contents = read_contents(section() + interface(101, snapshot_length=50) + simple(IP[:50], len(IP)))
    assert contents.packets == (Packet(0, IP[:50], len(IP) - 50),)


def test_frames_of_an_unknown_link_type_are_counted_beside_others():
    contents = read_contents(section() + interface(127) + interface(1) + packet(which=0) * 2 + packet(which=1))
    assert (len(contents.packets), contents.skipped) == (1, {"link type 127": 2})


@pytest.mark.parametrize("after", [b"", packet(), packet()[:-4]])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_if_all_frames_are_of_unknown_link_types_the_first_is_located(after, pack):
    before = section() + interface(127) + block(5, bytes(12))
    with pytest.raises(CaptureError, match=r"the frames have link type 127 .*`tcpdump -i any -w FILE`") as caught:
        read_contents(pack(before + packet() + after))
    assert (caught.value.offset, caught.value.packets) == (len(before), ())


def test_what_another_writer_writes_is_read(tmp_path):
    with PcapNgWriter(str(tmp_path / "it.pcapng")) as writer:
        written = ScapyIP(IP)
        written.time = 12.5
        writer.write(written)
    assert read_contents((tmp_path / "it.pcapng").read_bytes()).packets == (Packet(12_500_000_000, IP),)


def test_another_reader_reads_the_same():
    blocks = section() + interface(101, ((9, b"\x09"),)) + interface(1) + packet(IP) + packet(which=1)
    theirs = [(int(seen.time * 10**6), bytes(seen)[-len(IP) :]) for seen in PcapNgReader(io.BytesIO(blocks))]
    assert theirs == [(packet.time_ns // 1000, packet.data) for packet in read_contents(blocks).packets]


def test_a_time_that_only_pcapng_can_hold_is_shown_and_not_saved(tmp_path):
    late = Capture(read_contents(section() + interface() + packet(high=2**21)).packets)
    assert late.tcpdump("-t") == repr(late)
    with pytest.raises(CaptureError, match="does not fit a pcap file"):
        late.save(tmp_path / "late.pcap")


@needs_tcpdump
@pytest.mark.parametrize("resolution", [b"\x06", b"\x09", b"\x8a", b"\x9e"])
def test_times_and_words_are_the_real_ones(resolution):
    blocks = section() + interface(1, ((9, resolution),)) + packet(high=0, low=4_000_001_234) * 2
    assert tcpdump(read_contents(blocks).packets) == _run(["tcpdump", "-n", "-r", "-"], blocks).removesuffix("\n")


@pytest.mark.parametrize("start", [interface(), packet(), simple(), interface(order=">")])
def test_a_file_without_a_section_header_is_no_capture_file(start):
    with pytest.raises(
        CaptureError, match=f"it begins with {start[:4].hex(' ')}, as neither pcap nor pcapng does"
    ) as caught:
        read_contents(start + WHOLE)
    assert caught.value.offset == 0


@pytest.mark.parametrize(
    ("data", "offset", "before", "why"),
    [
        (WHOLE[:11], 0, 0, "the file ends in the head of a block"),
        (WHOLE[:20], 0, 0, "the file ends in a block of type 168627466"),
        (WHOLE[:8] + b"\1\2\3\4" + WHOLE[12:], 0, 0, "a section's byte order is 01 02 03 04, which is none"),
        (section(major=2) + WHOLE, 12, 0, "this is pcapng version 2: only version 1 is known here"),
        (
            WHOLE[:-1],
            FIRST_AT + 2 * STEP,
            2,
            f"the file ends in a block of type 6, which begins at byte {FIRST_AT + 2 * STEP}",
        ),
        (WHOLE[:-4] + b"\1\0\0\0", FIRST_AT + 2 * STEP, 2, "gives two lengths"),
        (WHOLE + struct.pack("<III", 6, 2**31, 0), len(WHOLE), 3, "the file ends in a block of type 6"),
        (
            WHOLE + struct.pack("<III", 6, 8, 0),
            len(WHOLE),
            3,
            "a block of type 6 claims 8 bytes, which no block can have",
        ),
        (WHOLE + struct.pack("<III", 6, 14, 14), len(WHOLE), 3, "claims 14 bytes"),
        (WHOLE + block(6, bytes(8)), len(WHOLE), 3, "a block of type 6 has 20 bytes, fewer than its fields need"),
        (WHOLE + block(1, bytes(4)), len(WHOLE), 3, "a block of type 1 has 16 bytes"),
        (WHOLE + packet(which=1), len(WHOLE), 3, "packet 4 came by interface 1, and the section describes 1"),
        (section() + packet(), 28, 0, "packet 1 came by interface 0, and the section describes 0"),
        (section() + simple(), 28, 0, "packet 1 came by interface 0, and the section describes 0"),
        (WHOLE + section() + packet(), len(WHOLE) + 28, 3, "packet 4 came by interface 0"),
        (
            WHOLE + block(6, struct.pack("<IIIII", 0, 0, 0, 90, 90) + IP),
            len(WHOLE),
            3,
            "claims 90 bytes, and its block has room for 84",
        ),
        (
            WHOLE + block(6, struct.pack("<IIIII", 0, 0, 0, 262_145, 0) + bytes(262_148)),
            len(WHOLE),
            3,
            "claims 262145 bytes",
        ),
        (WHOLE + packet(high=2**31), len(WHOLE), 3, "packet 4 has a time before 1970 or after 2262"),
        (section() + interface(1, ((14, struct.pack("<q", -(2**40))),)) + packet(), 60, 0, "a time before 1970"),
        (section() + interface(1, ((9, b"\x14"),)), 44, 0, r"units of 10^-20 s, finer than 64 bits can"),
        (section() + interface(1, ((9, b"\xc0"),)), 44, 0, r"units of 2^-64 s"),
        (section() + interface(1, ((9, b""),)), 44, 0, "option 9 of an interface claims 0 bytes"),
        (section() + block(1, struct.pack("<HHIHH", 1, 0, 0, 2, 5)), 44, 0, "option 2 of an interface claims 5 bytes"),
    ],
)
def test_damage_is_located_and_what_came_before_is_kept(data, offset, before, why):
    contents = read_contents(data)
    assert why in str(contents.error)
    assert contents.error.offset == offset
    assert contents.packets == contents.error.packets
    assert len(contents.packets) == before


def test_every_cut_is_noticed_unless_between_blocks():
    blocks = [section(), interface(101), interface(1), packet(IP), simple(IP6), section(">"), interface(order=">")]
    blocks += [block(5, bytes(12), ">"), packet(order=">"), packet(cut=5, order=">")]
    file, starts = b"".join(blocks), [0, *accumulate(map(len, blocks))]
    for size in range(4, len(file)):
        contents = read_contents(file[:size])
        whole = max(place for place, start in enumerate(starts) if start <= size)
        assert len(contents.packets) == sum(one[:4] in PACKETS for one in blocks[:whole]), size
        assert (contents.error and contents.error.offset) == (None if size in starts else starts[whole]), size


@given(st.binary(max_size=200))
def test_any_bytes_in_a_block_are_read_or_refused(body):
    for file in (WHOLE + body, WHOLE + block(6, body), WHOLE + block(1, body) + packet(which=1)):
        error = read_contents(file).error
        assert error is None or len(WHOLE) <= error.offset <= len(file)


# --- Packed by gzip ----------------------------------------------------------


@pytest.mark.parametrize("file", [GOOD, WHOLE, TWO])
def test_gzip_is_unpacked(file):
    assert read_contents(gzip.compress(file)) == read_contents(file)
    assert read_contents(gzip.compress(file[:50]) + gzip.compress(file[50:])) == read_contents(file)


def test_a_gzip_file_that_is_cut_gives_what_came_before():
    many = gzip.compress(pcap([bytes([n, n * 7 % 251]) * 40 for n in range(250)] * 3, 228), compresslevel=1)
    contents = read_contents(many[: len(many) // 2])
    assert 0 < len(contents.packets) < 750
    assert contents.packets == contents.error.packets
    assert "the gzip file is cut or damaged" in str(contents.error)
    assert 0 < contents.error.offset <= len(many)
    for damaged in (b"\x1f\x8b", b"\x1f\x8b" + bytes(30), gzip.compress(GOOD)[:15]):
        with pytest.raises(CaptureError, match="the gzip file is cut or damaged"):
            read_contents(damaged)


def test_a_gzip_file_that_would_fill_the_memory_is_refused(monkeypatch):
    assert LARGEST >= 500_000_000
    monkeypatch.setattr("tcpkit.capture.file_kinds.LARGEST", 1_000_000)
    with pytest.raises(CaptureError, match="unpacked, this gzip file has more than 1000000 bytes"):
        read_contents(gzip.compress(GOOD + bytes(2_000_000)))

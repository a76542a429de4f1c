"""A capture is a sequence that can be saved, loaded, shown, and put together."""

import dataclasses
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest
from test_tcpdump import SEED, datagram, datagram_6, packets

from tcpkit.capture import Capture, CaptureError, Packet
from tcpkit.wire import MSS, Flags, Segment, TCPHeader, WireError

SYN = Segment(TCPHeader(8989, 8000, flags=Flags.SYN), bytes(44)).with_checksum("127.0.0.1", "127.0.0.1")


@pytest.fixture
def seed():
    return Capture.load(SEED)


# --- A sequence --------------------------------------------------------------


def test_is_a_sequence_of_packets(seed):
    assert len(seed) == 4
    assert all(isinstance(packet, Packet) for packet in seed)
    assert seed[-1].segment.ack == 45
    assert seed[3] in seed
    assert next(reversed(seed)) == seed[3]
    with pytest.raises(IndexError):
        _ = seed[4]


def test_slices_and_sums_are_captures(seed):
    assert isinstance(seed[1:3], Capture)
    assert seed[:2] + seed[2:] == seed
    assert (Capture(seed, 2, {"ARP": 1, "LLDP": 1}, "cut") + Capture((), 3, {"ARP": 2})) == Capture(
        seed, 5, {"ARP": 3, "LLDP": 1}, "cut"
    )
    assert sum((Capture([packet]) for packet in seed), Capture()) == seed
    with pytest.raises(TypeError):
        _ = seed + seed.packets


def test_equal_where_the_packets_are(seed):
    assert seed == Capture(list(seed.packets)) == Capture(iter(seed))
    assert seed != seed[:3]
    assert seed != Capture(seed, dropped=1) != Capture(seed, skipped={"ARP": 1}) != Capture(seed, damage="cut")
    assert seed != list(seed)
    assert seed == type("Recording", (Capture,), {})(seed.packets)
    assert hash(seed) == hash(Capture(seed.packets))


def test_cannot_be_changed(seed):
    with pytest.raises(dataclasses.FrozenInstanceError):
        seed.packets = ()


# --- Never sent --------------------------------------------------------------


def test_of_puts_the_story_s_ip_header_in_front(seed):
    assert Capture.of(seed[0].segment)[0].data == seed[0].data
    assert Capture.of(bytes(seed[0].segment)) == Capture.of(seed[0].segment)
    assert Capture.of(SYN)[0].time_ns == 0


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, Segment.parse])
def test_of_takes_a_segment_or_its_bytes(kind):
    made = Capture.of(kind(bytes(SYN)), "10.0.0.1", "10.0.0.2")
    assert made[0].segment == SYN
    assert (made[0].source, made[0].destination) == ("10.0.0.1", "10.0.0.2")
    assert made == Capture.of(SYN, source="10.0.0.1", destination="10.0.0.2")


@pytest.mark.parametrize(
    ("segment", "why"),
    [
        ("231d", "a str is no segment"),
        (None, "a NoneType is no segment"),
        (bytes(65_516), "do not fit one IPv4 packet"),
    ],
)
def test_of_refuses_what_cannot_be_a_segment(segment, why):
    with pytest.raises(WireError, match=why):
        Capture.of(segment)


# --- Files -------------------------------------------------------------------


def test_saved_and_loaded_it_is_the_same(seed, tmp_path):
    several = seed + Capture(packets(5, 100))
    several.save(tmp_path / "several.pcap")
    several.save(str(tmp_path / "several.pcap"))
    assert Capture.load(str(tmp_path / "several.pcap")) == several
    assert [path.name for path in tmp_path.iterdir()] == ["several.pcap"]


@pytest.mark.parametrize("kinds", [(datagram,), (datagram, datagram_6)])
@pytest.mark.parametrize(("program", "greeting"), [("tcpdump", "reading from file"), ("tshark", "Running as user")])
def test_other_programs_read_what_is_saved_without_a_word(tmp_path, kinds, program, greeting):
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed")
    saved = Capture(packet for kind in kinds for packet in packets(5, 100, kind))
    saved.save(tmp_path / "saved.pcap")
    command = [program, "-n", "-r", str(tmp_path / "saved.pcap")]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert [line for line in run.stderr.splitlines() if not line.startswith(greeting)] == []
    assert len(run.stdout.splitlines()) == len(saved)


def test_a_link_to_a_file_stays_a_link(seed, tmp_path):
    (tmp_path / "real.pcap").touch(mode=0o640)
    (tmp_path / "link.pcap").symlink_to(tmp_path / "real.pcap")
    seed.save(tmp_path / "link.pcap")
    assert (tmp_path / "link.pcap").is_symlink()
    assert Capture.load(tmp_path / "real.pcap") == seed
    assert (tmp_path / "real.pcap").stat().st_mode & 0o777 == 0o640


def test_a_damaged_file_is_refused_or_read_in_part(seed, tmp_path):
    path = tmp_path / "cut.pcap"
    path.write_bytes(SEED.read_bytes()[:-10])
    with pytest.raises(CaptureError, match=r"packet 4.*partial=True") as caught:
        Capture.load(path)
    assert caught.value.packets == seed.packets[:3]
    assert str(caught.value).startswith(f"{path}: the file ends in the bytes of packet 4")
    assert caught.value.offset == 24 + 3 * (16 + 84)
    part = Capture.load(path, partial=True)
    assert part.packets == seed.packets[:3]
    assert repr(part).split("\n")[3].startswith("(not read to its end: the file ends in the bytes of packet 4, which")
    assert "not read to its end" in part._repr_html_()
    assert "partial" not in repr(part)


@pytest.mark.parametrize("content", [b"", b"not a capture at all", bytes(24), b"\x1f\x8b", b"\x89PNG"])
@pytest.mark.parametrize("partial", [False, True])
def test_garbage_is_refused_and_has_no_part(tmp_path, content, partial):
    path = tmp_path / "garbage.pcap"
    path.write_bytes(content)
    with pytest.raises(CaptureError, match=r"garbage\.pcap: ") as caught:
        Capture.load(path, partial=partial)
    assert caught.value.packets == ()
    assert 0 <= caught.value.offset <= len(content)


def test_frames_without_ip_are_counted_and_said_by_kind(tmp_path):
    from test_pcap import FRAMES, pcap

    good, others = FRAMES[1]
    frames = [*(frame for frame, _ in others), others[0][0]]
    (tmp_path / "mixed.pcap").write_bytes(pcap([*frames, *good], 1))
    mixed = Capture.load(tmp_path / "mixed.pcap")
    assert (len(mixed), sum(mixed.skipped.values())) == (len(good), len(frames))
    assert repr(mixed).endswith(
        "(9 frames are left out, as no IP was found: 3 too short for a link header, 2 ARP, 1 LLDP, "
        "1 EtherType 0x1234, 1 802.3 without an EtherType, 1 PPP protocol 0xc021)"
    )
    assert mixed.table().attrs["skipped"] == mixed.skipped == Counter(kind for _, kind in others) + Counter(["ARP"])
    assert repr(Capture(mixed, skipped={"ARP": 1})).endswith("(1 frame is left out, as no IP was found: 1 ARP)")
    many = Capture(skipped={f"EtherType {number}": number for number in range(1, 20)})
    assert repr(many).endswith("12 EtherType 12, 66 of other kinds)")


def test_a_missing_file_is_said_so(tmp_path):
    with pytest.raises(CaptureError, match="cannot be read: No such file"):
        Capture.load(tmp_path / "nothing.pcap")
    with pytest.raises(CaptureError, match="cannot be read: Is a directory"):
        Capture.load(tmp_path)


@pytest.fixture
def full(tmp_path):
    """A device that is always full: for root its own, lest a defect replace the machine's."""
    if os.geteuid():
        return Path("/dev/full")
    place = tmp_path / "full"
    try:
        os.mknod(place, stat.S_IFCHR | 0o666, os.makedev(1, 7))  # Linux's numbers of /dev/full
        place.open("wb").close()
    except OSError as error:
        pytest.skip(f"root cannot make a device here: {error}")
    return place


def test_a_full_disk_loses_nothing(seed, full):
    if not full.is_char_device():
        pytest.skip(f"{full} is not there")
    with pytest.raises(
        CaptureError, match=r"4 packets could not be saved to .*full: No space left.*Save them"
    ) as caught:
        seed.save(full)
    assert caught.value.packets == seed.packets
    assert full.is_char_device()


def test_a_disk_that_fills_up_leaves_the_old_file(seed, tmp_path):
    seed[:1].save(tmp_path / "kept.pcap")
    code = f"""
import resource, signal
from tcpkit.capture import Capture, CaptureError
seed = Capture.load({str(SEED)!r})
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))
try:
    seed.save({str(tmp_path / "kept.pcap")!r})
except CaptureError as error:
    print(len(error.packets), "File too large" in str(error))
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert run.stdout.split() == ["4", "True"], run.stderr
    assert Capture.load(tmp_path / "kept.pcap") == seed[:1]
    assert [path.name for path in tmp_path.iterdir()] == ["kept.pcap"]


def test_a_folder_that_cannot_be_written_to_is_said_so(seed, tmp_path):
    (tmp_path / "file").touch()
    places = [tmp_path / "file" / "syn.pcap", tmp_path / "missing" / "syn.pcap", tmp_path]
    if Path("/proc/self").exists():
        places.append(Path("/proc/self/syn.pcap"))  # not even root may
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    if os.geteuid():
        places.append(closed / "syn.pcap")
    for place in places:
        with pytest.raises(
            CaptureError, match=r"4 packets could not be saved to .* They are still in the capture"
        ) as caught:
            seed.save(place)
        assert caught.value.packets == seed.packets


# --- How it is shown ---------------------------------------------------------


def test_reads_as_tcpdump_s_lines(seed):
    assert repr(seed) == "\n".join(
        [
            "IP 127.0.0.1.8989 > 127.0.0.1.8000:  tcp 60 [bad hdr length 4 - too short, < 20]",
            "IP 127.0.0.1.8989 > 127.0.0.1.8000: Flags [S], seq 0:44, win 0, length 44",
            "IP 127.0.0.1.8989 > 127.0.0.1.8000: Flags [S], seq 0:44, win 0, length 44",
            "IP 127.0.0.1.8000 > 127.0.0.1.8989: Flags [R.], seq 0, ack 45, win 0, length 0",
        ]
    )
    assert repr(seed) == seed.tcpdump("-t")


def test_words_show_as_they_are(seed):
    assert repr(seed.tcpdump("-v")) == str(seed.tcpdump("-v"))
    assert Capture().tcpdump("-v") == ""


def test_what_is_missing_is_said(seed):
    assert repr(Capture()) == "no packets"
    assert repr(Capture(seed, dropped=1)).split("\n")[4:] == [
        "(1 packet was dropped: they came faster than they could be copied)"
    ]
    assert repr(Capture(dropped=7_744)) == (
        "no packets\n(7744 packets were dropped: they came faster than they could be copied)"
    )


def test_many_packets_are_shown_in_part():
    many = Capture([*Capture.of(SYN)] * 10_000)
    lines = repr(many).split("\n")
    assert len(lines) == 101
    assert lines[-1] == '(9900 more packets: .tcpdump("-t") prints them all)'
    assert repr(many[:101]).endswith('\n(1 more packet: .tcpdump("-t") prints them all)')
    assert repr(many[:100]) == many[:100].tcpdump("-t")
    assert many.tcpdump("-t").count("\n") == 9_999
    assert many._repr_html_().count("<tr>") == 101
    assert "(9900 more packets" in many._repr_html_()


class Reader(HTMLParser):
    """Keeps the cells of the rows; fails on a tag closed out of turn."""

    def __init__(self, text):
        super().__init__()
        self.open, self.rows = [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.rows and {"td", "th"} & set(self.open) and "style" not in self.open:
            self.rows[-1][-1] += data


def test_the_html_is_a_table_in_tcpdump_s_words(seed):
    head, *rows = Reader(seed._repr_html_()).rows
    assert head == ["", "from", "to", "flags", "seq", "ack", "win", "length", "also"]
    assert rows[0][1] == "IP 127.0.0.1.8989 > 127.0.0.1.8000:  tcp 60 [bad hdr length 4 - too short, < 20]"
    assert rows[1][:9] == ["2", "127.0.0.1.8989", "127.0.0.1.8000", "S", "0:44", "", "0", "44", ""]
    assert rows[3][:9] == ["4", "127.0.0.1.8000", "127.0.0.1.8989", "R.", "0", "45", "0", "0", ""]


def test_flags_are_told_by_letter_and_name_beside_the_colour():
    for flags, look, names in (
        (Flags.SYN, "syn", "SYN"),
        (Flags.RST | Flags.ACK, "rst", "RST ACK"),
        (Flags.FIN | Flags.ACK, "fin", "FIN ACK"),
        (Flags.PSH | Flags.ACK, "psh", "PSH ACK"),
        (Flags.ACK, "ack", "ACK"),
        (Flags(0), "ack", "no flag"),
    ):
        html = Capture.of(Segment(TCPHeader(1, 2, flags=flags)))._repr_html_()
        assert f'<span class="flags {look}" title="{names}">{flags}</span>' in html
        assert f".tcpkit-capture .{look} {{border-color" in html


def test_every_packet_is_shown_in_html():
    several = Capture(packets(9, 90))
    rows = Reader(several._repr_html_()).rows[1:]
    assert len(rows) == len(several)
    for row, line in zip(rows, repr(several).split("\n"), strict=True):
        shown = " ".join(row[1:])
        for words in re.findall(r"[\w.]+", re.sub(r"^IP | > |Flags|seq|ack|win|length", " ", line)):
            assert words in shown.replace("Flags", ""), line


def test_bytes_are_shown_but_for_what_the_kernel_picks(seed):
    pick = seed[2].data
    again = pick[:4] + b"\x12\x34" + pick[6:10] + b"\x56\x78" + pick[12:]
    html = Capture([seed[2]])._repr_html_()
    assert html == Capture([Packet(12_345, again)])._repr_html_()
    dump = re.sub(r"<[^>]+>", "", html)
    assert "0x0000:  4500 0054 .... 4000 4006 .... 7f00 0001  E..T..@.@......." in dump
    assert "0x0020:  5002 0000 6f57 0000 0000 0000 0000 0000  P...oW.........." in dump
    assert html != Capture([seed[1]])._repr_html_()
    assert re.findall(r'title="(?:IP|TCP) header">([^<]*)<|title="(data)">[^<]*<', html) == [
        ("4500 0054 .... 4000 4006 .... 7f00 0001", ""),
        ("7f00 0001", ""),
        ("231d 1f40 0000 0000 0000 0000", ""),
        ("5002 0000 6f57 0000", ""),
        *[("", "data")] * 4,
    ]


def test_each_part_of_a_packet_begins_where_its_header_says():
    options = Segment(TCPHeader(1, 2, options=(MSS(1460),)), b"data")
    for segment, header in ((options, 24), (Segment(TCPHeader(1, 2, data_offset=1), b"data"), 20)):
        html = Capture.of(segment)._repr_html_()
        words = "".join(re.findall(r'title="TCP header">([^<]*)<', html)).replace(" ", "")
        assert len(words) == 2 * header
        assert 'title="data">6461 7461<' in html


def test_rows_and_dumps_bear_the_packet_s_number(seed):
    html = seed._repr_html_()
    assert re.findall(r"packet (\d+)\n", html) == ["1", "2", "3", "4"]
    assert [row[0] for row in Reader(html).rows[1:]] == ["1", "2", "3", "4"]
    assert '<td>1</td><td colspan="8">IP ' in html


def test_ipv6_is_shown_in_the_same_columns_and_its_bytes_whole():
    from test_pcap import IP6

    html = Capture([Packet(0, IP6)])._repr_html_()
    assert Reader(html).rows[1][:4] == ["1", "::1.8989", "::2.8000", "S"]
    dump = re.sub(r"<[^>]+>", "", html)
    assert "0x0000:  6000 0000 0014 0640 0000 0000 0000 0000  `......@........" in dump
    assert len("".join(re.findall(r'title="IP header">([^<]*)<', html)).replace(" ", "")) == 80


def test_text_of_packets_is_no_html():
    html = Capture.of(bytes(SYN)[:20] + b"<script>&amp;")._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_html_says_what_is_missing_and_stays_short(seed):
    assert "7 packets were dropped" in Capture(seed, dropped=7)._repr_html_()
    assert "no packets" in Capture()._repr_html_()
    large = Capture.of(bytes(SYN)[:20] + bytes(60_000))._repr_html_()
    assert len(large) < 20_000
    assert "(59016 more bytes)" in large


def test_ipv6_climbs_the_ladder():
    from test_pcap import IP6

    answer = IP6[:8] + IP6[24:40] + IP6[8:24] + IP6[42:44] + IP6[40:42] + bytes(8) + b"\x50\x12" + bytes(6)
    lines = str(Capture([Packet(0, IP6), Packet(1, answer + b"pad")]).ladder()).split("\n")
    assert [re.sub("-+", "-", line.strip()) for line in lines[1:]] == ["|- S ->|", "|<- S. -|"]


def test_the_ladder_is_draw_s(seed, monkeypatch):
    import tcpkit.draw

    monkeypatch.setattr(tcpkit.draw, "ladder", lambda *arguments, **options: (arguments, options))
    assert seed.ladder("first", lanes=2) == ((seed.packets, "first"), {"lanes": 2})


@pytest.mark.parametrize("name", ["a\0b", "\ud800"])
def test_a_name_that_no_file_can_have(seed, name):
    for call, words in ((Capture.load, "cannot be read"), (seed.save, "4 packets could not be saved to")):
        with pytest.raises(CaptureError, match=words) as caught:
            call(name)
        assert "no file's name has such a character" in str(caught.value)
        str(caught.value).encode()  # it can be printed


def test_no_folder_at_all_can_be_written(seed, tmp_path, monkeypatch):
    def no_folder():
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", no_folder)
    with pytest.raises(CaptureError, match="make room on a disk, or close files") as caught:
        seed.save(tmp_path / "nowhere" / "it.pcap")
    assert caught.value.packets == seed.packets


def test_what_a_killed_save_left_is_not_in_the_way(seed, tmp_path):
    (tmp_path / f".it.pcap.{os.getpid()}").touch()
    seed.save(tmp_path / "it.pcap")
    assert Capture.load(tmp_path / "it.pcap").packets == seed.packets

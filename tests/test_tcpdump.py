"""Our printer and the real tcpdump print the same text."""

import random
import re
import shutil
import struct
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpkit.capture import Capture, Packet
from tcpkit.capture.real import real_tcpdump, version
from tcpkit.capture.tcpdump import tcpdump
from tcpkit.wire import (
    MSS,
    SACK,
    Flags,
    IPv4Header,
    SACKPermitted,
    Segment,
    TCPHeader,
    Timestamps,
    Unknown,
    checksum,
    tcp_checksum,
)
from tcpkit.wire.complaints import MPTCP
from tcpkit.wire.ipv6 import EXTENSIONS, FRAGMENT, pseudo_header6

SEED = Path(__file__).parent.parent / "notebooks" / "data" / "seed.pcap"
SAME_WORDS = ("4.99.2", "4.99.3", "4.99.4")  # 4.99.5 has other words for damaged IP headers, 4.99.6 for -vv
STYLES = ("", "-v", "-vv", "-X", "-t", "-S", "-t -v -X", "-tvvS", "-vv -X -S", "-n -tS")
BATCH = 2_000
BATCHES = 5

# tcpdump goes into the payload on these ports.
DISSECTED = {21, 22, 23, 25, 43, 53, 80, 179, 323, 554, 639, 646, 1723, 2049, 6379, 6633, 6653, 8080, 8554, 10288}
ADDRESSES = [bytes([127, 0, 0, 1]), bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2]), bytes([192, 168, 200, 9])]
ADDRESSES_6 = [  # each is written in a way of its own
    bytes.fromhex(address)
    for address in (
        "00000000000000000000000000000001",
        "20010db8000000000000000000000002",
        "20010db8000000010000000000010001",
        "fe80000000000000021122fffe334455",
        "00000000000000000000ffff0a000001",
        "00000000000000000000000001020304",
    )
]
PORTS = [8989, 8000, 8002, 40000, 65535, 1, 0]
NUMBERS = [0, 1, 2, 1000, 2**31, 2**32 - 1, 2**32 - 20]
# bytes of value, by kind
OPTION_SIZES = {
    2: 2,
    3: 1,
    4: 0,
    5: 8,
    6: 4,
    7: 4,
    8: 8,
    11: 4,
    12: 4,
    13: 4,
    19: 16,
    20: 2,
    28: 2,
    29: 6,
    34: 8,
    254: 6,
}
IP_OPTIONS = [7, 68, 82, 130, 131, 137, 148, 33]
OTHER_PROTOCOLS = [0, 3, 43, 59, 99, 200, 253]  # those whose payload tcpdump leaves alone


def word(draw, bits=32):
    """A number that likes edges."""
    return draw.choice(NUMBERS) % 2**bits if draw.random() < 0.7 else draw.getrandbits(bits)


def tcp_option(draw):
    kind = draw.choice([*OPTION_SIZES, 0, 1, 1, 1, 5, 8, 14, 253, 254, draw.randrange(256)])
    if kind in (0, 1):
        return bytes([kind])
    size = OPTION_SIZES.get(kind, draw.randrange(6))
    if kind == 5:
        size = 8 * draw.randrange(5)
    if draw.random() < 0.15:
        size = draw.randrange(20)
    value = draw.randbytes(size)
    if kind == 254 and size >= 2 and draw.random() < 0.5:
        value = b"\xf9\x89" + value[2:]
    length = size + 2 if draw.random() < 0.93 else draw.randrange(256)
    return bytes([kind, length]) + value


def ip_option(draw):
    kind = draw.choice([0, 1, 1, *IP_OPTIONS, draw.randrange(256)])
    if kind in (0, 1):
        return bytes([kind])
    size = draw.choice([3, 7, 11, 4, 12, 20, 2, draw.randrange(16)])
    value = bytearray(draw.randbytes(max(0, size - 2)))
    if value:
        value[0] = draw.choice([4, 5, 8, 9, 12, 13, size + 1, draw.randrange(256)])
    if len(value) > 1 and kind == 68:
        value[1] = draw.choice([0, 1, 3, 0x10, 0x21, draw.randrange(256)])
    return bytes([kind, size if draw.random() < 0.9 else draw.randrange(48)]) + bytes(value)


def options(draw, one):
    listed = b"".join(one(draw) for _ in range(draw.randrange(1, 5)))[:40]
    return listed + bytes(-len(listed) % 4)


def port(draw):
    while True:
        number = draw.choice(PORTS) if draw.random() < 0.9 else draw.randrange(65536)
        if number not in DISSECTED:
            return number


def segment(draw, source, destination):
    listed = options(draw, tcp_option) if draw.random() < 0.5 else b""
    data = draw.randbytes(draw.choice([0, 0, 1, 2, 5, 29, 30, 31, 44, 100])) if draw.random() < 0.8 else bytes(44)
    flags = draw.choice([2, 0x12, 0x10, 0x18, 0x11, 0x04, 0x14, 0, draw.randrange(256)])
    offset = 5 + len(listed) // 4 if draw.random() < 0.9 else draw.randrange(16)
    offset_byte = offset << 4 | (draw.randrange(16) if draw.random() < 0.1 else 0)
    fixed = (port(draw), port(draw), word(draw), word(draw), offset_byte, flags, word(draw, 16), 0, word(draw, 16))
    whole = bytearray(struct.pack("!HHIIBBHHH", *fixed) + listed + data)
    if draw.random() < 0.7:
        right = tcp_checksum(".".join(map(str, source)), ".".join(map(str, destination)), bytes(whole))
        whole[16:18] = draw.choice([right, right, right, right ^ 0x4000, 0, 0xFFFF]).to_bytes(2, "big")
    else:
        whole[16:18] = draw.randbytes(2)
    return bytes(whole)


def datagram(draw):
    source, destination = draw.choice(ADDRESSES), draw.choice(ADDRESSES)
    listed = options(draw, ip_option) if draw.random() < 0.12 else b""
    payload = segment(draw, source, destination)
    total = 20 + len(listed) + len(payload)
    if draw.random() < 0.08:
        total = draw.choice([0, 19, 20, 22, 24, 30, total - 1, total + 5, draw.randrange(65536)])
    words = 5 + len(listed) // 4 if draw.random() < 0.97 else draw.randrange(16)
    fragment = (
        0x4000 if draw.random() < 0.85 else draw.choice([0, 0x2000, 0x8000, 0x6000, 1, 0x1FFF, draw.randrange(65536)])
    )
    protocol = 6 if draw.random() < 0.97 else draw.choice(OTHER_PROTOCOLS)
    first = (4 if draw.random() < 0.99 else draw.randrange(16)) << 4 | words
    tos, ttl = draw.choice([0, 0, 0, 1, 2, 3, 0x10, 255]), draw.choice([64, 64, 0, 1, 255])
    fixed = (first, tos, total, draw.getrandbits(16), fragment, ttl, protocol, 0, source, destination)
    header = bytearray(struct.pack("!BBHHHBBH4s4s", *fixed) + listed)
    right = checksum(bytes(header))
    header[10:12] = (right if draw.random() < 0.9 else draw.choice([right ^ 1, 0, 0xFFFF])).to_bytes(2, "big")
    return bytes(header) + payload


def datagram_6(draw):
    """An IPv6 packet with a segment in it, now and then behind an extension header."""
    source, destination = draw.choice(ADDRESSES_6), draw.choice(ADDRESSES_6)
    payload = segment(draw, *ADDRESSES[:2])
    if draw.random() < 0.7:
        right = checksum(pseudo_header6(source, destination, len(payload)) + payload[:16] + payload[18:])
        payload = payload[:16] + right.to_bytes(2, "big") + payload[18:]
    kind = 6 if draw.random() < 0.97 else draw.choice([59, 99, 200, 253])
    size = (
        len(payload) if draw.random() < 0.94 else draw.choice([0, 1, 19, 22, len(payload) + 5, draw.randrange(65536)])
    )
    if draw.random() < 0.1:
        offset = draw.choice([0, 0, 1, 8, draw.randrange(65536)])
        payload, kind = struct.pack("!BBHI", kind, 0, offset, draw.getrandbits(32)) + payload, FRAGMENT
        size = len(payload)
    first = 6 << 28 | draw.choice([0, 0, draw.getrandbits(28)])
    return struct.pack("!IHBB", first, size, kind, draw.choice([64, 0, 255])) + source + destination + payload


def packets(seed, count, datagram=datagram):
    """Packets, most of them whole, in conversations that share few ends."""
    draw = random.Random(seed)
    made = []
    for number in range(count):
        data, cut = datagram(draw), 0
        damage = draw.random()
        if damage < 0.06:  # some bits flipped
            data = bytearray(data)
            for _ in range(draw.randrange(1, 4)):
                data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
            data = bytes(data)
        elif damage < 0.10:  # the end missing
            data = data[: draw.randrange(len(data) + 1)]
        elif damage < 0.16:  # the end not captured
            cut = draw.randrange(len(data) + 1)
            data = data[: len(data) - cut]
        elif damage < 0.19:  # padded, as Ethernet does
            data += bytes(draw.randrange(1, 30))
        if tcpdump_reads_deeper(data):
            continue
        made.append(Packet(1_588_609_856_898_509_000 + number * 1_000_003_007, data, cut))
    return made


def tcpdump_reads_deeper(data):
    """Whether tcpdump reads on where our printer stops on purpose: left out of all comparisons."""
    if len(data) < 24 or data[0] >> 4 not in (4, 6):
        return False
    if data[0] >> 4 == 6:
        return reads_deeper_6(data)
    segment = data[(data[0] & 15) * 4 :]
    if data[9] != 6:
        return data[9] not in OTHER_PROTOCOLS
    ports = {int.from_bytes(segment[:2], "big"), int.from_bytes(segment[2:4], "big")}
    return bool(ports & DISSECTED) or has_multipath(segment)


def reads_deeper_6(data):
    """Whether tcpdump reads deeper in this IPv6 packet: also options, and fragments that were damaged."""
    kind, start = int.from_bytes(data[6:7], "big"), 40
    if kind == FRAGMENT:
        if len(data) < 48 or int.from_bytes(data[4:6], "big") < 8:
            return True
        kind, start = data[40], 48
    if kind != 6:
        return kind in EXTENSIONS or kind not in (59, 99, 200, 253)
    ports = {int.from_bytes(data[start : start + 2], "big"), int.from_bytes(data[start + 2 : start + 4], "big")}
    return bool(ports & DISSECTED) or has_multipath(data[start:])


def has_multipath(segment):
    """Whether there may be a Multipath TCP option: tcpdump reads what is in it, our printer shows its bytes."""
    return len(segment) > 20 and MPTCP in segment[20 : (segment[12] >> 4) * 4]


def installed():
    """The version of the tcpdump on the PATH, if any."""
    program = shutil.which("tcpdump")
    return version(program) if program else None


needs_tcpdump = pytest.mark.skipif(
    installed() not in SAME_WORDS, reason=f"needs tcpdump {' or '.join(SAME_WORDS)}; found {installed()}"
)

# --- The real one and ours ---------------------------------------------------


@pytest.fixture(scope="module")
def batches():
    made = [packets(seed, BATCH) for seed in range(BATCHES)]
    made += [packets(seed, BATCH, datagram_6) for seed in range(BATCHES)]
    assert sum(map(len, made)) > 15_000
    return made


@needs_tcpdump
@pytest.mark.parametrize("style", STYLES)
def test_says_what_the_real_one_says(batches, style):
    for batch in batches:
        real, ours = real_tcpdump(batch, style).split("\n"), tcpdump(batch, style).split("\n")
        differing = [pair for pair in zip(real, ours, strict=False) if pair[0] != pair[1]]
        assert differing[:1] == []
        assert len(real) == len(ours)


EVERY_SORT = """\
too short;too long;(correct);(incorrect -> 0x;bad cksum;truncated-ip - ;bad-hlen;bad-len
[|ip];[|tcp];ip-proto-6;ip-proto-99;(invalid);[truncated-option];offset 8,;flags [+;,CE,
mss ;wscale ;sackOK;sack 1 {;sack 4 {;invalid sack;TS val;nop,nop;eol];[len ;[bad opt];md5 ;scps cap
tfo  cookie ;tfo  cookiereq;exp-tfo;unknown-;tcp-ao keyid;uto 0x
IP6 (hlim ;::1.8989 > ;2001:db8::2.8000;fe80::211:22ff:fe33:4455;::ffff:10.0.0.1;::1.2.3.4;truncated-ip6 - ;class 0x
flowlabel 0x;frag (0x;next-header TCP (6);[|ip6];no next header;next-header Fragment (44)
RR ;LSRR ;TS{;RA value;[RST ;[RST+ ;[!RST;, urg ;Flags [none];Flags [FSRP.UEW]"""


def test_generated_packets_are_of_every_sort(batches):
    said = "\n".join(tcpdump(batch, "-vv") for batch in batches)
    assert [words for words in EVERY_SORT.replace("\n", ";").split(";") if words not in said] == []


@needs_tcpdump
@pytest.mark.parametrize("zone", ["UTC0", "EST5EDT,M3.2.0,M11.1.0", "IST-5:30"])
def test_times_are_local(monkeypatch, zone):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        seen = [
            Packet(seconds * 10**9 + 999_999_999, b"E")
            for seconds in (0, 1_588_609_856, 1_600_000_000, 2**31 - 1, 2**31)
        ]
        assert tcpdump(seen) == real_tcpdump(seen)
    finally:
        monkeypatch.undo()
        time.tzset()


# --- The story ---------------------------------------------------------------

ZEROS = """
	0x0030:  0000 0000 0000 0000 0000 0000 0000 0000  ................
	0x0040:  0000 0000 0000 0000 0000 0000 0000 0000  ................
	0x0050:  0000 0000                                ....
"""
STORY = [  # options; what the story prints without its first column and host names; its hex dump
    (
        "-X -v",
        "IP (tox 0x0, ttl 64, id 7212, offset 0, flags [DF], proto TCP (6), length 84)"
        "127.0.0.1.8989 > 127.0.0.1.8000: tcp 60 [bad hdr length 4 - too short, < 20]",
        """
	0x0000:  4500 0054 1c2c 4000 4006 2076 7f00 0001  E..T.,@.@..v....
	0x0010:  7f00 0001 231d 1f40 0000 0000 0000 0000  ....#..@........
	0x0020:  1002 0000 af57 0000 0000 0000 0000 0000  .....W.........."""
        + ZEROS,
    ),
    (
        "-X -v",
        "IP 127.0.0.1.8989 > 127.0.0.1.8000: Flags [S], cksum 0x000f (incorrect -> 0x6f57), seq 0:44, win 0, length 44",
        """
	0x0000:  4500 0054 efc3 4000 4006 4cde 7f00 0001  E..T..@.@.L.....
	0x0010:  7f00 0001 231d 1f40 0000 0000 0000 0000  ....#..@........
	0x0020:  5002 0000 000f 0000 0000 0000 0000 0000  P..............."""
        + ZEROS,
    ),
    (
        "-X",
        "IP 127.0.0.1.8989 > 127.0.0.1.8000: Flags [S],seq 0:44, win 0, length 44",
        """
	0x0000:  4500 0054 269b 4000 4006 1607 7f00 0001  E..T&.@.@.......
	0x0010:  7f00 0001 231d 1f40 0000 0000 0000 0000  ....#..@........
	0x0020:  5002 0000 6f57 0000 0000 0000 0000 0000  P...oW.........."""
        + ZEROS,
    ),
    (
        "-X",
        "IP 127.0.0.1.8000 > 127.0.0.1.8989: Flags [R.], seq 0, ack 45, win 0, length 0",
        """
	0x0000:  4500 0028 0000 4000 4006 3cce 7f00 0001  E..(..@.@.<.....
	0x0010:  7f00 0001 1f40 231d 0000 0000 0000 002d  .....@#........-
	0x0020:  5014 0000 6f44 0000                      P...oD..
""",
    ),
]


@pytest.mark.parametrize("printer", ["ours", "real"])
@pytest.mark.parametrize("number", range(4))
def test_the_story_word_for_word(number, printer):
    if printer == "real" and installed() not in SAME_WORDS:
        pytest.skip(f"needs tcpdump {' or '.join(SAME_WORDS)}; found {installed()}")
    options, words, dump = STORY[number]
    told = (tcpdump if printer == "ours" else real_tcpdump)(Capture.load(SEED)[number : number + 1], options)
    said, *rest = re.split(r"(?=\n\t)", re.sub(r"^[\d:.]+ ", "", told), maxsplit=1)
    if number == 1:  # the story leaves out what -v says of IP's header
        said = re.sub(r"\(tos.*\)\n", "", said)
    assert "".join(said.split()) == "".join(words.replace("tox", "tos").split())
    assert "".join(rest) == dump.rstrip("\n")


# --- Words that hold without the real one ------------------------------------


def sent(source, destination, flags, data=b"", **fields):
    """A packet of a conversation between two ports of 127.0.0.1."""
    segment = Segment(TCPHeader(source, destination, flags=flags, window=512, **fields), data)
    return Capture.of(segment.with_checksum("127.0.0.1", "127.0.0.1"))


def test_numbers_of_a_conversation_count_from_its_start():
    syn, ack, push = Flags.SYN, Flags.ACK, Flags.PSH | Flags.ACK
    talk = (
        sent(40000, 8000, syn, seq=4_294_967_290)
        + sent(8000, 40000, syn | ack, seq=7_000, ack=4_294_967_291)
        + sent(40000, 8000, ack, seq=4_294_967_291, ack=7_001)
        + sent(40000, 8000, push, b"GET /page\n", seq=4_294_967_291, ack=7_001)
        + sent(8000, 40000, ack, seq=7_001, ack=5, options=(SACK(((4_294_967_293, 1),)),))
    )
    assert tcpdump(talk, "-t").split("\n") == [
        "IP 127.0.0.1.40000 > 127.0.0.1.8000: Flags [S], seq 4294967290, win 512, length 0",
        "IP 127.0.0.1.8000 > 127.0.0.1.40000: Flags [S.], seq 7000, ack 4294967291, win 512, length 0",
        "IP 127.0.0.1.40000 > 127.0.0.1.8000: Flags [.], ack 1, win 512, length 0",
        "IP 127.0.0.1.40000 > 127.0.0.1.8000: Flags [P.], seq 1:11, ack 1, win 512, length 10",
        "IP 127.0.0.1.8000 > 127.0.0.1.40000: Flags [.], ack 11, win 512, options [sack 1 {3:7},eol], length 0",
    ]
    assert tcpdump(talk[3:4], "-t -S").endswith("seq 4294967291:5, ack 7001, win 512, length 10")
    assert tcpdump(talk[2:3], "-tvv").endswith(
        "Flags [.], cksum 0xd8fc (correct), seq 4294967291, ack 7001, win 512, length 0"
    )


def test_options_are_named_with_their_values():
    listed = (MSS(1460), SACKPermitted(), Timestamps(7, 0))
    assert tcpdump(sent(1, 2, Flags.SYN, options=listed), "-t").endswith(
        "options [mss 1460,sackOK,TS val 7 ecr 0], length 0"
    )


def test_a_multipath_option_is_named_and_left_in_hex():
    """What the real one reads in it is not compared: `has_multipath`."""
    capable = Unknown(MPTCP, bytes.fromhex("0081 0102030405060708"))
    assert tcpdump(sent(1, 2, Flags.SYN, options=(capable,)), "-t").endswith(
        "options [mptcp 0x00810102030405060708], length 0"
    )


def test_a_reset_may_say_why():
    reset = sent(1, 2, Flags.RST, b"port closed\0")
    assert tcpdump(reset, "-tv").endswith("seq 0:12, win 512, length 12 [RST port closed^@]")
    assert tcpdump(reset, "-t").endswith("seq 0:12, win 512, length 12")


def test_another_protocol_is_named_by_its_number():
    header = IPv4Header.carrying(b"12345678", "10.0.0.1", "10.0.0.2", protocol=253)
    assert tcpdump([Packet(0, bytes(header) + b"12345678")], "-t") == "IP 10.0.0.1 > 10.0.0.2:  ip-proto-253 8"
    udp = bytes.fromhex("6000000000081140") + ADDRESSES_6[0] + ADDRESSES_6[1] + b"12345678"
    assert tcpdump([Packet(0, udp)], "-t") == "IP6 ::1 > 2001:db8::2:  ip-proto-17 8"


@given(st.binary(max_size=120), st.sampled_from(STYLES), st.integers(0, 100))
def test_any_bytes_at_all_are_put_into_words(data, style, cut):
    assert tcpdump([Packet(0, data, cut), Packet(0, b"E" + data, cut), Packet(0, b"F" + data, cut)], style)


# --- Options, and which tcpdump is used --------------------------------------


@pytest.mark.parametrize("options", ["-w file", "-e", "v", "-", "-v -r", "-i lo", "--version", "-v;ls"])
def test_options_that_are_not_known_are_refused(options):
    with pytest.raises(ValueError, match="is not among the options known here"):
        Capture.load(SEED).tcpdump(options)


@pytest.mark.parametrize("options", ["-t -t", "-XX", "-tvt"])
def test_options_that_mean_something_else_when_doubled_are_refused(options):
    with pytest.raises(ValueError, match="twice"):
        Capture.load(SEED).tcpdump(options)


def test_options_may_be_run_together():
    seed = Capture.load(SEED)
    assert tcpdump(seed, "-tvX") == tcpdump(seed, "-n -X  -v -t") != tcpdump(seed, "-tv")


@needs_tcpdump
def test_a_capture_uses_the_real_one(monkeypatch):
    monkeypatch.setattr("tcpkit.capture.capture.tcpdump", lambda *_: pytest.fail("ours was used"))
    assert "too short" in Capture.load(SEED).tcpdump("-v")


@pytest.mark.parametrize(
    "script",
    [
        None,
        "echo tcpdump version 5.0.0",
        "echo some other program",
        "case $1 in --version) echo tcpdump version 4.99.3;; *) echo nonsense; exit 1;; esac",
    ],
)
def test_without_a_tcpdump_that_works_ours_is_used(monkeypatch, tmp_path, script):
    seed = Capture.load(SEED)
    expected = tcpdump(seed, "-v -X")
    if script:
        program = tmp_path / "tcpdump"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert real_tcpdump(seed, "-v -X") is None
    assert seed.tcpdump("-v -X") == expected


def test_a_tcpdump_4_99_is_used(monkeypatch, tmp_path):
    program = tmp_path / "tcpdump"
    program.write_text("#!/bin/sh\ncase $1 in --version) echo tcpdump version 4.99.9;; *) echo asked: $*;; esac\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert Capture.load(SEED).tcpdump("-vv -X") == "asked: -n -X -v -v -r -"


@pytest.mark.parametrize("options", [5, None, b"-v", ["-v"]])
def test_options_of_another_type(options):
    with pytest.raises(TypeError, match='options are text, such as "-v -X"; this is'):
        Capture.of(bytes(20)).tcpdump(options)

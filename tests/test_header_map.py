"""The header map, read back from its SVG and its text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading_svg import assert_clear, rects, texts, words

from tcpkit.draw import header_map
from tcpkit.draw.header_fields import FIXED, ROW, blank_fields, read_fields
from tcpkit.draw.header_map import BIT, LEFT, NAMES
from tcpkit.wire import EOL, MSS, NOP, SACK, Flags, SACKPermitted, Segment, TCPHeader, Timestamps, Unknown, WindowScale

SEED = bytes.fromhex("231d1f40 00000000 00000000 10020000 af570000")
OPTIONS = (MSS(1460), SACKPermitted(), Timestamps(1, 2), NOP(), WindowScale(7))
SYN = TCPHeader(8989, 8000, seq=0xDEADBEEF, flags=Flags.SYN, window=65535, options=OPTIONS)
EDGE = "+-" * 32 + "+"
TOP = [
    " 0                   1                   2                   3",
    " 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1",
    EDGE,
]
PICTURES = [header_map(SYN), header_map(SEED, lit={"ack", "SYN"}), header_map(), header_map(b"a"), header_map(b"")]


def with_offset(digit, more=b""):
    """Return the header with another data offset, and bytes after it."""
    return SEED[:12] + bytes([digit << 4]) + SEED[13:] + more


def options(header):
    return [(field.words, field.hex) for field in read_fields(header) if field.name == "options"]


def test_text_of_the_storys_header():
    assert repr(header_map(SEED, lit="data_offset")).splitlines() == [
        *TOP,
        "|   source port 8989 = 0x231d   | destination port 8000 = 0x1f40|",
        EDGE,
        "|                 sequence number 0 = 0x00000000                |",
        EDGE,
        "|              acknowledgment number 0 = 0x00000000             |",
        EDGE,
        "|  data |  re-  |C|E|U|A|P|R|S|F|                               |",
        "| offset| served|W|C|R|C|S|S|Y|I|       window 0 = 0x0000       |",
        "|   1   |       |R|E|G|K|H|T|N|N|                               |",
        "|0 0 0 1|0 0 0 0|0|0|0|0|0|0|1|0|                               |",
        EDGE,
        "|        checksum 0xaf57        |   urgent pointer 0 = 0x0000   |",
        EDGE,
        "lit: data offset 1",
    ]


def test_text_of_a_header_cut_short():
    assert repr(header_map(bytes.fromhex("231d1f40 00000000 00000000 f002 00"))).splitlines()[-9:] == [
        "|  data |  re-  |C|E|U|A|P|R|S|F|                               |",
        "| offset| served|W|C|R|C|S|S|Y|I|         window missing        |",
        "|   15  |       |R|E|G|K|H|T|N|N|                               |",
        "|1 1 1 1|0 0 0 0|0|0|0|0|0|0|1|0|                               |",
        EDGE,
        "|        checksum missing       |     urgent pointer missing    |",
        EDGE,
        "|                  40 bytes of options missing                  |",
        EDGE,
    ]


def test_alt_text_is_the_header_in_words():
    assert header_map(SEED, lit="SYN").alt == (
        "TCP header: source port 8989, destination port 8000, sequence number 0, acknowledgment number 0, "
        "data offset 1, flags SYN, window 0, checksum 0xaf57, urgent pointer 0; lit: SYN 1."
    )
    assert "flags none" in header_map(bytes(20)).alt
    assert "flags missing" in header_map(b"").alt


@settings(max_examples=100, deadline=None)
@given(st.binary(min_size=20, max_size=70))
def test_values_are_those_that_wire_reads(data):
    header = TCPHeader.parse(data)
    read = {field.name: field.value for field in read_fields(data) if field.name != "options"}
    flags = sum(read.pop(flag.name) * flag for flag in Flags)
    assert flags == header.flags
    assert read == {name: getattr(header, name) for name in read}


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=70))
def test_any_bytes_give_a_whole_picture(data):
    picture = header_map(data, lit=NAMES)
    assert_clear(picture)
    fields = read_fields(data)
    assert sum(field.width for field in fields) % 8 == 0
    assert [field.start for field in fields[1:]] == [field.start + field.width for field in fields[:-1]]
    assert all(len(line) <= 65 for line in repr(picture).splitlines()[:-1])


def test_a_header_a_segment_and_their_bytes_are_drawn_alike():
    assert header_map(SYN) == header_map(bytes(SYN)) == header_map(Segment(SYN, b"data behind it"))


@pytest.mark.parametrize("name", [name for name, _, _ in FIXED])
def test_any_field_can_be_lit(name):
    header = bytes(range(1, 21))
    picture = header_map(header, lit=name)
    frame = rects(picture)[-1]  # the last, so that it is drawn over its neighbours
    field = next(field for field in read_fields(header) if field.name == name)
    assert (frame.css, frame.left, frame.width) == ("lit-frame", LEFT + field.start % ROW * BIT, field.width * BIT)
    assert len(rects(header_map(header), "cell")) == len(rects(picture, "cell")) + 1
    assert picture.alt.endswith(f"; lit: {field.words} {field.decimal or field.hex}.")
    assert repr(picture).splitlines()[-1].startswith(f"lit: {field.words}")


def test_all_flags_or_several_fields_can_be_lit():
    assert len(rects(header_map(SEED, lit="flags"), "lit-frame")) == 8
    assert len(rects(header_map(SYN, lit="options"), "lit-frame")) == 7
    assert len(rects(header_map(SEED, lit=["seq", "ack"]), "lit-frame")) == 2


def test_an_unknown_field_is_named():
    with pytest.raises(ValueError, match="no field 'offset' in a TCP header; its fields are source_port, "):
        header_map(SEED, lit="offset")


def test_flags_are_shown_bit_by_bit():
    found = texts(header_map(TCPHeader(1, 2, flags=Flags.SYN | Flags.ACK)))
    top = min(text.y for text in found if text.words == "C")
    bits = [text for text in found if text.words in "01" and text.y > top + 40][:16]
    assert "".join(text.words for text in bits) == "0101000000010010"
    assert [int((text.left - LEFT) // BIT) for text in bits] == list(range(16))
    assert "".join("01"["ink" in text.css] for text in bits[8:]) == "00010010"
    names = [text.words for text in sorted(found, key=lambda text: (text.left, text.y)) if text.words.isalpha()]
    assert "".join(name for name in names if len(name) == 1) == "CWRECEURGACKPSHRSTSYNFIN"


def test_the_ruler_counts_the_bits_and_the_margin_the_bytes():
    found = texts(header_map(SYN))
    assert [text.words for text in found if text.y == 46] == [str(bit % 10) for bit in range(32)]
    assert [text.words for text in found if text.right < LEFT] == [str(4 * row) for row in range(10)]


def test_options_are_cut_where_rows_end():
    assert options(SYN) == [
        ("MSS 1460", "0x020405b4"),
        ("SACK permitted", "0x0402"),
        ("", "0x080a"),
        ("timestamps", "0x00000001"),
        ("", "0x00000002"),
        ("NOP", "0x01"),
        ("window scale 7", "0x030307"),
    ]


def test_unknown_and_broken_options():
    unknown = TCPHeader(1, 2, options=(Unknown(200, b"\1"), EOL()))
    assert options(unknown) == [("option 200", "0xc80301"), ("EOL", "0x00")]
    sack = TCPHeader(1, 2, options=(NOP(), NOP(), SACK(((1, 5),))))
    assert options(sack)[2:] == [("", "0x050a"), ("SACK", "0x00000001"), ("", "0x00000005")]
    assert options(with_offset(6, bytes.fromhex("00aabbcc"))) == [("EOL", "0x00"), ("padding", "0xaabbcc")]
    assert options(with_offset(6, bytes.fromhex("02ff0000"))) == [("no option", "0x02ff0000")]


def test_a_name_goes_before_a_value_where_only_one_has_room():
    rows = repr(header_map(with_offset(7, bytes.fromhex("010101 0402 000000")))).splitlines()
    assert rows[-4] == "|    NOP 0x01   |    NOP 0x01   |    NOP 0x01   | SACK permitted|"


def test_an_offset_beyond_the_bytes_or_below_five():
    assert options(with_offset(15)) == [("40 bytes of options", "")]
    assert options(with_offset(15, b"\1\1\1")) == [("NOP", "0x01")] * 3 + [("37 more", "")]
    assert options(with_offset(15, b"\1\1")) == [("NOP", "0x01")] * 2 + [("38 bytes of options", "")]
    assert "40 bytes of options missing" in repr(header_map(with_offset(15)))
    assert options(SEED + bytes(44)) == []


@pytest.mark.parametrize(
    ("size", "missing"), [(0, 17), (1, 17), (2, 16), (12, 13), (13, 11), (14, 3), (19, 1), (20, 0)]
)
def test_what_is_missing_is_said_and_dashed(size, missing):
    picture = header_map(SEED[:size])
    assert len([rect for rect in rects(picture, "cell") if rect.is_dashed]) == missing
    wide = sum(field.width > 4 and field.is_missing for field in read_fields(SEED[:size]))
    assert words(picture, "slanted") == ["missing"] * wide
    assert repr(picture).count("missing") == wide


def test_without_a_header_the_figure_is_blank():
    picture = header_map()
    assert "missing" not in picture.svg + picture.text
    assert not any(rect.is_dashed for rect in rects(picture))
    assert words(picture, "slanted") == [f"{bits} bits" for bits in (16, 16, 32, 32, 4, 16, 16, 16)]
    assert sum(field.width for field in blank_fields()) == 160
    assert repr(picture).splitlines()[9:13] == [
        "|  data |  re-  |C|E|U|A|P|R|S|F|                               |",
        "| offset| served|W|C|R|C|S|S|Y|I|         window 16 bits        |",
        "| 4 bits|       |R|E|G|K|H|T|N|N|                               |",
        "|       |       | | | | | | | | |                               |",
    ]

"""The header map, read back from its SVG and its text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading_svg import LEAST, boxes, overlapping, root, shapes, size_on_a_phone, words

from tcpkit.draw import header_map
from tcpkit.draw.fields import FIXED, blank_fields, read_fields
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


def values(header):
    """Return the values by name, options left out."""
    return {field.name: field.value for field in read_fields(header) if field.name != "options"}


def option_words(header):
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
        "|  data | rsrvd |C|E|U|A|P|R|S|F|                               |",
        "| offset|       |W|C|R|C|S|S|Y|I|       window 0 = 0x0000       |",
        "|   1   |       |R|E|G|K|H|T|N|N|                               |",
        "|0 0 0 1|0 0 0 0|0|0|0|0|0|0|1|0|                               |",
        EDGE,
        "|        checksum 0xaf57        |   urgent pointer 0 = 0x0000   |",
        EDGE,
        "lit: data offset 1",
    ]


def test_text_of_a_header_cut_short():
    assert repr(header_map(bytes.fromhex("231d1f40 00000000 00000000 f002 00"))).splitlines()[-9:] == [
        "|  data | rsrvd |C|E|U|A|P|R|S|F|                               |",
        "| offset|       |W|C|R|C|S|S|Y|I|         window missing        |",
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
    read = values(data)
    flags = sum(read.pop(flag.name) * flag for flag in Flags)
    assert flags == header.flags
    assert read == {name: getattr(header, name) for name in read}


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=70))
def test_any_bytes_give_a_whole_picture(data):
    picture = header_map(data, lit=NAMES)
    texts = boxes(picture)
    assert overlapping(texts) == []
    assert max(text.right for text in texts) <= float(root(picture).get("width"))
    assert max(text.y for text in texts) < float(root(picture).get("height"))
    fields = read_fields(data)
    assert sum(field.width for field in fields) % 8 == 0
    assert [field.start for field in fields[1:]] == [field.start + field.width for field in fields[:-1]]
    drawn = repr(picture).splitlines()
    assert all(len(line) <= 65 for line in drawn[:-1])


def test_a_header_a_segment_and_their_bytes_are_drawn_alike():
    assert header_map(SYN) == header_map(bytes(SYN)) == header_map(Segment(SYN, b"data behind it"))


@pytest.mark.parametrize("name", [name for name, _, _ in FIXED])
def test_any_field_can_be_lit(name):
    picture = header_map(bytes(range(1, 21)), lit=name)
    (frame,) = shapes(picture, "rect", "lit-frame")
    field = next(field for field in read_fields(bytes(range(1, 21))) if field.name == name)
    assert float(frame.get("x")) == LEFT + field.column * BIT
    assert float(frame.get("width")) == field.width * BIT
    plain = header_map(bytes(range(1, 21)))
    assert len(shapes(plain, "rect", "cell")) == len(shapes(picture, "rect", "cell")) + 1
    assert picture.alt.endswith(f"; lit: {field.words} {field.decimal or field.hex}.")
    assert repr(picture).splitlines()[-1].startswith(f"lit: {field.words}")


def test_all_flags_or_several_fields_can_be_lit():
    assert len(shapes(header_map(SEED, lit="flags"), "rect", "lit-frame")) == 8
    assert len(shapes(header_map(SYN, lit="options"), "rect", "lit-frame")) == 7
    assert len(shapes(header_map(SEED, lit=["seq", "ack"]), "rect", "lit-frame")) == 2


def test_frames_are_drawn_over_their_neighbours():
    rects = [rect.get("class") for rect in shapes(header_map(SEED, lit="source_port"), "rect")]
    assert rects[-1] == "lit-frame"


def test_an_unknown_field_is_named():
    with pytest.raises(ValueError, match="no field 'offset' in a TCP header; its fields are source_port, "):
        header_map(SEED, lit="offset")


def test_flags_are_shown_bit_by_bit():
    picture = header_map(TCPHeader(1, 2, flags=Flags.SYN | Flags.ACK))
    top = min(text.y for text in boxes(picture) if text.words == "C")
    bits = [text for text in boxes(picture) if text.words in "01" and text.y > top + 40][:16]
    assert "".join(text.words for text in bits) == "0101000000010010"
    assert [int((text.left - LEFT) // BIT) for text in bits] == list(range(16))
    assert "".join("01"["ink" in text.css] for text in bits[8:]) == "00010010"
    names = [
        text.words for text in sorted(boxes(picture), key=lambda text: (text.left, text.y)) if text.words.isalpha()
    ]
    assert "".join(name for name in names if len(name) == 1) == "CWRECEURGACKPSHRSTSYNFIN"


def test_the_ruler_counts_the_bits_and_the_margin_the_bytes():
    texts = boxes(header_map(SYN))
    units = [text.words for text in texts if text.y == 46]
    assert units == [str(bit % 10) for bit in range(32)]
    assert [text.words for text in texts if text.right < LEFT] == [str(4 * row) for row in range(10)]


def test_options_are_cut_where_rows_end():
    assert option_words(SYN) == [
        ("MSS 1460", "0x020405b4"),
        ("SACK permitted", "0x0402"),
        ("", "0x080a"),
        ("timestamps", "0x00000001"),
        ("", "0x00000002"),
        ("NOP", "0x01"),
        ("window scale 7", "0x030307"),
    ]


def test_stranger_options():
    assert option_words(TCPHeader(1, 2, options=(Unknown(200, b"\1"), EOL()))) == [
        ("option 200", "0xc80301"),
        ("EOL", "0x00"),
    ]
    sack = TCPHeader(1, 2, options=(NOP(), NOP(), SACK(((1, 5),))))
    assert option_words(sack)[2:] == [("", "0x050a"), ("SACK", "0x00000001"), ("", "0x00000005")]
    assert option_words(SEED[:12] + b"\x60" + SEED[13:] + bytes.fromhex("00aabbcc"))[:2] == [
        ("EOL", "0x00"),
        ("padding", "0xaabbcc"),
    ]
    assert option_words(SEED[:12] + b"\x60" + SEED[13:] + bytes.fromhex("02ff0000")) == [("no option", "0x02ff0000")]


def test_a_name_goes_before_a_value_where_only_one_has_room():
    header = SEED[:12] + b"\x70" + SEED[13:] + bytes.fromhex("010101 0402 000000")
    assert (
        repr(header_map(header)).splitlines()[-4] == "|    NOP 0x01   |    NOP 0x01   |    NOP 0x01   | SACK permitted|"
    )


def test_an_offset_beyond_the_bytes():
    header = SEED[:12] + b"\xf0" + SEED[13:]
    assert option_words(header) == [("40 bytes of options", "")]
    assert option_words(header + b"\1\1\1") == [("NOP", "0x01")] * 3 + [("37 more", "")]
    assert "40 bytes of options missing" in repr(header_map(header))
    assert option_words(header + b"\1\1") == [("NOP", "0x01")] * 2 + [("38 bytes of options", "")]


def test_an_offset_below_five_leaves_no_options():
    assert option_words(SEED + bytes(44)) == []


@pytest.mark.parametrize(
    ("size", "missing"), [(0, 17), (1, 17), (2, 16), (12, 13), (13, 11), (14, 3), (19, 1), (20, 0)]
)
def test_what_is_missing_is_said_and_dashed(size, missing):
    picture = header_map(SEED[:size])
    dashed = [rect for rect in shapes(picture, "rect", "cell") if rect.get("stroke-dasharray")]
    assert len(dashed) == missing
    wide = sum(field.width > 4 and field.is_missing for field in read_fields(SEED[:size]))
    assert words(picture, "slanted") == ["missing"] * wide
    assert repr(picture).count("missing") == wide


def test_without_a_header_the_figure_is_blank():
    picture = header_map()
    assert "missing" not in picture.svg + picture.text
    assert not any(rect.get("stroke-dasharray") for rect in shapes(picture, "rect"))
    assert words(picture, "slanted") == [
        "16 bits",
        "16 bits",
        "32 bits",
        "32 bits",
        "4 bits",
        "16 bits",
        "16 bits",
        "16 bits",
    ]
    assert sum(field.width for field in blank_fields()) == 160
    assert repr(picture).splitlines()[9:13] == [
        "|  data | rsrvd |C|E|U|A|P|R|S|F|                               |",
        "| offset|       |W|C|R|C|S|S|Y|I|         window 16 bits        |",
        "| 4 bits|       |R|E|G|K|H|T|N|N|                               |",
        "|       |       | | | | | | | | |                               |",
    ]


def test_large_enough_for_a_phone():
    assert size_on_a_phone(header_map(SYN)) >= LEAST

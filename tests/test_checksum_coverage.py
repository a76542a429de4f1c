"""What a checksum covers, read back from its SVG and its text."""

from itertools import pairwise

import pytest
from reading_svg import paths, rects, size, texts, words

from tcpkit.draw import coverage
from tcpkit.wire import MSS, Flags, Segment, TCPHeader, WireError, pseudo_header

SYN = bytes(TCPHeader(8989, 8000, flags=Flags.SYN)) + bytes(44)
ODD = SYN[:20] + b"odd"
BARE = SYN[:20]
WITH_OPTIONS = Segment(TCPHeader(8989, 8000, flags=Flags.SYN, options=(MSS(1460),)), b"five!")
LONG = SYN[:20] + bytes(65_495)
ADDRESSES = ("192.168.100.200", "10.0.0.2")
PICTURES = [coverage(segment, *ADDRESSES) for segment in (SYN, ODD, BARE, WITH_OPTIONS, LONG)]
each = pytest.mark.parametrize("picture", PICTURES)


def test_text():
    assert repr(coverage(SYN)).splitlines() == [
        "     IP header",
        "                   .............................  pseudo-header, 12 bytes: never sent",
        "        source --> : source          7f00 0001 :",
        "   destination --> : destination     7f00 0001 :",
        "                   : zero                   00 :",
        "    protocol 6 --> : protocol               06 :",
        "length 84 - 20 --> : TCP length           0040 :",
        "                   .............................",
        "                   +---------------------------+  segment, 64 bytes: sent",
        "                   | header, bytes 0 to 15     |",
        "                   : checksum: as if      0000 :  bytes 16 and 17: a hole",
        "                   | bytes 18 to 19            |",
        "                   +---------------------------+",
        "                   | data, 44 bytes            |",
        "                   +---------------------------+",
    ]
    assert repr(coverage(ODD)).splitlines()[-3:] == [
        "                   | data, 3 bytes             |",
        "                   +---------------------------+",
        "                   : zero                   00 :  fills the last word: never sent",
    ]


def test_alt_text():
    assert coverage(ODD, "10.0.0.1", "10.0.0.2").alt == (
        "What the TCP checksum covers, in order: a pseudo-header of 12 bytes, never sent (source 0a00 0001, "
        "destination 0a00 0002, zero 00, protocol 06, TCP length 0017; arrows from the IP header lead to all but "
        "the zero); the header of 20 bytes with a hole at the checksum, bytes 16 and 17; data, 3 bytes; "
        "a zero that is never sent."
    )


@pytest.mark.parametrize("segment", [SYN, ODD, BARE, WITH_OPTIONS, LONG])
def test_the_dotted_values_are_the_pseudo_header(segment):
    picture = coverage(segment, *ADDRESSES)
    shown = "".join(words(picture, "mono", "kernel")).replace(" ", "")
    assert shown == pseudo_header(*ADDRESSES, len(bytes(segment))).hex()
    kernel = [text for text in texts(picture) if "kernel" in text.css and text.left > 200]
    names, values = ([text.y for text in kernel if ("mono" in text.css) is is_value] for is_value in (False, True))
    assert len(names) == 5
    assert names == values  # a name and its value share a line


def test_dotted_parts_are_the_ones_that_are_never_sent():
    assert [rect.css for rect in rects(coverage(ODD)) if rect.is_dashed] == ["kernel-line", "sheet", "also-line"]
    assert [rect.css for rect in rects(coverage(SYN)) if rect.is_dashed] == ["kernel-line", "sheet"]


@each
def test_the_hole_lies_inside_the_header(picture):
    (hole,), (header,) = rects(picture, "sheet"), rects(picture, "you-frame")
    assert header.left + 8 < hole.left < hole.right < header.right - 8
    assert header.top < hole.top < hole.bottom < header.bottom
    assert words(picture, "mono", "ink") == ["0000"]


def test_the_parts_come_in_the_order_of_adding_and_do_not_overlap():
    parts = [
        part for css in ("kernel-line", "you-frame", "also-frame", "also-line") for part in rects(coverage(ODD), css)
    ]
    assert len({(part.left, part.right) for part in parts}) == 1
    first, *gaps = [after.top - before.bottom for before, after in pairwise(parts)]
    assert first > 30  # space for the words over the segment
    assert 0 < gaps[0] == gaps[1] < 8


def test_arrows_lead_from_the_ip_header_to_each_field_but_the_zero():
    picture = coverage(SYN)
    (ip,), (pseudo,) = rects(picture, "kernel-frame"), rects(picture, "kernel-line")
    named = {text.y: text.words for text in texts(picture) if "mono" not in text.css and text.left > ip.right}
    strokes, heads = paths(picture, "kernel-line"), paths(picture, "kernel")
    assert [named[y + 5] for (_, y), _ in strokes] == ["source", "destination", "protocol", "TCP length"]
    for ((start, y), (end, same)), ((tip, tip_y), *_) in zip(strokes, heads, strict=True):
        assert ip.right < start < end < tip < pseudo.left
        assert y == same == tip_y


@each
def test_words_are_inside_the_part_that_they_name(picture):
    homes = {
        "kernel": rects(picture, "kernel-frame") + rects(picture, "kernel-line"),
        "you": rects(picture, "you-frame"),
        "also": rects(picture, "also-frame") + rects(picture, "also-line"),
        "ink": rects(picture, "sheet"),
    }
    headings = {"pseudo-header, never sent": "kernel-line", "segment, sent": "you-frame", "IP header": "kernel-frame"}
    for text in texts(picture):
        if css := headings.get(text.words):
            (part,) = rects(picture, css)
            assert text.left == part.left
            assert 5 < part.top - text.y < 20
        else:
            (home,) = text.css & homes.keys()
            assert any(part.holds(text, 2) and part.top + 12 < text.y < part.bottom - 5 for part in homes[home]), text
    assert max(rect.bottom for rect in rects(picture)) < size(picture)[1]


def test_the_length_is_ips_less_its_header():
    assert "length 84 - 20" in words(coverage(SYN), "kernel")
    assert "length 49 - 20" in words(coverage(WITH_OPTIONS), "kernel")


def test_options_belong_to_the_header_as_far_as_there_are_bytes():
    assert "bytes 18 to 23" in words(coverage(WITH_OPTIONS), "you")
    assert "data, 5 bytes" in words(coverage(WITH_OPTIONS), "also")
    assert "bytes 18 to 29" in words(coverage(SYN[:12] + b"\xf2" + SYN[13:30]), "you")
    assert "bytes 18 to 19" in words(coverage(SYN[:12] + b"\x12" + SYN[13:]), "you")


def test_a_bare_header_has_no_data():
    assert rects(coverage(BARE), "also-frame") == []
    assert "data" not in repr(coverage(BARE)) + coverage(BARE).alt
    assert "data, 1 byte" in words(coverage(BARE + b"1"), "also")


def test_too_few_bytes_are_refused():
    with pytest.raises(WireError, match="19 bytes are too few for a TCP header"):
        coverage(SYN[:19])

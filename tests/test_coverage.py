"""The coverage strip, read back from its SVG and its text."""

import re
from itertools import pairwise

import pytest
from reading_svg import LEAST, SVG, boxes, overlapping, points, root, shapes, size_on_a_phone, words

from tcpkit.draw import coverage
from tcpkit.wire import MSS, Flags, Segment, TCPHeader, WireError, pseudo_header

SYN = bytes(TCPHeader(8989, 8000, flags=Flags.SYN)) + bytes(44)
ODD = SYN[:20] + b"odd"
BARE = SYN[:20]
WITH_OPTIONS = Segment(TCPHeader(8989, 8000, flags=Flags.SYN, options=(MSS(1460),)), b"five!")
LONG = SYN[:20] + bytes(65_495)
ALL = [SYN, ODD, BARE, WITH_OPTIONS, LONG]
ADDRESSES = ("192.168.100.200", "10.0.0.2")


def tops(picture, css):
    return [float(shape.get("y")) for shape in shapes(picture, "rect", css)]


def frame(shape):
    """Return left, top, right and bottom of a rectangle."""
    x, y, width, height = (float(shape.get(name)) for name in ("x", "y", "width", "height"))
    return x, y, x + width, y + height


def bottom(shape):
    return float(shape.get("y")) + float(shape.get("height"))


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


def test_text_of_an_odd_segment_ends_with_a_zero():
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


@pytest.mark.parametrize("segment", ALL)
def test_the_dotted_values_are_the_pseudo_header(segment):
    shown = "".join(words(coverage(segment, *ADDRESSES), "mono", "kernel")).replace(" ", "")
    assert shown == pseudo_header(*ADDRESSES, len(bytes(segment))).hex()


def test_dotted_parts_are_the_ones_that_are_never_sent():
    dotted = [shape for shape in shapes(coverage(ODD), "rect") if shape.get("stroke-dasharray") == "1 5"]
    assert ["kernel-line" in shape.get("class") for shape in dotted] == [True, False]
    assert "also-line" in dotted[1].get("class")
    assert len([shape for shape in shapes(coverage(SYN), "rect") if shape.get("stroke-dasharray") == "1 5"]) == 1
    assert words(coverage(SYN), "ink")[:2] == ["pseudo-header, never sent", "IP header"]
    assert "segment, sent" in words(coverage(SYN), "ink")


@pytest.mark.parametrize("segment", ALL)
def test_the_hole_lies_inside_the_header(segment):
    picture = coverage(segment)
    (hole,) = shapes(picture, "rect", "sheet")
    (header,) = shapes(picture, "rect", "you-frame")
    assert float(header.get("y")) < float(hole.get("y"))
    assert bottom(hole) < bottom(header)
    assert frame(header)[0] + 8 < frame(hole)[0]
    assert frame(hole)[2] + 8 < frame(header)[2]
    assert hole.get("stroke-dasharray")
    assert words(picture, "mono", "ink") == ["0000"]


def test_the_parts_stand_in_the_order_of_adding():
    picture = coverage(ODD)
    pseudo, padding = (tops(picture, css)[0] for css in ("kernel-line", "also-line"))
    header, data = tops(picture, "you-frame")[0], tops(picture, "also-frame")[0]
    assert pseudo < header < data < padding


def test_arrows_lead_from_the_ip_header_to_each_field_but_the_zero():
    picture = coverage(SYN)
    (ip,) = shapes(picture, "rect", "kernel-frame")
    (pseudo,) = shapes(picture, "rect", "kernel-line")
    right = float(ip.get("x")) + float(ip.get("width"))
    strokes = [points(path) for path in shapes(picture, "path", "kernel-line")]
    triangles = [points(path) for path in shapes(picture, "path", "kernel")]
    heads = [tip for tip, _, _ in triangles]
    assert all(one[0] == other[0] < tip[0] and one[1] < tip[1] < other[1] for tip, one, other in triangles)
    named = {
        box.y: box.words for box in boxes(picture) if "mono" not in box.css and box.left > right and "kernel" in box.css
    }
    assert [named[y + 5] for (_, y), _ in strokes] == ["source", "destination", "protocol", "TCP length"]
    for ((start, y), (end, same)), (tip, tip_y) in zip(strokes, heads, strict=True):
        assert right < start < end < tip < float(pseudo.get("x"))
        assert y == same == tip_y


@pytest.mark.parametrize("segment", ALL)
def test_words_stand_inside_the_part_they_speak_of(segment):
    picture = coverage(segment, *ADDRESSES)
    frames = {
        css: [frame(shape) for shape in shapes(picture, "rect", css)]
        for css in ("kernel-frame", "kernel-line", "you-frame", "also-frame", "also-line", "sheet")
    }
    homes = {
        "kernel": frames["kernel-frame"] + frames["kernel-line"],
        "you": frames["you-frame"],
        "also": frames["also-frame"] + frames["also-line"],
    }
    inside = [text for text in boxes(picture) if text.css & homes.keys()]
    inside_hole = [text for text in boxes(picture) if text.words in ("checksum: as if", "0000") and "ink" in text.css]
    assert len(inside) >= 16
    assert len(inside_hole) == 2
    for text, home in [(text, homes[(text.css & homes.keys()).pop()]) for text in inside] + [
        (text, frames["sheet"]) for text in inside_hole
    ]:
        assert any(
            left + 4 < text.left and text.right <= right - 2 and top + 12 < text.y < bottom - 5
            for left, top, right, bottom in home
        ), text


def test_a_fields_name_and_value_share_a_line():
    kernel = [text for text in boxes(coverage(SYN)) if "kernel" in text.css]
    names = {text.words: text.y for text in kernel if "mono" not in text.css and text.left > 200}
    values = {text.y for text in kernel if "mono" in text.css}
    assert len(names) == 5
    assert set(names.values()) == values


def test_the_parts_do_not_overlap_and_end_at_the_same_edges():
    strips = [
        frame(shape)
        for css in ("kernel-line", "you-frame", "also-frame", "also-line")
        for shape in shapes(coverage(ODD), "rect", css)
    ]
    assert len({(left, right) for left, _, right, _ in strips}) == 1
    gaps = [after[1] - before[3] for before, after in pairwise(strips)]
    assert gaps[0] > 30  # room for the words over the segment
    assert 0 < gaps[1] == gaps[2] < 8


def test_headings_stand_over_their_parts():
    picture = coverage(SYN)
    for heading, css in [
        ("pseudo-header, never sent", "kernel-line"),
        ("segment, sent", "you-frame"),
        ("IP header", "kernel-frame"),
    ]:
        (text,) = [text for text in boxes(picture) if text.words == heading]
        (part,) = [frame(shape) for shape in shapes(picture, "rect", css)]
        assert text.left == part[0]
        assert 5 < part[1] - text.y < 20


def test_the_length_is_ips_less_its_header():
    assert "length 84 - 20" in words(coverage(SYN), "kernel")
    assert "length 49 - 20" in words(coverage(WITH_OPTIONS), "kernel")


def test_options_belong_to_the_header():
    assert "bytes 18 to 23" in words(coverage(WITH_OPTIONS), "you")
    assert "data, 5 bytes" in words(coverage(WITH_OPTIONS), "also")


def test_a_header_may_claim_more_than_there_is():
    claims_sixty = SYN[:12] + b"\xf2" + SYN[13:30]
    assert "bytes 18 to 29" in words(coverage(claims_sixty), "you")
    assert "bytes 18 to 19" in words(coverage(SYN[:12] + b"\x12" + SYN[13:]), "you")


def test_a_bare_header_has_no_data():
    assert shapes(coverage(BARE), "rect", "also-frame") == []
    assert "data" not in repr(coverage(BARE)) + coverage(BARE).alt
    assert "data, 1 byte" in words(coverage(BARE + b"1"), "also")


def test_too_few_bytes_are_refused():
    with pytest.raises(WireError, match="19 bytes are too few for a TCP header"):
        coverage(SYN[:19])


@pytest.mark.parametrize("segment", ALL)
def test_no_text_stands_in_anothers_way(segment):
    picture = coverage(segment, *ADDRESSES)
    texts = boxes(picture)
    assert overlapping(texts) == []
    assert all(text.left >= 0 and text.right <= float(root(picture).get("width")) for text in texts)
    assert max(text.y for text in texts) < float(root(picture).get("height"))
    frames = [shape for shape in shapes(picture, "rect") if "ground" not in shape.get("class")]
    assert max(map(bottom, frames)) < float(root(picture).get("height"))
    assert size_on_a_phone(picture) >= LEAST
    (ip,) = shapes(picture, "rect", "kernel-frame")
    right = float(ip.get("x")) + float(ip.get("width"))
    assert all(text.right <= right for text in texts if text.left < right)


@pytest.mark.parametrize("segment", ALL)
def test_svg_is_whole(segment):
    picture = coverage(segment)
    top = root(picture)
    first, second, style, paper = list(top)[:4]
    assert (first.tag, second.tag, style.tag) == (f"{SVG}title", f"{SVG}desc", f"{SVG}style")
    assert second.text == picture.alt
    assert paper.get("class") == "ground"
    used = {name for element in top.iter() for name in element.get("class", "").split()}
    assert used - set(re.findall(r"\.([a-z]+(?:-[a-z]+)?)", style.text)) == set()

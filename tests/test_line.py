"""A line of tcpdump with labels under its parts."""

import pytest
from reading_svg import LEAST, boxes, overlapping, points, root, shapes, size_on_a_phone, words

from tcpkit.draw import labelled_line
from tcpkit.draw.svg import CHAR

LINE = "127.0.0.1.40000 > 127.0.0.1.8000: Flags [P.], seq 1:32, ack 1, length 31"
SYN = "IP 10.0.0.1.8989 > 10.0.0.2.8000: Flags [S], seq 0:44, win 0, options [mss 1460,nop], length 44"


def test_text():
    assert repr(labelled_line(LINE)).splitlines() == [
        LINE,
        "|                 |                     |     |         |      |",
        "who               whom                  flags |         |      length, in bytes",
        "                                              |         ack, expected next",
        "                                              seq from:to, numbers of its bytes",
    ]


def test_alt_text_names_the_parts():
    assert labelled_line("a > b: Flags [S]", {"a": "who", "[S]": "flags"}).alt == (
        "A line of tcpdump: a > b: Flags [S]. In it: a (who), [S] (flags)."
    )


@pytest.mark.parametrize(
    ("line", "labels"),
    [
        (LINE, None),
        (SYN, None),
        ("a > b: Flags [none], length 0", None),
        (LINE, {"127.0.0.1.40000": "a label that runs on below all of the others", "Flags": "x", "length 31": "y"}),
    ],
)
def test_each_label_stands_under_its_part(line, labels):
    picture = labelled_line(line, labels)
    texts = boxes(picture)
    assert overlapping(texts) == []
    assert max(text.right for text in texts) <= float(root(picture).get("width"))
    assert max(text.y for text in texts) < float(root(picture).get("height"))
    pieces = [text for text in texts if "mono" in text.css]
    assert "".join(piece.words.strip() + " " for piece in pieces).strip() == line
    for stroke, label in zip(shapes(picture, "path"), words(picture, "soft"), strict=True):
        (x, top), (same, bottom) = points(stroke)
        (below,) = [text for text in texts if text.words == label and abs(text.left + CHAR / 2 - x) < 0.1]
        assert x == same
        assert top < bottom < below.y
        crossed = [text for text in texts if text.left < x < text.right and top < text.y - 5 < bottom]
        assert crossed == []


def test_the_usual_parts_are_found():
    found = ["who", "whom", "flags", "seq from:to, numbers of its bytes", "length, in bytes"]
    assert sorted(words(labelled_line(SYN), "soft")) == sorted(found)


def test_a_port_is_not_found_within_a_longer_one():
    picture = labelled_line("10.0.0.1.8000 > 10.0.0.1.80: Flags [.], ack 1, length 0")
    assert repr(picture).splitlines()[1].startswith("|               |")


def test_a_part_may_begin_or_end_with_a_sign():
    assert repr(labelled_line("a > b: Flags [S]", {"> b: Flags [": "x"})).splitlines()[1:] == ["  |", "  x"]


def test_a_part_is_never_broken():
    part = "options [mss 1460,nop]"  # without a label the line is broken within
    assert not any(part in piece for piece in words(labelled_line(SYN), "mono"))
    assert any(part in piece for piece in words(labelled_line(SYN, {part: "what it can do"}), "mono"))


def test_a_short_line_stays_one():
    assert words(labelled_line("a > b: Flags [S], length 0"), "mono") == ["a > b: Flags [S], length 0"]


def test_a_label_needs_its_part():
    with pytest.raises(ValueError, match=r"no 'ack 1' in the line 'a > b'"):
        labelled_line("a > b", {"ack 1": "what comes next"})


def test_large_enough_for_a_phone():
    assert size_on_a_phone(labelled_line(LINE)) >= LEAST

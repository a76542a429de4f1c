"""A line of tcpdump with labels under its parts."""

import time

import pytest
from reading_svg import assert_clear, paths, texts, words

from tcpkit.draw import labelled_line
from tcpkit.draw.layout import Place, label_rows
from tcpkit.draw.svg import MONO_WIDTH

LINE = "127.0.0.1.40000 > 127.0.0.1.8000: Flags [P.], seq 1:32, ack 1, length 31"
SYN = "IP 10.0.0.1.8989 > 10.0.0.2.8000: Flags [S], seq 0:44, win 0, options [mss 1460,nop], length 44"
PICTURES = [labelled_line(LINE), labelled_line(SYN), labelled_line("a > b: Flags [none], length 0")]


def test_text():
    assert repr(labelled_line(LINE)).splitlines() == [
        LINE,
        "|                 |                     |     |         |      |",
        "sender            receiver              flags |         |      length, in bytes",
        "                                              |         ack, expected next",
        "                                              seq from:to, numbers of its bytes",
    ]


def test_alt_text_names_the_parts():
    assert labelled_line("a > b: Flags [S]", {"a": "who", "[S]": "flags"}).alt == (
        "A line of tcpdump: a > b: Flags [S]. In it: a (who), [S] (flags)."
    )


LONG = {"127.0.0.1.40000": "a label that runs on below all of the others", "Flags": "x", "length 31": "y"}


@pytest.mark.parametrize(("line", "labels"), [(LINE, None), (SYN, None), (LINE, LONG)])
def test_each_label_is_under_its_part(line, labels):
    picture = labelled_line(line, labels)
    assert_clear(picture)
    found = texts(picture)
    assert " ".join(text.words.strip() for text in found if "mono" in text.css) == line
    for ((x, top), (same, bottom)), label in zip(paths(picture), words(picture, "soft"), strict=True):
        (below,) = [text for text in found if text.words == label and abs(text.left + MONO_WIDTH / 2 - x) < 0.1]
        assert x == same
        assert top < bottom < below.y
        assert [text for text in found if text.left < x < text.right and top < text.y - 5 < bottom] == []


def test_the_usual_parts_are_found():
    found = ["sender", "receiver", "flags", "seq from:to, numbers of its bytes", "length, in bytes"]
    assert sorted(words(labelled_line(SYN), "soft")) == sorted(found)


def test_a_port_is_not_found_within_a_longer_one():
    picture = labelled_line("10.0.0.1.8000 > 10.0.0.1.80: Flags [.], ack 1, length 0")
    assert repr(picture).splitlines()[1].startswith("|               |")


def test_a_part_may_begin_or_end_with_a_sign():
    assert repr(labelled_line("a > b: Flags [S]", {"> b: Flags [": "x"})).splitlines()[1:] == ["  |", "  x"]


def test_a_part_is_never_broken_and_a_short_line_stays_one():
    part = "options [mss 1460,nop]"  # without a label the line is broken within
    assert not any(part in piece for piece in words(labelled_line(SYN), "mono"))
    assert any(part in piece for piece in words(labelled_line(SYN, {part: "what it can do"}), "mono"))
    assert words(labelled_line("a > b: Flags [S], length 0"), "mono") == ["a > b: Flags [S], length 0"]


def test_a_label_needs_its_part():
    with pytest.raises(ValueError, match=r"no 'ack 1' in the line 'a > b'"):
        labelled_line("a > b", {"ack 1": "what comes next"})


def rightward(*spans):
    """Return labels at the right of their strokes."""
    return [Place(left, right, left) for left, right in spans]


@pytest.mark.parametrize(
    ("places", "space", "rows"),
    [
        pytest.param(rightward((0, 40), (50, 90), (100, 140)), 10, [[2, 1, 0]], id="all in one row"),
        pytest.param(rightward((0, 41), (50, 90)), 10, [[1], [0]], id="would touch the next"),
        # The first would fit beside the third, but the second's stroke comes down at 50.
        pytest.param(rightward((0, 60), (50, 150), (90, 130)), 10, [[2], [1], [0]], id="across a stroke"),
        pytest.param(rightward((0, 45), (50, 150), (90, 130)), 10, [[2], [1], [0]], id="too near to a stroke"),
        pytest.param(rightward((0, 30), (50, 150), (90, 130)), 10, [[2, 0], [1]], id="beside a stroke"),
        pytest.param([Place(10, 80, 80), Place(20, 90, 90)], 5, [[0], [1]], id="at the left of their strokes"),
        pytest.param([Place(0, 99, 50), Place(1, 99, 60)], 5, [[1], [0]], id="must cross, and are placed"),
    ],
)
def test_labels_are_placed_in_rows(places, space, rows):
    assert label_rows(places, space) == rows


@pytest.mark.parametrize("text", ["a" * 100_000, "[" * 100_000, "seq " * 25_000, "a > " * 25_000, "-" * 100_000])
def test_a_long_line_is_drawn_in_time(text):
    before = time.process_time()
    labelled_line(text)
    assert time.process_time() - before < 5, "a time that grows with the square of the length takes a minute"

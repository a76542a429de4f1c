"""A stream by its numbers, read back from its picture."""

import pytest
from reading_svg import points, rects, shapes, size, texts

from tcpkit.capture import Packet
from tcpkit.draw import stream
from tcpkit.wire import Flags, Segment, TCPHeader, WireError

ACK, FIN, SYN = Flags.ACK, Flags.FIN, Flags.SYN
LAST = 2**32 - 10


def you(seq, data=b"", flags=ACK):
    return Segment(TCPHeader(8989, 8000, seq=seq % 2**32, flags=flags), data)


def kernel(ack, flags=ACK):
    return Segment(TCPHeader(8000, 8989, seq=77, ack=ack % 2**32, flags=flags))


OPENED = [you(0, flags=SYN), kernel(1, SYN | ACK), you(1)]
THREE = [*OPENED, you(1, b"GET /"), kernel(6), you(6, b" HTTP/1.0\r\n"), kernel(17), you(17, b"\r\n"), kernel(19)]
SENDS = stream(THREE, [b"GET / HTTP/1.0\r\n\r\n"])
SPLIT = stream([*OPENED, you(6, b"world"), kernel(1), you(1, b"hello"), kernel(11), you(1, b"hello")], [b"helloworld"])
WRAPS = stream([you(LAST, flags=SYN), kernel(LAST + 1), you(LAST + 1, bytes(30)), kernel(LAST + 31)])
CROWDED = [each for at in range(1, 17, 2) for each in (you(LAST + at, b"ab"), kernel(LAST + at + 2))]
PICTURES = [SENDS, SPLIT, WRAPS, stream([you(5, b"x", FIN | ACK)]), stream([*CROWDED, you(LAST + 36, b"!")])]


def row(picture, css):
    return sorted((box for box in rects(picture, css)), key=lambda box: (box.top, box.left))


def test_each_number_has_one_place_in_all_rows():
    boxes, reads = row(SENDS, "you-frame"), row(SENDS, "kernel-frame")
    sent = [box for box in boxes if box.top == boxes[0].top]
    numbers = [box for box in boxes if box.top != boxes[0].top]
    assert (len(sent), len(numbers), len(reads)) == (4, 19, 1)
    edges = [box.left for box in numbers]
    assert [edges.index(box.left) for box in [*sent, *reads]] == [0, 1, 6, 17, 1]
    assert [box.left for box in rects(SENDS, "you")] == [edges[0]] * 2, "the SYN is dark"


def test_acks_point_before_the_next_byte_and_not_at_the_last():
    edges = [box.left for box in row(SENDS, "you-frame")[4:]]
    arrows = [points(path) for path in shapes(SENDS, "path", "kernel-line")]
    assert [edges.index(x) for (x, _), _ in arrows[:3]] == [1, 6, 17]
    assert [text.words for text in texts(SENDS) if "kernel" in text.css] == ["1", "6", "17", "19"]


def test_what_came_twice_or_early_is_shown_where_it_belongs():
    assert repr(SPLIT).splitlines() == [
        "numbers 0 to 10",
        "you send  |S|         |w o r l d|",
        "            |h e l l o|",
        "            |h e l l o|",
        "numbers   |S|h|e|l|l|o|w|o|r|l|d|",
        "acks        ^                   ^   1, 11",
        "recv        |h e l l o w o r l d|",
    ]
    assert len({box.top for box in row(SPLIT, "you-frame")}) == 4


def test_a_line_where_numbers_wrap():
    (line,) = [points(path) for path in shapes(WRAPS, "path", "lit-line")]
    numbers = row(WRAPS, "you-frame")[2:]
    assert line[0][0] == line[1][0] == numbers[10].left, "number 0 comes after 4294967295, the SYN's being ten before"
    assert [text.words for text in texts(WRAPS) if "lit" in text.css] == ["0"]
    assert not shapes(SENDS, "path", "lit-line")
    assert "After 4294967295 comes 0. Acks, each before the next byte: 4294967287, 21." in WRAPS.alt


def test_packets_will_do_and_narrow_pages():
    packets = [Packet(0, each.packet("10.0.0.2", "10.0.0.1")) for each in THREE]
    assert stream(packets, [b"GET / HTTP/1.0\r\n\r\n"]) == SENDS
    assert {size(picture)[0] for picture in PICTURES} == {460}


@pytest.mark.parametrize(
    ("segments", "words"),
    [
        ([], "none of these segments has a number of the stream"),
        ([you(1), kernel(5)], "none of these segments has a number of the stream"),
        ([you(1, bytes(37))], "cover 37 numbers, and the picture has room for 36"),
        ([you(0, flags=SYN), you(5_000_000, b"far")], "cover 5,000,003 numbers"),
    ],
)
def test_what_cannot_be_drawn(segments, words):
    with pytest.raises(WireError, match=words):
        stream(segments)


def test_more_was_read_than_sent():
    with pytest.raises(WireError, match="recv returned more than these segments carry"):
        stream([you(1, b"abc")], [b"ab", b"cd"])

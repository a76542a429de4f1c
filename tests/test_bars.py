"""The bars of header and data, read back from their SVG and their text."""

import pytest
from reading_svg import LEAST, SVG, boxes, overlapping, points, root, shapes, size_on_a_phone, words

from tcpkit.capture import Capture
from tcpkit.draw import header_bars
from tcpkit.draw.bars import LEFT, ROOM, WIDTH
from tcpkit.draw.palette import stylesheet
from tcpkit.wire import Flags, Segment, TCPHeader, WireError


def syn(offset, data=44):
    return Segment(TCPHeader(8989, 8000, flags=Flags.SYN, data_offset=offset, checksum=0xAF57), bytes(data))


SIXTEEN = [syn(offset) for offset in range(16)]
ODD = [syn(15, data=0), syn(5, data=0), syn(6, data=45)]


def test_text_of_some_of_the_sixteen():
    assert repr(header_bars(SIXTEEN)).splitlines()[:7] == [
        "offset  header           20                        data  tcpdump",
        "     0       0  ..........|......................    64  too short",
        "     1       4  ##........|......................    60  too short",
        "     2       8  ####......|......................    56  too short",
        "     3      12  ######....|......................    52  too short",
        "     4      16  ########..|......................    48  too short",
        "     5      20  ##########|......................    44  accepted",
    ]
    assert repr(header_bars(SIXTEEN)).splitlines()[-1] == (
        "    15      60  ##########|####################..     4  accepted"
    )


def test_text_of_a_header_that_is_not_all_there():
    assert repr(header_bars(ODD)).splitlines() == [
        "offset  header           20                         data  tcpdump",
        "    15      60  ##########|--------------------        0  too long",
        "     5      20  ##########|                            0  accepted",
        "     6      24  ##########|##.....................    41  accepted",
    ]


def test_alt_text_groups_the_verdicts():
    assert header_bars(SIXTEEN).alt == (
        "16 bars of 64 bytes, header part against data part, with a line at 20 bytes: the shortest header. "
        "Data offset 0 to 4, header 0 to 16 bytes: too short. Data offset 5 to 15, header 20 to 60 bytes: accepted."
    )
    assert header_bars(ODD[:1]).alt.startswith("1 bar of 20 bytes, ")
    assert header_bars([]).alt.startswith("0 bars, ")


def test_the_verdicts_are_those_of_tcpdump():
    for segment, verdict in zip(SIXTEEN + ODD, words_of(SIXTEEN) + words_of(ODD), strict=True):
        said = Capture.of(segment).tcpdump("-t")
        assert ("bad hdr length" in said) == (verdict != "accepted")
        assert verdict == "accepted" or f" - {verdict}, " in said


def words_of(segments):
    """Return the verdicts in a picture, from the top down."""
    return [found for found in words(header_bars(segments)) if found in ("accepted", "too short", "too long")]


def test_every_bar_says_its_numbers_and_its_verdict_in_words():
    rows = {}
    for text in boxes(header_bars(SIXTEEN)):
        rows.setdefault(text.y, []).append((text.left, text.words))
    rows = [[said for _, said in sorted(row)] for _, row in sorted(rows.items())]
    assert rows[0] == ["offset", "header", "data", "tcpdump"]
    for offset, row in enumerate(rows[1:17]):
        assert row == [str(offset), str(4 * offset), str(64 - 4 * offset), "too short" if offset < 5 else "accepted"]
    assert rows[17:] == [["20 bytes: the shortest header"]]


def test_header_parts_are_as_wide_as_they_are_long():
    picture = header_bars(SIXTEEN)
    bars = shapes(picture, "rect", "cell")
    assert [(float(bar.get("x")), float(bar.get("width"))) for bar in bars] == [(LEFT, ROOM)] * 16
    short, accepted = (shapes(picture, "rect", css) for css in ("lit-frame", "you-frame"))
    widths = [float(part.get("width")) for part in short + accepted]
    assert widths == [pytest.approx(ROOM * 4 * offset / 64) for offset in range(1, 16)]
    assert (len(short), len(accepted)) == (4, 11)
    assert {float(part.get("x")) for part in short + accepted} == {LEFT}


def test_the_line_stands_at_the_shortest_header():
    picture = header_bars(SIXTEEN)
    (line,) = shapes(picture, "path", "line")
    (x, top), (same, bottom) = points(line)
    bars = shapes(picture, "rect", "cell")
    five = shapes(picture, "rect", "you-frame")[0]
    assert x == same == float(five.get("x")) + float(five.get("width"))
    assert top < float(bars[0].get("y"))
    assert bottom > float(bars[-1].get("y")) + float(bars[-1].get("height"))


@pytest.mark.parametrize("segments", [SIXTEEN, ODD, ODD[1:2]])
def test_numbers_stand_inside_their_bars_and_no_words_on_the_line(segments):
    picture = header_bars(segments)
    ((x, _), _) = points(shapes(picture, "path", "line")[0])
    texts = boxes(picture)
    for bar, segment in zip(shapes(picture, "rect", "cell"), segments, strict=True):
        y, end = float(bar.get("y")), LEFT + float(bar.get("width"))
        row = sorted((text for text in texts if 0 < text.y - y < 20), key=lambda text: text.left)
        data = row[2:-1] if 4 * segment.header.data_offset < 20 + len(segment.data) else []
        assert row[0].right < LEFT < row[1].left
        assert all(text.right < end for text in row[1:2] + data)
        assert end <= row[-1].left
    assert not any(text.left <= x <= text.right for text in texts if "ink" in text.css)


def test_what_is_claimed_and_missing_is_dashed():
    picture = header_bars(ODD)
    (missing,) = (rect for rect in shapes(picture, "rect") if rect.get("stroke-dasharray"))
    assert missing.get("class") == "lit-line"
    present = shapes(picture, "rect", "lit-frame")[0]
    assert float(missing.get("x")) == pytest.approx(float(present.get("x")) + float(present.get("width")))
    assert float(missing.get("width")) == pytest.approx(2 * float(present.get("width")), abs=0.2)
    assert not any(rect.get("stroke-dasharray") for rect in shapes(header_bars(SIXTEEN), "rect"))


@pytest.mark.parametrize("segments", [SIXTEEN, ODD, ODD[:2], ODD[1:2], [syn(5, data=1_000)], []])
def test_a_picture_is_whole(segments):
    picture = header_bars(segments)
    top = root(picture)
    assert [child.tag for child in list(top)[:3]] == [f"{SVG}title", f"{SVG}desc", f"{SVG}style"]
    assert list(top)[1].text == picture.alt
    texts = boxes(picture)
    assert overlapping(texts) == []
    assert all(text.left >= 0 and text.right <= WIDTH for text in texts)
    assert max(text.y for text in texts) < float(top.get("height"))
    used = {name for element in top.iter() for name in element.get("class", "").split()}
    assert all(f".{name}" in stylesheet() for name in used)


def test_bytes_a_segment_and_a_packet_are_drawn_alike():
    assert header_bars(SIXTEEN) == header_bars(map(bytes, SIXTEEN))
    assert header_bars(SIXTEEN[:1]) == header_bars(Capture.of(SIXTEEN[0]))


def test_fewer_than_twenty_bytes_have_no_offset_to_draw_by():
    with pytest.raises(WireError, match="19 bytes are too few"):
        header_bars([bytes(19)])


def test_large_enough_for_a_phone():
    assert size_on_a_phone(header_bars(SIXTEEN)) >= LEAST

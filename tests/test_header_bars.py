"""The bars of header and data, read back from their SVG and their text."""

from itertools import pairwise

import pytest
from reading_svg import paths, rects, texts, words

from tcpkit.capture import Capture
from tcpkit.draw import header_bars
from tcpkit.draw.header_bars import LEFT, LONGEST
from tcpkit.wire import Flags, Segment, TCPHeader, WireError


def syn(offset, data=44):
    return Segment(TCPHeader(8989, 8000, flags=Flags.SYN, data_offset=offset, checksum=0xAF57), bytes(data))


SIXTEEN = [syn(offset) for offset in range(16)]
ODD = [syn(15, data=0), syn(5, data=0), syn(6, data=45)]
ALL = header_bars(SIXTEEN)
PICTURES = [ALL, *map(header_bars, [ODD, ODD[:2], ODD[1:2], [syn(5, data=1_000)], []])]


def test_text():
    assert repr(ALL).splitlines()[:7] == [
        "offset  header           20                        data  tcpdump",
        "     0       0  ..........|......................    64  too short",
        "     1       4  ##........|......................    60  too short",
        "     2       8  ####......|......................    56  too short",
        "     3      12  ######....|......................    52  too short",
        "     4      16  ########..|......................    48  too short",
        "     5      20  ##########|......................    44  accepted",
    ]
    assert repr(ALL).splitlines()[-1] == "    15      60  ##########|####################..     4  accepted"
    assert repr(header_bars(ODD)).splitlines() == [
        "offset  header           20                         data  tcpdump",
        "    15      60  ##########|--------------------        0  too long",
        "     5      20  ##########|                            0  accepted",
        "     6      24  ##########|##.....................    41  accepted",
    ]


def test_alt_text_groups_the_verdicts():
    assert ALL.alt == (
        "16 bars of 64 bytes, header part against data part, with a line at 20 bytes: the shortest header. "
        "Data offset 0 to 4, header 0 to 16 bytes: too short. Data offset 5 to 15, header 20 to 60 bytes: accepted."
    )
    assert header_bars(ODD[:1]).alt.startswith("1 bar of 20 bytes, ")
    assert header_bars([]).alt.startswith("0 bars, ")


def test_the_verdicts_are_those_of_tcpdump():
    for segment in SIXTEEN + ODD:
        (verdict,) = set(words(header_bars([segment]))) & {"accepted", "too short", "too long"}
        said = Capture.of(segment).tcpdump("-t")
        assert ("bad hdr length" in said) == (verdict != "accepted")
        assert verdict == "accepted" or f" - {verdict}, " in said


def test_every_bar_says_its_numbers_and_its_verdict_in_words():
    rows = {}
    for text in sorted(texts(ALL), key=lambda text: (text.y, text.left)):
        rows.setdefault(text.y, []).append(text.words)
    head, *rows, foot = rows.values()
    assert (head, foot) == (["offset", "header", "data", "tcpdump"], ["20 bytes: the shortest header"])
    for offset, row in enumerate(rows):
        assert row == [str(offset), str(4 * offset), str(64 - 4 * offset), "too short" if offset < 5 else "accepted"]


def test_header_parts_are_as_wide_as_they_are_long():
    assert [(bar.left, bar.width) for bar in rects(ALL, "cell")] == [(LEFT, LONGEST)] * 16
    short, accepted = rects(ALL, "lit-frame"), rects(ALL, "you-frame")
    assert [part.width for part in short + accepted] == [LONGEST * 4 * offset / 64 for offset in range(1, 16)]
    assert (len(short), len(accepted)) == (4, 11)
    assert {part.left for part in short + accepted} == {LEFT}


def test_the_line_is_at_the_shortest_header():
    (((x, top), (same, bottom)),) = paths(ALL, "line")
    bars = rects(ALL, "cell")
    assert x == same == rects(ALL, "you-frame")[0].right
    assert top < bars[0].top
    assert bars[-1].bottom < bottom


@pytest.mark.parametrize("segments", [SIXTEEN, ODD, ODD[1:2]])
def test_numbers_are_inside_their_bars_and_no_words_on_the_line(segments):
    picture = header_bars(segments)
    (((x, _), _),) = paths(picture, "line")
    for bar, segment in zip(rects(picture, "cell"), segments, strict=True):
        row = sorted((text for text in texts(picture) if bar.top < text.y < bar.bottom), key=lambda text: text.left)
        offset, *numbers, verdict = row
        assert offset.right < LEFT
        assert len(numbers) == 1 + (4 * segment.header.data_offset < 20 + len(segment.data))
        assert all(bar.holds(number) for number in numbers)
        assert bar.right <= verdict.left
        assert all(one.right < other.left for one, other in pairwise(row))
    assert not any(text.left <= x <= text.right for text in texts(picture) if "ink" in text.css)


def test_what_is_claimed_and_missing_is_dashed():
    (missing,) = (rect for rect in rects(header_bars(ODD)) if rect.is_dashed)
    assert missing.css == "lit-line"
    present = rects(header_bars(ODD), "lit-frame")[0]
    assert missing.left == pytest.approx(present.right)
    assert missing.width == pytest.approx(2 * present.width, abs=0.2)
    assert not any(rect.is_dashed for rect in rects(ALL))


def test_bytes_a_segment_and_a_packet_are_drawn_alike():
    assert header_bars(map(bytes, SIXTEEN)) == ALL
    assert header_bars(SIXTEEN[:1]) == header_bars(Capture.of(SIXTEEN[0]))


def test_fewer_than_twenty_bytes_have_no_offset_to_draw_by():
    with pytest.raises(WireError, match="19 bytes are too few"):
        header_bars([bytes(19)])

"""What pictures share: boxes, arrows, rows, the legend."""

from math import hypot, isclose

import pytest
from reading_svg import assert_clear, paths, rects, texts

from tcpkit.draw.layout import DASHED, SIGN, Box, Meaning, arrow, frame, legend, rows
from tcpkit.draw.svg import rect

BOX = Box(10, 20, 120, 60)


def framed(shapes):
    return frame("A test", "A test.", "text", (400, 200), shapes)


@pytest.mark.parametrize("end", [(200, 50), (0, 50), (100, 0), (100, 120), (160, 130), (20, 7)])
def test_an_arrow_has_its_head_at_its_end_and_no_stroke_beyond(end):
    (stroke, head) = paths(framed(arrow([(100, 50), end])))
    tip, *corners = head
    assert tip == end
    ahead = [(end[0] - 100) / hypot(end[0] - 100, end[1] - 50), (end[1] - 50) / hypot(end[0] - 100, end[1] - 50)]
    for x, y in corners:
        assert isclose((tip[0] - x) * ahead[0] + (tip[1] - y) * ahead[1], 9, abs_tol=0.1)
        assert isclose(abs((tip[0] - x) * ahead[1] - (tip[1] - y) * ahead[0]), 4, abs_tol=0.1)
    assert stroke[0] == (100, 50)
    assert isclose(hypot(tip[0] - stroke[-1][0], tip[1] - stroke[-1][1]), 4, abs_tol=0.1)


def test_an_arrow_may_bend_and_has_a_tone():
    plain, toned = (framed(arrow([(0, 0), (50, 0), (50, 40)], tone, DASHED)) for tone in ("ink", "lit"))
    assert paths(plain, "line") == paths(toned, "lit-line") == [[(0, 0), (50, 0), (50, 36)]]
    assert paths(plain, "ink") == paths(toned, "lit")
    assert "dasharray" in plain.svg


@pytest.mark.parametrize("outside", [(500, 50), (-90, 50), (70, 300), (70, -300), (400, 400), (-300, 90)])
def test_a_stroke_from_inside_a_box_is_cut_at_its_border(outside):
    x, y = BOX.border((70, 50), outside)
    assert isclose((x - 70) * (outside[1] - 50), (y - 50) * (outside[0] - 70), abs_tol=0.1)
    assert x in (BOX.left, BOX.right) or y in (BOX.top, BOX.bottom)
    assert BOX.left <= x <= BOX.right
    assert BOX.top <= y <= BOX.bottom


def test_words_are_inside_their_box_halfway_down():
    name, value = texts(framed(BOX.row(1, 30).entry("name", "ink", "value")))
    assert name.y == value.y == 20 + 45 + 5
    assert (name.left, value.right) == (22, 118)
    (title,) = texts(framed([BOX.title("title")]))
    assert (title.left + title.right, title.y) == (140, 55)
    assert list(rows("ab", 10, 5)) == [(10, "a"), (15, "b")]


def test_a_legend_keeps_signs_and_words_apart_and_breaks_its_rows():
    sign = lambda x, y: [rect(x, y, SIGN, SIGN, "you")]  # noqa: E731
    meanings = [Meaning(sign, words) for words in ("one", "a second one", "what needs a row", "words " * 20, "last")]
    shapes, bottom = legend(meanings, 10, 20, 300)
    picture = framed(shapes)
    assert_clear(picture)
    signs, said = rects(picture, "you"), texts(picture)
    assert "".join(text.words for text in said).replace(" ", "") == "".join(each.words for each in meanings).replace(
        " ", ""
    )
    assert [(each.left, each.top) for each in signs] == [(10, 20), (75, 20), (10, 48), (10, 76), (10, 158)]
    assert all(text.right <= 300 for text in said)
    assert max(text.y for text in said) < bottom == signs[-1].bottom
    for each in signs:
        assert not [
            t for t in said if each.top < t.y < each.bottom and t.left < each.right + 2 and each.left < t.right + 6
        ]

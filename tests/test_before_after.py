"""The picture of the inventory, read back."""

import pytest
from reading_svg import paths, rects, size, texts, words

from tcpkit.draw import before_after
from tcpkit.draw.before_after import COLUMNS, Row

ROWS = [
    Row("4 sum", "sure, wrong", "right", 3),
    Row("2 closed port", "wrong", "sure, wrong", 4),
    Row("7 ACK", "do not know", "do not know", 8),
]
PICTURE = before_after(ROWS)
EVERY_PAIR = [
    Row(f"{at} {old[:5]}", old, new, at) for at, (old, new) in enumerate(zip(COLUMNS, COLUMNS[::-1], strict=True), 1)
]
PICTURES = [PICTURE, before_after([]), before_after(EVERY_PAIR * 4)]


def test_its_text_is_a_row_for_each_question():
    assert repr(PICTURE).splitlines() == [
        "Part I",
        "4 sum             sure, wrong -> right          03",
        "2 closed port     wrong -> sure, wrong          04",
        "Part II",
        "7 ACK             do not know -> do not know    08",
        "Right before 0, after 1.",
        "Sure and wrong before 1, after 1.",
    ]
    assert PICTURE.alt.startswith("Your answers before and after. 4 sum: sure, wrong before, right after; 2 closed")


def test_a_dot_stands_in_the_column_of_its_answer():
    columns = {"sure, right": 160, "right": 218, "do not know": 276, "wrong": 334, "sure, wrong": 392}
    dots = [rect for rect in rects(PICTURE) if rect.top < 190]
    hollow, filled = dots[::2], dots[1::2]
    assert [dot.css for dot in hollow] == ["sheet"] * 3
    assert [dot.css for dot in filled] == ["you", "lit", "you"]  # what is still wrong has another colour, and a word
    assert [(dot.left + dot.right) / 2 for dot in hollow] == [columns[row.before] - 7 for row in ROWS]
    assert [(dot.left + dot.right) / 2 for dot in filled] == [columns[row.after] + 7 for row in ROWS]
    assert "after, wrong" in words(PICTURE)


def test_a_line_joins_the_two_dots_of_a_question():
    lines = [path for css in ("you-line", "lit-line") for path in paths(PICTURE, css)]
    assert sorted(lines) == sorted([[(385, 106), (225, 106)], [(327, 130), (399, 130)], [(269, 178), (283, 178)]])


def test_each_question_has_its_lesson_at_the_right_edge():
    assert [word for word in words(PICTURE) if word.startswith("Part")] == ["Part I", "Part II"]
    at_the_edge = [text.words for text in texts(PICTURE) if text.right == 448]
    assert at_the_edge == ["lesson", "03", "04", "08"]


@pytest.mark.parametrize("picture", PICTURES)
def test_it_fits_a_phone(picture):
    assert size(picture)[0] <= 460

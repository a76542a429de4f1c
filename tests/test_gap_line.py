"""Pieces of a stream, read back from their picture."""

import pytest
from reading_svg import rects, shapes, texts

from tcpkit.draw import gap_line

FIVE = gap_line([(0, 4), (6, 9), (2, 7), (9, 12), (3, 9)])
GAP = gap_line([(0, 3), (6, 9), (0, 3)])
PICTURES = [FIVE, GAP, gap_line([(0, 1)]), gap_line([(30, 36), (0, 20), (10, 36)])]


def test_what_is_new_of_each_piece_and_what_came_before():
    assert repr(FIVE).splitlines() == [
        "0 to 4    ########",
        "6 to 9                ######",
        "2 to 7        ////####//",
        "9 to 12                     ######",
        "3 to 9          ////////////",
        "stream    ========================",
        "          0         5         10",
        "# new   / came before",
    ]
    assert "2 to 7 (4 to 6 is new)" in FIVE.alt
    assert "3 to 9 (nothing is new)" in FIVE.alt
    assert "9 to 12 (all is new)" in FIVE.alt


def test_the_drawing_shows_the_same():
    """Left edges in bytes from the first number, row by row; the last of each kind is the legend's."""
    zero, one = ((text.left + text.right) / 2 for text in texts(FIVE) if text.words in ("0", "1"))
    cell = one - zero

    def edges(css):
        return [(round((box.left - zero) / cell), round((box.right - box.left) / cell)) for box in rects(FIVE, css)][
            :-1
        ]

    assert edges("you") == [(0, 4), (6, 3), (4, 2), (9, 3)]
    assert edges("you-frame") == [(2, 2), (6, 1), (3, 6)]
    assert len(shapes(FIVE, "path", "you-line")) > 8


def test_a_gap_is_dashed():
    assert repr(GAP).splitlines()[3] == "stream    ======......======"
    assert ["dasharray" in str(line.attrib) for line in shapes(GAP, "path", "line")] == [False, True, False]


@pytest.mark.parametrize("pieces", [[], [(3, 3)], [(5, 2)], [(-1, 2)], [(0, 37)]])
def test_what_cannot_be_drawn(pieces):
    with pytest.raises(ValueError, match=r"pieces are pairs such as \(0, 4\), from 0 to 36 at most"):
        gap_line(pieces)

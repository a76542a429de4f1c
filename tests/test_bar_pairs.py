"""Rows of two bars, read back from what was painted and said."""

import pytest

from tcpkit.draw import bar_pairs

ROWS = [("browser - web", 200_082, 14), ("shop - cache", 8_100, 606), ("pool - cache", 0, 3)]
HEADS = ("bytes", "packets")
PICTURE = bar_pairs(ROWS, HEADS)
PICTURES = [PICTURE, bar_pairs([("a", 0, 0)], HEADS)]


def test_both_numbers_in_words():
    assert repr(PICTURE).splitlines() == [
        "                  bytes  packets: # 1, ## 10, ### 100, #### 1,000",
        "browser - web   200,082  ##",
        "shop - cache      8,100  ####",
        "pool - cache          0  #",
    ]
    assert PICTURE.alt.endswith("Most bytes: browser - web. Most packets: shop - cache.")


def test_a_few_packets_more_change_nothing_and_a_byte_does():
    again = [(name, size, {14: 16, 606: 609, 3: 3}[count]) for name, size, count in ROWS]
    assert bar_pairs(again, HEADS)._repr_html_() == PICTURE._repr_html_()
    assert repr(bar_pairs([("browser - web", 200_083, 14), *ROWS[1:]], HEADS)) != repr(PICTURE)


def test_no_rows():
    with pytest.raises(ValueError, match="one row at least is needed"):
        bar_pairs([], HEADS)

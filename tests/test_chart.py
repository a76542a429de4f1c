"""The chart of shares, read back from its picture."""

import re

import pytest

from tcpkit.draw import share_chart

COUNTS = {"one bit flipped": 0, "two bits flipped": 255, "noise": 3, "two bytes of a word swapped": 10_000}
TITLE = "damaged copies that pass"
CHART = share_chart(COUNTS, 10_000, TITLE)


def shapes(css):
    """Return left, top, width and height of each rectangle in one colour."""
    found = re.findall(rf'<rect class="{css}" x="(\S+)" y="(\S+)" width="(\S+)" height="(\S+)"', CHART.svg)
    return [tuple(map(float, each)) for each in found]


def words():
    """Return place and text of all that is written."""
    found = re.findall(r'<text class="[^"]*" x="(\S+)" y="(\S+)"[^>]*>([^<]*)</text>', CHART.svg)
    return [(float(x), float(y), text) for x, y, text in found]


def test_each_bar_is_as_long_as_its_count():
    wholes, bars = shapes("you-wash"), shapes("you")
    assert [width for _, _, width, _ in wholes] == [340] * 4
    assert [width for _, _, width, _ in bars] == [340 * 255 // 10_000, 1, 340]  # of 0 there is none, of 3 a trace
    assert [bar[:2] for bar in bars] == [whole[:2] for whole in wholes[1:]]


def test_counts_and_names_stand_in_words():
    head, *rest = [text for _, _, text in words()]
    assert head == "damaged copies that pass, of 10,000"
    assert dict(zip(rest[::2], rest[1::2], strict=True)) == {name: f"{count:,}" for name, count in COUNTS.items()}


def test_words_stand_over_their_bar_and_counts_behind_it():
    (_, head, _), *rest = words()
    tops = [head, *(y for _, y, _, _ in shapes("you-wash"))]
    for (left, y, width, height), above, name, count in zip(
        shapes("you-wash"), tops, rest[::2], rest[1::2], strict=False
    ):
        assert name[0] == left
        assert above + 15 < name[1] < y
        assert count[0] > left + width
        assert y < count[1] < y + height
    assert float(re.search(r'height="(\d+)"', CHART.svg)[1]) > tops[-1] + 20


def test_whoever_does_not_see_it_reads_the_same():
    assert CHART.alt == (
        "damaged copies that pass, of 10,000: one bit flipped 0, two bits flipped 255, noise 3, "
        "two bytes of a word swapped 10,000."
    )
    assert repr(CHART).splitlines() == [
        "damaged copies that pass, of 10,000",
        f"one bit flipped              {'.' * 40}  0",
        f"two bits flipped             #{'.' * 39}  255",
        f"noise                        #{'.' * 39}  3",
        f"two bytes of a word swapped  {'#' * 40}  10,000",
    ]


@pytest.mark.parametrize("counts", [{}, {"nothing": 0}])
def test_little_to_draw(counts):
    assert share_chart(counts, 10, "few").svg.endswith("</svg>")

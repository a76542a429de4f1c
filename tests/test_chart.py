"""The chart of shares, read back from its figure."""

import subprocess
import sys

import matplotlib
import pytest

matplotlib.use("Agg")

from matplotlib import pyplot
from matplotlib.colors import to_hex

from tcpkit.draw import share_chart
from tcpkit.draw.palette import LIGHT

COUNTS = {"one bit flipped": 0, "two bits flipped": 255, "two bytes of a word swapped": 10_000}
TITLE = "damaged copies that pass"


@pytest.fixture
def figure():
    yield share_chart(COUNTS, 10_000, TITLE)
    pyplot.close("all")


def bars(figure, colour):
    (axes,) = figure.axes
    return [bar for bar in axes.patches if to_hex(bar.get_facecolor()) == colour]


def test_each_bar_is_as_long_as_its_count(figure):
    assert [bar.get_width() for bar in bars(figure, LIGHT.you.strong)] == [0, 255, 10_000]
    assert [bar.get_width() for bar in bars(figure, LIGHT.you.wash)] == [10_000] * 3


def test_counts_and_names_stand_in_words(figure):
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.texts] == [
        "one bit flipped",
        "0",
        "two bits flipped",
        "255",
        "two bytes of a word swapped",
        "10,000",
    ]
    assert axes.get_title(loc="left") == "damaged copies that pass, of 10,000"


def test_the_first_bar_is_the_uppermost(figure):
    tops = [bar.get_window_extent().y1 for bar in bars(figure, LIGHT.you.strong)]
    assert tops == sorted(tops, reverse=True)


def test_words_stand_over_their_bar_and_in_nobodys_way(figure):
    figure.canvas.draw()
    (axes,) = figure.axes
    boxes = [text.get_window_extent() for text in axes.texts]
    assert not any(one.overlaps(other) for at, one in enumerate(boxes) for other in boxes[at + 1 :])
    for bar, name, count in zip(bars(figure, LIGHT.you.wash), boxes[::2], boxes[1::2], strict=True):
        room = bar.get_window_extent()
        assert 0 <= name.y0 - room.y1 < 16
        assert room.x0 == pytest.approx(name.x0, abs=3)
        assert 12 <= room.height <= 40
        assert 14 <= name.height <= 22
        assert count.x0 > room.x1
        assert count.x0 - room.x1 < 20
        assert count.x1 <= figure.bbox.x1 - 4
        assert figure.bbox.y0 + 4 < room.y0 < name.y1 < figure.bbox.y1 - 20
        assert room.width > 0.7 * figure.bbox.width
        assert room.y0 < (count.y0 + count.y1) / 2 < room.y1


def test_as_narrow_as_the_other_pictures(figure):
    width, height = figure.get_size_inches()
    assert 4.5 <= width <= 4.62
    assert 1.5 < height < 3
    assert to_hex(figure.get_facecolor()) == LIGHT.ground


def test_it_is_one_figure_that_pyplot_shows(figure):
    assert [pyplot.figure(number) for number in pyplot.get_fignums()] == [figure]


def test_the_room_loads_no_matplotlib_until_a_chart_is_drawn():
    code = "import sys, tcpkit.draw.chart; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

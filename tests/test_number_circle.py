"""What an RST does by its number, read back from its picture."""

from math import hypot

import pytest
from reading_svg import points, rects, shapes, size, words

from tcpkit.draw import number_circle

OLD, NEW = number_circle("reset"), number_circle("challenge")
PICTURES = [OLD, NEW]


def ticks(picture):
    """Return the two ends of each tick on the circle."""
    found = [points(path) for path in shapes(picture, "path", "line")]
    return [ends for ends in found if len(ends) == 2 and ends[0][1] < 260]


@pytest.mark.parametrize("picture", PICTURES)
def test_the_next_number_resets_and_stands_where_the_window_begins(picture):
    dot = rects(picture, "lit")[0]
    middle = ((dot.left + dot.right) / 2, (dot.top + dot.bottom) / 2)
    band = points(shapes(picture, "path", "lit-frame" if picture is OLD else "you-frame")[0])
    begins = [(a + b) / 2 for a, b in zip(band[0], band[-1], strict=True)]
    assert hypot(begins[0] - middle[0], begins[1] - middle[1]) < 1


@pytest.mark.parametrize("picture", PICTURES)
def test_one_tick_of_the_sweep_is_in_the_window(picture):
    band = points(shapes(picture, "path", "lit-frame" if picture is OLD else "you-frame")[0])
    left, right = min(x for x, _ in band), max(x for x, _ in band)
    top, bottom = min(y for _, y in band), max(y for _, y in band)
    assert len(ticks(picture)) == 16
    inside = [ends for ends in ticks(picture) if all(left < x < right and top < y < bottom for x, y in ends)]
    assert len(inside) == 1


def test_words_and_colours_differ_by_the_rule_of_the_window_only():
    assert "the window: reset" in words(OLD)
    assert "the window: challenge" in words(NEW)
    assert {*words(OLD)} ^ {*words(NEW)} == {"the window: reset", "the window: challenge"}
    assert shapes(OLD, "path", "you-frame") == []


def test_its_words_say_the_same():
    assert repr(NEW).splitlines()[1:] == [
        "the next number           reset",
        "others in the window      challenge",
        "all others                nothing",
    ]
    assert "which begins there: reset." in OLD.alt
    assert size(NEW)[0] <= 460


def test_a_window_that_does_something_else():
    with pytest.raises(ValueError, match="this is 'drop'"):
        number_circle("drop")

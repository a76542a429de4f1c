"""Maps of numbers, read back from what was painted and said."""

import pytest

from tcpkit.draw import heat_map

NUMBERS = [[965.2, 43.41], [6.28, 0.171]]
SAYS = {"names": ("lost", "there and back"), "unit": "Mbit/s"}
PICTURE = heat_map(NUMBERS, ["0 %", "1 %"], ["5 ms", "200 ms"], regions=[["rate", "window"], ["loss", "loss"]], **SAYS)
PICTURES = [PICTURE, heat_map([[5.0, 5.0]], ["0 %"], ["5 ms", "9 ms"], **SAYS)]


def test_the_numbers_and_the_regions_in_words():
    assert repr(PICTURE).splitlines() == [
        "Mbit/s, by there and back",
        "lost      5 ms      200 ms",
        "0 %       965 R     43 W",
        "1 %       6.3 L     0.17 L",
        "R: rate, W: window, L: loss",
    ]
    assert "from 0.17 to 965" in PICTURE.alt


@pytest.mark.parametrize(("numbers", "down"), [([], []), ([[1.0]], ["a"]), ([[1.0, 2.0]], ["a", "b"])])
def test_a_table_that_does_not_fit(numbers, down):
    with pytest.raises(ValueError, match="rows of 2 numbers each are needed"):
        heat_map(numbers, down, ["x", "y"], **SAYS)

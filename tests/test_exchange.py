"""Packets in time, read back from their picture."""

import pytest
from reading_svg import rects, shapes

from tcpkit.draw import exchange

LEFT, RIGHT = "10.0.0.1", "10.0.0.2"
ASKED = [
    *((0.0, LEFT, 0, 65535), (0.02, RIGHT, 0, 4000)),
    *((0.05, LEFT, 2000, 65535), (0.05, LEFT, 2000, 65535), (0.08, RIGHT, 0, 0), (1.08, LEFT, 1, 65535)),
    *((1.1, RIGHT, 0, 0), (2.0, RIGHT, 0, 3000), (3.08, LEFT, 1, 65535), (3.1, RIGHT, 0, 2999)),
]
PICTURE = exchange(ASKED, ("sender", "reader"), buffer=4000, lost=[2.0])
PICTURES = [PICTURE, exchange(ASKED[:3], ("this end", "that end"), buffer=4000)]


def test_rows_of_the_exchange():
    assert repr(PICTURE).splitlines() == [
        "seconds sender                   reader   unread",
        "  0.050 |-------- 4,000 bytes ------->|",
        "  0.080 |<--------- window 0 ---------|   4,000",
        "  1.080 |----------- 1 byte --------->|",
        "  1.100 |<--------- window 0 ---------|   4,000",
        "  2.000 |x  ----- window 3,000 -------|   1,000",
        "  3.080 |----------- 1 byte --------->|",
        "  3.100 |<------- window 2,999 -------|   1,001",
    ]
    assert "at 2.000 s the reader sends window 3,000, which is lost" in PICTURE.alt


def test_the_bar_is_what_is_unread():
    filled = [round(box.right - box.left) for box in rects(PICTURE, "kernel")]
    assert filled == [100, 100, 25, 25]
    assert len(rects(PICTURE, "kernel-frame")) == 4
    assert len(shapes(PICTURE, "path", "lit-line")) == 2


@pytest.mark.parametrize("packets", [[], ASKED[:2], [(at, LEFT, 1, 0) for at in range(17)]])
def test_what_cannot_be_drawn(packets):
    with pytest.raises(ValueError, match=r"at least one packet with data is needed, and 16 rows fit"):
        exchange(packets, ("sender", "reader"), buffer=1000)

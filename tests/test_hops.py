"""The road and one packet on it, read back from the picture."""

import pytest
from reading_svg import words

from tcpkit.draw import hops

STATIONS = ["you: 10.1.0.2", "r1: 10.1.0.1, 10.2.0.1", "site: 10.2.0.80"]
CROSSINGS = [("02:00:0a:01:00:01", 64, "10.1.0.2 > 10.2.0.80"), ("02:00:0a:02:00:50", 63, "10.1.0.2 > 10.2.0.80")]
PICTURE = hops(STATIONS, CROSSINGS)
PICTURES = [PICTURE, hops(STATIONS), hops(["you", "site"])]

"""The road and one packet on it, read back from the picture."""

import pytest
from reading_svg import rects, words

from tcpkit.draw import hops

STATIONS = ["you: 10.1.0.2", "r1: 10.1.0.1, 10.2.0.1", "site: 10.2.0.80"]
CROSSINGS = [("02:00:0a:01:00:01", 64, "10.1.0.2 > 10.2.0.80"), ("02:00:0a:02:00:50", 63, "10.1.0.2 > 10.2.0.80")]
PICTURE = hops(STATIONS, CROSSINGS)
PICTURES = [PICTURE, hops(STATIONS), hops(["you", "site"])]


def test_a_box_for_each_station():
    assert repr(PICTURES[2]) == "you\n  |\nsite"
    for picture in PICTURES[:2]:
        assert [one for one in words(picture, "ink") if one in STATIONS] == STATIONS
        assert len(rects(picture, "sheet")) == 3


def test_what_a_router_changes_is_new():
    assert repr(PICTURE).splitlines()[5:8] == [
        "  | hardware  02:00:0a:02:00:50  new",
        "  | TTL       63  new",
        "  | IP        10.1.0.2 > 10.2.0.80",
    ]
    assert words(PICTURE, "mono", "you") == ["02:00:0a:02:00:50", "63"]
    assert words(PICTURE, "you").count("new") == 2
    assert "Cable 2: hardware 02:00:0a:02:00:50, new; TTL 63, new; IP 10.1.0.2 > 10.2.0.80." in PICTURE.alt


@pytest.mark.parametrize(("stations", "crossings"), [([], []), (["you"], []), (STATIONS, CROSSINGS[:1])])
def test_no_road(stations, crossings):
    with pytest.raises(ValueError, match="A road has two stations at least"):
        hops(stations, crossings)

"""Where tcpdump looks, read back from its picture."""

from reading_svg import points, rects, shapes, size, texts

from tcpkit.draw import vantage

PICTURE = vantage()
PICTURES = [PICTURE]


def stations(left):
    """Return the stations of a column, from top to bottom."""
    boxes = [rect for rect in rects(PICTURE) if rect.left == left]
    return [
        next(text.words for text in texts(PICTURE) if box.holds(text)) for box in sorted(boxes, key=lambda b: b.top)
    ]


def test_on_lo_the_cards_and_the_wire_are_missing():
    cable = ["program", "kernel", "tcpdump", "card", "wire", "card", "tcpdump", "kernel", "program"]
    assert stations(12) == cable
    assert stations(368) == [*cable[:3], *cable[7:]]


def test_tcpdump_looks_on_and_is_no_station_like_the_others():
    assert {rect.is_dashed for rect in rects(PICTURE, "lit-frame")} == {True}
    assert {rect.is_dashed for rect in rects(PICTURE, "sheet")} == {False}
    assert len(rects(PICTURE, "lit-frame")) == 3


def test_each_arrow_leads_down_from_one_station_to_the_next():
    strokes = [points(path) for path in shapes(PICTURE, "path", "line")]
    assert len(strokes) == 8 + 4
    edges = {(rect.left + 40, y) for rect in rects(PICTURE) for y in (rect.top, rect.bottom)}
    assert all(start in edges and start[0] == end[0] and start[1] < end[1] for start, end in strokes)


def test_it_fits_a_phone_and_its_words_say_the_same():
    assert size(PICTURE)[0] <= 460
    first, *lines = repr(PICTURE).splitlines()
    assert first.split("  ")[0] == "over a cable, with a card that finishes"
    assert lines[2] == "[tcpdump] sees half                           [tcpdump]"
    assert lines[3] == "card      finishes it                         |"
    assert "On lo there are no cards" in PICTURE.alt

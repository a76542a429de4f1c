"""The learner's TCP so far, read back from its picture."""

import pytest
from reading_svg import points, rects, shapes, size, texts

from tcpkit.draw import tcp_so_far
from tcpkit.draw.tcp_so_far import BOXES

YOURS = {"before": 8, "reassembler": 11, "door": 14}
WIDE, TALL = tcp_so_far(YOURS), tcp_so_far(YOURS, tall=True)
PICTURES = [WIDE, TALL, tcp_so_far({}), tcp_so_far(dict.fromkeys(BOXES, 16)), tcp_so_far({}, tall=True)]


def filled(picture):
    """Return the words in each box that is filled, and in each that is not."""
    found = [rects(picture, css) for css in ("you", "sheet")]
    return [[" ".join(text.words for text in texts(picture) if box.holds(text)) for box in boxes] for boxes in found]


def test_yours_are_filled_and_have_their_lesson():
    yours, tcpkits = filled(WIDE)
    assert yours == ["before yours (08)", "reassembler yours (11)", "door yours (14)"]
    assert tcpkits == [f"{box} tcpkit's" for box in BOXES if box not in YOURS]


def test_arrows_lead_from_each_box_to_the_next():
    boxes = rects(WIDE)
    ways = [points(path) for path in shapes(WIDE, "path", "line")]
    assert len(ways) == len(boxes) - 1
    for way, before, after in zip(ways, boxes, boxes[1:], strict=False):
        starts, ends = ((x, y) for x, y in (way[0], way[-1]))
        assert before.left < starts[0] <= before.right
        assert before.top < starts[1] <= before.bottom
        assert after.left - 5 <= ends[0] < after.right
        assert after.top - 5 <= ends[1] < after.bottom


def test_the_tall_one_has_the_same_pieces_on_the_way_to_the_database():
    yours, others = filled(TALL)
    assert sorted(yours) == ["before yours (08)", "read and write: yours (14)", "reassembler yours (11)"]
    assert [words for words in others if "tcpkit's" not in words and not words.startswith("connection")] == [
        "asyncpg", "asyncio", "transport", "cable", "kernel", "PostgreSQL"
    ]  # fmt: skip
    tops = [rect.top for rect in rects(TALL) if rect.width == 436]
    assert tops == sorted(tops)


@pytest.mark.parametrize("picture", PICTURES)
def test_it_fits_a_phone(picture):
    assert size(picture)[0] <= 460


def test_its_words_say_the_same():
    assert repr(WIDE) == (
        "before: yours (08) · transitions: tcpkit's · reassembler: yours (11) · rto: tcpkit's · window: tcpkit's · "
        "persist: tcpkit's · congestion: tcpkit's · door: yours (14)"
    )
    assert "before yours (lesson 08), transitions tcpkit's, " in WIDE.alt
    assert repr(TALL).splitlines()[3] == "read and write: door yours (14)"
    assert "read and write: door yours (lesson 14); connection: before yours (lesson 08), " in TALL.alt

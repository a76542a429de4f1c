"""The chart of shares, read back from its picture."""

from reading_svg import rects, size, texts

from tcpkit.draw import share_chart

COUNTS = {"one bit flipped": 0, "two bits flipped": 255, "noise": 3, "two bytes of a word swapped": 10_000}
CHART = share_chart(COUNTS, 10_000, "damaged copies that pass")
PICTURES = [CHART, share_chart({}, 10, "few"), share_chart({"nothing": 0}, 10, "few")]


def test_each_bar_is_as_long_as_its_count():
    wholes, bars = rects(CHART, "you-wash"), rects(CHART, "you")
    assert [whole.width for whole in wholes] == [340] * 4
    assert [bar.width for bar in bars] == [340 * 255 // 10_000, 1, 340]  # of 0 there is none, of 3 a trace
    assert [(bar.left, bar.top) for bar in bars] == [(whole.left, whole.top) for whole in wholes[1:]]


def test_names_are_over_their_bar_and_counts_after_it():
    head, *rest = texts(CHART)
    assert head.words == "damaged copies that pass, of 10,000"
    assert [text.words for text in rest] == [word for name, n in COUNTS.items() for word in (name, f"{n:,}")]
    tops = [head.y, *(whole.top for whole in rects(CHART, "you-wash"))]
    for above, whole, name, count in zip(tops, rects(CHART, "you-wash"), rest[::2], rest[1::2], strict=False):
        assert name.left == whole.left < whole.right < count.left
        assert above + 15 < name.y < whole.top < count.y < whole.bottom
    assert size(CHART)[1] > tops[-1] + 20


def test_its_words_say_the_same():
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

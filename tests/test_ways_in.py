"""Two ways into a container, read back from the picture."""

from reading_svg import rects, size, words

from tcpkit.draw import ways_in

PICTURE = ways_in()
PICTURES = [PICTURE, ways_in("10.1.0.1", "10.1.0.2", 80)]


def test_a_proxy_above_and_a_rule_below():
    assert [len(rects(PICTURE, css)) for css in ("you-frame", "kernel-frame")] == [1, 1]
    assert rects(PICTURE, "you-frame")[0].bottom < rects(PICTURE, "kernel-frame")[0].top
    assert words(PICTURE).count("172.17.0.2") == 2
    assert size(PICTURE)[0] <= 460


def test_its_words_say_whom_the_server_sees():
    assert repr(PICTURE).splitlines()[0].endswith("two connections, seen as 172.17.0.1")
    assert repr(PICTURE).splitlines()[1].endswith("one connection, seen as 192.0.2.9")

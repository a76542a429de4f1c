"""The two maps of answers, read back from SVG and text."""

import re

import pytest
from fake_packets import packet
from reading_svg import LEAST, boxes, overlapping, points, root, shapes, size_on_a_phone, words

from tcpkit.draw import answer_maps
from tcpkit.draw.answer_maps import COLUMNS, LEFT, NEXT, PITCH, ROWS, SQUARE, TOP
from tcpkit.draw.knocks import SIX
from tcpkit.wire import Flags

HOST = "127.0.0.1"
GUESSES = ("anaran", "snnrsn")


def answers(flags, listening):
    if Flags.RST in flags:
        return "n"
    if Flags.ACK in flags:
        return "r"
    if not listening:
        return "a"
    return "s" if Flags.SYN in flags and Flags.FIN not in flags else "n"


def knocks(answer):
    """Return a capture of 64 knocks, given the letter of each answer."""
    found = []
    for number in range(64):
        here, there = (HOST, 9000 + number), (HOST, 8000)
        found.append(packet(here, there, str(Flags(number)) if number else ""))
        back = {"r": "R", "a": "R.", "s": "S.", "?": "."}.get(answer(Flags(number)))
        if back:
            found.append(packet(there, here, back))
    return found


MAPS = knocks(lambda flags: answers(flags, False)), knocks(lambda flags: answers(flags, True))
EMPTY, GUESSED, SEEN = answer_maps(), answer_maps(guesses=GUESSES), answer_maps(*MAPS, guesses=GUESSES)
ALL = [EMPTY, GUESSED, SEEN, answer_maps(*MAPS)]


def place(flags, which):
    down = next(at for at, row in enumerate(ROWS) if row == flags & (Flags.RST | Flags.ACK | Flags.URG))
    across = next(at for at, column in enumerate(COLUMNS) if column == flags & (Flags.SYN | Flags.FIN | Flags.PSH))
    return LEFT + NEXT * which + PITCH * across, TOP + PITCH * down


def letters(picture):
    """Return the letter in each square, by map and flags, with its classes."""
    found = {}
    for box in boxes(picture):
        for which in (0, 1):
            for number in range(64):
                x, y = place(Flags(number), which)
                if x < box.left < x + SQUARE and y < box.y < y + SQUARE:
                    found[which, Flags(number)] = box.words, box.css - {"mono"}
    return found


def outlines(picture):
    """Return the outlined squares of each map, and which are dashed."""
    found = {}
    for frame in shapes(picture, "rect", "you-line"):
        at = float(frame.get("x")) + 1, float(frame.get("y")) + 1
        for which in (0, 1):
            for number in range(64):
                if place(Flags(number), which) == at:
                    found[which, Flags(number)] = frame.get("stroke-dasharray") is not None
    return found


def test_text_of_the_maps_that_were_seen():
    assert repr(SEEN).splitlines() == [
        "                   closed port               listening port",
        "        SYN              ------------               ------------",
        "        FIN        ------      ------         ------      ------",
        "        PSH     ---   ---   ---   ---      ---   ---   ---   ---",
        "             (a) a [a] a [a] a [a] a    [n] n [n] n [s] s (n) n",
        "        URG   a  a  a  a  a  a  a  a     n  n  n  n  s  s  n  n",
        "    ACK      [r] r  r  r  r  r  r  r    [r] r  r  r  r  r  r  r",
        "    ACK URG   r  r  r  r  r  r  r  r     r  r  r  r  r  r  r  r",
        "RST          [n] n  n  n  n  n  n  n    [n] n  n  n  n  n  n  n",
        "RST     URG   n  n  n  n  n  n  n  n     n  n  n  n  n  n  n  n",
        "RST ACK       n  n  n  n  n  n  n  n     n  n  n  n  n  n  n  n",
        "RST ACK URG   n  n  n  n  n  n  n  n     n  n  n  n  n  n  n  n",
        "n nothing, r RST, a RST with ACK, s SYN with ACK",
        "[ ] as you guessed",
        "( ) you guessed another",
    ]


def test_text_of_the_empty_maps():
    lines = repr(EMPTY).splitlines()
    assert lines[4] == "             [.] . [.] . [.] . [.] .    [.] . [.] . [.] . [.] ."
    assert lines[5] == "        URG   .  .  .  .  .  .  .  .     .  .  .  .  .  .  .  ."
    assert lines[-1] == "[ ] six to guess: SYN, no flags, FIN, ACK, SYN+FIN, RST"
    assert repr(GUESSED).splitlines()[4] == "             [n] . [a] . [a] . [a] .    [n] . [n] . [s] . [s] ."


def test_every_square_holds_its_answer():
    found = letters(SEEN)
    assert {key: letter for key, (letter, _) in found.items()} == {
        (which, Flags(number)): answers(Flags(number), bool(which)) for which in (0, 1) for number in range(64)
    }
    looks = {(letter, *css) for letter, css in found.values()}
    assert looks == {("n", "soft"), ("a", "kernel"), ("r", "also"), ("s", "ground")}


def test_each_answer_has_a_colour_of_its_own():
    legend = 1  # each of them once more
    assert len(shapes(SEEN, "rect", "kernel-wash")) == 16 + legend
    assert len(shapes(SEEN, "rect", "also-wash")) == 32 + legend
    assert len(shapes(SEEN, "rect", "lit")) == 4 + legend
    assert shapes(SEEN, "rect", "cell") == []


def test_outlines_are_the_learners_guesses():
    expected = {(which, flags): False for which in (0, 1) for flags in SIX}
    assert outlines(EMPTY) == outlines(GUESSED) == expected
    assert outlines(SEEN) == expected | {(0, Flags(0)): True, (1, Flags.SYN | Flags.FIN): True}
    assert outlines(answer_maps(*MAPS)) == {}
    assert set(outlines(answer_maps(*MAPS, guesses=("aa", ...)))) == {(0, Flags.SYN), (0, Flags(0))}


def test_outlines_are_drawn_over_the_squares():
    rects = [rect.get("class") for rect in shapes(GUESSED, "rect")]
    last_cell = max(at for at, css in enumerate(rects) if css == "cell")
    assert all(at > last_cell for at, css in enumerate(rects) if css == "you-line")


def test_empty_maps_hold_no_answer():
    assert letters(EMPTY) == {}
    assert {flags: letter for (_, flags), (letter, _) in letters(answer_maps(guesses=("srans", ""))).items()} == dict(
        zip(SIX, "srans", strict=False)
    )


def test_alt_text_says_it_all():
    assert SEEN.alt == (
        "Two maps of 8 by 8 squares, one for each set of flags sent, with a letter for what came back. "
        "Closed port: 32 n, 16 r, 16 a. "
        "Guessed there: SYN a, no flags n (seen: a), FIN a, ACK r, SYN+FIN a, RST n. "
        "Listening port: 44 n, 16 r, 4 s. "
        "Guessed there: SYN s, no flags n, FIN n, ACK r, SYN+FIN s (seen: n), RST n."
    )
    assert "Closed port: empty. Outlined, to be guessed: SYN, no flags, FIN, ACK, SYN+FIN, RST." in EMPTY.alt


def test_the_legend_says_what_the_letters_and_outlines_mean():
    for picture in ALL:
        assert [each for each in words(picture) if each in ("nothing", "RST with ACK", "SYN with ACK")] == [
            "nothing",
            "RST with ACK",
            "SYN with ACK",
        ]
    assert [each for each in words(SEEN) if "guess" in each] == ["as you guessed", "you guessed another"]
    hits = answer_maps(*MAPS, guesses=("aaaran", "snnrnn"))
    assert [each for each in words(hits) if "guess" in each] == ["as you guessed"]
    misses = answer_maps(*MAPS, guesses=("ssssss", ...))
    assert [each for each in words(misses) if "guess" in each] == ["you guessed another"]
    assert [each for each in words(answer_maps(*MAPS)) if "guess" in each] == []
    assert "six to guess" in "".join(words(EMPTY))


def test_rows_and_columns_are_named():
    names = sorted((box for box in boxes(SEEN) if re.fullmatch("RST|ACK|URG", box.words)), key=lambda box: box.y)
    rows = {}
    for box in (each for each in names if each.right < LEFT):
        rows.setdefault(int((box.y - TOP) // PITCH), set()).add(box.words)
    assert [rows.get(at, set()) for at in range(8)] == [
        {flag.name for flag in (Flags.RST, Flags.ACK, Flags.URG) if flag & row} for row in ROWS
    ]


def test_strokes_stand_over_the_columns_that_have_the_flag():
    names = {box.words: box.y for box in boxes(SEEN) if box.words in ("SYN", "FIN", "PSH")}
    strokes = [points(shape) for shape in shapes(SEEN, "path", "line")]
    for flag in (Flags.SYN, Flags.FIN, Flags.PSH):
        mine = [(start, end) for (start, y), (end, _) in strokes if abs(y + 5 - names[flag.name]) < 1]
        for which in (0, 1):
            for column in COLUMNS:
                middle = place(column, which)[0] + SQUARE / 2
                assert any(start < middle < end for start, end in mine) == (flag in column)


def test_the_legend_keeps_its_signs_and_words_apart():
    for picture in ALL:
        signs = [rect for rect in shapes(picture, "rect") if float(rect.get("y")) > TOP + 8 * PITCH]
        for sign in signs:
            left, top = float(sign.get("x")), float(sign.get("y"))
            right = left + float(sign.get("width"))
            beside = [box for box in boxes(picture) if top < box.y < top + SQUARE + 2 and len(box.words) > 1]
            assert beside
            assert [box.words for box in beside if box.left < right + 2 and left < box.right + 6] == []


def test_an_answer_that_should_not_be_is_shown():
    picture = answer_maps(knocks(lambda flags: "?"), ())
    assert repr(picture).splitlines()[5].startswith("        URG   ?  ?")
    assert "Closed port: 64 ?." in picture.alt


@pytest.mark.parametrize("picture", ALL)
def test_nothing_overlaps_and_all_is_inside(picture):
    texts = boxes(picture)
    assert overlapping(texts) == []
    assert max(text.right for text in texts) <= float(root(picture).get("width"))
    assert max(text.y for text in texts) < float(root(picture).get("height"))
    assert min(text.left for text in texts) >= 0


@pytest.mark.parametrize("picture", ALL)
def test_large_enough_for_a_phone(picture):
    assert size_on_a_phone(picture) >= LEAST


def test_the_same_knocks_give_the_same_picture():
    assert answer_maps(*MAPS, guesses=GUESSES) == SEEN
    assert answer_maps(iter(MAPS[0]), iter(MAPS[1]), GUESSES) == SEEN

"""The two maps of answers, read back from SVG and text."""

import re

from fake_packets import packet
from reading_svg import paths, rects, texts, words

from tcpkit.draw import answer_maps
from tcpkit.draw.answer_maps import COLUMNS, LEFT, NEXT, PITCH, ROWS, SQUARE, TOP
from tcpkit.draw.port_answers import SIX
from tcpkit.wire import Flags

HOST = "127.0.0.1"
GUESSES = ("naaarn", "nnssrn")


def answer(flags, listening):
    if Flags.RST in flags:
        return "n"
    if Flags.ACK in flags:
        return "r"
    if not listening:
        return "a"
    return "s" if Flags.SYN in flags and Flags.FIN not in flags else "n"


def capture(answer):
    """Return a capture of the 64 sets of flags, given the letter of each answer."""
    found = []
    for number in range(64):
        here, there = (HOST, 9000 + number), (HOST, 8000)
        found.append(packet(here, there, str(Flags(number)) if number else ""))
        back = {"r": "R", "a": "R.", "s": "S.", "?": "."}.get(answer(Flags(number)))
        if back:
            found.append(packet(there, here, back))
    return found


MAPS = capture(lambda flags: answer(flags, False)), capture(lambda flags: answer(flags, True))
EMPTY, GUESSED, SEEN = answer_maps(), answer_maps(guesses=GUESSES), answer_maps(*MAPS, guesses=GUESSES)
STRANGE = answer_maps(capture(lambda flags: "?"), ())
PICTURES = [EMPTY, GUESSED, SEEN, answer_maps(*MAPS), STRANGE]


def place(flags, which):
    down = ROWS.index(flags & (Flags.RST | Flags.ACK | Flags.URG))
    across = COLUMNS.index(flags & (Flags.SYN | Flags.FIN | Flags.PSH))
    return LEFT + NEXT * which + PITCH * across, TOP + PITCH * down


PLACES = {place(Flags(number), which): (which, Flags(number)) for which in (0, 1) for number in range(64)}


def letters(picture):
    """Return the letter in each square, by map and flags, with its classes."""
    found = {}
    for text in texts(picture):
        for (x, y), key in PLACES.items():
            if x < text.left < x + SQUARE and y < text.y < y + SQUARE:
                found[key] = text.words, text.css - {"mono"}
    return found


def outlines(picture):
    """Return the outlined squares of each map, and which are dashed."""
    frames = {(frame.left + 1, frame.top + 1): frame.is_dashed for frame in rects(picture, "you-line")}
    return {PLACES[at]: is_dashed for at, is_dashed in frames.items() if at in PLACES}


def test_text_of_the_maps_that_were_seen():
    assert repr(SEEN).splitlines() == [
        "                   closed port               listening port",
        "        SYN              ------------               ------------",
        "        FIN        ------      ------         ------      ------",
        "        PSH     ---   ---   ---   ---      ---   ---   ---   ---",
        "             (a) a [a] a [a] a [a] a    [.] . [.] . [s] s (.) .",
        "        URG   a  a  a  a  a  a  a  a     .  .  .  .  s  s  .  .",
        "    ACK      [r] r  r  r  r  r  r  r    [r] r  r  r  r  r  r  r",
        "    ACK URG   r  r  r  r  r  r  r  r     r  r  r  r  r  r  r  r",
        "RST          [.] .  .  .  .  .  .  .    [.] .  .  .  .  .  .  .",
        "RST     URG   .  .  .  .  .  .  .  .     .  .  .  .  .  .  .  .",
        "RST ACK       .  .  .  .  .  .  .  .     .  .  .  .  .  .  .  .",
        "RST ACK URG   .  .  .  .  .  .  .  .     .  .  .  .  .  .  .  .",
        "r RST, a RST with ACK, s SYN with ACK, . no answer came",
        "[ ] as you guessed",
        "( ) you guessed another",
    ]


def test_text_of_the_empty_maps():
    lines = repr(EMPTY).splitlines()
    assert lines[4] == "             [_] _ [_] _ [_] _ [_] _    [_] _ [_] _ [_] _ [_] _"
    assert lines[5] == "        URG   _  _  _  _  _  _  _  _     _  _  _  _  _  _  _  _"
    assert lines[-1] == "[ ] six to guess: no flags, FIN, SYN, SYN+FIN, ACK, RST"
    assert repr(GUESSED).splitlines()[4] == "             [n] _ [a] _ [a] _ [a] _    [n] _ [n] _ [s] _ [s] _"


def test_every_answer_has_a_letter_and_a_colour_of_its_own_and_silence_has_neither():
    found = letters(SEEN)
    answers = {(which, flags): answer(flags, bool(which)) for which, flags in PLACES.values()}
    assert {key: letter for key, (letter, _) in found.items()} == {k: a for k, a in answers.items() if a != "n"}
    looks = {(letter, *css) for letter, css in found.values()}
    assert looks == {("a", "kernel"), ("r", "also"), ("s", "ground")}
    assert "blank: no answer came" in words(SEEN)
    squares = [len(rects(SEEN, css)) for css in ("kernel-wash", "also-wash", "lit", "cell")]
    assert squares == [16 + 1, 32 + 1, 4 + 1, 2]  # each once more in the legend; the last are the maps' frames


def test_outlines_are_the_learners_guesses_and_drawn_over_the_squares():
    expected = {(which, flags): False for which in (0, 1) for flags in SIX}
    assert outlines(EMPTY) == outlines(GUESSED) == expected
    assert outlines(SEEN) == expected | {(0, Flags(0)): True, (1, Flags.SYN | Flags.FIN): True}
    assert outlines(answer_maps(*MAPS)) == {}
    assert set(outlines(answer_maps(*MAPS, guesses=("aa", ...)))) == {(0, Flags(0)), (0, Flags.FIN)}
    css = [rect.css for rect in rects(GUESSED)]
    assert css.index("you-line") > max(at for at, each in enumerate(css) if each == "cell")


def test_empty_maps_hold_no_answer():
    assert letters(EMPTY) == {}
    found = letters(answer_maps(guesses=("srans", "")))
    assert {flags: letter for (_, flags), (letter, _) in found.items()} == dict(zip(SIX, "srans", strict=False))


def test_alt_text_says_it_all():
    assert SEEN.alt == (
        "Two maps of 8 by 8 squares, one for each set of flags sent, with a letter for what came back. "
        "Where no answer came, n, the square is blank. "
        "Closed port: 32 n, 16 r, 16 a. "
        "Guessed there: no flags n (seen: a), FIN a, SYN a, SYN+FIN a, ACK r, RST n. "
        "Listening port: 44 n, 16 r, 4 s. "
        "Guessed there: no flags n, FIN n, SYN s, SYN+FIN s (seen: n), ACK r, RST n."
    )
    assert "Closed port: empty. Outlined, to be guessed: no flags, FIN, SYN, SYN+FIN, ACK, RST." in EMPTY.alt


def test_the_legend_says_what_the_letters_and_outlines_mean():
    for picture in PICTURES:
        assert {"RST", "RST with ACK", "SYN with ACK"} < set(words(picture))
        assert ("nothing" in words(picture)) == (picture in (EMPTY, GUESSED))
    for guesses, expected in [
        (GUESSES, ["as you guessed", "you guessed another"]),
        (("aaaarn", "nnsnrn"), ["as you guessed"]),
        (("ssssss", ...), ["you guessed another"]),
        (("", ""), []),
    ]:
        assert [each for each in words(answer_maps(*MAPS, guesses=guesses)) if "guess" in each] == expected
    assert "six to guess" in "".join(words(EMPTY))


def test_rows_and_columns_are_named():
    rows = {}
    for text in texts(SEEN):
        if re.fullmatch("RST|ACK|URG", text.words) and text.right < LEFT:
            rows.setdefault(int((text.y - TOP) // PITCH), set()).add(text.words)
    flags = (Flags.RST, Flags.ACK, Flags.URG)
    assert [rows.get(at, set()) for at in range(8)] == [{flag.name for flag in flags if flag & row} for row in ROWS]


def test_strokes_are_over_the_columns_that_have_the_flag():
    names = {text.words: text.y for text in texts(SEEN) if text.words in ("SYN", "FIN", "PSH")}
    for flag in (Flags.SYN, Flags.FIN, Flags.PSH):
        mine = [(start, end) for (start, y), (end, _) in paths(SEEN, "line") if abs(y + 5 - names[flag.name]) < 1]
        for which in (0, 1):
            for column in COLUMNS:
                middle = place(column, which)[0] + SQUARE / 2
                assert any(start < middle < end for start, end in mine) == (flag in column)


def test_an_answer_that_should_not_be_is_shown():
    assert repr(STRANGE).splitlines()[5].startswith("        URG   ?  ?")
    assert "Closed port: 64 ?." in STRANGE.alt


def test_captures_may_be_iterators():
    assert answer_maps(iter(MAPS[0]), iter(MAPS[1]), GUESSES) == SEEN

"""The hex dump, read back from its SVG and its text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading_svg import paths, rects, shapes, texts, words

from tcpkit.draw import KERNEL_PICKS, dump
from tcpkit.draw.svg import MONO_WIDTH

SEED = bytes.fromhex(  # the story's first packet, as its author printed it
    "4500 0054 1c2c 4000 4006 2076 7f00 0001 7f00 0001 231d 1f40 0000 0000 0000 0000 1002 0000 af57 0000"
) + bytes(44)
PARTS = [(20, "the kernel wrote these"), (20, "you"), (44, "44 zeros, also yours")]
WHOSE = dump(SEED, PARTS)
HEADER = SEED[20:]
ROWS = [
    "0x0000:  4500 0054 1c2c 4000 4006 2076 7f00 0001  E..T.,@.@..v....",
    "0x0010:  7f00 0001 231d 1f40 0000 0000 0000 0000  ....#..@........",
    "0x0020:  1002 0000 af57 0000 0000 0000 0000 0000  .....W..........",
    "0x0030:  0000 0000 0000 0000 0000 0000 0000 0000  ................",
    "0x0040:  0000 0000 0000 0000 0000 0000 0000 0000  ................",
    "0x0050:  0000 0000                                ....",
]
CROWDED = [
    [(2, "source port"), (2, "destination port"), (4, "sequence number"), (4, "acknowledgment number"), (8, "rest")],
    [(1, "one"), (1, "two"), (1, "three"), (1, "four"), (1, "five"), (1, "six")],
    [(12, "first"), (4, "too long to stand over the end of a row"), (4, "next")],
    [(12, "first"), (2, "too long for the end of a row"), (2, "and one more of these"), (9, "next")],
]
PICTURES = [
    WHOSE,
    dump(b""),
    dump(bytes(range(40)), [(20, "one & two"), (20, "<three>")], lit=21, nibble="low"),
    *(dump(SEED, parts) for parts in CROWDED),
]
both = pytest.mark.parametrize("inside", ["wide", "narrow"])


def digits(picture, inside, *css):
    """Return the hex digits of a tone, in order; offsets and ASCII left out."""
    right = 50 * MONO_WIDTH if inside == "wide" else 10_000
    hexes = [text for text in texts(picture, inside) if "mono" in text.css and "soft" not in text.css]
    return "".join(text.words for text in hexes if text.left < right and set(css) <= text.css).replace(" ", "")


def test_text_is_tcpdumps_and_says_whose_bytes():
    assert repr(dump(SEED)).splitlines() == ROWS
    assert repr(WHOSE).splitlines() == [
        *ROWS,
        "bytes 0 to 19   the kernel wrote these",
        "bytes 20 to 39  you",
        "bytes 40 to 83  44 zeros, also yours",
    ]
    assert WHOSE.alt == (
        "Hex dump of 84 bytes: bytes 0 to 19 the kernel wrote these; bytes 20 to 39 you; "
        "bytes 40 to 83 44 zeros, also yours."
    )
    assert (repr(dump(b"")), dump(b"").alt) == ("", "Hex dump of 0 bytes.")


@both
def test_every_byte_has_its_tone(inside):
    assert digits(WHOSE, inside, "kernel") == SEED[:20].hex()
    assert digits(WHOSE, inside, "you") == SEED[20:40].hex()
    assert digits(WHOSE, inside, "also") == SEED[40:].hex()
    washes = [len(rects(WHOSE, f"{tone}-wash", inside=inside)) for tone in ("kernel", "you", "also")]
    assert washes == [2, 2, 4]


def test_characters_have_the_tone_of_their_bytes():
    right = [text for text in texts(WHOSE, "wide") if text.left > 48 * MONO_WIDTH and "mono" in text.css]
    assert "".join(text.words for text in right if "kernel" in text.css) == "E..T.,@.@..v........"
    assert "".join(text.words for text in right if "you" in text.css) == "#..@.............W.."


@both
def test_a_label_is_over_the_first_byte_of_its_part_and_a_stroke_leads_there(inside):
    found = texts(WHOSE, inside)
    strokes = paths(WHOSE, inside=inside)
    for (_, label), tone, first in zip(PARTS, ("kernel", "you", "also"), ("4500", "231d", "0000"), strict=True):
        (above,) = [text for text in found if text.words == label]
        below = min((text for text in found if tone in text.css and "mono" in text.css), key=lambda text: text.y)
        assert below.words.startswith(first)
        assert tone in above.css
        assert 0 <= above.left - below.left < 4
        assert 15 < below.y - above.y < 40
        assert [top < bottom for (x, top), (same, bottom) in strokes if x == same == round(below.left - 3, 1)] == [True]
    assert len(strokes) == 3


@both
@pytest.mark.parametrize("parts", [PARTS, *CROWDED])
def test_no_stroke_crosses_a_label(parts, inside):
    picture = dump(SEED, parts)
    assert {label for _, label in parts} <= set(words(picture, inside=inside))
    for (x, top), (_, bottom) in paths(picture, inside=inside):
        found = [text for text in texts(picture, inside) if text.left < x < text.right]
        assert [text.words for text in found if top < text.y - 5 < bottom] == []


def test_parts_may_be_given_tones_and_end_where_the_bytes_end():
    picture = dump(HEADER[:8], [(4, "mine", "you"), (4, "theirs", "kernel")])
    assert (digits(picture, "wide", "you"), digits(picture, "wide", "kernel")) == ("231d1f40", "00000000")
    picture = dump(SEED[:30], PARTS)
    assert digits(picture, "wide", "you") == SEED[20:30].hex()
    assert repr(picture).splitlines()[-1] == "bytes 20 to 29  you"
    assert "44 zeros" not in picture.svg + picture.alt
    assert digits(dump(SEED[:30], PARTS[:1]), "wide", "ink") == SEED[20:30].hex()


@both
@pytest.mark.parametrize(("nibble", "digit", "place"), [("high", "1", 0), ("low", "0", 1)])
def test_half_a_byte_is_lit(inside, nibble, digit, place):
    picture = dump(HEADER, lit=12, nibble=nibble)
    assert digits(picture, inside, "lit") == digit
    (frame,) = rects(picture, "lit-frame", inside=inside)
    (lit,) = [text for text in texts(picture, inside) if "lit" in text.css]
    # The other half of the byte is right beside it, and outside the frame.
    assert lit.left - (3.1 if nibble == "high" else 1) < frame.left <= lit.left
    assert lit.right <= frame.right < lit.right + (3.1 if nibble == "low" else 1)
    assert repr(picture).splitlines()[1] == " " * (9 + 30 + place) + "^"
    assert repr(picture).splitlines()[-1] == f"byte 12, {nibble} nibble  lit: {digit}"
    assert picture.alt == f"Hex dump of 64 bytes: byte 12, {nibble} nibble lit: {digit}."


def test_bytes_are_lit():
    picture = dump(b"Hello", lit=1)
    assert repr(picture).splitlines() == [
        "0x0000:  4865 6c6c 6f                             Hello",
        "           ^^",
        "byte 1  lit: 65",
    ]
    assert words(picture, "lit", inside="wide") == ["65", "e"]
    picture = dump(SEED, PARTS, lit=range(36, 38))
    assert digits(picture, "wide", "lit") == "af57"
    assert digits(picture, "wide", "you") == SEED[20:36].hex() + "0000"
    assert repr(picture).splitlines()[-1] == "bytes 36 to 37  lit: af57"
    picture = dump(bytes(32), lit=range(14, 18))
    assert len(rects(picture, "lit-frame", inside="wide")) == 2
    assert repr(picture).splitlines()[-1] == "bytes 14 to 17  lit: 00000000"
    assert dump(bytes(10), lit=12, nibble="high") == dump(bytes(10))


def test_a_nibble_is_high_or_low():
    with pytest.raises(ValueError, match="nibble is 'left': a byte has a high one and a low one"):
        dump(b"a", lit=0, nibble="left")


def test_what_the_kernel_picks_is_hidden():
    other = SEED[:4] + b"AB" + SEED[6:10] + b"CD" + SEED[12:]
    hidden = dump(other, PARTS, hidden=KERNEL_PICKS)
    assert dump(SEED, PARTS, hidden=KERNEL_PICKS) == hidden
    assert repr(hidden).splitlines()[0] == "0x0000:  4500 0054 .... 4000 4006 .... 7f00 0001  E..T..@.@......."
    assert "4500 0054 .... 4000 4006 .... 7f00 0001" in words(hidden, inside="wide")


def test_a_narrow_screen_gets_larger_digits_and_no_characters():
    (style,) = (shape.text for shape in shapes(WHOSE, "style"))
    assert ".narrow{display:none}" in style
    assert "@media (max-width:480px){.wide{display:none}.narrow{display:inline}}" in style
    assert ".narrow text{font-size:22px}" in style
    assert words(WHOSE, "soft", inside="narrow") == ["0000", "0010", "0020", "0030", "0040", "0050"]
    assert words(WHOSE, "soft", inside="wide")[-1] == "0x0050"


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=70), st.lists(st.tuples(st.integers(0, 30), st.text("ab <&>'\"", max_size=9))))
def test_any_bytes_in_any_parts_are_all_there(data, parts):
    picture = dump(data, parts)
    for inside in ("wide", "narrow"):
        assert digits(picture, inside) == data.hex()
    lines = repr(picture).splitlines()[: -(-len(data) // 16)]
    assert "".join(line[9:48] for line in lines).replace(" ", "") == data.hex()

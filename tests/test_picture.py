"""Pictures, and the colours that all of them share."""

import base64
import os
import re
import subprocess
import sys
from dataclasses import FrozenInstanceError, fields
from html.parser import HTMLParser

import pytest
from fake_packets import CALLS, one_get
from reading_svg import SVG, root

from tcpkit.draw import Picture, card, dump, header_map, labelled_line, ladder, states
from tcpkit.draw.palette import DARK, LIGHT, TONES, stylesheet
from tcpkit.draw.stack import Place, stack

PICTURE = Picture("<svg>ä</svg>", 'a "dot" & <more>', "*\n|")


def luminance(colour):
    """Return the relative luminance of #rrggbb (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def image(html):
    """Return the attributes of the one tag in this HTML."""
    tags = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attributes: tags.append((tag, dict(attributes)))
    parser.feed(html)
    ((tag, attributes),) = tags
    assert tag == "img"
    return attributes


def test_a_terminal_shows_the_text():
    assert repr(PICTURE) == str(PICTURE) == "*\n|"


def test_a_notebook_shows_an_image_that_needs_no_file():
    shown = image(PICTURE._repr_html_())
    kind, _, code = shown["src"].partition(",")
    assert kind == "data:image/svg+xml;base64"
    assert base64.b64decode(code).decode() == PICTURE.svg
    assert shown["alt"] == PICTURE.alt
    assert "max-width:100%" in shown["style"]


def test_a_picture_is_a_value():
    assert Picture("a", "b", "c") == Picture("a", "b", "c")
    with pytest.raises(FrozenInstanceError):
        PICTURE.text = ""


@pytest.mark.parametrize("paper", [LIGHT, DARK], ids=["light", "dark"])
def test_text_has_contrast_on_its_paper(paper):
    """4.5 to 1 is what WCAG 2.2 (1.4.3) asks of text."""
    grounds = {"ink": [paper.ground], "soft": [paper.ground, paper.lit.wash]}
    for name, behind in grounds.items():
        assert all(contrast(getattr(paper, name), ground) >= 4.5 for ground in behind), name
    for name in TONES:
        tone = getattr(paper, name)
        assert contrast(tone.strong, paper.ground) >= 4.5, name
        assert contrast(tone.strong, tone.wash) >= 4.5, name


def test_the_papers_are_those_of_jupyterlab():
    assert (LIGHT.ground, DARK.ground) == ("#ffffff", "#111111")


def test_dark_colours_are_for_dark_pages_only():
    light, dark = re.fullmatch(r"(.*)@media \(prefers-color-scheme:dark\)\{(.*)\}", stylesheet()).groups()
    for paper, style in ((LIGHT, light), (DARK, dark)):
        plain = [getattr(paper, field.name) for field in fields(paper) if field.name not in TONES]
        tones = [colour for name in TONES for colour in vars(getattr(paper, name)).values()]
        assert set(re.findall(r"#\w+", style)) == {*plain, *tones}


def test_both_papers_dress_the_same_classes():
    light, dark = (set(re.findall(r"\.([a-z]+(?:-[a-z]+)?)(?=[,{])", part)) for part in stylesheet().split("@media"))
    assert light - {"mono", "slanted"} == dark


ONE_OF_EACH = [
    ladder(one_get(), calls=CALLS),
    ladder(one_get(), ("a", "b", "c", "d"), {0: (3, "x")}, struck=True, most=3),
    dump(bytes(range(40)), [(20, "one & two"), (20, "<three>")], lit=21, nibble="low"),
    header_map(bytes(range(20)), lit={"ack", "SYN"}),
    labelled_line("a > b: Flags [S], seq 0:44, length 44"),
    states({"CLOSED": {"a & b": "LISTEN", "c": "elsewhere"}, "elsewhere": {"<d>": "LISTEN"}}, ["CLOSED", "LISTEN"]),
]


@pytest.mark.parametrize("picture", ONE_OF_EACH)
def test_svg_is_whole(picture):
    top = root(picture)
    first, second, style, paper = list(top)[:4]
    assert (first.tag, second.tag, style.tag) == (f"{SVG}title", f"{SVG}desc", f"{SVG}style")
    assert second.text == picture.alt
    assert paper.get("class") == "ground"
    assert (paper.get("width"), paper.get("height")) == (top.get("width"), top.get("height"))
    assert top.get("viewBox") == f"0 0 {top.get('width')} {top.get('height')}"


@pytest.mark.parametrize("picture", ONE_OF_EACH)
def test_every_class_has_a_style(picture):
    style = "".join(element.text for element in root(picture).iter(f"{SVG}style"))
    used = {name for element in root(picture).iter() for name in element.get("class", "").split()}
    dressed = set(re.findall(r"\.([a-z]+(?:-[a-z]+)?)", style))
    assert used - dressed == set()


def test_no_picture_holds_a_script_or_asks_for_another_file():
    everything = "".join(picture.svg for picture in ONE_OF_EACH) + card()
    assert not re.search(r"<script|javascript:|url\(|@import|xlink|href=", everything)


def test_the_same_words_give_the_same_bytes_in_another_process():
    program = "from test_picture import ONE_OF_EACH; print([p.svg + p.alt + p.text for p in ONE_OF_EACH])"
    here = os.path.dirname(__file__)
    said = {
        subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": here},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert said == {f"{[p.svg + p.alt + p.text for p in ONE_OF_EACH]}\n".encode()}


def rightward(*spans):
    """Return labels that stand to the right of their strokes."""
    return [Place(left, right, left) for left, right in spans]


def test_labels_in_a_row_share_a_line():
    assert stack(rightward((0, 40), (50, 90), (100, 140)), 10) == [[2, 1, 0]]


def test_a_label_that_would_touch_the_next_goes_a_line_out():
    assert stack(rightward((0, 41), (50, 90)), 10) == [[1], [0]]


def test_no_label_lies_across_the_stroke_of_one_further_out():
    # The first would fit beside the third, but the second's stroke comes down at 50.
    assert stack(rightward((0, 60), (50, 150), (90, 130)), 10) == [[2], [1], [0]]
    assert stack(rightward((0, 45), (50, 150), (90, 130)), 10) == [[2], [1], [0]]
    assert stack(rightward((0, 30), (50, 150), (90, 130)), 10) == [[2, 0], [1]]


def test_labels_at_the_left_of_their_strokes_stack_the_other_way_round():
    assert stack([Place(10, 80, 80), Place(20, 90, 90)], 5) == [[0], [1]]


def test_labels_that_must_cross_are_all_placed():
    assert stack([Place(0, 99, 50), Place(1, 99, 60)], 5) == [[1], [0]]

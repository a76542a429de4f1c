"""Pictures, two of them side by side, and the colours that all of them share."""

import base64
import re
from dataclasses import FrozenInstanceError, fields
from html.parser import HTMLParser

import pytest

from tcpkit.draw import Picture, beside
from tcpkit.draw.palette import DARK, LIGHT, TONES, stylesheet

PICTURE = Picture("<svg>ä</svg>", 'a "dot" & <more>', "*\n|")
OTHER = Picture("<svg/>", "nothing", "-", css="plot")


def luminance(colour):
    """Return the relative luminance of #rrggbb (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def images(html):
    """Return the attributes of each image in this HTML."""
    found = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attributes: found.append(dict(attributes)) if tag == "img" else None
    parser.feed(html)
    return found


def test_a_terminal_shows_the_text():
    assert repr(PICTURE) == str(PICTURE) == "*\n|"


def test_a_notebook_shows_an_image_that_needs_no_file():
    (shown,) = images(PICTURE._repr_html_())
    kind, _, code = shown["src"].partition(",")
    assert kind == "data:image/svg+xml;base64"
    assert base64.b64decode(code).decode() == PICTURE.svg
    assert shown["alt"] == PICTURE.alt
    assert "max-width:100%" in shown["style"]
    assert "class" not in shown
    assert images(OTHER._repr_html_())[0]["class"] == "plot"


def test_a_picture_is_a_value():
    assert Picture("a", "b", "c") == Picture("a", "b", "c")
    with pytest.raises(FrozenInstanceError):
        PICTURE.text = ""


def test_two_side_by_side_have_their_names_and_are_one_under_the_other_in_text():
    pair = beside(PICTURE, OTHER)
    assert repr(pair) == f"before:\n{PICTURE!r}\n\nafter:\n{OTHER!r}"
    html = pair._repr_html_()
    assert images(html) == images(PICTURE._repr_html_()) + images(OTHER._repr_html_())
    assert re.findall(r"<figcaption[^>]*>([^<]*)<", html) == ["before", "after"]
    assert "flex-wrap:wrap" in html  # on a narrow page they wrap and shrink
    assert html.count("min-width:0") == html.count("max-width:100%") == 2


def test_names_are_the_callers_own_and_cannot_break_out():
    with pytest.raises(ValueError, match="there are 3 pictures and 2 names"):
        beside(PICTURE, OTHER, PICTURE)
    pair = beside(PICTURE, OTHER, names=("<b>", "a & b"))
    assert "<b>" not in pair._repr_html_()
    assert "&lt;b&gt;</figcaption>" in pair._repr_html_()
    assert repr(pair).startswith("<b>:\n")


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


def test_dark_colours_are_for_dark_pages_only_and_for_the_same_classes():
    light, dark = re.fullmatch(r"(.*)@media \(prefers-color-scheme:dark\)\{(.*)\}", stylesheet()).groups()
    for paper, style in ((LIGHT, light), (DARK, dark)):
        plain = [getattr(paper, field.name) for field in fields(paper) if field.name not in TONES]
        tones = [colour for name in TONES for colour in vars(getattr(paper, name)).values()]
        assert set(re.findall(r"#\w+", style)) == {*plain, *tones}
    classes = [set(re.findall(r"\.([a-z]+(?:-[a-z]+)?)(?=[,{])", part)) for part in (light, dark)]
    assert classes[0] - {"mono", "slanted"} == classes[1]

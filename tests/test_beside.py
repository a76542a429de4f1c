"""Two pictures side by side, in HTML and in text."""

import base64
import re

from fake_packets import one_get, story

from tcpkit.draw import beside, ladder

BEFORE = ladder(one_get(), struck=True)
AFTER = ladder(story(), ("your program", "kernel", "kernel", "nobody"))
PAIR = beside(BEFORE, AFTER)


def test_text_has_one_under_the_other_each_under_its_name():
    assert repr(PAIR) == f"before:\n{BEFORE!r}\n\nafter:\n{AFTER!r}"


def test_html_has_both_images_in_order_with_their_names_and_alt_texts():
    html = PAIR._repr_html_()
    pictures = re.findall(r"base64,([A-Za-z0-9+/=]+)", html)
    assert [base64.b64decode(each).decode() for each in pictures] == [BEFORE.svg, AFTER.svg]
    assert re.findall(r"<figcaption[^>]*>([^<]*)<", html) == ["before", "after"]
    assert re.findall(r'alt="([^"]*)"', html) == [BEFORE.alt, AFTER.alt]


def test_they_wrap_and_shrink_where_the_page_is_narrow():
    html = PAIR._repr_html_()
    assert "flex-wrap:wrap" in html
    assert html.count("min-width:0") == html.count("max-width:100%") == 2


def test_names_are_the_callers_own_and_cannot_break_out():
    pair = beside(BEFORE, AFTER, names=("<b>", "a & b"))
    assert "<b>" not in pair._repr_html_()
    assert "&lt;b&gt;</figcaption>" in pair._repr_html_()
    assert repr(pair).startswith("<b>:\n")

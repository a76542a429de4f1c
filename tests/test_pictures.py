"""What every picture keeps to: alt text, contrast, no overlaps, the same bytes each time, and so on.

Each test of a picture has a list PICTURES; a new one is added to MODULES.
"""

import hashlib
import os
import re
import subprocess
import sys

import pytest
import test_answer_maps
import test_bar_pairs
import test_before_after
import test_checksum_coverage
import test_exchange
import test_found_by
import test_gap_line
import test_header_bars
import test_header_map
import test_heat_map
import test_hex_dump
import test_hops
import test_labelled_line
import test_ladder
import test_number_circle
import test_plot
import test_share_chart
import test_states_picture
import test_stream
import test_tcp_so_far
import test_vantage
import test_ways_in
from reading_svg import LEAST, SVG, assert_clear, paths, rects, root, size, size_on_a_phone

from tcpkit import draw

MODULES = {
    "answer_maps": test_answer_maps,
    "before_after": test_before_after,
    "bar_pairs": test_bar_pairs,
    "coverage": test_checksum_coverage,
    "dump": test_hex_dump,
    "exchange": test_exchange,
    "found_by": test_found_by,
    "gap_line": test_gap_line,
    "header_bars": test_header_bars,
    "header_map": test_header_map,
    "heat_map": test_heat_map,
    "hops": test_hops,
    "labelled_line": test_labelled_line,
    "ladder": test_ladder,
    "number_circle": test_number_circle,
    "plot": test_plot,
    "share_chart": test_share_chart,
    "states": test_states_picture,
    "stream": test_stream,
    "tcp_so_far": test_tcp_so_far,
    "vantage": test_vantage,
    "ways_in": test_ways_in,
}
EACH = [
    pytest.param(picture, id=f"{name}-{number}")
    for name, module in MODULES.items()
    for number, picture in enumerate(module.PICTURES)
]
ALL = [picture for parameters in EACH for picture in parameters.values]
pictures = pytest.mark.parametrize("picture", EACH)


def test_every_picture_is_here():
    assert set(MODULES) == set(draw.__all__) - {"KERNEL_PICKS", "Picture", "beside", "card"}


@pictures
def test_it_is_whole(picture):
    top = root(picture)
    title, desc, style, paper = list(top)[:4]
    assert (title.tag, desc.tag, style.tag) == (f"{SVG}title", f"{SVG}desc", f"{SVG}style")
    assert paper.get("class") == "ground"
    assert (paper.get("width"), paper.get("height")) == (top.get("width"), top.get("height"))
    assert top.get("viewBox") == f"0 0 {top.get('width')} {top.get('height')}"


@pictures
def test_it_says_in_words_what_it_shows(picture):
    assert list(root(picture))[1].text == picture.alt
    assert re.fullmatch(r"\S.*\.", picture.alt)
    assert repr(picture) == picture.text
    assert not re.search(r" $", picture.text, re.MULTILINE)


@pictures
def test_every_class_has_a_style(picture):
    style = "".join(element.text for element in root(picture).iter(f"{SVG}style"))
    used = {name for element in root(picture).iter() for name in element.get("class", "").split()}
    assert used - set(re.findall(r"\.([a-z]+(?:-[a-z]+)?)", style)) == set()


@pictures
def test_it_holds_no_script_and_asks_for_no_other_file(picture):
    assert not re.search(r'<script|javascript:|url\(|@import|xlink|href="(?!data:image/png;base64,)', picture.svg)


@pictures
def test_no_texts_overlap_and_all_is_on_the_paper(picture):
    assert_clear(picture)
    width, height = size(picture)
    places = [place for path in paths(picture) for place in path]
    places += [place for rect in rects(picture) for place in ((rect.left, rect.top), (rect.right, rect.bottom))]
    assert [(x, y) for x, y in places if not (0 <= x <= width and 0 <= y <= height)] == []


@pictures
def test_its_text_can_be_read_on_a_phone(picture):
    has_larger_digits = ".narrow text{font-size:22px}" in picture.svg
    assert size_on_a_phone(picture, 22 if has_larger_digits else 15) >= LEAST


def digest():
    return hashlib.sha256(repr([(picture.svg, picture.alt, picture.text) for picture in ALL]).encode()).hexdigest()


def test_the_same_arguments_give_the_same_bytes_in_another_process():
    program = "import test_pictures; print(test_pictures.digest())"
    for seed in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.path.dirname(__file__)}
        said = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
        assert said.stdout == f"{digest()}\n", said.stderr

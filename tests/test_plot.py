"""Curves and maps: two images of matplotlib's in one picture."""

import base64
import re
import subprocess
import sys
from io import BytesIO

import pytest
from matplotlib import pyplot
from PIL import Image

from tcpkit.draw import plot
from tcpkit.draw.palette import DARK, LIGHT


def paint(axes):
    axes.plot([0, 1, 2], [1, 3, 2])
    axes.plot([0, 1, 2], [2, 1, 1])
    axes.text(2, 1, "CUBIC", color="C1")


PICTURES = [plot(paint, "Two curves: Reno above CUBIC.", "two curves")]


def images(picture):
    """Return the images by class."""
    found = re.findall(r'<image class="(\S+)" [^>]*base64,([^"]+)"', picture.svg)
    return {css: Image.open(BytesIO(base64.b64decode(code))).convert("RGB") for css, code in found}


@pytest.mark.parametrize(("css", "paper"), [("on-light", LIGHT), ("on-dark", DARK)])
def test_each_paper_has_an_image_of_its_own_in_its_colours(css, paper):
    image = images(PICTURES[0])[css]
    counts = {f"#{red:02x}{green:02x}{blue:02x}": count for count, (red, green, blue) in image.getcolors(1 << 20)}
    assert max(counts, key=counts.get) == paper.ground
    assert {paper.ink, paper.you.strong, paper.kernel.strong} <= set(counts)


def test_one_of_them_is_shown():
    style = re.search(r"</?style>.*?\.on-dark(.*?)</style>", PICTURES[0].svg)[1]
    assert style == "{display:none}@media (prefers-color-scheme:dark){.on-light{display:none}.on-dark{display:inline}}"
    assert PICTURES[0]._repr_html_().startswith('<img class="plot" src="data:image/svg+xml;base64,')


def test_it_leaves_matplotlib_as_it_was():
    before = dict(pyplot.rcParams)
    with pytest.raises(ZeroDivisionError):
        plot(lambda axes: 1 / 0, "", "")
    assert dict(pyplot.rcParams) == before
    assert pyplot.get_fignums() == []


NO_FONTS = """
from matplotlib.font_manager import fontManager
from tcpkit.draw import plot
fontManager.ttflist = []
made = plot(lambda axes: axes.plot([0, 1]), "", "from 0 to 1")
print(made._repr_html_(), made, sep="\\n")
"""


def test_without_its_font_it_is_said_in_words_and_the_notebook_goes_on():
    done = subprocess.run([sys.executable, "-c", NO_FONTS], capture_output=True, text=True)
    told = r".* font DejaVu Sans is missing\. Install matplotlib again, .*, and restart the kernel\. .*:\nfrom 0 to 1"
    assert re.fullmatch(rf"<pre>{told}</pre>\n{told}\n", done.stdout)
    assert done.stderr == ""  # matplotlib's own warning is about files


def test_matplotlib_is_imported_only_when_it_paints():
    program = "import sys, tcpkit.draw; print('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "False\n"


def painted(paint):
    return re.findall('data-painted="([^"]*)"', plot(paint, "", "").svg)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (lambda axes: axes.plot([0, 1], [1, 3]), lambda axes: axes.plot([0, 1], [1, 3], "C1-")),
        (lambda axes: axes.plot([0, 1, 2], [1, 3, 2]), lambda axes: axes.plot([0, 1, 2], [1, 3, 2.1])),
        (lambda axes: axes.text(0, 0, "Reno"), lambda axes: axes.text(0, 0, "Rena")),
        (lambda axes: axes.text(0, 0, "Reno"), lambda axes: axes.text(0, 0.5, "Reno")),
        (lambda axes: axes.imshow([[1, 2, 3]]), lambda axes: axes.imshow([[1, 2.5, 3]])),
    ],
)
def test_what_is_painted_has_a_digest_for_each_paper(one, other):
    assert painted(one) == painted(one)
    assert len({*painted(one), *painted(other)}) == 4

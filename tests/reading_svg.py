"""Read a drawn picture back, for the tests of the room `draw`."""

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass

from tcpkit.draw.hex_dump import NARROW
from tcpkit.draw.svg import MONO_WIDTH, SANS_WIDTH

SVG = "{http://www.w3.org/2000/svg}"
PHONE = 336  # px that are left for a picture on a screen of 360
LEAST = 10.9  # px that text must measure there


@dataclass(frozen=True)
class Text:
    """A piece of text, and the place that it takes."""

    words: str
    css: frozenset[str]
    left: float
    right: float
    y: float

    def overlaps(self, other):
        return self.left < other.right and other.left < self.right and abs(self.y - other.y) < 15


@dataclass(frozen=True)
class Rect:
    """A rectangle as drawn."""

    css: str
    left: float
    top: float
    right: float
    bottom: float
    is_dashed: bool

    @property
    def width(self):
        return self.right - self.left

    def holds(self, text, pad=0.0):
        return self.left + pad <= text.left and text.right <= self.right - pad and self.top < text.y < self.bottom


def root(picture):
    return ElementTree.fromstring(picture.svg)


def size(picture):
    top = root(picture)
    return float(top.get("width")), float(top.get("height"))


def shapes(picture, tag, *css, inside=None):
    """Return the shapes with this tag and all these classes, in order."""
    top = root(picture)
    if inside:
        top = next(group for group in top.iter(f"{SVG}g") if group.get("class") == inside)
    return [shape for shape in top.iter(SVG + tag) if set(css) <= set(shape.get("class", "").split())]


def words(picture, *css, inside=None):
    return [shape.text for shape in shapes(picture, "text", *css, inside=inside)]


def rects(picture, *css, inside=None):
    """Return the rectangles with all these classes, the paper left out."""
    found = []
    for shape in shapes(picture, "rect", *css, inside=inside):
        x, y, width, height = (float(shape.get(name)) for name in ("x", "y", "width", "height"))
        dashes = shape.get("stroke-dasharray") is not None
        found.append(Rect(shape.get("class"), x, y, round(x + width, 1), round(y + height, 1), dashes))
    return [rect for rect in found if rect.css != "ground"]


def points(path):
    """Return the corners of a path."""
    steps = path.get("d").strip("MZ").split("L")
    return [tuple(map(float, step.split())) for step in steps]


def paths(picture, *css, inside=None):
    return [points(path) for path in shapes(picture, "path", *css, inside=inside)]


def texts(picture, inside=None):
    """Return all text: its place as it is given for monospaced text, and an ample one for other text."""
    scale = NARROW.char / MONO_WIDTH if inside == "narrow" else 1.0
    found = []
    for shape in shapes(picture, "text", inside=inside):
        length = shape.get("textLength")
        width = float(length) if length else len(shape.text) * SANS_WIDTH * scale
        left = float(shape.get("x")) - {"middle": width / 2, "end": width}.get(shape.get("text-anchor"), 0)
        css = frozenset(shape.get("class").split())
        assert "mono" not in css or abs(float(length) - len(shape.text) * MONO_WIDTH * scale) < 0.2
        found.append(Text(shape.text, css, left, left + width, float(shape.get("y"))))
    return found


def assert_clear(picture):
    """Assert that no two texts overlap, and that all text is on the paper."""
    width, height = size(picture)
    for inside in ("wide", "narrow") if 'class="narrow"' in picture.svg else (None,):
        found = texts(picture, inside)
        pairs = [(one, other) for at, one in enumerate(found) for other in found[at + 1 :]]
        overlapping = [(one.words, other.words) for one, other in pairs if one.overlaps(other)]
        assert not overlapping, overlapping
        off = [text for text in found if text.left < 0 or text.right > width or not 12 < text.y < height - 4]
        assert not off, f"not on the paper of {width} by {height}: {off}"


def size_on_a_phone(picture, px=15):
    return px * PHONE / max(PHONE, size(picture)[0])

"""Read a drawn picture back, for the tests of the room `draw`."""

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass

from tcpkit.draw.svg import CHAR, LETTER

SVG = "{http://www.w3.org/2000/svg}"
PHONE = 336  # px that are left for a picture on a screen of 360
LEAST = 10.9  # px that text must measure there


@dataclass(frozen=True)
class Box:
    """The room that a piece of text takes."""

    words: str
    css: frozenset[str]
    left: float
    right: float
    y: float

    def overlaps(self, other):
        return self.left < other.right and other.left < self.right and abs(self.y - other.y) < 15


def root(picture):
    return ElementTree.fromstring(picture.svg)


def shapes(picture, tag, *css, inside=None):
    """Return the shapes with this tag and all these classes, in order."""
    top = root(picture)
    if inside:
        top = next(group for group in top.iter(f"{SVG}g") if group.get("class") == inside)
    return [shape for shape in top.iter(SVG + tag) if set(css) <= set(shape.get("class", "").split())]


def words(picture, *css, inside=None):
    return [shape.text for shape in shapes(picture, "text", *css, inside=inside)]


def points(path):
    """Return the corners of a path."""
    steps = path.get("d").strip("MZ").split("L")
    return [tuple(map(float, step.split())) for step in steps]


def boxes(picture, inside=None, scale=1.0):
    """Return the room of every text: measured if monospaced, else ample."""
    found = []
    for shape in shapes(picture, "text", inside=inside):
        length = shape.get("textLength")
        width = float(length) if length else len(shape.text) * LETTER * scale
        left = float(shape.get("x")) - {"middle": width / 2, "end": width}.get(shape.get("text-anchor"), 0)
        css = frozenset(shape.get("class").split())
        assert "mono" not in css or abs(float(length) - len(shape.text) * CHAR * scale) < 0.2
        found.append(Box(shape.text, css, left, left + width, float(shape.get("y"))))
    return found


def overlapping(texts):
    """Return the pairs of texts that stand in each other's way."""
    pairs = [(one, other) for at, one in enumerate(texts) for other in texts[at + 1 :]]
    return [(one.words, other.words) for one, other in pairs if one.overlaps(other)]


def size_on_a_phone(picture, size=15):
    return size * PHONE / max(PHONE, float(root(picture).get("width")))

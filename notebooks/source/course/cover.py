"""The README's pictures: what the lessons drew."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator

from course.faults import Fault
from course.notebook import code_cells, load
from course.place import Place, write_whole

PICTURES = {"ladder.svg": ("00", 0), "tcp.svg": ("14", -1)}  # a solved lesson, and which of its pictures
IMAGE = re.compile(r'src="data:image/svg\+xml;base64,(?P<svg>[^"]+)"')


def pictures(place: Place) -> Iterator[tuple[str, bytes]]:
    """Yield the name of each file, and the picture in the stored notebook."""
    for name, (number, at) in PICTURES.items():
        for lesson in [path for path in place.solved() if path.name.startswith(number)]:
            outputs = [output for cell in code_cells(load(lesson)) for output in cell.outputs]
            found = [IMAGE.search(output.get("data", {}).get("text/html", "")) for output in outputs]
            drawn = [each["svg"] for each in found if each]
            yield name, base64.b64decode(drawn[at])


def write_cover(place: Place) -> None:
    """Store the pictures as files that the README can show."""
    for name, picture in pictures(place):
        write_whole(place.notebooks / name, picture)


def cover_faults(place: Place) -> Iterator[Fault]:
    """Find a picture that is not the lesson's."""
    for name, picture in pictures(place):
        stored = place.notebooks / name
        if not stored.is_file() or stored.read_bytes() != picture:
            yield Fault(place.shown(stored), "it is not what its lesson drew.", "Run `make notebooks`, and commit it.")

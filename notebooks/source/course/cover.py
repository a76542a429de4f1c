"""The README's picture: the first one that the first lesson drew."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator

from course.faults import Fault
from course.notebook import code_cells, load
from course.place import Place, write_whole

COVER = "ladder.svg"
IMAGE = re.compile(r'src="data:image/svg\+xml;base64,(?P<svg>[^"]+)"')


def cover(place: Place) -> bytes | None:
    """Return the picture in the stored notebook, or None."""
    for lesson in place.learners()[:1]:
        for cell in code_cells(load(lesson)):
            for output in cell.outputs:
                if found := IMAGE.search(output.get("data", {}).get("text/html", "")):
                    return base64.b64decode(found["svg"])
    return None


def write_cover(place: Place) -> None:
    """Store the picture as a file that the README can show."""
    if picture := cover(place):
        write_whole(place.notebooks / COVER, picture)


def cover_faults(place: Place) -> Iterator[Fault]:
    """Find a picture that is not the lesson's."""
    stored = place.notebooks / COVER
    if (picture := cover(place)) and (not stored.is_file() or stored.read_bytes() != picture):
        yield Fault(
            place.shown(stored), "it is not what the first lesson drew.", "Run `make notebooks`, and commit it."
        )

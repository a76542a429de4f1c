"""What a teacher hands out: one zip of empty notebooks, and pages to print.

Made from the stored learner's notebooks, without outputs and without the
cells tagged `solution`. The zip's bytes depend on its content only: fixed
dates, fixed order, and not compressed, as versions of zlib differ.
"""

from __future__ import annotations

import io
import shutil
import zipfile
from pathlib import Path

from nbformat import NotebookNode, writes

from course.companions import CARD, companions
from course.faults import CourseError, Fault
from course.notebook import load_without_outputs, tags
from course.place import Place, write_whole
from course.printing import page

NAME = "tcp-by-hand"
FOLDER = Path("handout")
FIRST_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest date in a zip
REGULAR_FILE = 0o100644 << 16
UNIX = 3


def handed_out(stored: Path) -> NotebookNode:
    """Return a learner's notebook without outputs and solutions."""
    notebook = load_without_outputs(stored)
    notebook.cells = [cell for cell in notebook.cells if "solution" not in tags(cell)]
    return notebook


def write_handout(place: Place) -> list[Path]:
    """Write the zip and the pages anew; return what was written."""
    lessons = place.learners()
    if not lessons:
        raise CourseError(Fault("notebooks", "there are no lessons.", "Build them: make notebooks"))
    notebooks = {path.stem: handed_out(path) for path in lessons}
    beside = {path: (place.notebooks / path).read_bytes() for path in companions(place.notebooks)}
    folder = place.root / FOLDER
    shutil.rmtree(folder, ignore_errors=True)  # no page of a lesson that is gone
    files = {f"{name}.ipynb": f"{writes(notebook)}\n".encode() for name, notebook in notebooks.items()}
    files |= {path.as_posix(): content for path, content in beside.items()}
    written = {folder / f"{NAME}.zip": zipped(files)}
    written |= {folder / f"{name}.html": page(notebook).encode() for name, notebook in notebooks.items()}
    written |= {folder / path: content for path, content in beside.items() if path == CARD}  # pages link it
    for path, content in written.items():
        write_whole(path, content)
    return list(written)


def zipped(files: dict[str, bytes]) -> bytes:
    """Return a zip of these files, all in one folder."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(f"{NAME}/{name}", FIRST_DATE)
            entry.create_system, entry.external_attr = UNIX, REGULAR_FILE
            archive.writestr(entry, files[name])
    return whole.getvalue()

"""The learner's own folder, `my/`: lessons without outputs, never overwritten."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from course.companions import companions
from course.faults import CourseError, Fault
from course.notebook import code_cells, load, store
from course.place import Place, write_whole


def make_my(place: Place) -> list[str]:
    """Copy what is not in `my/` yet; return the names of the lessons copied."""
    copied = []
    for lesson in place.learners():
        if not (place.my / lesson.name).exists():
            _copy_lesson(lesson, place.my / lesson.name)
            copied.append(lesson.stem)
    for path in companions(place.notebooks):
        if not (place.my / path).exists():
            write_whole(place.my / path, (place.notebooks / path).read_bytes())
    return copied


def make_fresh(place: Place, name: str) -> tuple[Path, Path | None]:
    """Put one lesson back; return its path and the path of the old one, kept beside it."""
    lesson = place.named(place.learners(), name)
    mine = place.my / lesson.name
    kept = None
    if mine.exists():
        kept = next(path for path in _names_beside(mine) if not path.exists())
        mine.rename(kept)
    _copy_lesson(lesson, mine)
    return mine, kept


def _names_beside(path: Path) -> Iterator[Path]:
    number = 1
    while True:
        yield path.with_name(f"{path.stem}_kept_{number}{path.suffix}")
        number += 1


def _copy_lesson(stored: Path, copy: Path) -> None:
    """Copy a notebook without what its cells printed: no answer above an empty guess."""
    try:
        notebook = load(stored)
    except (OSError, ValueError) as error:
        fault = Fault(stored.name, f"it cannot be read: {error}", "Bring it back: git checkout -- notebooks")
        raise CourseError(fault) from None
    for cell in code_cells(notebook):
        cell.outputs, cell.execution_count = [], None
    store(notebook, copy)

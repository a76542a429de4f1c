"""The learner's own folder, `my/`: lessons without outputs, never overwritten.

Without outputs, so that no answer is shown above a guess that is still empty.
"""

from __future__ import annotations

from itertools import count
from pathlib import Path

from course.companions import companions
from course.notebook import load_without_outputs, store
from course.place import Place, write_whole


def make_my(place: Place) -> list[str]:
    """Copy what is not in `my/` yet; return the names of the lessons copied."""
    copied = []
    for lesson in place.learners():
        if not (place.my / lesson.name).exists():
            store(load_without_outputs(lesson), place.my / lesson.name)
            copied.append(lesson.stem)
    for path in companions(place.notebooks):
        if not (place.my / path).exists():
            write_whole(place.my / path, (place.notebooks / path).read_bytes())
    return copied


def make_fresh(place: Place, name: str) -> tuple[Path, Path | None]:
    """Put one lesson back; return its path and the path of the old one, kept beside it."""
    lesson = place.named(place.learners(), name)
    notebook = load_without_outputs(lesson)  # first: a lesson that cannot be read moves nothing
    mine, kept = place.my / lesson.name, None
    if mine.exists():
        names = (mine.with_name(f"{mine.stem}_kept_{number}{mine.suffix}") for number in count(1))
        kept = next(path for path in names if not path.exists())
        mine.rename(kept)
    store(notebook, mine)
    return mine, kept

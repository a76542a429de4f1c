"""The course's folders and files, from its root."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from course.faults import CourseError, Fault

LESSON = re.compile(r"\d\d_[a-z0-9_]+|[a-z]+")  # a number and a slug, or one word: a page beside the lessons
BUILDER = "build"


@dataclass(frozen=True)
class Place:
    """The folders of a course that starts at `root`."""

    root: Path

    @property
    def notebooks(self) -> Path:
        return self.root / "notebooks"

    @property
    def solutions(self) -> Path:
        return self.notebooks / "solutions"

    @property
    def my(self) -> Path:
        return self.root / "my"

    @property
    def rules(self) -> Path:
        return self.root / "tests" / "nbval_sanitize.cfg"

    def sources(self) -> list[Path]:
        """Return the lessons' sources, in the course's order, and those of the pages beside them."""
        return [path for path in _lessons(self.notebooks / "source", "py") if path.stem != BUILDER]

    def learners(self) -> list[Path]:
        """Return the stored learner's notebooks."""
        return _lessons(self.notebooks, "ipynb")

    def solved(self) -> list[Path]:
        """Return the stored solved notebooks."""
        return _lessons(self.solutions, "ipynb")

    def named(self, files: list[Path], name: str) -> Path:
        """Return the file of these that a lesson's name or number means.

        `2`, `02`, `header_length` and `02_header_length` all name a lesson.
        """
        wanted = name.strip().removesuffix(".ipynb").removesuffix(".py")
        number = wanted.zfill(2) if wanted.isdigit() else None
        for path in files:
            if wanted in (path.stem, path.stem[3:]) or number == path.stem[:2]:
                return path
        there = ", ".join(path.stem for path in files) or "none yet"
        raise CourseError(Fault(name, "there is no such lesson.", f"The lessons are: {there}."))

    def shown(self, path: Path) -> str:
        """Return the path relative to the course's root."""
        return path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else path.name


def _lessons(folder: Path, ending: str) -> list[Path]:
    return sorted(path for path in folder.glob(f"*.{ending}") if LESSON.fullmatch(path.stem))


def write_whole(path: Path, content: bytes) -> None:
    """Write a file under another name, then rename it, so that none is ever half written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_bytes(content)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)

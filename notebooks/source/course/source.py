"""A lesson's source: cells in jupytext's percent format."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from course.faults import CourseError, Fault

MARKER = re.compile(r"^# %%", re.MULTILINE)
EXERCISE_ID = re.compile(r"# Exercise (\d+\.\d+)\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Cell:
    """One cell of a source: `number` counts from 1, `where` is for errors."""

    where: str
    number: int
    kind: str
    source: str
    tags: tuple[str, ...] = ()

    @property
    def is_code(self) -> bool:
        return self.kind == "code"

    def has(self, *tags: str) -> bool:
        """Say whether the cell carries one of the tags."""
        return any(tag in self.tags for tag in tags)

    @cached_property
    def tree(self) -> ast.Module:
        """Return the parsed code; `SyntaxError` where it is not Python."""
        return compile(self.source, "<cell>", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)

    @property
    def is_python(self) -> bool:
        try:
            return self.is_code and self.tree is not None
        except SyntaxError:
            return False

    @cached_property
    def tokens(self) -> list[tokenize.TokenInfo]:
        return list(tokenize.generate_tokens(io.StringIO(self.source).readline))

    @property
    def exercise_id(self) -> str | None:
        """Return the id on the first line, `# Exercise 1.1`, if there is one."""
        found = EXERCISE_ID.match(self.source)
        return found and found[1]

    def functions(self) -> list[str]:
        """Return the names of the functions, and of the classes, that the cell itself defines."""
        kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        return [node.name for node in self.tree.body if isinstance(node, kinds)]

    def fault(self, what: str, remedy: str) -> Fault:
        return Fault(self.where, what, remedy)


@dataclass(frozen=True)
class Lesson:
    """A lesson's source: `name` is the file's, without its ending."""

    name: str
    where: str
    cells: tuple[Cell, ...]

    @property
    def number(self) -> int:
        return int(self.name[:2])

    @property
    def is_page(self) -> bool:
        """Say whether this is a page beside the lessons, which has no number and no solution."""
        return not self.name[:2].isdigit()

    @property
    def code(self) -> tuple[Cell, ...]:
        return tuple(cell for cell in self.cells if cell.is_code)


def read_lesson(path: Path, shown: str) -> Lesson:
    """Return the lesson in the file; `shown` names it in errors."""
    import jupytext  # here: only authors have it

    text = path.read_text(encoding="utf-8")
    lines = [text.count("\n", 0, match.start()) + 1 for match in MARKER.finditer(text)]
    found = jupytext.reads(text, fmt="py:percent").cells
    if not found or len(found) != len(lines):
        raise CourseError(Fault(shown, "it has no cells, or text before the first one.", STARTS_A_CELL))
    cells = (
        Cell(
            where=f"{shown}:{line}, cell {number}",
            number=number,
            kind=cell.cell_type,
            source=cell.source.strip("\n"),
            tags=tuple(cell.metadata.get("tags", ())),
        )
        for number, (line, cell) in enumerate(zip(lines, found, strict=True), start=1)
    )
    return Lesson(path.stem, shown, tuple(cells))


STARTS_A_CELL = 'Begin each cell with "# %%" or "# %% [markdown]", then its tags: # %% tags=["exercise"].'

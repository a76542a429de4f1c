"""Read the course's own notebooks: their cells, and the checks in them.

A submission's own check cells are never run. They may be edited, or missing.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

LESSON = re.compile(r"\d\d_[a-z0-9_]+")
NAMED = re.compile(r"TODO (\S+ \w+)")  # a check's name, in what it prints for a stub
GIVEN = {"check", "lab"}  # names in a check that are not the learner's
ONLY_SHOWN = {"check", "compare", "mine", "playground"}  # no other cell depends on these


@dataclass(frozen=True)
class Cell:
    """A code cell: what marking needs of it."""

    id: str
    source: str
    tags: frozenset[str] = frozenset()
    printed: str = ""

    def is_copy_of(self, other: Cell) -> bool:
        """Say whether this is the other cell, by its id or its source."""
        return (self.id != "" and self.id == other.id) or self.source.strip() == other.source.strip()

    @cached_property
    def names(self) -> frozenset[str]:
        """Return the names that the cell binds; none if it is not Python."""
        try:
            tree = ast.parse(self.source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return frozenset(re.findall(r"^(?:async )?(?:def|class)? *([A-Za-z_]\w*) *[=(]", self.source, re.MULTILINE))
        bound = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        defined = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        return frozenset(bound | {node.name for node in ast.walk(tree) if isinstance(node, defined)})


@dataclass(frozen=True)
class Question:
    """A check: its name, its cell, the learner's names in it."""

    name: str
    cell: Cell
    names: tuple[str, ...]
    needs_lab: bool

    def bound_by(self, cells: Sequence[Cell]) -> list[int]:
        """Return which of the cells bind one of its names."""
        return [number for number, cell in enumerate(cells) if cell.names & set(self.names)]

    def place(self, cells: Sequence[Cell]) -> int:
        """Return how many of a submission's cells come before this check.

        Where the check is missing: as many as bind its names.
        """
        same = [number for number, cell in enumerate(cells) if cell.is_copy_of(self.cell)]
        bound = self.bound_by(cells)
        if same and bound:
            return max(same[-1], bound[0] + 1)
        return same[-1] if same else bound[-1] + 1 if bound else 0


@dataclass(frozen=True)
class Lesson:
    """A lesson of the course, with its checks in order."""

    name: str
    cells: tuple[Cell, ...]

    @cached_property
    def check(self) -> str:
        """Return the module that the lesson calls `check`."""
        for cell in self.cells:
            for node in ast.walk(ast.parse(cell.source)):
                if isinstance(node, ast.ImportFrom) and node.module == "tcpkit.check":
                    for alias in node.names:
                        if alias.asname == "check":
                            return f"tcpkit.check.{alias.name}"
        return "tcpkit.check"

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        return tuple(_question(cell) for cell in self.cells if "check" in cell.tags)

    @cached_property
    def only_shown(self) -> frozenset[str]:
        """Return the sources of cells that need not run."""
        return frozenset(cell.source for cell in self.cells if cell.tags & ONLY_SHOWN)


def _question(cell: Cell) -> Question:
    found = [node.id for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Name)]
    names = tuple(name for name in dict.fromkeys(found) if name not in GIVEN)
    named = NAMED.match(cell.printed)
    return Question(named[1] if named else cell.id, cell, names, "lab" in found)


def read_course(folder: Path) -> dict[str, Lesson]:
    """Return the course's lessons by name; empty if there are none."""
    files = sorted(path for path in folder.glob("*.ipynb") if LESSON.fullmatch(path.stem))
    return {path.stem: Lesson(path.stem, code_cells(json.loads(path.read_bytes()))) for path in files}


def code_cells(notebook: object) -> tuple[Cell, ...]:
    """Return the code cells; `ValueError` if this is no notebook."""
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise ValueError("it has no list of cells")
    return tuple(_cell(cell) for cell in cells if cell.get("cell_type") == "code")


def _cell(cell: dict) -> Cell:
    metadata = cell.get("metadata")
    tags = metadata.get("tags") if isinstance(metadata, dict) else None
    known = frozenset(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else frozenset()
    name = cell.get("id")
    return Cell(name if isinstance(name, str) else "", _text(cell.get("source")), known, _printed(cell.get("outputs")))


def _text(source: object) -> str:
    lines = [source] if isinstance(source, str) else source
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise ValueError("a cell's source is not text")
    return "".join(lines)


def _printed(outputs: object) -> str:
    """Return the first plain text that a cell of the course's own printed."""
    try:
        return _text(outputs[0]["data"]["text/plain"])
    except (LookupError, TypeError, ValueError):
        return ""

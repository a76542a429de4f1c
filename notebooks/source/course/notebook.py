"""From a lesson's cells to its two notebooks, before they run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course.faults import CourseError, Fault
from course.place import Place, write_whole
from course.solution import blanked, folded, solved
from course.source import Cell, Lesson

# Without versions and a machine's name for Python, with which the stored text would change.
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"},
}
PAGE_LINK = re.compile(r"\]\(([a-z]+\.ipynb)")  # a page beside the lessons is one folder up from the solutions


class Edition(StrEnum):
    """The two notebooks that a source becomes."""

    LEARNERS = "learner's"
    SOLVED = "solved"

    def path(self, place: Place, name: str) -> Path:
        """Return where this edition of the lesson is stored."""
        folder = place.notebooks if self is Edition.LEARNERS else place.solutions
        return folder / f"{name}.ipynb"


def editions(lesson: Lesson) -> tuple[Edition, ...]:
    """Return which notebooks a source becomes: a page beside the lessons has the learner's only."""
    return (Edition.LEARNERS,) if lesson.is_page else tuple(Edition)


def unrun(lesson: Lesson, edition: Edition) -> NotebookNode:
    """Return a lesson's notebook without outputs."""
    cells = _learners_cells(lesson) if edition is Edition.LEARNERS else _solved_cells(lesson)
    return new_notebook(cells=list(cells), metadata=METADATA, nbformat_minor=5)


def _solved_cells(lesson: Lesson) -> Iterator[NotebookNode]:
    for cell in lesson.cells:
        source = solved(cell)
        yield _node(lesson, cell, source if cell.is_code else PAGE_LINK.sub(r"](../\1", source))


def _learners_cells(lesson: Lesson) -> Iterator[NotebookNode]:
    """Yield the learner's cells, with folded solutions before the checks."""
    exercise: Cell | None = None
    for cell in lesson.cells:
        if cell.has("exercise"):
            exercise = cell
        elif cell.has("check") and exercise:
            yield new_markdown_cell(
                folded(exercise), id=f"{cell_id(lesson, exercise)}-solution", metadata={"tags": ["solution"]}
            )
            exercise = None
        yield _node(lesson, cell, blanked(cell))


def _node(lesson: Lesson, cell: Cell, source: str) -> NotebookNode:
    new = new_code_cell if cell.is_code else new_markdown_cell
    metadata = {"tags": list(cell.tags)} if cell.tags else {}
    return new(source, id=cell_id(lesson, cell), metadata=metadata)


def cell_id(lesson: Lesson, cell: Cell) -> str:
    """Return the cell's id: the lesson's name and the place in its source."""
    return f"{lesson.name}-{cell.number:02}"


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tags(cell: NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])


def load(path: Path) -> NotebookNode:
    return nbformat.read(path, as_version=4)


def load_without_outputs(path: Path) -> NotebookNode:
    """Return a stored notebook as if no cell had run; `CourseError` if it cannot be read."""
    try:
        notebook = load(path)
    except (OSError, ValueError) as error:
        fault = Fault(path.name, f"it cannot be read: {error}", "Bring it back: git checkout -- notebooks")
        raise CourseError(fault) from None
    for cell in code_cells(notebook):
        cell.outputs, cell.execution_count = [], None
    return notebook


def store(notebook: NotebookNode, path: Path) -> None:
    write_whole(path, f"{nbformat.writes(notebook)}\n".encode())

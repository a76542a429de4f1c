"""The lessons as a course for nbgrader, one assignment each.

An exercise is nbgrader's solution cell and a check its grade cell, worth one
point. nbgrader counts only errors, and our checks never raise: so here, and
only here, an assertion follows a check. The folder written is nbgrader's
`source/`, for `nbgrader generate_assignment`; gradebook and hand-ins beside
it are left alone.
"""

from __future__ import annotations

from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course.companions import companions
from course.notebook import METADATA, cell_id, store
from course.place import Place, write_whole
from course.solution import blanked
from course.source import Cell, Lesson

FOLDER = Path("nbgrader")
POINTS = 1  # for each check
SCHEMA = 3  # of nbgrader's cell metadata
MAY_FAIL = "raises-exception"
CONFIG = """\
c = get_config()
c.CourseDirectory.course_id = "tcp-by-hand"
c.ClearSolutions.code_stub = {"python": "return ..."}  # what the checks call TODO
c.Execute.timeout = 60
"""
ASSERTED = """\
verdict = {check}
display(verdict)
assert verdict.status == "PASS", verdict"""


def write_grading(place: Place, lessons: list[Lesson]) -> tuple[Path, dict[str, int]]:
    """Write the folder; return it, and the points of each assignment."""
    folder = place.root / FOLDER
    if not (folder / "nbgrader_config.py").exists():  # a teacher may have changed it
        write_whole(folder / "nbgrader_config.py", CONFIG.encode())
    points = {}
    for lesson in lessons:
        assignment = folder / "source" / lesson.name
        notebook = graded(lesson)
        store(notebook, assignment / f"{lesson.name}.ipynb")
        for path in companions(place.notebooks):
            write_whole(assignment / path, (place.notebooks / path).read_bytes())
        points[lesson.name] = sum(cell.metadata.get("nbgrader", {}).get("points", 0) for cell in notebook.cells)
    return folder, points


def graded(lesson: Lesson) -> NotebookNode:
    """Return a lesson as nbgrader's source notebook."""
    return new_notebook(cells=[_node(lesson, cell) for cell in lesson.cells], metadata=METADATA, nbformat_minor=5)


def _node(lesson: Lesson, cell: Cell) -> NotebookNode:
    name = cell_id(lesson, cell)
    if not cell.is_code:
        return new_markdown_cell(cell.source, id=name, metadata={"tags": list(cell.tags)} if cell.tags else {})
    source, marks, tags = _graded_code(cell)
    metadata: dict[str, object] = {"tags": tags} if tags else {}
    if marks:
        metadata["nbgrader"] = {
            **{"grade": False, "locked": False, "solution": False, "task": False},
            **marks,
            "grade_id": name,
            "schema_version": SCHEMA,
        }
    return new_code_cell(source, id=name, metadata=metadata)


def _graded_code(cell: Cell) -> tuple[str, dict[str, object], list[str]]:
    """Return the cell's source, its nbgrader metadata, and its tags."""
    tags = list(cell.tags)
    if cell.has("exercise"):
        return cell.source, {"solution": True}, tags  # nbgrader uses the same markers
    if cell.has("check"):
        # The tag lets "Run All" go on past a check that is not passed yet.
        return ASSERTED.format(check=cell.source), {"grade": True, "locked": True, "points": POINTS}, [*tags, MAY_FAIL]
    if "import" in cell.source and "tcpkit.check" in cell.source:
        return cell.source, {"locked": True}, tags  # without this cell nothing is graded
    return blanked(cell), {}, tags

"""Run the cells of a lesson in this process, as it is solved, and keep the world before each.

Quicker than a kernel, so that a cell can be tried again with many bad answers.
"""

import ast
import asyncio
import contextlib
import inspect
import io
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import nbformat

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
SOLVED = NOTEBOOKS / "solutions"
DEFINITION = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
NAMES = sorted(path.stem for path in SOLVED.glob("*.ipynb"))


@dataclass
class Cell:
    """A code cell of a lesson as it is solved; `world` is what names it found, once it was run."""

    lesson: str
    place: int  # among the code cells
    source: str
    stub: str  # the same cell, as the learner gets it
    tags: tuple[str, ...]
    world: dict = field(default_factory=dict)

    def __str__(self):
        return f"{self.lesson[:2]}-{self.place}"

    @cached_property
    def tree(self):
        return ast.parse(self.source)

    @cached_property
    def exercise(self):
        """Return the name of the function or the class to write here, or ""."""
        defined = [node.name for node in self.tree.body if isinstance(node, DEFINITION)]
        return defined[0] if "exercise" in self.tags else ""

    @cached_property
    def answers(self):
        """Return the names that the learner gives a value here."""
        assigned = (node for node in ast.parse(self.stub).body if isinstance(node, ast.Assign))
        return {node.targets[0].id for node in assigned if any(map(is_gap, ast.walk(node.value)))}

    @cached_property
    def reads(self):
        """Return the names that are looked up here."""
        return {node.id for node in ast.walk(self.tree) if isinstance(node, ast.Name)}

    @cached_property
    def check(self):
        """Return the name of the check that is called here, or ""."""
        calls = [node.func for node in ast.walk(self.tree) if isinstance(node, ast.Call)]
        checks = [call.attr for call in calls if isinstance(call, ast.Attribute) and is_check(call.value)]
        return checks[-1] if checks else ""

    def run(self, world):
        """Run the cell in its notebook's folder, and return the value of its last line."""
        *first, last = self.tree.body
        with contextlib.chdir(SOLVED):
            if not isinstance(last, ast.Expr):
                return self._evaluated(self.tree, "exec", world)
            self._evaluated(ast.Module(first, []), "exec", world)
            return self._evaluated(ast.Expression(last.value), "eval", world)

    def _evaluated(self, tree, mode, world):
        """Return the value of a part of the cell; it may have an `await` outside of a function."""
        value = eval(compile(tree, str(self), mode, ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), world)
        return asyncio.run(value) if inspect.iscoroutine(value) else value

    def given(self, **answers):
        """Run the cell in the world it had, but with other answers; return its last value."""
        kept = [node for node in self.tree.body if not (isinstance(node, ast.Assign) and is_answer(node, answers))]
        return Cell(self.lesson, self.place, ast.unparse(kept), self.stub, self.tags).run(self.world | answers)


def is_gap(node):
    return isinstance(node, ast.Constant) and node.value in (..., "...")


def is_check(node):
    return isinstance(node, ast.Name) and node.id == "check"


def is_answer(node, answers):
    return isinstance(node.targets[0], ast.Name) and node.targets[0].id in answers


def code_cells(lesson):
    """Return the code cells of a lesson, not yet run."""
    solved, learners = (
        [cell for cell in nbformat.read(folder / f"{lesson}.ipynb", 4).cells if cell.cell_type == "code"]
        for folder in (SOLVED, NOTEBOOKS)
    )
    return [
        Cell(lesson, place, cell.source, stub.source, tuple(cell.metadata.get("tags", ())))
        for place, (cell, stub) in enumerate(zip(solved, learners, strict=True))
    ]


def run(cells):
    """Run cells in order, and return the world at the end."""
    world = {"__name__": "__main__"}
    with contextlib.redirect_stdout(io.StringIO()):
        for cell in cells:
            cell.world = dict(world)
            cell.run(world)
    return world


WITH_LAB = [name for name in NAMES if any("Lab()" in cell.source for cell in code_cells(name))]

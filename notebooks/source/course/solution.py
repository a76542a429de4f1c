"""The learner's version of a cell, and the solved one.

An author writes the solution inline, between `# BEGIN SOLUTION` and
`# END SOLUTION`. In a function the block becomes `return ...`; at the top
level of a cell each `name = value  # comment` in it becomes
`name = ...  # comment`.
"""

from __future__ import annotations

import ast
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

from course.faults import CourseError
from course.source import Cell

BEGIN = "# BEGIN SOLUTION"
END = "# END SOLUTION"
NEARLY = re.compile(r"\s*#+\s*(begin|end)\W*solution", re.IGNORECASE)
WORDS = '"""..."""'  # what a learner replaces in a cell tagged `words`


@dataclass(frozen=True)
class Block:
    """A solution's place: the lines of its two markers, from 1."""

    begin: int
    end: int
    indent: str

    def holds(self, node: ast.AST) -> bool:
        return self.begin < node.lineno and node.end_lineno < self.end


def blocks(cell: Cell) -> list[Block]:
    """Return the solutions in a cell; `CourseError` if a marker is wrong."""
    found: list[Block] = []
    opened: tuple[int, str] | None = None
    for number, line in enumerate(cell.source.splitlines(), start=1):
        if not NEARLY.match(line):
            continue
        marker = line.strip()
        if marker not in (BEGIN, END) or not cell.is_code:
            what = f"line {number} is `{marker}`" + ("." if cell.is_code else ", in a markdown cell.")
            raise CourseError(cell.fault(what, f"Solutions are code, between `{BEGIN}` and `{END}` exactly."))
        if (marker == BEGIN) == (opened is not None):
            what = f"line {number}: `{marker}` " + ("inside a solution." if opened else "without its `BEGIN`.")
            raise CourseError(cell.fault(what, f"Every `{BEGIN}` has one `{END}` after it, and they do not nest."))
        if marker == BEGIN:
            opened = number, line[: len(line) - len(line.lstrip())]
        else:
            found.append(Block(opened[0], number, opened[1]))
            opened = None
    if opened:
        what = f"line {opened[0]}: `{BEGIN}` without its `END`."
        raise CourseError(cell.fault(what, f"Put `{END}` after the last line of the solution."))
    return found


def solved(cell: Cell) -> str:
    """Return the cell's source with its solutions, markers taken out."""
    lines = cell.source.splitlines()
    return "\n".join(line for line in lines if line.strip() not in (BEGIN, END))


def blanked(cell: Cell) -> str:
    """Return the cell's source as the learner gets it."""
    lines = cell.source.splitlines()
    for block in reversed(blocks(cell)):
        lines[block.begin - 1 : block.end] = _blank(cell, block)
    return "\n".join(lines)


def _blank(cell: Cell, block: Block) -> list[str]:
    if not _has_inside(cell.tree, block):
        raise CourseError(cell.fault(f"the solution in line {block.begin} is empty.", "Write it, or drop the markers."))
    if any(_is_around(node, block) for node in ast.walk(cell.tree)):
        return [f"{block.indent}return ..."]
    return list(_blank_assignments(cell, block))


def _is_around(node: ast.AST, block: Block) -> bool:
    is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    return is_function and node.lineno < block.begin and _has_inside(node, block)


def _has_inside(node: ast.AST, block: Block) -> bool:
    return any(isinstance(inner, ast.stmt) and block.holds(inner) for inner in ast.walk(node))


def _blank_assignments(cell: Cell, block: Block) -> Iterator[str]:
    lines = cell.source.splitlines()
    for node in cell.tree.body:
        if node.end_lineno < block.begin or node.lineno > block.end:
            continue
        match node:
            case ast.Assign(targets=[ast.Name(id=name)]) if block.holds(node):
                blank = WORDS if cell.has("words") else "..."
                yield f"{name} = {blank}{_comment_after(cell, node)}"
            case _:
                what = f"`{lines[node.lineno - 1].strip()}` stands in a solution at the top level of a cell."
                remedy = "Only plain assignments, `name = value  # comment`, can be blanked there; or use a function."
                raise CourseError(cell.fault(what, remedy))


def _comment_after(cell: Cell, node: ast.stmt) -> str:
    """Return the comment behind a statement, with the two spaces before it."""
    for token in cell.tokens:
        if token.type == tokenize.COMMENT and token.start[0] == node.end_lineno:
            return f"  {token.string}"
    return ""


def folded(cell: Cell) -> str:
    """Return the folded markdown that shows an exercise's solution."""
    code = EXERCISE_LINE.sub("", solved(cell))
    # The blank lines let Markdown see the fence inside the HTML.
    return f"<details>\n<summary>Solution</summary>\n\n```python\n{code}\n```\n\n</details>"


EXERCISE_LINE = re.compile(r"\A# Exercise .*\n")

"""The text of a function or class, with what it needs of the cell that defines it."""

from __future__ import annotations

import ast
import inspect
import linecache
from itertools import pairwise
from typing import Any

DEFINITIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
IMPORTS = ast.Import | ast.ImportFrom


def text_of(answer: Any) -> str:
    """Return a definition as its cell has it, behind that cell's imports; "" if it is not found.

    Raises whatever Python raises for a text that has changed since, or a hostile answer.
    """
    made = vars(answer).values() if isinstance(answer, type) else [answer]
    codes = [each.__code__ for each in map(inspect.unwrap, made) if inspect.isfunction(each)]
    lines = linecache.getlines(codes[0].co_filename) if codes else []
    cell = ast.parse("".join(lines))
    found: list[Any] = [node for node in cell.body if isinstance(node, DEFINITIONS) and node.name == answer.__name__]
    if not found:
        return ""
    found += [node for node in cell.body if isinstance(node, IMPORTS) and not _is_of_the_future(node)]
    wanted = set().union(*map(_takes, found))
    while more := [node for node in cell.body if node not in found and _gives(node) & wanted]:
        found += more
        wanted = wanted.union(*map(_takes, more))
    return _joined(sorted(found, key=lambda node: node.lineno), lines)


def _is_of_the_future(node: ast.stmt) -> bool:
    """Say whether this import may stand only at the beginning of a file."""
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def _gives(node: ast.stmt) -> set[str]:
    """Return the names that a statement defines, imports apart."""
    if isinstance(node, DEFINITIONS):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return {target.id for target in targets if isinstance(target, ast.Name)}


def _takes(node: ast.stmt) -> set[str]:
    """Return the names that a statement takes from outside of itself."""
    names = [each for each in ast.walk(node) if isinstance(each, ast.Name)]
    own = {each.id for each in names if isinstance(each.ctx, ast.Store)}
    return {each.id for each in names} - own - {each.arg for each in ast.walk(node) if isinstance(each, ast.arg)}


def _joined(nodes: list[ast.stmt], lines: list[str]) -> str:
    """Return the statements' lines, with two empty ones around each definition."""
    text = _lines(nodes[0], lines)
    for before, node in pairwise(nodes):
        is_apart = isinstance(before, DEFINITIONS) or isinstance(node, DEFINITIONS)
        text += "\n" * (3 if is_apart else 1) + _lines(node, lines)
    return text


def _lines(node: Any, lines: list[str]) -> str:
    first = min(each.lineno for each in [node, *getattr(node, "decorator_list", [])])
    return "".join(lines[first - 1 : node.end_lineno]).rstrip()

"""docs/stack.md, and the sizes that it tells."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/stack.md").read_text()
MODULES = [path for path in sorted((ROOT / "tcpkit/stack").glob("*.py")) if path.name != "__init__.py"]
LINES = {path.name: len(path.read_text().splitlines()) for path in MODULES}
MOST_OF_ALL, MOST_OF_ONE, MOST_OF_A_FUNCTION = 2000, 300, 40


def test_the_page_tells_the_size_of_each_module():
    told = {name: int(lines) for name, lines in re.findall(r"\| `(\w+\.py)` \| (\d+) ", PAGE)}
    assert told == LINES


def test_the_page_names_each_module_on_the_way():
    assert set(re.findall(r"\*\*`(\w+\.py)`\*\*", PAGE)) == set(LINES)


def test_it_can_be_read_in_an_evening():
    assert sum(LINES.values()) + len((ROOT / "tcpkit/stack/__init__.py").read_text().splitlines()) < MOST_OF_ALL
    assert [name for name, lines in LINES.items() if lines > MOST_OF_ONE] == []
    nodes = [node for path in MODULES for node in ast.walk(ast.parse(path.read_text()))]
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef)]
    assert len(functions) > 100
    assert [each.name for each in functions if each.end_lineno - each.lineno >= MOST_OF_A_FUNCTION] == []


def test_the_page_is_two_screens():
    assert len(PAGE.splitlines()) < 90

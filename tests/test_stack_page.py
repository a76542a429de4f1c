"""docs/stack.md tells the way of a segment through every module."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/stack.md").read_text()
TOOLS = {"transfer.py", "bottleneck.py", "recut.py"}  # they use this TCP, and are not on a segment's way
MODULES = [path for path in sorted((ROOT / "tcpkit/stack").glob("*.py")) if path.name not in {"__init__.py", *TOOLS}]
LINES = {path.name: len(path.read_text().splitlines()) for path in MODULES}
MOST_OF_ALL, MOST_OF_ONE, MOST_OF_A_FUNCTION = 2000, 300, 40


def test_the_page_tells_the_size_of_each_module():
    told = {name: int(lines) for name, lines in re.findall(r"\| `(\w+\.py)` \| (\d+) ", PAGE)}
    assert told == LINES


def test_the_page_names_each_module_on_the_way():
    assert set(re.findall(r"\*\*`(\w+\.py)`\*\*", PAGE)) == MODULES


def test_the_page_is_two_screens():
    assert len(PAGE.splitlines()) < 90

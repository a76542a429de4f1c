"""docs/stack.md, and the sizes that it tells."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/stack.md").read_text()
MODULES = [path for path in sorted((ROOT / "tcpkit/stack").glob("*.py")) if path.name != "__init__.py"]
LINES = {path.name: len(path.read_text().splitlines()) for path in MODULES}


def test_the_page_tells_the_size_of_each_module():
    told = {name: int(lines) for name, lines in re.findall(r"\| `(\w+\.py)` \| (\d+) ", PAGE)}
    assert told == LINES


def test_the_page_names_each_module_on_the_way():
    assert set(re.findall(r"\*\*`(\w+\.py)`\*\*", PAGE)) == set(LINES)


def test_the_page_is_two_screens():
    assert len(PAGE.splitlines()) < 90

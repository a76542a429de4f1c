"""docs/stack.md tells the way of a segment through every module."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/stack.md").read_text()
TOOLS = {"bottleneck.py", "transfer.py", "recut.py"}  # they use this TCP, and are not on a segment's way
MODULES = {path.name for path in (ROOT / "tcpkit/stack").glob("*.py")} - {"__init__.py", *TOOLS}


def test_the_page_names_each_module_on_the_way():
    assert set(re.findall(r"\*\*`(\w+\.py)`\*\*", PAGE)) == MODULES


def test_the_page_is_two_screens():
    assert len(PAGE.splitlines()) < 90

"""docs/conformance.md and the tests that it names keep step."""

import ast
import re
from collections import Counter
from pathlib import Path

TESTS = Path(__file__).parent
PAGE = (TESTS.parent / "docs" / "conformance.md").read_text()
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("| ")]
NAMED = set(re.findall(r"`(test_\w+)`", PAGE))
MUSTS = {f"MUST-{number}" for number in range(1, 70)}  # RFC 9293, appendix B
NOT_SHOWN = ("Does not apply", "Not kept")


def collected():
    """Return the names of all tests of conformance, as pytest finds them."""
    found = Counter()
    for path in TESTS.glob("test_conformance_*.py"):
        if path != Path(__file__):
            body = ast.parse(path.read_text()).body
            found.update(each.name for each in body if isinstance(each, ast.FunctionDef) and each.name[:5] == "test_")
    return found


def test_every_test_on_the_page_exists():
    assert NAMED - set(collected()) == set()


def test_every_test_is_on_the_page():
    assert set(collected()) - NAMED == set()


def test_each_name_is_one_test():
    """A second one of the same name would hide the first."""
    assert [name for name, times in collected().items() if times > 1] == []


def test_no_test_of_conformance_is_skipped():
    for path in TESTS.glob("test_conformance_*.py"):
        called = {node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)}
        assert not called & {"skip", "skipif", "xfail", "importorskip"}, path


def test_every_must_has_one_row():
    assert Counter(row[0] for row in ROWS if row[0].startswith("MUST-")) == Counter(MUSTS)


def test_every_rule_is_shown_by_a_test_or_says_why_not():
    for row in ROWS:
        if row[0].startswith(("MUST-", "SHLD-")):
            assert len(row) == 4, row
            assert re.fullmatch(r"3(\.\d+)+", row[2]), row
            assert bool(re.search(r"`test_\w+`", row[3])) is not row[3].startswith(NOT_SHOWN), row

"""How large the course may become: each budget once."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TESTS = ROOT / "tests"
CHECK = ROOT / "tcpkit" / "check"
SOURCE = ROOT / "notebooks" / "source"
LESSON = "lesson[0-9][0-9].py"
A_LESSON = [  # at most so many lines, and all files of this kind
    *[(240, path) for path in sorted(CHECK.glob(LESSON))],
    *[(150, path) for path in sorted((TESTS / "checks").glob(LESSON))],
]
CODE = [*(ROOT / "tcpkit").rglob("*.py"), SOURCE / "build.py", *(SOURCE / "course").glob("*.py")]


def lines(paths):
    return sum(len(path.read_text().splitlines()) for path in paths)


def shown(path):
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize(("most", "path"), A_LESSON, ids=[shown(path) for _, path in A_LESSON])
def test_one_lessons_check_and_its_data(most, path):
    assert lines([path]) <= most


def test_all_checks_together():
    """2,800 lines for what all lessons share and for lessons 00 to 05; each lesson after them adds its own 240."""
    later = [path for path in CHECK.glob("lesson*.py") if path.stem[:8] > "lesson05"]
    live = CHECK / "live_talk.py"  # what the lessons of Part II share: conversations with the kernel
    carrying = CHECK / "carrying.py"  # what those of Part III share: a transfer with the learner's piece
    formula = CHECK / "formula.py"  # what those of Part IV share
    inventory = set(CHECK.glob("inventory*.py"))  # twenty questions, their file, and what is said
    contest = CHECK / "contest.py"  # the scorer of lesson 17
    assert lines(set(CHECK.rglob("*.py")) - {*later, live, carrying, formula, contest, *inventory}) <= 2_800
    assert lines(inventory) <= 310
    assert lines([live]) <= 160
    assert lines([carrying]) <= 80
    assert lines([formula]) <= 40
    assert lines([contest]) <= 150


def test_all_tests_of_checks_together():
    names = {"test_checks.py", *(f"test_{path.stem}.py" for path in CHECK.glob("*.py"))}
    tests = [path for path in TESTS.glob("test_*.py") if path.name in names or path.name.startswith("test_check_")]
    data = [path for path in (TESTS / "checks").rglob("*.py") if path.stem <= "lesson05"]  # each later one has its 150
    apart = {"test_live_talk.py", "test_inventory.py"}
    shared = [path for path in tests if path.name not in apart]
    assert lines([*shared, *data]) <= 3_200
    assert lines([TESTS / "test_live_talk.py"]) <= 160


def test_the_stack_can_be_read_in_an_evening():
    apart = {"bottleneck.py", "transfer.py", "recut.py"}
    assert lines(path for path in (ROOT / "tcpkit" / "stack").glob("*.py") if path.name not in apart) <= 2_000


def test_the_zoo_is_a_table_and_a_ward():
    assert lines([ROOT / "tcpkit" / "zoo.py"]) <= 260


def test_reading_and_showing_captures():
    assert lines((ROOT / "tcpkit" / "capture").rglob("*.py")) <= 2_210


def test_no_function_is_longer_than_a_screen():
    nodes = [(path, node) for path in CODE for node in ast.walk(ast.parse(path.read_text()))]
    functions = [(path, node) for path, node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert len(functions) > 500
    sizes = {f"{shown(path)}: {node.name}": node.end_lineno - node.lineno + 1 for path, node in functions}
    assert {name: size for name, size in sizes.items() if size > 40} == {}

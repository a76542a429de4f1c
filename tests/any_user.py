"""Which test files prove the same for every user: `.ci/run` leaves them out where it tests as an ordinary user.

Most are found by what they import: neither they nor the files beside them
that they import reach outside their own process. A file of which this is not
known runs for every user, and so does a new one.
"""

import ast
import sys
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parent
OUTSIDE = {"asyncio", "ctypes", "fcntl", "multiprocessing", "os", "select", "shutil", "signal", "socket"}
OUTSIDE |= {"subprocess", "tempfile", "threading"}
INSIDE = set(sys.stdlib_module_names) - OUTSIDE | {"dpkt", "hypothesis", "numpy", "pandas", "pytest", "scapy"}
PURE_ROOMS = {"wire", "stack", "draw", "capture", "check", "zoo"}
LABS = {"lab", "direct"}  # fixtures
ALSO = {  # they use a lab, or other programs; what a user may do with those is tested elsewhere
    "test_asyncio_bad_luck.py",
    "test_asyncio_doors.py",
    "test_asyncio_libraries.py",
    "test_asyncio_postgres.py",
    "test_bad_input.py",
    "test_bad_input_notebooks.py",
    "test_benchmarks.py",
    "test_browser.py",
    "test_build.py",
    "test_checks.py",
    "test_contest.py",
    "test_conversations.py",
    "test_flows.py",
    "test_handout.py",
    "test_interop.py",
    "test_lesson05_probe.py",
    "test_lesson10_lives.py",
    "test_live_talk.py",
    "test_marks_honest.py",
    "test_notebook_luck.py",
    "test_playground.py",
    "test_plot_in_notebook.py",
    "test_relay.py",
    "test_replies.py",
    "test_running_stack.py",
    "test_sharing.py",
    "test_stack_transfer.py",
    "test_steady.py",
    "test_talk.py",
    "test_zoo.py",
}


def is_left_out(path: Path) -> bool:
    """Say whether a test file need not run for an ordinary user, too."""
    return path.parent == TESTS and path.suffix == ".py" and (path.name in ALSO or is_inside(path))


@cache
def is_inside(path: Path) -> bool:
    """Say whether it is known that a file reaches nothing outside its own process."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    asked = {each.arg for node in nodes if isinstance(node, ast.FunctionDef) for each in node.args.args}
    return not asked & LABS and all(map(stays_inside, imports(nodes)))


def imports(nodes: list[ast.AST]) -> set[str]:
    """Return what is imported, as `module` or `module.name`."""
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return names | {
        f"{node.module}.{alias.name}" for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names
    }


def stays_inside(name: str) -> bool:
    top, *rest = name.split(".")
    if top == "tcpkit":
        return bool(rest) and (rest[0] in PURE_ROOMS or (rest[0][0].isupper() and rest[0] != "Lab"))
    beside = TESTS / f"{top}.py"
    return is_inside(beside) if beside.exists() else top in INSIDE

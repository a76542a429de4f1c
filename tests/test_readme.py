"""What the README promises: its program that talks to PostgreSQL, and its way through the course in one evening."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from lesson_cells import NAMES, SOLVED, code_cells, run

README = Path(__file__).parents[1] / "README.md"
TEACHERS = README.parent / "docs" / "teachers.md"
PART = re.compile(r"(?:sections ([\d, and]+) of )?(\d\d) \((\d+)")


@pytest.mark.usefixtures("_namespace")
def test_a_database_client_over_our_tcp(tmp_path):
    (program,) = re.findall(r"```python\n(import asyncio\n.*?)```", README.read_text(), re.DOTALL)
    run = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert (run.stdout, run.stderr) == ("10.0.0.2\n", "")


def evening(page):
    """Return what a page names for one evening: of each lesson the sections (none: all of it), and the minutes."""
    (text,) = re.findall(r"one evening.*?Take (.*?\))\. |One evening\*\* of two hours: (.*?\))\. ", page, re.DOTALL)
    parts = PART.findall(" ".join("".join(text).split()))
    return {lesson: (re.findall(r"\d", sections), int(minutes)) for sections, lesson, minutes in parts}


EVENING = evening(README.read_text())


def sections(lesson):
    """Return (number of its section, minutes of that section, cell) for each code cell."""
    found, cells, number, minutes = [], iter(code_cells(lesson)), "", 0
    for cell in nbformat.read(SOLVED / f"{lesson}.ipynb", 4).cells:
        if cell.cell_type == "code":
            found.append((number, minutes, next(cells)))
        for head, length in re.findall(r"^## (.*) \((\d+) min\)$", cell.source, re.MULTILINE):
            number, minutes = head.partition(".")[0], int(length)
    return found


def test_both_pages_name_the_same_evening():
    assert evening(TEACHERS.read_text()) == EVENING
    assert list(EVENING) == ["00", "04", "07", "08"]
    assert sum(minutes for _, minutes in EVENING.values()) <= 120


@pytest.mark.usefixtures("_namespace")
@pytest.mark.parametrize("text", ["stub", "source"])
@pytest.mark.parametrize("lesson", [name for name in NAMES if EVENING.get(name[:2], [""])[0]])
def test_the_first_cell_and_the_sections_named_are_enough(lesson, text):
    """In a world of their own, as the learner gets them and as they are solved."""
    named, minutes = EVENING[lesson[:2]]
    first, *rest = sections(lesson)
    taken = [first, *(each for each in rest if each[0] in named)]
    assert sum(dict(each[:2] for each in taken[1:]).values()) == minutes
    run([replace(cell, source=getattr(cell, text)) for *_, cell in taken])["lab"].close()

"""Hand-ins for `python -m tcpkit marks`: made from the lessons, stored, and what the command says of them."""

import csv
import io
import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from processes import PATIENCE_S

from tcpkit.lab import Lab, LabUnavailable
from tcpkit.marks.course import read_course

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
COURSE = read_course(NOTEBOOKS)
PROGRAM = [sys.executable, "-m", "tcpkit", "marks"]
FIRST, FOURTH = (list(COURSE)[number] for number in (1, 4))


def skip_without_lab():
    try:
        Lab().close()
    except LabUnavailable as error:
        pytest.skip(str(error))


@dataclass
class HandIn:
    """A notebook, its lesson, and the status of each question: `every`, but for some by number."""

    notebook: dict
    lesson: str = FIRST
    but: dict = field(default_factory=dict)
    every: str = "PASS"

    @property
    def marks(self):
        names = [question.name for question in COURSE[self.lesson].questions]
        return [(name, self.but.get(name.split()[0], self.every)) for name in names]


def load(name=FIRST, folder="solutions"):
    return json.loads((NOTEBOOKS / folder / f"{name}.ipynb").read_text())


def code(source):
    return {"cell_type": "code", "id": "mine", "metadata": {}, "execution_count": None, "outputs": [], "source": source}


def first(source, notebook=None):
    """Return a solved notebook with a cell of the learner's own behind its imports."""
    notebook = notebook or load()
    notebook["cells"].insert(2, code(source))
    return notebook


def exercise(source, number="1.1", notebook=None):
    """Return a solved notebook in which one exercise is answered otherwise; SOLUTION is its solution."""
    notebook = notebook or load()
    for cell in notebook["cells"]:
        if (solved := "".join(cell["source"])).startswith(f"# Exercise {number}\n"):
            cell["source"] = source.replace("SOLUTION", solved)
    return notebook


def has_tag(cell, tag):
    return tag in cell["metadata"].get("tags", [])


def without_checks(notebook):
    return notebook | {"cells": [cell for cell in notebook["cells"] if not has_tag(cell, "check")]}


def bare(notebook):
    """Return a notebook as a program saves it that drops ids, tags, outputs and our checks."""
    kept = [cell for cell in notebook["cells"] if not has_tag(cell, "check")]
    return {"cells": [{"metadata": {}, **{part: cell[part] for part in ("cell_type", "source")}} for cell in kept]}


def run(folder, *arguments, **options):
    command = [*PROGRAM, str(folder), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=4 * PATIENCE_S, **options)
    assert done.returncode == 0, done.stderr
    return done


def marks(done):
    """Return (exercise, status) by file, in order, from the CSV as a spreadsheet reads it."""
    header, *rows = csv.reader(io.StringIO(done.stdout))
    assert header[:3] == ["file", "exercise", "status"]
    found = {}
    for file, asked, status, *sandbox in rows:
        assert sandbox == ["unprotected"] * (len(header) - 3)
        found.setdefault(file, []).append((asked, status))
    return found


def store(folder, hand_ins):
    for name, hand_in in hand_ins.items():
        (folder / f"{name}.ipynb").parent.mkdir(exist_ok=True)
        (folder / f"{name}.ipynb").write_text(json.dumps(hand_in.notebook))

"""`make steady`, on a tiny course of one lesson."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from processes import eventually, marked

ROOT = Path(__file__).parents[1]
STAND_IN = """
import sys, time
runs = open("runs", "a+")
print(sys.argv[-1], file=runs, flush=True)
runs.seek(0)
{then}
"""


class Course:
    """A folder with one lesson, stored twice, and the script that runs it."""

    def __init__(self, folder):
        self.folder = folder
        for name in ("pyproject.toml", "tests/nbval_sanitize.cfg", "tests/steady.py", "tests/quick_start.py"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)

    def store(self):
        """Store a notebook twice, with an output that it does not give."""
        output = new_output("stream", text="Flags S\n")
        cell = new_code_cell("print('Flags', 'R')", execution_count=1, outputs=[output], id="one")
        for name in ("notebooks/one.ipynb", "notebooks/solutions/one.ipynb"):
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(new_notebook(cells=[cell]), self.folder / name)

    def stand_in(self, then=""):
        """Let another program be pytest, which takes seconds to start and starts kernels."""
        self.store()
        (self.folder / "pytest.py").write_text(STAND_IN.format(then=then))

    def start(self, times, busy=0):
        return subprocess.Popen(
            [sys.executable, "tests/steady.py", str(times), str(busy)],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )

    def run(self, times, busy=0):
        started = self.start(times, busy)
        said, complaints = started.communicate()
        assert complaints == ""
        return started, said

    @property
    def runs(self):
        """How often the stand-in ran."""
        path = self.folder / "runs"
        return len(path.read_text().splitlines()) if path.exists() else 0


@pytest.fixture
def course(tmp_path):
    return Course(tmp_path)


def busy_loops(owner):
    return marked(f"sum(range(100_000))\0{owner.pid}\0")


def test_each_run_is_counted(course):
    course.stand_in()
    owner, said = course.run(2, busy=1)
    last = "Steady: 2 of 2 runs of 2 notebooks gave the outputs of the sources, with 1 busy loop."
    assert said.splitlines() == ["run 1 of 2", "run 2 of 2", last]
    assert (owner.returncode, course.runs, busy_loops(owner)) == (0, 2, [])


def test_one_run_that_differs_is_enough(course):
    course.stand_in("sys.exit(len(list(runs)) == 3 and 'Flags R')")
    owner, said = course.run(5)
    assert said.splitlines()[2:] == ["Flags R", "", "Not steady: run 3 of 5 differs, see above."]
    assert (owner.returncode, course.runs) == (1, 3)


def test_pytest_finds_another_output_and_shows_it(course):
    course.store()
    owner, said = course.run(2)
    assert "Flags R" in said
    assert "Flags S" in said
    assert said.splitlines()[-1] == "Not steady: run 1 of 2 differs, see above."
    assert owner.returncode == 1


def test_nothing_to_run_is_not_steady(course):
    owner, said = course.run(2)
    assert owner.returncode == 1
    assert "no notebooks" in said


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "kill"])
def test_busy_loops_end_with_it(course, how):
    course.stand_in("time.sleep(100)")
    owner = course.start(2, busy=2)
    eventually(lambda: course.runs and len(busy_loops(owner)) == 2)
    (os.killpg if how == signal.SIGINT else os.kill)(owner.pid, how)
    said, complaints = owner.communicate()
    assert "Steady" not in said
    assert "Traceback" not in complaints
    assert owner.returncode == (130 if how == signal.SIGINT else -signal.SIGKILL)
    eventually(lambda: not busy_loops(owner))
    with contextlib.suppress(ProcessLookupError):
        os.killpg(owner.pid, signal.SIGKILL)  # the stand-in, where its owner could not end it

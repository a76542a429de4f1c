"""The lessons as nbgrader's assignments: our marks on them, and nbgrader's own verdict."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import build
from course.grading import graded
from course.place import Place
from course.source import read_lesson
from tcpkit.check import Status, Verdict

ROOT = Path(__file__).parents[1]
COURSE = Place(ROOT)
LESSON = "01_first_syn"
NBGRADER = importlib.util.find_spec("nbgrader") is not None
needs_nbgrader = pytest.mark.skipif(
    not NBGRADER, reason="nbgrader is not in this environment: pip install --group nbgrader puts it there"
)


def cells_of(notebook, **marks):
    """Return the cells of which nbgrader is told all this."""
    told = [(cell, cell.metadata.get("nbgrader", {})) for cell in notebook.cells]
    return [cell for cell, about in told if about and marks.items() <= about.items()]


@pytest.fixture(params=COURSE.sources(), ids=lambda path: path.stem)
def lesson(request):
    return read_lesson(request.param, request.param.name)


def test_every_check_is_worth_a_point_and_every_exercise_a_solution(lesson):
    notebook = graded(lesson)
    checks = [f"{lesson.name}-{cell.number:02}" for cell in lesson.code if cell.has("check")]
    exercises = [f"{lesson.name}-{cell.number:02}" for cell in lesson.code if cell.has("exercise")]
    assert [cell.metadata.nbgrader.grade_id for cell in cells_of(notebook, grade=True, points=1)] == checks
    assert [cell.metadata.nbgrader.grade_id for cell in cells_of(notebook, solution=True)] == exercises
    assert [cell.id for cell in cells_of(notebook, grade=True)] == checks, "cell ids are the lesson's own"


@dataclass
class Check:
    """A check that says the same to everything."""

    verdict: Verdict

    def __getattr__(self, name):
        return lambda *given: self.verdict


def test_a_check_that_is_not_passed_fails_and_says_why(lesson):
    for cell in cells_of(graded(lesson), grade=True):
        said = []
        names = dict.fromkeys(re.findall(r"\w+", cell.source)) | {"display": said.append}
        no, yes = Verdict(Status.TRY_AGAIN, "1.1"), Verdict(Status.PASS, "1.1")
        with pytest.raises(AssertionError):
            exec(cell.source, names | {"check": Check(no)})
        exec(cell.source, names | {"check": Check(yes)})
        assert said == [no, yes]
        assert "raises-exception" in cell.metadata.tags, "Run All goes on past it"


def test_what_is_no_exercise_is_blank_and_the_learners_own(lesson):
    notebook = graded(lesson)
    for cell in notebook.cells:
        if cell.cell_type == "code" and not cells_of(notebook, solution=True).count(cell):
            assert "SOLUTION" not in cell.source
    for cell in notebook.cells:
        if {"guess", "recall", "words"} & set(cell.metadata.get("tags", [])):
            assert "nbgrader" not in cell.metadata
            assert "..." in cell.source


def test_the_folder_is_its_own_and_nothing_in_it_is_lost(tmp_path, capsys):
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    before = {path: path.read_bytes() for path in (tmp_path / "notebooks").rglob("*") if path.is_file()}
    (tmp_path / "nbgrader").mkdir()
    for name in ("nbgrader_config.py", "gradebook.db"):
        (tmp_path / "nbgrader" / name).write_text("mine")
    assert build.main(["--nbgrader"], tmp_path) == 0, capsys.readouterr().err
    assert {path: path.read_bytes() for path in (tmp_path / "notebooks").rglob("*") if path.is_file()} == before
    assert [(tmp_path / "nbgrader" / name).read_text() for name in ("nbgrader_config.py", "gradebook.db")] == [
        "mine",
        "mine",
    ]
    for source in COURSE.sources():
        assignment = tmp_path / "nbgrader" / "source" / source.stem
        assert (assignment / "data" / "seed.pcap").is_file()
        assert json.loads((assignment / f"{source.stem}.ipynb").read_text())["cells"]


@pytest.mark.parametrize("arguments", [["check", "--nbgrader"], ["my", "--nbgrader"]])
def test_nbgrader_goes_with_no_other_command(arguments, capsys):
    with pytest.raises(SystemExit):
        build.main(arguments, ROOT)
    assert "--nbgrader takes lessons" in capsys.readouterr().err


# nbgrader itself


def nbgrader(folder, *arguments):
    """Run nbgrader in the folder, and return what it printed."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # it calls alembic by its name
    environment = os.environ | {"PATH": path, "IPYTHONDIR": str(folder / ".ipython")}
    command = [sys.executable, "-m", "nbgrader", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def answered(release, **instead):
    """Return the released notebook with solved cells, some of them otherwise."""
    notebook = json.loads(release.read_text())
    solved = json.loads((COURSE.solutions / f"{LESSON}.ipynb").read_text())
    sources = {cell["id"]: cell["source"] for cell in solved["cells"]}
    for cell in notebook["cells"]:
        if {"exercise", "recall"} & set(cell["metadata"].get("tags", [])):
            cell["source"] = sources[cell["id"]]
            for before, after in instead.items():
                cell["source"] = [line.replace(before, after) for line in cell["source"]]
    return json.dumps(notebook)


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course of nbgrader's with two hand-ins: one solved, one wrong in 1.1 and 1.2."""
    root = tmp_path_factory.mktemp("course")
    shutil.copytree(ROOT / "notebooks", root / "notebooks")
    assert build.main(["write", LESSON, "--nbgrader"], root) == 0
    folder = root / "nbgrader"
    nbgrader(folder, "generate_assignment", LESSON, "--create")
    release = folder / "release" / LESSON
    for learner, instead in {"solved": {}, "wrong": {'"!H': '"<H'}}.items():
        shutil.copytree(release, folder / "submitted" / learner / LESSON)
        work = folder / "submitted" / learner / LESSON / f"{LESSON}.ipynb"
        work.write_text(answered(release / work.name, **instead))
    return folder


@needs_nbgrader
def test_nbgrader_takes_the_solutions_out(course):
    released = (course / "release" / LESSON / f"{LESSON}.ipynb").read_text()
    assert "SOLUTION" not in released
    assert released.count("return ...") >= 3
    assert "YOUR CODE HERE" not in released
    assert f'"id": "{LESSON}-08"' in released


@needs_nbgrader
def test_nbgrader_validates_what_is_solved_and_not_what_is_wrong(course):
    said = {
        learner: nbgrader(course, "validate", f"submitted/{learner}/{LESSON}/{LESSON}.ipynb")
        for learner in ("solved", "wrong")
    }
    assert "Success! Your notebook passes all the tests." in said["solved"]
    assert "VALIDATION FAILED ON 2 CELL(S)" in said["wrong"]
    assert "check.port_bytes(port_bytes)" in said["wrong"]


@needs_nbgrader
def test_nbgrader_gives_a_point_for_each_check_passed(course):
    nbgrader(course, "autograde", LESSON, "--create")
    asked = (
        "from nbgrader.api import Gradebook\n"
        "with Gradebook('sqlite:///gradebook.db') as book:\n"
        f"    for each in book.assignment_submissions('{LESSON}'):\n"
        "        print(each.student.id, each.score, each.max_score)\n"
    )
    done = subprocess.run([sys.executable, "-c", asked], cwd=course, capture_output=True, text=True, check=True)
    assert sorted(done.stdout.splitlines()) == ["solved 4.0 4.0", "wrong 2.0 4.0"]

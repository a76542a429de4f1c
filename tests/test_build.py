"""The course machinery, on tiny lessons: one for each way to go wrong."""

import ast
import json
import re
import shutil
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

import build
from course.companions import CARD, companions, write_companions
from course.faults import CourseError
from course.notebook import Edition, load, store, unrun
from course.outputs import Sanitizer, clean, keep_steady, output_faults
from course.place import Place
from course.rules import cell_faults
from course.solution import blanked, folded, solved
from course.source import Cell, read_lesson
from course.teaching import MOST_CODE_CELLS, MOST_WORDS, RULES

NAME = "01_tiny"
HINTS = "\n\n".join(
    f"# %% [markdown] tags=['hint']\n# <details>\n# <summary>Hint {number} of 3</summary>\n#\n# Look.\n#\n# </details>"
    for number in (1, 2, 3)
)
TINY = f'''\
# %% [markdown]
# # How much is it?
# Ten minutes. ![a drawing of two bytes](data:image/png;base64,AA==)

# %%
class Said(str):
    __repr__ = str.__str__


class check:
    def guess_sum(guess, total):
        if guess is ...:
            return Said("NO GUESS YET: write one.")
        return Said(f"YOU SAID {{guess}}. WE SAW {{total}}.")

    def double(function):
        return Said("TODO 1.1 double" if function(2) is ... else "PASS 1.1 double")

    def recall(answer):
        return Said("TODO 1.0 recall" if answer is ... else "PASS 1.0 recall")

# %% tags=["recall"]
# BEGIN SOLUTION
answer = "b"  # "a" or "b"
# END SOLUTION

# %% tags=["check"]
check.recall(answer)

# %% [markdown]
# ## Adding (3 min)

# %% tags=["guess"]
# BEGIN SOLUTION
guess = "a"  # "a", "b" or "c"
# END SOLUTION

# %% tags=["reveal"]
total = 1 + 1
print("10:00 id", id(total), open("data/two.txt").read())

# %% tags=["compare"]
check.guess_sum(guess, total)

# %% [markdown]
# ## Doubling (7 min)

# %% tags=["exercise"]
# Exercise 1.1
def double(number: int) -> int:
    """Return twice the number."""
    # BEGIN SOLUTION
    # Twice, not squared.
    return 2 * number
    # END SOLUTION

{HINTS}

# %% tags=["check"]
check.double(double)

# %% tags=["words"]
# BEGIN SOLUTION
mine = """It is twice
as much."""
# END SOLUTION

# %% tags=["nbval-ignore-output"]
import os
print("process", os.getpid())

# %% tags=["raises-exception"]
1 / 0
'''


@pytest.fixture(autouse=True, scope="module")
def plain_card():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("course.companions.card", lambda: b"<h1>card</h1>")
        yield


@pytest.fixture
def place(tmp_path):
    return empty_place(tmp_path)


def empty_place(root):
    (root / "notebooks" / "source").mkdir(parents=True)
    (root / "notebooks" / "data").mkdir()
    (root / "notebooks" / "data" / "two.txt").write_text("two")
    (root / "tests").mkdir()
    (root / "tests" / "nbval_sanitize.cfg").write_text("[ids]\nregex: \\bid \\d+\nreplace: id N\n")
    return Place(root)


def write_source(place, text=TINY):
    path = place.notebooks / "source" / f"{NAME}.py"
    path.write_text(text)
    return path


def faults_of(place, text):
    lesson = read_lesson(write_source(place, text), "tiny.py")
    return [fault for rule in (cell_faults, *RULES) for fault in rule(lesson)]


def cell(source, *tags, kind="code"):
    return Cell("tiny.py:1, cell 1", 1, kind, source, tags)


# One source, two versions


def test_a_good_lesson_has_no_faults(place):
    assert faults_of(place, TINY) == []


INDENTED = "def f(x):\n    if x:\n        # BEGIN SOLUTION\n        y = x\n        return y\n        # END SOLUTION"


@pytest.mark.parametrize(
    ("source", "tags", "blank"),
    [
        (INDENTED, (), "def f(x):\n    if x:\n        return ..."),
        ("def f():\n    # BEGIN SOLUTION\n    return 1\n    # end\n    # END SOLUTION", (), "def f():\n    return ..."),
        ('# BEGIN SOLUTION\na = "b"  # "b" or "#"\n# END SOLUTION\nc = 3', (), 'a = ...  # "b" or "#"\nc = 3'),
        ("# BEGIN SOLUTION\na = 1\nb = max(\n    1, 2,\n)\n# END SOLUTION", (), "a = ...\nb = ..."),
        ("# BEGIN SOLUTION\nmine = '''a\nb'''\n# END SOLUTION", ("words",), 'mine = """..."""'),
    ],
    ids=["in a function", "a comment last", "comments are kept", "several lines", "words"],
)
def test_solutions_are_blanked(source, tags, blank):
    assert blanked(cell(source, *tags)) == blank


def test_solutions_are_shown_without_markers():
    assert solved(cell(INDENTED)) == "def f(x):\n    if x:\n        y = x\n        return y"


def test_the_folded_solution_is_fenced_between_blank_lines():
    shown = folded(cell("# Exercise 1.1\ndef f():\n    # BEGIN SOLUTION\n    return 1\n    # END SOLUTION"))
    assert shown == ("<details>\n<summary>Solution</summary>\n\n```python\ndef f():\n    return 1\n```\n\n</details>")


def test_cells_and_ids_come_from_the_source(place):
    lesson = read_lesson(write_source(place), "tiny.py")
    learners, in_full = unrun(lesson, Edition.LEARNERS), unrun(lesson, Edition.SOLVED)
    assert [c.id for c in in_full.cells] == [f"01_tiny-{n:02}" for n in range(1, 18)]
    extra = [c for c in learners.cells if c.id not in {c.id for c in in_full.cells}]
    assert [c.id for c in extra] == ["01_tiny-10-solution"]
    assert learners.cells[learners.cells.index(extra[0]) + 1].source == "check.double(double)"
    assert "SOLUTION" not in str(learners) + str(in_full)
    assert "2 * number" not in "".join(c.source for c in learners.cells if c.cell_type == "code")


# What is refused: the change to the good lesson, and words of the error

EXERCISE = TINY[TINY.index('# %% tags=["exercise"]') : TINY.index('# %% tags=["words"]')]
CHECK_DOUBLE = '# %% tags=["check"]\ncheck.double(double)\n'
COMPARE = '# %% tags=["compare"]\ncheck.guess_sum(guess, total)\n'
REVEAL_HEAD = '# %% tags=["reveal"]'
ADDED = "\n# %%\n{}\n"
AMISS = {
    "end without begin": ("    # BEGIN SOLUTION\n    # Twice", "    # Twice", "without its `BEGIN`"),
    "begin without end": ("    return 2 * number\n    # END SOLUTION", "    return 2 * number", "without its `END`"),
    "nested": ("    # Twice, not squared.", "    # BEGIN SOLUTION", "inside a solution"),
    "marker misspelt": ("    # BEGIN SOLUTION", "    ### BEGIN SOLUTION", "line 4 is `### BEGIN SOLUTION`"),
    "marker in prose": ("# Ten minutes.", "# # BEGIN SOLUTION", "in a markdown cell"),
    "empty solution": ("    return 2 * number\n", "    pass\n    # END SOLUTION\n    # BEGIN SOLUTION\n", "is empty"),
    "a loop blanked": ('guess = "a"  # "a", "b" or "c"', "for x in (): pass", "`for x in (): pass` stands in"),
    "no solution": ('# BEGIN SOLUTION\nguess = "a"  # "a", "b" or "c"\n# END SOLUTION', "guess = 1", "no solution"),
    "solution in a reveal": (
        "total = 1 + 1",
        "# BEGIN SOLUTION\ntotal = 1 + 1\n# END SOLUTION",
        "a solution stands in a cell tagged reveal",
    ),
    "unknown tag": (REVEAL_HEAD, '# %% tags=["revael"]', "there is no tag `revael`"),
    "code tag on prose": ("tags=['hint']", "tags=['reveal']", "the tag `reveal` stands on a markdown cell"),
    "markdown tag on code": (REVEAL_HEAD, '# %% tags=["hint"]', "the tag `hint` stands on a code cell"),
    "solution by hand": ("tags=['hint']", "tags=['solution']", "is the builder's"),
    "raw cell": ("# %%\nclass Said", "# %% [raw]\nclass Said", "this is a raw cell"),
    "empty cell": ("1 / 0\n", "", "this code cell is empty"),
    "not Python": ("1 / 0", "1 /", "this is not plain Python"),
    "shell line": ("1 / 0", "!ls", "`lab.run` and `lab.start` run programs"),
    "wide line": ("1 / 0", "total = " + "1 + " * 30 + "1", "a line has 129 columns: `total = 1 + 1"),
    "semicolon": ("1 / 0", "total;  # quiet", "the cell ends in `;`"),
    "guess without compare": (COMPARE, "", "this guess has no compare"),
    "two guesses, one compare": (
        REVEAL_HEAD,
        '# %% tags=["guess"]\n# BEGIN SOLUTION\nguess = 1\n# END SOLUTION\n\n' + REVEAL_HEAD,
        "this guess has no compare",
    ),
    "no reveal": (REVEAL_HEAD, "# %%", "0 reveals stand between"),
    "two reveals": (COMPARE, '# %% tags=["reveal"]\ntotal\n\n' + COMPARE, "2 reveals stand between"),
    "compare without guess": ('# %% tags=["guess"]', "# %%", "this compare has no guess"),
    "exercise without check": (CHECK_DOUBLE, "", "this exercise has no check"),
    "exercise, then something else": (CHECK_DOUBLE, "# %%\n1\n\n" + CHECK_DOUBLE, "this exercise has no check"),
    "two exercises, one check": (
        '# %% tags=["exercise"]',
        '# %% tags=["recall"]\n# BEGIN SOLUTION\nanswer = 1\n# END SOLUTION\n\n# %% tags=["exercise"]',
        "this recall has no check",
    ),
    "recall without check": ('# %% tags=["check"]\ncheck.recall(answer)\n', "", "this recall has no check"),
    "check without exercise": ('# %% tags=["exercise"]', "# %%", "this check has no exercise"),
    "the check of another": ("check.double(double)\n", "check.treble(double)\n", "not the one of `double`"),
    "no id": ("# Exercise 1.1\n", "", "does not begin with its id"),
    "id of another lesson": ("# Exercise 1.1\n", "# Exercise 2.1\n", "does not begin with its id"),
    "two functions": ("# Exercise 1.1\n", "# Exercise 1.1\ndef other(): pass\n", "defines one function"),
    "hint not folded": ("# <details>\n# <summary>Hint 2 of 3</summary>", "# Hint 2 of 3", "is not folded"),
    "hint open": (
        "# <details>\n# <summary>Hint 2",
        "# <details open>\n# <summary>Hint 2",
        "is not folded",
    ),
    "hint without blank line": ("Hint 2 of 3</summary>\n#\n", "Hint 2 of 3</summary>\n", "is not folded"),
    "hints out of order": ("Hint 2 of 3", "Hint 3 of 3", "are not numbered Hint 1 of 3"),
    "hint of two": ("Hint 2 of 3", "Hint 2 of 2", "are not numbered Hint 1 of 3"),
    "no hints": (HINTS, "", "are not numbered Hint 1 of 3"),
    "stray hint": (HINTS, "", "this hint has no exercise"),
    "leaning on the learner's": ("1 / 0", "double(2)", "`double` is the learner's own function"),
    "taking the learner's name": ("1 / 0", "from m import double", "`double` is the learner's own function"),
    "head without minutes": ("## Adding (3 min)", "## Adding", "the head `Adding` says no minutes"),
    "no title": ("# # How much is it?\n", "", "title is not here alone"),
    "two titles": ("# ## Adding (3 min)", "# # Adding", "title is not here alone"),
    "no alt text": ("![a drawing of two bytes]", "![]", "has no alt text"),
    "img without alt": ("# Ten minutes.", '# <img src="x.png" alt="">', 'the picture `<img src="x.png" alt="">`'),
    "too many cells": ("1 / 0\n", "1\n" + 30 * ADDED.format(1), f"At most {MOST_CODE_CELLS}"),
    "one id twice": ("1 / 0\n", "1 / 0\n\n" + EXERCISE, "the id 1.1 is taken by cell 10"),
    "exercise at the end": (TINY[TINY.index(CHECK_DOUBLE) :], "", "this exercise has no check"),
    "stub not Python": (
        "    return 2 * number\n    # END SOLUTION",
        "    number += 0\n    if number:\n    # END SOLUTION\n        return 2 * number",
        "without its solution this is not Python",
    ),
    "too many words": ("# Ten minutes.", "# " + "word " * 1_300, f"At most {MOST_WORDS}"),
}


@pytest.mark.parametrize("name", AMISS)
def test_refuses(place, name):
    before, after, words = AMISS[name]
    assert before in TINY
    text = HINTS + "\n\n" + TINY.replace(before, after) if name == "stray hint" else TINY.replace(before, after, 1)
    found = faults_of(place, text)
    assert any(words in str(fault) for fault in found), [str(fault) for fault in found]
    for fault in found:
        assert re.match(r"tiny\.py:\d+, cell \d+$", fault.where)
        assert fault.remedy.endswith((".", "(8 min)`."))


def test_cells_tagged_mine_may_use_the_learners_function_and_do_not_count(place):
    assert faults_of(place, TINY + MOST_CODE_CELLS * '\n# %% tags=["mine"]\nprint(double)\n') == []


@pytest.mark.parametrize("text", ["", "x = 1\n", "x = 1\n" + TINY], ids=["empty", "no cell", "text in front"])
def test_refuses_text_outside_cells(place, text):
    with pytest.raises(CourseError, match="text before the first one"):
        read_lesson(write_source(place, text), "tiny.py")


def test_folded_and_fenced_words_do_not_count(place):
    long = "word " * 1_300
    fold = f"# %% [markdown]\n# <details>\n# <summary>If this is new</summary>\n#\n# {long}\n#\n# </details>\n\n"
    fence = f"# %% [markdown]\n# ```\n# {long}\n# ```\n"
    assert faults_of(place, TINY + "\n" + fold + fence) == []


def test_all_faults_are_said_at_once(place, capsys):
    write_source(place, TINY.replace("## Adding (3 min)", "## Adding").replace("Hint 2 of 3", "Hint 2 of 2"))
    assert build.main(["check"], place.root) == 1
    said = capsys.readouterr().err
    assert "notebooks/source/01_tiny.py:30, cell 5: the head `Adding` says no minutes" in said
    assert "Hint 1 of 3 to Hint 3 of 3" in said


# Outputs


def printed(*outputs, tags=(), source="x"):
    return new_notebook(
        cells=[new_code_cell(source, id="a", outputs=list(outputs), execution_count=1, metadata={"tags": list(tags)})]
    )


def stream(text, name="stdout"):
    return new_output("stream", name=name, text=text)


def result(text, **kinds):
    return new_output("execute_result", data={"text/plain": text, **kinds}, execution_count=1)


def test_outputs_are_made_to_repeat(place):
    notebook = printed(
        stream("id 77"),
        result("id 78", **{"image/png": "id 79"}),
        stream(", id 80\n"),
        new_output("error", ename="OSError", evalue="id 81", traceback=["\x1b[31m/somewhere", "..."]),
    )
    clean(notebook, Sanitizer(place.rules))
    first, second, third = notebook.cells[0].outputs
    assert first.text == "id N, id N\n"
    assert second.data == {"text/plain": "id N", "image/png": "id 79"}
    assert third.traceback == ["OSError: id N"]


def test_a_widget_is_stored_as_its_text(place):
    """The view names a model that lives only in the kernel that made it."""
    widget = result("a knob", **{"application/vnd.jupyter.widget-view+json": {"model_id": "0123"}})
    notebook = printed(widget)
    clean(notebook, Sanitizer(place.rules))
    assert notebook.cells[0].outputs[0].data == {"text/plain": "a knob"}


A_PLOT = '<img class="plot" src="data:image/svg+xml;base64,'


@pytest.mark.parametrize(
    ("old", "new", "stays"),
    [
        ("process 123", "process    7", True),
        ("process 123", "daemon 123", False),
        ("<pre>packet 1\n23 1d  #.</pre> two", "<pre>packet 1\naf 57  .W</pre> two", True),
        ("<pre>packet 1\n23 1d  #.</pre> two", "<pre>packet 1\n23 1d  #.</pre> one", False),
        (f'{A_PLOT}QUJD">', f'{A_PLOT}REVG">', True),
    ],
)
def test_outputs_that_are_not_compared_stay_while_only_figures_move(old, new, stays):
    stored, ran = (printed(stream(text), tags=["nbval-ignore-output"]) for text in (old, new))
    keep_steady(ran, stored)
    assert (ran.cells[0].outputs[0].text == old) == stays


def test_the_order_of_an_outputs_kinds_changes_nothing():
    """A kernel sends text before HTML; a stored notebook has them in the order of their names."""
    stored = printed(result("now 1", **{"text/html": "<b>1</b>"}), tags=["nbval-ignore-output"])
    ran = printed(result("now 2", **{"text/html": "<b>2</b>"}), tags=["nbval-ignore-output"])
    stored.cells[0].outputs[0].data = {"text/html": "<b>1</b>", "text/plain": "now 1"}
    keep_steady(ran, stored)
    assert ran.cells[0].outputs[0].data["text/plain"] == "now 1"


def test_compared_outputs_never_stay():
    stored, ran = printed(stream("took 1")), printed(stream("took 2"))
    keep_steady(ran, stored)
    assert ran.cells[0].outputs[0].text == "took 2"


@pytest.mark.parametrize(
    ("notebook", "edition", "words"),
    [
        (printed(stream("see ROOT/x")), Edition.SOLVED, "which only this machine has"),
        (printed(result(f"{Path.home()}")), Edition.SOLVED, "which only this machine has"),
        (printed(stream("/home/ada/x")), Edition.SOLVED, "`/home/ada`"),
        (printed(result("<object at 0x7f0123456789>")), Edition.SOLVED, "`0x7f0123456789`"),
        (printed(result("", **{"text/html": '<img src="x">'})), Edition.SOLVED, "has no alt text"),
        (printed(result("TODO 1.1 f"), tags=["check"]), Edition.SOLVED, "begin with PASS"),
        (printed(result("PASS 1.1 f"), tags=["check"]), Edition.LEARNERS, "begin with TODO"),
        (printed(tags=["check"]), Edition.LEARNERS, "begin with TODO"),
        (printed(result("AS YOU SAID"), tags=["compare"]), Edition.LEARNERS, "NO GUESS YET to the learner's"),
        (printed(result("NO GUESS YET"), tags=["compare"]), Edition.SOLVED, "answers the guess in the solved"),
        (printed(result("1"), tags=["raises-exception"]), Edition.SOLVED, "no error came"),
    ],
)
def test_refuses_to_store(place, notebook, edition, words):
    for output in notebook.cells[0].outputs:
        if "text" in output:
            output.text = output.text.replace("ROOT", str(place.root))
    (fault,) = output_faults(notebook, edition, place, "tiny.ipynb")
    assert words in str(fault)
    assert fault.where == "tiny.ipynb, cell 1"


# Running: the builder, then everything that needs built notebooks


@pytest.fixture(scope="module")
def built_once(tmp_path_factory):
    place = empty_place(tmp_path_factory.mktemp("course"))
    write_source(place)
    assert build.main(["write"], place.root) == 0
    return place


@pytest.fixture
def built(built_once, tmp_path):
    shutil.copytree(built_once.root, tmp_path / "course")
    return Place(tmp_path / "course")


def said(path, name=f"{NAME}-"):
    cells = json.loads(path.read_text())["cells"]
    return {c["id"].removeprefix(name): c.get("outputs") for c in cells if c.get("outputs")}


def text_of(outputs):
    return "".join(outputs[0].get("text") or outputs[0]["data"]["text/plain"])


def test_both_notebooks_ran(built):
    learners, in_full = (said(edition.path(built, NAME)) for edition in Edition)
    assert text_of(learners["04"]) == "TODO 1.0 recall"
    assert text_of(in_full["04"]) == "PASS 1.0 recall"
    assert text_of(learners["08"]).startswith("NO GUESS YET")
    assert text_of(in_full["08"]) == "YOU SAID a. WE SAW 2."
    assert text_of(learners["07"]) == text_of(in_full["07"]) == "10:00 id N two\n"
    assert in_full["17"][0]["traceback"] == ["ZeroDivisionError: division by zero"]


def test_nothing_stored_tells_machine_or_time(built):
    stored = load(Edition.SOLVED.path(built, NAME))
    assert set(stored.metadata) == {"kernelspec", "language_info"}
    assert "version" not in stored.metadata.language_info
    assert all(set(c.metadata) <= {"tags"} for c in stored.cells)


def test_what_was_built_agrees(built, capsys):
    assert build.main(["check"], built.root) == 0
    assert "1 sources and their 2 notebooks agree" in capsys.readouterr().out


def test_a_rebuild_changes_nothing(built):
    before = {path: path.read_bytes() for path in built.notebooks.rglob("*") if path.is_file()}
    assert build.main(["write", "tiny"], built.root) == 0
    assert {path: path.read_bytes() for path in built.notebooks.rglob("*") if path.is_file()} == before


def test_a_cell_that_stops_keeps_the_stored_notebooks(built, capsys):
    before = Edition.LEARNERS.path(built, NAME).read_bytes()
    write_source(built, TINY + "\n# %%\ndict()['port']\n")
    assert build.main(["write"], built.root) == 1
    error = capsys.readouterr().err
    assert "notebooks/01_tiny.ipynb, cell 19: the cell stopped: KeyError: 'port'" in error
    assert "notebooks/solutions/01_tiny.ipynb, cell 18: the cell stopped: KeyError: 'port'" in error
    assert Edition.LEARNERS.path(built, NAME).read_bytes() == before


@pytest.mark.parametrize(
    ("code", "words"),
    [("while True: pass", "not done in 1 seconds"), ("import os; os._exit(1)", "its kernel died")],
    ids=["endless", "deadly"],
)
def test_a_kernel_that_is_lost_is_said(place, capsys, monkeypatch, code, words):
    monkeypatch.setattr("course.execute.CELL_TIMEOUT_S", 1)
    write_source(place, f"# %% [markdown]\n# # Title\n\n# %%\n1\n\n# %%\n{code}\n")
    assert build.main(["write"], place.root) == 1
    error = capsys.readouterr().err
    assert f"notebooks/01_tiny.ipynb, cell 3: the cell stopped: {words}" in error
    assert f"It begins: {code}" in error


def test_what_the_builder_itself_does_wrong_is_not_hidden(place, monkeypatch):
    write_source(place)
    monkeypatch.setattr("course.execute.NotebookClient", None)
    with pytest.raises(TypeError):
        build.main(["write"], place.root)


def test_copies_of_data_that_is_gone_go_too(built):
    (built.notebooks / "data" / "two.txt").unlink()
    write_companions(built)
    assert companions(built.solutions) == [CARD]


def test_without_lessons_there_is_nothing_to_build(place, capsys):
    assert build.main(["write"], place.root) == 1
    assert "notebooks/source: there are no lessons" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["fresh"], ["fresh", "1", "2"], ["my", "1"], ["check", "1"], ["handout", "1"], ["sell"]]
)
def test_commands_that_make_no_sense(place, capsys, arguments):
    with pytest.raises(SystemExit):
        build.main(arguments, place.root)
    assert re.search("takes (one|no) lesson|invalid choice: 'sell'", capsys.readouterr().err)


def change_metadata(place, edition):
    notebook = load(edition.path(place, NAME))
    notebook.metadata.language_info["version"] = "3.11.7"
    store(notebook, edition.path(place, NAME))


def change_cell(place, edition, index, **parts):
    path = edition.path(place, NAME)
    notebook = load(path)
    notebook.cells[index].update(parts)
    store(notebook, path)


SOLVED, LEARNERS = Edition.SOLVED, Edition.LEARNERS
DRIFTS = {
    "source edited": (lambda p: write_source(p, TINY.replace("1 + 1", "1 + 2")), "its source is not what"),
    "tag edited": (
        lambda p: write_source(p, TINY.replace("# %%\nclass", '# %% tags=["playground"]\nclass')),
        "metadata",
    ),
    "cell added": (lambda p: write_source(p, TINY + "\n# %%\n1\n"), "it has 18 cells, its source makes 19"),
    "notebook edited": (lambda p: change_cell(p, SOLVED, 6, source="total = 3"), "its source is not what"),
    "solution leaked": (lambda p: shutil.copy(SOLVED.path(p, NAME), LEARNERS.path(p, NAME)), "its source is not what"),
    "id edited": (lambda p: change_cell(p, SOLVED, 6, id="other"), "its id is not what"),
    "version stored": (lambda p: change_metadata(p, SOLVED), "its metadata are not"),
    "cell not run": (lambda p: change_cell(p, SOLVED, 6, execution_count=None), "did not all run"),
    "run twice": (lambda p: change_cell(p, SOLVED, 6, execution_count=99), "did not all run"),
    "not sanitised": (lambda p: change_cell(p, SOLVED, 6, outputs=[stream("id 5")]), "takes out"),
    "stored error": (
        lambda p: change_cell(p, SOLVED, 6, outputs=[new_output("error", ename="E", evalue="e", traceback=[])]),
        "stopped with an error",
    ),
    "path stored": (lambda p: change_cell(p, SOLVED, 6, outputs=[stream("/home/ada/x")]), "only this machine has"),
    "never built": (lambda p: SOLVED.path(p, NAME).unlink(), "solutions/01_tiny.ipynb: this notebook was never built"),
    "source gone": (
        lambda p: shutil.copy(SOLVED.path(p, NAME), p.notebooks / "02_gone.ipynb"),
        "notebooks/02_gone.ipynb: no source makes this notebook",
    ),
    "data changed": (lambda p: (p.notebooks / "data" / "two.txt").write_text("2"), "not a copy of the file"),
    "copy missing": (lambda p: (p.solutions / "data" / "two.txt").unlink(), "not a copy of the file"),
    "data gone": (lambda p: (p.notebooks / "data" / "two.txt").unlink(), "its original in notebooks/ is gone"),
    "card edited": (lambda p: (p.notebooks / CARD).write_text("card"), "not the card that"),
}


@pytest.mark.parametrize("name", DRIFTS)
def test_check_finds(built, capsys, name):
    drift, words = DRIFTS[name]
    drift(built)
    assert build.main(["check"], built.root) == 1
    assert words in capsys.readouterr().err


def test_check_runs_nothing(built, monkeypatch):
    monkeypatch.setattr("course.execute.run_all", lambda jobs: pytest.fail("check ran a notebook"))
    assert build.main(["check"], built.root) == 0


# The learner's folder


def test_my_has_lessons_without_outputs_and_their_companions(built, capsys):
    assert build.main(["my"], built.root) == 0
    assert "New in my/: 01_tiny." in capsys.readouterr().out
    mine = load(built.my / f"{NAME}.ipynb")
    stored = load(Edition.LEARNERS.path(built, NAME))
    assert said(built.my / f"{NAME}.ipynb") == {}
    assert [c.get("execution_count") for c in mine.cells] == [None] * 18
    assert [(c.id, c.source) for c in mine.cells] == [(c.id, c.source) for c in stored.cells]
    assert companions(built.my) == [Path("data/two.txt"), CARD]


def test_my_overwrites_nothing(built, capsys):
    build.main(["my"], built.root)
    mine = [path for path in built.my.rglob("*") if path.is_file()]
    for path in mine:
        path.write_text("mine")
    assert build.main(["my"], built.root) == 0
    assert "nothing was changed" in capsys.readouterr().out
    assert {path.read_text() for path in mine} == {"mine"}
    assert sorted(mine) == sorted(path for path in built.my.rglob("*") if path.is_file())


def test_my_has_a_file_for_the_learners_tcp_which_fresh_leaves_alone(built):
    build.main(["my"], built.root)
    text = (built.my / "tcp.py").read_text()
    assert "between two lines with its name" in ast.get_docstring(ast.parse(text))
    assert len(ast.parse(text).body) == 1
    (built.my / "tcp.py").write_text("mine")
    assert build.main(["fresh", "01"], built.root) == 0
    assert (built.my / "tcp.py").read_text() == "mine"
    assert not [*built.notebooks.rglob("tcp.py")]


def test_my_leaves_a_link_of_that_name_alone(built):
    built.my.mkdir()
    (built.my / "tcp.py").symlink_to("nowhere.py")
    build.main(["my"], built.root)
    assert (built.my / "tcp.py").is_symlink()


def test_a_page_beside_the_lessons_has_no_solved_notebook(built):
    page = built.notebooks / "source" / "page.py"
    page.write_text("# %% [markdown]\n# # A page?\n# [Its lesson](01_tiny.ipynb)\n\n# %%\n1 + 1\n")
    lesson = write_source(built, TINY.replace("Ten minutes.", "Ten minutes. [A page](page.ipynb)."))
    assert build.main(["write", "page"], built.root) == 0
    assert build.main(["write", "01"], built.root) == 0
    assert build.main(["check"], built.root) == 0
    assert [path.name for path in built.solved()] == ["01_tiny.ipynb"]
    assert [path.name for path in built.learners()] == ["01_tiny.ipynb", "page.ipynb"]
    assert build.main(["my"], built.root) == 0
    assert (built.my / "page.ipynb").exists()
    links = [load(folder / f"{lesson.stem}.ipynb").cells[0].source for folder in (built.notebooks, built.solutions)]
    assert ["](page.ipynb)" in links[0], "](../page.ipynb)" in links[1]] == [True, True]
    page.unlink()
    assert build.main(["check"], built.root) == 1


def test_my_needs_no_author_tools(built, monkeypatch):
    for name in ("jupytext", "nbclient", "tcpkit"):
        monkeypatch.setitem(__import__("sys").modules, name, None)
    assert build.main(["my"], built.root) == 0


@pytest.mark.parametrize("name", ["1", "01", "tiny", "01_tiny", "01_tiny.ipynb"])
def test_fresh_keeps_every_old_one(built, capsys, name):
    build.main(["my"], built.root)
    mine = built.my / f"{NAME}.ipynb"
    for number in (1, 2):
        mine.write_text(f"work {number}")
        assert build.main(["fresh", name], built.root) == 0
        assert f"Yours is kept as my/01_tiny_kept_{number}.ipynb" in capsys.readouterr().out
        assert load(mine).cells
    assert [(built.my / f"01_tiny_kept_{number}.ipynb").read_text() for number in (1, 2)] == ["work 1", "work 2"]


def test_fresh_makes_what_was_not_there(built, capsys):
    assert build.main(["fresh", "01"], built.root) == 0
    assert "my/01_tiny.ipynb is as new. If it" in capsys.readouterr().out


def test_fresh_names_the_lessons_there_are(built, capsys):
    assert build.main(["fresh", "07"], built.root) == 1
    assert "there is no such lesson.\n    The lessons are: 01_tiny." in capsys.readouterr().err


def test_a_broken_lesson_is_named(built, capsys):
    (built.notebooks / f"{NAME}.ipynb").write_text('{"cells": [')
    assert build.main(["my"], built.root) == 1
    assert "01_tiny.ipynb: it cannot be read" in capsys.readouterr().err
    assert not (built.my / f"{NAME}.ipynb").exists()
    built.my.mkdir(exist_ok=True)
    (built.my / f"{NAME}.ipynb").write_text("mine")
    assert build.main(["fresh", "01"], built.root) == 1
    assert [path.read_text() for path in built.my.glob("*.ipynb")] == ["mine"]


def test_kept_copies_are_not_lessons(built):
    build.main(["fresh", "01"], built.root)
    build.main(["fresh", "01"], built.root)
    assert [path.name for path in built.learners()] == ["01_tiny.ipynb"]

"""Bad input in notebooks with a kernel of their own: what the learner sees, and that the rest still runs.

`test_bad_input.py` has every kind of it, in one process.
"""

import ast
import itertools
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from lesson_cells import NAMES, SOLVED, WITH_LAB, code_cells
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook
from processes import PATIENCE_S
from seccomp import can_refuse

from tcpkit.lab import Lab, LabUnavailable

HERE = Path(__file__).parent
ADVICE = "is not defined. Run the cells above this one first, in order, then this one again."
GONE = "LabClosed: The lab is gone: {}. Make a new one, lab = Lab(), and run again the cells that opened or started "
KILL = "import os, signal\nos.kill(lab._agent.pid, signal.SIGKILL)\nlab._agent._process.wait()"
WITH_EXERCISES = [name for name in NAMES if any(cell.exercise for cell in code_cells(name))]


@pytest.fixture(scope="module", autouse=True)
def _labs():
    try:
        Lab().close()
    except LabUnavailable as error:
        pytest.skip(str(error))


@dataclass
class Ran:
    """A cell as it went: what it said, or the error, all that the learner sees of that, and what went to stderr."""

    source: str
    printed: str = ""
    said: str = ""
    error: str = ""
    seen: str = ""


def ran(sources):
    """Run cells in one notebook, whatever they raise."""
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    options = {"timeout": PATIENCE_S, "kernel_name": "python3", "allow_errors": True}
    NotebookClient(notebook, resources={"metadata": {"path": str(SOLVED)}}, **options).execute()
    return [went(cell) for cell in notebook.cells]


def went(cell):
    result = Ran(cell.source)
    for output in cell.outputs:
        if output.output_type == "error":
            result.error = f"{output.ename}: {output.evalue}"
            result.seen = re.sub(r"\x1b\[[\d;]*m", "", "\n".join(output.traceback))
        elif output.output_type == "stream" and output.name == "stderr":
            result.printed += output.text
        elif output.output_type == "execute_result":
            result.said = output.data["text/plain"]
    return result


def is_clear(result):
    """Say whether an error is one that says what to do, and the learner sees hardly more than that."""
    if result.error.startswith("NameError: name '") and result.error.endswith(ADVICE):
        return True
    return result.error.startswith("LabClosed: ") and result.seen == result.error


@pytest.mark.parametrize("lesson", NAMES)
def test_checks_before_what_they_need(lesson):
    """Each check once before its exercise, each compare once before its reveal; then in order."""
    cells, order = code_cells(lesson), []
    for place, cell in enumerate(cells):
        if cell.exercise or set(cell.tags) & {"reveal", "recall", "words"}:
            following = [after for after in cells[place + 1 :] if after.check][:1]
            order += [(after, True) for after in following if "experiments" not in after.reads]
        order.append((cell, False))
    assert any(is_early for _, is_early in order)
    for (cell, is_early), result in zip(order, ran([cell.source for cell, _ in order]), strict=True):
        if not is_early:
            assert result.error == "", cell
            assert not result.said.startswith(("TODO", "TRY AGAIN", "NOT SEEN YET")), cell
        elif result.error:
            assert is_clear(result), (cell, result)
        elif not {"guess_offset", "kept_44", "by_hand"} & {cell.check}:  # they need no cell above
            assert result.said.startswith("NOT SEEN YET: run the cell with the experiment above"), (cell, result)


BAD = {  # what the function does: what its check says
    "raise KeyboardInterrupt": r"TRY AGAIN .* it was interrupted before it came back\. .*\?",
    "raise SystemExit": r"TRY AGAIN .* it raised SystemExit\. That would end Python: .*\.",
    "import sys; sys.exit('bye')": r"TRY AGAIN .* it raised SystemExit: bye\. That would end Python: .*\.",
    "print('x' * 10**7); import sys; print('y' * 10**7, file=sys.stderr)": r"(TRY AGAIN|PASS) .*",
    "lab.close()": r"TRY AGAIN .* (return(ed)? None|FIN is not acknowledged|this lab does not answer|nowhere).*",
}


@pytest.mark.parametrize("lesson", WITH_EXERCISES)
def test_bad_functions_and_the_notebook_goes_on(lesson):
    """Every kind in every lesson, in its exercises by turns; `test_bad_input.py` has every kind in every exercise."""
    cells = code_cells(lesson)
    sources, tried = [cell.source for cell in cells], []
    sources[0] += "" if lesson in WITH_LAB else "\nfrom tcpkit import Lab\nlab = Lab()"
    exercises = itertools.cycle(cell for cell in cells if cell.exercise)
    for body, exercise in zip(BAD, exercises, strict=False):
        name = exercise.exercise
        check = next(cell for cell in cells[exercise.place :] if "check" in cell.tags and name in cell.reads)
        method = [
            node.name for node in ast.walk(exercise.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ][-1]
        define = f"right = {name}\ndef bad(*arguments):\n    {body}\n"
        is_class = isinstance(exercise.tree.body[-1], ast.ClassDef)
        define += f"{name} = " + (f"type('{name}', (right,), {{'{method}': bad}})" if is_class else "bad")
        again = f"{name} = right\nfrom tcpkit import Lab\nlab = Lab() if repr(lab) == 'closed lab' else lab"
        tried.append((body, name, len(sources) + 1))
        sources += [define, check.source, "lab.counters()", again, check.source, "len(lab.counters())"]
    results = ran(sources)
    assert [result.error for result in results[: len(cells)] if result.error] == []
    for body, name, place in tried:
        told, counted, _, after, alive = results[place : place + 5]
        is_told = re.fullmatch(rf"{BAD[body]}|TRY AGAIN .*: Write `async def`.*", told.said.split("\n")[0])
        assert is_told, (name, told)
        assert told.error == ""
        assert len(told.said) < 1_500
        if "close" in body:
            assert counted.error.startswith(GONE.format("it was closed")), (name, counted)
            assert counted.seen == counted.error
        assert re.match(rf"PASS \d+\.\d {name}\n", after.said), (name, body, after)
        assert int(alive.said) > 100


@pytest.mark.parametrize("lesson", WITH_LAB)
def test_a_lab_killed_between_cells(lesson):
    """All cells without a lab, which say so; then the first again, and all others."""
    cells = code_cells(lesson)
    first, *rest = [cell.source for cell in cells]
    results = ran([first, KILL, *rest, first, *rest])
    assert [result.error for result in results[:2] if result.error] == []
    without = results[2 : 2 + len(rest)]
    for result in without:
        assert result.error == "" or is_clear(result), result
        if result.error.startswith("LabClosed"):
            assert result.error.startswith(GONE.format("its agent was ended by signal 9"))
        if "LabClosed" in result.said:
            assert re.match("NOT SEEN YET: the experiment stopped. LabClosed: The lab is gone: .*", result.said)
    assert any(result.error.startswith("LabClosed") for result in without) or lesson == "03_checksum"  # it sends once
    for cell, result in zip(cells, results[2 + len(rest) :], strict=True):
        assert result.error == "", cell
        assert not result.said.startswith(("TODO", "TRY AGAIN", "NOT SEEN YET")), cell


@pytest.mark.parametrize("lesson", NAMES)
def test_where_no_lab_can_be_had(lesson):
    """The first cell says so; a cell that needs the lab, or what such a cell makes, says so too; all others run."""
    if not can_refuse():
        pytest.skip("the numbers of this machine's system calls are not in tests/seccomp.py")
    refuse = f"import sys; sys.path.insert(0, {str(HERE)!r}); from seccomp import refuse; refuse('unshare')"
    cells, stopped = code_cells(lesson), ""
    for cell, result in zip(cells, ran([refuse, *(cell.source for cell in cells)])[1:], strict=True):
        if cell is cells[0] and lesson in WITH_LAB:
            assert result.printed.startswith("No lab can be had here. Tried:")
        if not result.error:
            assert cell is cells[0] or not re.search(r"^with lab\.|^lab\.", cell.source, re.M), cell
            continue
        missing = re.match(r"NameError: name '(\w+)' is not defined\. No lab could be had here\. ", result.error)
        assert missing or result.error.startswith(
            "LabUnavailable: No lab could be had here, and this cell needs one."
        ), cell
        if missing:
            assert re.search(rf"\b{missing[1]}\b", stopped), cell
        else:  # it names the lab, or a function of a cell that does
            needs = "|".join(["lab", *re.findall(r"^def (\w+)", stopped, re.M)])
            assert re.search(rf"\b({needs})\b", cell.source), cell
        assert missing or result.seen == result.error
        stopped += cell.source + "\n"

"""Rules for whole lessons: order, hints, lengths, minutes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from course.faults import Fault
from course.prose import count_words, heads, pictures_without_alt
from course.source import Cell, Lesson

MOST_CODE_CELLS = 25
MOST_WORDS = 1_300
HINTS = 3
MINUTES = re.compile(r"\(\d+ min(?:utes?)?\)$")
FOLD = re.compile(r"<details>\n<summary>(?P<summary>[^\n]*)</summary>\n\n.*?\S\n\n</details>", re.DOTALL)
HINT = re.compile(r"Hint (\d) of (\d)\b")


def guess_faults(lesson: Lesson) -> Iterator[Fault]:
    """Find guesses without exactly one reveal before their compare."""
    guess: Cell | None = None
    reveals, is_compared = 0, True
    for cell in lesson.code:
        if cell.has("guess"):
            if not is_compared:
                yield _not_compared(guess)
            guess, reveals, is_compared = cell, 0, False
        elif cell.has("reveal"):
            reveals += 1
        elif cell.has("compare"):
            is_compared = True
            if guess is None:
                yield cell.fault("this compare has no guess before it.", "Let the learner guess first.")
            elif reveals != 1:
                yield cell.fault(
                    f"{reveals} reveals stand between this compare and its guess (cell {guess.number}).",
                    "Show exactly one experiment between a guess and its compare.",
                )
    if not is_compared:
        yield _not_compared(guess)


def _not_compared(guess: Cell) -> Fault:
    return guess.fault(
        "this guess has no compare.",
        "Add a cell tagged `compare` after its reveal; a guess that stays open is tagged `words`.",
    )


def exercise_faults(lesson: Lesson) -> Iterator[Fault]:
    """Find exercises that nothing checks, hints out of order, wrong ids."""
    task: Cell | None = None
    between: list[Cell] = []
    seen: dict[str, Cell] = {}
    for cell in lesson.cells:
        if cell.has("check"):
            if task is None:
                yield cell.fault("this check has no exercise or recall before it.", "Put it after what it checks.")
            else:
                yield from _task_faults(task, between, cell)
            task, between = None, []
        elif cell.has("exercise", "recall"):
            if task:
                yield _unchecked(task)
            task, between = cell, []
            yield from _exercise_faults(cell, lesson, seen)
        elif cell.is_code and not cell.has("playground") and task:
            yield _unchecked(task)
            task = None
        elif cell.has("hint") and task is None:
            yield cell.fault("this hint has no exercise before it.", "Hints stand between an exercise and its check.")
        else:
            between.append(cell)
    if task:
        yield _unchecked(task)


def _unchecked(task: Cell) -> Fault:
    return task.fault(
        f"this {'exercise' if task.has('exercise') else 'recall'} has no check.",
        "The next code cell after it is tagged `check` (hints, other prose and a playground may stand between).",
    )


def _exercise_faults(cell: Cell, lesson: Lesson, seen: dict[str, Cell]) -> Iterator[Fault]:
    if not cell.has("exercise"):
        return
    if not (cell.exercise_id or "").startswith(f"{lesson.number}."):
        yield cell.fault(
            "this exercise does not begin with its id.", f"Make the first line `# Exercise {lesson.number}.1`."
        )
    elif cell.exercise_id in seen:
        yield cell.fault(
            f"the id {cell.exercise_id} is taken by cell {seen[cell.exercise_id].number}.", "Number exercises on."
        )
    seen.setdefault(cell.exercise_id, cell)
    if cell.is_python and len(cell.functions()) != 1:
        yield cell.fault("an exercise defines one function or class.", "Split it, or put helpers into the function.")


def _task_faults(task: Cell, between: Sequence[Cell], check: Cell) -> Iterator[Fault]:
    hints = [cell for cell in between if cell.has("hint")]
    if task.has("exercise"):
        for name in task.functions() if task.is_python else ():
            if f".{name}({name}" not in check.source:
                yield check.fault(
                    f"this check is not the one of `{name}`.", f"A check reads `check.{name}({name}, ...)`."
                )
    if task.has("exercise") or hints:
        yield from _hint_faults(task, hints)


def _hint_faults(task: Cell, hints: Sequence[Cell]) -> Iterator[Fault]:
    numbers = []
    for cell in hints:
        if FOLD.sub("", cell.source).strip():
            yield cell.fault(
                "this hint is not folded.",
                "Write <details>, <summary>Hint 1 of 3</summary>, a blank line, the hint, a blank line, </details>.",
            )
        numbers += [HINT.match(fold["summary"]) for fold in FOLD.finditer(cell.source)]
    if [number and number.groups() for number in numbers] != [(str(n), str(HINTS)) for n in range(1, HINTS + 1)]:
        yield task.fault(
            f"its hints are not numbered Hint 1 of {HINTS} to Hint {HINTS} of {HINTS}.",
            "1: where to look, a question; 2: the rule in words; 3: the code with one expression left out.",
        )


def own_name_faults(lesson: Lesson) -> Iterator[Fault]:
    """Find cells that use, or redefine, a function that the learner writes.

    They use tcpkit's own, so that a wrong answer does not break what follows.
    """
    exercises = [cell for cell in lesson.code if cell.has("exercise") and cell.is_python]
    owned = {name: cell for cell in exercises for name in cell.functions()}
    for cell in lesson.code:
        if cell.has("exercise", "check", "mine", "playground") or not cell.is_python:
            continue
        for name in sorted(_names(cell.tree) & owned.keys()):
            yield cell.fault(
                f"`{name}` is the learner's own function (cell {owned[name].number}).",
                "Use tcpkit's, as `tcpkit.name`; exercises, checks, playgrounds and `mine` cells may use theirs.",
            )


def _names(tree: ast.Module) -> set[str]:
    """Return the names that a cell reads or sets."""
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    names |= {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    return names


def length_faults(lesson: Lesson) -> Iterator[Fault]:
    """Find lessons that are too long to be worked through in one sitting."""
    end = lesson.cells[-1]
    code = [cell for cell in lesson.code if not cell.has("mine")]  # the same two end many lessons
    if len(code) > MOST_CODE_CELLS:
        yield end.fault(
            f"the lesson has {len(code)} code cells.", f"At most {MOST_CODE_CELLS}: take some out, or merge."
        )
    words = count_words(lesson.cells)
    if words > MOST_WORDS and not lesson.is_page:
        yield end.fault(
            f"the lesson has {words} words outside its folds.",
            f"At most {MOST_WORDS}: shorten, or fold what only some need.",
        )


def prose_faults(lesson: Lesson) -> Iterator[Fault]:
    """Find a missing title, headings without minutes, pictures without alt text."""
    titles = [cell for cell in lesson.cells if not cell.is_code for level, _ in heads(cell) if level == 1]
    if titles != [lesson.cells[0]]:
        yield lesson.cells[0].fault(
            "the lesson's title is not here alone.", "Begin with `# Title`, once in the lesson."
        )
    for cell in lesson.cells:
        if cell.is_code:
            continue
        for level, text in heads(cell):
            if level == 2 and not MINUTES.search(text):
                yield cell.fault(f"the head `{text}` says no minutes.", "End it with them: `## Send (8 min)`.")
        for picture in pictures_without_alt(cell.source):
            yield cell.fault(f"the picture `{picture}` has no alt text.", "Say what it shows, for who cannot see it.")


RULES = (guess_faults, exercise_faults, own_name_faults, length_faults, prose_faults)

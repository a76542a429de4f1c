"""Rules for single cells: tags, plain Python, whole solutions."""

from __future__ import annotations

import tokenize
from collections.abc import Iterator

from course.faults import CourseError, Fault
from course.solution import blanked, blocks
from course.source import Cell, Lesson

CODE_TAGS = {
    "guess": "one or two lines, `guess = ...`, before the experiment",
    "reveal": "the experiment",
    "compare": "the guess beside what happened",
    "exercise": "one function to write",
    "check": "what the check says to an exercise or a recall",
    "recall": "an answer from memory, on an earlier lesson",
    "words": "an explanation in the learner's own words",
    "mine": "keeps the learner's pieces in tcp.py, or runs them; may use the learner's functions",
    "playground": "something to play with; may use the learner's functions",
    "nbval-ignore-output": "prints what the machine picks: not compared",
    "raises-exception": "is meant to end in an error",
}
MARKDOWN_TAGS = {"hint": "folded: Hint 1 of 3", "solution": "folded; the builder writes it"}
NOT_AN_ANSWER = ("reveal", "compare", "check")
MUST_ANSWER = ("guess", "exercise", "recall")
WIDEST = 95  # columns: what JupyterLab shows in a window of 1280 pixels, beside its list of files


def cell_faults(lesson: Lesson) -> Iterator[Fault]:
    """Find what is wrong with single cells."""
    for cell in lesson.cells:
        yield from _tag_faults(cell)
        if cell.is_code:
            yield from _code_faults(cell)
        elif cell.kind != "markdown":
            yield cell.fault(f"this is a {cell.kind} cell.", "A lesson has code cells and markdown cells only.")
        try:
            yield from _solution_faults(cell)
        except CourseError as error:
            yield from error.faults


def _tag_faults(cell: Cell) -> Iterator[Fault]:
    allowed, others = (CODE_TAGS, MARKDOWN_TAGS) if cell.is_code else (MARKDOWN_TAGS, CODE_TAGS)
    for tag in cell.tags:
        if tag == "solution":
            yield cell.fault(
                "the tag `solution` is the builder's.",
                "Write the solution inline in the exercise; its folded copy is made from that.",
            )
        elif tag in others:
            yield cell.fault(f"the tag `{tag}` stands on a {cell.kind} cell.", f"It is for: {others[tag]}.")
        elif tag not in allowed:
            yield cell.fault(f"there is no tag `{tag}`.", f"The tags are: {', '.join([*CODE_TAGS, *MARKDOWN_TAGS])}.")


def _code_faults(cell: Cell) -> Iterator[Fault]:
    for line in cell.source.splitlines():
        if len(line) > WIDEST:
            yield cell.fault(
                f"a line has {len(line)} columns: `{line.strip()[:40]} ...`",
                f"Write at most {WIDEST}: JupyterLab shows no more at 1280 pixels.",
            )
    if not cell.source.strip():
        yield cell.fault("this code cell is empty.", "Write it, or take it out.")
    elif not cell.is_python:
        yield cell.fault(
            "this is not plain Python.",
            "Mend the syntax. Lines with % or ! are not used: `lab.run` and `lab.start` run programs.",
        )
    elif _ends_in_semicolon(cell):
        yield cell.fault(
            "the cell ends in `;`.",
            "Take it away (a compared output must not depend on it); end a figure with `plt.show()`.",
        )


def _ends_in_semicolon(cell: Cell) -> bool:
    ignored = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.ENDMARKER, tokenize.DEDENT)
    meant = [token for token in cell.tokens if token.type not in ignored]
    return bool(meant) and meant[-1].string == ";"


def _solution_faults(cell: Cell) -> Iterator[Fault]:
    found = blocks(cell)
    if not cell.is_python:
        return
    if found and cell.has(*NOT_AN_ANSWER):
        yield cell.fault(
            f"a solution stands in a cell tagged {', '.join(cell.tags)}.", "Only what the learner writes is blanked."
        )
    if not found and cell.has(*MUST_ANSWER):
        yield cell.fault(
            f"this {cell.tags[0]} has no solution.",
            "Put what the solved notebook says between `# BEGIN SOLUTION` and `# END SOLUTION`.",
        )
    stub = Cell(cell.where, cell.number, cell.kind, blanked(cell))
    if not stub.is_python:
        yield cell.fault(
            "without its solution this is not Python any more.",
            "Keep both markers at the indentation of the code between them.",
        )

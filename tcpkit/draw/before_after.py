"""What somebody believed before and after a course: a row for each question, two dots on five columns."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from tcpkit.draw.layout import BASELINE, Meaning, frame, legend, rows
from tcpkit.draw.picture import Picture
from tcpkit.draw.svg import label, mono, path, rect

COLUMNS = ("sure, right", "right", "do not know", "wrong", "sure, wrong")
RIGHT, WRONG = COLUMNS[:2], COLUMNS[3:]
LEFT, PITCH_X, TOP, PITCH_Y, WIDTH = 160, 58, 70, 24, 460  # px: the first column, from one to the next, the first row
DOT, APART = 10, 7  # px: a dot's width, and each of the two from the middle of its column
FIRST, NUMERALS = (6, 10, 15, 18), ("I", "II", "III", "IV", "V")  # the first lesson of each Part but the first
TITLE = "before and after"


class Row(NamedTuple):
    """A question by its name, the column of each answer, and the lesson that treats it."""

    name: str
    before: str
    after: str
    lesson: int


def before_after(questions: Sequence[Row]) -> Picture:
    """Draw a row for each question: where its answer was before, hollow, and where it is after, filled."""
    parts = groupby(sorted(questions, key=lambda row: row.lesson), lambda row: bisect(FIRST, row.lesson))
    lines = [line for part, of_it in parts for line in (f"Part {NUMERALS[part]}", *of_it)]
    bottom = TOP + PITCH_Y * len(lines)
    shapes = [label(12, 24, TITLE, "ink"), label(448, 24, "lesson", "soft", "end")]
    for at, column in enumerate(COLUMNS):
        x, (head, tail) = LEFT + PITCH_X * at, [*column.rsplit(" ", 1), ""][:2]
        shapes += [label(x, 42, head, "soft", "middle"), *([label(x, 60, tail, "soft", "middle")] if tail else [])]
        shapes.append(path([(x, TOP), (x, bottom)], "cell"))
    for y, line in rows(lines, TOP, PITCH_Y):
        is_row, middle = isinstance(line, Row), y + PITCH_Y / 2
        shapes += _drawn(line, middle) if is_row else [label(12, middle + BASELINE, line, "soft")]
    signs = (
        Meaning(lambda x, y: [_dot(x + 9, y + 9, "sheet")], "before"),
        *(
            Meaning(lambda x, y, css=css: [_dot(x + 9, y + 9, css)], words)
            for css, words in (("you", "after"), ("lit", "after, wrong"))
        ),
    )
    marks, end = legend(signs, 12, bottom + 10, WIDTH - 12)
    said = counted(questions)
    shapes += [*marks, *(label(12, end + 26 + 20 * at, line, "ink") for at, line in enumerate(said))]
    alt = "; ".join(f"{row.name}: {row.before} before, {row.after} after" for row in lines if isinstance(row, Row))
    text = [_text(line) if isinstance(line, Row) else line for line in lines]
    size = WIDTH, end + 26 + 20 * len(said)
    return frame(
        TITLE, f"Your answers before and after. {alt}. {' '.join(said)}", "\n".join([*text, *said]), size, shapes
    )


def counted(questions: Sequence[Row]) -> list[str]:
    """Return how many answers were right, and how many sure and wrong, each time."""
    times = [[row.before for row in questions], [row.after for row in questions]]
    right = [sum(answer in RIGHT for answer in answers) for answers in times]
    sure = [answers.count(WRONG[1]) for answers in times]
    return [f"Right before {right[0]}, after {right[1]}.", f"Sure and wrong before {sure[0]}, after {sure[1]}."]


def _drawn(row: Row, y: float) -> list[str]:
    """Return a question's name, its two dots with a line between them, and its lesson."""
    before = LEFT + PITCH_X * COLUMNS.index(row.before) - APART
    after = LEFT + PITCH_X * COLUMNS.index(row.after) + APART
    tone = "lit" if row.after in WRONG else "you"
    return [
        label(12, y + BASELINE, row.name, "ink"),
        path([(before, y), (after, y)], f"{tone}-line"),
        _dot(before, y, "sheet"),
        _dot(after, y, tone),
        mono(448, y + BASELINE, f"{row.lesson:02}", "soft", "end"),
    ]


def _text(row: Row) -> str:
    return f"{row.name:18}{f'{row.before} -> {row.after}':30}{row.lesson:02}"


def _dot(x: float, y: float, css: str) -> str:
    return rect(x - DOT / 2, y - DOT / 2, DOT, DOT, css, radius=DOT / 2)

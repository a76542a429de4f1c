"""A lesson as a page to print: room to write, and nothing folded.

Paper cannot unfold. A box that begins with "If this is new" is opened where
it is; every other fold (hints, model answers) becomes a note at the end, so
that nobody reads it by accident.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

from nbconvert import HTMLExporter
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from course.notebook import tags
from course.source import EXERCISE_ID

TEMPLATE = Path(__file__).with_name("page.html.j2")
FOLD = re.compile(r"<details>\s*<summary>(?P<summary>.*?)</summary>(?P<body>.*?)</details>", re.DOTALL)
IN_PLACE = "If this is new"
BETWEEN_NOTES = re.compile(r"(?<=\))\s+(?=\[.*: note \d+\])")
LESSON_LINK = re.compile(r"\]\((\w+)\.ipynb\)")
APPENDIX = '<section class="appendix">\n\n## Notes\n\nHints, and what else stood folded. Try first.'


def page(notebook: NotebookNode) -> str:
    """Return a lesson as a whole HTML page that needs no other file."""
    exporter = HTMLExporter(template_name="basic", template_file=str(TEMPLATE), exclude_anchor_links=True)
    exporter.register_preprocessor(unfolded, enabled=True)
    return exporter.from_notebook_node(notebook)[0]


def unfolded(notebook: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
    """Open or move each fold of a notebook, as a preprocessor of nbconvert."""
    exercise, notes = "", []
    for cell in notebook.cells:
        if "exercise" in tags(cell) and (found := EXERCISE_ID.match(cell.source)):
            exercise = f"Exercise {found[1]}: "
        elif cell.cell_type == "markdown":
            placed = partial(_placed, notes=notes, exercise=exercise if "hint" in tags(cell) else "")
            text = BETWEEN_NOTES.sub(" &emsp; ", FOLD.sub(placed, cell.source))
            cell.source = LESSON_LINK.sub(r"](\1.html)", text)
    if notes:
        notebook.cells.append(new_markdown_cell("\n\n".join([APPENDIX, *notes, "</section>"]), id="notes"))
    return notebook, resources


def _placed(fold: re.Match, notes: list[str], exercise: str) -> str:
    """Return what takes a fold's place; add a note of what was in it."""
    title, body = fold["summary"].strip(), fold["body"].strip()
    if title.startswith(IN_PLACE):
        return f"<blockquote>\n\n**{title}**\n\n{body}\n\n</blockquote>"
    number = len(notes) + 1
    notes.append(f'### <a id="note-{number}"></a>Note {number}. {exercise}{title}\n\n{body}')
    return f"[{title}: note {number}](#note-{number})"

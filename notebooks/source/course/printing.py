"""A lesson as a page to print: room to write, and nothing folded.

Paper cannot unfold. A box that begins with "If this is new" is opened where
it stands; every other fold (hints, model answers) goes to an appendix, so that
nobody reads it by accident. This also gets round nbconvert, which shows the
code in a fold as bare text.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_notebook

from course.notebook import tags
from course.source import EXERCISE_ID

FOLD = re.compile(r"<details>\s*<summary>(?P<summary>.*?)</summary>(?P<body>.*?)</details>", re.DOTALL)
IN_PLACE = "If this is new"
TITLE = re.compile(r"^# (.+)$", re.MULTILINE)
BETWEEN_NOTES = re.compile(r"(?<=\))\s+(?=\[.*: note \d+\])")
LESSON_LINK = re.compile(r"\]\((\d\d_\w+)\.ipynb\)")
STYLE = """
@page { margin: 18mm 16mm; }
body { font: 11pt/1.45 Georgia, serif; max-width: 46em; margin: 2em auto; padding: 0 1em; }
h1, h2, h3 { font-family: Helvetica, Arial, sans-serif; line-height: 1.2; break-after: avoid; }
h2 { margin-top: 1.8em; } h3 { margin: 1.6em 0 0; font-size: 1em; }
pre, code { font: 9.5pt/1.4 "DejaVu Sans Mono", Menlo, Consolas, monospace; white-space: pre-wrap; }
table { border-collapse: collapse; margin: 1em 0; }
td, th { border: 1px solid #888; padding: 0.2em 0.6em; text-align: left; }
blockquote { margin: 1em 0; padding: 0.1em 1em; border: 1px solid #888; }
.input_prompt, .output_prompt { display: none; }
.input_area { margin: 0.8em 0; padding: 0.1em 0.8em; border: 1px solid #888; break-inside: avoid; }
.celltag_exercise .input_area, .celltag_words .input_area { min-height: 11em; }
.appendix { break-before: page; }
a { color: inherit; }
"""


@dataclass
class Appendix:
    """What stood folded in a lesson, in order: a head and the text under it."""

    notes: list[tuple[str, str]] = field(default_factory=list)

    def take(self, fold: re.Match, exercise: str) -> str:
        """Keep a fold, and return what stands in its place."""
        summary = fold["summary"].strip()
        self.notes.append((f"{exercise}{summary}", fold["body"].strip()))
        return f"[{summary}: note {len(self.notes)}](#note-{len(self.notes)})"

    def cells(self) -> list[NotebookNode]:
        """Return the appendix, to follow the lesson's last cell."""
        if not self.notes:
            return []
        head = "## Notes\n\nHints, and what else stood folded. Try first."
        notes = [
            f'### <a id="note-{number}"></a>Note {number}. {title}\n\n{body}'
            for number, (title, body) in enumerate(self.notes, start=1)
        ]
        return [new_markdown_cell(text) for text in (head, *notes)]


def page(notebook: NotebookNode) -> str:
    """Return a lesson as a whole HTML page that needs no other file."""
    appendix = Appendix()
    lesson = _with_metadata(notebook, _unfolded(notebook, appendix))
    body = _rendered(lesson)
    if notes := appendix.cells():
        body += f'<section class="appendix">\n{_rendered(_with_metadata(notebook, notes))}</section>\n'
    found = TITLE.search(notebook.cells[0].source) if notebook.cells else None
    title = html.escape(found[1] if found else "A lesson")
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        f"<style>{STYLE}</style>\n</head>\n<body>\n{body}</body>\n</html>\n"
    )


def _with_metadata(notebook: NotebookNode, cells: list[NotebookNode]) -> NotebookNode:
    return new_notebook(cells=cells, metadata=notebook.metadata)


def _unfolded(notebook: NotebookNode, appendix: Appendix) -> list[NotebookNode]:
    """Return the cells with no fold in them; what was folded is in the appendix."""
    exercise = ""
    cells = []
    for stored in notebook.cells:
        cell = stored.copy()
        if "exercise" in tags(cell) and (found := EXERCISE_ID.match(cell.source)):
            exercise = f"Exercise {found[1]}: "
        if cell.cell_type == "markdown":
            begins = exercise if "hint" in tags(cell) else ""
            text = FOLD.sub(lambda fold, begins=begins: _placed(fold, begins, appendix), cell.source)
            cell.source = LESSON_LINK.sub(r"](\1.html)", BETWEEN_NOTES.sub(" &emsp; ", text))
        cells.append(cell)
    return cells


def _placed(fold: re.Match, exercise: str, appendix: Appendix) -> str:
    if not fold["summary"].strip().startswith(IN_PLACE):
        return appendix.take(fold, exercise)
    box = f"**{fold['summary'].strip()}**\n\n{fold['body'].strip()}"
    return "\n".join(f"> {line}".rstrip() for line in box.splitlines())


def _rendered(notebook: NotebookNode) -> str:
    from nbconvert import HTMLExporter  # here: it takes a second, and only pages need it

    # Without nbconvert's own page around it, which loads scripts from the web.
    body, _ = HTMLExporter(template_name="basic", exclude_anchor_links=True).from_notebook_node(notebook)
    return body

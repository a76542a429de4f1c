"""The outputs of cells: made to repeat, and checked before they are stored."""

from __future__ import annotations

import base64
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from nbformat import NotebookNode

from course.faults import Fault
from course.notebook import Edition, code_cells, tags
from course.place import Place
from course.prose import pictures_without_alt

RULE = re.compile(r"^\[(.*)\]\nregex: (.*)\nreplace: (.*)$", re.MULTILINE)
NBVAL_ONLY = "nbval only: "  # so begins the name of a rule for what is stored and not compared
ADDRESS = re.compile(r"\b0x[0-9a-f]{10,16}\b|ipykernel_\d+|/(?:home|Users)/\w+")
WIDGET = "application/vnd.jupyter.widget-view+json"
PLOT = re.compile(r'(?<=<img class="plot" src="data:image/svg\+xml;base64,)[^"]*')
PIXELS = re.compile(r'(?<=href="data:image/png;base64,)[^"]*')
VARIES = re.compile(r"<pre>packet .*?</pre>|[\d\s]+", re.DOTALL)  # numbers, and the bytes of packets


class Sanitizer:
    """Replace what the kernel or the machine picks anew in each run.

    The rules are in nbval's own file, so that what is stored is what nbval
    compares. Rules for nbval only are left out: one says that it does not
    compare the pixels of a plot, and these have to be stored.
    """

    def __init__(self, rules: Path) -> None:
        found = RULE.findall(rules.read_text(encoding="ascii")) if rules.exists() else []
        self.rules = [(re.compile(rule), instead) for name, rule, instead in found if not name.startswith(NBVAL_ONLY)]

    def __call__(self, text: str) -> str:
        for pattern, instead in self.rules:
            text = pattern.sub(instead, text)
        return text


def clean(notebook: NotebookNode, sanitize: Sanitizer) -> None:
    """Make the outputs of a notebook that just ran repeat."""
    for cell in code_cells(notebook):
        cell.outputs = _merge_streams(cell.outputs)
        for output in cell.outputs:
            if output.output_type == "stream":
                output.text = sanitize(output.text)
            elif output.output_type == "error":
                output.evalue = sanitize(output.evalue)
                output.traceback = [f"{output.ename}: {output.evalue}"]
            else:
                output.data.pop(WIDGET, None)  # it needs the kernel that made it; its text stays
                for kind in filter(_is_text, output.data):
                    output.data[kind] = sanitize(output.data[kind])


def _is_text(kind: str) -> bool:
    return kind.startswith("text/")


def _merge_streams(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Return the outputs with each stream in one piece: where it was cut is chance."""
    merged: list[NotebookNode] = []
    streams: dict[str, NotebookNode] = {}
    for output in outputs:
        if output.output_type == "stream" and output.name in streams:
            streams[output.name].text += output.text
            continue
        if output.output_type == "stream":
            streams[output.name] = output
        merged.append(output)
    return merged


def texts(cell: NotebookNode) -> list[str]:
    """Return all texts in a code cell's outputs."""
    found = []
    for output in cell.outputs:
        if output.output_type == "stream":
            found.append(output.text)
        elif output.output_type == "error":
            found += [output.evalue, *output.traceback]
        else:
            found += [output.data[kind] for kind in sorted(output.data) if _is_text(kind)]  # as they are stored
    return found


def keep_steady(new: NotebookNode, old: NotebookNode) -> None:
    """Keep stored outputs that are not compared, where only digits, bytes, pixels or lines that come again differ.

    Process ids and the like differ from run to run, pixels from version to
    version of matplotlib; a rebuild that changes nothing else must leave the
    notebook as it is.
    """
    stored = {cell.id: cell for cell in code_cells(old)}
    plots = {_painted(plot): plot for cell in stored.values() for text in texts(cell) for plot in PLOT.findall(text)}
    for cell in code_cells(new):
        for output in (output for output in cell.outputs if "text/html" in output.get("data", {})):
            output.data["text/html"] = PLOT.sub(lambda m: plots.get(_painted(m[0]), m[0]), output.data["text/html"])
        before = stored.get(cell.id)
        if before and "nbval-ignore-output" in tags(cell) and _gist(cell) == _gist(before):
            cell.outputs = before.outputs


def _painted(plot: str) -> str:
    """Return all of a plot but its pixels; a digest of what was painted is in it."""
    return PIXELS.sub("", base64.b64decode(plot).decode())


def _gist(cell: NotebookNode) -> tuple[str, set[str]]:
    shown = (VARIES.sub(" ", PLOT.sub("", text)) for text in texts(cell))
    return cell.source, {line.strip() for text in shown for line in text.splitlines()}  # an ACK more is a line again


def output_faults(notebook: NotebookNode, edition: Edition, place: Place, shown: str) -> Iterator[Fault]:
    """Find outputs not to be stored: paths of a machine, pictures without alt text, wrong verdicts."""
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type != "code":
            continue
        where = f"{shown}, cell {number}"
        for text in texts(cell):
            mark = _machine_mark(text, place)
            if mark:
                yield Fault(where, f"the output shows `{mark}`, which only this machine has.", "Do not print it.")
            for picture in pictures_without_alt(text):
                yield Fault(where, f"the picture `{picture}` has no alt text.", "Say what it shows.")
        yield from _tag_faults(cell, edition, where)


def _machine_mark(text: str, place: Place) -> str | None:
    """Return a folder or memory address in the text that belongs to this machine."""
    for folder in (str(place.root), sys.prefix, str(Path.home()), tempfile.gettempdir()):
        if f"{folder}/" in text or text.rstrip().endswith(folder):
            return folder
    found = ADDRESS.search(text)
    return found and found[0]


def _tag_faults(cell: NotebookNode, edition: Edition, where: str) -> Iterator[Fault]:
    first = _first_line(cell)
    if "check" in tags(cell):
        status = "TODO" if edition is Edition.LEARNERS else "PASS"
        if not first.startswith(f"{status} "):
            yield Fault(where, f"the {edition} check says `{first}`.", f"It has to begin with {status}.")
    if "compare" in tags(cell) and (first.startswith("NO GUESS YET") != (edition is Edition.LEARNERS)):
        yield Fault(
            where,
            f"the {edition} compare says `{first}`.",
            "It says NO GUESS YET to the learner's, and answers the guess in the solved one.",
        )
    has_error = any(output.output_type == "error" for output in cell.outputs)
    if "raises-exception" in tags(cell) and not has_error:
        yield Fault(where, "no error came, but the cell is tagged `raises-exception`.", "Take the tag away.")


def _first_line(cell: NotebookNode) -> str:
    """Return the first line of the cell's plain text."""
    for output in cell.outputs:
        text = output.get("text") or output.get("data", {}).get("text/plain", "")
        if text.strip():
            return text.strip().splitlines()[0]
    return ""

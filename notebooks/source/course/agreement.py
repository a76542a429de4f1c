"""Proving, without running anything, that sources and notebooks agree."""

from __future__ import annotations

from collections.abc import Iterator

from nbformat import NotebookNode

from course.faults import Fault
from course.notebook import code_cells, editions, load, tags, unrun
from course.outputs import Sanitizer, output_faults, texts
from course.place import Place
from course.source import Lesson

REBUILD = "Run `make notebooks`, look at what changed, and commit it with the source."


def agreement_faults(lesson: Lesson, place: Place) -> Iterator[Fault]:
    """Find where a lesson's two stored notebooks are not what its source says."""
    sanitize = Sanitizer(place.rules)
    for edition in editions(lesson):
        path = edition.path(place, lesson.name)
        shown = place.shown(path)
        if not path.is_file():
            yield Fault(shown, "this notebook was never built.", REBUILD)
            continue
        stored = load(path)
        yield from _cell_faults(unrun(lesson, edition), stored, shown)
        yield from _run_faults(stored, sanitize, shown)
        yield from output_faults(stored, edition, place, shown)


def _cell_faults(meant: NotebookNode, stored: NotebookNode, shown: str) -> Iterator[Fault]:
    if stored.metadata != meant.metadata:
        yield Fault(shown, "its metadata are not the builder's.", REBUILD)
    if len(meant.cells) != len(stored.cells):
        yield Fault(shown, f"it has {len(stored.cells)} cells, its source makes {len(meant.cells)}.", REBUILD)
    for number, (wanted, found) in enumerate(zip(meant.cells, stored.cells, strict=False), start=1):
        for part in ("cell_type", "id", "metadata", "source"):
            if wanted[part] != found[part]:
                yield Fault(f"{shown}, cell {number}", f"its {part} is not what the source says.", REBUILD)
                return


def _run_faults(stored: NotebookNode, sanitize: Sanitizer, shown: str) -> Iterator[Fault]:
    counts = [cell.execution_count for cell in code_cells(stored)]
    if counts != list(range(1, len(counts) + 1)):
        yield Fault(shown, "its code cells did not all run, once and in order.", REBUILD)
    for cell in code_cells(stored):
        if any(sanitize(text) != text for text in texts(cell)):
            yield Fault(f"{shown}, {cell.id}", "an output holds what tests/nbval_sanitize.cfg takes out.", REBUILD)
        if any(output.output_type == "error" for output in cell.outputs) and "raises-exception" not in tags(cell):
            yield Fault(f"{shown}, {cell.id}", "the cell stopped with an error.", "Mend it, or tag it.")


def stray_faults(place: Place) -> Iterator[Fault]:
    """Find notebooks that no source makes."""
    names = {path.stem for path in place.sources()}
    for path in place.learners() + place.solved():
        if path.stem not in names:
            yield Fault(place.shown(path), "no source makes this notebook.", "Delete it, or bring its source back.")

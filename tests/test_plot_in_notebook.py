"""A stored plot: nbval compares its words and not its pixels; a rebuild keeps pixels while the same is painted."""

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from course.outputs import PLOT, Sanitizer, clean, keep_steady
from tcpkit.draw import Picture, plot

RULES = Path(__file__).with_name("nbval_sanitize.cfg")
CODE = 'from tcpkit.draw import plot\n\nplot(lambda axes: axes.plot([0, 1]), "A line.", "a line")'


def drawn(height=1, alt="A line.", text="a line", sharpness=1.5):
    """Return the plot that CODE draws, or one that differs from it; with another sharpness in its pixels alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys.modules["tcpkit.draw.plot"], "SHARPNESS", sharpness)
        return plot(lambda axes: axes.plot([0, height]), alt, text)


def notebook(*pictures: Picture, codes=()):
    """Return a notebook of cells that have these pictures stored; they draw a plot, the last ones what `codes` say."""
    cells = []
    for number, picture in enumerate(pictures, 1):
        code = [*[CODE] * (len(pictures) - len(codes)), *codes][number - 1]
        data = {"text/plain": repr(picture), "text/html": picture._repr_html_()}
        output = new_output("execute_result", execution_count=number, data=data)
        cells.append(new_code_cell(code, execution_count=number, outputs=[output], id=f"cell-{number}"))
    return new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})


def images(made):
    return [PLOT.search(cell.outputs[0].data["text/html"])[0] for cell in made.cells]


def test_nbval_compares_alt_and_text_and_not_pixels(tmp_path):
    other = drawn(sharpness=1)
    assert other._repr_html_() != drawn()._repr_html_()
    dot = Picture("<svg></svg>", "A dot.", "dot")  # no plot: its bytes are compared
    stored = [drawn(), other, drawn(alt="Another line."), drawn(text="another line"), dot]
    codes = ['from tcpkit.draw import Picture\n\nPicture("<svg/>", "A dot.", "dot")']
    nbformat.write(notebook(*stored, codes=codes), tmp_path / "plots.ipynb")
    options = ["--nbval", f"--nbval-sanitize-with={RULES}", "-rA", "--tb=no", "-p", "no:cacheprovider", "plots.ipynb"]
    ran = subprocess.run([sys.executable, "-m", "pytest", *options], cwd=tmp_path, capture_output=True, text=True)
    verdicts = re.findall(r"^(PASSED|FAILED) .*Cell \d+", ran.stdout, re.MULTILINE)
    assert verdicts == ["PASSED", "PASSED", "FAILED", "FAILED", "FAILED"], ran.stdout


def test_the_builder_stores_a_plot_as_it_is():
    made = notebook(drawn())
    clean(made, Sanitizer(RULES))
    assert made == notebook(drawn())


def test_a_rebuild_keeps_the_pixels_while_the_same_is_painted():
    stored = notebook(drawn(sharpness=1), drawn(2, sharpness=1), drawn(alt="Old.", sharpness=1))
    made = notebook(drawn(), drawn(), drawn(alt="New."))
    fresh = images(made)
    keep_steady(made, stored)
    assert images(made) == [images(stored)[0], images(stored)[0], fresh[2]]
    assert 'alt="New."' in made.cells[2].outputs[0].data["text/html"]
    moved = notebook(drawn(3))
    fresh = images(moved)
    keep_steady(moved, stored)
    assert images(moved) == fresh != images(stored)[:1]

"""Cells run out of order get one clear sentence, and the notebook goes on."""

import re

import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

NOT_YET = r"NameError: name '\w+' is not defined. Run the cells above this one first, in order, then this one again."
LETTER = "NameError: name 'c' is not defined. `c` is a name here. If you mean the letter, write it in quotes: \"c\"."
HEX = "NameError: name 'dc0c' is not defined. `dc0c` is a name here. If you mean the number in hex, write 0xdc0c."
SAID = {  # cell: what it says
    "check.guess_bytes(guess, packets)": NOT_YET,
    "check.port_bytes(port_bytes)": NOT_YET,
    "{number: passes(number) for number in range(3)}": NOT_YET,
    "sum(passes(number) for number in range(3))": NOT_YET,
    "ab": NOT_YET,  # a short name, but no letter to choose
    'guess = c  # "a", "b" or "c"': LETTER,
    "mine = {1: (c, 3)}": LETTER,
    "by_hand = dc0c": HEX,
    "def f():\n    return nowhere\n\nf()": "NameError: name 'nowhere' is not defined",  # Python's own words
    "1 / 0": "ZeroDivisionError: division by zero",
    "1": "",
}


@pytest.fixture(scope="module")
def said():
    """Run the cells in one notebook, and return what each says."""
    cells = [new_code_cell(cell) for cell in ("from tcpkit.check import lesson01 as check", *SAID)]
    NotebookClient(new_notebook(cells=cells), kernel_name="python3", allow_errors=True).execute()
    errors = [[f"{each.ename}: {each.evalue}" for each in cell.outputs if "ename" in each] for cell in cells]
    return {cell.source: "".join(found) for cell, found in zip(cells, errors, strict=True)}


@pytest.mark.parametrize("cell", SAID)
def test_a_cell_that_misses_a_name_says_what_to_do(said, cell):
    assert re.fullmatch(SAID[cell], said[cell])

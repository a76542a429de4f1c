"""Cells run out of order get one clear sentence, and the notebook goes on."""

import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

FIRST = "from tcpkit.check import lesson01 as check"


def errors(*cells):
    """Run cells, and return what the failing ones say."""
    notebook = new_notebook(cells=[new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, kernel_name="python3", allow_errors=True).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    return [f"{output.ename}: {output.evalue}" for output in outputs if output.output_type == "error"]


@pytest.mark.parametrize(
    "cell",
    [
        "check.guess_bytes(guess, packets)",
        "check.port_bytes(port_bytes)",
        "{number: passes(number) for number in range(3)}",
        "sum(passes(number) for number in range(3))",
    ],
)
def test_cell_before_the_one_it_needs(cell):
    (said,) = errors(FIRST, cell, "print('the notebook goes on')")
    assert said.startswith("NameError: name '")
    assert said.endswith("is not defined. Run the cells above this one first, in order, then this one again.")


@pytest.mark.parametrize("cell", ['guess = c  # "a", "b" or "c"', "mine = {1: (c, 3)}"])
def test_letter_without_quotes(cell):
    assert errors(FIRST, cell) == [
        "NameError: name 'c' is not defined. `c` is a name here. If you mean the letter, write it in quotes: \"c\"."
    ]


def test_hex_without_its_sign():
    (said,) = errors(FIRST, "by_hand = dc0c")
    assert said.endswith("is not defined. `dc0c` is a name here. If you mean the number in hex, write 0xdc0c.")


def test_other_short_names_are_no_letters_to_choose():
    (said,) = errors(FIRST, "ab")
    assert said.endswith("Run the cells above this one first, in order, then this one again.")


def test_slip_inside_a_function_is_left_to_python():
    (said,) = errors(FIRST, "def f():\n    return nowhere\n", "f()")
    assert said == "NameError: name 'nowhere' is not defined"


def test_other_errors_are_left_to_python():
    assert errors(FIRST, "1 / 0") == ["ZeroDivisionError: division by zero"]

"""What every lesson that speaks with the kernel keeps to: a conversation begins and ends in one cell.

The kernel has timers, and learners think: what stays open is repeated, forgotten, or shows in a later capture.
"""

import contextlib
import io
import json
import re
from time import sleep

import nbformat
import pytest
from lesson_cells import NAMES, NOTEBOOKS, code_cells

from tcpkit import Lab
from tcpkit.lab import LabUnavailable

CALLS = re.compile(r"\.\w+\(")
REST = {"LISTEN", "TIME-WAIT"}  # the kernel sends nothing by itself in these
SPEAKERS = [
    name
    for name in NAMES
    if any({".talk(", ".cable(", ".dial(", ".asyncio("} & {*CALLS.findall(cell.source)} for cell in code_cells(name))
]


def open_states(lab):
    """Return the states in which the kernel still waits, once what is on its way has arrived."""
    for _ in range(20):  # a second; what a cell left open stays for a minute
        if not (left := {*lab.sockets().state} - REST):
            break
        sleep(0.05)
    return left


def test_lessons_speak_with_the_kernel():
    spoken = {"06_tools_lie", "07_handshake", "08_bytes_not_messages", "09_goodbye", "10_states", "11_out_of_order"}
    spoken.add("14_async")
    assert spoken <= {*SPEAKERS}


@pytest.mark.parametrize("lesson", SPEAKERS)
def test_no_conversation_stays_open_after_its_cell(lesson):
    try:
        Lab().close()
    except LabUnavailable as error:
        pytest.skip(str(error))
    world = {"__name__": "__main__"}
    for cell in code_cells(lesson):
        for time in ("first", "second"):  # no port and no address is used up by the first
            with contextlib.redirect_stdout(io.StringIO()):
                cell.run(world)
            left = open_states(world["lab"])
            assert not left, f"{cell}, after its {time} run: {left}"
    world["lab"].close()


def test_the_end_of_a_handshake_is_not_told_before_exercise_7_1_is_solved():
    cells = nbformat.read(NOTEBOOKS / "07_handshake.ipynb", 4).cells
    place = next(at for at, cell in enumerate(cells) if cell.source.startswith("check.third_packet("))
    words = json.dumps(cells[: place + 1])
    assert "SYN-RECEIVED" in words
    assert "ESTABLISHED" not in words

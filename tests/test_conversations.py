"""What every lesson that speaks with the kernel keeps to: a conversation begins and ends in one cell.

The kernel has timers, and learners think: what stays open is repeated, forgotten, or shows in a later capture.
`test_bad_input_notebooks.py` runs each cell of these lessons twice, and then asks what stays open.
"""

import json
import re

import nbformat
from lesson_cells import NAMES, NOTEBOOKS, code_cells

CALLS = re.compile(r"\.\w+\(")
SPEAKERS = [
    name
    for name in NAMES
    if any({".talk(", ".cable(", ".dial(", ".asyncio("} & {*CALLS.findall(cell.source)} for cell in code_cells(name))
]


def test_lessons_speak_with_the_kernel():
    spoken = {"06_tools_lie", "07_handshake", "08_bytes_not_messages", "09_goodbye", "10_states", "11_out_of_order"}
    spoken.add("14_async")
    assert spoken <= {*SPEAKERS}


def test_the_end_of_a_handshake_is_not_told_before_exercise_7_1_is_solved():
    cells = nbformat.read(NOTEBOOKS / "07_handshake.ipynb", 4).cells
    place = next(at for at, cell in enumerate(cells) if cell.source.startswith("check.third_packet("))
    words = json.dumps(cells[: place + 1])
    assert "SYN-RECEIVED" in words
    assert "ESTABLISHED" not in words

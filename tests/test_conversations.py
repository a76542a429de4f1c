"""What every lesson that speaks with the kernel keeps to: a conversation begins and ends in one cell.

The kernel has timers, and learners think: what stays open is repeated, forgotten, or shows in a later capture.
`test_bad_input_notebooks.py` runs each cell of these lessons twice, and then asks what stays open.
"""

import contextlib
import io
import json
import re

import nbformat
import pytest
from lesson_cells import NAMES, NOTEBOOKS, Cell, code_cells
from open_states import labs_of, open_states

from tcpkit.lab.recording import Recording
from tcpkit.wire import Flags

CALLS = re.compile(r"\.\w+\(")
SPEAKERS = [
    name
    for name in NAMES
    if any({".talk(", ".cable(", ".dial(", ".asyncio("} & {*CALLS.findall(cell.source)} for cell in code_cells(name))
]
PART_TWO = [name for name in NAMES if "06" <= name[:2] <= "09"]
SAID_AGAIN = "lab.send(packets[0].segment)"  # 06, section 2, sends a SYN of section 1 once more: that is its subject


def test_lessons_speak_with_the_kernel():
    spoken = {"06_tools_lie", "07_handshake", "08_bytes_not_messages", "09_goodbye", "10_states", "11_out_of_order"}
    spoken.add("14_async")
    assert spoken <= {*SPEAKERS}


def conversations(capture):
    """Return the flags of the first segment of each conversation, by its four numbers."""
    first = {}
    for packet in capture:
        segment = packet.segment
        ends = (packet.source, segment.source_port), (packet.destination, segment.destination_port)
        first.setdefault(frozenset(ends), segment.flags)
    return first


def broken_rules(cells, monkeypatch):
    """Run cells; yield (rule, cell, four numbers) of each conversation that their labs record and that breaks one."""
    recorded, end = [], Recording.__exit__
    monkeypatch.setattr(Recording, "__exit__", lambda self, *error: recorded.append(self) or end(self, *error))
    world, seen, before = {"__name__": "__main__"}, set(), set()
    for cell in cells:
        recorded.clear()
        with contextlib.redirect_stdout(io.StringIO()):
            cell.run(world)
        agents = {lab._agent for lab in labs_of(world)}
        for capture in [each for each in recorded if each._agent in agents]:  # not of the labs that checks make
            for ends, flags in conversations(capture).items():
                if ends & before or (flags != Flags.SYN and not ends & talks(agents)):
                    yield "of an earlier cell", cell, ends
                if (capture._agent, ends) in seen and SAID_AGAIN not in cell.source:
                    yield "twice", cell, ends
                seen.add((capture._agent, ends))
        before = talks(agents)
        if states := open_states(world):
            yield "open", cell, states
    for lab in labs_of(world):
        lab.close()


def talks(agents):
    """Return the address and the port of each talk that was begun."""
    return {talk[:2] for agent in agents for talk in agent.talks}


@pytest.mark.usefixtures("_namespace")
@pytest.mark.parametrize("lesson", PART_TWO)
def test_a_capture_holds_conversations_of_its_cell_and_no_four_numbers_come_twice(lesson, monkeypatch):
    assert list(broken_rules(code_cells(lesson), monkeypatch)) == []


BEGIN = """
from tcpkit import Lab
lab = Lab()
me = lab.host()
server = lab.listen(8000, me.gateway)
"""
OPEN = "talk = me.talk(8000)\ntalk.dial()"
LATE = "with me.capture():\n    talk.hang_up()"
MIDDLE = """
with lab.listen(8000), lab.socket() as mine:
    mine.connect(("127.0.0.1", 8000))
    with lab.capture():
        mine.close()
"""
AGAIN = """
with lab.socket() as mine:
    mine.bind(("127.0.0.1", 40000))
    with lab.capture():
        mine.connect_ex(("127.0.0.1", 1))
"""
BAD = [
    ([OPEN], ["open"]),
    ([BEGIN.replace("lab", "other") + OPEN], ["open"]),
    ([OPEN, LATE], ["open", "of an earlier cell"]),
    ([MIDDLE], ["of an earlier cell"]),
    ([AGAIN, AGAIN], ["twice"]),
]


@pytest.mark.usefixtures("_namespace")
@pytest.mark.parametrize(("sources", "rules"), BAD)
def test_a_lesson_that_breaks_a_rule_is_found(sources, rules, monkeypatch):
    lesson = [Cell("bad", place, source, source, ()) for place, source in enumerate([BEGIN, *sources])]
    assert [rule for rule, *_ in broken_rules(lesson, monkeypatch)] == rules


def test_the_end_of_a_handshake_is_not_told_before_exercise_7_1_is_solved():
    cells = nbformat.read(NOTEBOOKS / "07_handshake.ipynb", 4).cells
    place = next(at for at, cell in enumerate(cells) if cell.source.startswith("check.third_packet("))
    words = json.dumps(cells[: place + 1])
    assert "SYN-RECEIVED" in words
    assert "ESTABLISHED" not in words

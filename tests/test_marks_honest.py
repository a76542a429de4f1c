"""Marking honest hand-ins: every lesson, and answers in other clothes; they are marked as in the notebook."""

import re

import pytest
from hand_ins import COURSE, FOURTH, HandIn, bare, exercise, first, load, marks, run, skip_without_lab, store

from tcpkit.marks.course import GIVEN
from tcpkit.marks.submission import read_submission

# Honest work: all lessons, as solved and as untouched; answers in other clothes; answers that use the lab


PROBE = """
def probe(_, port):
    syn = Segment(TCPHeader(8989, port, flags=Flags.SYN)).with_checksum('127.0.0.1', '127.0.0.1')
    return any(reply.flags & Flags.SYN for reply in lab.ask(syn))  # the notebook's own name for it
"""
CLOSES = "def probe(lab, port):\n lab.close()\n return True"
LIES = "import tcpkit.lab\ntcpkit.lab.Lab.ask_each = tcpkit.lab.Lab.ask = lambda *_, **__: []"
SILENT = "def reset_for(segment): return None"
WRITES = "def with_data_offset(header, words):\n h = {}\n h[12] = words << 4 | h[12] & 15\n return bytes(h)"
THE_SAME = "header if type(header) is bytearray else bytearray(header)"
VIEW = "SOLUTION\nright = with_data_offset\ndef with_data_offset(*given):\n return memoryview(right(*given))"
LISTED = "SOLUTION\nright = reset_for\ndef reset_for(segment):\n return (r := right(segment)) and list(map(int, r))"
SLOW = """SOLUTION
import time
waits, right = [5.5], data_offset
def data_offset(header):
 time.sleep(waits.pop() if waits else 0)
 return right(header)
"""
PAGE = "SOLUTION\nright = fetch\ndef fetch(talk):\n"
ASKS = f"""{PAGE} tried = []
 for wrong in ("talk.host", "talk._waiting", "talk.hear.__self__", "setattr(talk, 'source_port', 1)"):
  try: tried.append(eval(wrong))
  except AttributeError: pass
 return right(talk) if not tried else b''
"""
CATCHES = f"""{PAGE} try: talk.say(Flags.ACK, seq=-1)
 except ValueError as error: return right(talk) if "its 32 bits" in str(error) else b""
"""
RETURNS = """
def close_second(talk):
 while not (segment := talk.hear()).flags & Flags.FIN: pass
 talk.ack = tcpkit.next_ack(segment)
 talk.say(Flags.ACK)
 talk.say(flags=Flags.FIN | Flags.ACK)
 return talk.hear()
"""
NO_OPTION = "def open_port(lab, port):\n s = lab.socket()\n s.bind(('127.0.0.1', port))\n s.listen()\n return s"
KERNELS = """SOLUTION
class Reassembler(Reassembler):
 def add(self, at, data):
  while len(data) > 100: {}
  return super().add(at, data)
"""
PARTIAL = "import functools\ndata_offset = functools.partial(lambda n, h: h[n] >> 4, 12)"
OTHER_CLOTHES = {  # the exercise, what is written there, what it gets; the others pass
    "changes its argument": (
        "2.3",
        WRITES.format(THE_SAME),
        "TRY AGAIN",
    ),
    "changes a copy": ("2.3", WRITES.format("bytearray(header)"), "PASS"),
    "numpy": ("2.1", "import numpy\ndef data_offset(header): return numpy.uint8(header[12]) >> 4", "PASS"),
    "a truth": ("2.1", "def data_offset(header): return True", "TRY AGAIN"),
    "memoryview": ("2.3", VIEW, "PASS"),
    "a list for a tuple": ("4.3", LISTED, "PASS"),
    "another number of parameters": ("2.1", "def data_offset(header, more): return header[12] >> 4", "TRY AGAIN"),
    "a default": ("2.1", "def data_offset(header, bits=4): return header[12] >> bits", "PASS"),
    "a partial": ("2.1", PARTIAL, "PASS"),
    "slower by its way to the judge": ("2.1", SLOW, "PASS"),
    "raises": ("2.2", "def header_length(header): raise ValueError(header)", "TRY AGAIN"),
    "uses the lab by the notebook's name": ("5.3", PROBE, "PASS"),
    "closes the lab": ("5.3", CLOSES, "TRY AGAIN"),
    "asks a conversation for more": ("8.3", ASKS, "PASS"),
    "catches what a conversation raises": ("8.3", CATCHES, "PASS"),
    "a page without its end": ("8.3", f"{PAGE} return right(talk)[:-1]", "TRY AGAIN"),
    "waits for a program of its own": ("9.1", 'lab.source(b"x", 8001)\nSOLUTION', "PASS"),
    "says nothing": ("9.1", "def close_first(talk): pass", "TRY AGAIN"),
    "ends the process in a conversation": ("9.1", "def close_first(talk): __import__('os')._exit(0)", "DID NOT FINISH"),
    "returns what it heard": ("9.2", RETURNS, "PASS"),
    "a socket without the option": ("9.3", NO_OPTION, "TRY AGAIN"),
    "a socket of another lab": ("9.3", "def open_port(_, port): return lab.listen(port)", "TRY AGAIN"),
    "a class that takes pieces whole": ("11.2", "class Reassembler(Whole): pass", "TRY AGAIN"),
    "wrong for the kernel alone": ("11.2", KERNELS.format("return data"), "TRY AGAIN"),
    "endless for the kernel alone": ("11.2", KERNELS.format("pass"), "TRY AGAIN"),
    "ends the process for the kernel alone": ("11.2", KERNELS.format("__import__('os')._exit(0)"), "DID NOT FINISH"),
    "enters the contest with Reno": ("17.3", "class Mine(Reno): pass", "TRY AGAIN"),
}
UNTOUCHED = [name for name in COURSE if name[:2] in ("02", "11", "14")]  # a function, a class, a coroutine to write
HONEST = {  # the lessons by turns as they are and bare
    **{f"solved/{name}": HandIn(load(name), name) for name in list(COURSE)[::2]},
    **{f"bare/{name}": HandIn(bare(load(name)), name) for name in list(COURSE)[1::2]},
    **{f"untouched/{name}": HandIn(load(name, "."), name, every="TODO") for name in UNTOUCHED},
    "clothes/its lab lies": HandIn(first(LIES, exercise(SILENT, "4.3", load(FOURTH))), FOURTH, {"4.3": "TRY AGAIN"}),
}
for name, (number, source, status) in OTHER_CLOTHES.items():
    (lesson,) = (each for each in COURSE if each.startswith(f"{number.partition('.')[0]:0>2}_"))
    HONEST[f"clothes/{name}"] = HandIn(exercise(source, number, load(lesson)), lesson, {number: status})


@pytest.fixture(scope="module")
def honest(tmp_path_factory):
    skip_without_lab()
    folder = tmp_path_factory.mktemp("honest")
    store(folder, HONEST)
    return run(folder, "--jobs", "2")  # more would only wait for each other


@pytest.mark.parametrize("name", HONEST)
def test_honest_work_is_marked_as_in_the_notebook(honest, name):
    assert marks(honest).get(f"{name}.ipynb", []) == HONEST[name].marks


@pytest.mark.parametrize("edition", [load, lambda name: bare(load(name)), lambda name: load(name, ".")])
@pytest.mark.parametrize("name", COURSE)
def test_the_lesson_and_all_that_is_asked_are_found(tmp_path, name, edition):
    store(tmp_path, {"it": HandIn(edition(name))})
    found = read_submission(tmp_path / "it.ipynb", COURSE)
    assert found.lesson == name
    assert all(question.bound_by(found.cells) for question in COURSE[name].questions)


def test_a_lesson_without_exercises_is_not_passed_over_in_silence(honest):
    assert "solved/00_start_here.ipynb: lesson 00_start_here has no exercises" in honest.stderr


def test_files_come_in_order(honest):
    assert list(marks(honest)) == sorted(marks(honest))


@pytest.mark.parametrize("lesson", COURSE.values(), ids=COURSE)
def test_checks_ask_for_the_learners_names_and_the_lab_alone(lesson):
    names = [name for question in lesson.questions for name in question.names]
    assert len(set(names)) == len(names), "a name is looked up when all cells have run"
    bound = {name for cell in lesson.cells if cell.tags & {"exercise", "recall"} for name in cell.names}
    assert set(names) <= bound
    assert not bound & GIVEN
    for question in lesson.questions:
        assert re.fullmatch(r"\d+\.\d+ \w+", question.name)

"""Marking hand-ins: honest ones, broken ones, and hostile ones."""

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import seccomp
from hypothesis import given
from hypothesis import strategies as st
from processes import PATIENCE_S, eventually, mark, marked

from tcpkit.check.values import Plain, plain
from tcpkit.lab import Lab, LabUnavailable
from tcpkit.marks.command import quoted, shown
from tcpkit.marks.course import GIVEN, read_course
from tcpkit.marks.messages import Lost, decode, encode
from tcpkit.marks.submission import Broken, read_submission

ROOT = Path(__file__).parents[1]
NOTEBOOKS = ROOT / "notebooks"
COURSE = read_course(NOTEBOOKS)
PROGRAM = [sys.executable, "-m", "tcpkit", "marks"]
ALL_PASS = ["PASS"] * 4
SECONDS = 24  # a cell gets a quarter of it


@pytest.fixture(scope="module")
def needs_lab():
    try:
        Lab().close()
    except LabUnavailable as error:
        pytest.skip(str(error))


def load(name="01_first_syn", folder="solutions"):
    return json.loads((NOTEBOOKS / folder / f"{name}.ipynb").read_text())


def code(source, **more):
    empty = {"cell_type": "code", "id": "mine", "metadata": {}, "execution_count": None, "outputs": []}
    return empty | {"source": source} | more


def first(source, notebook=None):
    """Return a solved notebook with a cell of the learner's own behind its imports."""
    notebook = notebook or load()
    notebook["cells"].insert(2, code(source))
    return notebook


def exercise(source, number="1.1", notebook=None):
    """Return a solved notebook in which one exercise is answered otherwise."""
    notebook = notebook or load()
    for cell in notebook["cells"]:
        if "".join(cell["source"]).startswith(f"# Exercise {number}\n"):
            cell["source"] = source
    return notebook


def without(notebook, *tags):
    return notebook | {
        "cells": [cell for cell in notebook["cells"] if not set(tags) & set(cell["metadata"].get("tags", []))]
    }


def run(folder, *arguments, **options):
    done = subprocess.run(
        [*PROGRAM, str(folder), *arguments], capture_output=True, text=True, timeout=4 * PATIENCE_S, **options
    )
    assert done.returncode == 0, done.stderr
    return done


def statuses(done):
    """Return the statuses by file, in order, from the CSV as a spreadsheet reads it."""
    header, *rows = csv.reader(io.StringIO(done.stdout))
    assert header == ["file", "exercise", "status"]
    found = {}
    for file, asked, status in rows:
        found.setdefault(file, []).append((asked, status))
    return found


def marked_alone(tmp_path, notebook, *arguments, **options):
    """Return the statuses of one hand-in."""
    (tmp_path / "it.ipynb").write_text(json.dumps(notebook))
    return [status for _, status in statuses(run(tmp_path, *arguments, **options))["it.ipynb"]]


# All lessons, as solved and as untouched


@pytest.fixture(scope="module")
def honest(tmp_path_factory, needs_lab):
    folder = tmp_path_factory.mktemp("honest")
    for name in COURSE:
        for learner, edition in (("solved", "solutions"), ("untouched", "."), ("bare", "solutions")):
            notebook = load(name, edition)
            if learner == "bare":  # as a program saves it that drops ids, tags, outputs and our checks
                notebook = without(notebook, "check")
                for cell in notebook["cells"]:
                    cell |= {"metadata": {}}
                    cell.pop("id")
            (folder / learner).mkdir(exist_ok=True)
            (folder / learner / f"{name}.ipynb").write_text(json.dumps(notebook))
    return run(folder)


@pytest.mark.parametrize("name", COURSE)
def test_every_lesson_is_marked(honest, name):
    asked = [question.name for question in COURSE[name].questions]
    for learner, status in (("solved", "PASS"), ("untouched", "TODO"), ("bare", "PASS")):
        assert statuses(honest).get(f"{learner}/{name}.ipynb", []) == [(each, status) for each in asked]


def test_a_lesson_without_exercises_is_not_passed_over_in_silence(honest):
    assert "solved/00_start_here.ipynb: lesson 00_start_here has no exercises" in honest.stderr


def test_files_come_in_order(honest):
    assert list(statuses(honest)) == sorted(statuses(honest))


@pytest.mark.parametrize("lesson", COURSE.values(), ids=COURSE)
def test_checks_ask_for_the_learners_names_and_the_lab_alone(lesson):
    names = [name for question in lesson.questions for name in question.names]
    assert len(set(names)) == len(names), "a name is looked up when all cells have run"
    bound = {name for cell in lesson.cells if cell.tags & {"exercise", "recall"} for name in cell.names}
    assert set(names) <= bound
    assert not bound & GIVEN
    for question in lesson.questions:
        assert re.fullmatch(r"\d+\.\d+ \w+", question.name)


# Hand-ins of every kind, in one run. What they contain, and what they get

MONKEY = """
import sys, struct, inspect
import tcpkit.check as all_checks
from tcpkit.check import Status, Verdict, call, exercise, lesson01, values
def passed(*_): return Verdict(Status.PASS, "1.1 port_bytes")
for name in ("port_bytes", "syn_header", "into_buffer", "recall"):
    setattr(lesson01, name, passed)
exercise.Exercise.__call__ = passed
exercise.attempt = call.attempt = lambda *_: call.Run(())
Verdict.status = Status.PASS
class Same:
    def __eq__(self, other): return True
    def __hash__(self): return 0
values.plain = call.plain = exercise.plain = lambda *_: Same()
for module in list(sys.modules.values()):
    if getattr(module, "__name__", "").startswith("tcpkit.marks"):
        module.encode = lambda *_: ["bytes", "231d"]
check = type("check", (), {"__getattr__": lambda self, name: passed})()
def port_bytes(port): return Same()
"""
REMEMBER = "import struct\ndef port_bytes(port):\n    assert done\n    return struct.pack('!H', port)\n"
HOG = """
import os
done = []
try:
    bytes(5 << 30)
except MemoryError:
    done.append("memory")
try:
    open("big", "wb").write(bytes(100 << 20))
except OSError:
    done.append("file")
done = done == ["memory", "file"]
"""
VANDAL = """
import os, shutil
for root, folders, files in os.walk("."):
    for name in files:
        os.unlink(os.path.join(root, name))
shutil.rmtree("data", ignore_errors=True)
done = not os.path.exists("data")
"""
DEAF = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass"
GOOD = {
    "alice/01_first_syn": load(),
    "bob/01_first_syn": load(),
    "no checks left": without(load(), "check"),
    "a scratch cell that never ends": first("while True: pass"),
    "a scratch cell that hears no stop": first(DEAF),
    "a scratch cell that ends the process": first("import os; os._exit(0)"),
    "sys.exit": first("import sys; sys.exit(3)"),
    "KeyboardInterrupt": first("raise KeyboardInterrupt"),
    "prints": first("for _ in range(100): print('x' * 100_000)"),
    "prints in a function": exercise(
        "def port_bytes(port):\n print('x' * 10_000_000)\n return port.to_bytes(2, 'big')"
    ),
    "recursion": first("def f(): return f()\nf()"),
    "magic and await": first("%time 1\nimport asyncio\nawait asyncio.sleep(0)"),
    "a helper, and its name used again": exercise(
        "def port_bytes(port): return mine(port)",
        notebook=first("import struct\ndef mine(port): return struct.pack('!H', port)"),
    ),
    "limits": exercise(REMEMBER, notebook=first(HOG)),
    "vandal": exercise(REMEMBER, notebook=first(VANDAL)),
    "closes everything": first("import os\nos.closerange(3, 1000)"),
}
FIRST_IS = {  # what 1.1 gets; 1.0, 1.2 and 1.3 are passed
    "endless": ("TRY AGAIN", "def port_bytes(port):\n while True: pass"),
    "endless and deaf": (
        "TRY AGAIN",
        "def port_bytes(port):\n while True:\n  try: port_bytes(port)\n  except: pass",
    ),
    "recursive": ("TRY AGAIN", "def port_bytes(port): return port_bytes(port)"),
    "wrong order": ("TRY AGAIN", "def port_bytes(port): return port.to_bytes(2, 'little')"),
    "exits": ("TRY AGAIN", "import sys\ndef port_bytes(port): sys.exit()"),
    "an error that cannot be said": (
        "TRY AGAIN",
        "class E(Exception):\n def __str__(self): raise self\ndef port_bytes(port): raise E",
    ),
    "interrupts": ("TRY AGAIN", "def port_bytes(port): raise KeyboardInterrupt"),
    "a large number": ("TRY AGAIN", "def port_bytes(port): return 1 << 33_000_000"),
    "a class": ("TRY AGAIN", "class port_bytes: pass"),
    "a value": ("TRY AGAIN", "port_bytes = b'#\\x1d'"),
    "no Python": ("TRY AGAIN", "def port_bytes(port)\n    return"),
    "monkey": ("TRY AGAIN", MONKEY),
    "a stub": ("TODO", "def port_bytes(port): return ..."),
    "ends the process": ("DID NOT FINISH", "import os\ndef port_bytes(port): os._exit(0)"),
    "kills the process": ("DID NOT FINISH", "import os\ndef port_bytes(port): os.kill(0, 9)"),
    "ends it when defined": ("DID NOT FINISH", "import os\ndef port_bytes(port): return b''\nos._exit(0)"),
    "gone": ("MISSING", "pass"),
    "renamed": ("MISSING", "def bytes_of_port(port): return port.to_bytes(2, 'big')"),
}
BROKEN = {
    "no JSON": b"I lost my notebook",
    "half": json.dumps(load()).encode()[:5_000],
    "empty": b"",
    "not UTF-8": b'{"cells": "\xff"}',
    "deep": b"[" * 200_000,
    "a list": b"[1, 2]",
    "no cells": b'{"worksheets": []}',
    "cells of nothing": b'{"cells": [1]}',
    "a source of numbers": b'{"cells": [{"cell_type": "code", "source": [1]}]}',
    "a number that Python does not read": b'{"cells": [], "n": ' + b"9" * 5_000 + b"}",
    "another course": json.dumps({"cells": [code("print('hello')")]}).encode(),
    "no code": b'{"cells": []}',
}
ODD_NAMES = {
    b"=1+1": "'=1+1.ipynb",
    b"@sum": "'@sum.ipynb",
    b" -2": "' -2.ipynb",
    b'a, "b"': 'a, "b".ipynb',
    b"semi;colon": "semi;colon.ipynb",
    b"new\nline": "new\\nline.ipynb",
    b"red\x1b[31m": "red\\x1b[31m.ipynb",
    b"\xff\xfe": "\\xff\\xfe.ipynb",
    "ünï".encode(): "ünï.ipynb",
    b"right \xe2\x80\xae left": "right \\u202e left.ipynb",
}


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hand ins")
    notebooks = GOOD | {name: exercise(source) for name, (_, source) in FIRST_IS.items()}
    faked = load(folder=".")
    for cell, solved in zip(
        (c for c in faked["cells"] if c["cell_type"] == "code"),
        (c for c in load()["cells"] if c["cell_type"] == "code"),
        strict=True,
    ):
        cell["outputs"] = solved["outputs"]
    notebooks["faked outputs"] = faked
    said = 'from tcpkit.check import Status, Verdict\nVerdict(Status.PASS, "1.1 port_bytes")'
    notebooks["faked checks"] = {
        "cells": [
            c | {"source": said} if "check" in c["metadata"].get("tags", []) else c for c in load(folder=".")["cells"]
        ]
    }
    for name, notebook in notebooks.items():
        (folder / f"{name}.ipynb").parent.mkdir(exist_ok=True)
        (folder / f"{name}.ipynb").write_text(json.dumps(notebook))
    for name, content in BROKEN.items():
        (folder / f"{name}.ipynb").write_bytes(content)
    with (folder / "huge.ipynb").open("wb") as file:
        file.truncate(60_000_000)
    os.mkfifo(folder / "a pipe.ipynb")
    (folder / "a link to nowhere.ipynb").symlink_to("nowhere")
    (folder / "loop").symlink_to(folder)
    for hidden in (".ipynb_checkpoints/01-checkpoint.ipynb", ".hidden.ipynb"):
        (folder / hidden).parent.mkdir(exist_ok=True)
        (folder / hidden).write_text("{}")
    for name in ODD_NAMES:
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name + b".ipynb")).write_text("{}")
    return folder


def contents(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if not path.is_symlink()}


@pytest.fixture(scope="module")
def judged(handed_in):
    before = contents(handed_in)
    done = run(handed_in, "--seconds", str(SECONDS), "--jobs", "4")
    assert contents(handed_in) == before, "nothing is written beside the hand-ins"
    return done


@pytest.mark.parametrize("name", GOOD)
def test_good_work_passes_whatever_stands_around_it(judged, name):
    assert [status for _, status in statuses(judged)[f"{name}.ipynb"]] == ALL_PASS


@pytest.mark.parametrize("name", FIRST_IS)
def test_one_bad_answer_spoils_no_other(judged, name):
    found = [status for _, status in statuses(judged)[f"{name}.ipynb"]]
    assert found == ["PASS", FIRST_IS[name][0], "PASS", "PASS"]


@pytest.mark.parametrize("name", ["faked outputs", "faked checks"])
def test_what_is_stored_is_no_proof(judged, name):
    assert [status for _, status in statuses(judged)[f"{name}.ipynb"]] == ["TODO"] * 4


@pytest.mark.parametrize("name", [*BROKEN, "huge", "a pipe", "a link to nowhere"])
def test_what_cannot_be_read_is_said_in_one_line(judged, name):
    assert statuses(judged)[f"{name}.ipynb"] == [("", "BROKEN NOTEBOOK")]
    (line,) = [line for line in judged.stderr.splitlines() if line.startswith(f"{name}.ipynb: ")]
    assert len(line) < 300


def test_what_is_huge_or_no_file_is_not_even_read(judged):
    assert "huge.ipynb: it has 60,000,000 bytes, and more than 50,000,000 are not read" in judged.stderr
    assert "a pipe.ipynb: it is not a file" in judged.stderr


def test_names_are_safe_in_a_spreadsheet_and_in_a_terminal(judged):
    found = statuses(judged)
    for name in ODD_NAMES.values():
        assert found[name] == [("", "BROKEN NOTEBOOK")]
    assert not re.search(r"[^\x20-\x7eünï\n]", judged.stdout)
    assert len(judged.stdout.splitlines()) == 1 + sum(map(len, found.values()))


def test_nothing_else_is_taken_for_a_hand_in(judged):
    others = {f"{name}.ipynb" for name in (*GOOD, *FIRST_IS, *BROKEN, "huge", "a pipe", "a link to nowhere")}
    others |= {"faked outputs.ipynb", "faked checks.ipynb", *ODD_NAMES.values()}
    assert set(statuses(judged)) == others


# What a function is handed, and what it hands back

WRITES = "def with_data_offset(header, words):\n h = {}\n h[12] = words << 4 | h[12] & 15\n return bytes(h)"
OTHER_CLOTHES = {
    "changes its argument": (
        2,
        "2.3",
        WRITES.format("header if type(header) is bytearray else bytearray(header)"),
        "TRY AGAIN",
    ),
    "changes a copy": (2, "2.3", WRITES.format("bytearray(header)"), "PASS"),
    "numpy": (2, "2.1", "import numpy\ndef data_offset(header): return numpy.uint8(header[12]) >> 4", "PASS"),
    "a truth": (2, "2.1", "def data_offset(header): return True", "TRY AGAIN"),
    "memoryview": (2, "2.3", "SOLUTION", "PASS"),
    "a list for a tuple": (4, "4.3", "SOLUTION", "PASS"),
    "another number of parameters": (2, "2.1", "def data_offset(header, more): return header[12] >> 4", "TRY AGAIN"),
    "a default": (2, "2.1", "def data_offset(header, bits=4): return header[12] >> bits", "PASS"),
    "a partial": (2, "2.1", "import functools\ndata_offset = functools.partial(lambda n, h: h[n] >> 4, 12)", "PASS"),
    "raises": (2, "2.2", "def header_length(header): raise ValueError(header)", "TRY AGAIN"),
}
DRESSED = {
    "memoryview": "\nright = with_data_offset\n"
    "def with_data_offset(header, words):\n return memoryview(right(header, words))",
    "a list for a tuple": "\nright = reset_for\n"
    "def reset_for(segment):\n return (r := right(segment)) and list(map(int, r))",
}


@pytest.fixture(scope="module")
def dressed(tmp_path_factory, needs_lab):
    folder = tmp_path_factory.mktemp("dressed")
    for name, (lesson, number, source, _) in OTHER_CLOTHES.items():
        notebook = load(list(COURSE)[lesson])
        if source == "SOLUTION":
            (solution,) = (
                c["source"] for c in notebook["cells"] if "".join(c["source"]).startswith(f"# Exercise {number}")
            )
            source = "".join(solution) + DRESSED[name]
        (folder / f"{name}.ipynb").write_text(json.dumps(exercise(source, number, notebook)))
    return statuses(run(folder))


@pytest.mark.parametrize("name", OTHER_CLOTHES)
def test_a_function_meets_what_it_would_meet_in_the_notebook(dressed, name):
    _, number, _, status = OTHER_CLOTHES[name]
    for asked, found in dressed[f"{name}.ipynb"]:
        assert found == (status if asked.startswith(number) else "PASS"), asked


# The lab


def test_functions_use_the_lab_that_judges_them(tmp_path, needs_lab):
    probe = (
        "def probe(_, port):\n"
        "    syn = Segment(TCPHeader(8989, port, flags=Flags.SYN)).with_checksum('127.0.0.1', '127.0.0.1')\n"
        "    return any(reply.flags & Flags.SYN for reply in lab.ask(syn))"  # the notebook's own name for it
    )
    notebook = exercise(probe, "5.3", load("05_what_the_kernel_expects"))
    assert marked_alone(tmp_path, notebook) == ["PASS"] * 5


def test_a_closed_lab_is_the_learners_own_loss(tmp_path, needs_lab):
    notebook = exercise(
        "def probe(lab, port):\n    lab.close()\n    return True", "5.3", load("05_what_the_kernel_expects")
    )
    assert marked_alone(tmp_path, notebook) == ["PASS", "PASS", "PASS", "TRY AGAIN", "PASS"]


def test_no_answer_is_right_because_the_notebooks_lab_says_so(tmp_path, needs_lab):
    liar = "import tcpkit.lab\ntcpkit.lab.Lab.ask_each = tcpkit.lab.Lab.ask = lambda *_, **__: []"
    silent = exercise("def reset_for(segment): return None", "4.3", load("04_something_answered"))
    assert marked_alone(tmp_path, first(liar, silent)) == ["PASS", "PASS", "PASS", "TRY AGAIN"]


# What a hand-in starts, and what it reaches


FAMILY = """
import os, subprocess
for hidden in (False, True):
    if os.fork() == 0:
        if hidden:
            os.setsid()
            if os.fork(): os._exit(0)
        os.execvp("sleep", ["sleep", {seconds!r}])
import time
time.sleep(0.3)
"""


def test_nothing_that_it_started_stays(tmp_path):
    seconds = mark()
    assert marked_alone(tmp_path, first(FAMILY.format(seconds=seconds))) == ALL_PASS
    eventually(lambda: not marked(seconds))


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_stays_when_the_command_is_ended(tmp_path, sign):
    seconds = mark()
    (tmp_path / "tmp").mkdir()
    (tmp_path / "it.ipynb").write_text(json.dumps(first(FAMILY.format(seconds=seconds) + "while True: pass")))
    environment = os.environ | {"TMPDIR": str(tmp_path / "tmp")}
    with subprocess.Popen([*PROGRAM, str(tmp_path)], stdout=-1, stderr=-1, text=True, env=environment) as command:
        eventually(lambda: len(marked(seconds)) == 2)
        command.send_signal(sign)
        assert command.wait(PATIENCE_S) != 0
        assert "Traceback" not in command.stderr.read()
        eventually(lambda: not marked(seconds))
    if sign != signal.SIGKILL:
        assert not list((tmp_path / "tmp").iterdir())


REACHES = """
import os, pathlib, socket
def reaches():
    for path in {paths!r}:
        try:
            pathlib.Path(path, "escaped").write_text("x")
            yield path
        except OSError:
            pass
    try:
        socket.create_connection(("127.0.0.1", {port}), 5)
        yield "the network"
    except OSError:
        pass
    try:
        os.kill({pid}, 0)
        yield "another process"
    except OSError:
        pass
    if os.environ.get("SECRET"):
        yield "the environment"
done = not list(reaches())
"""


def test_it_reaches_neither_files_nor_network_nor_processes(tmp_path, needs_lab):
    hand_ins = tmp_path / "in"
    hand_ins.mkdir()
    paths = [str(path) for path in (tmp_path, hand_ins, Path.home(), ROOT, "/tmp", "/dev/shm")]
    with socket_listening() as listener, subprocess.Popen(["sleep", mark()]) as other:
        told = REACHES.format(paths=paths, port=listener.getsockname()[1], pid=other.pid)
        found = marked_alone(hand_ins, exercise(REMEMBER, notebook=first(told)), env=os.environ | {"SECRET": "x"})
        other.kill()
    assert found == ALL_PASS
    assert not list(tmp_path.rglob("escaped"))


def socket_listening():
    import socket

    return socket.create_server(("127.0.0.1", 0))


def test_without_namespaces_it_says_what_is_not_contained(tmp_path):
    if not seccomp.can_refuse():
        pytest.skip("this processor's system calls have other numbers than we know")
    seconds = mark()
    (tmp_path / "it.ipynb").write_text(
        json.dumps(first(FAMILY.format(seconds=seconds).replace("(False, True)", "(False,)")))
    )
    (tmp_path / "endless.ipynb").write_text(json.dumps(exercise(FIRST_IS["endless"][1])))
    (tmp_path / "live.ipynb").write_text(json.dumps(load("04_something_answered")))
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); import seccomp; seccomp.refuse('unshare'); "
        "sys.argv[:2] = ['tcpkit', 'marks']; from tcpkit import __main__; sys.exit(__main__.run())"
    )
    command = [sys.executable, "-c", program, str(Path(__file__).parent), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=4 * PATIENCE_S, check=True)
    found = {file: [status for _, status in rows] for file, rows in statuses(done).items()}
    assert found["it.ipynb"] == ALL_PASS
    assert found["endless.ipynb"] == ["PASS", "TRY AGAIN", "PASS", "PASS"]
    assert found["live.ipynb"] == ["PASS", "PASS", "DID NOT FINISH", "DID NOT FINISH"]
    assert "could not be shut off from this machine (unshare: Operation not permitted)" in done.stderr
    assert "No lab can be had here" in done.stderr
    eventually(lambda: not marked(seconds))


def test_its_time_is_bounded(tmp_path):
    assert marked_alone(tmp_path, exercise(FIRST_IS["endless"][1]), "--seconds", "4") == [
        "PASS",
        *["DID NOT FINISH"] * 3,
    ]


# The command


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere"], "There is no nowhere"),
        (["."], "has no notebooks"),
        ([".", "--course", "."], "has no lessons"),
    ],
)
def test_what_it_says_when_there_is_nothing_to_mark(tmp_path, arguments, words):
    done = subprocess.run([*PROGRAM, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert words in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("arguments", [[], [".", "--jobs", "0"], [".", "--seconds", "-1"], [".", "--seconds", "nan"]])
def test_arguments_that_make_no_sense(arguments):
    done = subprocess.run([*PROGRAM, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 2


def test_one_notebook_may_be_named_alone(tmp_path):
    (tmp_path / "it.ipynb").write_text(json.dumps(load()))
    (tmp_path / "other.ipynb").write_text(json.dumps(load()))
    assert list(statuses(run(tmp_path / "it.ipynb"))) == ["it.ipynb"]


def test_whoever_reads_the_csv_may_stop(tmp_path):
    for number in range(3):
        (tmp_path / f"{number}.ipynb").write_text("{}")
    shell = f"{sys.executable} -m tcpkit marks {tmp_path} | head -1"
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, timeout=PATIENCE_S, check=True)
    assert done.stdout == "file,exercise,status\n"
    assert "Traceback" not in done.stderr


def test_the_other_commands_do_not_wait_for_it():
    told = "import sys; sys.argv = ['', 'doctor']; from tcpkit import __main__; __main__.run()"
    told += "; print('tcpkit.marks' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("False\n")


# Parts


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.binary() | st.text() | st.just(...),
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(st.text(), inner) | st.frozensets(st.integers()),
    max_leaves=8,
)


@given(VALUES)
def test_values_arrive_as_what_they_are(value):
    sent = json.loads(json.dumps(encode(plain(value))))
    assert plain(decode(sent)) == plain(value)


def test_objects_arrive_as_something_of_that_name():
    sent = Plain("object", ("Segment", Plain("int", 1), Plain("bytes", b"x")))
    assert plain(decode(encode(sent))) == sent
    assert plain(decode(["object", "what; is this", []])) == Plain("object", ("object",))


@pytest.mark.parametrize("parts", [[], ["int"], ["int", 1], ["sequence", 1], ["what", 1], 1, None, ["dict", [[1]]]])
def test_nonsense_is_no_value(parts):
    with pytest.raises((Lost, ValueError)):
        decode(parts)


@pytest.mark.parametrize(
    ("field", "written"),
    [("a", "a"), ("=a", "'=a"), ("\t=a", "'\t=a"), ("+1", "'+1"), ("-1", "'-1"), ("@a", "'@a"), ('"', '""""')],
)
def test_fields(field, written):
    assert quoted(field) == written


def test_shown_names_are_one_printable_line():
    assert shown(Path(os.fsdecode(b"a\r\n\x00\x85\xc2\x85\xff"))).isprintable()


def test_a_hand_in_of_several_lessons_is_the_one_it_has_most_of(tmp_path):
    notebook = load()
    notebook["cells"] += load("02_header_length")["cells"][:3]
    (tmp_path / "it.ipynb").write_text(json.dumps(notebook))
    assert read_submission(tmp_path / "it.ipynb", COURSE).lesson == "01_first_syn"


def test_too_many_cells_are_not_read(tmp_path):
    (tmp_path / "it.ipynb").write_text(json.dumps({"cells": [code("1")] * 3_000}))
    with pytest.raises(Broken, match="more than 2,000"):
        read_submission(tmp_path / "it.ipynb", COURSE)

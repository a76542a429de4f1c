"""Marking hand-ins that are broken or hostile; `test_marks_honest.py` has the honest ones."""

import argparse
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import types
from pathlib import Path

import pytest
import seccomp
from hand_ins import (
    COURSE,
    FOURTH,
    NOTEBOOKS,
    PROGRAM,
    HandIn,
    code,
    exercise,
    first,
    has_tag,
    load,
    marks,
    run,
    skip_without_lab,
    store,
    without_checks,
)
from hypothesis import given
from hypothesis import strategies as st
from processes import PATIENCE_S, eventually, mark, marked

from tcpkit.check import lesson19
from tcpkit.check.scripts import play_coroutine
from tcpkit.check.values import Plain, plain
from tcpkit.marks.command import add_arguments, quoted, shown
from tcpkit.marks.messages import Lost, decode, encode
from tcpkit.marks.submission import Broken, read_submission
from tcpkit.marks.worker_client import ASKED, WorkerClient
from tcpkit.stack.link import Link
from tcpkit.stack.settings import Pieces, Settings
from tcpkit.stack.transfer import transfer

ROOT = NOTEBOOKS.parent


# Hostile and broken work, in one run: what it contains, and what it gets

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
TOUCHES = """
import glob, os, subprocess
def touches():
    if set(os.listdir("/dev")) - set("null zero full random urandom fd stdin stdout stderr".split()):
        yield "devices"
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        if "tcpkit\\0marks" in open(path).read():
            yield "the teacher's processes"
    try:
        open("/dev/null", "w").write("x")
        subprocess.run(["true"], stdout=subprocess.DEVNULL, check=True)
        open("/proc/self/oom_score_adj", "w").write("1000")
    except OSError:
        yield "too little"
done = not list(touches())
"""
HOLD = """
import ctypes, os, socket
held, (a, b) = [], socket.socketpair()
while len(held) < 1000:
    if os.fork() == 0:
        if ctypes.CDLL(None).unshare(0x10000000) == 0:
            socket.send_fds(b, [b"y"], [os.open("/proc/self/ns/user", 0)])
        b.send(b"n")
        os._exit(0)
    os.wait()
    said, descriptors, *_ = socket.recv_fds(a, 1, 1)
    if not descriptors:
        break
    held += descriptors
    a.recv(1)
done = 0 < len(held) < 100
"""
FAMILY = """
import os, time
for hidden in (False, True):
    if os.fork() == 0:
        if hidden:
            os.setsid()
            if os.fork(): os._exit(0)
        os.execvp("sleep", ["sleep", {seconds!r}])
time.sleep(0.3)
"""
STAYS = mark()
SLEEPS = "import time\nwhile True: time.sleep(0.1)"
DEAF = f"import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n{SLEEPS}"
GOOD = {
    "alice/01_first_syn": load(),
    "bob/01_first_syn": load(),
    "no checks left": without_checks(load()),
    "a scratch cell that never ends": first("while True: pass"),
    "a scratch cell that hears no stop": first(DEAF),
    "programs that hide": first(FAMILY.format(seconds=STAYS)),
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
    "looks for terminals and processes": exercise(REMEMBER, notebook=first(TOUCHES)),
    "uses up namespaces": exercise(REMEMBER, notebook=first(HOLD)),
    "closes everything": first("import os\nos.closerange(3, 1000)"),
}
FIRST_IS = {  # what 1.1 gets; 1.0, 1.2 and 1.3 are passed
    "endless": ("TRY AGAIN", "import time\ndef port_bytes(port):\n while True: time.sleep(0.1)"),
    "endless and deaf": (
        "TRY AGAIN",
        "import time\ndef port_bytes(port):\n while True:\n  try: time.sleep(0.1)\n  except: pass",
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
    b"'=1+1": "''=1+1.ipynb",
    "\uff1d1+1".encode(): "'\uff1d1+1.ipynb",
    "\ufe631".encode(): "'\ufe631.ipynb",
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


SECONDS = 36  # for a notebook; a cell gets a quarter of it
UNREAD = [*BROKEN, "huge", "a pipe", "a link to nowhere"]


def faked_outputs():
    """Return an untouched notebook with the outputs of the solved one."""
    notebook = load(folder=".")
    ours, solved = ([c for c in each["cells"] if c["cell_type"] == "code"] for each in (notebook, load()))
    for cell, other in zip(ours, solved, strict=True):
        cell["outputs"] = other["outputs"]
    return notebook


def faked_checks():
    """Return an untouched notebook whose checks all say PASS."""
    said = 'from tcpkit.check import Status, Verdict\nVerdict(Status.PASS, "1.1 port_bytes")'
    cells = [cell | {"source": said} if has_tag(cell, "check") else cell for cell in load(folder=".")["cells"]]
    return {"cells": cells}


HOSTILE = {
    **{name: HandIn(notebook) for name, notebook in GOOD.items()},
    **{name: HandIn(exercise(source), but={"1.1": status}) for name, (status, source) in FIRST_IS.items()},
    "with a lab": HandIn(load(FOURTH), FOURTH),
    "faked outputs": HandIn(faked_outputs(), every="TODO"),
    "faked checks": HandIn(faked_checks(), every="TODO"),
}


def handed_in(folder):
    """Fill the folder with hostile and broken hand-ins, and with what is none."""
    store(folder, HOSTILE)
    for name, content in BROKEN.items():
        (folder / f"{name}.ipynb").write_bytes(content)
    with (folder / "huge.ipynb").open("wb") as file:
        file.truncate(60_000_000)
    os.mkfifo(folder / "a pipe.ipynb")
    (folder / "a link to nowhere.ipynb").symlink_to("nowhere")
    (folder / "loop").symlink_to(folder)
    (folder / "a folder.ipynb").mkdir()
    for hidden in (".ipynb_checkpoints/01-checkpoint.ipynb", ".hidden.ipynb"):
        (folder / hidden).parent.mkdir(exist_ok=True)
        (folder / hidden).write_text("{}")
    for name in ODD_NAMES:
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name + b".ipynb")).write_text("{}")


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hand ins")
    handed_in(folder)
    contents = [{path: path.stat().st_mtime_ns for path in folder.rglob("*") if not path.is_symlink()}]
    done = run(folder, "--seconds", str(SECONDS), "--jobs", "4")
    contents += [{path: path.stat().st_mtime_ns for path in folder.rglob("*") if not path.is_symlink()}]
    assert contents[0] == contents[1], "nothing is written beside the hand-ins"
    return done


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_work_spoils_no_other_answer_and_nothing_stored_is_believed(judged, name):
    assert marks(judged)[f"{name}.ipynb"] == HOSTILE[name].marks


def test_nothing_that_a_hand_in_started_stays(judged):
    eventually(lambda: not marked(STAYS))


@pytest.mark.parametrize("name", UNREAD)
def test_what_cannot_be_read_is_said_in_one_line(judged, name):
    assert marks(judged)[f"{name}.ipynb"] == [("", "BROKEN NOTEBOOK")]
    (line,) = [line for line in judged.stderr.splitlines() if line.startswith(f"{name}.ipynb: ")]
    assert len(line) < 300


def test_what_is_huge_or_no_file_is_not_even_read(judged):
    assert "huge.ipynb: it has 60,000,000 bytes, and more than 50,000,000 are not read" in judged.stderr
    assert "a pipe.ipynb: it is not a file" in judged.stderr


def test_names_are_safe_in_a_spreadsheet_and_in_a_terminal(judged):
    found = marks(judged)
    for name in ODD_NAMES.values():
        assert found[name] == [("", "BROKEN NOTEBOOK")]
    assert not re.search(r"[^\x20-\x7eünï\uff1d\ufe63\n]", judged.stdout)
    assert len(judged.stdout.splitlines()) == 1 + sum(map(len, found.values()))


def test_what_is_passed_over_is_said(judged):
    assert "/loop is a link to a folder, and is not followed" in judged.stderr
    assert "/a folder.ipynb is a folder, not a notebook" in judged.stderr


def test_reading_has_less_memory_than_running(tmp_path):
    (tmp_path / "it.ipynb").write_bytes(b"[" + b"[[]]," * 9_000_000 + b"1]")
    done = run(tmp_path)
    assert marks(done)["it.ipynb"] == [("", "BROKEN NOTEBOOK")]
    assert "it is too large to be read" in done.stderr


def test_nothing_else_is_taken_for_a_hand_in(judged):
    assert set(marks(judged)) == {f"{name}.ipynb" for name in (*HOSTILE, *UNREAD)} | set(ODD_NAMES.values())


# What a hand-in reaches, and how it is ended


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_stays_when_the_command_is_ended(tmp_path, sign):
    seconds = mark()
    (tmp_path / "tmp").mkdir()
    store(tmp_path, {"it": HandIn(first(FAMILY.format(seconds=seconds) + SLEEPS))})
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


def test_it_reaches_neither_files_nor_network_nor_processes(tmp_path):
    skip_without_lab()
    hand_ins = tmp_path / "in"
    hand_ins.mkdir()
    paths = [str(path) for path in (tmp_path, hand_ins, Path.home(), ROOT, "/tmp", "/dev/shm")]
    with socket.create_server(("127.0.0.1", 0)) as listener, subprocess.Popen(["sleep", mark()]) as other:
        told = REACHES.format(paths=paths, port=listener.getsockname()[1], pid=other.pid)
        hand_in = HandIn(exercise(REMEMBER, notebook=first(told)))
        store(hand_ins, {"it": hand_in})
        found = marks(run(hand_ins, env=os.environ | {"SECRET": "x"}))
        other.kill()
    assert found["it.ipynb"] == hand_in.marks
    assert not list(tmp_path.rglob("escaped"))


def without_namespaces(folder, *arguments, before="pass"):
    program = (
        f"import sys; sys.path.insert(0, sys.argv[1]); import seccomp; seccomp.refuse('unshare'); {before}; "
        "sys.argv[:2] = ['tcpkit', 'marks']; from tcpkit import __main__; sys.exit(__main__.run())"
    )
    command = [sys.executable, "-c", program, str(Path(__file__).parent), str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=4 * PATIENCE_S, check=False)


def test_a_hand_in_that_cannot_be_protected_is_not_run(tmp_path):
    """No more namespaces are left once the command has begun."""
    store(tmp_path, {"it": HandIn(load())})
    worked = "from tcpkit.marks import command; command.why_unprotected = lambda: ''"
    done = without_namespaces(tmp_path, "--unprotected", before=worked)
    assert [status for _, status in marks(done)["it.ipynb"]] == ["DID NOT FINISH"] * 4
    assert "it was not run, as it could not be shut off from this machine (unshare: " in done.stderr


def test_without_namespaces_it_runs_only_what_is_trusted(tmp_path):
    if not seccomp.can_refuse():
        pytest.skip("this processor's system calls have other numbers than we know")
    seconds = mark()
    hand_ins = {
        "it": HandIn(first(FAMILY.format(seconds=seconds).replace("(False, True)", "(False,)"))),
        "endless": HOSTILE["endless"],
        "live": HandIn(load(FOURTH), FOURTH, {"4.2": "DID NOT FINISH", "4.3": "DID NOT FINISH"}),
    }
    store(tmp_path, hand_ins)
    refused = without_namespaces(tmp_path)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "Nothing was run. For work that you trust: --unprotected" in refused.stderr
    done = without_namespaces(tmp_path, "--unprotected")
    assert done.stdout.startswith("file,exercise,status,sandbox\n")
    assert marks(done) == {f"{name}.ipynb": hand_ins[name].marks for name in sorted(hand_ins)}
    assert "cannot be shut off from this machine (unshare: Operation not permitted)" in done.stderr
    assert "No lab can be had here" in done.stderr
    eventually(lambda: not marked(seconds))


def test_its_time_is_bounded(tmp_path):
    store(tmp_path, {"it": HOSTILE["endless"]})
    found = [status for _, status in marks(run(tmp_path, "--seconds", "4"))["it.ipynb"]]
    assert found == ["PASS", *["DID NOT FINISH"] * 3]


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
    assert (done.returncode, done.stdout) == (1, "")
    assert words in done.stderr


def test_arguments_that_make_no_sense():
    parser = argparse.ArgumentParser(exit_on_error=False)
    add_arguments(parser)
    for arguments in ([], [".", "--jobs", "0"], [".", "--seconds", "-1"], [".", "--seconds", "nan"]):
        with pytest.raises((SystemExit, argparse.ArgumentError)):
            parser.parse_args(arguments)


def test_one_notebook_may_be_named_alone(tmp_path):
    store(tmp_path, {"it": HandIn({"cells": []}), "other": HandIn({"cells": []})})
    assert list(marks(run(tmp_path / "it.ipynb"))) == ["it.ipynb"]


def test_a_reader_of_the_csv_may_stop_early(tmp_path):
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


PIECES = """
from tcpkit.stack import reassembler, rto, window
class Reassembler(reassembler.Reassembler): pass
class RTO(rto.RTO): pass
class ReceiveWindow(window.ReceiveWindow): pass
class PersistTimer(window.PersistTimer): pass
"""


@pytest.fixture
def worker(tmp_path):
    worker = WorkerClient(tmp_path, tmp_path / "no data", time.monotonic() + PATIENCE_S, protected=False)
    yield worker
    worker.end()


def test_classes_of_the_learners_carry_a_transfer_as_pieces_of_a_stack(worker):
    worker.run(PIECES, PATIENCE_S)
    made = [worker.look(name) for name in ("Reassembler", "RTO", "ReceiveWindow", "PersistTimer")]
    theirs = Pieces(**dict(zip(("reassembler", "rto", "window", "persist"), made, strict=True)))
    link = Link(rate_bit_s=1e7, delay_s=0.01, loss=0.05, reordering=0.05, seed=6)
    used = [Settings(pieces=pieces, receive_buffer=8_000) for pieces in (Pieces(), theirs)]
    ours, came = (transfer(bytes(60_000), link, sender=each, receiver=each) for each in used)
    assert came.is_equal
    assert came.log.equals(ours.log)
    timer = theirs.rto(1.0, 60.0)
    timer.timeout_s = 2.5
    timer.back_off()
    assert (timer.timeout_s, hasattr(timer, "timeout_ms")) == (5.0, False)


class Line:
    """What a coroutine of the learner's waits at: each turn is the next of these."""

    def __init__(self, turns):
        self.turns = list(turns)
        self.unread = b""

    @types.coroutine
    def turned(self):
        yield "turn"
        self.unread += self.turns.pop(0)

    def recv(self):
        taken, self.unread = self.unread, b""
        return taken


COROUTINES = """
async def until(line, predicate):
    while not predicate():
        await line.turned()
async def read(line):
    while not line.unread:
        await line.turned()
    return line.recv()
"""


def test_coroutines_of_the_learners_are_driven_by_hand(worker, monkeypatch):
    monkeypatch.setitem(ASKED, Line, {"get": {"unread"}, "call": {"recv", "turned"}})
    worker.run(COROUTINES, PATIENCE_S)
    came = play_coroutine(worker.look("read"), lambda: (Line([b"", b"data"]),), (None, None))
    assert came == ("turn", "turn", b"data")
    line = Line([b"", b"data"])
    assert play_coroutine(worker.look("until"), lambda: (line, lambda: line.unread), ()) == ("turn", "waits")
    with pytest.raises(KeyError):
        play_coroutine(worker.look("until"), lambda: (Line([]), lambda: False), (KeyError("raised at its await"),))


INTO_A_BUFFER = """
def copy(source, target):
    room = memoryview(bytearray(65_536))
    while size := source.recv_into(room):
        target.sendall(room[:size])
    target.shutdown(1)
"""


def test_a_buffer_of_the_learners_is_filled_where_it_is(worker, lab):
    worker.run(INTO_A_BUFFER, PATIENCE_S)
    assert lesson19.copy(worker.look("copy"), lab).status == "PASS"


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

"""Your own TCP in `tcp.py`: what is kept, what is run, and what happens to it by bad luck."""

import linecache
import os
import sys
import threading
import types
from itertools import count
from pathlib import Path

import pytest
from lesson_cells import NAMES, code_cells
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from tcpkit import Lab, mine
from tcpkit.check.exercise import Exercise
from tcpkit.check.scripts import play_coroutine
from tcpkit.draw.tcp_so_far import BOXES
from tcpkit.lab.cables import door, watched_lock
from tcpkit.mine import HELD, carrying, judging
from tcpkit.mine.tcp_file import replaced, save
from tcpkit.stack import states
from tcpkit.stack.bottleneck import Flow, share

NUMBER = count()
BEFORE = '''\
# Exercise 8.2
def before(a: int, b: int) -> bool:
    """Say whether a comes before b."""
    return 0 < (b - a) % 2**32 < 2**31
'''
WRONG = BEFORE.replace("0 < (b - a) % 2**32 < 2**31", "a < b")
DOCSTRING = '"""My TCP."""\n'
NONE = (
    "before: tcpkit's · transitions: tcpkit's · reassembler: tcpkit's · rto: tcpkit's · window: tcpkit's · "
    "persist: tcpkit's · congestion: tcpkit's · door: tcpkit's"
)
ONE = NONE.replace("before: tcpkit's", "before: yours (08)")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Work in a new folder, with nothing kept."""
    monkeypatch.chdir(tmp_path)
    HELD.clear()
    yield tmp_path
    HELD.clear()


@pytest.fixture
def file(folder):
    """Return a `tcp.py` that has a docstring."""
    path = folder / "tcp.py"
    path.write_text(DOCSTRING)
    return path


@pytest.fixture(scope="module")
def lab():
    with Lab("namespace") as lab:
        yield lab


def cell(text, names=None):
    """Run a notebook's cell as IPython does; return the names that are there afterwards."""
    names = {"__name__": "__main__"} if names is None else names
    file = f"/tmp/ipykernel_7/{next(NUMBER)}.py"
    linecache.cache[file] = len(text), None, text.splitlines(keepends=True), file
    exec(compile(text, file, "exec"), names)
    return names


def keep_before(text=BEFORE, **others):
    return repr(mine.keep(before=cell(text, others or None)["before"]))


# What is kept.


def test_a_piece_is_kept_between_its_two_lines(file):
    assert keep_before() == f"before: kept in tcp.py\n{ONE}"
    source = BEFORE.partition("\n")[2].rstrip()
    assert file.read_text() == f"{DOCSTRING}\n\n# -- before (08) --\n{source}\n# -- end of before --\n"
    assert mine.pieces().before(4294967295, 0)
    assert repr(mine.keep()) == ONE


def test_a_stub_and_a_wrong_answer_are_not(file):
    assert keep_before(BEFORE.replace("0 < (b - a) % 2**32 < 2**31", "...")) == f"TODO 8.2: nothing to keep yet\n{NONE}"
    said = keep_before(WRONG)
    assert said.startswith("before: not kept. TRY AGAIN 8.2 before: For 4294967295 and 0 it says no")
    assert said.endswith(NONE)
    assert file.read_text() == DOCSTRING


def test_a_wrong_answer_leaves_the_right_one_that_was_kept(file):
    keep_before()
    kept = file.read_text()
    assert keep_before(WRONG).endswith(ONE)
    assert file.read_text() == kept


def test_there_are_pieces_of_these_names_only():
    assert (
        repr(mine.keep(befor=before_of()))
        == f"befor: there is no such piece. The pieces are: {', '.join(mine.PIECES)}.\n{NONE}"
    )


def before_of(text=BEFORE, name="before"):
    return cell(text)[name]


@pytest.mark.parametrize("thing", [None, 7, ..., int, len, Lab, "before", BEFORE])
def test_things_that_are_no_function_of_a_cell(file, thing):
    assert repr(mine.keep(before=thing)).endswith(NONE)
    assert file.read_text() == DOCSTRING


def test_without_the_file_it_is_held_for_this_session(folder):
    assert keep_before() == f"before: kept for this session; there is no tcp.py in this folder\n{ONE}"
    assert repr(mine.keep()) == ONE
    assert os.listdir(folder) == []


# Pieces of all lessons, as their solved notebooks have them.


def solved(name):
    """Return a piece of a solved lesson, its cell run alone."""
    names = {"__name__": "__main__", "DOOR": door.DOOR} | vars(states)
    return cell(code_of(name), names)[mine.PIECES[name].exercise]


def code_of(name):
    piece = mine.PIECES[name]
    cells = (each for lesson in NAMES if lesson.startswith(f"{piece.lesson:02}_") for each in code_cells(lesson))
    return next(each.source for each in cells if each.exercise == piece.exercise)


def test_all_pieces_together_carry_a_megabyte(lab, file):
    for name in mine.PIECES:
        assert f"{name}: kept in tcp.py" in repr(mine.keep(**{name: solved(name)}))
    boxes = [box for box in BOXES if {*mine._parts(box), box} & {*mine.PIECES}]
    assert [*mine.keep().own] == boxes
    assert repr(mine.carry(lab)).endswith(
        f"1 packet in 50 lost: equal hashes.\nYours: {', '.join(boxes[:-1])}."
    )  # no door


def test_a_table_is_yours_once_both_of_its_parts_are(file):
    said = repr(mine.keep(opening=solved("opening")))
    assert said == f"opening: kept in tcp.py\ntransitions: tcpkit's (closing not there, or refused)\n{NONE}"
    assert "transitions: yours (10)" in repr(mine.keep(closing=solved("closing")))
    assert mine.pieces().transitions == states.TRANSITIONS


def test_a_table_that_is_not_written_is_told_so(file):
    assert repr(mine.keep(closing=lambda: ...)) == f"TODO 10.3: nothing to keep yet\n{NONE}"
    assert repr(mine.keep(closing=dict)).startswith("closing: not kept. TRY AGAIN 10.3 closing: ")


def test_a_table_that_breaks_later_is_tcpkits(file):
    mine.keep(opening=solved("opening"), closing=solved("closing"))
    calls = len(judging._exercise(mine.PIECES["opening"]).inputs)  # of its check
    later = f"left = [0] * {calls}\ndef opening(rows=opening):\n    left.pop()\n    return rows()\n"
    file.write_text(file.read_text() + later)
    assert "transitions: tcpkit's (yours raised IndexError: pop from empty list, tcp.py line" in repr(mine.keep())


def test_the_two_rules_of_lesson_16_make_reno(file):
    mine.keep(after_ack=solved("after_ack"), after_loss=solved("after_loss"))
    control = mine.pieces().congestion
    own, renos = (
        share([Flow("it", each)], rate_bit_s=12e6, rtt_s=0.02, queue_bytes=30_000, seconds=3)
        for each in (control, "reno")
    )
    highest, renos_highest = (max(sample.cwnd_bytes for sample in run.samples) for run in (own, renos))
    assert highest == pytest.approx(renos_highest, abs=1448)
    assert own.goodput(1, 3)["it"] == pytest.approx(renos.goodput(1, 3)["it"], rel=0.02)
    one = control(1000)
    one.on_timeout(10_000, 0.0)
    one.on_ack(4000, 0.0, 0.1)
    assert (one.cwnd, one.ssthresh) == (2000, 5000), "after a timeout an ACK adds one MSS at most"


DOOR = {
    "until": "async def until(line, predicate):\n    while not predicate():\n        await line()\n",
    "read": "async def read(line, most):\n    await until(line, lambda: True)\n    return most\n",
    "write": "async def write(line, data):\n    while data:\n        await line()\n        data = data[1:]\n",
}


@types.coroutine
def turn():
    yield "turned"


def drive(answer, line, given):
    return play_coroutine(answer, lambda: (line, given), (None,) * 5)


@pytest.fixture
def lesson14(monkeypatch):
    """Stand in for lesson 14 and asyncio's part of the lab, which have the names used here."""
    inputs = {"until": ((turn, lambda: True),), "read": ((turn, 7),)}
    inputs["write"] = (turn, b"abc"), (turn, 5)  # of a number the right one raises, too
    right = {name: cell(text, {"until": before_of(DOOR["until"], "until")})[name] for name, text in DOOR.items()}
    exercises = {
        name: Exercise(f"14.{at} {name}", right[name], inputs[name], "", play=drive)
        for at, name in enumerate(DOOR, start=1)
    }
    monkeypatch.setitem(sys.modules, "tcpkit.check.lesson14", types.SimpleNamespace(**exercises))
    monkeypatch.setitem(sys.modules, mine.DOORS, types.SimpleNamespace(Door=lambda *parts: parts, DOOR="tcpkit's"))
    for name in DOOR:
        monkeypatch.setitem(mine.PIECES, name, mine.Piece(14, name))


def test_a_door_is_yours_once_its_three_parts_are(file, lesson14, capsys):
    assert mine.door() == "tcpkit's"
    names = {}
    for text in DOOR.values():
        cell(text, names)
    assert "read: not kept. It works here, but not on its own: it needs `until`" in repr(mine.keep(read=names["read"]))
    mine.keep(until=names["until"], read=names["read"])
    assert mine.door() == "tcpkit's"
    assert capsys.readouterr().out == "door: tcpkit's (write not there, or refused)\n"
    assert "door: yours (14)" in repr(mine.keep(write=names["write"]))
    assert [part.__name__ for part in mine.door()] == [*DOOR]
    assert mine.pieces() == mine.Pieces()


def test_a_helper_of_an_earlier_exercise_is_named(file):
    names = cell("def new_bytes(next, at, data): return data[max(0, next - at) :]\n")
    source = code_of("reassembler").replace(
        "self.kept.pop(at)[self.next - at :]", "new_bytes(self.next, at, self.kept.pop(at))"
    )
    said = repr(mine.keep(reassembler=cell(source, names)["Reassembler"]))
    assert "it needs `new_bytes` from another cell. Put its import, or its definition, into the same cell." in said


def test_a_reassembler_that_lies_is_named_and_no_other_piece(lab, file):
    mine.keep(before=solved("before"), reassembler=solved("reassembler"))
    turned = "return super().add(at, data)[:: 1 - 2 * (at > 9000)]"
    wrong = f"\nclass reassembler(Reassembler):\n    def add(self, at, data):\n        {turned}\n"
    file.write_text(file.read_text() + wrong)
    assert repr(mine.carry(lab)).splitlines() == [
        "1,000,000 bytes each way, 1 packet in 50 lost: DIFFERENT hashes.",
        "Yours: before, reassembler.",
        "Every byte was acknowledged, and some are wrong, or in the wrong place.",
        "With your reassembler alone: DIFFERENT hashes; with tcpkit's it arrives.",
    ]


# Its text.


def test_what_it_needs_of_its_cell_comes_with_it(file):
    keep_before(
        "from __future__ import annotations\nimport bisect, math\nimport operator\nHALF = 2**31\nother = print\n"
        "def distance(a, b):\n    return operator.sub(b, a) % 2**32\n\n\n"
        "@staticmethod\ndef before(a: Number, b) -> bool:\n    return 0 < distance(a, b) < HALF\n\n"
        "print(before(1, 2))\n"
    )
    assert file.read_text() == (
        f"{DOCSTRING}\n\n# -- before (08) --\nimport bisect, math\nimport operator\nHALF = 2**31\n\n\n"
        "def distance(a, b):\n    return operator.sub(b, a) % 2**32\n\n\n"
        "@staticmethod\ndef before(a: Number, b) -> bool:\n    return 0 < distance(a, b) < HALF\n"
        "# -- end of before --\n"
    )
    assert repr(mine.keep()) == ONE


def test_a_variable_of_its_own_needs_nothing_of_the_cell(file):
    names = cell("other = 5\n")
    body = "def before(a, b):\n    distance = (b - a) % 2**32\n    return 0 < distance < 2**31\n"
    assert keep_before(f"distance = other\n{body}", **names) == f"before: kept in tcp.py\n{ONE}"


def test_a_text_that_has_changed_since_is_said(file):
    before = before_of()
    linecache.cache[before.__code__.co_filename] = 5, None, ["def ("], ""
    assert repr(mine.keep(before=before)).startswith("before: not kept. Its text was not found")


def test_what_it_needs_of_another_cell_is_named(file):
    names = cell("import operator\n")
    said = keep_before("def before(a, b):\n    return 0 < operator.sub(b, a) % 2**32 < 2**31\n", **names)
    assert said == (
        "before: not kept. It works here, but not on its own: it needs `operator` from another cell. "
        f"Put its import, or its definition, into the same cell.\n{NONE}"
    )
    assert file.read_text() == DOCSTRING


def test_a_decorator_of_another_cell_is_named_too(file):
    names = cell("from functools import cache\n")
    assert "it needs `cache` from another cell" in keep_before(f"@cache\n{BEFORE}", **names)


@pytest.mark.parametrize(
    "text",
    ["before = lambda a, b: 0 < (b - a) % 2**32 < 2**31", f"if True:\n    {BEFORE.replace(chr(10), chr(10) + '    ')}"],
)
def test_a_text_that_is_not_found_is_said(file, text):
    assert keep_before(text).startswith("before: not kept. Its text was not found: write it with `def`")
    assert file.read_text() == DOCSTRING


def test_another_name_is_kept_under_the_pieces(file):
    mine.keep(before=cell(BEFORE.replace("def before", "def earlier"))["earlier"])
    assert file.read_text().endswith("\n\n\nbefore = earlier\n# -- end of before --\n")
    assert repr(mine.keep()) == ONE


# The file.


def test_the_rest_of_the_file_is_the_learners(file):
    keep_before()
    kept = file.read_bytes()
    file.write_bytes(b"# caf\xc3\xa9\r\nx = 1\r\n" + kept + b"\n\n# after it  \ny = 2")
    keep_before(BEFORE.replace("2**31", "1 << 31"))
    assert (
        file.read_bytes()
        == b"# caf\xc3\xa9\r\nx = 1\r\n" + kept.replace(b"2**31", b"1 << 31") + b"\n\n# after it  \ny = 2"
    )
    assert b"2**31" in Path("tcp.py.before").read_bytes()


def test_keeping_the_same_again_leaves_the_file_before(file):
    keep_before()
    keep_before()
    assert Path("tcp.py.before").read_text() == DOCSTRING


def test_nobody_may_read_it_who_could_not_before(file):
    file.chmod(0o600)
    keep_before()
    assert [path.stat().st_mode & 0o777 for path in (file, Path("tcp.py.before"))] == [0o600, 0o600]


BLOCK = "# -- rto (12) --\nx = 2\n# -- end of rto --\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", BLOCK),
        ("x = 1", f"x = 1\n\n\n{BLOCK}"),
        ("# -- rto --\n# -- end of rto --\ny", f"{BLOCK}y"),  # of a version that named no lesson
        ("# -- rto (13) --\nx\n# -- end of rto --\n# mine\n", f"{BLOCK}# mine\n"),  # of another one
        ("# -- rto (12) --\nx\n# mine\n", f"# -- rto (12) --\nx\n# mine\n\n\n{BLOCK}"),  # its end was deleted
        ("# -- end of rto --\n# -- rto (12) --\n", f"# -- end of rto --\n# -- rto (12) --\n\n\n{BLOCK}"),
        ("x\n# -- end of rto --\n", f"x\n# -- end of rto --\n\n\n{BLOCK}"),
        (
            "# -- rto (12) --\n# -- window (13) --\n# -- end of window --\n# -- end of rto --\n",
            f"# -- rto (12) --\n# -- window (13) --\n# -- end of window --\n# -- end of rto --\n\n\n{BLOCK}",
        ),
        (f"{BLOCK}{BLOCK}".replace("2", "1"), f"{BLOCK.replace('2', '1')}{BLOCK}"),  # twice: the last one counts
    ],
)
def test_a_block_is_put_in_place_of_a_whole_one(old, new):
    assert replaced(old, "rto", BLOCK) == new


def test_two_notebooks_that_save_at_once_lose_nothing(file):
    names = [f"piece_{number}" for number in range(20)]
    threads = [threading.Thread(target=save, args=(name, 12, f"{name} = 1")) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [name for name in names if f"{name} = 1\n# -- end of" not in file.read_text()] == []


@pytest.mark.parametrize("content", [b"", b"\n", b"\xef\xbb\xbfx = 1\n", b"raise SystemExit\n", b"x ="])
def test_whatever_the_file_holds_a_piece_can_be_put_there(file, content):
    file.write_bytes(content)
    said = keep_before()
    assert "before: kept in tcp.py" in said
    assert file.read_bytes()[: len(content)] == content
    assert file.read_text().endswith("# -- end of before --\n")


def test_a_link_stays_a_link(folder):
    (folder / "elsewhere.py").write_text(DOCSTRING)
    Path("tcp.py").symlink_to("elsewhere.py")
    assert keep_before() == f"before: kept in tcp.py\n{ONE}"
    assert Path("tcp.py").is_symlink()
    assert Path("elsewhere.py.before").read_text() == DOCSTRING


@pytest.mark.parametrize(
    "make", [lambda path: path.symlink_to("nowhere"), Path.mkdir, os.mkfifo, lambda path: path.symlink_to(path)]
)
def test_what_is_no_file_is_left_alone(folder, make):
    make(folder / "tcp.py")
    assert keep_before() == f"before: kept for this session; there is no tcp.py in this folder\n{ONE}"


def no_room(*_):
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda file, patch: file.chmod(0o444), "tcp.py is read-only"),
        (lambda file, patch: file.write_bytes(b"#" * 300_000), "tcp.py has 300,000 bytes, and 200,000 are the most"),
        (lambda file, patch: file.write_bytes(b"\xff"), "tcp.py stays as it was ('utf-8' codec can't decode"),
        (lambda file, patch: patch.setattr(os, "fsync", no_room), "tcp.py stays as it was ([Errno 28] No space left"),
    ],
    ids=["read-only", "too large", "no text", "full disk"],
)
def test_a_save_that_fails_says_so_and_loses_nothing(folder, file, monkeypatch, spoil, why):
    spoil(file, monkeypatch)
    old = file.read_bytes()
    said = keep_before()
    assert said.startswith(f"before: kept for this session; {why}")
    assert said.endswith(ONE)
    assert file.read_bytes() == old
    assert os.listdir(folder) == ["tcp.py"]


def test_what_was_not_saved_is_what_runs(file):
    keep_before(BEFORE.replace("2**31", "1 << 31"))
    file.chmod(0o444)
    assert keep_before().endswith(ONE)
    assert mine.pieces().before is HELD["before"]
    file.chmod(0o644)
    keep_before()
    assert HELD == {}


# Reading it.


def kept(body):
    Path("tcp.py").write_text(f"{DOCSTRING}# -- before (08) --\n{body}# -- end of before --\n")
    return repr(mine.keep())


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (WRONG, "before: tcpkit's (yours: TRY AGAIN 8.2 before: For 4294967295 and 0 it says no"),
        ("def before(a, b):\n    return {}[5]\n", "before: tcpkit's (yours raised KeyError: 5, tcp.py line 4)"),
        (
            "def before(a, b):\n    while True:\n        pass\n",
            "before: tcpkit's (yours had not finished after 0.3 s, tcp.py",
        ),
        ("def before(a, b):\n    exit()\n", "before: tcpkit's (yours raised SystemExit: None, tcp.py line 4)"),
        ("def before(a, b):\n    return ...\n", "before: tcpkit's (yours: TODO 8.2 before)"),
        ("before = 5\n", "before: tcpkit's (yours: TRY AGAIN 8.2 before: You handed over 5"),
        ("def before(a, b)\n    return 1\n", "tcp.py raised SyntaxError: expected ':', tcp.py line 3. What"),
        ("import nosuchmodule\n", "tcp.py raised ModuleNotFoundError: No module named 'nosuchmodule', tcp.py line 3."),
        ("while True: pass\n", "tcp.py had not finished after 0.3 s, tcp.py line 3. What it does not define"),
        ("raise SystemExit\n", "tcp.py raised SystemExit, tcp.py line 3."),
        ("x = '\0'\n", "tcp.py raised "),
        ("(" * 5000, "tcp.py raised "),
    ],
)
def test_what_is_wrong_is_named_with_its_line_and_tcpkits_own_runs(body, why, capsys, monkeypatch):
    if "while True" in body:
        monkeypatch.setattr(judging, "LIMIT_S", 0.3)
    said = kept(body)
    assert said.startswith(why)
    assert said.endswith(NONE)
    assert mine.pieces() == mine.Pieces()
    assert capsys.readouterr().out == said.removesuffix(NONE)


def test_what_the_file_defines_before_its_fault_is_yours():
    assert kept(f"{BEFORE}1 / 0\n") == (
        "tcp.py raised ZeroDivisionError: division by zero, tcp.py line 7. "
        f"What it does not define before is tcpkit's.\n{ONE}"
    )


def test_a_file_that_is_too_large_is_not_read(file):
    file.write_text(f"{BEFORE}{'#' * 200_000}")
    assert (
        repr(mine.keep()) == f"tcp.py has more than 200,000 bytes, and was not read. Its pieces are tcpkit's.\n{NONE}"
    )


def test_what_the_file_prints_is_not_shown(capsys):
    assert kept(f"print('hello')\n{BEFORE}") == ONE
    assert capsys.readouterr() == ("", "")


def test_the_file_is_no_module_that_others_could_import(file):
    keep_before()
    assert "tcp" not in sys.modules


def test_a_changed_file_is_read_anew(file):
    keep_before()
    assert "line 3" in kept("def before(a, b): return 1 / 0\n")
    assert kept(BEFORE) == ONE


def test_a_file_cut_off_while_it_is_written_does_not_exist(file, monkeypatch):
    keep_before()
    whole = file.read_bytes()
    monkeypatch.setattr(Path, "replace", no_room)
    keep_before(BEFORE.replace("2**31", "1 << 31"))
    assert file.read_bytes() == whole


def test_its_html_has_the_words_and_the_picture(file):
    shown = mine.keep(before=before_of(WRONG.replace("a < b", "'<'")))._repr_html_()
    assert "before: not kept. TRY AGAIN 8.2" in shown
    assert "&#x27;&lt;&#x27;" in shown or "&lt;" in shown
    assert "<img" in shown


# Running it.


def test_in_a_notebook_of_its_own(file):
    """IPython keeps the cells' texts; no other test shows that."""
    sources = [
        "from tcpkit import mine",
        f"import asyncio, operator\nawait asyncio.sleep(0)\n{BEFORE}",
        "%time before(1, 2)\nmine.keep(before=before)",
    ]
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": str(file.parent)}}).execute()
    assert notebook.cells[-1].outputs[-1]["data"]["text/plain"] == f"before: kept in tcp.py\n{ONE}"
    assert "<img" in notebook.cells[-1].outputs[-1]["data"]["text/html"]
    assert "# -- before (08) --\nimport asyncio, operator\n\n\ndef before" in file.read_text()


def test_it_carries_a_megabyte_each_way(lab, file):
    link = "1,000,000 bytes each way, 1 packet in 50 lost: equal hashes."
    assert repr(mine.carry(lab)) == f"{link}\nAll pieces are tcpkit's."
    keep_before()
    assert repr(mine.carry(lab)) == f"{link}\nYours: before."
    assert lab.sockets().empty  # it used a lab of its own


def lies_after(calls, otherwise):
    """Return a `before` that is right so many times."""
    return (
        "from itertools import count\nnumber = count()\ndef before(a, b):\n"
        f"    if next(number) > {calls}:\n        {otherwise}\n    return 0 < (b - a) % 2**32 < 2**31\n"
    )


@pytest.mark.parametrize(
    ("otherwise", "how", "why"),
    [
        ("return 1 / 0", "it stops", "raised ZeroDivisionError: division by zero (before, tcp.py, line 7)"),
        ("while True: pass", "it hangs", "it is in before, tcp.py, line 7. It was ended."),
        ("return True", "it hangs", "10.0.0.2 waited 3 s for"),
    ],
    ids=["raises", "never returns", "is wrong"],
)
def test_a_piece_that_passes_and_fails_there_is_named(lab, file, monkeypatch, otherwise, how, why):
    monkeypatch.setattr(carrying, "PATIENCE_S", 3)
    monkeypatch.setattr(watched_lock, "LONGEST_HOLD_S", 1.0)
    assert kept(lies_after(200, otherwise)) == ONE
    first, own, second, *_, last = repr(mine.carry(lab)).splitlines()
    assert (first, own) == (f"1,000,000 bytes each way, 1 packet in 50 lost: {how}.", "Yours: before.")
    assert why in second
    assert last == f"With your before alone: {how}; with tcpkit's it arrives."


def test_where_nothing_arrives_it_is_not_the_learners_fault(lab, file, monkeypatch):
    monkeypatch.setattr(carrying, "PATIENCE_S", 0.01)
    keep_before()
    assert repr(mine.carry(lab)).splitlines()[-1] == (
        "With tcpkit's pieces alone: it hangs. So your TCP is not the cause. Run this cell again."
    )


@pytest.mark.parametrize("thing", [None, 7, Lab, "lab"])
def test_it_asks_for_a_lab(thing):
    assert repr(mine.carry(thing)) == "Hand over your lab: `mine.carry(lab)`."


def test_it_asks_for_a_cable(lab, monkeypatch):
    monkeypatch.setattr(Lab, "kind", "direct")
    assert repr(mine.carry(lab)).startswith("`mine.carry` needs a cable, and this kind of lab has none.")

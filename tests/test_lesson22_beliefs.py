"""What lesson 22 reads of the learner's own lesson 00, whatever has become of that file."""

import json

import pytest

from tcpkit.check.lesson22_beliefs import SHOWN, then_and_now

NAME = "00_start_here.ipynb"
NOW = dict(enumerate("ccbabb", start=1)) | {"browser": "DNS, then <b>TCP</b>"}
CELL = """# six guesses
mine = {
    1: ("b", 3),  # who
    2: ("a", 1), 3: (..., ...), 4: "b", 5: ("z", 2), 6: ["b", 7],
    "browser": \"\"\"Magic,
probably\"\"\",
}
"""


@pytest.fixture
def saved(tmp_path):
    """Return a function that saves a cell in lesson 00 and returns what lesson 22 shows."""

    def save(source, tags=("words",)):
        cells = [{"cell_type": "markdown", "source": "mine = {"}]
        cells += [{"cell_type": "code", "source": source, "metadata": {"tags": [*tags]}}]
        (tmp_path / NAME).write_text(json.dumps({"cells": cells}))
        return then_and_now(NOW, tmp_path / NAME)

    return save


def test_what_was_written_then_stands_beside_now(saved):
    for source in (CELL, CELL.splitlines(keepends=True), f"print(1)\n{CELL}\nmine"):
        assert saved(source).message.splitlines() == [
            f"KEPT: the answers that you saved in {NAME}, beside today's.",
            "1 Who writes the TCP header? | then: b: a library (was certain) | now: c: the kernel | lesson 04",
            "2 A port where no program listens | then: a: nothing comes back (did not know) | "
            "now: c: a packet comes back | lesson 04",
            "3 Who notices one wrong byte? | then: - | now: b: the kernel; it tells nobody | lesson 02",
            "4 What does an ACK say? | then: b: the program has read it | now: a: it arrived there | lesson 08",
            "5 A container at localhost | then: 'z' (thought so) | "
            "now: b: bytes copied, or packets rewritten | lesson 19",
            "6 What remembers a connection? | then: b: both ends | now: b: both ends | lesson 10",
            "You type a name in the browser | then: Magic, probably | now: DNS, then <b>TCP</b> | lesson 20",
        ]
    html = saved(CELL)._repr_html_()
    assert "Magic,\nprobably" in html
    assert "&lt;b&gt;" in html
    assert "<b>" not in html


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("mine = {1: (..., ...)}", "has no answers. If you wrote some, save it"),
        ("mine = {'first': 'b'}", "has no answers."),
        ("guesses = {1: 'b'}", "has no cell that begins with `mine = {`."),
        ("mine = {1: __import__('pathlib').Path('{}').touch()}", "Nothing in it is run"),
        ("mine = {1: open('{}', 'w')}", "Nothing in it is run"),
        ("mine = {1: 'b'} if open('{}', 'w') else {}", "Nothing in it is run"),
        ("mine = {1: 'b'", "Nothing in it is run"),
        ("mine = {1}", "Nothing in it is run"),
        ("mine = {[]: 1}", "Nothing in it is run"),
        ("mine = {1: 'b\0'}", "Nothing in it is run"),
        ("mine = {1: " + "[" * 5_000, "Nothing in it is run"),
        ("mine = {1: " + "-" * 19_000 + "1}", "Nothing in it is run"),
        ("mine = {1: '" + "b" * 50_000 + "'}", "Nothing in it is run"),
    ],
)
def test_a_cell_is_read_and_never_run(saved, tmp_path, source, told):
    trap = tmp_path / "trap"
    said = saved(source.replace("{}", str(trap)))
    assert said.message.startswith("KEPT: today's answers alone. ")
    assert told in said.head
    assert said.rows[0][1:3] == ("", "c: the kernel")
    assert not trap.exists()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is no notebook any more"),
        (b"half a note", "is no notebook any more"),
        (b"\xff\xfe", "is no notebook any more"),
        (b"[" * 100_000, "is no notebook any more"),
        (b"[1]", "is no notebook any more"),
        (b'{"cells": 7}', "is no notebook any more"),
        (b'{"cells": [{"cell_type": "code", "source": [1]}]}', "is no notebook any more"),
        (b'{"cells": [{}]}', "is no notebook any more"),
        (b'{"cells": []}', "has no cell that begins"),
        (b" " * 20_000_001, "has more than 20 MB"),
    ],
)
def test_a_file_that_is_no_notebook(tmp_path, content, told):
    (tmp_path / NAME).write_bytes(content)
    assert told in then_and_now(NOW, tmp_path / NAME).head


def test_no_file_and_a_folder(tmp_path):
    for path in (tmp_path / NAME, tmp_path):
        assert f"There is no {path.name} beside this notebook" in then_and_now(NOW, path).head


def test_nothing_written_today():
    for mine in (..., {}, dict.fromkeys(NOW, ...), {"browser": "x"}, [1]):
        assert then_and_now(mine).message.startswith("NO GUESS YET: write your six letters")


def test_a_long_text_is_cut(saved):
    assert len(saved(CELL.replace("Magic", "M" * 9_000)).rows[-1][1]) == SHOWN

"""What a teacher reads: `python -m tcpkit inventory FOLDER`."""

import json
import os
import subprocess
import sys
import zipfile

import pytest

from tcpkit.check.inventory_items import ITEMS

RIGHT = {number: item.right for number, item in ITEMS.items()}


def content(code, before=None, after=None):
    sets = {"before": before or {}, "after": after or {}}
    named = {when: {str(number): [letter, 2] for number, letter in answers.items()} for when, answers in sets.items()}
    return json.dumps({"version": 1, "code": code, **named})


def run(*arguments):
    command = [sys.executable, "-m", "tcpkit", "inventory", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def folder(tmp_path):
    """Return a folder as learners fill one: six files, two of them deeper or packed."""
    (tmp_path / "Ada Lovelace").mkdir()
    one_wrong = RIGHT | {4: "a"}
    for code in ("bada-10", "bebe-11", "kova-73"):
        (tmp_path / f"inventory-{code}.json").write_text(content(code, dict.fromkeys(RIGHT, "a"), one_wrong))
    (tmp_path / "Ada Lovelace" / "inventory.json").write_text(content("lila-12", {1: "a"}, one_wrong))
    (tmp_path / "inventory.json").write_text(content("memo-13", {1: "c"}))
    with zipfile.ZipFile(tmp_path / "my.zip", "w") as archive:
        archive.writestr("my/inventory.json", content("nono-14", {1: "a", 2: "e"}, RIGHT))
        archive.writestr("my/00_start_here.ipynb", "{}")
    return tmp_path


def test_the_csv_has_codes_and_letters_and_neither_name_nor_path(folder):
    done = run(folder)
    lines = [line for line in done.stdout.splitlines() if not line.startswith("#")]
    assert (done.returncode, done.stderr) == (0, "")
    assert lines[:2] == ["code,item,before,before_sure,after,after_sure", "bada-10,1,a,2,b,2"]
    assert "nono-14,2,e,2,c,2" in lines
    assert "memo-13,1,c,2,," in lines
    assert len(lines) == 1 + 5 * 20 + 1
    assert not any(word in done.stdout for word in ("Ada", "Lovelace", "json", "zip", str(folder)))


def test_below_it_stands_what_the_class_believed(folder):
    said = [line for line in run(folder).stdout.splitlines() if line.startswith("#")]
    assert said[0] == "# 6 files, 5 of them with answers after the course"
    assert said[1] == (
        "# 1 header: right before 0, after 5; most frequent wrong letter a (5): the language makes the header"
    )
    assert said[4] == (
        "# 4 checksum: right before 0, after 1; most frequent wrong letter a (7): "
        "a right sum proves that the data is whole"
    )
    assert said[7] == "# 7 ACK: right before 3, after 5"
    assert said[-1] == "# of those 5, right of 20: before 3.0, after 19.2; gain (after - before) / (20 - before): 0.95"


def test_a_class_too_small_gets_no_summary(folder):
    for path in [*folder.glob("inventory-*")][:2]:
        path.unlink()
    said = run(folder).stdout
    assert "# 4 files: too few to be anonymous. A summary needs 5.\n" in said
    assert "believe" not in said
    assert "right before" not in said


def test_the_csv_goes_to_a_file_and_the_summary_stays(folder):
    done = run(folder, "--csv", folder / "class.csv")
    assert done.stdout.startswith("# 6 files")
    assert (
        (folder / "class.csv").read_text().startswith("code,item,before,before_sure,after,after_sure\nbada-10,1,a,2,")
    )
    assert "cannot be written: " in run(folder, "--csv", folder / "nowhere" / "class.csv").stderr


def test_bad_files_are_named_and_passed_over(folder):
    (folder / "inventory-broken.json").write_text('{"version": 1,')
    (folder / "inventory-2.json").write_text(content("kuku-22").replace('"version": 1', '"version": 2'))
    (folder / "inventory-link.json").symlink_to(folder / "inventory.json")
    (folder / "broken.zip").write_bytes(b"PK\3\4 and no more")
    os.mkfifo(folder / "inventory-pipe.json")
    (folder / "inventory-folder.json").mkdir()
    (folder / "inventory-\x1b[31m.json").write_text("[]")
    done = run(folder)
    assert done.stdout == run(folder).stdout
    assert "# 6 files" in done.stdout
    assert sorted(line.partition(" is passed over: ")[0] for line in done.stderr.splitlines()) == sorted([
        "broken.zip", "inventory-2.json", "inventory-broken.json", "inventory-folder.json", "inventory-link.json",
        "inventory-pipe.json", r"inventory-\x1b[31m.json",
    ])  # fmt: skip


def test_a_file_packed_to_be_huge_is_not_unpacked(folder):
    with zipfile.ZipFile(folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inventory.json", b"0" * 300_000_000)
    done = run(folder)
    assert "bomb.zip, inventory.json is passed over: it is not a file of this inventory" in done.stderr


def test_a_learner_who_hands_in_twice_counts_once(folder):
    (folder / "inventory-memo-13.json").write_text(content("memo-13", {1: "c"}, {1: "b"}))
    (folder / "again").mkdir()
    (folder / "again" / "inventory.json").write_text(content("memo-13", {1: "c"}))
    done = run(folder)
    assert "memo-13,1,c,2,b,2" in done.stdout
    assert "# 6 files, 6 of them" in done.stdout
    assert done.stderr == ""
    (folder / "inventory-other.json").write_text(content("memo-13", {1: "d"}))
    done = run(folder)
    assert "inventory-other.json is passed over: another file with the code memo-13 has other answers" in done.stderr
    assert "memo-13,1,c,2,b,2" in done.stdout


@pytest.mark.parametrize(("name", "words"), [("", "has no inventory*.json"), ("nowhere", "There is no folder")])
def test_without_files_it_says_what_to_name(tmp_path, name, words):
    done = run(tmp_path / name)
    assert (done.returncode, done.stdout) == (1, "")
    assert words in done.stderr


def test_it_runs_nothing_that_is_handed_in(folder):
    (folder / "sitecustomize.py").write_text("raise SystemExit('it ran')")
    (folder / "00_start_here.ipynb").write_text("{}")
    assert run(folder).stderr == ""

"""The inventory: the learner's file, what is said when, and the twenty questions themselves."""

import json
import os
import re
from collections import Counter
from pathlib import Path

import pytest

from tcpkit.check.inventory import before_and_after, keep
from tcpkit.check.inventory_file import CODE, FILE, LARGEST, Sheet, Unreadable, parsed, save
from tcpkit.check.inventory_items import ITEMS, LETTERS
from tcpkit.check.verdict import Compared

ROOT = Path(__file__).parents[1]
NOTEBOOK = json.loads((ROOT / "notebooks" / "inventory.ipynb").read_text())["cells"]
FIRST = "".join(NOTEBOOK[0]["source"])
TEXT = "\n\n".join("".join(cell["source"]) for cell in NOTEBOOK)
EMPTY = dict.fromkeys(ITEMS, (..., ...))
KEY = {number: (item.right, 2) for number, item in ITEMS.items()}
WRONG = {number: (next(letter for letter in LETTERS if letter != item.right), 3) for number, item in ITEMS.items()}


def read(folder):
    return json.loads((folder / FILE).read_text())


def first_line(said):
    return said.message.split("\n")[0]


# The file


def test_a_file_holds_letters_and_a_code_and_nothing_else(tmp_path):
    said = keep("before", WRONG, tmp_path)
    stored = read(tmp_path)
    assert set(stored) == {"version", "code", "before", "after"}
    assert CODE.fullmatch(stored["code"])
    assert stored["before"] == {str(number): list(answer) for number, answer in WRONG.items()}
    assert (stored["version"], stored["after"]) == (1, {})
    assert [path.name for path in tmp_path.iterdir()] == [FILE]
    assert said.status == Compared.KEPT
    assert said.message.startswith("KEPT: 20 of 20.\nThey are in inventory.json, beside this notebook, under the code ")


def test_the_second_set_joins_the_first_under_the_same_code(tmp_path):
    keep("before", WRONG, tmp_path)
    first = read(tmp_path)
    keep("after", KEY, tmp_path)
    assert read(tmp_path) == first | {"after": {str(number): list(answer) for number, answer in KEY.items()}}


@pytest.mark.parametrize("answers", [EMPTY, {}, None, ..., "b", [("b", 2)], {1: ...}, {1: ("", 2)}, {99: ("b", 2)}])
@pytest.mark.parametrize("when", ["before", "after"])
def test_nothing_is_written_without_an_answer(tmp_path, when, answers):
    assert keep(when, answers, tmp_path).message.startswith("NO GUESS YET: write your letters above")
    assert not [*tmp_path.iterdir()]


def test_what_is_empty_or_no_answer_is_named_and_the_rest_is_kept(tmp_path):
    mine = KEY | {2: (..., ...), 3: ("f", 2), 4: ("B ", "3"), 5: "a", 6: ("c", 4), 7: "e", 8: (["b"], 1), 9: ("e", 3)}
    lines = keep("before", mine, tmp_path).message.split("\n")
    assert lines[:5] == [
        "KEPT: 15 of 20.",
        "Still empty: 2.",
        "3: 'f' is no letter from a to e.",
        '5: how sure are you? 1, 2 or 3, for example ("a", 2).',
        '6: how sure are you? 1, 2 or 3, for example ("c", 2).',
    ]
    assert lines[5].startswith("8: ")
    stored = read(tmp_path)["before"]
    assert (stored["4"], stored["7"], stored["9"]) == (["b", 3], ["e", 1], ["e", 1])
    assert not stored.keys() & {"2", "3", "5", "6", "8"}


def test_answers_that_none_can_be_kept_of_are_told_so(tmp_path):
    said = keep("before", {1: ("z", 2)}, tmp_path)
    assert said.status == Compared.NO_GUESS_YET
    assert "1: 'z' is no letter" in said.message
    assert not [*tmp_path.iterdir()]


def test_answers_of_another_time_stay_unless_again(tmp_path):
    keep("before", WRONG, tmp_path)
    first = read(tmp_path)
    said = keep("before", WRONG | {3: ("a", 1), 7: (..., ...)}, tmp_path)
    assert first_line(said).startswith(f"KEPT: earlier answers under the code {first['code']}, 20 of 20.")
    assert "\nThose above differ at 3, 7. The earlier ones stay." in said.message
    assert 'inventory.keep("before", before, again=True)' in said.message
    assert read(tmp_path) == first
    keep("before", WRONG | {3: ("a", 1)}, tmp_path, again=True)
    assert read(tmp_path) == first | {"before": first["before"] | {"3": ["a", 1]}}


def test_a_file_of_another_learner_is_told_by_its_code(tmp_path):
    if_not = "If that is not your code, give inventory.json another name, then run this cell again."
    assert if_not not in keep("before", WRONG, tmp_path).message
    code = read(tmp_path)["code"]
    assert first_line(keep("before", KEY, tmp_path)).endswith(f" under the code {code}, 20 of 20. {if_not}")
    assert keep("after", KEY, tmp_path).message.endswith(f" under the code {code}. {if_not}")
    (tmp_path / FILE).rename(tmp_path / "theirs.json")
    assert if_not not in keep("before", KEY, tmp_path).message
    assert read(tmp_path)["code"] != code


def test_a_set_may_be_completed_later(tmp_path):
    keep("before", {1: ("b", 2)}, tmp_path)
    assert first_line(keep("before", {1: ("b", 2), 2: ("c", 1)}, tmp_path)) == "KEPT: 2 of 20."
    assert read(tmp_path)["before"] == {"1": ["b", 2], "2": ["c", 1]}


@pytest.mark.parametrize("when", ["", "Before", 1, None, [], ..., object()])
def test_a_time_that_there_is_not_is_told(tmp_path, when):
    assert 'say which answers these are: `keep("before", before)`' in keep(when, KEY, tmp_path).message


# Bad files and bad luck

FULL = json.dumps({"version": 1, "code": "kova-73", "before": {"1": ["b", 2]}, "after": {}})
BAD = {
    "half-written": (FULL[:40], "it is broken, or was cut short"),
    "empty": ("", "it is broken, or was cut short"),
    "nested": ("[" * 10_000, "it is broken, or was cut short"),
    "no text": ("\udcff\udcfe", "it is broken, or was cut short"),
    "another version": (FULL.replace('"version": 1', '"version": 2'), "it is of another version"),
    "no version": (FULL.replace('"version": 1, ', ""), "it is of another version"),
    "another program's": ('{"parts": [{"name": "screw", "count": 3}]}', "it is not a file of this inventory"),
    "a list": ("[1, 2]", "it is not a file of this inventory"),
    "too large": (f'{{"code": "{"k" * LARGEST}"}}', "it is not a file of this inventory"),
    "a formula for a code": (FULL.replace("kova-73", "=1+1"), "it is not a file of this inventory"),
    "no such letter": (FULL.replace('"b"', '"x"'), "an answer in it is none"),
    "no such question": (FULL.replace('"1"', '"21"'), "an answer in it is none"),
    "answers in a list": (FULL.replace('{"1": ["b", 2]}', '["b"]'), "an answer in it is none"),
    "truth for a number": (FULL.replace("2]", "true]"), "an answer in it is none"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_is_not_ours_to_read_is_left_alone(tmp_path, name):
    text, why = BAD[name]
    path = tmp_path / FILE
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(Unreadable, match=why):
        parsed(path.read_bytes())
    said = keep("before", KEY, tmp_path, again=True)
    assert said.message.startswith(f"NOT KEPT: inventory.json stays as it is: {why}")
    assert said.message.endswith("Give that file another name, then run this cell again.")
    assert before_and_after(tmp_path).message.startswith(f"NOT SEEN YET: inventory.json stays as it is: {why}")
    assert path.read_bytes() == text.encode(errors="surrogateescape")
    path.rename(tmp_path / "other.json")
    assert first_line(keep("before", KEY, tmp_path)) == "KEPT: 20 of 20."


def test_a_link_is_not_followed(tmp_path):
    theirs, mine = tmp_path / "theirs.json", tmp_path / "my"
    theirs.write_text(FULL)
    mine.mkdir()
    for target in (theirs, tmp_path / "nowhere.json"):
        (mine / FILE).symlink_to(target)
        assert "NOT KEPT: inventory.json stays as it is: it is a link" in keep("before", KEY, mine).message
        assert (mine / FILE).is_symlink()
        (mine / FILE).unlink()
    assert theirs.read_text() == FULL


def test_a_folder_or_a_pipe_of_that_name_is_not_read(tmp_path):
    (tmp_path / FILE).mkdir()
    assert "it is a link, or no file" in keep("before", KEY, tmp_path).message
    (tmp_path / FILE).rmdir()
    os.mkfifo(tmp_path / FILE)
    assert "it is a link, or no file" in keep("before", KEY, tmp_path).message


@pytest.mark.parametrize("folder", ["/proc/self/task", "/dev/null", "/nowhere", "\0", None])
def test_a_folder_that_cannot_be_written_is_told(folder):
    said = keep("before", KEY, folder)
    assert said.status == Compared.NOT_KEPT
    assert said.message.startswith("NOT KEPT: inventory.json cannot be read or written here: ")
    assert said.message.endswith("Your answers stand in this notebook: save it (Ctrl+S).")


def test_a_read_only_file_or_folder_is_left_alone(tmp_path):
    keep("before", WRONG, tmp_path)
    first = (tmp_path / FILE).read_bytes()
    (tmp_path / FILE).chmod(0o400)
    assert "it is read-only" in keep("after", KEY, tmp_path).message
    assert (tmp_path / FILE).read_bytes() == first
    if os.geteuid() != 0:  # root may write everywhere
        (tmp_path / FILE).chmod(0o600)
        tmp_path.chmod(0o500)
        assert "permission denied" in keep("after", KEY, tmp_path).message
        tmp_path.chmod(0o700)
        assert (tmp_path / FILE).read_bytes() == first


def test_a_write_that_is_cut_short_leaves_the_old_file(tmp_path, monkeypatch):
    keep("before", WRONG, tmp_path)
    first = (tmp_path / FILE).read_bytes()

    def full(path, text, **_):
        path.write_bytes(text[:30].encode())
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    assert "no space left on device" in keep("after", KEY, tmp_path).message
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [(FILE, first)]


# What is told, and when


def test_before_there_are_two_sets_nothing_says_what_is_right(tmp_path):
    told = [keep("before", answers, tmp_path, again=True).message for answers in (WRONG, KEY)]
    assert told[0] == told[1]
    assert before_and_after(tmp_path).message == (
        "NOT SEEN YET: inventory.json holds no answers from after the course. Run the cells that keep them."
    )
    told += [keep("after", answers, tmp_path, again=True).message for answers in (WRONG, KEY)]
    assert told[2] == told[3]


def test_the_picture_needs_both_sets(tmp_path):
    assert "no answers from before the course and none from after the course" in before_and_after(tmp_path).message
    keep("after", KEY, tmp_path)
    assert "no answers from before the course. Run" in before_and_after(tmp_path).message


def test_before_and_after_shows_each_question_and_what_is_not_right_yet(tmp_path):
    keep("before", WRONG, tmp_path)
    keep("after", KEY | {4: ("a", 3), 13: ("e", 1), 17: ("a", 1), 20: (..., ...)}, tmp_path)
    shown = before_and_after(tmp_path)
    lines = repr(shown).split("\n")
    assert "4 checksum        sure, wrong -> sure, wrong    03" in lines
    assert "13 loss           sure, wrong -> do not know    12" in lines
    assert "1 header          sure, wrong -> right          04" in lines
    assert lines[-6:-4] == ["Right before 0, after 16.", "Sure and wrong before 20, after 1."]
    assert [line.split(":")[0] for line in shown.said] == ["4 checksum", "17 larger queue", "13 loss", "20 who is it"]
    assert shown.said[0] == (
        "4 checksum: A right sum shows most damage; words that changed places keep the same sum. "
        "Run section 5 of lesson 03 again."
    )
    assert shown._repr_html_().count("<div>") == 4


# The twenty questions


def test_each_letter_is_right_five_times():
    assert Counter(item.right for item in ITEMS.values()) == dict.fromkeys(LETTERS, 5)
    assert [*ITEMS] == [*range(1, 21)]


def test_the_notebook_asks_twenty_questions_with_four_letters_each():
    asked = re.findall(r"^(\d+)\. \*\*.+?\*\* (.+?)(?=^\d+\. \*\*|\Z)", FIRST, re.MULTILINE | re.DOTALL)
    assert [int(number) for number, _ in asked] == [*ITEMS]
    for _, text in asked:
        assert re.findall(r"<br>([a-e])\) ", text.replace("\n", " ").replace("<br> ", "<br>")) == list(LETTERS)
        assert text.count("?") == 1, text


def test_the_notebook_tells_no_answer():
    for item in ITEMS.values():
        for letter in LETTERS:
            assert item.says(letter).rstrip(".").lower() not in TEXT.lower()
    assert not re.search(r"\bRST\b|(?i:\bresets?\b|the kernel answers|\breplies\b)", TEXT)
    assert not re.search(r"\d+ ?: ?\(?[\"'][a-d]", TEXT.replace('1: ("b", 2)', "")), "a letter stands beside a number"
    assert not (ROOT / "notebooks" / "solutions" / "inventory.ipynb").exists()
    outputs = [output for cell in NOTEBOOK for output in cell.get("outputs", ())]
    assert [line.split(":")[0] for each in outputs for line in each["data"]["text/plain"]] == [
        "NO GUESS YET", "NO GUESS YET", "NOT SEEN YET"
    ]  # fmt: skip


def test_each_question_names_a_section_that_there_is():
    heads = {
        int(path.name[:2]): re.findall(r"^# ## (\d+)\.", path.read_text(), re.MULTILINE)
        for path in (ROOT / "notebooks" / "source").glob("[0-9][0-9]_*.py")
    }
    assert {item.lesson for item in ITEMS.values()} & heads.keys() >= {3, 4, 5, 6, 8, 9, 10, 11, 12, 15}
    for item in ITEMS.values():
        assert str(item.section) in heads[item.lesson], item


def test_two_sheets_have_two_codes(tmp_path):
    codes = set()
    for at in range(20):
        (tmp_path / str(at)).mkdir()
        keep("before", KEY, tmp_path / str(at))
        codes.add(read(tmp_path / str(at))["code"])
    assert len(codes) > 17  # of some 500,000


def test_what_is_saved_is_what_is_read(tmp_path):
    sheet = Sheet("kova-73", WRONG, KEY)
    save(tmp_path / FILE, sheet)
    assert parsed((tmp_path / FILE).read_bytes()) == sheet

"""Promises about the notebooks as they are stored, whatever lessons there are.

Read as plain JSON: what the builder says of itself is not believed here.
"""

import base64
import json
import re
import shutil
from pathlib import Path

import pytest

import build

ROOT = Path(__file__).parents[1]
FOLDERS = {"learner's": ROOT / "notebooks", "solved": ROOT / "notebooks" / "solutions"}
NAMES = sorted(path.stem for path in (ROOT / "notebooks" / "source").glob("[0-9][0-9]_*.py"))
SECRET_UNTIL = 4  # the number of the lesson in which something answers


class Cell:
    """A stored cell, its parts as text."""

    def __init__(self, stored):
        self.id = stored["id"]
        self.is_code = stored["cell_type"] == "code"
        self.source = "".join(stored["source"])
        self.tags = stored["metadata"].get("tags", [])
        self.count = stored.get("execution_count")
        self.outputs = stored.get("outputs", [])

    def __repr__(self):
        return self.id

    @property
    def texts(self):
        """All the text it printed, pictures' insides and alt texts included."""
        found = []
        for output in self.outputs:
            found += ["".join(output.get("text", "")), *output.get("traceback", [])]
            found += ["".join(data) for kind, data in output.get("data", {}).items() if kind.startswith("text/")]
        return found + [inside for text in found for inside in pictures(text)]

    @property
    def said(self):
        """What it printed in plain text, as one."""
        plain = ["".join(output.get("data", {}).get("text/plain", output.get("text", ""))) for output in self.outputs]
        return "".join(plain)


def pictures(text):
    """Return the insides of the pictures in an output or in Markdown."""
    packed = re.findall(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)", text)
    return [base64.b64decode(inside).decode() for inside in packed]


def stored(edition, name):
    return [Cell(cell) for cell in json.loads((FOLDERS[edition] / f"{name}.ipynb").read_text())["cells"]]


def code(cells):
    return [cell for cell in cells if cell.is_code]


def prose(cells):
    """Return the Markdown that is read without opening a fold, no code in it."""
    text = "\n\n".join(cell.source for cell in cells if not cell.is_code)
    return re.sub(r"<details>.*?</details>|^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)


@pytest.fixture(params=NAMES)
def name(request):
    return request.param


@pytest.fixture(params=FOLDERS)
def edition(request):
    return request.param


@pytest.fixture
def cells(edition, name):
    return stored(edition, name)


def test_every_lesson_has_both_notebooks_and_no_notebook_is_alone():
    assert NAMES[:2] == ["00_start_here", "01_first_syn"]
    for folder in FOLDERS.values():
        assert sorted(path.stem for path in folder.glob("*.ipynb")) == NAMES


def test_every_cell_ran_once_and_in_order(cells):
    assert [cell.count for cell in code(cells)] == list(range(1, len(code(cells)) + 1))


def test_no_cell_stopped_unless_it_was_meant_to(cells):
    for cell in code(cells):
        is_error = any(output["output_type"] == "error" for output in cell.outputs)
        assert is_error == ("raises-exception" in cell.tags), cell
        assert "nbval-skip" not in cell.tags, cell


def test_one_reveal_stands_between_a_guess_and_its_compare(cells):
    tags = [tag for cell in code(cells) for tag in cell.tags if tag in ("guess", "reveal", "compare")]
    # A reveal with no guess before it is just an experiment; one guess cell may be compared line by line.
    assert re.fullmatch(r"(reveal )*(guess reveal (compare )+(reveal )*)*", "".join(f"{tag} " for tag in tags))


def test_checks_say_todo_to_a_stub_and_pass_to_a_solution(name):
    for edition, status in (("learner's", "TODO"), ("solved", "PASS")):
        for cell in stored(edition, name):
            if "check" in cell.tags:
                assert re.match(rf"{status} \d+\.\d+ \w+", cell.said), (cell, cell.said)


def test_no_answer_stands_under_an_empty_guess(name):
    for mine, solved in zip(code(stored("learner's", name)), code(stored("solved", name)), strict=True):
        if "compare" in mine.tags:
            assert mine.said.startswith("NO GUESS YET"), mine
            assert not solved.said.startswith("NO GUESS YET"), solved


def test_the_learners_notebook_holds_no_solution_but_folded(name):
    for mine, solved in zip(code(stored("learner's", name)), code(stored("solved", name)), strict=True):
        assert "SOLUTION" not in mine.source + solved.source
        if {"exercise", "guess", "recall"} & set(mine.tags):
            assert "..." in mine.source, mine
            assert mine.source != solved.source, mine
        if "exercise" in mine.tags:
            assert mine.source.rstrip().endswith("return ..."), mine
    for cell in stored("learner's", name):
        if {"hint", "solution"} & set(cell.tags):
            assert re.sub(r"<details>.*?</details>", "", cell.source, flags=re.DOTALL).strip() == "", cell


def test_an_exercise_is_followed_by_hints_solution_and_check(name):
    cells = stored("learner's", name)
    for place, cell in enumerate(cells):
        if "exercise" in cell.tags:
            rest = cells[place + 1 :]
            end = next(number for number, after in enumerate(rest) if "check" in after.tags)
            tags = [tag for after in rest[:end] for tag in after.tags]
            assert tags[-1:] == ["solution"], cell
            text = "".join(after.source for after in rest[:end])
            assert re.findall(r"<summary>(Hint \d of \d|Solution)", text) == [
                "Hint 1 of 3",
                "Hint 2 of 3",
                "Hint 3 of 3",
                "Solution",
            ]


def test_a_lesson_fits_one_sitting(cells):
    assert len(code(cells)) <= 25
    assert len(re.findall(r"\S*\w\S*", prose(cells))) <= 1_400  # a cruder count than the builder's, of 1,300


def test_every_section_says_its_minutes(cells):
    heads = re.findall(r"^## .*$", prose(cells), re.MULTILINE)
    assert heads
    assert [head for head in heads if not re.search(r"\(\d+ min\)$", head)] == []


def test_the_first_screen_asks_and_links_the_card(cells):
    first, _, _ = prose(cells).partition("\n## ")
    assert cells[0].source.startswith("# ")
    assert "?" in cells[0].source, "a first screen asks its question"
    assert "](card.html)" in first
    assert re.search(r"\b\d+ minutes\b", first)


def test_a_lesson_begins_with_two_minutes_from_memory(cells, name):
    asked = [cell for cell in code(cells) if {"recall", "guess", "exercise"} & set(cell.tags)]
    if name[:2] != "00":
        assert "recall" in asked[0].tags


def test_links_lead_somewhere(cells, edition):
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(cells)):
        if not re.match(r"https?:|data:|#", target):
            assert (FOLDERS[edition] / target.partition("#")[0]).is_file(), target


def test_pictures_say_what_they_show(cells):
    for cell in cells:
        for text in [cell.source, *cell.texts]:
            assert "![](" not in text, cell
            for picture in re.findall(r"<img\b[^>]*>", text):
                assert re.search(r'\balt="[^"]{10,}"', picture), cell
        kinds = {kind for output in cell.outputs for kind in output.get("data", {})}
        assert "image/svg+xml" not in kinds, "JupyterLab hides bare SVG in notebooks fresh from git"


def test_a_picture_also_says_itself_in_text(cells):
    for cell in cells:
        for output in cell.outputs:
            data = output.get("data", {})
            if "<img" in "".join(data.get("text/html", "")):
                assert len("".join(data["text/plain"])) > 20, cell


def secrets(text):
    """Return what tells the ending of lesson 04; flag names in a header map do not."""
    text = text.replace("PSH, RST, SYN", "")
    return re.findall(r"\bRST\b|TcpOutRsts|\[R\.?\]|Connection ?[Rr]efused", text)


def test_nothing_tells_the_ending_early(cells, name):
    if int(name[:2]) >= SECRET_UNTIL:
        pytest.skip("this lesson may tell it")
    for cell in cells:
        for text in [cell.source, *pictures(cell.source), *cell.texts]:
            assert secrets(text) == [], cell


def test_what_tells_the_ending_is_recognised():
    for text in ("an RST came", "TcpOutRsts +1", "Flags [R.], seq 0", "Flags [R]", "ConnectionRefusedError: x"):
        assert secrets(text)
    assert secrets("flags ACK, PSH, RST, SYN, FIN; FIRST [RFC 9293]") == []


def test_no_emoji(cells):
    for cell in cells:
        for text in [cell.source, *cell.texts]:
            assert re.findall("[\u2600-\u27bf\ufe0f\U0001f000-\U0001faff]", text) == [], cell


def test_my_holds_the_lessons_and_no_outputs(tmp_path):
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    assert build.main(["my"], tmp_path) == 0
    my = tmp_path / "my"
    assert sorted(path.stem for path in my.glob("*.ipynb")) == NAMES
    for name in NAMES:
        cells = [Cell(cell) for cell in json.loads((my / f"{name}.ipynb").read_text())["cells"]]
        assert [(cell.count, cell.outputs) for cell in code(cells)] == [(None, [])] * len(code(cells))
        assert [cell.source for cell in cells] == [cell.source for cell in stored("learner's", name)]
    beside = {path.relative_to(my) for path in my.rglob("*") if path.is_file() and path.suffix != ".ipynb"}
    data = {path.relative_to(ROOT / "notebooks") for path in (ROOT / "notebooks" / "data").rglob("*.pcap")}
    assert beside == data | {Path("card.html")}  # and no README.md, which tells the ending


def test_sources_and_notebooks_agree(capsys):
    assert build.main(["check"], ROOT) == 0, capsys.readouterr().err

"""Promises about the lessons that `build.py check` does not keep itself; it runs here, too.

One of them: nothing before lesson 04 tells its ending, in notebooks or in checks.
"""

import ast
import base64
import json
import re
import shutil
from pathlib import Path

import pytest

import build

ROOT = Path(__file__).parents[1]
NOTEBOOKS = ROOT / "notebooks"
NAMES = sorted(path.stem for path in (NOTEBOOKS / "source").glob("[0-9][0-9]_*.py"))
PAGES = ["inventory"]  # beside the lessons, without a solved one
SECRET_UNTIL = 4  # the number of the lesson in which something answers
EARLY_CHECKS = sorted((ROOT / "tcpkit" / "check").glob(f"*0[0-{SECRET_UNTIL - 1}]*.py"))
ENDING = re.compile(
    r"\bRST\b|\[R\.?\]|TcpOutRsts"
    r"|(?i:\bresets?\b|\brepl(?:y|ies)\b|\banswers? came|something answered|connection ?refus(?:ed|al))"
)
FLAG_NAMES = "PSH, RST, SYN"  # in a header map


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
        """Its source and all the text that it printed, the words in pictures included."""
        found = [self.source]
        for output in self.outputs:
            found += ["".join(output.get("text", "")), *output.get("traceback", [])]
            found += ["".join(data) for kind, data in output.get("data", {}).items() if kind.startswith("text/")]
        return found + [inside for text in found for inside in pictures(text)]


def pictures(text):
    """Return the insides of the pictures in an output or in Markdown."""
    packed = re.findall(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)", text)
    return [base64.b64decode(inside).decode() for inside in packed]


def stored(path):
    return [Cell(cell) for cell in json.loads(path.read_text())["cells"]]


def prose(cells):
    """Return the Markdown that is read without opening a fold, no code in it."""
    text = "\n\n".join(cell.source for cell in cells if not cell.is_code)
    return re.sub(r"<details>.*?</details>|^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)


@pytest.fixture(params=NAMES)
def name(request):
    return request.param


@pytest.fixture(params=[NOTEBOOKS, NOTEBOOKS / "solutions"], ids=["learner's", "solved"])
def folder(request):
    return request.param


@pytest.fixture
def cells(folder, name):
    return stored(folder / f"{name}.ipynb")


def test_sources_and_notebooks_agree(capsys):
    assert build.main(["check"], ROOT) == 0, capsys.readouterr().err


def test_the_first_screen_asks_and_links_the_card(cells):
    first, _, _ = prose(cells).partition("\n## ")
    assert cells[0].source.startswith("# ")
    assert "?" in cells[0].source, "a first screen asks its question"
    assert "](card.html)" in first
    assert re.search(r"\b\d+ minutes\b", first)


def test_a_lesson_begins_with_two_minutes_from_memory(cells, name):
    asked = [cell for cell in cells if {"recall", "guess", "exercise"} & set(cell.tags)]
    if name[:2] != "00":
        assert "recall" in asked[0].tags


def test_links_lead_to_files_that_exist(cells, folder):
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(cells)):
        if not re.match(r"https?:|data:|#", target):
            assert (folder / target.partition("#")[0]).is_file(), target


def test_every_lesson_that_is_named_is_there():
    files = [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(NOTEBOOKS / "source").glob("*.py")]
    text = "\n".join(path.read_text() for path in [*files, *(ROOT / "tcpkit").rglob("*.py")])
    named = [re.findall(r"\d\d", each) for each in re.findall(r"\b[Ll]essons?[\s#]+\d\d(?:(?:,| to| and) \d\d)*", text)]
    assert {number for numbers in named for number in numbers} == {name[:2] for name in NAMES}


SECTIONS = re.compile(
    r"(?:\b[Ll]esson (\d\d), )?\b[Ss]ections? (\d+(?:(?:,| to| and| or) \d+)*)\b(?!\.\d)(?: of (?:lesson )?(\d\d)\b)?"
)
EXERCISES = re.compile(r"\b(?:[Ee]xercises?|As in) (\d+\.\d)")
SOURCES = {path.name[:2]: path.read_text() for path in sorted((NOTEBOOKS / "source").glob("[0-9][0-9]_*.py"))}
POINTING = [
    *(ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))),
    *(*sorted((NOTEBOOKS / "source").glob("*.py")), *sorted((ROOT / "tcpkit" / "check").glob("lesson*.py"))),
]


def nowhere(text, lesson):
    """Return what a text names, of a lesson or of none, and no lesson has: sections and exercises."""
    named = [("", number) for number in EXERCISES.findall(text)]
    for before, numbers, after in SECTIONS.findall(text):
        where = before or after or lesson
        named += [(where, number) for number in re.findall(r"\d+", numbers) if where]
    there = {("", number) for source in SOURCES.values() for number in re.findall(r"^# Exercise (\S+)", source, re.M)}
    for where, source in SOURCES.items():
        there |= {(where, number) for number in re.findall(r"^# ## (\d+)\.", source, re.M)}
    return [each for each in named if each not in there]


@pytest.mark.parametrize("path", POINTING, ids=lambda path: path.name)
def test_every_section_and_exercise_that_is_named_is_there(path):
    text = path.read_text()
    if path.parent.name == "check":
        text = "\n".join(str(node.value) for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant))
    number = re.search(r"\d\d", path.stem)
    assert nowhere(re.sub(r"\s*\n(?:#? )?\s*", " ", text), number[0] if number else "") == []


def test_what_is_nowhere_is_found():
    text = (
        "Section 1. Sections 2, 3 and 9 of 04, section 99 of lesson 08, lesson 09, section 9; section 3.8 of RFC 9293."
    )
    assert nowhere(text, "01") == [("04", "9"), ("08", "99"), ("09", "9")]
    assert nowhere("Sections 1 to 8 (as in section 2). As in 4.1, exercise 4.9.", "19") == [("", "4.9"), ("19", "8")]
    assert nowhere("section 80", "") == []


def test_pictures_have_words(cells):
    """An alt text that says something, a text beside it, and no bare SVG, which JupyterLab hides."""
    for cell in cells:
        for picture in re.findall(r"<img\b[^>]*>", "".join(cell.texts)):
            assert re.search(r'\balt="[^"]{10,}"', picture), cell
        for data in [output.get("data", {}) for output in cell.outputs]:
            assert "image/svg+xml" not in data, cell
            if "<img" in "".join(data.get("text/html", "")):
                assert len("".join(data["text/plain"])) > 20, cell


def test_no_emoji(cells):
    for cell in cells:
        assert re.findall("[\u2600-\u27bf\ufe0f\U0001f000-\U0001faff]", "".join(cell.texts)) == [], cell


def test_my_holds_the_lessons_and_no_outputs(tmp_path):
    shutil.copytree(NOTEBOOKS, tmp_path / "notebooks")
    assert build.main(["my"], tmp_path) == 0
    my = tmp_path / "my"
    assert sorted(path.stem for path in my.glob("*.ipynb")) == [*NAMES, *PAGES]
    for name in [*NAMES, *PAGES]:
        mine, learners = stored(my / f"{name}.ipynb"), stored(NOTEBOOKS / f"{name}.ipynb")
        assert [(cell.source, cell.tags) for cell in mine] == [(cell.source, cell.tags) for cell in learners]
        assert not any(cell.count or cell.outputs for cell in mine)
    beside = {path.relative_to(my) for path in my.rglob("*") if path.is_file() and path.suffix != ".ipynb"}
    data = {
        path.relative_to(NOTEBOOKS)
        for path in (NOTEBOOKS / "data").iterdir()
        if path.is_file() and path.name != "README.md"
    }
    assert beside == data | {Path("card.html"), Path("tcp.py")}  # and no README.md, which tells the ending


# The ending


def spoilers(texts):
    """Return what in these texts tells the ending of lesson 04, and where."""
    found = [(text, ENDING.search(text.replace(FLAG_NAMES, ""))) for text in texts]
    return [(match[0], text[:200]) for text, match in found if match]


@pytest.mark.parametrize("name", [name for name in NAMES if int(name[:2]) < SECRET_UNTIL], indirect=True)
def test_no_notebook_tells_the_ending_early(cells):
    assert spoilers(text for cell in cells for text in cell.texts) == []


@pytest.mark.parametrize("name", PAGES)
def test_no_page_beside_the_lessons_tells_the_ending(name):
    assert spoilers(text for cell in stored(NOTEBOOKS / f"{name}.ipynb") for text in cell.texts) == []


@pytest.mark.parametrize("path", EARLY_CHECKS, ids=lambda path: path.stem)
def test_no_check_tells_the_ending_early(path):
    nodes = ast.walk(ast.parse(path.read_text()))
    strings = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    assert len(strings) > 10
    assert spoilers(strings) == []


def test_the_ending_is_recognised():
    assert {path.stem for path in EARLY_CHECKS} >= {f"lesson{number:02}" for number in range(SECRET_UNTIL)}
    for text in ("an RST came", "TcpOutRsts +1", "Flags [R.], seq 0", "ConnectionRefusedError: x", "Two replies."):
        assert spoilers([text]), text
    assert spoilers(["flags ACK, PSH, RST, SYN, FIN; FIRST [RFC 9293]; it is refused"]) == []

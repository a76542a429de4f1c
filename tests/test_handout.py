"""What a teacher hands out: the zip, and the pages to print."""

import json
import re
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

import build
from course.handout import zipped
from course.printing import page

ROOT = Path(__file__).parents[1]
NAMES = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
ZIP = Path("handout/tcp-by-hand.zip")


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    root = tmp_path_factory.mktemp("course")
    shutil.copytree(ROOT / "notebooks", root / "notebooks")
    (root / "handout").mkdir()
    (root / "handout" / "99_gone.html").write_text("a page of a lesson that is gone")
    assert build.main(["handout"], root) == 0
    return root


def stored(name, folder=ROOT / "notebooks"):
    return json.loads((folder / f"{name}.ipynb").read_text())["cells"]


def tags(cell):
    return cell["metadata"].get("tags", [])


# The zip


def test_the_zip_has_the_lessons_their_data_and_the_card(course):
    with zipfile.ZipFile(course / ZIP) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        facts = {(entry.external_attr >> 16, entry.date_time) for entry in archive.infolist()}
    assert facts == {(0o100644, (1980, 1, 1, 0, 0, 0))}  # readable for all, and the same bytes each time
    data = {path.name for path in (ROOT / "notebooks" / "data").iterdir() if path.is_file()} - {"README.md"}
    wanted = [f"{name}.ipynb" for name in NAMES] + ["card.html"] + [f"data/{name}" for name in data]
    assert names == sorted(f"tcp-by-hand/{name}" for name in wanted)


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_in_it_has_neither_solutions_nor_outputs(course, name):
    with zipfile.ZipFile(course / ZIP) as archive:
        cells = json.loads(archive.read(f"tcp-by-hand/{name}.ipynb"))["cells"]
    wanted = [cell for cell in stored(name) if "solution" not in tags(cell)]
    assert [(cell["id"], cell["source"], tags(cell)) for cell in cells] == [
        (cell["id"], cell["source"], tags(cell)) for cell in wanted
    ]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert [(cell["outputs"], cell["execution_count"]) for cell in code] == [([], None)] * len(code)
    assert "<summary>Solution" not in json.dumps(cells)


def test_the_zip_is_the_same_to_the_byte_whenever_it_is_made(course, monkeypatch):
    first = (course / ZIP).read_bytes()
    later = time.time() + 400 * 86_400
    monkeypatch.setattr(time, "time", lambda: later)
    monkeypatch.setattr(time, "localtime", lambda *_: time.gmtime(later))
    assert build.main(["handout"], course) == 0
    assert (course / ZIP).read_bytes() == first


def test_the_order_of_files_does_not_matter():
    assert zipped({"b": b"2", "a": b"1"}) == zipped({"a": b"1", "b": b"2"})
    assert zipped({"a": b"1"}) != zipped({"a": b"2"})


# The pages


@pytest.mark.parametrize("name", NAMES)
def test_a_page_needs_nothing_but_itself(course, name):
    text = (course / "handout" / f"{name}.html").read_text()
    assert not re.findall(r"<(?:script|link|iframe)\b|@import|url\(", text)
    assert not re.findall(r'<[^>]*\bsrc="(?!data:)', text)
    for target in re.findall(r'href="([^"#][^"]*)"', text):
        assert target.startswith("http") or (course / "handout" / target).is_file(), target
    for target in re.findall(r'href="#([^"]*)"', text):
        assert f'id="{target}"' in text, target


@pytest.mark.parametrize("name", NAMES)
def test_nothing_on_a_page_is_folded_no_solution_is_there_and_hints_are_at_the_end(course, name):
    text = (course / "handout" / f"{name}.html").read_text()
    assert not re.findall("<details|<summary|>Solution", text)
    lesson, _, notes = text.partition('<section class="appendix">')
    hints = re.findall(r"Note \d+\. Exercise (\d+\.\d+): Hint (\d) of 3", notes)
    sources = ["".join(cell["source"]) for cell in stored(name) if "exercise" in tags(cell)]
    exercises = [re.match(r"# Exercise (\S+)", source)[1] for source in sources]
    assert hints == [(exercise, number) for exercise in exercises for number in "123"]
    assert len(re.findall(r"Hint \d of 3: note \d+", lesson)) == len(hints)
    assert "If this is new" not in notes
    assert text.count("celltag_exercise") == len(exercises) + 1  # one in its style


FENCED = """Before.

<details>
<summary>Hint 3 of 3</summary>

```python
return <bytes>
```

</details>

<details>
<summary>If this is new: hex</summary>

- `0x23` is 35.

```python
0x23
```

</details>

After. [Next](01_first_syn.ipynb)"""


def test_code_in_a_fold_is_set_as_code():
    cells = [
        new_markdown_cell("# Is it <so>?"),
        new_code_cell("# Exercise 9.1\ndef f(): return ...", metadata={"tags": ["exercise"]}),
        new_markdown_cell(FENCED, metadata={"tags": ["hint"]}),
    ]
    text = page(new_notebook(cells=cells))
    assert "<title>Is it &lt;so&gt;?</title>" in text
    lesson, _, notes = text.partition('<section class="appendix">')
    assert "Note 1. Exercise 9.1: Hint 3 of 3" in notes
    assert re.search(r'class="highlight[^"]*"><pre>.*return', notes, re.DOTALL)
    assert re.search(
        r"<blockquote>\s*<p><strong>If this is new: hex</strong>.*<li>.*<pre>.*</blockquote>", lesson, re.DOTALL
    )
    assert "After." in lesson
    assert 'href="01_first_syn.html"' in lesson
    assert "```" not in text


def test_a_lesson_without_folds_has_no_appendix():
    assert "appendix" not in page(new_notebook(cells=[new_markdown_cell("# A")])).partition("</style>")[2]


# The command


def test_pages_of_lessons_that_are_gone_go_too(course):
    there = {path.name for path in (course / "handout").iterdir()}
    assert there == {"tcp-by-hand.zip", "card.html"} | {f"{name}.html" for name in NAMES}


def test_it_changes_nothing_else(course):
    for path in (ROOT / "notebooks").rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            copy = course / path.relative_to(ROOT)
            assert copy.read_bytes() == path.read_bytes(), copy


def test_git_ignores_what_is_handed_out():
    if not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout: nothing ignores anything")
    made = ["handout/tcp-by-hand.zip", "nbgrader/gradebook.db"]
    command = ["git", "check-ignore", *made, "notebooks/source/course/handout.py"]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.split() == made


def test_it_needs_no_authors_tools(course):
    code = (
        "import sys; sys.modules.update(dict.fromkeys(['jupytext', 'pytest'])); "
        f"sys.path.insert(0, {str(ROOT / 'notebooks' / 'source')!r}); "
        "from pathlib import Path; import build; sys.exit(build.main(['handout'], Path(sys.argv[1])))"
    )
    subprocess.run([sys.executable, "-c", code, str(course)], check=True, capture_output=True)


def test_without_lessons_or_with_a_broken_one_it_says_so(tmp_path, capsys):
    (tmp_path / "notebooks").mkdir()
    assert build.main(["handout"], tmp_path) == 1
    assert "there are no lessons" in capsys.readouterr().err
    (tmp_path / "notebooks" / "01_torn.ipynb").write_text('{"cells": [')
    assert build.main(["handout"], tmp_path) == 1
    assert "01_torn.ipynb: it cannot be read" in capsys.readouterr().err
    assert not (tmp_path / "handout").exists()

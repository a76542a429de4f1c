"""What the learner believed in lesson 00, read from the saved notebook, beside what they say in lesson 22.

The notebook is read as text: nothing of it is run, whatever is in it.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from tcpkit.check.lesson00 import CHOICES, read_guess
from tcpkit.check.questions import LETTERS, chosen_letter, no_guess
from tcpkit.check.values import plain, show
from tcpkit.check.verdict import Compared, Comparison

BEGINS = re.compile(r"^mine\s*=\s*\{", re.MULTILINE)
LARGEST = 20_000_000  # bytes of a notebook
LONGEST = 20_000  # characters of the cell
SHOWN = 1_000  # characters of a free text
BROWSER = "You type a name in the browser"
SURE = {1: "did not know", 2: "thought so", 3: "was certain"}
QUESTIONS = (  # each with the words of its letters, and the lesson that showed it
    ("Who writes the TCP header?", ("the program", "a library", "the kernel", "the network card"), "04"),
    ("A port where no program listens", ("nothing comes back", "an error, no packet", "a packet comes back"), "04"),
    ("Who notices one wrong byte?", ("the network card", "the kernel; it tells nobody", "the program"), "02"),
    ("What does an ACK say?", ("it arrived there", "the program has read it", "it is stored"), "08"),
    (
        "A container at localhost",
        ("they share one network", "bytes copied, or packets rewritten", "a machine with a cable"),
        "19",
    ),
    ("What remembers a connection?", ("the wires", "both ends", "the router"), "10"),
)


class Unread(Exception):
    """Say why the answers of lesson 00 cannot be had, and what to do."""


@dataclass(frozen=True, repr=False)
class ThenAndNow(Comparison):
    """A table: each question, then, now, and the lesson that showed it."""

    head: str
    rows: Sequence[tuple[str, str, str, str]]

    def _repr_html_(self) -> str:
        style = "text-align:left; vertical-align:top; max-width:22em; white-space:"
        long, short = f"{style}pre-wrap; overflow-wrap:anywhere", f"{style}nowrap"
        names = "".join(f'<th style="{short}">{each}</th>' for each in ("", "then", "now", "shown in"))
        styles = long, long, long, short
        rows = (
            "".join(f'<td style="{css}">{escape(each)}</td>' for css, each in zip(styles, row, strict=True))
            for row in self.rows
        )
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        return f"{Comparison(self.status, self.head)._repr_html_()}<table><tr>{names}</tr>{body}</table>"


def then_and_now(mine: object, notebook: str = "00_start_here.ipynb") -> Comparison:
    """Return the answers saved in lesson 00 beside today's; nothing of that notebook is run, and nothing is judged."""
    items = dict.items(mine) if issubclass(type(mine), dict) else ()
    now = {name: answer for name, answer in items if type(name) in (int, str)}
    if not any(_answer(now, place) for place in range(1, len(QUESTIONS) + 1)):
        return no_guess("write your six letters above, then run this cell again.")
    try:
        then = read_saved(Path(notebook if isinstance(notebook, (str, Path)) else ""))
        words = f"the answers that you saved in {Path(notebook).name}, beside today's."
    except Unread as error:
        then, words = {}, f"today's answers alone. {error}"
    rows = [
        (f"{place} {question}", _answer(then, place), _answer(now, place), f"lesson {lesson}")
        for place, (question, _, lesson) in enumerate(QUESTIONS, start=1)
    ]
    rows.append((BROWSER, _free(then), _free(now), "lesson 20"))
    head = f"{Compared.KEPT}: {words}"
    each = [[" ".join(words.split()) or "-" for words in row] for row in rows]
    lines = [f"{name} | then: {before} | now: {after} | {lesson}" for name, before, after, lesson in each]
    return ThenAndNow(Compared.KEPT, "\n".join([head, *lines]), head, rows)


def _answer(answers: Mapping, place: int) -> str:
    """Return the words of a letter, and how sure it was; "" where none is written."""
    letter, sure = read_guess(answers.get(place))
    if letter is None:
        return ""
    chosen, words = chosen_letter(letter.value, CHOICES[place - 1]), show(letter)
    if chosen:
        words = f"{chosen}: {QUESTIONS[place - 1][1][LETTERS.index(chosen)]}"
    return f"{words} ({SURE[sure.value]})" if sure in map(plain, SURE) else words


def _free(answers: Mapping) -> str:
    said = plain(answers.get("browser"))
    words = said.value.strip() if said.family == "str" else ""
    return "" if words == "..." else words[:SHOWN]


def read_saved(path: Path) -> dict:
    """Return the dict `mine` of a saved notebook; `Unread` says why there is none."""
    for source in _sources(path):
        if BEGINS.search(source):
            answers = _literal(source, path.name)
            if any(_answer(answers, place) for place in range(1, len(QUESTIONS) + 1)):
                return answers
            raise Unread(
                f"The saved {path.name} has no answers. If you wrote some, save it (Ctrl+S) there, and run this again."
            )
    raise Unread(f"{path.name} has no cell that begins with `mine = {{`. Open it, and compare yourself.")


def _sources(path: Path) -> list[str]:
    """Return the sources of a notebook's code cells."""
    if not path.is_file():
        raise Unread(f"There is no {path.name} beside this notebook. Copy yours here, and run this cell again.")
    try:
        if path.stat().st_size > LARGEST:
            raise Unread(
                f"{path.name} has more than {LARGEST // 10**6} MB. Clear its outputs, save it, and run this again."
            )
        cells = json.loads(path.read_bytes())["cells"]
        sources = [cell["source"] for cell in cells if cell["cell_type"] == "code"]
        return ["".join(source) for source in sources]
    except OSError as error:
        raise Unread(f"{path.name} cannot be read: {error.strerror}.") from None
    except (ValueError, TypeError, LookupError, RecursionError, MemoryError):
        raise Unread(f"{path.name} is no notebook any more. Is there a copy of it? Put that here instead.") from None


def _literal(source: str, name: str) -> dict:
    """Return the dict that is written in a cell, which is not run."""
    try:
        tree = ast.parse(source if len(source) <= LONGEST else "")
        values = [node.value for node in tree.body if isinstance(node, ast.Assign) and _names(node) == ["mine"]]
        answers = ast.literal_eval(values[0])
    except (ValueError, TypeError, SyntaxError, LookupError, RecursionError, MemoryError):
        answers = None
    if not isinstance(answers, dict):
        raise Unread(
            f"In {name}, the cell `mine = {{` holds more than letters, numbers and text. Nothing in it is run: open "
            "it, and compare yourself."
        )
    return answers


def _names(node: ast.Assign) -> list[str]:
    return [target.id for target in node.targets if isinstance(target, ast.Name)]

"""A lesson's markdown: its headings, its words, its pictures."""

from __future__ import annotations

import re
from collections.abc import Iterable

from course.source import Cell

FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.MULTILINE | re.DOTALL)
DETAILS = re.compile(r"<details\b.*?</details>", re.DOTALL)
IMAGE = re.compile(r"!\[(?P<alt>[^\]]*)\]\([^)]*\)")
IMG = re.compile(r"<img\b[^>]*>", re.DOTALL)
ALT = re.compile(r"""\balt\s*=\s*(?:"\s*[^"\s][^"]*"|'\s*[^'\s][^']*')""")
LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
TAG = re.compile(r"</?[a-z][^>]*>", re.IGNORECASE | re.DOTALL)
WORD = re.compile(r"\S*[^\W_]\S*")
HEAD = re.compile(r"^(#{1,6}) +(.+?)\s*$", re.MULTILINE)


def heads(cell: Cell) -> list[tuple[int, str]]:
    """Return the level and text of each heading."""
    return [(len(marks), text) for marks, text in HEAD.findall(FENCE.sub("", cell.source))]


def count_words(cells: Iterable[Cell]) -> int:
    """Count the words outside folds.

    Folded text, fenced code, pictures, tags and link targets do not count.
    """
    return sum(len(WORD.findall(_plain(cell.source))) for cell in cells if not cell.is_code)


def _plain(text: str) -> str:
    for pattern, instead in ((DETAILS, " "), (FENCE, " "), (IMAGE, " "), (LINK, r"\1"), (TAG, " ")):
        text = pattern.sub(instead, text)
    return text


def pictures_without_alt(text: str) -> list[str]:
    """Return the beginnings of the pictures without alt text."""
    text = FENCE.sub("", text)
    silent = [found[0] for found in IMAGE.finditer(text) if not found["alt"].strip()]
    return [found[:60] for found in silent + [tag for tag in IMG.findall(text) if not ALT.search(tag)]]

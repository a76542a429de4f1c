"""The learner's file `inventory.json`: two sets of answers and a code that was drawn once.

No name, no time, no path. It is written whole or not at all, and what is no such file is left alone.
"""

from __future__ import annotations

import json
import re
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tcpkit.check.inventory_items import ITEMS, LETTERS, UNKNOWN

FILE = "inventory.json"
VERSION = 1
LARGEST = 20_000  # bytes; a file with all answers has about 600
SURE = (1, 2, 3)
CODE = re.compile(r"([bdfghklmnprstvz][aeiou]){2}-\d\d")
WHEN = "before", "after"
Answers = Mapping[int, tuple[str, int]]  # the number of a question: a letter, and how sure


class Unreadable(ValueError):
    """Say what is wrong with a file that should hold answers."""


@dataclass(frozen=True)
class Sheet:
    """One learner's answers."""

    code: str
    before: Answers = field(default_factory=dict)
    after: Answers = field(default_factory=dict)


def new_sheet() -> Sheet:
    """Return a sheet without answers, with a code that can be said aloud."""
    syllables = (secrets.choice("bdfghklmnprstvz") + secrets.choice("aeiou") for _ in range(2))
    return Sheet(f"{''.join(syllables)}-{secrets.randbelow(90) + 10}")


def load(path: Path) -> Sheet | None:
    """Return what was kept, or None if nothing was; `Unreadable` where the file is not ours to read."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(mode):
        raise Unreadable("it is a link, or no file")
    with path.open("rb") as file:
        return parsed(file.read(LARGEST + 1))


def save(path: Path, sheet: Sheet) -> None:
    """Write the file under another name, then rename it: whatever happens, the old one or the new one is there."""
    if path.exists() and not path.stat().st_mode & stat.S_IWUSR:
        raise PermissionError(0, "it is read-only")
    kept = {when: {str(number): list(answer) for number, answer in getattr(sheet, when).items()} for when in WHEN}
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        draft.write_text(json.dumps({"version": VERSION, "code": sheet.code, **kept}) + "\n", encoding="ascii")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def parsed(content: bytes) -> Sheet:
    """Return the answers in a file; `Unreadable` says what is wrong with it."""
    try:
        found = json.loads(content) if len(content) <= LARGEST else None
    except (ValueError, RecursionError):
        raise Unreadable("it is broken, or was cut short") from None
    if not isinstance(found, dict) or not isinstance(found.get("code"), str) or not CODE.fullmatch(found["code"]):
        raise Unreadable("it is not a file of this inventory")
    if found.get("version") != VERSION:
        raise Unreadable(f"it is of another version, and this course reads version {VERSION}")
    return Sheet(found["code"], *(_answers(found.get(when, {})) for when in WHEN))


def _answers(found: object) -> Answers:
    """Return one set of answers as it is stored."""
    named = {str(number): number for number in ITEMS}
    if not isinstance(found, dict) or not all(name in named and _is_answer(each) for name, each in found.items()):
        raise Unreadable("an answer in it is none")
    return {named[name]: tuple(each) for name, each in found.items()}


def _is_answer(each: object) -> bool:
    is_pair = isinstance(each, list) and [type(part) for part in each] == [str, int]
    return is_pair and each[0] in (*LETTERS, UNKNOWN) and each[1] in SURE

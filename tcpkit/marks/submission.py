"""Read a submission (a handed-in notebook), and find out its lesson."""

from __future__ import annotations

import json
import os
import re
import stat
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tcpkit.marks.course import LESSON, Cell, code_cells

LARGEST_BYTES = 50_000_000
MOST_CELLS = 2_000
ID = re.compile(rf"({LESSON.pattern})-\d\d")
EXERCISE = re.compile(r"^# Exercise (\d+)\.\d+", re.MULTILINE)
IMPORT = re.compile(r"\blesson(\d\d)\b")


class Broken(ValueError):
    """Say why a file is not a notebook that can be marked."""


@dataclass(frozen=True)
class Submission:
    """The code cells of a submission, and its lesson's name, if known."""

    lesson: str
    cells: tuple[Cell, ...]


def read_submission(path: Path, lessons: Iterable[str]) -> Submission:
    """Return the submission; `Broken` if it cannot be read."""
    try:
        cells = code_cells(json.loads(_content(path)))
    except Broken:
        raise
    except OSError as error:
        raise Broken(f"it cannot be opened: {error.strerror}") from None
    except MemoryError:
        raise Broken("it is too large to be read") from None
    except RecursionError:
        raise Broken("it is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise Broken(f"it is not JSON (line {error.lineno})") from None
    except ValueError as error:
        raise Broken(str(error).partition("\n")[0][:200]) from None
    if len(cells) > MOST_CELLS:
        raise Broken(f"it has more than {MOST_CELLS:,} code cells")
    return Submission(_lesson(cells, list(lessons)), cells)


def _content(path: Path) -> bytes:
    # O_NONBLOCK: opening a pipe or a device must not wait.
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        about = os.fstat(file.fileno())
        if not stat.S_ISREG(about.st_mode):
            raise Broken("it is not a file")
        if about.st_size == 0:
            raise Broken("it is empty")
        if about.st_size > LARGEST_BYTES:
            raise Broken(f"it has {about.st_size:,} bytes, and more than {LARGEST_BYTES:,} are not read")
        return file.read(LARGEST_BYTES)


def _lesson(cells: tuple[Cell, ...], lessons: list[str]) -> str:
    """Return the lesson that most of the cells belong to.

    By the cells' ids; where a program wrote new ones, by the cells' sources.
    """
    by_id = Counter(found[1] for cell in cells if (found := ID.match(cell.id)) and found[1] in lessons)
    if by_id:
        return by_id.most_common(1)[0][0]
    numbers = Counter(
        int(number) for cell in cells for pattern in (EXERCISE, IMPORT) for number in pattern.findall(cell.source)[:9]
    )
    by_number = {int(name[:2]): name for name in lessons}
    return next((by_number[number] for number, _ in numbers.most_common() if number in by_number), "")

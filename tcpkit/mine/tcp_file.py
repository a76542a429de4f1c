"""The file `tcp.py` beside the notebooks: a block for each piece, and what else the learner writes there."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

FILE = "tcp.py"
LARGEST = 200_000  # bytes; all pieces together have about 5,000
MARK = re.compile(r"# -- (end of )?(\w+)(?: \(\d+\))? --")


def path_of_file() -> Path | None:
    """Return the file, or what a link of that name leads to; None if there is none."""
    path = Path(os.path.realpath(FILE))
    return path if path.is_file() else None


def run(text: bytes, name: str, names: dict[str, object]) -> None:
    """Run a text under this name; annotations are left alone, which may name what only a lesson has."""
    exec(compile(text, name, "exec", annotations.compiler_flag, dont_inherit=True), names)


def save(name: str, lesson: int, text: str) -> str:
    """Put a piece into the file, and keep the file before as tcp.py.before; return why not, or ""."""
    path = path_of_file()
    if path is None:
        return f"there is no {FILE} in this folder"
    try:
        with _alone_in(path.parent):
            return _save(path, name, f"# -- {name} ({lesson:02}) --\n{text}\n# -- end of {name} --\n")
    except (OSError, ValueError) as error:
        return f"{FILE} stays as it was ({error})"


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Let another notebook that saves a piece at this moment wait."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _save(path: Path, name: str, block: str) -> str:
    old = path.read_bytes().decode()
    new = replaced(old, name, block)
    if len(new) > LARGEST:
        return f"{FILE} has {len(old):,} bytes, and {LARGEST:,} are the most"
    if not path.stat().st_mode & stat.S_IWUSR:
        return f"{FILE} is read-only"
    if new != old:
        write(path.with_name(f"{path.name}.before"), old, path)
        write(path, new, path)
    return ""


def replaced(old: str, name: str, block: str) -> str:
    """Return the text with this block in place of the last whole one of its name, or at the end."""
    lines = old.splitlines(keepends=True)
    marks = [(at, found) for at, line in enumerate(lines) if (found := MARK.fullmatch(line.strip()))]
    for (at, first), (end, last) in reversed([*pairwise(marks)]):
        if first[2] == last[2] == name and last[1] and not first[1]:
            return "".join([*lines[:at], block, *lines[end + 1 :]])
    gap = "\n" * (2 + (not old.endswith("\n"))) if old else ""
    return f"{old}{gap}{block}"


def write(path: Path, text: str, like: Path) -> None:
    """Write a file under another name, then rename it: whatever happens, the old one or the new one is there."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        shutil.copymode(like, draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)

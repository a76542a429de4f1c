"""Read a class's answers to the inventory: `python -m tcpkit inventory FOLDER`. Runs nothing.

A file has a code and letters, and so has the CSV: no name and no path. What cannot be read is named and passed over.
"""

from __future__ import annotations

import argparse
import os
import stat
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from tcpkit.check.inventory_file import LARGEST, WHEN, Sheet, Unreadable, parsed
from tcpkit.check.inventory_items import ITEMS, LETTERS
from tcpkit.marks.command import refuse, shown, warn

FEWEST = 5  # files: with fewer, a class's figures are somebody's
HEAD = "code,item,before,before_sure,after,after_sure"
NAMES = "inventory*.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments to the parser."""
    parser.description = (
        "Read all files inventory*.json below a folder, run nothing, and print a CSV: code, item, and the answers "
        "before and after the course; below it, what the class believed. docs/teachers.md says more."
    )
    parser.add_argument("folder", type=Path, help="the files inventory*.json, in any subfolders or zip files")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write the CSV there, and print the summary only")


def main(options: argparse.Namespace) -> int:
    """Print the CSV and the summary; return 0, or 1 where there is nothing to read."""
    if not options.folder.is_dir():
        return refuse(f"There is no folder {shown(options.folder)}. Name the one with the files {NAMES}.")
    sheets = collect(options.folder)
    if not sheets:
        return refuse(f"{shown(options.folder)} has no {NAMES} that can be read.")
    lines = [HEAD, *(line for code in sorted(sheets) for line in rows(sheets[code]))]
    if options.csv:
        try:
            options.csv.write_text("".join(f"{line}\n" for line in lines), encoding="ascii")
        except OSError as error:
            return refuse(f"{shown(options.csv)} cannot be written: {error.strerror}.")
        lines = []
    print(*lines, *(f"# {line}" for line in summary(list(sheets.values()))), sep="\n")
    return 0


def collect(folder: Path) -> dict[str, Sheet]:
    """Return the sheets by their codes; of two with one code, the one with more answers, if it has the other's."""
    sheets: dict[str, Sheet] = {}
    for name, content in files(folder):
        try:
            sheet = parsed(content)
        except Unreadable as error:
            warn(f"{name} is passed over: {error}")
            continue
        other = sheets.get(sheet.code, sheet)
        fuller, less = sorted((sheet, other), key=lambda each: len(each.before) + len(each.after), reverse=True)
        if any(not getattr(less, when).items() <= getattr(fuller, when).items() for when in WHEN):
            warn(f"{name} is passed over: another file with the code {sheet.code} has other answers")
            continue
        sheets[sheet.code] = fuller
    return sheets


def files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the beginning of each file, also of those in zip files; links are not followed."""
    for path in sorted(path for path in folder.rglob("*") if path.match(NAMES) or path.suffix == ".zip"):
        name = shown(path.relative_to(folder))
        try:
            if path.is_symlink():
                raise Unreadable("it is a link")
            with open(path, "rb", opener=_without_waiting) as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise Unreadable("it is not a file")
                if path.suffix != ".zip":
                    yield name, file.read(LARGEST + 1)
                    continue
                yield from _packed(name, file)
        except (OSError, ValueError, zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
            warn(f"{name} is passed over: {getattr(error, 'strerror', None) or error}")


def _without_waiting(path: str, flags: int) -> int:
    """Open a file; a pipe of that name must not hold the command up."""
    return os.open(path, flags | os.O_NONBLOCK)


def _packed(name: str, file: object) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(file) as archive:
        for entry in archive.infolist():
            if Path(entry.filename).match(NAMES):
                with archive.open(entry) as packed:
                    yield f"{name}, {shown(Path(entry.filename))}", packed.read(LARGEST + 1)


def rows(sheet: Sheet) -> Iterator[str]:
    """Yield a line for each question that one learner answered."""
    for number in ITEMS:
        answers = [getattr(sheet, when).get(number, ("", "")) for when in WHEN]
        if any(letter for letter, _ in answers):
            yield ",".join(map(str, [sheet.code, number, *answers[0], *answers[1]]))


def summary(sheets: Sequence[Sheet]) -> Iterator[str]:
    """Yield a line for each question, and the class's gain."""
    if len(sheets) < FEWEST:
        yield f"{len(sheets)} files: too few to be anonymous. A summary needs {FEWEST}."
        return
    both = [sheet for sheet in sheets if sheet.after]
    yield f"{len(sheets)} files, {len(both)} of them with answers after the course"
    for number, item in ITEMS.items():
        before, after = ([getattr(sheet, when).get(number, ("", 0))[0] for sheet in sheets] for when in WHEN)
        wrong = Counter(letter for letter in [*before, *after] if letter in LETTERS and letter != item.right)
        line = f"{number} {item.name}: right before {before.count(item.right)}, after {after.count(item.right)}"
        for letter, times in wrong.most_common(1):
            line += f"; most frequent wrong letter {letter} ({times}): {item.says(letter)}"
        yield line
    if both:
        yield _gain(both)


def _gain(sheets: Sequence[Sheet]) -> str:
    """Return the class's normalised gain: which share of what was not right before is right after (Hake 1998)."""
    right = [
        sum(letter == ITEMS[number].right for sheet in sheets for number, (letter, _) in getattr(sheet, when).items())
        for when in WHEN
    ]
    before, after = (total / len(sheets) for total in right)
    gain = "none to be had" if before == len(ITEMS) else f"{(after - before) / (len(ITEMS) - before):.2f}"
    words = f"of those {len(sheets)}, right of {len(ITEMS)}: before {before:.1f}, after {after:.1f}"
    return f"{words}; gain (after - before) / ({len(ITEMS)} - before): {gain}"

"""One line of tcpdump, with the meaning of its parts written under them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import NamedTuple

from tcpkit.draw.layout import Place, frame, label_rows, put, rows
from tcpkit.draw.picture import Picture
from tcpkit.draw.svg import MONO_WIDTH, SANS_WIDTH, label, mono, path

# Which parts of a line have a label unless told, and which words.
USUAL = (
    (r"(?<!\S)\S++(?= > )", "sender"),
    (r"(?<= > )[^\s:]+", "receiver"),
    (r"\[[^\s\[\]]++\]", "flags"),
    (r"seq [\d:]+", "seq from:to, numbers of its bytes"),
    (r"ack \d+", "ack, expected next"),
    (r"length \d+", "length, in bytes"),
)
COLUMNS = 46  # a longer line is broken after the addresses, as tcpdump -v does
INDENT = " " * 4
MARGIN = 16
DROP = 24  # px from one row of labels to the next
GLUE = "\N{NO-BREAK SPACE}"  # holds a part together while a line is broken


class Mark(NamedTuple):
    """A label, and the column where its part begins."""

    column: int
    words: str


def labelled_line(text: str, labels: Mapping[str, str] | None = None) -> Picture:
    """Draw a line of tcpdump with a label under each of its parts.

    `labels` maps a part, as the line has it, to its words. Left out, the
    usual parts have the usual ones: sender, receiver, flags, seq, ack, length.
    """
    if labels is None:
        found = ((re.search(pattern, text), words) for pattern, words in USUAL)
        labels = {match[0]: words for match, words in found if match}
    absent = [part for part in labels if _find(part, text) is None]
    if absent:
        raise ValueError(f"no {absent[0]!r} in the line {text!r}: a label needs a part of the line")
    said = ", ".join(f"{part} ({words})" for part, words in labels.items())
    size, shapes = _drawn(_broken(text, labels), labels)
    return frame("A line of tcpdump", f"A line of tcpdump: {text}. In it: {said}.", _text(text, labels), size, shapes)


def _marks(line: str, labels: Mapping[str, str]) -> list[Mark]:
    """Return the labels whose parts are in this line, from left to right."""
    found = ((_find(part, line), words) for part, words in labels.items())
    return sorted((Mark(at, words) for at, words in found if at is not None), key=lambda mark: mark.column)


def _find(part: str, line: str) -> int | None:
    """Return the column of a part as a whole word: port 80 is not in 8000."""
    before, after = (r"(?<!\w)" if part[:1].isalnum() else ""), (r"(?!\w)" if part[-1:].isalnum() else "")
    match = re.search(before + re.escape(part) + after, line)
    return match.start() if match else None


def _broken(text: str, labels: Mapping[str, str]) -> list[str]:
    """Return the line in pieces that fit, no part of it broken."""
    if len(text) <= COLUMNS:
        return [text]
    for part in labels:
        text = text.replace(part, part.replace(" ", GLUE))
    head, colon, rest = text.partition(": ")
    pieces = [head + colon.strip(), *wrap(rest, COLUMNS, initial_indent=INDENT, subsequent_indent=INDENT)]
    return [piece.replace(GLUE, " ") for piece in pieces]


def _text(text: str, labels: Mapping[str, str]) -> str:
    marks = _marks(text, labels)
    rows = [text, put("", *((mark.column, "|") for mark in marks))]
    waiting = set(marks)
    for row in _rows(marks, 1, 1, 1):
        waiting -= set(row)  # a label ends its stroke; the strokes of those further down pass
        rows.append(put("", *((mark.column, "|") for mark in marks if mark in waiting), *row))
    return "\n".join(rows)


def _rows(marks: Sequence[Mark], char: float, letter: float, space: float) -> list[list[Mark]]:
    """Return the labels in rows, with the widths of a character in the line and in a label."""
    places = [Place(at * char, at * char + len(words) * letter, at * char) for at, words in marks]
    return [[marks[number] for number in row] for row in label_rows(places, space)]


def _drawn(pieces: Sequence[str], labels: Mapping[str, str]) -> tuple[tuple[float, float], list[str]]:
    """Return the size of the picture, and its shapes."""
    y: float = MARGIN
    widths = [len(piece) * MONO_WIDTH for piece in pieces]
    shapes: list[str] = []
    for piece in pieces:
        y += 24
        words = piece.lstrip()
        shapes.append(mono(MARGIN + (len(piece) - len(words)) * MONO_WIDTH, y, words))
        marks = _marks(piece, labels)
        widths += [mark.column * MONO_WIDTH + len(mark.words) * SANS_WIDTH for mark in marks]
        label_lines = _rows(marks, MONO_WIDTH, SANS_WIDTH, 12)
        for below, row in rows(label_lines, y + 32, DROP):
            shapes += [shape for mark in row for shape in _label(mark, y, below)]
        y += 18 + DROP * len(label_lines) + 6
    return (max(widths) + 2 * MARGIN, y), shapes


def _label(mark: Mark, y: float, below: float) -> list[str]:
    """Return a stroke down from the part, and the words at its end."""
    x = MARGIN + mark.column * MONO_WIDTH
    middle = x + MONO_WIDTH / 2
    return [path([(middle, y + 7), (middle, below - 14)], "faint"), label(x, below, mark.words)]

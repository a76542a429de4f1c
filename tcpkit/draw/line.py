"""One line of tcpdump, with what its parts say written under them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import wrap

from tcpkit.draw.picture import Picture
from tcpkit.draw.stack import Place, stack
from tcpkit.draw.svg import CHAR, LETTER, document, label, mono, path

# Which parts of a line have a label unless told, and which words.
USUAL = (
    (r"\S+(?= > )", "who"),
    (r"(?<= > )[^\s:]+", "whom"),
    (r"\[\S+\]", "flags"),
    (r"seq [\d:]+", "seq from:to, numbers of its bytes"),
    (r"ack \d+", "ack, expected next"),
    (r"length \d+", "length, in bytes"),
)
COLUMNS = 46  # a longer line is broken after the addresses, as tcpdump -v does
INDENT = 4
MARGIN = 16
DROP = 24  # from one line of labels to the next, in px
GLUE = "\N{NO-BREAK SPACE}"  # holds a part together while a line is broken


@dataclass(frozen=True)
class Mark:
    """A label, and the column where its part begins."""

    column: int
    words: str

    def place(self, char: float, letter: float) -> Place:
        """Return the room it takes, in whatever these widths are in."""
        left = self.column * char
        return Place(left, left + len(self.words) * letter, left)


def labelled_line(text: str, labels: Mapping[str, str] | None = None) -> Picture:
    """Draw a line of tcpdump with a label under each of its parts.

    `labels` maps a part, as it stands in the line, to its words. Left out,
    the usual parts have the usual ones: who, whom, flags, seq, ack, length.
    """
    if labels is None:
        found = ((re.search(pattern, text), words) for pattern, words in USUAL)
        labels = {match[0]: words for match, words in found if match}
    absent = [part for part in labels if _find(part, text) is None]
    if absent:
        raise ValueError(f"no {absent[0]!r} in the line {text!r}: a label needs a part that stands there")
    said = ", ".join(f"{part} ({words})" for part, words in labels.items())
    alt = f"A line of tcpdump: {text}. In it: {said}."
    return Picture(_svg(_broken(text, labels), labels, alt), alt, _text(text, labels))


def _marks(line: str, labels: Mapping[str, str]) -> list[Mark]:
    """Return the labels whose parts stand in this line."""
    found = ((_find(part, line), words) for part, words in labels.items())
    return sorted((Mark(at, words) for at, words in found if at is not None), key=lambda mark: mark.column)


def _find(part: str, line: str) -> int | None:
    """Return where a part stands as a whole: port 80 does not stand in 8000."""
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
    indent = " " * INDENT
    pieces = [head + colon.strip(), *wrap(rest, COLUMNS, initial_indent=indent, subsequent_indent=indent)]
    return [piece.replace(GLUE, " ") for piece in pieces]


def _text(text: str, labels: Mapping[str, str]) -> str:
    marks = _marks(text, labels)
    lines = stack([mark.place(1, 1) for mark in marks], 1)
    rows = [text, _row(marks, ["|"] * len(marks))]
    # A label ends its stroke; those further down still need theirs to pass.
    for number, line in enumerate(lines):
        below = {other for later in lines[number + 1 :] for other in later}
        rows.append(_row(marks, [m.words if i in line else "|" if i in below else "" for i, m in enumerate(marks)]))
    return "\n".join(rows)


def _row(marks: list[Mark], words: list[str]) -> str:
    row = ""
    for mark, word in zip(marks, words, strict=True):
        row = row.ljust(mark.column) + word if word else row
    return row


def _svg(pieces: list[str], labels: Mapping[str, str], alt: str) -> str:
    y: float = MARGIN
    widths = [len(piece) * CHAR for piece in pieces]
    body: list[str] = []
    for piece in pieces:
        y += 24
        body.append(mono(MARGIN + (len(piece) - len(piece.lstrip())) * CHAR, y, piece.lstrip()))
        marks = _marks(piece, labels)
        lines = stack([mark.place(CHAR, LETTER) for mark in marks], 12)
        for number, line in enumerate(lines):
            below = y + 32 + DROP * number
            body += [shape for i in line for shape in _label(marks[i], y, below)]
        widths += [mark.place(CHAR, LETTER).right for mark in marks]
        y += 18 + DROP * len(lines) + 6
    return document(max(widths) + 2 * MARGIN, y, "A line of tcpdump", alt, body)


def _label(mark: Mark, y: float, below: float) -> list[str]:
    """Return a stroke down from the part, and the words at its end."""
    x = MARGIN + mark.column * CHAR + CHAR / 2
    return [
        path([(x, y + 7), (x, below - 14)], "faint"),
        label(x - CHAR / 2, below, mark.words),
    ]

"""Two maps of 64 squares: what a closed and a listening port answer.

One square for each set of six flags, a letter and a colour for what came
back. Three of the flags say the row and three the column, so that every
square is found by name; six squares are there to be guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from tcpkit.draw.knocks import ACROSS, DOWN, SIDE, SIX, WORDS, combine, name, read_guesses, read_letters, tally
from tcpkit.draw.picture import Picture
from tcpkit.draw.svg import CHAR, LETTER, document, label, mono, path, rect
from tcpkit.wire import Flags

TITLES = ("closed port", "listening port")
ROWS, COLUMNS = combine(DOWN), combine(ACROSS)
BOXES = {  # how a square and its letter are drawn; where nothing came stands a letter alone
    "": ("cell", ""),
    "a": ("kernel-wash", "kernel"),
    "r": ("also-wash", "also"),
    "s": ("lit", "ground"),
}
MARGIN = 10
SQUARE, PITCH = 19, 20  # px
NAME = 3 * CHAR + 7  # a flag's name and a gap
LEFT = MARGIN + 3 * NAME + 1  # the first map begins here ...
NEXT = SIDE * PITCH + 13  # ... and the second so much further right
WIDTH = LEFT + NEXT + SIDE * PITCH + MARGIN
RULER = 48  # the first of the columns' three lines
LINE = 20
TOP = RULER + 2 * LINE + 12  # the squares begin here
BOTTOM = TOP + SIDE * PITCH


@dataclass(frozen=True)
class Map:
    """One port's squares: what was seen, what was guessed."""

    title: str
    seen: dict[Flags, str]
    guessed: dict[Flags, str]

    @property
    def to_guess(self) -> tuple[Flags, ...]:
        """Return the squares to outline: all six, or later those guessed."""
        return SIX if not self.seen else tuple(self.guessed)

    def letter(self, flags: Flags) -> str:
        """Return the letter in a square, if any."""
        return (self.seen or self.guessed).get(flags, "")

    def is_hit(self, flags: Flags) -> bool:
        """Say whether nothing speaks against the guess."""
        return not self.seen or self.seen.get(flags) == self.guessed[flags]


def answer_maps(
    closed: Iterable[object] = (), listening: Iterable[object] = (), guesses: Sequence[object] = ("", "")
) -> Picture:
    """Draw what 64 knocks brought, at a closed and at a listening port.

    `closed` and `listening` are captures of the knocks, each from a port of
    its own; empty ones leave the squares empty. `guesses` holds six letters
    for each map, in the order of `SIX`: the squares that were guessed are
    outlined, with dashes where something else came.
    """
    captures = (closed, listening)
    maps = [
        Map(title, read_letters(packets), read_guesses(guess))
        for title, packets, guess in zip(TITLES, captures, guesses, strict=True)
    ]
    alt = _alt(maps)
    return Picture(_svg(maps, alt), alt, _text(maps))


def _alt(maps: Sequence[Map]) -> str:
    """Say how many squares got which answer, and what was guessed."""
    said = [f"Two maps of {SIDE} by {SIDE} squares, one for each set of flags sent, with a letter for what came back"]
    for each in maps:
        said.append(f"{each.title.capitalize()}: {tally(each.seen) or 'empty'}")
        if each.guessed:
            said.append("Guessed there: " + ", ".join(_guess_words(each, flags) for flags in each.guessed))
        elif not each.seen:
            said.append("Outlined, to be guessed: " + ", ".join(map(name, SIX)))
    return ". ".join(said) + "."


def _guess_words(each: Map, flags: Flags) -> str:
    other = "" if each.is_hit(flags) else f" (seen: {each.seen.get(flags, 'not sent')})"
    return f"{name(flags)} {each.guessed[flags]}{other}"


def _legend(maps: Sequence[Map]) -> list[tuple[str, str]]:
    """Return what the outlines mean: stroke and words, as far as they occur."""
    if not any(each.seen for each in maps):
        return [("solid", "six to guess: SYN, no flags, FIN, ACK, SYN+FIN, RST")]
    hits = [each.is_hit(flags) for each in maps for flags in each.guessed]
    found = [("solid", "as you guessed")] if any(hits) else []
    return found + ([("dashed", "you guessed another")] if not all(hits) else [])


# In text.


def _text(maps: Sequence[Map]) -> str:
    gap, side = " " * 13, SIDE * 3 + 3
    lines = [(gap + "".join(each.title.center(SIDE * 3).ljust(side) for each in maps)).rstrip()]
    for flag in ACROSS:
        marks = "".join("---" if flag & column else "   " for column in COLUMNS).ljust(side)
        lines.append((flag.name.rjust(11).ljust(13) + marks * len(maps)).rstrip())
    for row in ROWS:
        names = " ".join(flag.name if flag & row else "   " for flag in DOWN)
        cells = "".join("".join(_text_square(each, row | column) for column in COLUMNS).ljust(side) for each in maps)
        lines.append(f"{names}  {cells}".rstrip())
    lines.append(", ".join(f"{letter} {words}" for letter, words in WORDS.items()))
    brackets = {"solid": "[ ]", "dashed": "( )"}
    lines += [f"{brackets[stroke]} {words}" for stroke, words in _legend(maps)]
    return "\n".join(lines)


def _text_square(each: Map, flags: Flags) -> str:
    letter = each.letter(flags) or ("." if not each.seen else " ")
    if flags not in each.to_guess:
        return f" {letter} "
    is_hit = flags not in each.guessed or each.is_hit(flags)
    return f"[{letter}]" if is_hit else f"({letter})"


# In SVG.


def _svg(maps: Sequence[Map], alt: str) -> str:
    body = _row_names()
    outlines = []
    for each, left in zip(maps, (LEFT, LEFT + NEXT), strict=True):
        body.append(label(left + SIDE * PITCH / 2, 26, each.title, "ink", "middle"))
        body += _ruler(left)
        for flags, x, y in _squares(left):
            body += _square(each.letter(flags), x, y)
            if flags in each.to_guess:
                # Outlines come last, or the neighbours would cut into them.
                is_dashed = flags in each.guessed and not each.is_hit(flags)
                outlines.append(_outline(x, y, is_dashed))
    legend, height = _legend_marks(maps)
    return document(WIDTH, height, "What the ports answer", alt, body + outlines + legend)


def _squares(left: float) -> list[tuple[Flags, float, float]]:
    """Return each set of flags and its place."""
    return [
        (row | column, left + PITCH * across, TOP + PITCH * down)
        for down, row in enumerate(ROWS)
        for across, column in enumerate(COLUMNS)
    ]


def _row_names() -> list[str]:
    """Return the flags of each row, and the columns' names over them."""
    marks = [mono(LEFT - 8, RULER + LINE * place, flag.name or "", "ink", "end") for place, flag in enumerate(ACROSS)]
    for down, row in enumerate(ROWS):
        for place, flag in enumerate(DOWN):
            if flag & row:
                marks.append(mono(MARGIN + NAME * place, TOP + PITCH * down + 15, flag.name or "", "ink"))
    return marks


def _ruler(left: float) -> list[str]:
    """Return a stroke over each run of columns that have the flag."""
    marks = []
    for place, flag in enumerate(ACROSS):
        y = RULER + LINE * place - 5
        for is_set, run in groupby(range(SIDE), lambda at, flag=flag: flag in COLUMNS[at]):
            xs = [left + PITCH * at for at in run]
            if is_set:
                marks.append(path([(xs[0] + 1, y), (xs[-1] + SQUARE - 1, y)], "line"))
    return marks


def _square(letter: str, x: float, y: float) -> list[str]:
    box, words = BOXES.get(letter, ("", "soft"))
    shapes = [rect(x, y, SQUARE, SQUARE, box, radius=2)] if box else []
    return [*shapes, mono(x + SQUARE / 2, y + 15, letter, words, "middle")] if letter else shapes


def _outline(x: float, y: float, is_dashed: bool) -> str:
    dashes = ' stroke-width="2" stroke-dasharray="4 3"' if is_dashed else ' stroke-width="2"'
    return rect(x - 1, y - 1, SQUARE + 2, SQUARE + 2, "you-line", radius=3, more=dashes)


def _legend_marks(maps: Sequence[Map]) -> tuple[list[str], float]:
    """Return the legend, and where it ends."""
    marks, x, y = [], float(MARGIN), BOTTOM + 16
    for letter, words in WORDS.items():
        marks += [*_square(letter, x, y), label(x + SQUARE + 6, y + 15, words)]
        x += SQUARE + 22 + len(words) * LETTER
    x = float(MARGIN)
    for stroke, words in _legend(maps):
        if x == MARGIN:
            y += 28
        marks += [_outline(x, y, stroke == "dashed"), label(x + SQUARE + 6, y + 15, words)]
        x += SQUARE + 20 + len(words) * LETTER
    return marks, y + SQUARE + MARGIN

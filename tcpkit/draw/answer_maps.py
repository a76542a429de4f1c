"""Two maps of 64 squares: what a closed and a listening port answer.

One square for each set of six flags, a letter and a colour for the answer;
where no answer came the square is blank, so that equal answers show as bands.
Three of the flags say the row and three the column, so that every square is
found by name; six squares are there to be guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby

from tcpkit.draw.layout import SIGN, THICK, Box, Meaning, frame, legend, rows
from tcpkit.draw.picture import Picture
from tcpkit.draw.port_answers import SIX, WORDS, combine, name, read_guesses, read_letters, tally
from tcpkit.draw.svg import MONO_WIDTH, label, mono, path
from tcpkit.wire import Flags

TITLES = ("closed port", "listening port")
DOWN, ACROSS = (Flags.RST, Flags.ACK, Flags.URG), (Flags.SYN, Flags.FIN, Flags.PSH)  # so that equal answers meet
ROWS, COLUMNS = combine(DOWN), combine(ACROSS)
SIDE = 8  # squares
UNKNOWN, BLANK = "", "."  # what a square holds before anything was sent, and where no answer came
COLOURS = {  # of a square and of its letter
    UNKNOWN: ("cell", ""),
    "a": ("kernel-wash", "kernel"),
    "r": ("also-wash", "also"),
    "s": ("lit", "ground"),
}
OUTLINES = {  # in text, the stroke's attributes, and what it means
    "solid": ("[{}]", THICK, "as you guessed"),
    "dashed": ("({})", f'{THICK} stroke-dasharray="4 3"', "you guessed another"),
}
SIX_WORDS = f"six to guess: {', '.join(map(name, SIX))}"
BLANK_WORDS = "no answer came"
MARGIN = 10
SQUARE, PITCH = SIGN, 20  # px
NAME = 3 * MONO_WIDTH + 7  # px, a flag's name and a gap
LEFT = MARGIN + 3 * NAME + 1  # the first map begins here ...
NEXT = SIDE * PITCH + 13  # ... and the second so much further right
WIDTH = LEFT + NEXT + SIDE * PITCH + MARGIN
RULER = 48  # the first of the columns' three lines
LINE = 20  # px from one of them to the next
TOP = RULER + 2 * LINE + 12  # the squares begin here
BOTTOM = TOP + SIDE * PITCH


@dataclass(frozen=True)
class Map:
    """One port's squares: what was seen, what was guessed."""

    title: str
    seen: dict[Flags, str]
    guessed: dict[Flags, str]

    def letter(self, flags: Flags) -> str:
        """Return what a square holds: a letter, or one of `BLANK` and `UNKNOWN`."""
        letter = (self.seen or self.guessed).get(flags, UNKNOWN)
        return BLANK if self.seen and letter == "n" else letter

    def outline(self, flags: Flags) -> str:
        """Return the outline of a square to guess, or guessed: dashed if the answer is another."""
        if flags not in (self.guessed if self.seen else SIX):
            return ""
        return "dashed" if self.seen and self.seen.get(flags) != self.guessed[flags] else "solid"


def answer_maps(
    closed: Iterable[object] = (), listening: Iterable[object] = (), guesses: Sequence[object] = ("", "")
) -> Picture:
    """Draw the answers to 64 sets of flags, of a closed and of a listening port.

    `closed` and `listening` are captures of the segments sent, each from a
    port of its own, and the answers; empty ones leave the squares empty.
    `guesses` holds six letters for each map, in the order of `SIX`: the
    squares that were guessed are outlined, with dashes where the answer is
    another.
    """
    seen = zip(TITLES, (closed, listening), guesses, strict=True)
    maps = [Map(title, read_letters(packets), read_guesses(guess)) for title, packets, guess in seen]
    shapes, outlines = _row_names(), []
    for left, each in rows(maps, LEFT, NEXT):
        shapes += [label(left + SIDE * PITCH / 2, 26, each.title, "ink", "middle"), *_ruler(left)]
        if each.seen:
            shapes.append(Box(left - 3, TOP - 3, SIDE * PITCH + 4, SIDE * PITCH + 4).drawn("cell", 3))
        for y, row in rows(ROWS, TOP, PITCH):
            for x, column in rows(COLUMNS, left, PITCH):
                shapes += _square(each.letter(row | column), x, y)
                # Outlines come last, or the neighbours would cut into them.
                outlines += _outline(each.outline(row | column), x, y)
    letters = {letter: "blank: " * (letter == BLANK) + words for letter, words in _letter_words(maps).items()}
    meanings = [Meaning(partial(_square, letter), words) for letter, words in letters.items()]
    meanings += [Meaning(partial(_outline, outline), words) for outline, words in _outline_words(maps).items()]
    signs, bottom = legend(meanings, MARGIN, BOTTOM + 16, WIDTH)
    return frame("What the ports answer", _alt(maps), _text(maps), (WIDTH, bottom + MARGIN), shapes + outlines + signs)


def _letter_words(maps: Sequence[Map]) -> dict[str, str]:
    """Return what the squares hold, and what that means."""
    if not any(each.seen for each in maps):
        return WORDS
    return {letter: words for letter, words in WORDS.items() if letter != "n"} | {BLANK: BLANK_WORDS}


def _outline_words(maps: Sequence[Map]) -> dict[str, str]:
    """Return what the outlines mean, as far as they occur."""
    if not any(each.seen for each in maps):
        return {"solid": SIX_WORDS}
    found = {each.outline(flags) for each in maps for flags in each.guessed}
    return {outline: words for outline, (_, _, words) in OUTLINES.items() if outline in found}


def _alt(maps: Sequence[Map]) -> str:
    """Return how many squares got which answer, and what was guessed."""
    said = [f"Two maps of {SIDE} by {SIDE} squares, one for each set of flags sent, with a letter for what came back"]
    if any(each.seen for each in maps):
        said[0] += ". Where no answer came, n, the square is blank"
    for each in maps:
        said.append(f"{each.title.capitalize()}: {tally(each.seen) or 'empty'}")
        if each.guessed:
            said.append("Guessed there: " + ", ".join(_guess_words(each, flags) for flags in each.guessed))
        elif not each.seen:
            said.append("Outlined, to be guessed: " + ", ".join(map(name, SIX)))
    return ". ".join(said) + "."


def _guess_words(each: Map, flags: Flags) -> str:
    other = f" (seen: {each.seen.get(flags, 'not sent')})" if each.outline(flags) == "dashed" else ""
    return f"{name(flags)} {each.guessed[flags]}{other}"


def _text(maps: Sequence[Map]) -> str:
    side = SIDE * 3 + 3
    lines = [" " * 13 + "".join(each.title.center(SIDE * 3).ljust(side) for each in maps)]
    for flag in ACROSS:
        marks = "".join("---" if flag & column else "   " for column in COLUMNS).ljust(side)
        lines.append(flag.name.rjust(11).ljust(13) + marks * len(maps))
    for row in ROWS:
        names = " ".join(flag.name if flag & row else "   " for flag in DOWN)
        cells = "".join("".join(_text_square(each, row | column) for column in COLUMNS).ljust(side) for each in maps)
        lines.append(f"{names}  {cells}")
    lines.append(", ".join(f"{letter} {words}" for letter, words in _letter_words(maps).items()))
    lines += [f"{OUTLINES[outline][0].format(' ')} {words}" for outline, words in _outline_words(maps).items()]
    return "\n".join(line.rstrip() for line in lines)


def _text_square(each: Map, flags: Flags) -> str:
    letter, outline = each.letter(flags) or ("_" if not each.seen else " "), each.outline(flags)
    return OUTLINES[outline][0].format(letter) if outline else f" {letter} "


# In SVG.


def _row_names() -> list[str]:
    """Return the flags of each row, and the columns' names over them."""
    marks = [mono(LEFT - 8, y, flag.name or "", "ink", "end") for y, flag in rows(ACROSS, RULER, LINE)]
    for y, row in rows(ROWS, TOP, PITCH):
        marks += [mono(x, y + 15, flag.name or "") for x, flag in rows(DOWN, MARGIN, NAME) if flag & row]
    return marks


def _ruler(left: float) -> list[str]:
    """Return a stroke over each run of columns that have the flag."""
    marks = []
    for y, flag in rows(ACROSS, RULER - 5, LINE):
        for is_set, run in groupby(rows(COLUMNS, left, PITCH), lambda at, flag=flag: flag in at[1]):
            xs = [x for x, _ in run]
            if is_set:
                marks.append(path([(xs[0] + 1, y), (xs[-1] + SQUARE - 1, y)], "line"))
    return marks


def _square(letter: str, x: float, y: float) -> list[str]:
    box, words = COLOURS.get(letter, ("", "soft"))
    shapes = [Box(x, y, SQUARE, SQUARE).drawn(box, 2)] if box else []
    is_letter = letter not in (UNKNOWN, BLANK)
    return [*shapes, mono(x + SQUARE / 2, y + 15, letter, words, "middle")] if is_letter else shapes


def _outline(outline: str, x: float, y: float) -> list[str]:
    box = Box(x - 1, y - 1, SQUARE + 2, SQUARE + 2)
    return [box.drawn("you-line", 3, OUTLINES[outline][1])] if outline else []

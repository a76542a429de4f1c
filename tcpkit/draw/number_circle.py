"""All sequence numbers in a circle: a window in it, a sweep over it, and what an RST with each of them does."""

from __future__ import annotations

from math import cos, pi, sin

from tcpkit.draw.layout import SIGN, THICK, Box, Meaning, Point, frame, legend, put
from tcpkit.draw.picture import Picture
from tcpkit.draw.svg import label, path

WIDTH, LEFT, RIGHT = 300, 12, 288  # px: the picture, and where its words begin and end
CENTRE, RADIUS = (150, 152), 100  # px
TICK, BAND, DOT = 6, 13, 8  # px: half of a tick, of the window's band, and of the dot
NEXT = 3.35  # ticks from the top to the next number expected
TICKS = 16  # of the sweep: one window apart, as many as can be seen
STEPS = 12  # strokes of a window's arc
COLUMN = 26  # characters: where a row of the text says what happens
ANSWERS = {"reset": "lit", "challenge": "you"}  # and their tones
TITLE = "what an RST does, by its number"


def number_circle(in_window: str = "challenge") -> Picture:
    """Draw what an RST does, by its number; `in_window` is "reset" or "challenge".

    The next number that is expected always resets. The window is drawn much too wide: there are thousands of them.
    """
    if in_window not in ANSWERS:
        raise ValueError(f'in the window there is "reset" or "challenge"; this is {in_window!r}')
    tone = ANSWERS[in_window]
    shapes = [label(LEFT, 24, TITLE), *_window(tone), path([_at(at / 6) for at in range(96)], "line", close=True)]
    shapes += [path([_at(tick, -TICK), _at(tick, TICK)], "line") for tick in range(TICKS)]
    (x, y), dot = _at(NEXT), ANSWERS["reset"]
    shapes.append(Box(x - DOT, y - DOT, 2 * DOT, 2 * DOT).drawn(dot, DOT))
    shapes += [label(CENTRE[0], CENTRE[1] + 18 * row, words, "soft", "middle") for row, words in enumerate(INSIDE)]
    meanings = (
        Meaning(lambda left, top: [Box(left + 2, top + 2, 2 * DOT, 2 * DOT).drawn(dot, DOT)], "next number: reset"),
        Meaning(lambda left, top: [Box(left, top, SIGN, SIGN).drawn(f"{tone}-frame")], f"the window: {in_window}"),
        Meaning(_stroke, "all others: nothing"),
        Meaning(_tick, "the numbers of a sweep"),
    )
    marks, bottom = legend(meanings, LEFT, CENTRE[1] + RADIUS + 30, RIGHT)
    text = "\n".join([TITLE, *(put(place, (COLUMN, does)) for place, does in _rows(in_window))])
    return frame(TITLE, _alt(in_window), text, (WIDTH, bottom + 12), [*shapes, *marks])


INSIDE = ("0 to 4294967295,", "and on to 0 again")


def _at(tick: float, out: float = 0) -> Point:
    """Return the place of a tick, counted from the top with the clock; `out` is how far outside of the circle."""
    angle = 2 * pi * tick / TICKS - pi / 2
    return CENTRE[0] + (RADIUS + out) * cos(angle), CENTRE[1] + (RADIUS + out) * sin(angle)


def _window(tone: str) -> list[str]:
    """Return the band of a window: as wide as the ticks are apart, from the next number on."""
    places = [NEXT + step / STEPS for step in range(STEPS + 1)]
    outer, inner = ([_at(place, out) for place in places] for out in (BAND, -BAND))
    return [path([*outer, *reversed(inner)], f"{tone}-frame", THICK, close=True)]


def _stroke(left: float, top: float) -> list[str]:
    return [path([(left, top + SIGN / 2), (left + SIGN, top + SIGN / 2)], "line")]


def _tick(left: float, top: float) -> list[str]:
    x, y = left + SIGN / 2, top + SIGN / 2
    return [*_stroke(left, top), path([(x, y - TICK), (x, y + TICK)], "line")]


def _rows(in_window: str) -> list[tuple[str, str]]:
    return [("the next number", "reset"), ("others in the window", in_window), ("all others", "nothing")]


def _alt(in_window: str) -> str:
    return (
        "All sequence numbers in a circle, from 0 to 4294967295 and on to 0 again. An RST with the next number "
        f"expected: reset. With another number of the window, which begins there: {in_window}. With any other: "
        "nothing. A sweep sends numbers that are one window apart, so exactly one of them is in the window."
    )

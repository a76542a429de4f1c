"""The ladder diagram: time runs down, packets cross from lane to lane.

A packet that carries data is a filled box, any other an outlined one. The
words in the box are its flags, as tcpdump writes them, and the bytes of data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise
from math import ceil
from typing import NamedTuple

from tcpkit.draw.ladder_steps import Call, Lane, Step, Steps, read_steps
from tcpkit.draw.layout import Box, arrow, count, frame, put, rows
from tcpkit.draw.picture import Picture
from tcpkit.draw.svg import MONO_WIDTH, SANS_WIDTH, label, mono, path

MARGIN = 16
TOP = 66  # the first packet leaves here, below the lanes' names
SLANT = 8  # px: packets take time, so arrows fall
BOX = 24  # px, height of a packet's box
STUB = 36  # px, the least that is seen of an arrow on either side of its box


class Units(NamedTuple):
    """Widths and spaces, in px or in characters."""

    name: float  # one character of a lane's name
    char: float  # one character of a call or of a packet's words
    least: float  # between the two lanes of the packets
    around: float  # beside a packet's words, on both sides together
    call: float  # between a lane and a call outside the ladder
    arrow: float  # around a call on an arrow from lane to lane
    names: float  # between two names
    time: float  # behind a time
    margin: float


PX = Units(SANS_WIDTH, MONO_WIDTH, 200, 18 + 2 * STUB, 14, 34, 16, 16, MARGIN)
CHARACTERS = Units(1, 1, 30, 12, 2, 8, 3, 2, 0)


def ladder(
    packets: Sequence[object],
    lanes: Sequence[str] = ("client", "server"),
    calls: Mapping[int, Call | Sequence[Call]] | None = None,
    *,
    between: tuple[Lane, Lane] | None = None,
    first_from: Lane | None = None,
    struck: bool = False,
    most: int = 40,
    seconds: bool = False,
    until_s: float | None = None,
) -> Picture:
    """Draw the packets as a ladder of 2 to 4 lanes.

    `calls` says, by a packet's number, what the programs called at that
    moment: {0: ("client", "connect")}, or a list of such pairs. Packets run
    between the two lanes, or between lanes 1 and 2 of three or four; other
    ends go into `between`. The first packet leaves from the left end unless
    `first_from` names the right. `struck` strikes the picture out; packets
    after the first `most` are counted, not drawn. `seconds` writes at the
    left when each packet was recorded, counted from the first; `until_s` is
    when the recording ended, and says how long nothing more came.
    """
    seen = read_steps(packets, lanes, calls or {}, between, first_from, most, seconds, until_s)
    *xs, width = accumulate(_gaps(seen, PX))
    pitch = 40 if len(seen.steps) <= 12 else 34
    bottom = TOP + pitch * max(len(seen.steps) + len(seen.rest) - 1, 0) + SLANT + 20
    shapes = _lanes(seen, xs, bottom) + _times(seen, pitch)
    for y, step in rows(seen.steps, TOP, pitch):
        shapes += _packet(step, xs, y) + _step_calls(seen, step, xs, y)
    middle = sum(xs[end] for end in seen.between) / 2
    for y, words in rows(seen.rest, TOP + pitch * len(seen.steps), pitch):
        shapes.append(label(middle, y + 8, words, anchor="middle"))
    if struck:
        shapes.append(path([(MARGIN, bottom - 4), (width - MARGIN, 12)], "lit-line", ' stroke-width="1.5"'))
    size = width, bottom + MARGIN
    return frame(f"Ladder: {', '.join(seen.lanes)}", _alt(seen, struck), _text(seen, struck), size, shapes)


def _alt(seen: Steps, struck: bool) -> str:
    """Return in a sentence or two what the picture shows."""
    near, far = (seen.lanes[end] for end in seen.between)
    whens = [f"at {step.time} s " if step.time else "" for step in seen.steps]
    sent = [f"{seen.lanes[step.start]} sends [{step.flags}] {step.length}".rstrip() for step in seen.steps]
    steps = [when + words for when, words in zip(whens, sent, strict=True)]
    data = sum(step.size > 0 for step in seen.steps)
    said = "; ".join(steps[:12]) + ("; and so on" if len(steps) > 12 else "")
    packets = f"{count(len(steps) + seen.left_out, 'packet')} between {near} and {far}, {data} with data"
    quiet = f" Then {seen.quiet}." if seen.quiet else ""
    return f"{'Struck out: l' if struck else 'L'}adder diagram: {packets}{': ' if said else ''}{said}.{quiet}"


def _gaps(seen: Steps, units: Units) -> list[float]:
    """Return the space before the first lane, between each two, and after the last."""
    left, right = seen.between
    inside = max(units.least, seen.box_size * units.char + units.around) / (right - left)
    halves = [len(name) * units.name / 2 for name in seen.lanes]
    calls = [size * units.char for size in seen.call_sizes]
    gaps = []
    for one, other in pairwise(range(len(halves))):
        space = inside if left <= one < right else max(calls[one], calls[other]) + units.arrow
        gaps.append(max(space, halves[one] + halves[other] + units.names))
    before = max(halves[0], calls[0] + units.call if left == 0 else 0)
    if seen.time_size:
        before += seen.time_size * units.char + units.time
    after = max(halves[-1], calls[-1] + units.call if right == len(halves) - 1 else 0)
    return [units.margin + before, *gaps, after + units.margin]


def _toward(seen: Steps, lane: int) -> int | None:
    """Return the lane to which an arrow carries a call; None if it is written outside the ladder."""
    left, right = seen.between
    return None if lane in (left, right) else lane + 1 if lane < left else lane - 1


# In SVG.


def _lanes(seen: Steps, xs: list[float], bottom: float) -> list[str]:
    marks = []
    for lane, (name, x) in enumerate(zip(seen.lanes, xs, strict=True)):
        dots = "" if lane in seen.used else ' stroke-dasharray="1 6" stroke-linecap="round"'
        marks += [label(x, 32, name, "ink", "middle"), path([(x, 46), (x, bottom)], "faint", dots)]
    return marks


def _times(seen: Steps, pitch: float) -> list[str]:
    """Return the column of times; "s" is its head."""
    if not seen.time_size:
        return []
    x = MARGIN + seen.time_size * MONO_WIDTH
    times = [mono(x, y + 5, step.time, "soft", "end") for y, step in rows(seen.steps, TOP, pitch)]
    return [label(x, 32, "s", "soft", "end"), *times]


def _packet(step: Step, xs: list[float], y: float) -> list[str]:
    """Return an arrow with a box on it."""
    start, end = xs[step.start], xs[step.end]
    width = max(44, len(step.words) * MONO_WIDTH + 18)
    box = Box((start + end - width) / 2, y + (SLANT - BOX) / 2, width, BOX)
    frame_css, words_css, tone = ("you", "ground", "you") if step.size else ("sheet", "ink", "ink")
    tip = end - 1 if end > start else end + 1
    shaft = arrow([(start, y), (tip, y + SLANT)], tone)
    return [*shaft, box.drawn(frame_css, 3), box.title(step.words, words_css)]


def _step_calls(seen: Steps, step: Step, xs: list[float], y: float) -> list[str]:
    """Return the calls: beside the ladder, or on an arrow from a program to its kernel."""
    marks = []
    left, right = seen.between
    for lane, words in enumerate(step.calls):
        if not words:
            continue
        x, at = xs[lane], y if step.start == (left if lane <= left else right) else y + SLANT
        toward = _toward(seen, lane)
        if toward is None:
            out, anchor = (-1, "end") if lane == left else (1, "start")
            marks.append(path([(x, at), (x + 7 * out, at)], "line"))
            marks.append(mono(x + 14 * out, at + 5, words, "ink", anchor))
        else:
            tip = xs[toward] + (-1 if toward > lane else 1)
            marks += [*arrow([(x, at), (tip, at)]), mono((x + xs[toward]) / 2, at - 8, words, "ink", "middle")]
    return marks


# In characters.


def _text(seen: Steps, struck: bool) -> str:
    *columns, width = accumulate(map(ceil, _gaps(seen, CHARACTERS)))
    names, rails = "", " " * width
    for lane, (name, column) in enumerate(zip(seen.lanes, columns, strict=True)):
        names = put(names, (column - len(name) // 2, name))
        rails = put(rails, (column, "|" if lane in seen.used else ":"))
    if seen.time_size:
        names = put(names, (seen.time_size - 1, "s"))
    lines = [names, *(_text_step(seen, step, columns, rails) for step in seen.steps)]
    middle = sum(columns[end] for end in seen.between) // 2
    lines += [put(rails, (middle - len(words) // 2, words)) for words in seen.rest]
    lines += ["(struck out)"] if struck else []
    return "\n".join(line.rstrip() for line in lines)


def _text_step(seen: Steps, step: Step, columns: list[int], rails: str) -> str:
    line = _text_arrow(rails, columns[step.start], columns[step.end], step.words, "=" if step.size else "-")
    line = put(line, (seen.time_size - len(step.time), step.time))
    for lane, words in enumerate(step.calls):
        toward = _toward(seen, lane)
        if words and toward is not None:
            line = _text_arrow(line, columns[lane], columns[toward], words, "-")
        elif words:
            line = put(line, (columns[lane] + (2 if lane == seen.between[1] else -1 - len(words)), words))
    return line


def _text_arrow(line: str, start: int, end: int, words: str, stroke: str) -> str:
    low, high = min(start, end) + 1, max(start, end)
    shaft = f" {words} ".center(high - low, stroke)
    return put(line, (low, shaft[:-1] + ">" if end > start else "<" + shaft[1:]))

"""The ladder diagram: time runs down, packets cross from lane to lane.

A packet that carries data is a filled box, any other an outlined one. The
words in the box are its flags, as tcpdump writes them, and the bytes of data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from tcpkit.draw.exchange import Exchange, Lane, Step, Who, read_exchange
from tcpkit.draw.picture import Picture
from tcpkit.draw.svg import CHAR, LETTER, document, label, mono, path, rect

MARGIN = 16
TOP = 66  # the first packet leaves here, below the lanes' names
SLANT = 8  # packets take time: arrows fall
BOX = 24  # height of a packet's box
STUB = 36  # the least arrow to be seen on either side of a box


def ladder(
    packets: Sequence[object],
    lanes: Sequence[str] = ("client", "server"),
    calls: Mapping[int, Who | Sequence[Who]] | None = None,
    *,
    between: tuple[Lane, Lane] | None = None,
    first_from: Lane | None = None,
    struck: bool = False,
    most: int = 40,
) -> Picture:
    """Draw the packets as a ladder of 2 to 4 lanes.

    `calls` says, by a packet's number, what the programs called at that
    moment: {0: ("client", "connect")}, or a list of such pairs. Packets run
    between the two lanes, or between lanes 1 and 2 of three or four; other
    ends go into `between`. The first packet leaves from the left end unless
    `first_from` names the right. `struck` strikes the picture out; packets
    after the first `most` are counted, not drawn.
    """
    exchange = read_exchange(packets, lanes, calls or {}, between, first_from, most)
    alt = _alt(exchange, struck)
    return Picture(_svg(exchange, alt, struck), alt, _text(exchange, struck))


def _alt(exchange: Exchange, struck: bool) -> str:
    """Say in a sentence or two what the picture shows."""
    near, far = (exchange.lanes[end] for end in exchange.between)
    count = len(exchange.steps) + exchange.left_out
    steps = [f"{exchange.lanes[step.start]} sends [{step.flags}] {step.length}".rstrip() for step in exchange.steps]
    data = sum(step.size > 0 for step in exchange.steps)
    said = "; ".join(steps[:12]) + ("; and so on" if len(steps) > 12 else "")
    packets = f"{count} packet{'s' if count != 1 else ''} between {near} and {far}, {data} with data"
    return f"{'Struck out: l' if struck else 'L'}adder diagram: {packets}{': ' if said else ''}{said}."


# In SVG.


def _svg(exchange: Exchange, alt: str, struck: bool) -> str:
    xs, width = _columns(exchange)
    pitch = 40 if len(exchange.steps) <= 12 else 34
    rows = [TOP + pitch * number for number in range(len(exchange.steps) + bool(exchange.left_out))]
    bottom = (rows[-1] if rows else TOP) + SLANT + 20
    body = _lanes(exchange, xs, bottom)
    for step, y in zip(exchange.steps, rows, strict=False):
        body += _packet(step, xs, y) + _step_calls(exchange, step, xs, y)
    if exchange.left_out:
        middle = sum(xs[end] for end in exchange.between) / 2
        body.append(label(middle, rows[-1] + 8, exchange.rest, anchor="middle"))
    if struck:
        body.append(path([(MARGIN, bottom - 4), (width - MARGIN, 12)], "lit-line", ' stroke-width="1.5"'))
    return document(width, bottom + MARGIN, f"Ladder: {', '.join(exchange.lanes)}", alt, body)


def _columns(exchange: Exchange) -> tuple[list[float], float]:
    """Return where the lanes stand, and the width of the whole."""
    left, right = exchange.between
    halves = [len(name) * LETTER / 2 for name in exchange.lanes]
    calls = [size * CHAR for size in exchange.call_sizes]
    box = exchange.box_size * CHAR + 18
    gaps = []
    for lane in range(len(exchange.lanes) - 1):
        inside = left <= lane < right
        room = max(200, box + 2 * STUB) / (right - left) if inside else max(calls[lane], calls[lane + 1]) + 34
        gaps.append(max(room, halves[lane] + halves[lane + 1] + 16))
    xs = [MARGIN + max(halves[0], calls[0] + 14 if left == 0 else 0)]
    for gap in gaps:
        xs.append(xs[-1] + gap)
    last = len(xs) - 1
    return xs, xs[-1] + max(halves[-1], calls[-1] + 14 if right == last else 0) + MARGIN


def _lanes(exchange: Exchange, xs: list[float], bottom: float) -> list[str]:
    marks = []
    for lane, (name, x) in enumerate(zip(exchange.lanes, xs, strict=True)):
        dots = "" if lane in exchange.used else ' stroke-dasharray="1 6" stroke-linecap="round"'
        marks.append(label(x, 32, name, "ink", "middle"))
        marks.append(path([(x, 46), (x, bottom)], "faint", dots))
    return marks


def _packet(step: Step, xs: list[float], y: float) -> list[str]:
    """Return an arrow with a box on it."""
    start, end = xs[step.start], xs[step.end]
    middle, half = (start + end) / 2, max(44, len(step.words) * CHAR + 18) / 2
    box, words, stroke = ("you", "ground", "you-line") if step.size else ("sheet", "ink", "line")
    ahead = 1 if end > start else -1
    tip = (end - ahead, y + SLANT)
    head = [tip, (tip[0] - 9 * ahead, tip[1] - 4), (tip[0] - 9 * ahead, tip[1] + 3)]
    centre = y + SLANT / 2
    return [
        path([(start, y), tip], stroke),
        path(head, "you" if step.size else "ink", close=True),
        rect(middle - half, centre - BOX / 2, 2 * half, BOX, box, radius=3),
        mono(middle, centre + 5, step.words, words, "middle"),
    ]


def _step_calls(exchange: Exchange, step: Step, xs: list[float], y: float) -> list[str]:
    marks = []
    left, right = exchange.between
    for lane in range(len(exchange.lanes)):
        words = step.called_in(lane)
        if not words:
            continue
        side = left if lane <= left else right
        at = y if side == step.start else y + SLANT
        if lane in (left, right):
            out = -1 if lane == left else 1
            marks.append(path([(xs[lane], at), (xs[lane] + 7 * out, at)], "line"))
            marks.append(mono(xs[lane] + 14 * out, at + 5, words, "ink", "end" if out < 0 else "start"))
        else:
            marks += _call_arrow(xs[lane], xs[lane + 1 if lane < left else lane - 1], at, words)
    return marks


def _call_arrow(start: float, end: float, y: float, words: str) -> list[str]:
    """Return a call that crosses from a program into its kernel."""
    ahead = 1 if end > start else -1
    tip = end - 2 * ahead
    return [
        path([(start, y), (tip, y)], "line"),
        path([(tip - 7 * ahead, y - 4), (tip, y), (tip - 7 * ahead, y + 4)], "line"),
        mono((start + end) / 2, y - 8, words, "ink", "middle"),
    ]


# In text.


def _text(exchange: Exchange, struck: bool) -> str:
    columns, width = _text_columns(exchange)
    lines = [_names(exchange, columns, width)]
    lines += [_text_step(exchange, step, columns, width) for step in exchange.steps]
    if exchange.left_out:
        middle = sum(columns[end] for end in exchange.between) // 2
        lines.append(_put(_rails(exchange, columns, width), middle - len(exchange.rest) // 2, exchange.rest))
    if struck:
        lines.append("(struck out)")
    return "\n".join(line.rstrip() for line in lines)


def _text_columns(exchange: Exchange) -> tuple[list[int], int]:
    """Return the lanes' columns and the width, in characters."""
    left, right = exchange.between
    sizes = list(map(len, exchange.lanes))
    calls = exchange.call_sizes
    first = max((sizes[0] + 1) // 2, calls[0] + 2 if left == 0 else 0)
    columns = [first]
    for lane, (size, next_size) in enumerate(pairwise(sizes)):
        inside = left <= lane < right
        room = (
            -(-max(30, exchange.box_size + 12) // (right - left)) if inside else max(calls[lane], calls[lane + 1]) + 8
        )
        columns.append(columns[-1] + max(room, (size + next_size) // 2 + 3))
    last = len(columns) - 1
    return columns, columns[-1] + max((sizes[-1] + 1) // 2, calls[-1] + 2 if right == last else 0) + 1


def _put(line: str, at: int, words: str) -> str:
    return line[:at] + words + line[at + len(words) :]


def _names(exchange: Exchange, columns: list[int], width: int) -> str:
    line = " " * width
    for name, column in zip(exchange.lanes, columns, strict=True):
        line = _put(line, column - len(name) // 2, name)
    return line


def _rails(exchange: Exchange, columns: list[int], width: int) -> str:
    line = " " * width
    for lane, column in enumerate(columns):
        line = _put(line, column, "|" if lane in exchange.used else ":")
    return line


def _text_step(exchange: Exchange, step: Step, columns: list[int], width: int) -> str:
    line = _rails(exchange, columns, width)
    line = _text_arrow(line, columns[step.start], columns[step.end], step.words, "=" if step.size else "-")
    left, right = exchange.between
    for lane, words in ((lane, step.called_in(lane)) for lane in range(len(columns))):
        if not words:
            continue
        if lane == left:
            line = _put(line, columns[lane] - 1 - len(words), words)
        elif lane == right:
            line = _put(line, columns[lane] + 2, words)
        else:
            line = _text_arrow(line, columns[lane], columns[lane + 1 if lane < left else lane - 1], words, "-")
    return line


def _text_arrow(line: str, start: int, end: int, words: str, stroke: str) -> str:
    low, high = min(start, end) + 1, max(start, end)
    shaft = f" {words} ".center(high - low, stroke)
    shaft = shaft[:-1] + ">" if end > start else "<" + shaft[1:]
    return _put(line, low, shaft)

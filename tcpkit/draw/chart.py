"""A chart of shares: one bar for each count, out of the same whole."""

from __future__ import annotations

from collections.abc import Mapping

from tcpkit.draw.picture import Picture
from tcpkit.draw.svg import document, label, mono, rect

MARGIN = 12
TOP = 50  # the first bar's words stand above it
PITCH = 52  # from bar to bar, in px: words, then the bar under them
HEIGHT = 20  # of a bar, in px
ROOM = 340  # px, for the whole
COUNT_ROOM = 84  # px, for the count behind it
WIDTH = MARGIN + ROOM + COUNT_ROOM
TEXT_ROOM = 40  # characters, for the whole


def share_chart(counts: Mapping[str, int], of: int, title: str) -> Picture:
    """Draw a bar for each count, `of` being a full one."""
    head = f"{title}, of {of:,}"
    alt = f"{head}: {', '.join(f'{words} {count:,}' for words, count in counts.items())}."
    return Picture(_svg(counts, of, head, alt), alt, _text(counts, of, head))


def _text(counts: Mapping[str, int], of: int, head: str) -> str:
    width = max(map(len, counts), default=0)
    lines = [
        f"{words:{width}}  {'#' * _filled(count, of, TEXT_ROOM):.<{TEXT_ROOM}}  {count:,}"
        for words, count in counts.items()
    ]
    return "\n".join([head, *lines])


def _filled(count: int, of: int, room: int) -> int:
    """Return how much of the room a count takes: some if it is not nothing, all for the whole alone."""
    return count and min(max(1, room * count // of), room)


def _svg(counts: Mapping[str, int], of: int, head: str, alt: str) -> str:
    body = [label(MARGIN, 24, head)]
    for number, (words, count) in enumerate(counts.items()):
        y = TOP + 6 + PITCH * number
        body.append(label(MARGIN, y - 6, words, "ink"))
        body.append(rect(MARGIN, y, ROOM, HEIGHT, "you-wash"))
        if count:
            body.append(rect(MARGIN, y, _filled(count, of, ROOM), HEIGHT, "you"))
        body.append(mono(MARGIN + ROOM + 8, y + 15, f"{count:,}", "ink"))
    return document(WIDTH, TOP + PITCH * len(counts), head, alt, body)

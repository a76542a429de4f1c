"""A chart of shares: one bar for each count, out of the same whole."""

from __future__ import annotations

from collections.abc import Mapping

from tcpkit.draw.layout import Box, frame, rows
from tcpkit.draw.picture import Picture
from tcpkit.draw.svg import label, mono

MARGIN = 12
TOP = 56  # of the first bar; its words are above it
PITCH = 52  # px from bar to bar: words, then the bar under them
WHOLE, COUNT = 340, 84  # px: a full bar, and the space for its count
TEXT_WHOLE = 40  # characters of a full bar


def share_chart(counts: Mapping[str, int], of: int, title: str) -> Picture:
    """Draw a bar for each count, `of` being a full one."""
    head = f"{title}, of {of:,}"
    alt = f"{head}: {', '.join(f'{words} {count:,}' for words, count in counts.items())}."
    shapes = [label(MARGIN, 24, head)]
    for y, (words, count) in rows(counts.items(), TOP, PITCH):
        whole = Box(MARGIN, y, WHOLE, 20)
        shapes += [label(MARGIN, y - 6, words, "ink"), whole.drawn("you-wash")]
        if count:
            shapes.append(Box(MARGIN, y, _filled(count, of, WHOLE), 20).drawn("you"))
        shapes.append(mono(whole.right + 8, y + 15, f"{count:,}"))
    size = MARGIN + WHOLE + COUNT, TOP - 6 + PITCH * len(counts)
    return frame(head, alt, _text(counts, of, head), size, shapes)


def _filled(count: int, of: int, whole: int) -> int:
    """Return the length of a bar: above 0 for any count above 0, and a full one for the whole alone."""
    return count and min(max(1, whole * count // of), whole)


def _text(counts: Mapping[str, int], of: int, head: str) -> str:
    width = max(map(len, counts), default=0)
    bars = {words: "#" * _filled(count, of, TEXT_WHOLE) for words, count in counts.items()}
    return "\n".join([head, *(f"{words:{width}}  {bars[words]:.<{TEXT_WHOLE}}  {counts[words]:,}" for words in counts)])

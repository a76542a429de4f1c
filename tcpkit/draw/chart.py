"""A chart of shares: one bar for each count, out of the same whole.

A matplotlib figure in the colours of the other pictures, on light paper: a
bitmap cannot follow the page's theme. End its cell with `plt.show()`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tcpkit.draw.palette import LIGHT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH = 4.6  # inches; at 100 dots each as wide as the header map, so that it reads on a phone
BAR = 0.6  # inches from one bar to the next: words, then the bar under them
SIZE = 11  # points, 15 px
THICK = 0.36  # of the room from bar to bar
COUNT_ROOM = 0.3  # of the bars' whole length, for the count behind the longest


def share_chart(counts: Mapping[str, int], of: int, title: str) -> Figure:
    """Return a figure with a bar for each count, `of` being a full one."""
    from matplotlib import pyplot

    height = BAR * (len(counts) + 1)
    figure, axes = pyplot.subplots(figsize=(WIDTH, height), facecolor=LIGHT.ground, layout="constrained")
    places = range(len(counts))
    axes.barh(places, [of] * len(counts), THICK, color=LIGHT.you.wash)
    axes.barh(places, list(counts.values()), THICK, color=LIGHT.you.strong)
    for place, (words, count) in enumerate(counts.items()):
        axes.text(0, place - 0.32, words, size=SIZE, color=LIGHT.ink)
        axes.text(of * 1.02, place, f"{count:,}", size=SIZE, color=LIGHT.ink, va="center")
    axes.set_title(f"{title}, of {of:,}", size=SIZE, color=LIGHT.soft, loc="left")
    axes.set(xlim=(0, of * (1 + COUNT_ROOM)), ylim=(len(counts) - 0.6, -0.8))
    axes.axis("off")
    return figure

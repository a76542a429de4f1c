"""Two bars in each row, of two units, on logarithmic scales: what is large in one unit can be small in the other."""

from __future__ import annotations

from collections.abc import Sequence
from math import log10
from typing import TYPE_CHECKING

from tcpkit.draw.layout import put
from tcpkit.draw.picture import Picture
from tcpkit.draw.plot import plot

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STEPS = 5  # of a power of ten: to the nearest of these a rounded bar is drawn
LEAST = 0.5  # where the bars begin: a bar of 1 has a length


def bar_pairs(rows: Sequence[tuple[str, int, int]], heads: tuple[str, str]) -> Picture:
    """Draw a row for each (name, exact number, rounded number); `heads` are the two units.

    The second number is one that differs a little from run to run. It is
    rounded, so that the picture is the same: drawn to the nearest fifth of a
    power of ten, and told by a mark for each power of ten.
    """
    if not rows:
        raise ValueError("one row at least is needed: (name, number, number)")
    names, exact, counted = zip(*rows, strict=True)

    def paint(axes: Axes) -> None:
        figure = axes.figure
        axes.remove()
        left, right = figure.subplots(1, 2, sharey=True)
        _paint_bars(left, exact, heads[0], "C0")
        _paint_bars(right, [rounded(each) for each in counted], f"{heads[1]} (rounded)", "C1")
        left.set_yticks(range(len(names)), names)
        left.invert_yaxis()

    width = max(map(len, names)) + 2
    places = width, width + 10
    lines = [put(heads[0].rjust(places[1] - 2), (places[1], f"{heads[1]}: # 1, ## 10, ### 100, #### 1,000"))]
    for name, first, second in rows:
        lines.append(put(name, (width, f"{first:,}".rjust(8)), (places[1], marks(second))))
    most = [max(rows, key=lambda row, at=at: row[at])[0] for at in (1, 2)]  # type: ignore[misc]
    alt = f"Bars of {heads[0]} and of {heads[1]} in {len(rows)} rows. Most {heads[0]}: {most[0]}. "
    return plot(paint, f"{alt}Most {heads[1]}: {most[1]}.", "\n".join(lines))


def _paint_bars(axes: Axes, numbers: Sequence[float], head: str, tone: str) -> None:
    places = range(len(numbers))
    axes.barh(places, [max(each - LEAST, 0) for each in numbers], left=LEAST, color=tone, height=0.7)
    for place, number in zip(places, numbers, strict=True):
        if not number:
            axes.text(LEAST * 1.3, place, "0", va="center")
    most = 2 * max(1, *numbers)
    ticks = [100**power for power in range(4) if 100**power < most]
    axes.set(xscale="log", xlabel=head, xlim=(LEAST, most))
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])  # in words: a power's letters are of another font
    axes.minorticks_off()
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")


def rounded(number: int) -> float:
    """Return the number, rounded to a fifth of a power of ten; 0 stays 0.

    >>> [round(rounded(each)) for each in (606, 107, 109, 14, 16, 0)]
    [631, 100, 100, 16, 16, 0]
    """
    return 10 ** (round(STEPS * log10(number)) / STEPS) if number else 0


def marks(number: int) -> str:
    """Return a mark for each power of ten up to the nearest; a 0 for none.

    >>> marks(606), marks(107), marks(14), marks(2), marks(0)
    ('####', '###', '##', '#', '0')
    """
    return "#" * (1 + round(log10(number))) if number else "0"

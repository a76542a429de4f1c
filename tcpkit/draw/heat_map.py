"""A table of numbers as a map: pale for small, strong for large, the number in each square, regions outlined."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import log10
from typing import TYPE_CHECKING

from tcpkit.draw.layout import put
from tcpkit.draw.picture import Picture
from tcpkit.draw.plot import plot

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 10  # characters of a column


def heat_map(
    numbers: Sequence[Sequence[float]],
    down: Sequence[str],
    across: Sequence[str],
    *,
    names: tuple[str, str],
    unit: str,
    regions: Sequence[Sequence[str]] | None = None,
) -> Picture:
    """Draw rows of numbers above 0, on a logarithmic scale; `names` are those of the rows and of the columns.

    `regions` has a word for each square: its first letter stands beside the
    number, and a line where the word changes.
    """
    if not numbers or {len(row) for row in numbers} != {len(across)} or len(numbers) != len(down):
        raise ValueError(f"{len(down)} rows of {len(across)} numbers each are needed")
    shades = [[log10(each) for each in row] for row in numbers]
    named = regions or [[""] * len(across)] * len(down)
    words = [
        [f"{shown(each)} {word[:1].upper()}".rstrip() for each, word in zip(*both, strict=True)]
        for both in zip(numbers, named, strict=True)
    ]

    def paint(axes: Axes) -> None:
        _paint_squares(axes, shades, words)
        axes.set(xlabel=names[1], ylabel=names[0], xticks=range(len(across)), yticks=range(len(down)))
        axes.set_xticklabels(across)
        axes.set_yticklabels(down)
        for xs, ys in borders(regions or ()):
            axes.plot(xs, ys, color="C3", linestyle="-", linewidth=2.5)

    head = put(names[0], *((WIDTH * at + WIDTH, each) for at, each in enumerate(across)))
    rows = [
        put(each, *((WIDTH * at + WIDTH, word) for at, word in enumerate(row)))
        for each, row in zip(down, words, strict=True)
    ]
    means = ", ".join(dict.fromkeys(f"{word[0].upper()}: {word}" for row in regions or () for word in row))
    span = f"from {shown(min(map(min, numbers)))} to {shown(max(map(max, numbers)))}"
    alt = f"Map of {unit} by {names[0]} (rows) and {names[1]} (columns), {span}{means and f'; {means}'}."
    return plot(paint, alt, "\n".join([f"{unit}, by {names[1]}", head, *rows, means]).strip())


def _paint_squares(axes: Axes, shades: list[list[float]], words: list[list[str]]) -> None:
    image = axes.imshow(shades, aspect="auto")
    tones = axes.get_facecolor(), axes.xaxis.label.get_color()
    axes.grid(visible=False)
    for y, row in enumerate(shades):
        for x, shade in enumerate(row):
            ground = image.cmap(image.norm(shade))
            tone = max(tones, key=partial(contrast, ground))
            axes.text(x, y, words[y][x], ha="center", va="center", color=tone)


def contrast(one: object, other: object) -> float:
    """Return how well one colour is seen on another: 1 not at all, 21 best (WCAG 2.2).

    >>> round(contrast("white", "black"))
    21
    """
    from matplotlib.colors import to_rgb

    dark, light = sorted(
        sum(share * tone**2.2 for share, tone in zip((0.2126, 0.7152, 0.0722), to_rgb(each), strict=True))
        for each in (one, other)
    )
    return (light + 0.05) / (dark + 0.05)


def shown(number: float) -> str:
    """Return two digits or more.

    >>> [shown(each) for each in (965.2, 43.41, 6.28, 0.171)]
    ['965', '43', '6.3', '0.17']
    """
    return f"{number:.0f}" if number >= 10 else f"{number:.1f}" if number >= 1 else f"{number:.2f}"


def borders(regions: Sequence[Sequence[str]]) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """Return the strokes between squares with different words, as pairs of x and of y.

    >>> borders([["a", "b"]])
    [((0.5, 0.5), (-0.5, 0.5))]
    """
    strokes = []
    for y, row in enumerate(regions):
        for x, word in enumerate(row):
            if x and row[x - 1] != word:
                strokes.append(((x - 0.5, x - 0.5), (y - 0.5, y + 0.5)))
            if y and regions[y - 1][x] != word:
                strokes.append(((x - 0.5, x + 0.5), (y - 0.5, y - 0.5)))
    return strokes

"""Curves and maps, painted by matplotlib: once for light pages, once for dark ones."""

from __future__ import annotations

import base64
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING

from tcpkit.draw.layout import frame
from tcpkit.draw.palette import DARK, LIGHT, Paper
from tcpkit.draw.picture import Picture
from tcpkit.wire.whole_import import import_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, HEIGHT = 460, 290  # px: narrow enough for its words to be read on a phone
DPI = 100  # px an inch
SHARPNESS = 1.5  # px of the image for each of these
FONT = "DejaVu Sans"  # matplotlib brings it along
NO_FONT = (
    f"This picture cannot be drawn: matplotlib's font {FONT} is missing. Install matplotlib again, "
    "`pip install --force-reinstall matplotlib`, and restart the kernel. Until then, in words:"
)
STYLE = ".on-dark{display:none}@media (prefers-color-scheme:dark){.on-light{display:none}.on-dark{display:inline}}"


def plot(paint: Callable[[Axes], object], alt: str, text: str) -> Picture:
    """Draw a curve or a map as `paint` does on the axes it is given.

    `paint` is called twice: with the axes of a light and of a dark picture.
    Its colours are "C0" to "C3", each line's stroke is another, and a map
    runs from pale to strong. No colour may say anything alone: write its name
    at the end of a line, and its number into a square. `alt` says in words
    what the picture shows; `text` is what a terminal shows, and a notebook
    where matplotlib's font is missing.
    """
    if not _has_font():
        return Picture("", alt, f"{NO_FONT}\n{text}")
    images = [_image(paint, paper, css) for css, paper in (("on-light", LIGHT), ("on-dark", DARK))]
    return replace(frame("Plot", alt, text, (WIDTH, HEIGHT), images, STYLE), css="plot")


def _image(paint: Callable[[Axes], object], paper: Paper, css: str) -> str:
    from matplotlib import style
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from PIL import Image

    from tcpkit.draw.plot_digest import digest

    small = BytesIO()
    with style.context(["default", _style(paper)]):
        figure = Figure((WIDTH / DPI, HEIGHT / DPI))  # pyplot would keep its figures open
        paint(figure.add_subplot())
        painted = digest(figure)
        figure.set_layout_engine("constrained")
        figure.dpi = SHARPNESS * DPI
        canvas = FigureCanvasAgg(figure)
        canvas.draw()  # `savefig` would draw twice, and pack a picture that is unpacked again
    painting = Image.frombuffer("RGBA", canvas.get_width_height(), canvas.buffer_rgba())
    painting.convert("RGB").quantize(64).save(small, "png", optimize=True)  # a quarter of the bytes
    href = f"data:image/png;base64,{base64.b64encode(small.getvalue()).decode()}"
    return f'<image class="{css}" width="{WIDTH}" height="{HEIGHT}" data-painted="{painted}" href="{href}"/>'


def _has_font() -> bool:
    """Say whether matplotlib has its font: its own errors name files, not what to do."""
    # Imported here, because matplotlib takes a third of a second, and most lessons draw no curve.
    import_whole("matplotlib.figure")
    from matplotlib import font_manager

    with suppress(OSError, ValueError):
        return bool(font_manager.get_font(font_manager.findfont(FONT, fallback_to_default=False)))
    return False


def _style(paper: Paper) -> dict[str, object]:
    from cycler import cycler

    tones = [tone.strong for tone in (paper.you, paper.kernel, paper.also, paper.lit)]
    return {
        **dict.fromkeys(("figure.facecolor", "axes.facecolor", "savefig.facecolor"), paper.ground),
        **dict.fromkeys(("text.color", "axes.labelcolor", "xtick.color", "ytick.color"), paper.ink),
        **dict.fromkeys(("axes.spines.top", "axes.spines.right"), False),
        **{"axes.edgecolor": paper.soft, "grid.color": paper.hair, "grid.linewidth": 0.5, "axes.grid": True},
        "axes.axisbelow": True,
        "axes.prop_cycle": cycler(color=tones, linestyle=["-", "--", ":", "-."]),
        "font.family": FONT,
        "font.size": 15 * 72 / DPI,  # points for 15 px, as in the other pictures
        "axes.labelsize": "medium",
        "image.cmap": "Blues" if paper is LIGHT else "Blues_r",
    }

"""A digest of what was painted, the same on every machine: strokes, colours and words, but no letter's shape.

The pixels of a plot change with the versions of matplotlib and of the font
library. The builder of the notebooks keeps a stored plot while only they do.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.backend_bases import GraphicsContextBase
    from matplotlib.figure import Figure
    from matplotlib.path import Path
    from matplotlib.transforms import Transform


def digest(figure: Figure) -> str:
    """Return the digest of a figure that has no layout engine yet: an engine measures letters."""
    from matplotlib.backend_bases import RendererBase

    painted = type("Painted", (_Painted, RendererBase), {})()
    figure.draw(painted)
    return painted.found.hexdigest()


class _Painted:
    """What a renderer of matplotlib has to have."""

    def __init__(self) -> None:
        super().__init__()
        self.found = sha256()

    def _add(self, gc: GraphicsContextBase, *seen: object) -> None:
        self.found.update(repr((gc.get_rgb(), gc.get_linewidth(), gc.get_dashes(), *seen)).encode())

    def draw_path(self, gc: GraphicsContextBase, path: Path, transform: Transform, rgbFace: object = None) -> None:
        self._add(gc, (transform.transform_path(path).vertices.round(1) + 0.0).tolist(), rgbFace)  # -0.0 + 0.0 is 0.0

    def draw_image(self, gc: GraphicsContextBase, x: float, y: float, im: object, transform: object = None) -> None:
        self._add(gc, round(x), round(y), im.tobytes())

    def draw_text(self, gc, x, y, s, prop, angle, ismath=False, mtext=None) -> None:
        self._add(gc, round(x), round(y), s, prop.get_fontconfig_pattern(), angle)

    def get_text_width_height_descent(self, s: str, prop: object, ismath: object) -> tuple[float, float, float]:
        return 7.0 * len(s), 12.0, 3.0  # as if all letters were alike

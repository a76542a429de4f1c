"""A picture: an image for the notebook, the same in text for the terminal; and several side by side."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

ROW = "display:flex;flex-wrap:wrap;gap:16px 40px;align-items:flex-start"


@dataclass(frozen=True, repr=False)
class Picture:
    """A drawing, with words for readers who cannot see it.

    Notebooks show the SVG inside an `<img>` (JupyterLab hides bare SVG in
    notebooks that it does not trust yet); everything else shows `text`, and
    so do they where the image could not be drawn.

    >>> Picture("<svg/>", "a dot", "*")
    *
    """

    svg: str
    alt: str
    text: str
    css: str = ""  # class of the image

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        """Return the image as HTML that needs no other file; the text, if there is no image."""
        if not self.svg:
            return f"<pre>{escape(self.text)}</pre>"
        code = base64.b64encode(self.svg.encode()).decode()
        size = "max-width:100%;height:auto"
        css = f' class="{self.css}"' if self.css else ""
        return f'<img{css} src="data:image/svg+xml;base64,{code}" alt="{escape(self.alt)}" style="{size}">'


@dataclass(frozen=True, repr=False)
class SideBySide:
    """Several pictures, each with its name.

    They wrap: on a phone each is under the one before, and in text it always is.
    """

    names: Sequence[str]
    pictures: Sequence[Picture]

    def __repr__(self) -> str:
        named = zip(self.names, self.pictures, strict=True)
        return "\n\n".join(f"{name}:\n{picture!r}" for name, picture in named)

    def _repr_html_(self) -> str:
        """Return all images as HTML that needs no other file."""
        figures = [
            f'<figure style="margin:0;min-width:0"><figcaption style="font-style:italic">{escape(name)}</figcaption>'
            f"{picture._repr_html_()}</figure>"
            for name, picture in zip(self.names, self.pictures, strict=True)
        ]
        return f'<div style="{ROW}">{"".join(figures)}</div>'


def beside(*pictures: Picture, names: Sequence[str] = ("before", "after")) -> SideBySide:
    """Set pictures side by side, as far as the page is wide enough; `ValueError` unless each has a name."""
    if len(pictures) != len(names):
        raise ValueError(f"each picture needs a name: there are {len(pictures)} pictures and {len(names)} names")
    return SideBySide(names, pictures)

"""A picture: an image for the notebook, the same in text for the terminal."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True, repr=False)
class Picture:
    """A drawing, with words for whoever cannot see it.

    Notebooks show the SVG inside an `<img>` (JupyterLab hides bare SVG in
    notebooks that it does not trust yet); everything else shows `text`.

    >>> Picture("<svg/>", "a dot", "*")
    *
    """

    svg: str
    alt: str
    text: str

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        """Return the image as HTML that needs no other file."""
        code = base64.b64encode(self.svg.encode()).decode()
        size = "max-width:100%;height:auto"
        return f'<img src="data:image/svg+xml;base64,{code}" alt="{escape(self.alt)}" style="{size}">'

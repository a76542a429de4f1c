"""Two pictures side by side: before and after.

They wrap: on a phone the second stands under the first. In text they always
do, each under its name.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from tcpkit.draw.picture import Picture

ROW = "display:flex;flex-wrap:wrap;gap:16px 40px;align-items:flex-start"
FIGURE = "margin:0;min-width:0"
CAPTION = "font-style:italic"


@dataclass(frozen=True, repr=False)
class Pair:
    """Two pictures, each with its name."""

    names: tuple[str, str]
    pictures: tuple[Picture, Picture]

    def __repr__(self) -> str:
        named = zip(self.names, self.pictures, strict=True)
        return "\n\n".join(f"{name}:\n{picture!r}" for name, picture in named)

    def _repr_html_(self) -> str:
        """Return both images as HTML that needs no other file."""
        named = zip(self.names, self.pictures, strict=True)
        return f'<div style="{ROW}">{"".join(_figure(name, picture) for name, picture in named)}</div>'


def beside(before: Picture, after: Picture, names: tuple[str, str] = ("before", "after")) -> Pair:
    """Set two pictures side by side, as far as the page is wide enough."""
    return Pair(names, (before, after))


def _figure(name: str, picture: Picture) -> str:
    return (
        f'<figure style="{FIGURE}"><figcaption style="{CAPTION}">{escape(name)}</figcaption>'
        f"{picture._repr_html_()}</figure>"
    )

"""The files that lessons use: the recorded data and the printable card.

The same files are beside every set of lessons (`notebooks/`,
`notebooks/solutions/` and `my/`), so that a lesson finds `data/seed.pcap`
wherever it runs: in JupyterLab, under nbval, in the builder.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from course.faults import Fault
from course.place import Place, write_whole

CARD = Path("card.html")
DATA = Path("data")


def companions(folder: Path) -> list[Path]:
    """Return the companions in a folder, relative to it.

    Without the data's own README.md, which tells the ending of the story.
    """
    files = [path.relative_to(folder) for path in sorted((folder / DATA).rglob("*")) if path.is_file()]
    files = [path for path in files if path.name != "README.md" and path.suffix != ".pyc"]
    return files + [CARD] * (folder / CARD).is_file()


def write_companions(place: Place) -> None:
    """Write the card, and put a copy of each companion beside the solutions."""
    write_whole(place.notebooks / CARD, card())
    originals = companions(place.notebooks)
    for path in originals:
        write_whole(place.solutions / path, (place.notebooks / path).read_bytes())
    for path in set(companions(place.solutions)) - set(originals):
        (place.solutions / path).unlink()


def companion_faults(place: Place) -> Iterator[Fault]:
    """Find copies that differ from their originals, and a card that `draw` would make otherwise."""
    remedy = "Run `make notebooks` and commit what it writes."
    if not (place.notebooks / CARD).is_file() or (place.notebooks / CARD).read_bytes() != card():
        yield Fault(f"notebooks/{CARD}", "it is not the card that `tcpkit.draw.card` makes.", remedy)
    originals, copies = companions(place.notebooks), companions(place.solutions)
    for path in sorted({*originals, *copies}):
        shown = place.shown(place.solutions / path)
        if path not in originals:
            yield Fault(shown, "its original in notebooks/ is gone.", remedy)
        elif path not in copies or (place.notebooks / path).read_bytes() != (place.solutions / path).read_bytes():
            yield Fault(shown, "it is not a copy of the file in notebooks/.", remedy)


def card() -> bytes:
    """Return the printable card as it is stored."""
    from tcpkit import draw  # here, because making `my/` must not wait for it

    return draw.card().encode()

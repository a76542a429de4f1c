"""Where tcpdump looks: a packet's way over a cable, and beside it the same way on lo, without network cards."""

from __future__ import annotations

from itertools import pairwise

from tcpkit.draw.layout import BASELINE, DASHED, Box, arrow, frame, put, rows
from tcpkit.draw.picture import Picture
from tcpkit.draw.svg import label

WIDTH = 460
CABLE, REMARKS, LO = 12, 104, 368  # px: the left of each column
BOX_WIDTH, BOX_HEIGHT = 80, 28
TOP, PITCH = 42, 46  # px: of the first row, and from row to row
COLUMNS = 10, 46  # characters: of the remarks, and of lo
TCPDUMP = "tcpdump"
WAY = (  # station on a cable, what happens there, station on lo
    ("program", "hands over bytes", "program"),
    ("kernel", "writes numbers, half a checksum", "kernel"),
    (TCPDUMP, "sees half", TCPDUMP),
    ("card", "finishes it", ""),
    ("wire", "", ""),
    ("card", "", ""),
    (TCPDUMP, "sees it whole", ""),
    ("kernel", "checks it (on lo it need not)", "kernel"),
    ("program", "reads bytes", "program"),
)
OVER = "over a cable, with a card that finishes"
TITLE = "where tcpdump looks"
ALT = (
    "A packet's way over a cable, from top to bottom. A program hands over bytes. The kernel writes the numbers and "
    "half a checksum. Here tcpdump looks, and sees half a checksum. The network card finishes it. Then come the wire "
    "and the other card, and tcpdump looks there too: it sees a whole checksum. The other kernel checks it. On lo "
    "there are no cards and no wire: tcpdump looks between the two halves of one kernel, and nobody finishes the "
    "checksum or checks it."
)


def vantage() -> Picture:
    """Draw where tcpdump looks on a packet's way, over a cable and on lo."""
    shapes = [label(CABLE, 24, OVER), label(LO, 24, "on lo")]
    for left, at in ((CABLE, 0), (LO, 2)):
        boxes = [(Box(left, y, BOX_WIDTH, BOX_HEIGHT), row[at]) for y, row in rows(WAY, TOP, PITCH) if row[at]]
        for (box, _), (after, _) in pairwise(boxes):
            shapes += arrow([(box.centre[0], box.bottom), (box.centre[0], after.top)])
        for box, station in boxes:
            shapes += _station(box, station)
    for y, (_, remark, _) in rows(WAY, TOP, PITCH):
        shapes += [label(REMARKS, y + BOX_HEIGHT / 2 + BASELINE, remark, "ink")] if remark else []
    lines = [put(OVER, (COLUMNS[1], "on lo")), *(_line(*row) for row in WAY)]
    return frame(TITLE, ALT, "\n".join(lines), (WIDTH, TOP + PITCH * len(WAY)), shapes)


def _station(box: Box, station: str) -> list[str]:
    looks_on = station == TCPDUMP
    return [box.drawn("lit-frame" if looks_on else "sheet", 4, DASHED if looks_on else ""), box.title(station)]


def _line(on_a_cable: str, remark: str, on_lo: str) -> str:
    names = [f"[{name}]" if name == TCPDUMP else name or "|" for name in (on_a_cable, on_lo)]
    return put(names[0], (COLUMNS[0], remark), (COLUMNS[1], names[1]))

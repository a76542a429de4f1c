"""Places of the eleven states on the paper, and of the arrows between them.

The order is that of RFC 9293's figure 5: the active opener is at the right,
the passive one at the left; who closes first goes down on the left. CLOSED is
there twice, at the top and at the bottom, so that no arrow has to run all the
way back.
"""

from __future__ import annotations

from dataclasses import dataclass

from tcpkit.draw.layout import Point

WIDTH = 440  # px: narrow enough to be read on a phone
BOX = (122, 30)  # px, width and height of a state
LEFT, MIDDLE, RIGHT = 77, 220, 363  # the middles of the columns
BELOW = "CLOSED below"  # the second CLOSED

# The centre of each box.
PLACES: dict[str, Point] = {
    "CLOSED": (MIDDLE, 43),
    "LISTEN": (LEFT, 138),
    "SYN-SENT": (RIGHT, 138),
    "SYN-RECEIVED": (LEFT, 248),
    "ESTABLISHED": (RIGHT, 248),
    "FIN-WAIT-1": (LEFT, 348),
    "CLOSE-WAIT": (RIGHT, 348),
    "FIN-WAIT-2": (LEFT, 448),
    "CLOSING": (MIDDLE, 448),
    "LAST-ACK": (RIGHT, 448),
    "TIME-WAIT": (MIDDLE, 548),
    BELOW: (MIDDLE, 648),
}


@dataclass(frozen=True)
class Course:
    """The corners of an arrow, and the place of its label's first line."""

    points: tuple[Point, ...]
    label: Point
    anchor: str = "start"
    wide: int = 15  # characters in a line of the label


COURSES: dict[tuple[str, str], Course] = {
    ("CLOSED", "LISTEN"): Course(((159, 43), (54, 43), (54, 123)), (152, 36), "end", wide=18),
    ("LISTEN", "CLOSED"): Course(((112, 123), (112, 88), (190, 88), (190, 58)), (120, 106), wide=17),
    ("CLOSED", "SYN-SENT"): Course(((281, 43), (386, 43), (386, 123)), (288, 36), wide=18),
    ("SYN-SENT", "CLOSED"): Course(((328, 123), (328, 88), (250, 88), (250, 58)), (320, 106), "end"),
    ("LISTEN", "SYN-RECEIVED"): Course(((54, 153), (54, 233)), (62, 175)),
    ("SYN-SENT", "SYN-RECEIVED"): Course(((328, 153), (328, 193), (112, 193), (112, 233)), (220, 186), "middle"),
    ("SYN-SENT", "ESTABLISHED"): Course(((386, 153), (386, 233)), (378, 218), "end"),
    ("SYN-RECEIVED", "ESTABLISHED"): Course(((138, 248), (302, 248)), (192, 223), "middle", wide=12),
    ("SYN-RECEIVED", "FIN-WAIT-1"): Course(((54, 263), (54, 333)), (62, 284)),
    ("ESTABLISHED", "FIN-WAIT-1"): Course(((328, 263), (328, 298), (112, 298), (112, 333)), (220, 291), "middle"),
    ("ESTABLISHED", "CLOSE-WAIT"): Course(((386, 263), (386, 333)), (378, 320), "end"),
    ("FIN-WAIT-1", "FIN-WAIT-2"): Course(((54, 363), (54, 433)), (62, 396), wide=12),
    ("FIN-WAIT-1", "CLOSING"): Course(((138, 348), (220, 348), (220, 433)), (228, 386)),
    ("CLOSE-WAIT", "LAST-ACK"): Course(((386, 363), (386, 433)), (378, 404), "end"),
    ("FIN-WAIT-2", "TIME-WAIT"): Course(((54, 463), (54, 548), (159, 548)), (62, 541)),
    ("CLOSING", "TIME-WAIT"): Course(((220, 463), (220, 533)), (228, 492), wide=12),
    ("TIME-WAIT", BELOW): Course(((220, 563), (220, 633)), (228, 592), wide=18),
    ("LAST-ACK", BELOW): Course(((386, 463), (386, 648), (281, 648)), (378, 552), "end", wide=12),
}

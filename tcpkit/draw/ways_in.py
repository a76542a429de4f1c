"""Two ways by which a published port works: a program that copies bytes, and a rule that rewrites packets."""

from __future__ import annotations

from tcpkit.draw.layout import Box, arrow, frame
from tcpkit.draw.picture import Picture
from tcpkit.draw.svg import label, path

WIDTH = 460
TITLE = "two ways into a container"


def ways_in(near: str = "172.17.0.1", far: str = "172.17.0.2", port: int = 5432) -> Picture:
    """Draw two networks and the cable between them: above, the way through a proxy; below, the rewritten way."""
    shapes = [label(12, 24, TITLE, "ink")]
    for name, left, width in (("your machine", 12, 268), ("the container", 320, 128)):
        shapes += [Box(left, 36, width, 244).drawn("sheet", 4), label(left + 10, 56, name, "soft")]
    boxes = [
        (Box(24, 76, 96, 44), ("client", "127.0.0.1"), "sheet"),
        (Box(168, 76, 100, 44), (f"lo :{port}", "proxy"), "you-frame"),
        (Box(332, 76, 104, 44), (f"server :{port}", far), "sheet"),
        (Box(24, 196, 96, 44), ("client", "192.0.2.9"), "sheet"),
        (Box(168, 196, 100, 44), ("rule", "rewrites"), "kernel-frame"),
        (Box(332, 196, 104, 44), (f"server :{port}", far), "sheet"),
    ]
    for box, lines, css in boxes:
        x, y = box.centre
        shapes += [
            box.drawn(css, 4),
            *(label(x, y - 4 + 18 * at, line, "ink", "middle") for at, line in enumerate(lines)),
        ]
    shapes += [*arrow([(120, 98), (168, 98)], "you"), *arrow([(268, 98), (332, 98)], "you")]
    shapes += [label(24, 142, "two connections; the server sees", "soft"), label(24, 160, near, "soft")]
    shapes += [path([(120, 218), (168, 218)], "kernel-line"), *arrow([(268, 218), (332, 218)], "kernel")]
    shapes += [label(24, 262, "one connection; it sees 192.0.2.9", "soft")]
    text = [
        f"client 127.0.0.1 -> proxy at port {port} | {near} -> server {far}:{port}: two connections, seen as {near}",
        f"client 192.0.2.9 -> rule rewrites addresses -> server {far}:{port}: one connection, seen as 192.0.2.9",
    ]
    alt = f"Two ways into a container. {text[0].replace(' | ', ', then from ')}. {text[1]}."
    return frame(TITLE, alt, "\n".join(text), (WIDTH, 292), shapes)

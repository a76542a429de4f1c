"""A capture as a table for notebooks, in tcpdump's own words.

It shows what `tcpdump -t` shows, with the bytes in a fold. It shows no time,
and masks the two words of the IP header that differ from run to run (the id,
which the kernel picks, and the checksum, which depends on it): so a notebook
that is run again is stored with the same text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby
from operator import itemgetter

from tcpkit.capture.packet import Packet
from tcpkit.capture.print_packet import visible
from tcpkit.capture.tcpdump import tcpdump
from tcpkit.wire import WireError

# JupyterLab's own colours there, readable ones elsewhere. Of the flags only the frame is coloured, not the text.
STYLE = """
.tcpkit-capture table {border-collapse: collapse; margin: 0;}
.tcpkit-capture th, .tcpkit-capture td {text-align: left !important; vertical-align: top; padding: 2px 10px 2px 0;}
.tcpkit-capture td, .tcpkit-capture pre {font-family: var(--jp-code-font-family, monospace); font-size: 13px;}
.tcpkit-capture pre {margin: 4px 0; line-height: 1.3; background: transparent; color: inherit;}
.tcpkit-capture pre {white-space: pre !important; overflow: visible;}
.tcpkit-capture summary {cursor: pointer; color: var(--jp-content-link-color, inherit);}
.tcpkit-capture .flags {border: 1px solid; border-left-width: 6px; border-radius: 3px; padding: 0 5px;}
.tcpkit-capture .syn {border-color: #2e9e5b;}
.tcpkit-capture .rst {border-color: #d6453d;}
.tcpkit-capture .fin {border-color: #a05cc5;}
.tcpkit-capture .psh {border-color: #3b82d6;}
.tcpkit-capture .ack {border-color: #8a8a8a;}
.tcpkit-capture .ip {border-bottom: 1px dotted;}
.tcpkit-capture .tcp {border-bottom: 2px solid;}
.tcpkit-capture .data {border-bottom: 1px dashed;}
.tcpkit-capture .note {color: var(--jp-ui-font-color2, inherit); margin: 4px 0 0;}
"""
LINE = re.compile(
    r"IP6? (?P<source>\S+) > (?P<destination>\S+): Flags \[(?P<flags>[^\]]+)\]"
    r"(?:, seq (?P<seq>[\d:]+))?(?:, ack (?P<ack>\d+))?, win (?P<win>\d+)"
    r"(?:, (?P<more>.+?))?, length (?P<length>\d+)"
)
HEADS = ("", "from", "to", "flags", "seq", "ack", "win", "length", "also")
FLAG_NAMES = {"F": "FIN", "S": "SYN", "R": "RST", "P": "PSH", ".": "ACK", "U": "URG", "E": "ECE", "W": "CWR"}
LOOKS = {"S": "syn", "R": "rst", "F": "fin", "P": "psh"}  # the first of these flags gives the colour
MASKED = (4, 10)  # where IPv4's id and checksum begin, two bytes each
HIDDEN = "...."
PARTS = {"ip": "IP header", "tcp": "TCP header", "data": "data"}
BYTES_SHOWN = 1_024  # of each packet


def html(packets: Sequence[Packet], notes: Iterable[str] = ()) -> str:
    """Return the packets as an HTML table, with their bytes and the notes below."""
    below = "".join(f'<p class="note">{escape(note)}</p>' for note in notes)
    shown = _table(packets) + _dumps(packets) if packets else "<p>no packets</p>"
    return f'<div class="tcpkit-capture"><style>{STYLE}</style>{shown}{below}</div>'


def _table(packets: Sequence[Packet]) -> str:
    """Return a row for each packet, below heads if one has anything to put below them."""
    lines = [(line, LINE.fullmatch(line)) for line in tcpdump(packets, "-t").split("\n")]
    heads = "".join(f"<th>{name}</th>" for name in HEADS) if any(read for _, read in lines) else ""
    rows = "".join(_row(number, *line) for number, line in enumerate(lines, 1))
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _row(number: int, line: str, read: re.Match[str] | None) -> str:
    cells = _cells(read) if read else f'<td colspan="{len(HEADS) - 1}">{escape(line)}</td>'
    return f"<tr><td>{number}</td>{cells}</tr>"


def _cells(read: re.Match[str]) -> str:
    shown = (read[name] or "" for name in ("seq", "ack", "win", "length", "more"))
    ends = f"<td>{escape(read['source'])}</td><td>{escape(read['destination'])}</td>"
    return f"{ends}<td>{_flags(read['flags'])}</td>" + "".join(f"<td>{escape(text)}</td>" for text in shown)


def _flags(letters: str) -> str:
    look = next((look for letter, look in LOOKS.items() if letter in letters), "ack")
    names = (
        " ".join(FLAG_NAMES[letter] for letter in letters if letter in FLAG_NAMES) if letters != "none" else "no flag"
    )
    return f'<span class="flags {look}" title="{names}">{letters}</span>'


def _dumps(packets: Sequence[Packet]) -> str:
    """Return all packets' bytes, folded."""
    legend = ", ".join(f'<span class="{look}">{name}</span>' for look, name in PARTS.items())
    key = f"<p>Underlined: {legend}. {HIDDEN} is IP's id and its checksum, which the kernel picks anew each time.</p>"
    dumps = "".join(f"<pre>packet {number}\n{_dump(packet)}</pre>" for number, packet in enumerate(packets, 1))
    return f"<details><summary>bytes</summary>{key}{dumps}</details>"


def _dump(packet: Packet) -> str:
    """Return the lines that -X prints, each header and the data underlined."""
    parts = _parts(packet)
    shown = packet.data[:BYTES_SHOWN]
    masked = MASKED if packet.data[:1] and packet.data[0] >> 4 == 4 else ()
    lines = [_dump_line(at, shown[at : at + 16], parts, masked) for at in range(0, len(shown), 16)]
    hidden = len(packet.data) - len(shown)
    return "\n".join(lines) + (f"\n({hidden} more bytes)" if hidden else "")


def _parts(packet: Packet) -> dict[str, range]:
    """Return which bytes belong to which part, for a packet that is TCP."""
    try:
        start, end = packet.ip.header_length, min(packet.ip.total_length or len(packet.data), len(packet.data))
        data = start + max(20, packet.segment.data_offset * 4)
    except WireError:
        return {}
    parts = {"ip": range(start), "tcp": range(start, min(data, end)), "data": range(data, end)}
    return {look: place for look, place in parts.items() if place}


def _dump_line(at: int, row: bytes, parts: dict[str, range], masked: tuple[int, ...]) -> str:
    words = [
        (_look(at + place, parts), HIDDEN if at + place in masked else row[place : place + 2].hex())
        for place in range(0, len(row), 2)
    ]
    runs = [(look, " ".join(word for _, word in run)) for look, run in groupby(words, key=itemgetter(0))]
    marked = " ".join(f'<span class="{look}" title="{PARTS[look]}">{run}</span>' if look else run for look, run in runs)
    blank = " " * (39 - len(" ".join(run for _, run in runs)))
    text = "".join("." if (at + place) // 2 * 2 in masked else visible(byte) for place, byte in enumerate(row))
    return f"0x{at:04x}:  {marked}{blank}  {escape(text)}"


def _look(place: int, parts: dict[str, range]) -> str | None:
    return next((look for look, places in parts.items() if place in places), None)

"""How tcpdump 4.99 prints a packet: its time, its words, its bytes."""

import time
from typing import Any

from tcpkit.capture.conversations import Conversations
from tcpkit.capture.cut import Cut
from tcpkit.capture.frames import frame_header
from tcpkit.capture.print_arp import arp_words
from tcpkit.capture.print_ip import ip_words
from tcpkit.capture.style import Style

SECOND = 1_000_000_000  # ns
YEAR_2038 = 2**31  # seconds from 1970: tcpdump's clock ends there


def packet_text(packet: Any, style: Style, conversations: Conversations) -> str:
    """Return the lines that tcpdump prints for one `Packet`."""
    pieces = [_clock(packet.time_ns) + " "] if style.shows_times else []
    front, data, size = b"", packet.data, len(packet.data) + packet.bytes_cut
    try:
        for piece in arp_words(data, size) if packet.is_arp else ip_words(data, size, style, conversations):
            pieces.append(piece)
    except Cut as cut:
        pieces.append(f" [|{cut.protocol}]")
        front = frame_header(data)  # having given up, tcpdump no longer knows where IP began
    if style.shows_bytes:
        pieces.extend(_hex_line(front + data, at) for at in range(0, len(front + data), 16))
    return "".join(pieces)


def _clock(time_ns: int) -> str:
    """Return a time of day as tcpdump prints it: local, to the microsecond."""
    seconds, rest = divmod(time_ns, SECOND)
    if seconds >= YEAR_2038:
        return "[Error converting time]"
    return f"{time.strftime('%H:%M:%S', time.localtime(seconds))}.{rest // 1000:06}"


def _hex_line(data: bytes, at: int) -> str:
    """Return one of the lines that -X prints: offset, 16 bytes, and their text."""
    row = data[at : at + 16]
    words = " ".join(row[start : start + 2].hex() for start in range(0, len(row), 2))
    return f"\n\t0x{at:04x}:  {words:<39}  {''.join(map(visible, row))}"


def visible(byte: int) -> str:
    """Return a byte's character; a dot for a blank, or where it has none.

    >>> "".join(map(visible, b"GET /\\r\\n"))
    'GET./..'
    """
    return chr(byte) if 0x20 < byte < 0x7F else "."

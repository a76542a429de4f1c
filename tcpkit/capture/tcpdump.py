"""Packets in the words of tcpdump 4.99, where tcpdump is not installed.

IPv4 and TCP with their options, whole and damaged; -v, -vv, -X, -t, -S and
any mixture. The payload is left alone: on the ports of protocols that the
real one knows (HTTP on 80 and 8080, DNS on 53, ...) it says more.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from tcpkit.capture.conversations import Conversations
from tcpkit.capture.cut import Cut
from tcpkit.capture.print_ip import ip_words
from tcpkit.capture.style import Style

if TYPE_CHECKING:
    from tcpkit.capture.packet import Packet

FRAME_HEADER = bytes(12) + b"\x08\x00"  # Ethernet's, as `lo` fills it in: no addresses, type IPv4
SECOND = 1_000_000_000  # ns
YEAR_2038 = 2**31  # seconds from 1970: tcpdump's clock ends there


def tcpdump(packets: Iterable[Packet], options: str = "") -> str:
    """Return what `tcpdump -n` prints for the packets, without a last newline.

    >>> from tcpkit.capture import Capture
    >>> reset = "45000028000040004006 3cce7f0000017f000001 1f40231d000000000000002d501400006f440000"
    >>> print(tcpdump(Capture.of(bytes.fromhex(reset)[20:]), "-t"))
    IP 127.0.0.1.8000 > 127.0.0.1.8989: Flags [R.], seq 0, ack 45, win 0, length 0
    """
    style = Style.parse(options)
    conversations = Conversations()
    return "\n".join(_packet_text(packet, style, conversations) for packet in packets)


def _packet_text(packet: Packet, style: Style, conversations: Conversations) -> str:
    pieces = [_clock(packet.time_ns) + " "] if style.shows_times else []
    front = b""
    try:
        for piece in ip_words(packet.data, len(packet.data) + packet.bytes_cut, style, conversations):
            pieces.append(piece)
    except Cut as cut:
        pieces.append(f" [|{cut.protocol}]")
        front = FRAME_HEADER  # having given up, tcpdump no longer knows where IP began
    if style.shows_bytes:
        pieces.extend(f"\n{line}" for line in hex_lines(front + packet.data))
    return "".join(pieces)


def _clock(time_ns: int) -> str:
    """Return a time of day as tcpdump prints it: local, to the microsecond."""
    seconds, rest = divmod(time_ns, SECOND)
    if seconds >= YEAR_2038:
        return "[Error converting time]"
    return f"{time.strftime('%H:%M:%S', time.localtime(seconds))}.{rest // 1000:06}"


def hex_lines(data: bytes) -> list[str]:
    """Return the lines that -X prints: offset, 16 bytes, and their text."""
    return [_hex_line(at, data[at : at + 16]) for at in range(0, len(data), 16)]


def _hex_line(at: int, row: bytes) -> str:
    words = " ".join(row[start : start + 2].hex() for start in range(0, len(row), 2))
    return f"\t0x{at:04x}:  {words:<39}  {''.join(map(visible, row))}"


def visible(byte: int) -> str:
    """Return a byte's character; a dot if it has none, or a blank one.

    >>> "".join(map(visible, b"GET /\\r\\n"))
    'GET./..'
    """
    return chr(byte) if 0x20 < byte < 0x7F else "."
